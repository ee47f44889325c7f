/* answer_private.h - what answer.c, answer_sets.c and answer_denial.c share: one answer at judgement. */
#ifndef ZS_VERIFY_ANSWER_PRIVATE_H
#define ZS_VERIFY_ANSWER_PRIVATE_H

#include "verify/verify_private.h"

/* An RRset of one section, and its signatures. */
struct zs_answer_set {
	const uint8_t *owner;
	uint16_t type;
	uint8_t section;
	const struct zs_bytes *rdata; /* canonical form and order, without duplicates */
	size_t count;
	const struct zs_bytes *sigs;  /* RRSIG RDATA */
	size_t sig_count;
	bool judged, good;
	uint8_t labels;               /* of the good signature: fewer than the owner's for a wildcard's data */
	const char *why, *rfc;        /* of one that is not good */
	int ede;
};

struct zs_answer_judge {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_answer *answer;
	const struct zs_answer_trust *trust;
	struct zs_answer_verdict *out;
	struct zs_answer_set *sets;
	size_t set_count;
	bool unsigned_zone;           /* no DNSKEY: only the kind of answer is found */
	struct zs_vkey keys[ZS_VERIFY_KEYS_MAX];
	size_t key_count;
	struct zs_crypt *crypt;
	unsigned tries;               /* failed checks so far, of all sets */
	struct zs_buf buf;            /* signed data */
	uint8_t zone[ZS_NAME_MAX];    /* lower case */
};

/* answer_sets.c */
void zs_answer_keys(struct zs_answer_judge *j);
/* Records to sets; false, with a verdict, if there are too many. */
bool zs_answer_group(struct zs_answer_judge *j);
struct zs_answer_set *zs_answer_find(const struct zs_answer_judge *j, enum zs_section section, const uint8_t *owner, uint16_t type);
/* Does a signature of the zone's keys prove it? Judged once. */
bool zs_answer_is_good(struct zs_answer_judge *j, struct zs_answer_set *set);
/* The same, and the verdict if not. */
bool zs_answer_must(struct zs_answer_judge *j, struct zs_answer_set *set);
/* Its data came from a wildcard: the signature has fewer labels than the owner. Only of a good set. */
bool zs_answer_from_wildcard(const struct zs_answer_judge *j, const struct zs_answer_set *set);

/* The verdict, if there is none yet. Each returns false. */
bool zs_answer_bogus(struct zs_answer_judge *j, int ede, const char *rfc, const char *format, ...) ZS_PRINTF(4, 5);
bool zs_answer_insecure(struct zs_answer_judge *j, int ede, const char *rfc, const char *format, ...) ZS_PRINTF(4, 5);
const char *zs_answer_name(const struct zs_answer_judge *j, const uint8_t *name);

/* answer_denial.c: each finds its proof in the authority section, or sets the verdict. */
void zs_answer_nxdomain(struct zs_answer_judge *j, const uint8_t *name);
void zs_answer_nodata(struct zs_answer_judge *j, const uint8_t *name);
/* That nothing nearer to name than the wildcard of set exists. */
void zs_answer_wildcard(struct zs_answer_judge *j, const uint8_t *name, const struct zs_answer_set *set);
/* That the delegation at name has no DS. */
void zs_answer_no_ds(struct zs_answer_judge *j, const uint8_t *name);

enum { ZS_EDE_OTHER = 0, ZS_EDE_ALGORITHM = 1, ZS_EDE_DS_DIGEST = 2, ZS_EDE_BOGUS = 6, ZS_EDE_EXPIRED = 7, ZS_EDE_NOT_YET = 8, ZS_EDE_NO_DNSKEY = 9,
       ZS_EDE_NO_RRSIG = 10, ZS_EDE_NO_NSEC = 12, ZS_EDE_ITERATIONS = 27 };

#endif
