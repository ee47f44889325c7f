/* build_private.h - the steps of the pipeline that are about one run, not about DNS: inputs, guards of state and clock. */
#ifndef ZS_BUILD_PRIVATE_H
#define ZS_BUILD_PRIVATE_H

#include "build.h"
#include "zone/zone.h"

bool zs_build_accepts(const struct zs_build_options *options, const char *guard);

/* build_inputs.c. What the state should know of a file: stat values and hash. */
bool zs_build_add_input(struct zs_run *run, struct zs_input_facts **list, size_t *count, size_t *room, const char *path);
bool zs_build_zone_inputs(struct zs_run *run, const struct zs_zone *zone, struct zs_input_facts **list, size_t *count, size_t *room);
/* Are all inputs of the facts, config files and certificates included, what they were at the last build? */
bool zs_build_unchanged(struct zs_run *run, const struct zs_facts *facts);

/* build_guards.c. Each false with the reason reported. */
bool zs_build_check_clock(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts);
/* Finish or discard an interrupted publication; is the output ours (G18)? */
bool zs_build_check_output(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options,
                           struct zs_facts *facts);
bool zs_build_choose_serial(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_zone *in);

#endif
