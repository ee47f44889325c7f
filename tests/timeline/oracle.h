/* oracle.h - every cache of the world. It knows what was served when, with which TTLs, and nothing of the engine.
 *
 * A version of the zone is what a server gave from some instant on: a DNSKEY RRset with its signatures, and all other
 * RRsets with theirs. A resolver may fetch it until its successor has reached every server (propagation), and keep each
 * part for its TTL. The same for the DS RRset at the parent. A resolver may hold any DS RRset, any DNSKEY RRset and any
 * other RRset whose times overlap, fetched from different servers at different times; each such triple must validate.
 *
 * Two validators: a lenient one, to which one path is enough (RFC 4035 section 5.3, RFC 6840 section 5.11), and a strict one
 * (Unbound's harden-algo-downgrade and more): every DS must lead to a DNSKEY that signs the DNSKEY RRset, and every algorithm
 * of the DNSKEY RRset must have signed that and the data.
 */
#ifndef ZS_TESTS_ORACLE_H
#define ZS_TESTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ORACLE_KEYS = 24, ORACLE_VERSIONS = 256 };

struct oracle_key {
	uint64_t id;
	uint8_t algorithm;
};

struct oracle_set {
	struct oracle_key keys[ORACLE_KEYS];
	size_t count;
};

struct oracle_child {
	struct oracle_set dnskeys, key_signers, zone_signers; /* all empty: not signed */
	int64_t dnskey_ttl, zone_ttl;
	int64_t from, dnskey_until, zone_until; /* the last instant at which a cache may hold it */
};

struct oracle_parent {
	struct oracle_set ds;
	int64_t ttl, from, until;
};

struct oracle {
	int64_t propagation, parent_propagation;
	struct oracle_child child[ORACLE_VERSIONS];
	size_t child_count;
	struct oracle_parent parent[ORACLE_VERSIONS];
	size_t parent_count;
	unsigned long long checked; /* triples */
	unsigned bogus;             /* that do not validate */
	bool forgiven;              /* the chain was given up: bogus is expected */
	char why[512];              /* the first bogus one */
};

void oracle_add(struct oracle_set *set, uint64_t id, uint8_t algorithm);
bool oracle_has(const struct oracle_set *set, uint64_t id);
bool oracle_set_equal(const struct oracle_set *a, const struct oracle_set *b);

/* A version of the zone is served from now on; nothing happens if it is as the one before. */
void oracle_serve(struct oracle *o, int64_t now, const struct oracle_child *version);
/* The parent has this DS RRset from now on. */
void oracle_parent(struct oracle *o, int64_t now, const struct oracle_set *ds, int64_t ttl);
/* Is there a bogus mix that a cache can hold at or after now? */
bool oracle_is_bogus_from(const struct oracle *o, int64_t now);

#endif
