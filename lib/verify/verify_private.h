/* verify_private.h - what the files of verify/ share with each other, and with their unit test.
 *
 * verify.c calls, in this order: cuts.c (what each owner is), content.c (G12), keys.c (the DNSKEYs, G16),
 * nsec.c or nsec3.c (G4), zonemd.c (G20), rrsig.c (signatures, in parallel), judge.c (G1, G2, G3, G7), ds.c (G5).
 */
#ifndef ZS_VERIFY_PRIVATE_H
#define ZS_VERIFY_PRIVATE_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "dns/algorithm.h"
#include "verify/verify.h"

/* What an owner of the file is, from the NS and DNAME above it. */
enum zs_place {
	ZS_PLACE_OUTSIDE,       /* not in the zone at all */
	ZS_PLACE_BARE,          /* nothing there but RRSIG, NSEC or NSEC3: no name of the zone */
	ZS_PLACE_AUTHORITATIVE, /* the apex too */
	ZS_PLACE_DELEGATION,
	ZS_PLACE_BELOW_CUT,     /* glue, or data nobody can reach */
	ZS_PLACE_BELOW_DNAME
};

/* What an owner of the file has. */
enum zs_has {
	ZS_HAS_NAME = 1,        /* at or below the apex */
	ZS_HAS_DATA = 2,        /* anything but what DNSSEC adds to names that need not exist: RRSIG, NSEC, NSEC3 */
	ZS_HAS_NS = 4, ZS_HAS_DNAME = 8, ZS_HAS_DS = 16, ZS_HAS_NSEC = 32, ZS_HAS_NSEC3 = 64, ZS_HAS_NSEC3PARAM = 128
};

struct zs_vkey {
	struct zs_bytes rdata;
	uint16_t flags, tag;
	uint8_t algorithm;
	bool in_zone;       /* in the DNSKEY RRset; else one that the caller allows */
	bool usable;        /* zone key, protocol 3, an algorithm we verify, a sound public key */
	bool signs_dnskeys; /* a signature of it over the DNSKEY RRset was verified */
};

enum { ZS_GUARD_SHOWN = 20 }; /* refusals of one guard that are shown; the rest is counted */

struct zs_verifier {
	struct zs_run *run;
	struct zs_arena *arena;  /* of the result */
	struct zs_arena *scratch;
	const struct zs_zone *zone;
	const struct zs_verify_options *options;
	struct zs_verify_result *result;
	unsigned jobs;
	uint8_t *has;            /* enum zs_has, one per owner */
	uint8_t *places;         /* enum zs_place, one per owner */
	uint32_t apex;           /* index of the owner, or ZS_NO_OWNER */
	bool has_soa;
	struct zs_soa soa;
	struct zs_vkey keys[ZS_VERIFY_KEYS_MAX];
	size_t key_count;
	bool algorithms[256];    /* each signs every RRset: those of the zone's usable keys (RFC 4035 section 2.2) */
	size_t refused[32];      /* per guard number */
};

/* Refuse, unless ZS_GUARD_SHOWN of the guard were shown already. guard: "G4". Returns false. */
bool zs_verify_refuse(struct zs_verifier *v, unsigned guard, const char *format, ...) ZS_PRINTF(3, 4);
/* Advice for the refusal just made; nothing if it was not shown. */
void zs_verify_hint(struct zs_verifier *v, unsigned guard, const char *format, ...) ZS_PRINTF(3, 4);
/* The same where the options decide: if not refuse, it is a warning. */
void zs_verify_unwise(struct zs_verifier *v, unsigned guard, bool refuse, const char *format, ...) ZS_PRINTF(4, 5);

/* Judge the indices below count in slices of ZS_VERIFY_SLICE, in parallel, as zs_pool_judge does: judge gets a verifier
 * whose refusals go where they belong. What it finds it writes to slots of its slice; all else of v is read only. */
enum { ZS_VERIFY_SLICE = 4096 };
void zs_verify_slices(struct zs_verifier *v, size_t count,
                      void (*judge)(struct zs_verifier *v, void *context, size_t from, size_t to), void *context);

/* Texts for messages; they live as long as the scratch arena. */
const char *zs_verify_name(struct zs_verifier *v, const uint8_t *name);
const char *zs_verify_owner(struct zs_verifier *v, size_t owner);
const char *zs_verify_type(struct zs_verifier *v, uint16_t type);

