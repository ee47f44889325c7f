/* query_private.h - an answer in the making, for query.c and proof.c. */
#ifndef ZS_QUERY_QUERY_PRIVATE_H
#define ZS_QUERY_QUERY_PRIVATE_H

#include "query/query.h"

struct zs_query {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_zone *zone;
	uint16_t type;
	uint32_t apex;                      /* index of the owner */
	bool is_signed, nsec3;
	struct zs_nsec3_options nsec3_options; /* of NSEC3PARAM */
	bool failed;                        /* no hash could be made */
	struct zs_answer *answer;
	struct zs_answer_record *records;
	size_t count, room;
};

/* The RRset of owner with its signatures to a section, once; ttl_max caps the TTL. as: the name it stands for, or NULL. */
void zs_query_add(struct zs_query *q, enum zs_section section, uint32_t owner, const struct zs_rrset *set, const uint8_t *as, uint32_t ttl_max);

/* Is there such a name in the zone, with data or above some? NSEC3 records are at no name of the zone: RFC 5155 section 7.2.8. */
bool zs_query_exists(const struct zs_query *q, const uint8_t *name);
/* "*" below encloser. */
const uint8_t *zs_query_wildcard(const struct zs_query *q, const uint8_t *encloser);

/* proof.c: the records that prove it, to the authority section. encloser: the nearest name above `name` that exists. */
void zs_query_prove_nodata(struct zs_query *q, const uint8_t *name); /* name exists; also a delegation without DS */
void zs_query_prove_nxdomain(struct zs_query *q, const uint8_t *name, const uint8_t *encloser);
void zs_query_prove_wildcard(struct zs_query *q, const uint8_t *name, const uint8_t *encloser); /* which answered for name */
void zs_query_prove_wildcard_nodata(struct zs_query *q, const uint8_t *name, const uint8_t *encloser);

#endif
