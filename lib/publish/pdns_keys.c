/* pdns_keys.c - the keys of a zone that PowerDNS signs: those that the signed output shows, published and signing as they are there. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "dns/algorithm.h"
#include "keys/keys.h"
#include "publish/publish_private.h"
#include "zone/zone.h"

enum { KEYS_MAX = 64, LIST_MAX = 1 << 20 };

/* One key, wanted or there. Tag and algorithm are no identity: PowerDNS may have another key with both. */
struct pdns_key {
	uint16_t tag, flags;
	uint8_t algorithm;
	struct zs_bytes rdata; /* of its DNSKEY; empty: it signs in the output, is not shown there, and its file was not read yet */
	bool published, active;
	const char *path; /* wanted: the private half */
	uint64_t id;      /* there: PowerDNS's number */
};

struct pdns_keys {
	struct pdns_key keys[KEYS_MAX];
	size_t count;
};

static bool is_like(const struct pdns_key *key, uint16_t tag, uint8_t algorithm)
{
	return key->tag == tag && key->algorithm == algorithm;
}

static struct pdns_key *find(struct pdns_keys *list, struct zs_bytes rdata)
{
	for (size_t i = 0; i < list->count; i++)
		if (rdata.len && zs_bytes_equal(list->keys[i].rdata, rdata))
			return &list->keys[i];
	return NULL;
}

static struct pdns_key *add(struct pdns_keys *list, uint16_t tag, uint8_t algorithm)
{
	if (list->count == KEYS_MAX)
		return NULL;
	list->keys[list->count] = (struct pdns_key){ .tag = tag, .algorithm = algorithm };
	return &list->keys[list->count++];
}

/* A signature: all that could have made it are active. One that is not shown is known by its tag only. */
static void note_signer(struct pdns_keys *list, uint16_t tag, uint8_t algorithm)
{
	bool any = false;
	for (size_t i = 0; i < list->count; i++)
		if (is_like(&list->keys[i], tag, algorithm))
			any = list->keys[i].active = true;
	struct pdns_key *key = any ? NULL : add(list, tag, algorithm);
	if (key)
		key->active = true;
}

/* What the output shows: its DNSKEYs, and who signed at the apex, published or not. */
static void read_output(const struct zs_zone *zone, struct pdns_keys *out)
{
	const struct zs_owner *apex = &zone->owners[zs_zone_find(zone, zone->apex, NULL)];
	const struct zs_rrset *shown = zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY);
	out->count = 0;
	for (uint32_t r = 0; shown && r < shown->count; r++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, shown, r);
		struct pdns_key *key = add(out, zs_key_tag(rdata.data, rdata.len), rdata.data[3]);
		if (!key)
			return;
		key->rdata = rdata;
		key->published = true;
		key->flags = zs_get_u16(rdata.data);
	}
	for (uint32_t i = apex->first; i < apex->first + apex->rrset_count; i++) {
		const struct zs_rrset *set = &zone->rrsets[i];
		for (uint32_t r = 0; set->type == ZS_TYPE_RRSIG && r < set->count; r++) {
			const struct zs_bytes rdata = zs_rrset_rdata(zone, set, r);
			note_signer(out, zs_get_u16(rdata.data + 16), rdata.data[2]);
		}
	}
}

/* The wanted key that a key file is of. */
static struct pdns_key *key_of(struct pdns_keys *wanted, const struct zs_key *file)
{
	struct pdns_key *key = find(wanted, file->rdata);
	for (size_t i = 0; i < wanted->count && !key; i++)
		if (!wanted->keys[i].rdata.len && is_like(&wanted->keys[i], file->tag, file->algorithm))
			key = &wanted->keys[i];
	return key;
}

/* The private halves, from the zone's key files; and the flags of keys that sign without being shown. */
static bool find_files(struct zs_run *run, const struct zs_zone_config *config, struct pdns_keys *wanted)
{
	const char *folder = zs_arena_printf(run->arena, "%s/keys", config->state_dir);
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		const size_t len = strlen(entry->d_name);
		struct zs_input input;
		struct zs_key file;
		if (len < 4 || strcmp(entry->d_name + len - 4, ".key") != 0)
			continue;
		const char *path = zs_arena_printf(run->arena, "%s/%s", folder, entry->d_name);
		if (!zs_file_read(run, run->arena, NULL, path, 1 << 16, &input, NULL) || !zs_key_read_public(run, run->arena, &input, config->name, &file)) {
			closedir(dir);
			return false;
		}
		struct pdns_key *key = key_of(wanted, &file);
		if (key) {
			key->rdata = file.rdata;
			key->flags = file.flags;
			key->path = zs_arena_printf(run->arena, "%.*s.private", (int)strlen(path) - 4, path);
		}
	}
	if (dir)
		closedir(dir);
	for (size_t i = 0; i < wanted->count; i++)
		if (!wanted->keys[i].path)
			return zs_fail(run, "there is no file of key %u, algorithm %u, in '%s'", wanted->keys[i].tag, wanted->keys[i].algorithm, folder);
	return true;
}

static struct zs_argv tool(struct zs_run *run, const struct zs_zone_config *config, const char *verb)
{
	struct zs_argv argv = zs_pdns_tool(run, run->arena, config->publish, "pdnsutil");
	zs_argv_add(run->arena, &argv, verb);
	zs_argv_add(run->arena, &argv, zs_pdns_zone(run->arena, config));
	return argv;
}

