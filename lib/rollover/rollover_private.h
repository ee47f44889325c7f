/* rollover_private.h - what the files of the engine share. */
#ifndef ZS_ROLLOVER_ROLLOVER_PRIVATE_H
#define ZS_ROLLOVER_ROLLOVER_PRIVATE_H

#include "rollover/rollover.h"

enum zs_part { ZS_PART_DNSKEY, ZS_PART_KRRSIG, ZS_PART_ZRRSIG, ZS_PART_DS, ZS_PARTS };

struct zs_engine {
	struct zs_run *run;
	const struct zs_policy *policy;
	struct zs_facts *facts;
	const struct zs_ttls *ttls;
	zs_time now;
	struct zs_plan *plan;
	uint8_t algorithm;   /* the target: what the policy (or `roll --to`) wants, or, until a roll under way is over, ... */
	bool csk;            /* ... what that leads to. One key for both roles */
	bool hurry;          /* an emergency roll is under way: no safety margins */
	bool explain;        /* collect reasons */
};

/* Neither in the zone nor in any cache; also what a key of that role has not. */
static inline bool zs_is_absent(enum zs_record_phase phase)
{
	return phase == ZS_HIDDEN || phase == ZS_NA;
}

static inline struct zs_record_state *zs_part(struct zs_key_facts *key, enum zs_part part)
{
	return part == ZS_PART_DNSKEY ? &key->dnskey : part == ZS_PART_KRRSIG ? &key->krrsig : part == ZS_PART_ZRRSIG ? &key->zrrsig : &key->ds;
}

static inline bool zs_key_is_absent(const struct zs_key_facts *key)
{
	return zs_is_absent(key->dnskey.phase) && zs_is_absent(key->krrsig.phase) && zs_is_absent(key->zrrsig.phase) && zs_is_absent(key->ds.phase);
}

/* "ZSK 12345", "the new ZSK" */
const char *zs_key_title(const struct zs_engine *e, const struct zs_key_facts *key);

/* Keep why something waits, if the engine collects reasons; when 0: no time can be told. Returns false. */
bool zs_wait(struct zs_engine *e, const struct zs_key_facts *key, zs_time when, const char *format, ...) ZS_PRINTF(4, 5);

/* timing.c: when a rumoured record is omnipresent, an unretentive one hidden; 0: not to be told yet. */
zs_time zs_settles_at(const struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part);
/* The wait for the DS was over at `at`: has a look at the parent since then shown the same as before? A DS that came or went
 * unseen in between starts the wait anew. */
bool zs_is_still_so(const struct zs_engine *e, const struct zs_key_facts *key, zs_time at);
/* The time from publishing a DNSKEY until every cache has it. */
zs_seconds zs_publish_lead(const struct zs_engine *e);
/* Until when may a cache hold the zone unsigned, as it was before the key was taken over? */
zs_time zs_unsigned_until(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls, const struct zs_key_facts *key);
/* When no cache holds anymore what was served before `since`: of the DNSKEY RRset, or of all others. */
zs_time zs_forgotten_at(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls, zs_time since, bool dnskey);

/* rules.c */
bool zs_zone_is_insecure(const struct zs_engine *e);  /* no cache holds a DS: nothing is validated */
bool zs_ds_is_seen(const struct zs_key_facts *key);   /* wanted, and at the parent */
/* No key has a DS at the parent, and that is known: each that is wanted there was looked for since. A look that is not certain never
 * says so. Caches may hold one all the same: this is about what to wait for, never about what may leave the zone. */
bool zs_parent_has_none(const struct zs_engine *e);
bool zs_rule_ds_stays(const struct zs_engine *e, const struct zs_key_facts *leaving); /* 1: a DS is there, if any ever was */
bool zs_rule_chain(const struct zs_key_facts *key);   /* 2: its DS, in whatever cache, leads into every DNSKEY RRset */
bool zs_rule_signatures(const struct zs_engine *e);   /* 3: signatures for every DNSKEY RRset in any cache */

/* goals.c */
int zs_current_key(const struct zs_engine *e, enum zs_key_role bit); /* that is to do the work of bit; -1: none */
void zs_goals_set(struct zs_engine *e);      /* target, new keys, queued rolls, lifetimes */
void zs_goals_release(struct zs_engine *e);  /* keys whose successors are ready go out */
void zs_goals_dates(const struct zs_engine *e); /* active, removed: before records settle, and after */
void zs_goals_finish(struct zs_engine *e);   /* dates, keys to forget, emergencies that are over */

/* room.c: with keys of these roles and the target's algorithm more, is the DNSKEY RRset one that validators take (G16)? */
bool zs_has_room(const struct zs_engine *e, const enum zs_key_role *roles, size_t count);

/* moves.c: make what may be made now; true if something moved. */
bool zs_moves_make(struct zs_engine *e);

#endif
