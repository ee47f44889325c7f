/* load.c - the config file as a whole: reading it, its policies, and finding a zone in it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "config/schema.h"

enum { DAY = 86400 };

/* A resigning run may be missed, and someone must have the time to act: two days. */
enum { MARGIN = 2 * DAY };

bool zs_host_read(struct zs_loader *loader, const char *text, const struct zs_source *where, const char *what,
                  uint8_t out[ZS_NAME_MAX])
{
	struct zs_name_error error;
	const size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 126) {
			zs_error(loader->run, where, "the name of %s '%s' is not in its ASCII form", what, zs_shown(loader, text));
			zs_hint(loader->run, "write an international name as xn--...; `idn2 NAME` converts it");
			return false;
		}
	if (len == 1 && text[0] == '@')
		return zs_error(loader->run, where, "'@' is no name here; the root is '.'");
	uint8_t name[ZS_NAME_MAX];
	const size_t name_len = zs_name_parse(text, len, NULL, name, &error);
	if (!name_len)
		return zs_error(loader->run, where, "'%s' is no name of a %s: %s", zs_shown(loader, text), what, error.message);
	for (size_t i = 0; i < len; i++)
		if (text[i] == ' ' || text[i] == '\t')
			return zs_error(loader->run, where, "the name of %s '%s' has a blank in it", what, zs_shown(loader, text));
	zs_name_lower(name, name_len, out);
	return true;
}

const char *zs_path_clean(struct zs_arena *arena, const char *path)
{
	const bool absolute = path[0] == '/';
	char *out = zs_arena_alloc(arena, strlen(path) + 2);
	size_t used = 0, fixed = 0; /* fixed: the octets that ".." cannot take back */
	if (absolute)
		out[used++] = '/';
	fixed = used;
	for (const char *p = path; *p;) {
		const size_t len = strcspn(p, "/");
		const bool up = len == 2 && p[0] == '.' && p[1] == '.';
		if (up && used > fixed) {
			while (used > fixed && out[used - 1] != '/')
				used--;
			if (used > fixed)
				used--;
		} else if (len && !(len == 1 && p[0] == '.') && !(up && absolute)) {
			if (used && out[used - 1] != '/')
				out[used++] = '/';
			memcpy(out + used, p, len);
			used += len;
			if (up)
				fixed = used;
		}
		p += len;
		p += *p == '/';
	}
	if (!used)
		out[used++] = '.';
	out[used] = 0;
	return out;
}

struct zs_config_hash {
	bool known;
	uint8_t sha256[32];
};

size_t zs_config_add_file(struct zs_loader *loader, const struct zs_input *input, const struct zs_file_id *id)
{
	struct zs_config_file file = { .path = input->path, .input = input, .id = *id };
	file.hash = zs_arena_alloc(loader->arena, sizeof *file.hash);
	ZS_PUSH(loader->arena, loader->files, loader->file_count, loader->file_room) = file;
	loader->config->files = loader->files;
	loader->config->file_count = loader->file_count;
	return loader->file_count - 1;
}

bool zs_config_file_hash(struct zs_run *run, const struct zs_config_file *file, uint8_t out[32])
{
	uint8_t digest[ZS_HASH_MAX];
	if (!file->hash->known) {
		if (!zs_hash(run, ZS_SHA256, (struct zs_bytes){ (const uint8_t *)file->input->text, file->input->len }, digest))
			return false;
		memcpy(file->hash->sha256, digest, sizeof file->hash->sha256);
		file->hash->known = true;
	}
	memcpy(out, file->hash->sha256, sizeof file->hash->sha256);
	return true;
}

/* ---- who may change it ---- */

