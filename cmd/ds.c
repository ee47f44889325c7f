/* ds.c - the command ds: what the parent zone must hold, as the zone's registrar wants it. */
#include "ds/ds.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"
#include "report/report.h"

static const char help[] =
    "usage: zonesign ds [--for REGISTRAR] [--format FORMAT] [--ready | --check] [ZONE...]\n"
    "       zonesign ds --seen [TAG] | --gone [TAG] ZONE\n\n"
    "  --for REGISTRAR  print that registrar's form instead of the configured one\n"
    "  --format FORMAT  form (the default), ds, dnskey, cds, cdnskey, json, csv, epp, epp-create\n"
    "  --ready          print nothing (but with --json); exit 0 if the DS may be given to the parent now, 5 if it is too early\n"
    "  --check          ask the parent's servers and compare; exit 0, 5 if something is to be done, 4 if the zone is broken\n"
    "  --seen [TAG]     record that the DS (of the key with that tag) is at the parent, as you saw yourself\n"
    "  --gone [TAG]     record that it is there no more\n";

enum mode { MODE_PRINT, MODE_READY, MODE_CHECK, MODE_SEEN, MODE_GONE };

static void check_ready(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_ds_request *request, zs_time first)
{
	char time[ZS_TIME_TEXT];
	if (request->ended) {
		zs_not_yet(run, "the signatures of %s ended on %s: with a DS validators would refuse it", zone->name_text, zs_time_short(request->ended, time));
		zs_hint(run, "'zonesign status' says why it was not signed again");
	} else if (!first) {
		zs_not_yet(run, "%s is not in service yet: %s", zone->name_text, request->waits_for ? request->waits_for : "the reload has not succeeded");
	} else if (request->not_before) {
		zs_not_yet(run, "the DS of %s must not be given to the parent before %s", zone->name_text, zs_time_short(request->not_before, time));
	}
}

static const char *known_registrar(struct zs_run *run, const char *text)
{
	const char *names[64];
	size_t count = 0;
	for (const char *name; count < ZS_COUNT(names) && (name = zs_registrar_name(count)); count++) {
		names[count] = name;
		if (zs_text_equal(text, strlen(text), name))
			return name;
	}
	const char *near = zs_text_nearest(text, names, count);
	zs_usage(run, "--for '%s' is no registrar that zonesign knows", text);
	if (near)
		zs_hint(run, "did you mean '%s'?", near);
	return NULL;
}

/* The parent's records against ours. */
static void check_zone(const struct zs_zone_config *zone, struct zs_run *run, struct zs_json *list, struct zs_buf *text)
{
	struct zs_ds_request request;
	struct zs_served served;
	struct zs_observation *seen = zs_arena_alloc(run->arena, sizeof *seen);
	struct zs_delegation delegation;
	zs_time first;
	if (!zs_report_parent(run, zone, &request, &first) || !zs_report_served(run, zone, &served))
		return;
	zs_live_parent(run, zone->name, &zone->policy->observe, seen);
	if (!zs_report_compare(run, &request, &served, seen, &delegation))
		return;
	if (list)
		zs_report_delegation_json(run, &delegation, zs_json_add_object(list));
	else
		zs_report_delegation_text(run, &delegation, text);
	run->fault = zs_fault_gravest(run->fault, delegation.fault);
}

static void record(struct zs_run *run, const struct zs_zone_config *zone, bool gone, const uint16_t *tag, struct zs_json *list)
{
	struct zs_facts *facts;
	if (!zs_facts_open(run, zone, &facts))
		return;
	const size_t before = facts->override_count;
	if (zs_live_record(run, zone->policy, facts, gone, tag) && facts->override_count > before && zs_facts_write(run, facts))
		for (size_t i = before; i < facts->override_count; i++) {
			zs_note(run, "recorded: the DS of key %s is %s; the next 'zonesign build' goes on from there", facts->overrides[i].value,
			        gone ? "gone" : "at the parent");
			struct zs_json *one = list ? zs_json_add_object(list) : NULL;
			if (!one)
				continue;
			zs_json_set_text(one, "zone", zone->name_text);
			zs_json_set_int(one, "key_tag", strtol(facts->overrides[i].value, NULL, 10));
			zs_json_set_text(one, "recorded", gone ? "gone" : "seen");
		}
	zs_facts_close(facts);
}

