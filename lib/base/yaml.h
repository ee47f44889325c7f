/* yaml.h - a YAML document as a tree, each node with its place in the file.
 *
 * In:  a file that was read (base/file.h); it may come from a stranger.
 * Out: scalars, lists and maps in an arena, with the limits below. Scalars stay text: their meaning is the reader's,
 *      so `yes`, `0x10` and `1e3` mean nothing here.
 */
#ifndef ZS_BASE_YAML_H
#define ZS_BASE_YAML_H

#include "base/run.h"

enum {
	ZS_YAML_DEPTH = 32,
	ZS_YAML_ALIASED = 100000, /* nodes that aliases stand for, in all */
	ZS_YAML_ANCHORS = 1000,
	ZS_YAML_NODES = 4000000,  /* nodes written out: ten of them for each of 400,000 zones */
	ZS_YAML_MAX = 64 << 20    /* octets of a file: for zs_file_read */
};

enum zs_yaml_kind { ZS_YAML_SCALAR, ZS_YAML_LIST, ZS_YAML_MAP };

struct zs_yaml_entry;

struct zs_yaml {
	enum zs_yaml_kind kind;
	bool quoted;              /* scalar: in quotes or a block, so never "nothing" */
	uint32_t len;             /* scalar: octets of text */
	const char *text;         /* scalar: NUL-terminated, without a NUL inside; else NULL */
	const struct zs_yaml_entry *entries;
	uint32_t count;           /* of entries */
	uint32_t size, height;    /* of this tree, itself included: nodes; levels of lists and maps */
	struct zs_source where;   /* of the value; an alias has the place of its anchor */
};

/* A member of a map, or of a list: then key is NULL. */
struct zs_yaml_entry {
	const char *key;
	const struct zs_yaml *value;
	struct zs_source key_where;
};

/* The one document of input, in arena. Syntax errors, duplicate keys, tags, keys that are no scalars and exceeded
 * limits are reported as zs_error; false if there was one. input lives as long as the tree. */
ZS_MUST_CHECK bool zs_yaml_parse(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                                 const struct zs_yaml **out);

/* The value of key in a map, or NULL; also for a node that is no map, or NULL. */
const struct zs_yaml *zs_yaml_get(const struct zs_yaml *map, const char *key);
/* The same if it is a scalar: its text, else NULL. */
const char *zs_yaml_get_text(const struct zs_yaml *map, const char *key);

/* Nothing was written: `key:`, `key: ~` or `key: null`. */
bool zs_yaml_is_null(const struct zs_yaml *node);

/* "a value", "a list" or "a map", for messages. */
const char *zs_yaml_kind_text(const struct zs_yaml *node);

#endif
