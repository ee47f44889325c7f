/* zone.h - a zone in memory: owners in canonical order, their RRsets, their RDATA.
 *
 * Three flat arrays and one pool of octets; everything is an index, nothing is allocated per record. An owner names
 * a run of rrsets, an rrset a run of rdata. Rrsets of an owner are in order of type (RRSIGs: of the type covered),
 * rdata of an rrset in canonical order without duplicates. Names and RDATA keep the case of the input.
 *
 * In:  a zone file (scan.c reads it), records that later stages compute.
 * Out: what dane/, sign/, verify/, publish/ work on.
 */
#ifndef ZS_ZONE_ZONE_H
#define ZS_ZONE_ZONE_H

#include "base/bytes.h"
#include "base/file.h"
#include "base/run.h"
#include "config/config.h"
#include "dns/name.h"
#include "dns/type.h"

/* 2^32 - 1 octets of names and RDATA, and as many records, are the most a zone may have. */

struct zs_rdata {
	uint32_t offset; /* in zone->octets */
	uint16_t len;
	uint16_t input;  /* index of the file it came from; ZS_NO_INPUT: computed by us */
	uint32_t line;
};
enum { ZS_NO_INPUT = 0xffff };

struct zs_rrset {
	uint16_t type;
	uint16_t covered; /* RRSIG: type covered; else 0 */
	uint32_t ttl;     /* seconds; of differing TTLs in the input, the lowest (RFC 2181 section 5.2) */
	uint32_t first;   /* in zone->rdata */
	uint32_t count;   /* at least 1 */
};

enum zs_owner_flag {
	ZS_OWNER_CUT = 1,     /* has NS and is not the apex: a delegation point */
	ZS_OWNER_OCCLUDED = 2 /* below a cut or a DNAME: glue, or data nobody can reach (RFC 4035 section 2.3) */
};

struct zs_owner {
	uint32_t name;      /* offset of the wire name in zone->octets */
	uint32_t first;     /* in zone->rrsets */
	uint16_t rrset_count;
	uint8_t name_len;
	uint8_t flags;      /* enum zs_owner_flag, set by zs_zone_mark_cuts */
};

struct zs_zone {
	struct zs_arena *arena;
	uint8_t apex[ZS_NAME_MAX]; /* wire name */
	uint8_t apex_labels;
	uint8_t *octets;
	size_t octets_len, octets_room;
	struct zs_owner *owners;
	size_t owner_count, owner_room;
	struct zs_rrset *rrsets;
	size_t rrset_count, rrset_room; /* may hold runs that no owner names any more */
	struct zs_rdata *rdata;
	size_t rdata_count, rdata_room;
	const struct zs_input **inputs;
	struct zs_file_id *input_ids; /* stat values of the same index */
	size_t input_count, input_room;
	uint8_t sha256[32];           /* of inputs[0], where want_sha256 asked for it and its text is not kept */
	bool has_dname;               /* perhaps: one that is not occluded */
	uint64_t record_count;        /* records read, duplicates not counted */
	uint64_t stripped_count;      /* RRSIG, NSEC, NSEC3, NSEC3PARAM dropped from the input */
};

enum zs_zone_dnssec {
	ZS_DNSSEC_STRIP, /* drop RRSIG, NSEC, NSEC3, NSEC3PARAM, ZONEMD and apex DNSKEY, CDS, CDNSKEY; the signer makes them */
	ZS_DNSSEC_KEEP   /* keep all: for verify/ and fmt */
};

struct zs_zone_options {
	const uint8_t *apex;     /* wire name; NULL: the owner of the first SOA */
	enum zs_zone_dnssec dnssec;
	bool include_any;        /* $INCLUDE may leave the directory of the zone file */
	bool any_link;           /* a symbolic link is followed whoever made it: to an output, where publish/ judges them */
	bool include_never;      /* a signed file of ours has none; verify/ refuses them */
	bool strict_rrsets;      /* differing TTLs in an RRset and duplicate records are errors, not warnings */
	uint64_t max_records;    /* 0: no bound but memory's */
	bool want_sha256;        /* of the file itself, also if it is large: see zone->sha256 */
	bool general;            /* for tests: no line is read the straight way, which changes nothing but the time */
	size_t slice;            /* octets of a slice, for tests; 0: ZS_SLICE. A file of four or more is read in slices */
};

/* Read the zone file `path` into *out, memory from arena. All errors of the file are reported, bounded by
 * ZS_DIAG_MAX; false if there was one. Contents are not judged: that is zs_zone_check's. */
ZS_MUST_CHECK bool zs_zone_read(struct zs_run *run, struct zs_arena *arena, const char *path,
                                const struct zs_zone_options *options, struct zs_zone **out);
/* The same from an open descriptor (the candidate that is about to be published); path is for messages. */
ZS_MUST_CHECK bool zs_zone_read_fd(struct zs_run *run, struct zs_arena *arena, int fd, const char *path,
                                   const struct zs_zone_options *options, struct zs_zone **out);
/* The same from octets in memory. */
ZS_MUST_CHECK bool zs_zone_read_text(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                                     const struct zs_zone_options *options, struct zs_zone **out);

/* The texts of the inputs are no longer needed; later diagnostics have no excerpt. */
void zs_zone_release_text(struct zs_zone *zone);

/* Set ZS_OWNER_CUT and ZS_OWNER_OCCLUDED, and has_dname, by `jobs` threads. Called by zs_zone_read; again after owners or NS or DNAME
 * were added. */
