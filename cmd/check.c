/* check.c - the command check: looks and changes nothing. */
#include <getopt.h>

#include "base/json.h"
#include "cmd/stages.h"
#include "dane/dane.h"
#include "zone/zone.h"

static const char help[] =
    "usage: zonesign check [ZONE...]\n       zonesign check --origin NAME FILE\n\n"
    "Check the config, its zone files and certificates, or one zone file without a config. Nothing is changed.\n";

static void say_expire(struct zs_run *run, const struct zs_zone *zone, const struct zs_policy *policy)
{
	struct zs_soa soa;
	char refresh[ZS_DURATION_TEXT], expire[ZS_DURATION_TEXT];
	if (!policy || !zs_zone_soa(zone, &soa) || soa.expire <= policy->refresh)
		return;
	zs_warn(run, NULL, "SOA EXPIRE %s is longer than refresh %s: a secondary that is cut off serves expired signatures (RFC 6781 section 4.4.1)",
	        zs_duration_text(soa.expire, expire), zs_duration_text(policy->refresh, refresh));
}

static void check_file(struct zs_run *run, const char *path, const uint8_t *apex, const struct zs_zone_config *config)
{
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_STRIP, .include_any = config && config->include_any };
	struct zs_zone *zone;
	zs_run_stage(run, "read");
	if (!zs_zone_read(run, run->arena, path, &options, &zone))
		return;
	for (size_t i = 0; i < zone->input_count; i++)
		run->stage_octets += zone->input_ids[i].size;
	zs_run_stage(run, "check");
	if (!zs_zone_check(run, zone, config ? config->policy->max_zone_ttl : 0) || !config)
		return;
	struct zs_facts facts = { .dir_fd = -1, .lock_fd = -1 };
	bool certificates_ok;
	char owner[ZS_NAME_TEXT] = "", type[ZS_TYPE_TEXT] = "";
	const uint8_t *name = NULL;
	uint16_t largest = 0;
	(void)!zs_dane_insert(run, config, &facts, zone, &certificates_ok);
	zs_dane_advise(run, config, zone);
	const uint32_t ttl = zs_zone_max_ttl(zone, &name, &largest);
	if (name)
		zs_name_text(name, owner), zs_type_text(largest, type);
	(void)!zs_policy_check_ttl(run, config->policy, ttl, owner, type);
	say_expire(run, zone, config->policy);
}

static void check_one(const struct zs_cli *cli, struct zs_run *run, const char *path, const uint8_t *apex,
                      const struct zs_zone_config *config)
{
	struct zs_stages stages;
	zs_stages_begin(&stages, cli, run, stderr, true);
	check_file(run, path, apex, config);
	zs_stages_end(&stages);
}

static int finish(const struct zs_cli *cli, struct zs_run *run, size_t count)
{
	if (cli->json) {
		struct zs_json *json = zs_json_object(run->arena);
		zs_json_set_int(json, "zones", (int64_t)count);
		zs_json_set_int(json, "errors", run->error_count);
		zs_json_set_int(json, "warnings", run->warning_count);
		zs_cli_json_diags(zs_json_set_array(json, "diagnostics"), run);
		zs_cli_write_json(run, json);
	} else if (!cli->quiet) {
		printf("%zu zone%s checked: %u error%s, %u warning%s\n", count, count == 1 ? "" : "s", run->error_count,
		       run->error_count == 1 ? "" : "s", run->warning_count, run->warning_count == 1 ? "" : "s");
	}
	return zs_cli_end(cli, run);
}

int zs_cmd_check(const struct zs_cli *cli, int argc, char **argv)
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
	if (!run->fault && have_origin) {
		if (argc - optind != 1)
			zs_usage(run, "check --origin NAME takes one file");
		else
			check_one(cli, run, argv[optind], origin, NULL);
		return run->fault == ZS_USAGE ? zs_cli_end(cli, run) : finish(cli, run, 1);
	}
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	for (size_t i = 0; i < count; i++)
		check_one(cli, run, zones[i]->file.path, zones[i]->name, zones[i]);
	return finish(cli, run, count);
}
