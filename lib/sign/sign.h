/* sign.h - a plain zone and a plan become a signed zone.
 *
 * In:  the checked zone, the keys, the plan (which alone says which key signs what), the policy.
 * Out: the same zone with DNSKEY, CDS, CDNSKEY, NSEC3PARAM and ZONEMD added, and arrays beside it: denial records, jobs
 *      in the order in which they are written, and one slot of signature octets a job. Threads fill the slots, so the
 *      result does not depend on their number.
 */
#ifndef ZS_SIGN_SIGN_H
#define ZS_SIGN_SIGN_H

#include "config/config.h"
#include "keys/keys.h"
#include "state/state.h"
#include "zone/zone.h"

enum { ZS_NSEC3_HASH = 20, ZS_NSEC3_APEX_MAX = 222 }; /* SHA-1; a longer apex leaves no room for the hash label */

/* One NSEC (of owners[owner]) or NSEC3 (of the name that hash stands for). RDATA in signed->octets. */
struct zs_denial_record {
	uint32_t owner;               /* NSEC; ZS_NO_OWNER for NSEC3 */
	uint32_t rdata;
	uint16_t rdata_len;
	uint8_t hash[ZS_NSEC3_HASH];  /* NSEC3 */
};

/* One signature to make. */
struct zs_sign_job {
	uint32_t owner;       /* in zone->owners; for NSEC3 the index in signed->denials */
	uint32_t set;         /* in zone->rrsets; for NSEC and NSEC3 the index in signed->denials */
	uint32_t signature;   /* offset of the slot in signed->signatures */
	uint16_t type;        /* covered */
	uint8_t key;          /* in signed->signers */
	uint8_t labels;       /* RFC 4034 section 3.1.3 */
	uint32_t expiration, inception;
};

enum { ZS_LOOKUP_LEN = 16 };

/* The signature cache, state/<zone>/signatures (reuse.c says what is in it). It may be deleted at any time. */
struct zs_signatures;

struct zs_signer {
	const struct zs_key *key;
	uint8_t id[32];       /* of the key's facts */
	uint16_t signature_len;
	bool sign_dnskeys, sign_zone;
};

struct zs_signed_zone {
	struct zs_arena *arena;
	struct zs_zone *zone;
	const struct zs_policy *policy;
	uint8_t apex_lower[ZS_NAME_MAX];
	size_t apex_len;
	uint32_t inception, denial_ttl; /* denial_ttl: the lesser of SOA TTL and MINIMUM, RFC 9077 */
	struct zs_signer *signers;
	size_t signer_count;
	uint8_t *octets;                /* RDATA of denials */
	size_t octets_len;
	struct zs_denial_record *denials; /* NSEC: in order of owner; NSEC3: in order of hash */
	size_t denial_count;
	struct zs_sign_job *jobs;       /* by owner, zs_sign_nth_set, key; then those of NSEC3 */
	size_t job_count;
	uint8_t *signatures;
	size_t signatures_len;
	uint8_t (*lookups)[ZS_LOOKUP_LEN]; /* per job: what it signs, for the cache; NULL if none is kept */
	bool *reused;                   /* per job, beside lookups: its signature is from the cache */
	const struct zs_signatures *known;
	bool keep;                      /* lookups are wanted */
};

/* How the cache is used. */
struct zs_sign_options {
	const struct zs_signatures *known; /* reuse what is still good of these; NULL: make all */
	bool keep;                         /* compute what zs_signatures_begin needs */
};

/* Sign zone as plan and policy say, at run->now. The zone gets the records that signing adds. A signature that cannot
 * be made is fatal. */
ZS_MUST_CHECK bool zs_sign(struct zs_run *run, const struct zs_policy *policy, struct zs_zone *zone,
                           const struct zs_plan *plan, const struct zs_keyset *keys, const struct zs_sign_options *options,
                           struct zs_signed_zone **out);

/* Open the cache of a zone in its state directory; memory from arena, which also ends the mapping. NULL if there is none,
 * or, with a warning, if it cannot be used. */
struct zs_signatures *zs_signatures_open(struct zs_run *run, struct zs_arena *arena, int dir_fd, const struct zs_zone *zone);
/* What verify/ returned when it was written. NULL with *count 0 for no cache. */
const uint8_t (*zs_signatures_proofs(const struct zs_signatures *signatures, size_t *count))[32];
/* Its signatures are not needed any more, its proofs are: give the memory back. */
void zs_signatures_close_entries(struct zs_signatures *signatures);

/* Remove the cache. False if there is none. */
bool zs_signatures_remove(int dir_fd);

/* Write the next cache aside: the signatures of zone, which may end then. NULL if it cannot be begun. After the zone was
 * verified and published, _end adds the proofs (sorted) and puts it in place; _discard removes it. What goes wrong is a
 * warning: without a cache the next build makes all signatures. */
struct zs_signatures_writer;
struct zs_signatures_writer *zs_signatures_begin(struct zs_run *run, struct zs_arena *arena, int dir_fd, const struct zs_signed_zone *zone);
void zs_signatures_end(struct zs_signatures_writer *writer, const uint8_t (*proofs)[32], size_t count);
void zs_signatures_discard(struct zs_signatures_writer *writer); /* NULL is fine */

/* The order in which the RRsets of an owner are written and signed: by type, but the SOA of the apex first, as readers of
 * zone files expect. The index in zone->rrsets of the n-th. */
uint32_t zs_sign_nth_set(const struct zs_zone *zone, const struct zs_owner *owner, uint32_t n);

/* Are denials NSEC3, whose owners are not the zone's? */
bool zs_sign_has_nsec3(const struct zs_signed_zone *zone);
/* The first job of an owner or of a later one; with nsec3, of the denial of that index. */
size_t zs_sign_first_job(const struct zs_signed_zone *zone, uint32_t owner, bool nsec3);
/* The first NSEC of an owner or of a later one. */
size_t zs_sign_first_denial(const struct zs_signed_zone *zone, uint32_t owner);

/* RRSIG RDATA of a job, its signature included, to out (18 + 255 + 1024 octets at the most); its length. */
enum { ZS_RRSIG_MAX = 18 + 255 + 1024 };
size_t zs_sign_rrsig(const struct zs_signed_zone *zone, const struct zs_sign_job *job, uint8_t out[ZS_RRSIG_MAX]);

/* The NSEC3 hash of a name, RFC 5155 section 5. False if OpenSSL has no SHA-1. */
ZS_MUST_CHECK bool zs_sign_nsec3_hash(const struct zs_nsec3_options *options, const uint8_t *name, uint8_t out[ZS_NSEC3_HASH]);

/* Wire owner of an NSEC3 record. */
size_t zs_sign_nsec3_owner(const struct zs_signed_zone *zone, const struct zs_denial_record *record, uint8_t out[ZS_NAME_MAX]);

#endif
