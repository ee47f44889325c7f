/* build.h - the pipeline: one zone from its file to what is served. */
#ifndef ZS_BUILD_H
#define ZS_BUILD_H

#include "config/config.h"
#include "state/state.h"

struct zs_build_options {
	const char *const *accept; /* guards the user overrides in this run, "GUARD" or "GUARD=VALUE": zs_build_guard_name */
	size_t accept_count;
	bool quiet;           /* warnings are not shown: then they do not count as told */
	bool trial;           /* of an import, whose state goes with it: what is refused cannot be accepted there */
	bool dry_run;         /* look at everything up to the signing, and tell what would be published; nothing is written */
	bool bench_no_verify; /* sign all with the keys of the state into OUTPUT.unverified; change neither output nor state */
	uint64_t small_max;   /* a zone that has to be built and whose file is larger (octets) is left for later; 0: none is */
};

enum zs_build_outcome { ZS_BUILT_NOTHING, ZS_BUILT_PUBLISHED, ZS_BUILT_RESCUED, ZS_BUILT_RELOADED, ZS_BUILT_UNVERIFIED, ZS_BUILT_FAILED,
	ZS_BUILT_UPDATED, /* another server signs the zone: record_count records were sent to it or taken back */
	ZS_BUILT_PREVIEWED, /* dry_run: there is something to publish */
	ZS_BUILT_LATER }; /* larger than small_max: nothing was done */

/* What would change: a record, or what a key is used for, as text. */
struct zs_change {
	bool added, is_key;
	const char *text;
};

struct zs_build_result {
	enum zs_build_outcome outcome;
	uint32_t serial;
	uint64_t record_count;
	size_t signature_count;
	size_t reused_count;     /* of them, those from the cache whose proof was found */
	zs_time earliest_expiration, next_due, first_ds;
	bool ds_wanted;          /* a DS may be given to the parent now */
	const char *why;         /* previewed: what there is to publish, for people */
	const struct zs_change *changes; /* previewed: the first of them; all of a zone that was never published are counted only */
	size_t change_count;
	uint64_t added_count, removed_count; /* records */
	const char *instruction; /* what a person must do at the parent, or NULL; ends with the run */
};

/* The guards that --accept takes: "clock", "adopt", "G5", ...; NULL past the end. */
const char *zs_build_guard_name(size_t index);

/* May the state be asked what is in service, as by a gate? Not by a clock, nor beside an output, that a build would refuse: G17, G18. */
ZS_MUST_CHECK bool zs_build_may_rely(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts);

/* Build one zone. The exit status is run->fault; *out is filled in every case. */
bool zs_build(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
              const struct zs_build_options *options, struct zs_build_result *out);

#endif
