/* fleet.h - the command build in two files: build.c, one zone and its lines; fleet.c, several in processes. */
#ifndef ZS_CMD_FLEET_H
#define ZS_CMD_FLEET_H

#include "base/bytes.h"
#include "build.h"
#include "cmd/command.h"

struct zs_build_streams {
	FILE *out, *err;
	struct zs_buf *json; /* the object of the zone, with --json */
};

/* Build a zone; with -v the stages and their times go to err; if that is stderr, a terminal shows how far it is. run->fault is its status. */
void zs_build_run(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
                  const struct zs_build_options *options, FILE *err, struct zs_build_result *out);

/* Is there anything to print of it? */
bool zs_build_says(const struct zs_cli *cli, const struct zs_run *run, const struct zs_build_result *result);
void zs_build_print(const struct zs_cli *cli, const struct zs_run *run, const struct zs_zone_config *zone,
                    const struct zs_build_result *result, const struct zs_build_streams *to);

struct zs_fleet {
	const struct zs_zone_config **zones; /* in the order of what is printed */
	size_t count;
	const struct zs_build_options *options;
};

/* Build all of them: one here, several in processes. What is printed does not depend on their number. run->fault
 * becomes the gravest of all. */
void zs_fleet_build(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_fleet *fleet);

#endif