static void print_zone(struct zs_run *run, const struct zs_zone_config *zone, enum mode mode, enum zs_ds_format format,
                       const char *registrar, struct zs_json *list, struct zs_buf *text)
{
	struct zs_ds_request request;
	zs_time first;
	if (!zs_report_parent(run, zone, &request, &first))
		return;
	if (request.insecure && mode == MODE_READY)
		zs_not_yet(run, "%s is not signed, as you wanted: it needs no DS", zone->name_text);
	else if (request.insecure)
		zs_note(run, "%s is not signed, as you wanted: it needs no DS, and the parent must have none", zone->name_text);
	if (registrar)
		request.registrar = registrar;
	if (mode == MODE_READY && !request.insecure)
		check_ready(run, zone, &request, first);
	if (list)
		(void)!zs_ds_json(run, &request, zs_json_add_object(list));
	else if (mode != MODE_READY)
		(void)!zs_ds_write(run, &request, format, text);
	if (mode != MODE_READY && request.ended)
		zs_warn(run, NULL, "the signatures of the zone in service ended: do not give these to the parent; 'zonesign status' says why");
	else if (mode != MODE_READY && !first && !request.insecure)
		zs_warn(run, NULL, "the zone is not in service for certain yet: do not give these to the parent");
}

/* "--seen 12345 ZONE": a number after the option is the tag. */
static bool take_tag(struct zs_run *run, const char *text, uint16_t *tag)
{
	uint64_t value;
	if (!text || !zs_text_number(text, strlen(text), UINT64_MAX, &value))
		return false;
	if (value > UINT16_MAX)
		zs_usage(run, "'%s' is no key tag: 0 to 65535", text);
	*tag = (uint16_t)value;
	return true;
}

int zs_cmd_ds(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, 'f' }, { "format", required_argument, NULL, 'F' }, { "ready", no_argument, NULL, MODE_READY },
		{ "check", no_argument, NULL, MODE_CHECK }, { "seen", no_argument, NULL, MODE_SEEN }, { "gone", no_argument, NULL, MODE_GONE },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	enum zs_ds_format format = cli->json ? ZS_DS_JSON : ZS_DS_FORM;
	const char *registrar = NULL;
	enum mode mode = MODE_PRINT;
	uint16_t tag = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'f') {
			registrar = known_registrar(run, optarg);
		} else if (c == 'F' && !zs_ds_format_parse(optarg, &format)) {
			zs_usage(run, "--format '%s': form, ds, dnskey, cds, cdnskey, json, csv, epp or epp-create", optarg);
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		} else if (c >= MODE_READY && c <= MODE_GONE) {
			if (mode != MODE_PRINT && mode != (enum mode)c)
				zs_usage(run, "--ready, --check, --seen and --gone do not go together");
			mode = (enum mode)c;
		}
	}
	const bool by_hand = mode == MODE_SEEN || mode == MODE_GONE;
	const bool has_tag = by_hand && !run->fault && take_tag(run, argv[optind], &tag);
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count;
	optind += has_tag;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (zones && by_hand && count != 1) {
		if (!run->fault) /* or its file is wrong */
			zs_usage(run, "--seen and --gone are about one zone: name it");
		zones = NULL;
	}
	if (!zones)
		return zs_cli_end(cli, run);
	struct zs_buf text = { .arena = run->arena, .max = (size_t)1 << 30 };
	struct zs_json *document = format == ZS_DS_JSON && (cli->json || (mode != MODE_READY && !by_hand)) ? zs_json_object(run->arena) : NULL;
	struct zs_json *list = document ? zs_json_set_array(document, "zones") : NULL;
	for (size_t i = 0; i < count; i++) {
		struct zs_run *part = zs_cli_part(cli, run, zones[i]);
		if (by_hand)
			record(part, zones[i], mode == MODE_GONE, has_tag ? &tag : NULL, list);
		else if (mode == MODE_CHECK)
			check_zone(zones[i], part, list, &text);
		else
			print_zone(part, zones[i], mode, format, registrar, list, &text);
		zs_run_join(run, part);
		zs_run_end(part);
	}
	if (document) {
		zs_cli_json_errors(document, run);
		zs_json_dump(document, &text);
	}
	zs_cli_write(run, text.data, text.len);
	return zs_cli_end(cli, run);
}
