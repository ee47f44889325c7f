/* check.c - the command check: looks and changes nothing. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/check_live.h"
#include "cmd/stages.h"
#include "dane/dane.h"
#include "keys/keys.h"
#include "publish/publish.h"
#include "rollover/rollover.h"
#include "zone/zone.h"

static const char help[] =
    "usage: zonesign check [ZONE...]\n"
    "       zonesign check --origin NAME FILE\n"
    "       zonesign check --live [OPTIONS] [ZONE...]\n"
    "       zonesign check --live [OPTIONS] --origin NAME\n\n"
    "Check the config, its zone files, certificates and keys, or one zone file without a config. Nothing is changed.\n"
    "With --live, ask the world: the chain of trust, every name server, and the mail and web servers that TLSA records are of.\n"
    "Exit status: 0 fine (warnings too), 3 config, zone, certificate or key file is wrong; with --live 1 something cannot be reached,\n"
    "4 something is broken.\n\n"
    "  --trust-anchor FILE    DS or DNSKEY records to begin with, in place of the root's keys\n"
    "  --root-hints FILE      other root servers\n"
    "  --resolver ADDR[@PORT] ask this resolver in place of the authoritative servers; may be repeated. It is not believed:\n"
    "                         zonesign validates itself\n"
    "  --timeout DURATION     for all of it together; the default is 30s\n"
    "  --html FILE            write a page with the chain of trust as a picture ('-': to standard output)\n";

void zs_cli_say_expire(struct zs_run *run, const struct zs_zone *zone, const struct zs_policy *policy)
{
	struct zs_soa soa;
	char name[ZS_NAME_TEXT], refresh[ZS_DURATION_TEXT], expire[ZS_DURATION_TEXT];
	if (!zs_zone_soa(zone, &soa) || soa.expire <= policy->refresh)
		return;
	const struct zs_rrset *set = zs_zone_apex_rrset(zone, ZS_TYPE_SOA);
	const struct zs_source where = set ? zs_zone_source(zone, set) : (struct zs_source){ 0 };
	zs_warn(run, set ? &where : NULL, "the SOA EXPIRE of '%s', %s, is longer than refresh %s: a secondary that is cut off serves expired signatures "
	        "(RFC 6781 section 4.4.1)", zs_name_text(zone->apex, name), zs_duration_text(soa.expire, expire), zs_duration_text(policy->refresh, refresh));
	zs_hint(run, "an EXPIRE of at most %s, or a longer refresh and validity in 'signatures'", refresh);
}

/* What DANE clients will say of the servers of the configuration. */
struct forecasts {
	const struct zs_dane_forecast *list;
	size_t count;
};

/* "mail.example.com:25 with 'mail.pem'" */
static const char *title(struct zs_run *run, const struct zs_dane_forecast *f)
{
	char name[ZS_NAME_TEXT];
	const size_t len = zs_name_format(f->host, name);
	const char *file = f->file ? zs_arena_printf(run->arena, " with '%s'", f->file) : "";
	return zs_arena_printf(run->arena, "%.*s:%u%s", (int)(len > 1 ? len - 1 : len), name, f->port, file);
}

static void forecast(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, struct forecasts *out)
{
	out->count = zs_dane_forecast(run, config, zone, &out->list);
	for (size_t i = 0; i < out->count; i++) {
		const struct zs_dane_forecast *f = &out->list[i];
		if (f->prediction.verdict == ZS_DANE_VERIFIED)
			continue;
		zs_warn(run, &f->from, "%s: %s%s%s%s", title(run, f), f->sentence, f->prediction.rfc ? " (" : "",
		        f->prediction.rfc ? f->prediction.rfc : "", f->prediction.rfc ? ")" : "");
	}
}