static bool check_one_owner(struct zs_loader *loader, const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return true; /* opening it will say so */
	const bool group = (info.st_mode & S_IWGRP) && info.st_gid != 0;
	if (info.st_uid == 0 && !group && !(info.st_mode & S_IWOTH))
		return true;
	zs_error(loader->run, NULL, "'%s' can be written by others (mode %04o, owner %lu, group %lu)",
	         zs_shown(loader, path), (unsigned)info.st_mode & 07777, (unsigned long)info.st_uid,
	         (unsigned long)info.st_gid);
	zs_hint(loader->run, "its commands would be run as root: give it to root and take write access from the others, or "
	        "run zonesign as its owner");
	return false;
}

/* Once for all the files of a directory. */
static bool check_dir_owner(struct zs_loader *loader, const char *dir)
{
	if (loader->owned_dir && strcmp(loader->owned_dir, dir) == 0)
		return true;
	if (!check_one_owner(loader, dir))
		return false;
	loader->owned_dir = dir;
	return true;
}

bool zs_check_owner(struct zs_loader *loader, const char *path)
{
	struct stat link;
	if (geteuid() != 0)
		return true;
	if (!check_one_owner(loader, path) || !check_dir_owner(loader, zs_file_dir(loader->arena, path)))
		return false;
	if (lstat(path, &link) != 0 || !S_ISLNK(link.st_mode))
		return true;
	/* where the link leads to, others could replace what it names */
	char *real = realpath(path, NULL);
	const bool ok = !real || check_one_owner(loader, zs_file_dir(loader->arena, real));
	free(real);
	return ok;
}

/* ---- policies ---- */

static zs_seconds whole_days(zs_seconds duration)
{
	return (duration + DAY - 1) / DAY * DAY;
}

bool zs_policy_check_ttl(struct zs_run *run, const struct zs_policy *policy, uint32_t max_ttl, const char *owner_text,
                         const char *type_text)
{
	char have[ZS_DURATION_TEXT], ttl[ZS_DURATION_TEXT], zone[ZS_DURATION_TEXT], sum[ZS_DURATION_TEXT],
	     would[ZS_DURATION_TEXT], validity[ZS_DURATION_TEXT], smaller[ZS_DURATION_TEXT];
	const zs_seconds wanted = (zs_seconds)max_ttl + policy->propagation_zone + MARGIN;
	if (policy->refresh >= wanted)
		return true;
	zs_error(run, &policy->refresh_from,
	         "signature refresh %s is too short for '%s' %s with TTL %s: %s = TTL + propagation.zone %s + 2d is needed",
	         zs_duration_text(policy->refresh, have), owner_text, type_text, zs_duration_text(max_ttl, ttl),
	         zs_duration_text(wanted, sum), zs_duration_text(policy->propagation_zone, zone));
	const zs_seconds refresh = whole_days(wanted);
	const zs_seconds longer = refresh + policy->jitter + 4 * DAY;
	const zs_seconds most = policy->refresh - policy->propagation_zone - MARGIN;
	zs_duration_text(refresh, would);
	zs_duration_text(policy->validity > refresh + policy->jitter ? policy->validity : longer, validity);
	if (most > 0)
		zs_hint(run, "refresh: %s with validity: %s would do, or a TTL of at most %s; a cache could hold a signature "
		        "that has expired", would, validity, zs_duration_text(most, smaller));
	else
		zs_hint(run, "refresh: %s with validity: %s would do; a cache could hold a signature that has expired", would,
		        validity);
	return false;
}