/* "ZONE CSK Act Pub 256 ECDSAP256SHA256 1 cryptokeys 34606": the last five are always there. */
static void read_line(char *line, const char *zone, struct pdns_keys *out)
{
	char *words[16] = { NULL };
	size_t count = 0;
	uint64_t tag = 0, id = 0;
	uint8_t algorithm;
	for (char *save = NULL, *word = strtok_r(line, " ", &save); word && count < ZS_COUNT(words); word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (count < 7 || strcmp(words[0], zone) != 0 || !zs_text_number(words[count - 1], strlen(words[count - 1]), UINT16_MAX, &tag)
	    || !zs_text_number(words[count - 3], strlen(words[count - 3]), UINT32_MAX, &id)
	    || !zs_algorithm_parse(words[count - 4], strlen(words[count - 4]), &algorithm))
		return;
	struct pdns_key *key = add(out, (uint16_t)tag, algorithm);
	if (!key)
		return;
	key->id = id;
	for (size_t i = 2; i + 5 < count; i++) {
		key->active = key->active || strcmp(words[i], "Act") == 0;
		key->published = key->published || strcmp(words[i], "Pub") == 0;
	}
}

/* Its DNSKEY, "ZONE IN DNSKEY 257 3 13 ...", among what else pdnsutil may say. */
static bool read_public(struct zs_run *run, const struct zs_zone_config *config, struct pdns_key *key)
{
	struct zs_argv argv = tool(run, config, "export-zone-dnskey");
	struct zs_buf text = { .arena = run->arena, .max = LIST_MAX };
	struct zs_key read;
	zs_argv_add(run->arena, &argv, zs_arena_printf(run->arena, "%llu", (unsigned long long)key->id));
	if (!zs_pdns_run(run, config, &argv, "pdnsutil", ZS_RELOAD_LIMIT, &text))
		return false;
	char *lines = zs_arena_text(run->arena, (const char *)text.data, text.len), *found = NULL;
	for (char *save = NULL, *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		found = strstr(line, " IN DNSKEY ") ? strstr(line, " IN DNSKEY ") : found;
	if (!found)
		return zs_fail(run, "pdnsutil export-zone-dnskey shows no DNSKEY of key %llu", (unsigned long long)key->id);
	const char *record = zs_arena_printf(run->arena, "@%s\n", found); /* the owner lacks its final dot */
	const struct zs_input input = { .path = "pdnsutil", .text = record, .len = strlen(record) };
	if (!zs_key_read_public(run, run->arena, &input, config->name, &read)) /* and no key is taken for one that is not ours */
		return false;
	key->rdata = read.rdata;
	return true;
}

/* What PowerDNS has. */
static bool list(struct zs_run *run, const struct zs_zone_config *config, struct pdns_keys *out)
{
	struct zs_argv argv = tool(run, config, "list-keys");
	struct zs_buf text = { .arena = run->arena, .max = LIST_MAX };
	out->count = 0;
	if (!zs_pdns_run(run, config, &argv, "pdnsutil", ZS_RELOAD_LIMIT, &text))
		return false;
	if (text.full)
		return zs_fail(run, "pdnsutil list-keys prints more than %d octets", LIST_MAX);
	char *lines = zs_arena_text(run->arena, (const char *)text.data, text.len);
	for (char *save = NULL, *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_line(line, zs_pdns_zone(run->arena, config), out);
	for (size_t i = 0; i < out->count; i++)
		if (!read_public(run, config, &out->keys[i]))
			return false;
	return true;
}

static bool change(struct zs_run *run, const struct zs_zone_config *config, const char *verb, const struct pdns_key *key)
{
	struct zs_argv argv = tool(run, config, verb);
	zs_argv_add(run->arena, &argv, zs_arena_printf(run->arena, "%llu", (unsigned long long)key->id));
	return zs_pdns_run(run, config, &argv, "pdnsutil", ZS_RELOAD_LIMIT, NULL);
}

static bool import(struct zs_run *run, const struct zs_zone_config *config, const struct pdns_key *key)
{
	struct zs_argv argv = tool(run, config, "import-zone-key");
	zs_argv_add(run->arena, &argv, key->path);
	zs_argv_add(run->arena, &argv, key->active ? "active" : "inactive");
	zs_argv_add(run->arena, &argv, key->published ? "published" : "unpublished");
	zs_argv_add(run->arena, &argv, key->flags & ZS_DNSKEY_SEP ? "ksk" : "zsk");
	return zs_pdns_run(run, config, &argv, "pdnsutil", ZS_RELOAD_LIMIT, NULL);
}

bool zs_pdns_keys_add(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *output)
{
	struct pdns_keys wanted, there;
	read_output(output, &wanted);
	if (!find_files(run, config, &wanted) || !list(run, config, &there))
		return false;
	for (size_t i = 0; i < wanted.count; i++) {
		const struct pdns_key *want = &wanted.keys[i], *has = find(&there, want->rdata);
		const bool ok = !has ? import(run, config, want)
		                     : (!want->published || has->published || change(run, config, "publish-zone-key", has))
		                           && (!want->active || has->active || change(run, config, "activate-zone-key", has));
		if (!ok)
			return false;
	}
	return true;
}

bool zs_pdns_keys_drop(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *output)
{
	struct pdns_keys wanted, there;
	read_output(output, &wanted);
	if (!find_files(run, config, &wanted) || !list(run, config, &there))
		return false;
	for (size_t i = 0; i < there.count; i++) {
		const struct pdns_key *has = &there.keys[i], *want = find(&wanted, has->rdata);
		const bool ok = !want ? change(run, config, "remove-zone-key", has)
		                      : (want->active || !has->active || change(run, config, "deactivate-zone-key", has))
		                            && (want->published || !has->published || change(run, config, "unpublish-zone-key", has));
		if (!ok)
			return false;
	}
	return true;
}
