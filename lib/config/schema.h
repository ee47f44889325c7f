/* schema.h - the options of zonesign.yaml as a table, and how a value of each kind is read. Private to config/.
 *
 * The table drives everything: loading, ranges, defaults, unknown keys with "did you mean", and the test that the
 * example file shows each option with its default.
 */
#ifndef ZS_CONFIG_SCHEMA_H
#define ZS_CONFIG_SCHEMA_H

#include "base/file.h"
#include "base/yaml.h"
#include "config/config.h"

enum zs_section { ZS_SECTION_TOP, ZS_SECTION_POLICY, ZS_SECTION_ZONE, ZS_SECTION_DANE, ZS_SECTION_SSHFP,
	ZS_SECTION_SMIMEA, ZS_SECTION_OPENPGPKEY };

enum zs_option_kind {
	ZS_OPTION_CUSTOM,      /* the section's own code reads it */
	ZS_OPTION_NUMBER,      /* unsigned */
	ZS_OPTION_DURATION,    /* zs_seconds */
	ZS_OPTION_LIFETIME,    /* zs_seconds, or "unlimited" */
	ZS_OPTION_TTL,         /* uint32_t, written as a duration */
	ZS_OPTION_TTL_OR_AUTO, /* the same, or "auto": 0 */
	ZS_OPTION_PROPAGATION, /* zs_seconds, or "observe": the default and a bool at offset2 */
	ZS_OPTION_ALGORITHM,   /* uint8_t */
	ZS_OPTION_FLAG,        /* bool, by its words */
	ZS_OPTION_U8,          /* uint8_t, by its words */
	ZS_OPTION_ENUM,        /* an enum, by its words */
	ZS_OPTION_DENIAL,      /* nsec, nsec3, {nsec3: {..}} */
	ZS_OPTION_ITERATIONS,  /* uint16_t, RFC 9276 */
	ZS_OPTION_SALT,        /* hex */
	ZS_OPTION_OBSERVE,     /* bool: parent, off, or a map */
	ZS_OPTION_ADDRESSES,   /* a list of struct zs_address, its count at offset2 */
	ZS_OPTION_RESOLVER,    /* the same, or "own", or "system" */
	ZS_OPTION_COMMAND,     /* struct zs_command */
	ZS_OPTION_PATH,        /* struct zs_config_path */
	ZS_OPTION_TEXT,        /* const char *, letters, digits, '-' and '_' */
	ZS_OPTION_PUBLISH      /* enum zs_publish_kind: a server's name, or a map with it */
};

struct zs_option_word {
	const char *word;
	unsigned value;
};

struct zs_option {
	enum zs_section section;
	const char *name;     /* "signatures.validity": the option in a map in the section */
	enum zs_option_kind kind;
	const char *unit;     /* of a bare number, or what is to be written */
	const char *fallback; /* the default as it would be written; NULL: none */
	int64_t min, max;     /* of the value, for kinds that are numbers */
	size_t offset;        /* in the section's struct */
	size_t offset2;       /* PROPAGATION: of the bool; ADDRESSES: of the count */
	size_t from;          /* of a struct zs_source to set, or 0 */
	const struct zs_option_word *words; /* ended by a NULL word */
};

/* The table's line at index, or NULL past the end. */
const struct zs_option *zs_option_at(size_t index);

/* Is there an option, or a group of options, of that name? */
bool zs_option_exists(enum zs_section section, const char *name);

/* The default of an option as it would be written; NULL: none. The option exists. */
const char *zs_option_default(enum zs_section section, const char *name);

/* A zone while its options are read. What few of many zones have gets memory of its own only then. */
struct zs_zone_draft {
	struct zs_zone_config zone;
	struct zs_publish_options publish;
};

/* What reading a config shares. */
struct zs_loader {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_input *main; /* paths are relative to this file */
	struct zs_config *config;
	struct zs_config_file *files; /* growing; config->files is its view */
	size_t file_count, file_room;
	const char *owned_dir; /* checked: nobody else can write there; or NULL */
	struct zs_zone_draft zone; /* what a zone has where its options say nothing */
};