void zs_policy_check(struct zs_loader *loader, const struct zs_policy *policy)
{
	char validity[ZS_DURATION_TEXT], refresh[ZS_DURATION_TEXT], jitter[ZS_DURATION_TEXT], sum[ZS_DURATION_TEXT];
	zs_duration_text(policy->refresh, refresh);
	if (policy->validity <= policy->refresh + policy->jitter) {
		zs_duration_text(policy->validity, validity);
		zs_duration_text(policy->jitter, jitter);
		if (policy->validity <= policy->refresh)
			zs_error(loader->run, &policy->validity_from, "signature validity %s is not longer than refresh %s",
			         validity, refresh);
		else
			zs_error(loader->run, &policy->validity_from,
			         "signature validity %s is not longer than refresh %s + jitter %s", validity, refresh, jitter);
		zs_hint(loader->run, "signatures would be due as soon as they are made; more than %s is needed, 14d with "
		        "refresh 7d and jitter 3d is the default (RFC 6781 section 4.4.2)",
		        zs_duration_text(policy->refresh + policy->jitter, sum));
	}
	const zs_seconds least = policy->propagation_zone + MARGIN;
	if (policy->refresh < least) {
		char zone[ZS_DURATION_TEXT];
		zs_error(loader->run, &policy->refresh_from, "signature refresh %s is shorter than propagation.zone %s + 2d",
		         refresh, zs_duration_text(policy->propagation_zone, zone));
		zs_hint(loader->run, "refresh: %s is the least, and the largest TTL of the zone comes on top",
		        zs_duration_text(least, sum));
		return; /* the next is about the same */
	}
	zs_policy_check_ttl(loader->run, policy, policy->dnskey_ttl, policy->name, "dnskey-ttl");
}

/* The options from, or what stands for them where the file has none. */
static void set_sources(struct zs_policy *policy, const struct zs_source *where)
{
	policy->from = policy->validity_from = policy->refresh_from = policy->max_zone_ttl_from = *where;
}

static void read_policy(struct zs_loader *loader, const struct zs_yaml_entry *entry, struct zs_policy *policy)
{
	const unsigned errors = loader->run->error_count;
	policy->name = entry->key;
	zs_schema_defaults(loader, ZS_SECTION_POLICY, policy);
	set_sources(policy, &entry->key_where);
	if (zs_yaml_is_null(entry->value))
		return; /* nothing in it: the defaults */
	if (!zs_want_map(loader, entry->value, entry->key)) {
		if (zs_option_exists(ZS_SECTION_POLICY, entry->key))
			zs_hint(loader->run, "a policy has a name, and its options below that: policies: {default: {%s: ...}}", entry->key);
		return;
	}
	zs_schema_read(loader, ZS_SECTION_POLICY, entry->value, policy);
	policy->csk = zs_yaml_get(entry->value, "csk") != NULL;
	for (uint32_t i = 0; policy->csk && i < entry->value->count; i++) {
		const struct zs_yaml_entry *option = &entry->value->entries[i];
		if (strcmp(option->key, "ksk") == 0 || strcmp(option->key, "zsk") == 0) {
			zs_error(loader->run, &option->key_where, "'%s' and 'csk' in one policy", option->key);
			zs_hint(loader->run, "a csk is one key for both roles; it stands in place of ksk and zsk");
		}
	}
	if (zs_run_ok_since(loader->run, errors))
		zs_policy_check(loader, policy);
}

/* Those of the file, and the built-in "default" where the file has none of that name. */
void zs_policies_read(struct zs_loader *loader, const struct zs_yaml *root)
{
	const struct zs_yaml *map = zs_yaml_get(root, "policies");
	const char *standard = zs_option_default(ZS_SECTION_ZONE, "policy");
	if (map && !zs_want_map(loader, map, "policies"))
		map = NULL;
	const uint32_t count = map ? map->count : 0;
	struct zs_policy *policies = zs_arena_array(loader->arena, (size_t)count + 1, sizeof *policies);
	for (uint32_t i = 0; i < count; i++)
		read_policy(loader, &map->entries[i], &policies[i]);
	loader->config->policies = policies;
	loader->config->policy_count = count;
	if (zs_yaml_get(map, standard))
		return;
	const struct zs_source file = { .input = loader->main };
	zs_schema_defaults(loader, ZS_SECTION_POLICY, &policies[count]);
	policies[count].name = standard;
	set_sources(&policies[count], &file);
	loader->config->policy_count++;
}

/* ---- the whole ---- */

