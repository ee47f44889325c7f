/* scan.h - zone file text to records, private to zone/: scan.c reads records and directives, token.c splits lines,
 * include.c opens files, generate.c expands $GENERATE, index.c makes the zone of the records. */
#ifndef ZS_ZONE_SCAN_H
#define ZS_ZONE_SCAN_H

#include "dns/rdata.h"
#include "zone/zone.h"

/* Bounds on what a hostile file can make us do. */
enum {
	ZS_TOKENS_MAX = 70000,         /* tokens of one record: a TXT of 65,535 empty strings fits */
	ZS_INCLUDE_DEPTH = 16,
	ZS_INCLUDES_MAX = 10000,       /* files in all */
	ZS_INCLUDE_TEXT_MAX = 1 << 30, /* octets of all included files together; one read twice counts twice */
	ZS_GENERATE_MAX = 1000000,     /* records made by $GENERATE, in all */
	ZS_GENERATE_LINE = 4096        /* octets of one generated record */
};
#define ZS_ZONE_TEXT_MAX ((size_t)UINT32_MAX) /* octets of one file */

/* One record as read. */
struct zs_record {
	uint32_t name; /* offset in zone->octets; records of one owner in a row share it */
	uint32_t ttl;
	uint32_t rdata;
	uint32_t line;
	uint16_t type, rdata_len;
	uint16_t input;
};

/* What was read so far of all files of a zone. */
struct zs_scan {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_zone_options *options;
	struct zs_zone *zone;      /* octets, inputs */
	struct zs_record *records; /* in the order of the text */
	size_t record_count, record_room;
	uint64_t stripped_count;
	uint64_t generated_count;
	size_t included_len;       /* octets of included files so far */
	bool apex_known;
	bool have_ttl;             /* a default: by $TTL, or the last explicit one, or SOA MINIMUM */
	bool ttl_by_directive;
	uint32_t default_ttl;
	bool told_ttl, told_idn, stopped;
	const char *directory;     /* of the zone file, resolved; includes stay beneath it */
	struct zs_token *tokens;   /* of the record at work */
	uint32_t *token_lines;
	size_t token_count, token_room;
};

/* One text being read: a file, or the lines that a $GENERATE makes. */
struct zs_scan_text {
	const struct zs_scan_text *parent; /* the file with the $INCLUDE */
	const struct zs_input *input;
	uint16_t input_index;
	const char *at, *end;
	uint32_t line;
	uint8_t origin[ZS_NAME_MAX];
	bool have_origin;
	uint32_t owner;        /* offset of the last owner in zone->octets */
	bool have_owner;
	unsigned depth;
	dev_t device;          /* to find cycles */
	ino_t inode;
	const struct zs_source *generated; /* errors point here: the $GENERATE line */
};

/* Split the record at text->at into scan->tokens, through parentheses to the end of its last line. False if it was
 * malformed; the error is reported and text->at is behind it. */
bool zs_scan_tokens(struct zs_scan *scan, struct zs_scan_text *text);

/* Where a token stands; offset counts octets in it. */
struct zs_source zs_scan_source(const struct zs_scan *scan, const struct zs_scan_text *text, size_t token, size_t offset);

/* Read all of a text. Errors are reported; the rest of the text is still read. */
void zs_scan_text(struct zs_scan *scan, struct zs_scan_text *text);

/* The directives whose tokens are in scan->tokens. */
void zs_scan_include(struct zs_scan *scan, struct zs_scan_text *text);
void zs_scan_generate(struct zs_scan *scan, struct zs_scan_text *text);

/* Add a file's text to the zone's inputs. False (with an error) if there are too many. */
bool zs_scan_add_input(struct zs_scan *scan, const struct zs_input *input, const struct zs_file_id *id, uint16_t *index);

/* "1h30m", "3600": seconds up to 2^31 - 1 (RFC 2181 section 8). 1: good; 0: not a TTL at all; -1: a number out of range. */
int zs_scan_ttl(const char *text, size_t len, uint32_t *out);

/* Sort the records and fill owners, rrsets and rdata of scan->zone. False if a rule of one RRset was broken. */
bool zs_scan_index(struct zs_scan *scan);

#endif
