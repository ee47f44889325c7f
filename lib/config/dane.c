/* dane.c - `dane:` of a zone: which TLSA records for which hosts, ports and certificates. */
#include <string.h>

#include "base/text.h"
#include "config/schema.h"

/* Ports where mail is handed over or in; RFC 7672 section 3.1.3 makes usages 0 and 1 unusable there. */
static bool is_mail(const struct zs_dane_port *port)
{
	return port->transport == ZS_TCP && (port->port == 25 || port->port == 465 || port->port == 587);
}

static bool read_host(struct zs_loader *loader, const struct zs_yaml *node, const struct zs_zone_config *zone,
                      struct zs_dane_host *out)
{
	out->text = node->text;
	out->from = node->where;
	out->mx = zs_text_equal(node->text, node->len, "mx");
	if (out->mx)
		return true;
	if (!zs_host_read(loader, node->text, &node->where, "host", out->name))
		return false;
	if (zs_name_within(out->name, zone->name))
		return true;
	const int zone_len = (int)strlen(zone->name_text) - (zone->name[0] ? 1 : 0);
	zs_error(loader->run, &node->where, "%s is outside zone %.*s; publish its TLSA there",
	         zs_shown(loader, node->text), zone_len, zone->name_text);
	if (zs_name_labels(out->name) == 1)
		zs_hint(loader->run, "host names are absolute here: did you mean '%.*s.%.*s'?",
		        (int)strcspn(node->text, "."), zs_shown(loader, node->text), zone_len, zone->name_text);
	else
		zs_hint(loader->run, "records in this zone would not be seen: whoever holds the other zone publishes them");
	return false;
}

static bool read_port(struct zs_loader *loader, const struct zs_yaml *node, struct zs_dane_port *out)
{
	static const char *const transports[] = { [ZS_TCP] = "tcp", [ZS_UDP] = "udp", [ZS_SCTP] = "sctp" };
	const char *slash = strchr(node->text, '/');
	const size_t digits = slash ? (size_t)(slash - node->text) : node->len;
	uint64_t number;
	out->from = node->where;
	out->transport = ZS_TCP;
	if (!zs_text_number(node->text, digits, UINT64_MAX, &number) || node->text[0] == '0') {
		zs_error(loader->run, &node->where, "'%s' is no port", zs_shown(loader, node->text));
		zs_hint(loader->run, "25, or \"443/udp\"; tcp is the default, and there are no leading zeros");
		return false;
	}
	if (number > 65535)
		return zs_error(loader->run, &node->where, "port '%s' is out of range (1 to 65535)",
		                zs_shown(loader, node->text));
	out->port = (uint16_t)number;
	if (!slash)
		return true;
	for (unsigned i = 0; i < ZS_COUNT(transports); i++)
		if (zs_text_equal(slash + 1, strlen(slash + 1), transports[i])) {
			out->transport = (enum zs_transport)i;
			return true;
		}
	zs_error(loader->run, &node->where, "unknown transport '%s'", zs_shown(loader, slash + 1));
	zs_hint_words(loader, slash + 1, transports, ZS_COUNT(transports));
	return false;
}

static bool read_params(struct zs_loader *loader, const struct zs_yaml *node, struct zs_tlsa_params *out)
{
	static const char *const names[] = { "usage", "selector", "matching type" };
	static const uint8_t last[] = { 3, 1, 2 }; /* RFC 6698 section 7, RFC 7218 */
	uint64_t value[3];
	const char *p = node->text + strspn(node->text, " \t");
	for (size_t i = 0; i < 3; i++) {
		const size_t len = strspn(p, "0123456789");
		const size_t blanks = strspn(p + len, " \t");
		const bool ends_well = i < 2 ? blanks && p[len + blanks] : !p[len + blanks];
		if (!ends_well || !zs_text_number(p, len, UINT64_MAX, &value[i])) {
			zs_error(loader->run, &node->where, "'%s' is no kind of TLSA record", zs_shown(loader, node->text));
			zs_hint(loader->run, "usage, selector and matching type: 3 1 1; several of them as a list: [3 1 1, 2 1 1]");
			return false;
		}
		p += len + blanks;
	}
	for (size_t i = 0; i < 3; i++)
		if (value[i] > last[i]) {
			zs_error(loader->run, &node->where, "%s %llu is not assigned; clients ignore the record", names[i],
			         (unsigned long long)value[i]);
			zs_hint(loader->run, "%s 0 to %u; 3 1 1 is usual", names[i], last[i]);
			return false;
		}
	*out = (struct zs_tlsa_params){ (uint8_t)value[0], (uint8_t)value[1], (uint8_t)value[2], node->where };
	return true;
}

