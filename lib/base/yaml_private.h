/* yaml_private.h - building the tree, whoever reads the text: yaml.c with libyaml, yaml_plain.c the simple ones itself. */
#ifndef ZS_BASE_YAML_PRIVATE_H
#define ZS_BASE_YAML_PRIVATE_H

#include "base/yaml.h"

struct zs_yaml_frame {
	struct zs_yaml *node;
	size_t first;           /* its entries in those of the builder: from here to the end, when those of deeper nodes are gone */
	const char *anchor;
	const char *key;        /* map: read, its value is still to come */
	struct zs_source key_where;
};

struct zs_yaml_anchor {
	const char *name;
	const struct zs_yaml *node;
};

struct zs_yaml_builder {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_input *input;
	struct zs_yaml_frame frames[ZS_YAML_DEPTH]; /* the stack is our own array, so that no input makes it deeper */
	size_t depth;
	struct zs_yaml_entry *entries; /* of all nodes that have begun and not ended */
	size_t entry_count, entry_room;
	struct zs_yaml *nodes; /* the next ones, and texts: zeroed memory of the arena */
	char *words;
	size_t nodes_left, words_left; /* how many; octets */
	struct zs_yaml_anchor *anchors;
	size_t anchor_count, anchor_room;
	uint32_t node_count, aliased_count;
	bool quiet; /* errors are not reported: the text is read again by libyaml */
	const struct zs_yaml *root;
};

/* A node begins, ends, or is a scalar; in the order of the text. False: reading cannot go on. */
bool zs_yaml_begin(struct zs_yaml_builder *b, enum zs_yaml_kind kind, const struct zs_source *where, const char *anchor);
bool zs_yaml_end(struct zs_yaml_builder *b);
bool zs_yaml_scalar(struct zs_yaml_builder *b, const char *text, size_t len, bool quoted, const struct zs_source *where, const char *anchor);

/* Read a text of the simple kind: one document of maps and lists in block style, one-line flow style inside, plain and
 * double-quoted scalars of a few safe characters. Most configs and every state are, and this is ten times as fast as libyaml.
 * False, with nothing reported, for any other text, right or wrong: then libyaml reads it. Where true, the tree is the
 * one that libyaml would make, places included; tests and a fuzz target compare them. */
bool zs_yaml_read_plain(struct zs_yaml_builder *b);

/* zs_yaml_parse without the plain reader, for comparing. */
bool zs_yaml_parse_full(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const struct zs_yaml **out);

#endif