/* The zone is in `arena`. */
static void check_file(struct zs_run *run, struct zs_arena *arena, const char *path, const uint8_t *apex, const struct zs_zone_config *config,
                       struct forecasts *out, struct zs_ttls *ttls)
{
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_STRIP, .include_any = config && config->include_any };
	struct zs_zone *zone;
	zs_run_stage(run, "read");
	if (!zs_zone_read(run, arena, path, &options, &zone))
		return;
	for (size_t i = 0; i < zone->input_count; i++)
		run->stage_octets += zone->input_ids[i].size;
	zs_run_stage(run, "check");
	if (!zs_zone_check(run, zone, config ? config->policy->max_zone_ttl : 0, false))
		return;
	if (!config) {
		forecast(run, NULL, zone, out);
		return;
	}
	struct zs_facts facts = { .dir_fd = -1, .lock_fd = -1 };
	bool certificates_ok;
	char owner[ZS_NAME_TEXT] = "", type[ZS_TYPE_TEXT] = "";
	const uint8_t *name = NULL;
	uint16_t largest = 0;
	const bool inserted = zs_dane_insert(run, config, &facts, zone, &certificates_ok);
	zs_dane_advise(run, config, zone);
	if (inserted && certificates_ok)
		forecast(run, config, zone, out);
	struct zs_soa soa;
	ttls->largest = zs_zone_max_ttl(zone, &name, &largest);
	if (zs_zone_soa(zone, &soa))
		ttls->negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum;
	if (name)
		zs_name_text(name, owner), zs_type_text(largest, type);
	(void)!zs_policy_check_ttl(run, config->policy, ttls->largest, owner, type);
	zs_cli_say_expire(run, zone, config->policy);
}

/* The state and the keys that it names: they are there, they are ours alone, and the halves of each belong together. */
static void check_keys(struct zs_run *run, const struct zs_zone_config *config, const struct zs_ttls *ttls)
{
	struct zs_facts *facts;
	struct zs_keyset *keys;
	if (access(config->state_dir, R_OK | X_OK) != 0 && errno == EACCES) {
		zs_warn(run, NULL, "the keys of '%s' are not looked at: '%s' is closed to you", config->name_text, config->state_dir);
		zs_hint(run, "run the check as the user who builds the zone");
		return;
	}
	if (!zs_facts_read(run, config, &facts))
		return;
	(void)!zs_keys_load(run, config, facts, &keys);
	zs_rollover_check_lifetimes(run, config->policy, facts, ttls);
	zs_facts_close(facts);
}

static void release_arena(void *arena)
{
	zs_arena_free(arena);
}

static void check_one(const struct zs_cli *cli, struct zs_run *run, const char *path, const uint8_t *apex,
                      const struct zs_zone_config *config, struct forecasts *out)
{
	struct zs_stages stages;
	struct zs_ttls ttls = { 0 };
	zs_stages_begin(&stages, cli, run, stderr, true);
	struct zs_arena *arena = zs_arena_new();
	check_file(run, arena, path, apex, config, out, &ttls);
	if (config) {
		zs_run_stage(run, "keys");
		check_keys(run, config, &ttls);
		zs_publish_check_commands(run, config);
	}
	zs_stages_end(&stages);
	if (out->count) /* they show records of the zone */
		zs_arena_defer(run->arena, release_arena, arena);
	else
		zs_arena_free(arena);
}

static void put_forecast(const struct zs_dane_forecast *f, struct zs_run *run, struct zs_json *into)
{
	char name[ZS_NAME_TEXT];
	const struct zs_dane_prediction *p = &f->prediction;
	const bool verified = p->verdict == ZS_DANE_VERIFIED;
	zs_json_set_text(into, "host", zs_name_text(f->host, name));
	zs_json_set_int(into, "port", f->port);
	zs_json_set_text(into, "certificate", f->file);
	zs_json_set_text(into, "verdict", zs_dane_outcome_text(p->verdict));
	zs_json_set_text(into, "matched", verified ? zs_dane_record_text(run->arena, f->tlsa[p->matched], 0) : NULL);
	if (verified)
		zs_json_set_int(into, "depth", p->depth);
	else
		zs_json_set_null(into, "depth");
	zs_json_set_text(into, "why", p->why);
	zs_json_set_text(into, "rfc", p->rfc);
}

static void print_forecasts(struct zs_run *run, const struct forecasts *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i].count; k++)
			printf("%s: %s\n", title(run, &all[i].list[k]), all[i].list[k].sentence);
}

