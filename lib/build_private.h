/* build_private.h - a build under way, and the steps of the pipeline that have files of their own. */
#ifndef ZS_BUILD_PRIVATE_H
#define ZS_BUILD_PRIVATE_H

#include "build.h"
#include "keys/keys.h"
#include "publish/publish.h"
#include "rollover/rollover.h"
#include "sign/sign.h"
#include "verify/verify.h"
#include "zone/zone.h"

/* What people are told of a build. */
struct zs_build_told {
	bool before;            /* what it warns of was told within a week, of the same input ... */
	bool now;               /* ... and it was told now */
	bool taken;             /* what is in place comes of the input as it is now ... */
	bool certificate_fails; /* ... but for a certificate */
	bool clock_ok;          /* its times are of the clock of the state */
	bool renews;            /* it refuses the input, and would renew, or has renewed, the signatures of what is in service */
};

/* A build under way. */
struct zs_building {
	struct zs_run *run;
	const struct zs_config *config;
	const struct zs_zone_config *zone_config;
	const struct zs_build_options *options;
	struct zs_build_result *result;
	struct zs_arena *arena;      /* of the zone and its signatures: released before the file is verified */
	struct zs_facts *facts;
	struct zs_zone *zone;
	struct zs_keyset *keys;
	struct zs_plan *plan;
	struct zs_signed_zone *signed_zone;
	struct zs_candidate candidate;
	struct zs_ttls ttls;
	uint32_t largest;            /* TTL in the zone file */
	struct zs_intent intent;
	struct zs_input_facts *inputs;
	size_t input_count, input_room;
	struct zs_shape shape;       /* of the input; unknown in a rescue, whose zone is that of before */
	struct zs_arena *verify_arena;  /* of the proofs, until the cache has them */
	struct zs_verify_result verified;
	struct zs_signatures *known;             /* the present cache, or NULL */
	struct zs_signatures_writer *signatures; /* the next one, aside */
	const uint8_t (*proofs)[ZS_PROOF_LEN];   /* of the present one */
	size_t proof_count;
	struct zs_facts *served_before; /* what was known of TLSA before this build computed them anew; or NULL */
	bool rescue;                 /* the zone is the one last published, not the input */
	bool same;                   /* what is signed was published before, by the same keys: signatures alone are new */
	bool committed;              /* the output was replaced */
	bool certificates_ok;
	struct zs_build_told told;
};

/* Does the user override the guard in this run? */
bool zs_build_accepts(const struct zs_build_options *options, const char *guard);

/* build_inputs.c. What the state should know of the zone file and what it includes: stat values and hash. */
bool zs_build_zone_inputs(struct zs_run *run, const struct zs_zone *zone, struct zs_input_facts **list, size_t *count, size_t *room);
/* The same of a file of the config, from what was read of it. */
bool zs_build_add_config(struct zs_run *run, struct zs_input_facts **list, size_t *count, size_t *room,
                         const struct zs_config_file *file);
/* What is read before the zone: the config, certificates, the files of other records. A file that cannot be read is no failure here: its
 * reader says what is wrong, and the zone is signed without it. */
bool zs_build_inputs_before(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, struct zs_input_facts **list,
                            size_t *count, size_t *room);
/* The output and its digest, known by what stat tells of it; a run that finds it so does not read it. */
void zs_build_add_output(struct zs_run *run, struct zs_facts *facts, const struct zs_file_id *id, const uint8_t sha256[32], const char *path);
/* What the facts know of the output goes into a new list of inputs too: for a build that leaves it as it is. */
void zs_build_keep_output(struct zs_run *run, const struct zs_facts *facts, const char *path, struct zs_input_facts **list, size_t *count, size_t *room);

/* Are all inputs of the facts, config files and certificates included, what they were at the last build? */
bool zs_build_unchanged(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
                        const struct zs_facts *facts);
bool zs_build_output_is_there(const struct zs_building *b);
/* Is the output the published one by its stat values alone? False also if they cannot tell. */
bool zs_build_output_is_ours(const struct zs_zone_config *zone, const struct zs_facts *facts);

/* build_guards.c. Each false with the reason reported. */
bool zs_build_check_clock(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts);
/* Finish or discard an interrupted publication; is the output ours (G18), or is there none? */
bool zs_build_check_output(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options,
                           struct zs_facts *facts, bool *output_there);
/* G18 where state and output were set back together, as a whole machine is from a backup: the servers that are observed still have what came after. */
bool zs_build_check_servers(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options, struct zs_facts *facts);
/* Is a zone in the place of the output one that was published before the last one, as far as serial and key tags tell? */
bool zs_build_is_older_copy(const struct zs_facts *facts, const struct zs_replaced *replaced);
/* The intent of the facts was carried out: it is what is published. */
void zs_build_published(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy);
bool zs_build_choose_serial(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, bool same, struct zs_zone *in);

/* build_plan.c. G11: did the zone shrink or grow beyond reason since it was published, or lose a type at its apex? */
bool zs_build_check_shape(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts,
                          const struct zs_zone *zone, struct zs_shape *out);