/* Read map's options of section into target by the table. Options of kind CUSTOM are only known to exist. Every
 * unknown key and wrong value is reported. */
void zs_schema_read(struct zs_loader *loader, enum zs_section section, const struct zs_yaml *map, void *target);

/* Set target to the defaults of section. */
void zs_schema_defaults(struct zs_loader *loader, enum zs_section section, void *target);

/* One value into target, by its kind. */
bool zs_option_read(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                    void *target);

/* An error unless node is a scalar (a map, a list) with something in it; what names it in the message. */
bool zs_want_text(struct zs_loader *loader, const struct zs_yaml *node, const char *what);
bool zs_want_map(struct zs_loader *loader, const struct zs_yaml *node, const char *what);

/* "did you mean 'word'?", or the list of all words, as the hint of the last error. */
void zs_hint_words(struct zs_loader *loader, const char *text, const char *const *words, size_t count);

/* A scalar's or key's text, fit for a message. */
const char *zs_shown(struct zs_loader *loader, const char *text);

/* A scalar, or each scalar of a list: sets *count, returns their nodes; NULL with an error for anything else. */
const struct zs_yaml *const *zs_scalars(struct zs_loader *loader, const struct zs_yaml *node, const char *what,
                                        size_t *count);

/* Note that a file was read: its index in config->files. */
size_t zs_config_add_file(struct zs_loader *loader, const struct zs_input *input, const struct zs_file_id *id);

bool zs_path_read(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_config_path *out);
bool zs_command_read(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_command *out);
/* An error if {zone} in an argument would become an option. */
bool zs_command_check_zone(struct zs_loader *loader, const struct zs_command *command, const char *zone_text);

/* A name of a host or zone, taken as absolute, in lower case; what is "zone" or "host". */
bool zs_host_read(struct zs_loader *loader, const char *text, const struct zs_source *where, const char *what,
                  uint8_t out[ZS_NAME_MAX]);

/* `path` without "." and "..", "//" and a final slash, by its text alone. */
const char *zs_path_clean(struct zs_arena *arena, const char *path);

/* The zones of `zones` and `zones-dir`, into loader->config. */
void zs_zones_read(struct zs_loader *loader, const struct zs_yaml *root);
void zs_made_read(struct zs_loader *loader, enum zs_made_kind kind, const struct zs_yaml *list, struct zs_zone_config *zone);
/* A file or a list of them; "usage selector matching" or a list. The latter with the section's default where map has no `records`. */
void zs_files_read(struct zs_loader *loader, const struct zs_yaml *map, const char *key, const struct zs_config_path **out, size_t *count);
void zs_params_read(struct zs_loader *loader, enum zs_section section, const struct zs_yaml *map, const struct zs_tlsa_params **out, size_t *count);
/* map's value of key, or NULL with the error that the entry (what: "dane entry") has none. */
const struct zs_yaml *zs_entry_need(struct zs_loader *loader, const struct zs_yaml *map, const char *key, const char *what);
void zs_dane_read(struct zs_loader *loader, const struct zs_yaml *list, struct zs_zone_config *zone);
/* The product of the factors is added to *sum; an error at from if that is above ZS_MADE_MAX. */
bool zs_made_fits(struct zs_loader *loader, const struct zs_source *from, const char *section, const size_t *factors, size_t factor_count,
                  size_t *sum);

/* The word or the key of `publish` that names the server; its options are read by their own lines of the table. */
bool zs_publish_read(struct zs_loader *loader, const struct zs_yaml *node, struct zs_publish_options *out);
/* The rules between `publish` and the zone's other options; node: its value, or NULL. */
void zs_publish_check(struct zs_loader *loader, const struct zs_yaml *node, const struct zs_zone_config *zone);

/* Run as root: neither path nor its directory may be writable by anyone else, its commands run as root. */
bool zs_check_owner(struct zs_loader *loader, const char *path);

/* The rules between the options of one policy. */
void zs_policy_check(struct zs_loader *loader, const struct zs_policy *policy);

void zs_policies_read(struct zs_loader *loader, const struct zs_yaml *root);

#endif
