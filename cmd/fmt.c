/* fmt.c - the command fmt: what the scanner understood, one record a line, absolute names, canonical order. */
#include <getopt.h>

#include "base/json.h"
#include "cmd/command.h"
#include "dns/rdata.h"
#include "zone/zone.h"

static const char help[] = "usage: zonesign fmt --origin NAME FILE\n\nPrint the zone fully expanded: one record a line, absolute names, canonical order.\n";

/* A record as a line of the zone, or as an object of the JSON document. */
static void put_record(struct zs_buf *text, const char *owner, const struct zs_rrset *set, struct zs_bytes rdata, bool json)
{
	char type[ZS_TYPE_TEXT];
	if (!json) {
		zs_buf_printf(text, "%s %u IN %s ", owner, set->ttl, zs_type_text(set->type, type));
		zs_rdata_format(set->type, rdata.data, rdata.len, text);
		zs_buf_octet(text, '\n');
		return;
	}
	struct zs_arena *arena = zs_arena_new();
	struct zs_json *one = zs_json_object(arena);
	struct zs_buf shown = { .arena = arena, .max = 1 << 20 };
	zs_rdata_format(set->type, rdata.data, rdata.len, &shown);
	zs_json_set_text(one, "owner", owner);
	zs_json_set_int(one, "ttl", set->ttl);
	zs_json_set_text(one, "type", zs_type_text(set->type, type));
	zs_json_set_text(one, "rdata", zs_buf_string(&shown));
	zs_json_dump_line(one, text);
	zs_arena_free(arena);
}

/* Written as it is made: no zone is too large. */
static int print_zone(struct zs_run *run, const struct zs_zone *zone, bool json)
{
	struct zs_buf text = { .arena = run->arena, .max = 8 << 20 };
	zs_buf_text(&text, json ? "{\"records\": [\n" : "");
	bool first = true;
	for (size_t i = 0; i < zone->owner_count && !run->fault; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		char name[ZS_NAME_TEXT];
		zs_name_text(zs_owner_name(zone, owner), name);
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++) {
			const struct zs_rrset *set = &zone->rrsets[s];
			for (uint32_t r = 0; r < set->count; r++, first = false) {
				if (json && !first)
					zs_buf_octet(&text, ',');
				put_record(&text, name, set, zs_rrset_rdata(zone, set, r), json);
				if (text.len > 1 << 20) {
					zs_cli_write(run, text.data, text.len);
					text.len = 0;
				}
			}
		}
	}
	zs_buf_text(&text, json ? "]}\n" : "");
	return zs_cli_write(run, text.data, text.len);
}

int zs_cmd_fmt(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "origin", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	struct zs_run *run = zs_cli_run(cli);
	uint8_t origin[ZS_NAME_MAX];
	bool have_origin = false;
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		if (c == 'o')
			have_origin = zs_cli_origin(run, optarg, origin);
		else if (c == '?')
			run->fault = ZS_USAGE;
	}
	if (!run->fault && (!have_origin || argc - optind != 1))
		zs_usage(run, "fmt takes --origin NAME and one file");
	const struct zs_zone_options read = { .apex = origin, .dnssec = ZS_DNSSEC_KEEP };
	struct zs_zone *zone;
	if (!run->fault && zs_zone_read(run, run->arena, argv[optind], &read, &zone))
		print_zone(run, zone, cli->json);
	return zs_cli_end(cli, run);
}