/* The first of count sorted keys (stride octets apart, key_len octets each) that is not below key. Keys are
 * digests, so the search starts where an even spread would put it. count is below 2^32. */
size_t zs_verify_search(const void *keys, size_t stride, size_t count, const uint8_t *key, size_t key_len);

/* cuts.c: v->has and v->places */
void zs_verify_place(struct zs_verifier *v);

/* A name that an NSEC3 may be about: an owner with data, or an empty non-terminal above one. */
struct zs_entry {
	uint8_t hash[20];
	uint32_t owner;         /* the owner, or the first one below the empty non-terminal */
	uint32_t parent;        /* index of the next empty non-terminal above, or ZS_NO_OWNER */
	uint8_t skip;           /* labels to take off the owner's name: 0 for the owner itself */
	bool matched;
	bool needed;            /* an empty non-terminal that opt-out cannot excuse */
};
/* All of them, in canonical order with the empty non-terminals before what is below them; without the insecure delegations
 * themselves, unless they are wanted. In the scratch arena, with *room. */
struct zs_entry *zs_verify_entries(struct zs_verifier *v, bool insecure, size_t *count, size_t *room);
/* Is the owner a delegation without DS? */
bool zs_verify_is_insecure(const struct zs_verifier *v, uint32_t owner);

/* content.c */
void zs_verify_content(struct zs_verifier *v);

/* keys.c: the DNSKEY RRset and the allowed keys into v->keys. */
void zs_verify_keys(struct zs_verifier *v);
#define ZS_G16_HINT "'zonesign keys retire ZONE TAG' takes a standby key out; 'zonesign build --accept G16' publishes it all the same"

/* G16: the size of an answer with the DNSKEY RRset and its signatures. */
void zs_verify_dnskey_answer(struct zs_verifier *v);

/* bitmap.c */
enum { ZS_BITMAP_MAX = 256 * 34 };
struct zs_bitmap {
	size_t len;
	int last; /* type added last; -1: none */
	uint8_t data[ZS_BITMAP_MAX];
};
/* The bitmap that an NSEC (or NSEC3) of this owner must have. */
void zs_verify_bitmap(const struct zs_verifier *v, uint32_t owner, bool nsec3, struct zs_bitmap *out);
/* Types of a bitmap as text, cut where it gets long; "nothing" for none. */
const char *zs_verify_bitmap_text(struct zs_verifier *v, struct zs_bytes bitmap);
/* Refuse under G4 if found is not expected; what is "NSEC" or "NSEC3", name whose bitmap it is. */
void zs_verify_compare_bitmap(struct zs_verifier *v, const char *what, const uint8_t *name, struct zs_bytes found,
                              const struct zs_bitmap *expected);

/* denial.c decides which; nsec.c and nsec3.c judge. */
void zs_verify_denial(struct zs_verifier *v);
void zs_verify_nsec(struct zs_verifier *v);
void zs_verify_nsec3(struct zs_verifier *v);
/* The record must be alone in its RRset and have the TTL of RFC 9077. False if it is not one record. */
bool zs_verify_denial_set(struct zs_verifier *v, uint32_t owner, const struct zs_rrset *set);

/* nsec3.c: the hash of a name, with a context and a digest of the caller; false if OpenSSL failed. */
enum { ZS_NSEC3_HASH = 20 };
bool zs_verify_nsec3_hash(EVP_MD_CTX *context, const EVP_MD *sha1, struct zs_bytes salt, uint16_t iterations, const uint8_t *name,
                          uint8_t out[ZS_NSEC3_HASH]);

/* zonemd.c */
void zs_verify_zonemd(struct zs_verifier *v);

/* crypto.c: one thread's view of the keys. */
struct zs_crypt;
enum zs_crypt_answer { ZS_CRYPT_GOOD, ZS_CRYPT_BAD, ZS_CRYPT_BROKEN };
struct zs_crypt *zs_crypt_new(struct zs_arena *arena, const struct zs_vkey *keys, size_t count);
/* Does signature belong to data under keys[key]? BROKEN: OpenSSL itself failed. */
enum zs_crypt_answer zs_crypt_verify(struct zs_crypt *crypt, size_t key, struct zs_bytes data, struct zs_bytes signature);
/* SHA-256, with a context kept; false if OpenSSL failed. */
bool zs_crypt_sha256(struct zs_crypt *crypt, struct zs_bytes data, uint8_t out[32]);
/* What is wrong with the public key in this DNSKEY RDATA, or NULL. */
const char *zs_crypt_key_problem(struct zs_arena *arena, struct zs_bytes dnskey);