const struct zs_yaml *zs_entry_need(struct zs_loader *loader, const struct zs_yaml *map, const char *key, const char *what)
{
	const struct zs_yaml *node = zs_yaml_get(map, key);
	if (!node)
		zs_error(loader->run, &map->where, "this %s has no '%s'", what, key);
	return node;
}

static const struct zs_yaml *need(struct zs_loader *loader, const struct zs_yaml *map, const char *key)
{
	return zs_entry_need(loader, map, key, "dane entry");
}

static void read_hosts(struct zs_loader *loader, const struct zs_yaml *map, const struct zs_zone_config *zone,
                       struct zs_dane_entry *out)
{
	size_t count = 0;
	const struct zs_yaml *node = need(loader, map, "host");
	const struct zs_yaml *const *nodes = node ? zs_scalars(loader, node, "host", &count) : NULL;
	if (!nodes)
		return;
	struct zs_dane_host *hosts = zs_arena_array(loader->arena, count, sizeof *hosts);
	for (size_t i = 0; i < count; i++)
		if (read_host(loader, nodes[i], zone, &hosts[out->host_count]))
			out->host_count++;
	out->hosts = hosts;
}

static void read_ports(struct zs_loader *loader, const struct zs_yaml *map, struct zs_dane_entry *out)
{
	size_t count = 0;
	const struct zs_yaml *node = need(loader, map, "port");
	const struct zs_yaml *const *nodes = node ? zs_scalars(loader, node, "port", &count) : NULL;
	if (!nodes)
		return;
	struct zs_dane_port *ports = zs_arena_array(loader->arena, count, sizeof *ports);
	for (size_t i = 0; i < count; i++)
		if (read_port(loader, nodes[i], &ports[out->port_count]))
			out->port_count++;
	out->ports = ports;
}

void zs_files_read(struct zs_loader *loader, const struct zs_yaml *map, const char *key, const struct zs_config_path **out, size_t *out_count)
{
	size_t count = 0;
	const struct zs_yaml *node = zs_yaml_get(map, key);
	const struct zs_yaml *const *nodes = node ? zs_scalars(loader, node, key, &count) : NULL;
	if (!nodes)
		return;
	struct zs_config_path *paths = zs_arena_array(loader->arena, count, sizeof *paths);
	for (size_t i = 0; i < count; i++)
		if (zs_path_read(loader, nodes[i], key, &paths[*out_count]))
			(*out_count)++;
	*out = paths;
}

void zs_params_read(struct zs_loader *loader, enum zs_section section, const struct zs_yaml *map, const struct zs_tlsa_params **out,
                    size_t *out_count)
{
	size_t count = 0;
	const struct zs_yaml usual = {
		.kind = ZS_YAML_SCALAR, .text = zs_option_default(section, "records"), .size = 1,
		.where = map->where,
	};
	const struct zs_yaml *node = zs_yaml_get(map, "records");
	if (!node) { /* "nothing" is for a scalar that the file holds */
		struct zs_tlsa_params *params = zs_arena_alloc(loader->arena, sizeof *params);
		if (read_params(loader, &usual, params)) {
			*out = params;
			*out_count = 1;
		}
		return;
	}
	const struct zs_yaml *const *nodes = zs_scalars(loader, node, "records", &count);
	if (!nodes)
		return;
	struct zs_tlsa_params *records = zs_arena_array(loader->arena, count, sizeof *records);
	for (size_t i = 0; i < count; i++)
		if (read_params(loader, nodes[i], &records[*out_count]))
			(*out_count)++;
	*out = records;
}