static void read_state_dir(struct zs_loader *loader, const struct zs_yaml *root)
{
	const struct zs_yaml *node = zs_yaml_get(root, "state");
	const char *text = zs_option_default(ZS_SECTION_TOP, "state");
	struct zs_config_path dir;
	loader->config->state_dir = zs_file_beside(loader->arena, loader->main->path, text);
	if (node && zs_path_read(loader, node, "state", &dir))
		loader->config->state_dir = dir.path;
}

bool zs_config_load(struct zs_run *run, const char *path, const struct zs_config **out)
{
	struct zs_config *config = zs_arena_alloc(run->arena, sizeof *config);
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	struct zs_loader loader = { .run = run, .arena = run->arena, .main = input, .config = config };
	const unsigned errors = run->error_count;
	const struct zs_yaml *root = NULL;
	struct zs_file_id id;
	if (!zs_check_owner(&loader, path) || !zs_file_read(run, run->arena, NULL, path, ZS_YAML_MAX, input, &id)
	    || !zs_yaml_parse(run, run->arena, input, &root))
		return false;
	if (root->kind != ZS_YAML_MAP)
		return zs_error(run, &root->where, "a config is a map of options, not %s", zs_yaml_kind_text(root));
	config->input = input;
	zs_config_add_file(&loader, input, &id);
	zs_schema_read(&loader, ZS_SECTION_TOP, root, config);
	read_state_dir(&loader, root);
	zs_policies_read(&loader, root);
	zs_zones_read(&loader, root);
	if (!zs_run_ok_since(run, errors)) {
		for (size_t i = 0; i < config->bad_count; i++)
			zs_run_report(run, config->bad[i].diags);
		return false;
	}
	*out = config;
	return true;
}

static void unknown_zone(struct zs_run *run, const struct zs_config *config, const char *text, const char *name_text)
{
	const char **names = zs_arena_array(run->arena, config->zone_count + 1, sizeof(char *));
	for (size_t i = 0; i < config->zone_count; i++)
		names[i] = config->zones[i].name_text;
	zs_usage(run, "zone '%s' is not in '%s'", zs_text_safe(run->arena, text, strlen(text), 255), config->input->path);
	const char *nearest = zs_text_nearest(name_text, names, config->zone_count);
	if (nearest)
		zs_hint(run, "did you mean '%.*s'?", (int)(strlen(nearest) - (nearest[1] ? 1 : 0)), nearest);
	else if (access(text, F_OK) == 0)
		zs_hint(run, "that is a file, and the name of a zone is wanted; --help of the command tells how it takes a file");
	else if (config->zone_count == 1)
		zs_hint(run, "its zone is '%.*s'", (int)(strlen(names[0]) - (names[0][1] ? 1 : 0)), names[0]);
}

bool zs_config_report_bad(struct zs_run *run, const struct zs_config *config, const uint8_t *name)
{
	bool found = false;
	for (size_t i = 0; i < config->bad_count; i++) /* two files may define one zone: both are bad */
		if (config->bad[i].name_text && zs_name_equal(config->bad[i].name, name)) {
			zs_run_report(run, config->bad[i].diags);
			found = true;
		}
	return found;
}

const struct zs_zone_config *zs_config_find(const struct zs_config *config, const uint8_t *name)
{
	size_t low = 0, high = config->zone_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = zs_name_compare(name, config->zones[middle].name);
		if (!order)
			return &config->zones[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct zs_zone_config *zs_config_zone(struct zs_run *run, const struct zs_config *config, const char *text)
{
	uint8_t name[ZS_NAME_MAX];
	char name_text[ZS_NAME_TEXT];
	struct zs_name_error error;
	if (!zs_name_parse(text, strlen(text), NULL, name, &error)) {
		zs_usage(run, "'%s' is no name of a zone: %s", zs_text_safe(run->arena, text, strlen(text), 255),
		         error.message);
		return NULL;
	}
	const struct zs_zone_config *zone = zs_config_find(config, name);
	if (!zone && !zs_config_report_bad(run, config, name))
		unknown_zone(run, config, text, zs_name_text(name, name_text));
	return zone;
}