static int finish(const struct zs_cli *cli, struct zs_run *run, const struct forecasts *all, size_t count)
{
	if (cli->json) {
		struct zs_json *json = zs_json_object(run->arena);
		zs_json_set_int(json, "zones", (int64_t)count);
		zs_json_set_int(json, "errors", run->error_count);
		zs_json_set_int(json, "warnings", run->warning_count);
		struct zs_json *dane = zs_json_set_array(json, "dane");
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < all[i].count; k++)
				put_forecast(&all[i].list[k], run, zs_json_add_object(dane));
		zs_cli_json_diags(zs_json_set_array(json, "diagnostics"), run);
		zs_cli_write_json(run, json);
	} else if (!cli->quiet) {
		print_forecasts(run, all, count);
		printf("%zu zone%s checked: %u error%s, %u warning%s\n", count, count == 1 ? "" : "s", run->error_count,
		       run->error_count == 1 ? "" : "s", run->warning_count, run->warning_count == 1 ? "" : "s");
	}
	return zs_cli_end(cli, run);
}

/* An option of --live; *given is set. */
static void take_live(struct zs_run *run, int c, char *text, struct zs_live_options *live, bool *given)
{
	zs_seconds seconds;
	*given = true;
	switch (c) {
	case 'L': live->live = true; break;
	case 'a': live->trust_anchor = text; break;
	case 'r': live->root_hints = text; break;
	case 'H': live->html = text; break;
	case 'R':
		if (zs_address_parse(text, 53, &live->resolvers[live->resolver_count]))
			live->resolver_count++;
		else
			zs_usage(run, "--resolver '%s' is no address: 192.0.2.1, 2001:db8::1@5353", text);
		break;
	default:
		if (!zs_duration_parse(text, &seconds) || seconds < 1 || seconds > 3600)
			zs_usage(run, "--timeout '%s': 1s to 1h", text);
		else
			live->timeout = seconds * 1000;
	}
}

int zs_cmd_check(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "origin", required_argument, NULL, 'o' },     { "live", no_argument, NULL, 'L' },           { "trust-anchor", required_argument, NULL, 'a' },
		{ "root-hints", required_argument, NULL, 'r' }, { "resolver", required_argument, NULL, 'R' }, { "timeout", required_argument, NULL, 't' },
		{ "html", required_argument, NULL, 'H' },       { "help", no_argument, NULL, 'h' },           { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct zs_live_options live = { .timeout = 30000, .resolvers = zs_arena_array(run->arena, (size_t)argc, sizeof *live.resolvers) };
	uint8_t origin[ZS_NAME_MAX];
	bool have_origin = false, of_live = false;
	struct forecasts one = { 0 };
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		if (c == 'o')
			have_origin = zs_cli_origin(run, optarg, origin);
		else if (c == '?')
			run->fault = ZS_USAGE;
		else
			take_live(run, c, optarg, &live, &of_live);
	}
	if (!run->fault && of_live && !live.live)
		zs_usage(run, "--trust-anchor, --root-hints, --resolver, --timeout and --html belong to --live");
	if (!run->fault && have_origin && live.live) {
		if (argc != optind)
			zs_usage(run, "check --live --origin NAME asks the world: it takes no file");
		else
			zs_check_live(cli, run, &live, origin, NULL, 0);
		return zs_cli_end(cli, run);
	}
	if (!run->fault && have_origin) {
		if (argc - optind != 1)
			zs_usage(run, "check --origin NAME takes one file");
		else
			check_one(cli, run, argv[optind], origin, NULL, &one);
		return run->fault == ZS_USAGE ? zs_cli_end(cli, run) : finish(cli, run, &one, 1);
	}
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	if (live.live) {
		zs_check_live(cli, run, &live, NULL, zones, count);
		return zs_cli_end(cli, run);
	}
	struct forecasts *all = zs_arena_array(run->arena, count + 1, sizeof *all);
	for (size_t i = 0; i < count; i++) {
		struct zs_run *part = zs_cli_part(cli, run, zones[i]);
		check_one(cli, part, zones[i]->file.path, zones[i]->name, zones[i], &all[i]);
		zs_run_join(run, part);
		if (all[i].count) /* they are in its memory */
			zs_cli_part_stays(run, part);
		else
			zs_run_end(part);
	}
	return finish(cli, run, all, count);
}
