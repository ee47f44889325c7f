/* ds.c - the command ds: what the parent zone must hold, as the zone's registrar wants it. */
#include "ds/ds.h"

#include <getopt.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"
#include "report/report.h"

static const char help[] =
    "usage: zonesign ds [--for REGISTRAR] [--format FORMAT] [--ready] [ZONE...]\n\n"
    "  --for REGISTRAR  print that registrar's form instead of the configured one\n"
    "  --format FORMAT  form (the default), ds, dnskey, cds, cdnskey, json, csv, epp, epp-create\n"
    "  --ready          print nothing; exit 0 if the DS may be given to the parent now, 5 if it is too early\n";

static int check_ready(struct zs_run *run, const struct zs_zone_config *zone, zs_time not_before, zs_time first)
{
	char time[ZS_TIME_TEXT];
	if (!first)
		zs_not_yet(run, "%s is not served yet: the reload has not succeeded", zone->name_text);
	else if (not_before)
		zs_not_yet(run, "the DS of %s must not be given to the parent before %s", zone->name_text, zs_time_short(not_before, time));
	return (int)run->fault;
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

int zs_cmd_ds(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, 'f' }, { "format", required_argument, NULL, 'F' }, { "ready", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },      { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	enum zs_ds_format format = cli->json ? ZS_DS_JSON : ZS_DS_FORM;
	const char *registrar = NULL;
	bool ready = false;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'f') {
			registrar = known_registrar(run, optarg);
		} else if (c == 'F' && !zs_ds_format_parse(optarg, &format)) {
			zs_usage(run, "--format '%s': form, ds, dnskey, cds, cdnskey, json, csv, epp or epp-create", optarg);
		} else if (c == 'r') {
			ready = true;
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		}
	}
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	struct zs_buf text = { .arena = run->arena, .max = (size_t)1 << 30 };
	struct zs_json *document = format == ZS_DS_JSON ? zs_json_object(run->arena) : NULL;
	struct zs_json *list = document ? zs_json_set_array(document, "zones") : NULL;
	for (size_t i = 0; i < count; i++) {
		struct zs_ds_request request;
		zs_time first;
		run->zone_text = zones[i]->name_text;
		if (!zs_report_parent(run, zones[i], &request, &first))
			continue;
		if (registrar)
			request.registrar = registrar;
		if (ready)
			check_ready(run, zones[i], request.not_before, first);
		else if (list)
			(void)!zs_ds_json(run, &request, zs_json_add_object(list));
		else
			(void)!zs_ds_write(run, &request, format, &text);
		if (!ready && !first)
			zs_warn(run, NULL, "the zone is not served yet (the reload has not succeeded): do not give these to the parent");
	}
	run->zone_text = NULL;
	if (document && !ready)
		zs_json_dump(document, &text);
	zs_cli_write(run, text.data, text.len);
	return zs_cli_end(cli, run);
}
