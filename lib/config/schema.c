/* schema.c - one line per option: name, kind, unit, default, range, where it goes. */
#include "config/schema.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
#define YEAR ((int64_t)366 * DAY)
#define TTL_MAX INT64_C(2147483647) /* RFC 2181 section 8 */

static const struct zs_option_word yes_no[] = {
	{ "no", 0 }, { "yes", 1 }, { "false", 0 }, { "true", 1 }, { "off", 0 }, { "on", 1 }, { NULL, 0 },
};
static const struct zs_option_word auto_off[] = { { "off", 0 }, { "auto", 1 }, { NULL, 0 } };
static const struct zs_option_word beneath_any[] = { { "beneath", 0 }, { "any", 1 }, { NULL, 0 } };
static const struct zs_option_word zonemd_words[] = { { "off", 0 }, { "sha384", 1 }, { "sha512", 2 }, { NULL, 0 } };
static const struct zs_option_word serial_words[] = {
	{ "unixtime", ZS_SERIAL_UNIXTIME }, { "increment", ZS_SERIAL_INCREMENT }, { "date", ZS_SERIAL_DATE },
	{ "keep", ZS_SERIAL_KEEP }, { NULL, 0 },
};

static const struct zs_option_word backend_words[] = {
	{ "gsqlite3", ZS_PDNS_GSQLITE3 }, { "gpgsql", ZS_PDNS_GPGSQL }, { "gmysql", ZS_PDNS_GMYSQL }, { "bind", ZS_PDNS_BIND }, { NULL, 0 },
};

static const struct zs_option_word signer_words[] = { { "zonesign", false }, { "powerdns", true }, { NULL, 0 } };