/* A set that holds only such records makes senders encrypt without checking whom they talk to. */
static void check_usages(struct zs_loader *loader, const struct zs_dane_entry *entry)
{
	const struct zs_dane_port *mail = NULL;
	for (size_t i = 0; i < entry->port_count && !mail; i++)
		mail = is_mail(&entry->ports[i]) ? &entry->ports[i] : NULL;
	for (size_t i = 0; mail && i < entry->record_count; i++) {
		const struct zs_tlsa_params *params = &entry->records[i];
		if (params->usage > 1)
			continue;
		zs_error(loader->run, &params->from, "usage %u (%s) is unusable for SMTP: senders will not verify. Use 3 1 1", params->usage,
		         params->usage ? "PKIX-EE" : "PKIX-TA");
		zs_hint(loader->run, "port %u is for mail; RFC 7672 section 3.1.3", mail->port);
	}
}

bool zs_made_fits(struct zs_loader *loader, const struct zs_source *from, const char *section, const size_t *factors, size_t factor_count,
                  size_t *sum)
{
	size_t product = 1;
	for (size_t i = 0; i < factor_count; i++) /* neither wraps: a factor is below 2^32 */
		product = product > ZS_MADE_MAX ? product : product * factors[i];
	*sum += product;
	if (*sum <= ZS_MADE_MAX)
		return true;
	zs_error(loader->run, from, "'%s' asks for more than %d records with this entry", section, ZS_MADE_MAX);
	zs_hint(loader->run, "each of its names is taken with each port, file and kind of record; part the zone if it takes so many");
	return false;
}

static void read_entry(struct zs_loader *loader, const struct zs_yaml *map, const struct zs_zone_config *zone,
                       struct zs_dane_entry *out)
{
	out->from = map->where;
	zs_schema_defaults(loader, ZS_SECTION_DANE, out);
	zs_schema_read(loader, ZS_SECTION_DANE, map, out);
	read_hosts(loader, map, zone, out);
	read_ports(loader, map, out);
	if (need(loader, map, "certificate"))
		zs_files_read(loader, map, "certificate", &out->certificates, &out->certificate_count);
	zs_params_read(loader, ZS_SECTION_DANE, map, &out->records, &out->record_count);
	check_usages(loader, out);
}

void zs_dane_read(struct zs_loader *loader, const struct zs_yaml *list, struct zs_zone_config *zone)
{
	if (list->kind != ZS_YAML_LIST) {
		zs_error(loader->run, &list->where, "'dane' must be a list of entries, not %s", zs_yaml_kind_text(list));
		if (list->kind == ZS_YAML_MAP)
			zs_hint(loader->run, "put '- ' before the first option of each entry");
		return;
	}
	struct zs_dane_entry *entries = zs_arena_array(loader->arena, list->count, sizeof *entries);
	size_t asked = 0;
	bool fits = true;
	for (uint32_t i = 0; fits && i < list->count; i++) {
		struct zs_dane_entry *entry = &entries[zone->dane_count];
		if (!zs_want_map(loader, list->entries[i].value, "dane entry"))
			continue;
		read_entry(loader, list->entries[i].value, zone, entry);
		zone->dane_count++;
		const size_t factors[] = { entry->host_count, entry->port_count, entry->certificate_count + (entry->next.path != NULL), entry->record_count };
		fits = zs_made_fits(loader, &entry->from, "dane", factors, ZS_COUNT(factors), &asked);
	}
	zone->dane = entries;
}
