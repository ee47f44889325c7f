/* world.h - a world for the engine: a zone whose plan is published, secondaries, a parent, a person, cron, and kills.
 *
 * The engine is the real one (lib/rollover, with the facts written to and read from state.yaml text now and then); the
 * publication is abstract: a plan becomes the sets that the oracle wants. What zs_build does between plan and facts is
 * done here in the same order, so a kill may fall between any two steps.
 */
#ifndef ZS_TESTS_WORLD_H
#define ZS_TESTS_WORLD_H

#include "rollover/rollover.h"
#include "tests/timeline/oracle.h"

enum world_kill { KILL_NONE, KILL_BEFORE_INTENT, KILL_BEFORE_RENAME, KILL_BEFORE_RELOAD, KILL_BEFORE_RECORD };

struct world {
	struct zs_policy policy;
	struct zs_ttls ttls;
	zs_time now;
	struct zs_run *disk_run;       /* the facts on disk live here */
	struct zs_facts *disk;
	struct oracle oracle;
	struct oracle_child served;
	struct oracle_child file;      /* the output file; served after a reload */
	struct oracle_set cds, file_cds; /* what the served zone asks of the parent */
	uint64_t made;                 /* keys, for their ids */
	/* the parent */
	struct oracle_set ds, ds_before;
	zs_time ds_changed;            /* until ds_changed + propagation.parent some of its servers have ds_before */
	uint32_t ds_ttl;
	bool hidden;                   /* no answer from it */
	bool ask;                      /* the last plan waits for the parent */
	zs_time looked;
	const char *instruction;
	bool by_text;                  /* facts go through state.yaml's text */
	/* with a lag, each build publishes a new version, and some servers have each one only so much later: the last is never everywhere */
	zs_seconds lag;
	struct { zs_time at; uint32_t serial; } loads[64]; /* the last ones, by turns */
	size_t load_count;
};

void world_begin(struct world *w, zs_time now);
/* Begin again with the TTLs as they are now: until the first build they are those of an unsigned zone. */
void world_was_unsigned(struct world *w);
void world_end(struct world *w);
/* cron: a build if one is due; false if the engine failed. */
bool world_build(struct world *w, enum world_kill kill);
bool world_is_due(const struct world *w);
/* The parent takes what the served zone asks for: all of it, or a person enters the newest in place of all others, or the
 * oldest only (and so takes the newest away again), or removes all. */
enum world_taste { TAKE_ALL, TAKE_NEWEST, TAKE_OLDEST, TAKE_NONE };
void world_parent_obeys(struct world *w, enum world_taste taste);
void world_parent_ttl(struct world *w, uint32_t ttl);
/* Change the facts on disk as a command does (roll, ds --seen), under the lock between two builds. */
struct zs_facts *world_edit(struct world *w);
/* Is everything at rest, as the policy wants it? A DS need not be at a parent that has none. */
bool world_is_at_rest(const struct world *w, const char **why);

/* A small generator, the same everywhere. */
uint64_t world_random(uint64_t *seed);

#endif
