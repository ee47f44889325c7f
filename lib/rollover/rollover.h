/* rollover.h - what keys should be doing now: pure, from facts, policy, TTLs and the instant of the run. No clock, no
 * disk, no network.
 *
 * In:  the facts about keys and parent, the policy, the TTLs that caches may hold.
 * Out: the plan (who is published, who signs what, what CDS says), why each move not yet made has to wait, what a person
 *      must do, and the date to come back.
 *
 * Each key has up to four records (DNSKEY, its signature over the DNSKEY RRset, its signatures over all other RRsets, its
 * DS), each hidden, rumoured, omnipresent or unretentive, and a goal: in or out. goals.c says which keys are wanted in;
 * moves.c makes every move that goal, order, rules (rules.c) and time (timing.c) allow. That is all: first signing, ZSK
 * and KSK rolls, changes of algorithm and of roles, going insecure and emergencies differ in goals only.
 *
 * After Schaeffer, Overeinder, Mekking, "Flexible and Robust Key Rollover in DNSSEC" (2012), with two differences: every
 * DS that may be in a cache must lead to a DNSKEY that is in every cache (double-KSK, whatever the parent does), and a
 * swap of signatures is judged by the intervals in which each key signed, so that it holds for any number of keys.
 */
#ifndef ZS_ROLLOVER_ROLLOVER_H
#define ZS_ROLLOVER_ROLLOVER_H

#include "config/config.h"
#include "state/state.h"

struct zs_ttls {
	uint32_t largest;  /* of the zone as it is now */
	uint32_t negative; /* min(SOA TTL, SOA MINIMUM): how long "no DNSKEY" may be cached */
};

/* Move the facts' records as far as goals, rules and time allow at run->now, and make the plan. Keys that are to be made
 * get facts without id. Facts change in memory only; a move into or out of the zone has since 0 until zs_rollover_served. */
ZS_MUST_CHECK bool zs_rollover_plan(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts,
                                    const struct zs_ttls *ttls, struct zs_plan **out);

/* What a plan would say at run->now; facts are not changed. For commands that look, and for the date of the next run. */
ZS_MUST_CHECK bool zs_rollover_outlook(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts,
                                       const struct zs_ttls *ttls, struct zs_plan **out);

/* The DS of the zone may be given to the parent from then on; 0: the zone is not served yet. Ipub of RFC 7583 section
 * 3.3.4: served-since + propagation + max(dnskey-ttl, negative TTL, largest TTL now or remembered) + safety. Once a DS was
 * asked for, the time when that was. */
zs_time zs_rollover_first_ds(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls);

/* The time of the first DS has come, and no build has run since that would have noted it: whoever does what `ds` says has given it to the
 * parent. The DS of the keys it is of count as asked for, since that time. */
void zs_rollover_ask_first(const struct zs_policy *policy, struct zs_facts *facts, zs_time now);

/* The zone of another signer is in caches, with these TTLs of its DNSKEY RRset and, the largest, of all others: its keys are taken over, or
 * what we publish takes its place. Remembered until what is ours was served for as long. */
void zs_rollover_foreign(struct zs_run *run, struct zs_facts *facts, uint32_t dnskey_ttl, uint32_t largest_ttl);
/* The zone that has replaced the published one is not signed, and has that TTL. True if a DS was taken to be at the parent: it is asked for
 * anew, when no cache holds that zone. */
bool zs_rollover_was_unsigned(struct zs_run *run, struct zs_facts *facts, uint32_t largest_ttl);

/* A zone with these TTLs has replaced the published one: facts->published gets them, those before are remembered. */
void zs_rollover_published(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, const struct zs_ttls *ttls);

/* The facts have what a version with that serial will show: what has no date, and is in no version before it, is in this one. To be called before
 * the intent is recorded. A serial that was published before tells nothing. */