/* One RRSIG RDATA, RFC 4034 section 3.1. */
struct zs_rrsig {
	uint16_t covered, tag;
	uint8_t algorithm, labels;
	uint32_t original_ttl, expiration, inception;
	const uint8_t *signer;
	size_t signer_len;
	struct zs_bytes signature;
};
bool zs_rrsig_parse(struct zs_bytes rdata, struct zs_rrsig *out);

/* rrsig.c: one job per RRset that must be signed, one verdict per signature. */
enum zs_verdict_code {
	ZS_SIG_UNSEEN, ZS_SIG_VERIFIED, ZS_SIG_REUSED, ZS_SIG_MALFORMED, ZS_SIG_SIGNER, ZS_SIG_LABELS, ZS_SIG_ORIGINAL_TTL,
	ZS_SIG_TTL, ZS_SIG_TIMES, ZS_SIG_EXPIRED, ZS_SIG_NOT_YET, ZS_SIG_ALGORITHM, ZS_SIG_NO_KEY, ZS_SIG_UNUSABLE_KEY,
	ZS_SIG_FAILED, ZS_SIG_TOO_MANY, ZS_SIG_TOO_LARGE, ZS_SIG_ORDER, ZS_SIG_BROKEN
};
struct zs_verdict {
	uint8_t code; /* enum zs_verdict_code */
	uint8_t key;  /* index in v->keys, if verified or reused */
	/* It is good, the only one of its RRset, valid already and of the only algorithm of the zone: there is nothing to judge,
	 * and the RRset need not be looked at once more. */
	bool plain;
	uint32_t expiration; /* of a plain one */
};
struct zs_sig_job { /* there are as many as RRsets, so it is small: RRsets are counted from the owner's first */
	uint32_t owner;
	uint32_t first_signature; /* of all signatures: the place of its verdict, and of its proof */
	uint16_t set;
	uint16_t sigs;            /* the RRset of its RRSIGs, or ZS_NO_SIGS */
};
enum { ZS_NO_SIGS = UINT16_MAX };
struct zs_sig_jobs {
	struct zs_sig_job *jobs;
	size_t count, room;
	size_t signature_count;
	struct zs_verdict *verdicts; /* per signature */
	uint8_t (*proofs)[ZS_PROOF_LEN]; /* per signature, if they are wanted */
	atomic_bool *proof_used;         /* per known proof: it was found again; NULL: there are none */
};
static inline const struct zs_rrset *zs_job_set(const struct zs_verifier *v, const struct zs_sig_job *job)
{
	return &v->zone->rrsets[v->zone->owners[job->owner].first + job->set];
}

/* Its signatures; not for a job without any. */
static inline const struct zs_rrset *zs_job_sigs(const struct zs_verifier *v, const struct zs_sig_job *job)
{
	return &v->zone->rrsets[v->zone->owners[job->owner].first + job->sigs];
}

/* The jobs in canonical order. What is signed and must not be is refused here (G2). */
void zs_verify_collect(struct zs_verifier *v, struct zs_sig_jobs *jobs);
void zs_verify_signatures(struct zs_verifier *v, struct zs_sig_jobs *jobs);
/* Most signatures an RRset may have. */
size_t zs_verify_signatures_max(const struct zs_verifier *v);

/* judge.c: the verdicts to refusals, in order. */
void zs_verify_judge(struct zs_verifier *v, const struct zs_sig_jobs *jobs);
/* The proofs of good signatures, sorted, to the result. */
void zs_verify_take_proofs(struct zs_verifier *v, const struct zs_sig_jobs *jobs);

/* ds.c */
bool zs_verify_ds_matches(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, struct zs_bytes dnskey);
/* Would a validator look at this one of all DS? SHA-1 is ignored where a better digest is there: RFC 4509 section 3. */
bool zs_verify_ds_counts(struct zs_bytes ds, const struct zs_bytes *all, size_t count);
void zs_verify_ds(struct zs_verifier *v);
/* What the zone asks its parent for, which is as good as a DS where the parent listens. */
enum { ZS_CDS_MAX = 64 };
void zs_verify_cds(struct zs_verifier *v);

/* Seconds until an RRSIG time, by serial arithmetic (RFC 4034 section 3.1.5). */
static inline int64_t zs_seconds_until(const struct zs_verifier *v, uint32_t time)
{
	return (int32_t)(time - (uint32_t)v->options->now);
}

#endif
