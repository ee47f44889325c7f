/* scan.h - zone file text to records, private to zone/: scan.c reads records and directives, straight.c the simple lines,
 * token.c splits the others, include.c opens files, generate.c expands $GENERATE, slices.c reads large files in parallel;
 * group.c makes owners of records, order.c sorts them, arrange.c what they have. */
#ifndef ZS_ZONE_SCAN_H
#define ZS_ZONE_SCAN_H

#include "dns/line.h"
#include "dns/rdata.h"
#include "zone/zone.h"

/* Bounds on what a hostile file can make us do. */
enum {
	ZS_TOKENS_MAX = 70000,         /* tokens of one record: a TXT of 65,535 empty strings fits */
	ZS_INCLUDE_DEPTH = 16,
	ZS_INCLUDES_MAX = 10000,       /* files in all, also those that cannot be read */
	ZS_INCLUDE_TEXT_MAX = 1 << 30, /* octets of all included files together; one read twice counts twice */
	ZS_INCLUDE_AGAIN_MAX = 1 << 26, /* of these, of files that had been read before: what a small file can be made to be */
	ZS_GENERATE_MAX = 1000000,     /* records made by $GENERATE, in all */
	ZS_GENERATE_DOTS_MAX = 4000000, /* in the owners of these: each may be an empty non-terminal */
	ZS_GENERATE_LINE = 4096,       /* octets of one generated record */
	ZS_GENERATE_TEXT_MAX = 1 << 28 /* octets of all generated records together */
};
#define ZS_ZONE_TEXT_MAX ((size_t)64 << 30) /* octets of one file */
enum { ZS_INTERN_BITS = 10, ZS_SLICE = 1 << 17 };

/* One record as read. */
struct zs_record {
	uint32_t name; /* offset in zone->octets; records of one owner in a row share it */
	uint32_t ttl;
	uint32_t rdata;
	uint32_t line;
	uint16_t type, rdata_len;
	uint16_t input;
};

/* RDATA that may come again. */
struct zs_interned {
	uint32_t offset; /* in zone->octets */
	uint32_t tag;    /* bits of its hash: without them each look would be one at cold memory */
};

/* What was read so far of all files of a zone. */
struct zs_scan {
	struct zs_run *run;
	struct zs_arena *arena;
	struct zs_arena *input_arena; /* of included files, which live as long as the zone */
	const struct zs_zone_options *options;
	struct zs_zone *zone;      /* octets, inputs */
	struct zs_record *records; /* in the order of the text */
	size_t record_count, record_room;
	uint64_t stripped_count;
	uint64_t generated_count, generated_len, generated_dots; /* records made by $GENERATE, their octets, and the dots of their owners */
	size_t include_count, included_len, included_again_len; /* directives $INCLUDE so far, and octets of the files */
	bool apex_known;
	bool have_ttl;             /* a default: by $TTL, or the last explicit one, or SOA MINIMUM */
	bool ttl_by_directive;
	uint32_t default_ttl;
	bool told_ttl, told_idn, stopped;
	/* what of the state before this text decided how it was read; slices.c looks whether it was right */
	bool used_ttl, ttl_set;    /* a default TTL from before; set anew since */
	bool used_origin, origin_set;
	bool unclosed;             /* the text ended inside of parentheses */
	bool ahead;                /* reading ahead: a directive that reads files or makes records stops it */
	bool looking;              /* only for where the last record ends: such a directive is passed over */
	uint64_t record_max;
	struct zs_interned *interned; /* by a hash: see straight.c. NULL: nothing yet */
	const char *directory;     /* of the zone file, resolved; includes stay beneath it. NULL: it is not known */
	struct zs_token *tokens;   /* of the record at work */
	uint32_t *token_lines;
	size_t token_count, token_room;
	bool has_values;           /* there is a token with a value in quotes */
};

/* TTL, class and type of a line. Most lines have the text of one of the two kinds of lines above. */
struct zs_scan_head {
	const char *text;      /* from behind the owner to the RDATA; len 0: there is none */
	uint32_t len;
	uint32_t ttl;
	bool have_ttl;
	uint16_t type;
};

/* One text being read: a file, or the lines that a $GENERATE makes. */
struct zs_scan_text {
	const struct zs_scan_text *parent; /* the file with the $INCLUDE */
	const struct zs_input *input;
	uint16_t input_index;
	const char *at, *end;
	uint32_t line;
	uint8_t origin[ZS_NAME_MAX];
	size_t origin_len;
	bool have_origin;
	uint32_t owner;        /* offset of the last owner in zone->octets */
	bool have_owner;
	bool owner_lost;       /* an error was reported for the line that names it */
	const char *owner_text; /* the field it was read from by the straight way; owner_text_len 0: there is none */
	uint32_t owner_text_len;
	struct zs_scan_head heads[2]; /* of lines read the straight way */
	unsigned head;         /* the one of the last line */
	struct zs_line_memos memos;
	unsigned depth;
	bool part;             /* of a file: more follows behind end */
	dev_t device;          /* to find cycles */
	ino_t inode;
	const struct zs_source *generated; /* errors point here: the $GENERATE line */
};

