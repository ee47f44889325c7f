/* sign_private.h - the steps of signing, one file each. */
#ifndef ZS_SIGN_SIGN_PRIVATE_H
#define ZS_SIGN_SIGN_PRIVATE_H

#include "sign/sign.h"

/* dnskey.c: DNSKEY, CDS and CDNSKEY of the plan at the apex (RFC 4034 section 2, RFC 7344 section 3). */
bool zs_sign_add_keys(struct zs_run *run, struct zs_zone *zone, const struct zs_policy *policy, const struct zs_plan *plan,
                      const struct zs_keyset *keys);

/* nsec.c, nsec3.c: fill signed->denials. */
bool zs_sign_add_nsec(struct zs_run *run, struct zs_signed_zone *zone);
bool zs_sign_add_nsec3(struct zs_run *run, struct zs_signed_zone *zone);

/* Types of a name in its NSEC or NSEC3, those two and RRSIG included. */
enum { ZS_TYPES_MAX = 65536 + 2 };

/* A type bit map (RFC 4034 section 4.1.2) of ascending types; returns its length, at most 32 * (2 + 32) here. */
enum { ZS_BITMAP_MAX = 256 * 34 };
size_t zs_sign_bitmap(const uint16_t *types, size_t count, uint8_t out[ZS_BITMAP_MAX]);

/* signed->denials of `count` names, by threads. describe fills the record of the index but for its RDATA, of which it returns the length: at
 * most ZS_DENIAL_MAX octets at rdata. types: room for ZS_TYPES_MAX. */
enum { ZS_DENIAL_MAX = 512 + ZS_BITMAP_MAX };
bool zs_sign_make_denials(struct zs_run *run, struct zs_signed_zone *zone, size_t count,
                          size_t (*describe)(const void *context, size_t index, uint16_t *types, struct zs_denial_record *record, uint8_t *rdata),
                          const void *context);

/* Is the RRset signed? Owner flags and type decide: all at authoritative names, DS alone at a cut. */
static inline bool zs_sign_covers(const struct zs_owner *owner, uint16_t type)
{
	if (owner->flags & ZS_OWNER_OCCLUDED)
		return false;
	return !(owner->flags & ZS_OWNER_CUT) || type == ZS_TYPE_DS;
}

/* rrsig.c: jobs for all RRsets and denials; then fill the slots of jobs[from..to). */
bool zs_sign_plan_jobs(struct zs_run *run, struct zs_signed_zone *zone);
bool zs_sign_fill(struct zs_run *run, struct zs_signed_zone *zone, size_t from, size_t to);

/* reuse.c: the entries of one signer's key in the cache, or NULL. */
struct zs_known_key;
const struct zs_known_key *zs_signatures_key(const struct zs_signatures *signatures, const struct zs_signer *signer);
struct zs_reuse_times {
	uint32_t now;
	zs_seconds refresh; /* a signature must have more left */
};
/* Ask for the memory of what lookup stands for, which takes two steps, without waiting for it: first where it begins, then, a while
 * later, what is there. */
void zs_sign_expect(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN]);
void zs_sign_fetch(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN]);
/* The signature of what lookup stands for into slot, its times into job, if there is one that is still good. */
bool zs_sign_reuse(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN], const struct zs_reuse_times *times,
                   struct zs_sign_job *job, uint8_t *slot);

/* zonemd.c: digest the signed zone into the apex ZONEMD (RFC 8976 section 3). */
bool zs_sign_zonemd(struct zs_run *run, struct zs_signed_zone *zone, uint8_t hash);

#endif
