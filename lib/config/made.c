/* made.c - `sshfp:`, `smimea:` and `openpgpkey:` of a zone: records computed from files, for hosts and mail addresses. */
#include <string.h>

#include "config/schema.h"

static const struct {
	const char *section, *what, *names, *files;
	enum zs_section schema;
} kinds[] = {
	[ZS_MADE_SSHFP] = { "sshfp", "sshfp entry", "host", "keys", ZS_SECTION_SSHFP },
	[ZS_MADE_SMIMEA] = { "smimea", "smimea entry", "address", "certificate", ZS_SECTION_SMIMEA },
	[ZS_MADE_OPENPGPKEY] = { "openpgpkey", "openpgpkey entry", "address", "key", ZS_SECTION_OPENPGPKEY },
};

const char *zs_made_section_name(enum zs_made_kind kind)
{
	return kinds[kind].section;
}

/* What stands before the @, as it is hashed: without the quotes around it and the backslashes within (RFC 7929 section 3, RFC 8162 section 3). */
static bool read_local(struct zs_loader *loader, const struct zs_yaml *node, const char *at, struct zs_made_name *out)
{
	const bool quoted = node->text[0] == '"';
	const char *p = node->text + quoted, *end = at - quoted;
	char *plain = zs_arena_alloc(loader->arena, (size_t)(at - node->text) + 1);
	bool ok = p < end && (!quoted || *end == '"');
	out->local = plain;
	for (; ok && p < end; p++) {
		if (quoted && *p == '\\')
			ok = ++p < end;
		else if (*p == '"' || (!quoted && strchr(" \t()<>[]:;,\\@", *p)))
			ok = false;
		plain[out->local_len++] = *p;
	}
	if (ok)
		return true;
	zs_error(loader->run, &node->where, "the part before the @ of '%s' wants quotes around it, or has one too many", zs_shown(loader, node->text));
	zs_hint(loader->run, "in YAML: '\"john smith\"@example.com'; the quotes and what backslashes quote are hashed as the address means them (RFC 7929)");
	return false;
}

/* "Hugh@example.com": the case of the local part stays, RFC 7929 and RFC 8162 fold none. */
static bool read_name(struct zs_loader *loader, enum zs_made_kind kind, const struct zs_yaml *node, const struct zs_zone_config *zone,
                      struct zs_made_name *out)
{
	const char *at = strrchr(node->text, '@'), *host = node->text;
	out->text = node->text;
	out->from = node->where;
	if (kind != ZS_MADE_SSHFP) {
		if (!at || at == node->text || !at[1]) {
			zs_error(loader->run, &node->where, "'%s' is no mail address", zs_shown(loader, node->text));
			zs_hint(loader->run, "hugh@example.com: the part before the @ is taken as it is written, capital letters too");
			return false;
		}
		if (!read_local(loader, node, at, out))
			return false;
		host = at + 1;
	}
	if (!zs_host_read(loader, host, &node->where, kinds[kind].names, out->name))
		return false;
	if (zs_name_within(out->name, zone->name))
		return true;
	zs_error(loader->run, &node->where, "%s is outside zone %s", zs_shown(loader, node->text), zone->name_text);
	zs_hint(loader->run, "names are absolute here; its records belong into the zone that holds it");
	return false;
}

static void read_names(struct zs_loader *loader, enum zs_made_kind kind, const struct zs_yaml *map, const struct zs_zone_config *zone,
                       struct zs_made_entry *out)
{
	size_t count = 0;
	const struct zs_yaml *node = zs_entry_need(loader, map, kinds[kind].names, kinds[kind].what);
	const struct zs_yaml *const *nodes = node ? zs_scalars(loader, node, kinds[kind].names, &count) : NULL;
	if (!nodes)
		return;
	struct zs_made_name *names = zs_arena_array(loader->arena, count, sizeof *names);
	for (size_t i = 0; i < count; i++)
		if (read_name(loader, kind, nodes[i], zone, &names[out->name_count]))
			out->name_count++;
	out->names = names;
}

static void read_entry(struct zs_loader *loader, enum zs_made_kind kind, const struct zs_yaml *map, const struct zs_zone_config *zone,
                       struct zs_made_entry *out)
{
	out->from = map->where;
	zs_schema_defaults(loader, kinds[kind].schema, out);
	zs_schema_read(loader, kinds[kind].schema, map, out);
	read_names(loader, kind, map, zone, out);
	if (zs_entry_need(loader, map, kinds[kind].files, kinds[kind].what))
		zs_files_read(loader, map, kinds[kind].files, &out->files, &out->file_count);
	if (kind == ZS_MADE_SMIMEA)
		zs_params_read(loader, kinds[kind].schema, map, &out->records, &out->record_count);
}

void zs_made_read(struct zs_loader *loader, enum zs_made_kind kind, const struct zs_yaml *list, struct zs_zone_config *zone)
{
	if (list->kind != ZS_YAML_LIST) {
		zs_error(loader->run, &list->where, "'%s' must be a list of entries, not %s", kinds[kind].section, zs_yaml_kind_text(list));
		if (list->kind == ZS_YAML_MAP)
			zs_hint(loader->run, "put '- ' before the first option of each entry");
		return;
	}
	struct zs_made_entry *entries = zs_arena_array(loader->arena, list->count, sizeof *entries);
	struct zs_made_section *section = &zone->made[kind];
	size_t asked = 0;
	bool fits = true;
	for (uint32_t i = 0; fits && i < list->count; i++) {
		struct zs_made_entry *entry = &entries[section->count];
		if (!zs_want_map(loader, list->entries[i].value, kinds[kind].what))
			continue;
		read_entry(loader, kind, list->entries[i].value, zone, entry);
		section->count++;
		const size_t factors[] = { entry->name_count, entry->file_count, kind == ZS_MADE_SMIMEA ? entry->record_count : 1 };
		fits = zs_made_fits(loader, &entry->from, kinds[kind].section, factors, ZS_COUNT(factors), &asked);
	}
	section->entries = entries;
}