void zs_rollover_versioned(struct zs_facts *facts, uint32_t serial);
/* Does something wait for its date that is known to be in a version? */
bool zs_rollover_awaits_version(const struct zs_facts *facts);
/* Every server has the version `oldest` or a later one of ours since now: what is in all of those has its date. What is published last need
 * not be in service: where it changes faster than secondaries follow, it never is. True: something has. */
bool zs_rollover_served_from(struct zs_facts *facts, const struct zs_policy *policy, uint32_t oldest, zs_time now);

/* What is published is in service since now: everything in it that was waiting for that has its date. */
void zs_rollover_served(struct zs_facts *facts, const struct zs_policy *policy, zs_time now);

/* The user wants a roll: queued, begun by the next plan that may. */
void zs_rollover_request(struct zs_run *run, struct zs_facts *facts, enum zs_roll_kind kind, bool emergency);

/* Would an emergency roll of that role make a key? One that stands by, or that nobody has seen yet, takes over as it is. */
bool zs_rollover_needs_key(const struct zs_facts *facts, enum zs_key_role role);

/* What a DNSKEY RRset comes to, and the most that validators take of it: keys, signatures over it for each algorithm, octets of the
 * answer. These are the numbers of G16 (verify/, which judges the finished file by its own). */
enum { ZS_ROOM_DNSKEYS = 8, ZS_ROOM_SIGNATURES = 4, ZS_ROOM_OCTETS = 4096, ZS_RSA_EXPONENT_LEN = 4 };

struct zs_key_room {
	size_t name_len;
	size_t dnskeys, signatures, algorithms, octets;
	bool seen[256]; /* algorithms */
};

void zs_room_begin(struct zs_key_room *room, const uint8_t *zone);
/* A key that is published, or signs the DNSKEY RRset, or both. modulus: octets, RSA only. */
void zs_room_add(struct zs_key_room *room, uint8_t algorithm, size_t modulus, bool published, bool signs);
/* The same of a key as it is now, or is wanted. */
void zs_room_add_known(struct zs_key_room *room, const struct zs_key_facts *key, size_t modulus);

/* A standby key of that role, to be made: wholly in, and the successor of the next roll. The facts' pointer is valid until keys are
 * added. */
struct zs_key_facts *zs_rollover_standby(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, enum zs_key_role role);

/* Can the key be taken back? It was to replace another, the parent was never seen to have its DS, and it signs no data; what it was to
 * replace is there. */
bool zs_rollover_may_take_back(const struct zs_facts *facts, const struct zs_key_facts *key);

/* The user wants the key gone: a standby key leaves, and one that can be taken back, with the rolls of its kind that have not begun; for a
 * key in use a roll is asked for. Returns what will be, or NULL: there is no such key. */
const char *zs_rollover_retire(struct zs_run *run, struct zs_facts *facts, uint16_t tag);

/* The chain is given up: every key leaves at once, the next plan makes new ones, and validators fail until the parent has
 * their DS and none of the old in any cache. */
void zs_rollover_abandon(struct zs_facts *facts, zs_time now);

/* How long after a change at the parent no cache holds what was before: DS TTL (the larger of policy's and observed),
 * propagation, safety. */
zs_seconds zs_rollover_parent_wait(const struct zs_policy *policy, const struct zs_facts *facts);

/* The role's lifetime by the policy; ZS_LIFETIME_UNLIMITED: never rolls by itself. */
zs_seconds zs_rollover_lifetime(const struct zs_policy *policy, enum zs_key_role role);

/* Warn of a lifetime that is shorter than a roll takes: rolls wait for each other, so the keys would live longer. */
void zs_rollover_check_lifetimes(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls);

/* One step of a plan run forward. */
struct zs_roll_event {
	zs_time time;
	const char *text;
};

/* What would happen from run->now on for `span`, with a parent that does at once what it is asked, and a build at each
 * date that a plan names. facts are not changed. */
ZS_MUST_CHECK bool zs_rollover_simulate(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts,
                                        const struct zs_ttls *ttls, zs_seconds span, const struct zs_roll_event **out,
                                        size_t *count);

#endif
