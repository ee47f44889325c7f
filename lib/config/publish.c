/* publish.c - `publish:`, the server that a zone is for: its name as a word, or as the one key of a map. */
#include <string.h>

#include "base/text.h"
#include "config/schema.h"

static const char *const words[] = {
	[ZS_PUBLISH_COMMAND] = "command", [ZS_PUBLISH_NSD] = "nsd", [ZS_PUBLISH_KNOT] = "knot", [ZS_PUBLISH_BIND] = "bind",
	[ZS_PUBLISH_POWERDNS] = "powerdns", [ZS_PUBLISH_UPDATE] = "update",
};

static bool find_word(const char *text, size_t len, enum zs_publish_kind *out)
{
	for (size_t i = 0; i < ZS_COUNT(words); i++)
		if (zs_text_equal(text, len, words[i])) {
			*out = (enum zs_publish_kind)i;
			return true;
		}
	return false;
}

bool zs_publish_read(struct zs_loader *loader, const struct zs_yaml *node, struct zs_publish_options *out)
{
	out->from = node->where;
	if (node->kind == ZS_YAML_MAP) {
		if (node->count != 1) {
			zs_error(loader->run, &node->where, "'publish' names one server");
			zs_hint(loader->run, "publish: nsd, or publish: {knot: {server: 192.0.2.1}}");
			return false;
		}
		(void)find_word(node->entries[0].key, strlen(node->entries[0].key), &out->kind); /* the table reports one it does not know */
		return true;
	}
	if (!zs_want_text(loader, node, "publish"))
		return false;
	if (find_word(node->text, node->len, &out->kind))
		return true;
	zs_error(loader->run, &node->where, "'publish' knows no server '%s'", zs_shown(loader, node->text));
	zs_hint_words(loader, node->text, words, ZS_COUNT(words));
	return false;
}

static bool same_path(struct zs_loader *loader, const struct zs_config_path *a, const struct zs_config_path *b)
{
	return a->path && b->path && strcmp(zs_path_clean(loader->arena, a->path), zs_path_clean(loader->arena, b->path)) == 0;
}

static void check_powerdns(struct zs_loader *loader, const struct zs_publish_options *publish, const struct zs_zone_config *zone)
{
	if (publish->server_signs && zone->policy && zone->policy->zonemd) {
		zs_error(loader->run, &publish->from, "'zonemd' of the policy is of no use where PowerDNS signs the zone");
		zs_hint(loader->run, "a digest is over the signatures too, which PowerDNS makes when it is asked; zonemd: off");
	}
	if (publish->backend == ZS_PDNS_BIND && !publish->file.path) {
		zs_error(loader->run, &publish->from, "the bind backend of PowerDNS needs 'file'");
		zs_hint(loader->run, "the file of the zone in the named.conf that PowerDNS reads; a copy of 'output' is put there");
	} else if (publish->backend != ZS_PDNS_BIND && publish->file.path) {
		zs_error(loader->run, &publish->file.from, "'file' is for the bind backend of PowerDNS alone");
		zs_hint(loader->run, "backend: bind");
	} else if (same_path(loader, &publish->file, &zone->output) || same_path(loader, &publish->file, &zone->file)) {
		zs_error(loader->run, &publish->file.from, "'file' of PowerDNS is the zone's own file or output");
		zs_hint(loader->run, "it gets a copy, so that the former zone can be put back if PowerDNS answers wrongly with the new one");
	}
}

static void check_update(struct zs_loader *loader, const struct zs_publish_options *publish, const struct zs_zone_config *zone)
{
	if (!publish->key.path) {
		zs_error(loader->run, &publish->from, "'publish: update' needs a 'key'");
		zs_hint(loader->run, "publish: {update: {server: 192.0.2.1, key: tsig.key}}; BIND's tsig-keygen makes the file");
	}
	size_t made = zone->dane_count;
	for (int kind = 0; kind < ZS_MADE_KINDS; kind++)
		made += zone->made[kind].count;
	if (!made)
		zs_error(loader->run, &publish->from, "'publish: update' sends the records of 'dane', and zone '%s' has none", zone->name_text);
}

void zs_publish_check(struct zs_loader *loader, const struct zs_yaml *node, const struct zs_zone_config *zone)
{
	const struct zs_publish_options *publish = zone->publish;
	const bool reload = zone->reload.argv || zone->reload.shell;
	if (!node)
		return;
	if (publish->kind == ZS_PUBLISH_COMMAND && node->kind == ZS_YAML_SCALAR && !reload) {
		if (!zs_text_equal(node->text, node->len, words[ZS_PUBLISH_COMMAND]))
			return; /* another word, which was reported */
		zs_error(loader->run, &node->where, "'publish: command' needs the command");
		zs_hint(loader->run, "reload: ...");
	} else if (publish->kind != ZS_PUBLISH_COMMAND && reload) {
		zs_error(loader->run, &zone->reload.from, "zone '%s' has both 'publish' and 'reload'", zone->name_text);
		zs_hint(loader->run, "'publish: %s' reloads the server itself", words[publish->kind]);
	}
	if (publish->kind == ZS_PUBLISH_POWERDNS)
		check_powerdns(loader, publish, zone);
	else if (publish->kind == ZS_PUBLISH_UPDATE)
		check_update(loader, publish, zone);
	if (publish->kind != ZS_PUBLISH_COMMAND && zone->name_text[0] == '-') /* the tools would take it for an option */
		zs_error(loader->run, &node->where, "zone '%s' begins with '-': the tools of the server would read it as an option", zs_shown(loader, zone->name_text));
	if (publish->pid_file.path && publish->config.path)
		zs_error(loader->run, &publish->pid_file.from, "'pid-file' is in place of nsd-control and its 'config'");
	if (publish->program.shell)
		zs_error(loader->run, &publish->program.from, "the program of 'publish' is not run by a shell");
}