#define TOP(name, unit, fallback) { ZS_SECTION_TOP, name, ZS_OPTION_CUSTOM, unit, fallback, 0, 0, 0, 0, 0, NULL }
#define AT(member) offsetof(struct zs_policy, member)
#define POLICY(name, kind, unit, fallback, min, max, member) \
	{ ZS_SECTION_POLICY, name, ZS_OPTION_##kind, unit, fallback, min, max, AT(member), 0, 0, NULL }
#define POLICY_FROM(name, kind, unit, fallback, min, max, member) \
	{ ZS_SECTION_POLICY, name, ZS_OPTION_##kind, unit, fallback, min, max, AT(member), 0, AT(member##_from), NULL }
#define PROPAGATION(name, fallback, member, flag) \
	{ ZS_SECTION_POLICY, name, ZS_OPTION_PROPAGATION, "seconds", fallback, 0, 30 * DAY, AT(member), AT(flag), 0, NULL }
#define ADDRESSES(name, kind, fallback, member, count) \
	{ ZS_SECTION_POLICY, name, ZS_OPTION_##kind, "addresses", fallback, 1, 64, AT(member), AT(count), 0, NULL }
#define WORDS(name, kind, fallback, member, words) \
	{ ZS_SECTION_POLICY, name, ZS_OPTION_##kind, "a word", fallback, 0, 0, AT(member), 0, 0, words }
#define ZONE(name, kind, unit, fallback, member, words) \
	{ ZS_SECTION_ZONE, name, ZS_OPTION_##kind, unit, fallback, 0, 0, offsetof(struct zs_zone_draft, zone.member), \
	  0, 0, words }
#define PUBLISH(name, kind, unit, fallback, member, words) \
	{ ZS_SECTION_ZONE, name, ZS_OPTION_##kind, unit, fallback, 0, 0, offsetof(struct zs_zone_draft, publish.member), \
	  0, 0, words }
/* Where the server answers, and how long to wait for the new serial there. */
#define SERVER(name, seconds) \
	{ ZS_SECTION_ZONE, name ".server", ZS_OPTION_ADDRESSES, "an address", "127.0.0.1", 1, 1, \
	  offsetof(struct zs_zone_draft, publish.servers), offsetof(struct zs_zone_draft, publish.server_count), 0, NULL }, \
	{ ZS_SECTION_ZONE, name ".wait", ZS_OPTION_DURATION, "seconds", seconds, 0, 10 * MINUTE, \
	  offsetof(struct zs_zone_draft, publish.wait), 0, 0, NULL }
#define DANE(name, kind, unit, fallback, min, max, member) \
	{ ZS_SECTION_DANE, name, ZS_OPTION_##kind, unit, fallback, min, max, offsetof(struct zs_dane_entry, member), \
	  0, 0, NULL }

#define MADE(section, name, kind, unit, fallback, min, max, member) \
	{ ZS_SECTION_##section, name, ZS_OPTION_##kind, unit, fallback, min, max, offsetof(struct zs_made_entry, member), \
	  0, 0, NULL }

static const struct zs_option options[] = {
	TOP("state", "a directory", "state"),
	TOP("policies", "a map", NULL),
	TOP("zones", "a map", NULL),
	TOP("zones-dir", "a directory", NULL),

	POLICY("algorithm", ALGORITHM, "a name", "ecdsap256sha256", 0, 255, algorithm),
	POLICY("rsa-bits", NUMBER, "bits", "2048", 2048, 4096, rsa_bits),
	POLICY("ksk.lifetime", LIFETIME, "seconds", "unlimited", HOUR, 100 * YEAR, ksk_lifetime),
	POLICY("zsk.lifetime", LIFETIME, "seconds", "90d", HOUR, 100 * YEAR, zsk_lifetime),
	POLICY("csk.lifetime", LIFETIME, "seconds", "unlimited", HOUR, 100 * YEAR, csk_lifetime),
	/* 68 years is where RRSIG times wrap: RFC 4034 section 3.1.5 */
	POLICY_FROM("signatures.validity", DURATION, "seconds", "14d", HOUR, 10 * YEAR, validity),
	POLICY_FROM("signatures.refresh", DURATION, "seconds", "7d", HOUR, 10 * YEAR, refresh),
	POLICY("signatures.jitter", DURATION, "seconds", "3d", 0, YEAR, jitter),
	POLICY("signatures.inception-offset", DURATION, "seconds", "1h", 0, 7 * DAY, inception_offset),
	POLICY("denial", DENIAL, "a word or a map", "nsec", 0, 0, denial),
	WORDS("denial.nsec3.opt-out", FLAG, "no", nsec3.opt_out, yes_no),
	POLICY("denial.nsec3.iterations", ITERATIONS, "rounds", "0", 0, 50, nsec3.iterations),
	POLICY("denial.nsec3.salt", SALT, "hex", "", 0, 255, nsec3.salt),
	POLICY("dnskey-ttl", TTL, "seconds", "1h", 1, 30 * DAY, dnskey_ttl),
	POLICY_FROM("max-zone-ttl", TTL_OR_AUTO, "seconds", "auto", 1, TTL_MAX, max_zone_ttl),
	PROPAGATION("propagation.zone", "1h", propagation_zone, observe_zone),
	PROPAGATION("propagation.parent", "1h", propagation_parent, observe_parent_propagation),
	POLICY("parent-ds-ttl", DURATION, "seconds", "1d", 0, 30 * DAY, parent_ds_ttl),
	POLICY("safety", DURATION, "seconds", "1h", 0, 30 * DAY, safety),
	POLICY("observe", OBSERVE, "a word or a map", "parent", 0, 0, observe_parent),
	ADDRESSES("observe.servers", ADDRESSES, NULL, observe.servers, observe.server_count),
	ADDRESSES("observe.resolver", RESOLVER, "own", observe.resolvers, observe.resolver_count),
	POLICY("observe.trust-anchor", PATH, "a file", NULL, 0, 0, observe.trust_anchor),
	POLICY("observe.root-hints", PATH, "a file", NULL, 0, 0, observe.root_hints),
	WORDS("cds", FLAG, "auto", cds, auto_off),
	WORDS("zonemd", U8, "off", zonemd, zonemd_words),
	WORDS("serial", ENUM, "unixtime", serial, serial_words),

	ZONE("file", PATH, "a file", NULL, file, NULL),
	ZONE("output", PATH, "a file", NULL, output, NULL),
	ZONE("policy", CUSTOM, "a policy's name", "default", policy, NULL),
	ZONE("registrar", CUSTOM, "a name", NULL, registrar, NULL),
	ZONE("dane", CUSTOM, "a list", NULL, dane, NULL),
	ZONE("sshfp", CUSTOM, "a list", NULL, made[ZS_MADE_SSHFP], NULL),
	ZONE("smimea", CUSTOM, "a list", NULL, made[ZS_MADE_SMIMEA], NULL),
	ZONE("openpgpkey", CUSTOM, "a list", NULL, made[ZS_MADE_OPENPGPKEY], NULL),
	ZONE("reload", COMMAND, "a command", NULL, reload, NULL),
	PUBLISH("publish", PUBLISH, "a server", NULL, kind, NULL),
	PUBLISH("publish.nsd.config", PATH, "a file", NULL, config, NULL),
	PUBLISH("publish.nsd.pid-file", PATH, "a file", NULL, pid_file, NULL),
	SERVER("publish.nsd", "10s"),
	PUBLISH("publish.knot.config", PATH, "a file", NULL, config, NULL),
	PUBLISH("publish.knot.socket", PATH, "a socket", NULL, socket, NULL),
	SERVER("publish.knot", "10s"),
	PUBLISH("publish.bind.rndc", COMMAND, "a command", NULL, program, NULL),
	SERVER("publish.bind", "10s"),
	PUBLISH("publish.powerdns.backend", ENUM, "a word", "gsqlite3", backend, backend_words),
	PUBLISH("publish.powerdns.config-dir", PATH, "a directory", NULL, config_dir, NULL),
	PUBLISH("publish.powerdns.config-name", TEXT, "a name", NULL, config_name, NULL),
	PUBLISH("publish.powerdns.file", PATH, "a file", NULL, file, NULL),
	PUBLISH("publish.powerdns.signs", ENUM, "a word", "zonesign", server_signs, signer_words),
	SERVER("publish.powerdns", "10s"),
	PUBLISH("publish.update.key", PATH, "a file", NULL, key, NULL),
	SERVER("publish.update", "10s"),
	ZONE("second-opinion", COMMAND, "a command", NULL, second_opinion, NULL),
	ZONE("notify", COMMAND, "a command", NULL, notify, NULL),
	{ ZS_SECTION_ZONE, "servers", ZS_OPTION_ADDRESSES, "addresses", NULL, 1, 64, offsetof(struct zs_zone_config, servers),
	  offsetof(struct zs_zone_config, server_count), 0, NULL },
	ZONE("include", FLAG, "a word", "beneath", include_any, beneath_any),

	DANE("host", CUSTOM, "names", NULL, 0, 0, hosts),
	DANE("port", CUSTOM, "ports", NULL, 1, 65535, ports),
	DANE("certificate", CUSTOM, "files", NULL, 0, 0, certificates),
	DANE("records", CUSTOM, "usage selector matching", "3 1 1", 0, 0, records),
	DANE("next", PATH, "a file", NULL, 0, 0, next),
	DANE("ttl", TTL, "seconds", "1h", 1, 30 * DAY, ttl),

	MADE(SSHFP, "host", CUSTOM, "names", NULL, 0, 0, names),
	MADE(SSHFP, "keys", CUSTOM, "files", NULL, 0, 0, files),
	MADE(SSHFP, "ttl", TTL, "seconds", "1h", 1, 30 * DAY, ttl),

	MADE(SMIMEA, "address", CUSTOM, "addresses", NULL, 0, 0, names),
	MADE(SMIMEA, "certificate", CUSTOM, "files", NULL, 0, 0, files),
	MADE(SMIMEA, "records", CUSTOM, "usage selector matching", "3 0 0", 0, 0, records),
	MADE(SMIMEA, "ttl", TTL, "seconds", "1h", 1, 30 * DAY, ttl),

	MADE(OPENPGPKEY, "address", CUSTOM, "addresses", NULL, 0, 0, names),
	MADE(OPENPGPKEY, "key", CUSTOM, "files", NULL, 0, 0, files),
	MADE(OPENPGPKEY, "ttl", TTL, "seconds", "1h", 1, 30 * DAY, ttl),
};

const struct zs_option *zs_option_at(size_t index)
{
	return index < ZS_COUNT(options) ? &options[index] : NULL;
}

static const struct zs_option *find(enum zs_section section, const char *name)
{
	for (size_t i = 0; i < ZS_COUNT(options); i++)
		if (options[i].section == section && options[i].name[0] == name[0] && strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

const char *zs_option_default(enum zs_section section, const char *name)
{
	const struct zs_option *option = find(section, name);
	assert(option);
	return option->fallback;
}

/* The first part of an option's name below prefix ("signatures." or ""), or NULL if it is not below it. */
static const char *part_below(struct zs_loader *loader, const struct zs_option *option, const char *prefix)
{
	const size_t len = strlen(prefix);
	if (strncmp(option->name, prefix, len) != 0)
		return NULL;
	const char *part = option->name + len;
	return zs_arena_text(loader->arena, part, strcspn(part, "."));
}

static bool is_group(enum zs_section section, const char *name)
{
	const size_t len = strlen(name);
	for (size_t i = 0; i < ZS_COUNT(options); i++)
		if (options[i].section == section && strncmp(options[i].name, name, len) == 0 && options[i].name[len] == '.')
			return true;
	return false;
}

static const char *const section_text[] = {
	[ZS_SECTION_TOP] = "the file", [ZS_SECTION_POLICY] = "a policy", [ZS_SECTION_ZONE] = "a zone",
	[ZS_SECTION_DANE] = "a dane entry", [ZS_SECTION_SSHFP] = "an sshfp entry", [ZS_SECTION_SMIMEA] = "an smimea entry",
	[ZS_SECTION_OPENPGPKEY] = "an openpgpkey entry",
};

/* Where an option or a group of options has that name, though not here: "'denial.nsec3' of a policy". NULL: nowhere. */
static const char *find_elsewhere(struct zs_loader *loader, const char *key)
{
	const size_t len = strlen(key);
	for (size_t i = 0; i < ZS_COUNT(options); i++)
		for (const char *part = options[i].name; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL)
			if (strcspn(part, ".") == len && strncmp(part, key, len) == 0)
				return zs_arena_printf(loader->run->arena, "'%.*s' of %s", (int)(part + len - options[i].name), options[i].name,
				                       section_text[options[i].section]);
	return NULL;
}

/* The names of the options, and groups of them, below prefix. */
static size_t words_below(struct zs_loader *loader, enum zs_section section, const char *prefix, const char *words[])
{
	size_t count = 0;
	for (size_t i = 0; i < ZS_COUNT(options); i++) {
		const char *part = options[i].section == section ? part_below(loader, &options[i], prefix) : NULL;
		if (part && (!count || strcmp(words[count - 1], part) != 0))
			words[count++] = part;
	}
	return count;
}

static void unknown_key(struct zs_loader *loader, enum zs_section section, const char *prefix,
                        const struct zs_yaml_entry *entry)
{
	const char *words[ZS_COUNT(options)];
	const size_t count = words_below(loader, section, prefix, words);
	const char *elsewhere = zs_text_nearest(entry->key, words, count) ? NULL : find_elsewhere(loader, entry->key);
	if (*prefix)
		zs_error(loader->run, &entry->key_where, "unknown option '%s' in '%.*s'", zs_shown(loader, entry->key),
		         (int)strlen(prefix) - 1, prefix);
	else
		zs_error(loader->run, &entry->key_where, "unknown option '%s' of %s", zs_shown(loader, entry->key),
		         section_text[section]);
	if (elsewhere)
		zs_hint(loader->run, "did you mean %s?", elsewhere);
	else if (find(section, entry->key)) /* "signatures.validity: 30d" */
		zs_hint(loader->run, "'%s' stands below '%.*s', indented", strrchr(entry->key, '.') + 1,
		        (int)(strrchr(entry->key, '.') - entry->key), entry->key);
	else
		zs_hint_words(loader, entry->key, words, count);
}

bool zs_option_exists(enum zs_section section, const char *name)
{
	return find(section, name) || is_group(section, name);
}

/* "zsk: 90d" */
static void hint_group(struct zs_loader *loader, enum zs_section section, const char *name)
{
	const char *words[ZS_COUNT(options)];
	const size_t count = words_below(loader, section, zs_arena_printf(loader->arena, "%s.", name), words);
	zs_hint_words(loader, "", words, count);
}

/* Recursion ends with the deepest name of the table. */
static void read_map(struct zs_loader *loader, enum zs_section section, const char *prefix, const struct zs_yaml *map,
                     void *target)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct zs_yaml_entry *entry = &map->entries[i];
		const char *name = *prefix ? zs_arena_printf(loader->arena, "%s%s", prefix, entry->key) : entry->key;
		/* the key is the file's: a dot in it must not reach into another group */
		const bool plain = !strchr(entry->key, '.');
		const struct zs_option *option = plain ? find(section, name) : NULL;
		if (plain && (!option || entry->value->kind == ZS_YAML_MAP) && is_group(section, name)) {
			if (option)
				zs_option_read(loader, option, entry->value, target);
			if (zs_want_map(loader, entry->value, name))
				read_map(loader, section, zs_arena_printf(loader->arena, "%s.", name), entry->value, target);
			else if (!zs_yaml_is_null(entry->value))
				hint_group(loader, section, name);
		} else if (!option) {
			unknown_key(loader, section, prefix, entry);
		} else if (option->kind != ZS_OPTION_CUSTOM) {
			zs_option_read(loader, option, entry->value, target);
		}
	}
}

void zs_schema_read(struct zs_loader *loader, enum zs_section section, const struct zs_yaml *map, void *target)
{
	read_map(loader, section, "", map, target);
}

void zs_schema_defaults(struct zs_loader *loader, enum zs_section section, void *target)
{
	for (size_t i = 0; i < ZS_COUNT(options); i++) {
		const struct zs_option *option = &options[i];
		if (option->section != section || !option->fallback || option->kind == ZS_OPTION_CUSTOM)
			continue;
		const struct zs_yaml node = {
			.kind = ZS_YAML_SCALAR, .quoted = true, .text = option->fallback,
			.len = (uint32_t)strlen(option->fallback), .size = 1,
			.where = { .input = loader->main },
		};
		zs_option_read(loader, option, &node, target);
	}
}