/* G19: is the zone left, at some owner, with TLSA of which none authenticates the certificates in use? before: what was served. */
bool zs_build_check_tlsa(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_facts *before,
                         const struct zs_zone *zone);
/* G6, G6z, G8: judged from dates and phases alone, apart from the rules of rollover/. */
bool zs_build_check_plan(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_plan *plan);
/* G6z, G8: somebody else's output is replaced; its DNSKEYs are in caches, so one of them must sign on. */
bool zs_build_check_overlap(struct zs_run *run, const struct zs_build_options *options,
                            struct zs_facts *facts, const struct zs_plan *plan, const struct zs_keyset *keys);
/* G21: the configured command looks at the candidate before it is published, and must exit with 0. */
struct zs_candidate;
bool zs_build_second_opinion(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options,
                             struct zs_facts *facts, const struct zs_candidate *candidate);
/* Does a DS that the parent has lead to a key that signs the DNSKEYs? */
bool zs_build_is_reached(struct zs_run *run, const struct zs_facts *facts, const struct zs_plan *plan, const struct zs_keyset *keys);
/* G5, before the zone has keys: it may be signed somewhere else, and then what is made here would make it bogus. */
bool zs_build_check_first(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_plan *plan,
                          const struct zs_keyset *keys);
/* G5, for the verifier: the parent's DS that are of keys of ours. A stale one of somebody else, beside ours, must not stop every build until
 * the signatures end (G7); but if none is of ours, all of them. */
struct zs_bytes *zs_build_parents_ds(struct zs_run *run, const struct zs_facts *facts, const struct zs_keyset *keys, size_t *count);

/* build_told.c. What people are told of a build. */
/* Warnings about the zone and its policy, which say the same as long as these stay as they are: those since mark were told within a week,
 * and are taken away, or they are told now. */
void zs_build_tell_weekly(struct zs_run *run, struct zs_build_told *told, const struct zs_run_mark *mark);
/* Something was tried a second time: of what was told since mark, what was told before that is taken away. */
void zs_build_tell_once(struct zs_run *run, const struct zs_run_mark *mark);
bool zs_build_was_told(const struct zs_run *run, const struct zs_facts *facts); /* within a week */
/* The facts tell what the build comes to, so that `status` can: until one takes the input. True if that is another thing than they told. */
bool zs_build_tell_failure(const struct zs_run *run, const struct zs_build_told *told, struct zs_facts *facts);
/* The state keeps what the build came to, and a person is told. After a failure the facts in memory may hold moves that were not
 * published: those of the disk count. A zone that was never built has no state yet, and that means something: it gets none from this. */
bool zs_build_tell(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_told *told, enum zs_build_outcome outcome,
                   struct zs_facts *facts);

/* What is in service after a build that failed, and until when. */
void zs_build_say_in_service(struct zs_building *b);

/* build_load.c. Each false with the reason reported. The plain zone with its TLSA, checked, to b->zone. */
bool zs_build_load_input(struct zs_building *b);
/* The content last published, without what the signer made, to *out: to be compared with the input, ... */
bool zs_build_read_published(struct zs_building *b, struct zs_zone **out);
/* ... or to b->zone: to be signed again when the input is wrong. */
bool zs_build_load_published(struct zs_building *b);

/* build_serve.c. The candidate becomes the output, the server takes it, and the facts are recorded; b->committed from the rename on. */
bool zs_build_commit(struct zs_building *b);
/* The server takes the output that is there: its reload failed before. */
bool zs_build_repeat_reload(struct zs_building *b);
/* The former version may be in service by now, though no run has seen it yet. It is looked for before another takes its place: in a zone that
 * changes with each run, servers that take their time would else never have the newest one, and no key would move on. */
bool zs_build_look_at_former(struct zs_building *b);
/* What is published is in service, as was seen at `since`: states of keys and TLSA move on. */
void zs_build_served(struct zs_building *b, zs_time since);
/* The config names another server than the one that took the zone: then this one has to take it too. */
void zs_build_look_for_another_server(struct zs_building *b);
/* The facts of a build that ends well, with the date of the next run, to the disk. */
bool zs_build_record_facts(struct zs_building *b);
/* When signatures have to be made anew of which the first ends at `earliest` (0: there are none, 0). */
zs_time zs_build_refresh_due(const struct zs_building *b, zs_time earliest);

/* build_update.c. Another server signs the zone: our records go there by dynamic update. zone_arena: of the zone that is read. */
bool zs_build_update(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const struct zs_build_options *options,
                     struct zs_facts *facts, struct zs_arena *zone_arena, struct zs_build_told *told, struct zs_build_result *result);

/* build_preview.c. What would be published in place of `published` (NULL: nothing is) goes to *out; before: the facts before the plan. */
void zs_build_preview(struct zs_run *run, const struct zs_zone *published, const struct zs_zone *zone, const struct zs_facts *before,
                      const struct zs_plan *plan, struct zs_build_result *out);
/* Write an override of this run to the facts. */
void zs_build_note_override(struct zs_run *run, struct zs_facts *facts, const char *guard, const char *value);

#endif