void zs_zone_mark_cuts(struct zs_zone *zone, unsigned jobs);

/* The rules of a plain zone (check.c and targets.c have one function for each): every error and warning found is reported, at most
 * max_ttl per record (0: no limit). accept_g12: what is only unwise is a warning. False if there was an error. */
ZS_MUST_CHECK bool zs_zone_check(struct zs_run *run, const struct zs_zone *zone, uint32_t max_ttl, bool accept_g12);

#define ZS_NO_OWNER UINT32_MAX

/* Index of the owner `name`, or ZS_NO_OWNER. *place (may be NULL): where it is or would be inserted. */
uint32_t zs_zone_find(const struct zs_zone *zone, const uint8_t *name, uint32_t *place);

/* How many labels the closest encloser of name has: the longest name it is within, itself included, that exists, be it as an empty
 * non-terminal (RFC 4592 section 3.3.1). Found in the neighbours of its place, so names of many labels cost no more. */
unsigned zs_zone_encloser(const struct zs_zone *zone, const uint8_t *name);

/* As zs_zone_find, for a name that is likely to be near the owner of that index: a few steps, then the whole. */
uint32_t zs_zone_find_near(const struct zs_zone *zone, const uint8_t *name, uint32_t near);

/* The RRset of an owner (index; ZS_NO_OWNER gives NULL), or NULL. Not for RRSIG. Valid until the zone is edited. */
const struct zs_rrset *zs_zone_rrset(const struct zs_zone *zone, uint32_t owner, uint16_t type);
const struct zs_rrset *zs_zone_apex_rrset(const struct zs_zone *zone, uint16_t type);

/* Add one record, merging it into its RRset (the RRset's TTL becomes ttl); a duplicate is not added again. Costs a
 * move of the owner array when the owner is new: for the few records that we compute. */
void zs_zone_add(struct zs_zone *zone, const uint8_t *name, uint16_t type, uint32_t ttl, struct zs_bytes rdata);
/* Remove an RRset; an owner that has none left goes too. */
void zs_zone_remove(struct zs_zone *zone, const uint8_t *name, uint16_t type);
/* Give an existing RRset another TTL. */
void zs_zone_set_ttl(struct zs_zone *zone, const uint8_t *name, uint16_t type, uint32_t ttl);

/* Largest TTL of the zone and where it is (any of the three may be NULL). */
uint32_t zs_zone_max_ttl(const struct zs_zone *zone, const uint8_t **owner, uint16_t *type);

/* Octets of the answer with the RRset and a signature of the longest kind: what is above 65,535 fits no message. */
size_t zs_zone_answer_len(const struct zs_zone *zone, const struct zs_owner *owner, const struct zs_rrset *set);

/* Where a record came from, for diagnostics. */
struct zs_source zs_zone_source(const struct zs_zone *zone, const struct zs_rrset *rrset);

static inline const uint8_t *zs_owner_name(const struct zs_zone *zone, const struct zs_owner *owner)
{
	return zone->octets + owner->name;
}

/* For __builtin_prefetch in a walk over the owners: the name of one that comes a little later. Names lie in the order of the
 * file, which may be any, so the processor does not foresee them. */
static inline const uint8_t *zs_owner_ahead(const struct zs_zone *zone, size_t index)
{
	enum { AHEAD = 12 };
	return zs_owner_name(zone, &zone->owners[index + AHEAD < zone->owner_count ? index + AHEAD : index]);
}

static inline struct zs_bytes zs_rdata_bytes(const struct zs_zone *zone, const struct zs_rdata *rdata)
{
	return (struct zs_bytes){ zone->octets + rdata->offset, rdata->len };
}

/* The i-th RDATA of an RRset. */
static inline struct zs_bytes zs_rrset_rdata(const struct zs_zone *zone, const struct zs_rrset *rrset, uint32_t i)
{
	return zs_rdata_bytes(zone, &zone->rdata[rrset->first + i]);
}

/* The SOA of a zone (it has exactly one once zs_zone_check passed), RFC 1035 section 3.3.13. */
struct zs_soa {
	uint32_t serial, refresh, retry, expire, minimum, ttl;
};
ZS_MUST_CHECK bool zs_zone_soa(const struct zs_zone *zone, struct zs_soa *out); /* false: no SOA at the apex */
void zs_zone_set_serial(struct zs_zone *zone, uint32_t serial);

/* The serial after base by a policy (not ZS_SERIAL_KEEP): its own value if that is later in the sense of RFC 1982, else
 * base + 1. served: what secondaries have, base or before it. "Later" does not carry over: what comes after base, far ahead by the
 * zone file's own serial (section 7, to make a serial lower), may come before served. Then it is base itself.
 * *behind: the policy's value is not later, which the user should hear once. */
uint32_t zs_serial_next(enum zs_serial_policy policy, uint32_t base, uint32_t served, zs_time now, bool *behind);
/* The RFC 1982 maximum of count serials. */
uint32_t zs_serial_newest(const uint32_t *serials, size_t count);

/* SHA-256 over all records but the SOA serial: two zones with one value have the same content. */
ZS_MUST_CHECK bool zs_zone_content(struct zs_run *run, const struct zs_zone *zone, uint8_t out[32]);

/* RFC 1982: is a later than b? False too when they are equal or 2^31 apart. */
static inline bool zs_serial_after(uint32_t a, uint32_t b)
{
	return a != b && a - b < 0x80000000u;
}

#endif