/* Split the record at text->at into scan->tokens, through parentheses to the end of its last line. values: what is in quotes
 * behind a "=" belongs to the token, as SVCB has it. False if it was malformed; the error is reported and text->at is
 * behind it. */
bool zs_scan_tokens(struct zs_scan *scan, struct zs_scan_text *text, bool values);

/* Where a token stands; offset counts octets in it. */
struct zs_source zs_scan_source(const struct zs_scan *scan, const struct zs_scan_text *text, size_t token, size_t offset);

/* Read all of a text. Errors are reported; the rest of the text is still read. */
void zs_scan_text(struct zs_scan *scan, struct zs_scan_text *text);

/* The directives whose tokens are in scan->tokens. */
void zs_scan_include(struct zs_scan *scan, struct zs_scan_text *text);
void zs_scan_generate(struct zs_scan *scan, struct zs_scan_text *text);

/* include.c: false for a private key, or a file of a TSIG key, with a diagnostic that shows none of it; its text is then cleansed. Whoever
 * writes a zone file can name such a file in it, or put a link to one in its place, and may get to see what is wrong with the zone. */
bool zs_scan_refuse_secret(struct zs_run *run, const struct zs_source *where, const struct zs_input *input);
/* The zone file, open; -1 with a diagnostic. */
int zs_scan_open_zone(struct zs_run *run, const char *path, bool any_link);
/* As open(2), for a path that was resolved: what is a symbolic link now, was put there since, and is not followed. */
int zs_scan_open_resolved(const char *path, int flags);
/* The directory of the zone file at path, resolved; NULL if that file is not in it any more. */
const char *zs_scan_directory(struct zs_arena *arena, const char *path, const struct stat *zone);

/* Add a file's text to the zone's inputs. False (with an error) if there are too many. */
bool zs_scan_add_input(struct zs_scan *scan, const struct zs_input *input, const struct zs_file_id *id, uint16_t *index);

/* "1h30m", "3600": seconds up to 2^31 - 1 (RFC 2181 section 8). 1: good; 0: not a TTL at all; -1: a number out of range. */
int zs_scan_ttl(const char *text, size_t len, uint32_t *out);

/* Start with what zs_zone_read was asked for. */
void zs_scan_begin(struct zs_scan *scan, struct zs_run *run, struct zs_arena *arena, const struct zs_zone_options *options,
                   struct zs_zone *zone);
void zs_scan_set_origin(struct zs_scan_text *text, const uint8_t *origin);

/* Read one simple line. False: it is not simple, and nothing was changed. */
bool zs_scan_straight(struct zs_scan *scan, struct zs_scan_text *text);
/* zone->octets begins anew: no name that comes again is in it. */
void zs_scan_forget_names(struct zs_scan *scan);

/* Room for size octets behind zone->octets_len. */
void zs_scan_reserve(struct zs_scan *scan, size_t size);
void zs_scan_add_record(struct zs_scan *scan, const struct zs_record *record);

/* Read the file open at fd, whose size and path input has, in slices by run->jobs threads, with the same result as
 * zs_scan_text and zs_scan_group have on the whole of it. text is the state to begin with. input gets its marks, sha256
 * (may be NULL) the digest of the file. */
bool zs_scan_slices(struct zs_scan *scan, int fd, struct zs_scan_text *text, struct zs_input *input, uint8_t sha256[32]);

/* array with room for `wanted` elements of size octets; what is new is not zeroed. */
void *zs_zone_room(struct zs_arena *arena, void *array, size_t *room, size_t wanted, size_t size);

/* group.c: the records, which are in the order of the text, become owners, RRsets and RDATA of scan->zone, added to what
 * it has; one owner for each run of records. False if a rule of an RRset was broken. */
bool zs_scan_group(struct zs_scan *scan);
/* One RRset of count records, sorted; name is their owner's. distinct: no two are equal, which need not be looked at. Added to the zone's
 * arrays, not to an owner. */
bool zs_scan_add_rrset(struct zs_scan *scan, uint32_t name, const struct zs_record *records, const uint32_t *order, size_t count,
                       bool distinct);
/* By type and type covered. */
int zs_scan_compare_sets(const struct zs_zone *zone, const struct zs_record *a, const struct zs_record *b);
/* Sort order[0..count), indices of records: by set, then RDATA in canonical order; equal records in the order of the text.
 * True: they are known to be all different. */
bool zs_scan_sort(const struct zs_zone *zone, const struct zs_record *records, uint32_t *order, size_t count);

/* order.c: owners in canonical order, each once. */
bool zs_scan_order(struct zs_scan *scan);
/* arrange.c: RRsets and RDATA moved into the order of the owners. */
void zs_scan_arrange(struct zs_zone *zone, unsigned jobs);

#endif
