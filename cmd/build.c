/* build.c - the command build: its options, and what it prints of a zone. Several zones: fleet.c. */
#include "cmd/fleet.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/stages.h"

static const char help[] =
    "usage: zonesign build [--dry-run] [--jobs N] [--shard I/N] [--accept GUARD]... [ZONE...]\n\n"
    "Read, check, sign, verify and publish the zones of the config (all, or those named). Idempotent: run it from cron.\n\n"
    "  --dry-run        print what would be published: records and keys that come and go; nothing is written\n"
    "  --jobs N         processes for several zones, or threads for a large one; the default is the number of cores\n"
    "  --shard I/N      only the I-th of N parts of the zones, the same on every machine\n"
    "  --accept GUARD   override a guard in this run: clock, adopt, G5, G6, G6z, G8, G11, G12, G16, G19 or G21; recorded in the state\n";

/* "GUARD" or "GUARD=VALUE" of a guard that can be overridden. */
static bool is_guard(const char *text)
{
	for (size_t i = 0; zs_build_guard_name(i); i++) {
		const size_t len = strlen(zs_build_guard_name(i));
		if (strncmp(text, zs_build_guard_name(i), len) == 0 && (text[len] == 0 || text[len] == '='))
			return true;
	}
	return false;
}

static const char *outcome_text(enum zs_build_outcome outcome)
{
	static const char *const texts[] = {
		[ZS_BUILT_NOTHING] = "nothing to do", [ZS_BUILT_PUBLISHED] = "published", [ZS_BUILT_RESCUED] = "rescued",
		[ZS_BUILT_RELOADED] = "reloaded", [ZS_BUILT_UNVERIFIED] = "signed, not verified", [ZS_BUILT_FAILED] = "failed",
		[ZS_BUILT_LATER] = "later", [ZS_BUILT_PREVIEWED] = "would be published", [ZS_BUILT_UPDATED] = "updated",
	};
	return texts[outcome];
}

static void print_changes(const struct zs_zone_config *zone, const struct zs_build_result *r, FILE *to)
{
	fprintf(to, "%s would be published %s: %llu records added, %llu removed\n", zone->name_text, r->why, (unsigned long long)r->added_count,
	        (unsigned long long)r->removed_count);
	uint64_t shown = 0;
	for (size_t i = 0; i < r->change_count; i++) {
		fprintf(to, "%c %s%s\n", r->changes[i].added ? '+' : '-', r->changes[i].is_key ? "; " : "", r->changes[i].text);
		shown += !r->changes[i].is_key;
	}
	if (shown && shown < r->added_count + r->removed_count)
		fprintf(to, "; and %llu more\n", (unsigned long long)(r->added_count + r->removed_count - shown));
}

static void print_result(const struct zs_cli *cli, const struct zs_zone_config *zone, const struct zs_build_result *r, FILE *to)
{
	char a[ZS_TIME_TEXT], b[ZS_TIME_TEXT];
	switch (r->outcome) {
	case ZS_BUILT_NOTHING:
		if (cli->verbose || cli->terminal)
			fprintf(to, "%s nothing to do; serial %u, the next build is due %s\n", zone->name_text, r->serial,
			        zs_time_short(r->next_due, a));
		break;
	case ZS_BUILT_PUBLISHED:
	case ZS_BUILT_RESCUED:
		if (cli->quiet)
			break;
		fprintf(to, "%s %s: serial %u, %llu records, ", zone->name_text, outcome_text(r->outcome), r->serial, (unsigned long long)r->record_count);
		if (r->signature_count)
			fprintf(to, "%zu signatures verified, valid until %s\n", r->signature_count, zs_time_short(r->earliest_expiration, b));
		else
			fprintf(to, "not signed\n");
		if (r->first_ds && !r->ds_wanted)
			fprintf(to, "%s next: keep this build in cron; from %s on, give %s what 'zonesign ds' prints\n", zone->name_text,
			        zs_time_short(r->first_ds, a), zone->registrar ? zone->registrar : "your registrar");
		else if (r->instruction)
			fprintf(to, "%s you: %s\n", zone->name_text, r->instruction);
		break;
	case ZS_BUILT_RELOADED:
		if (!cli->quiet)
			fprintf(to, "%s reloaded: serial %u is in service now\n", zone->name_text, r->serial);
		break;
	case ZS_BUILT_UNVERIFIED:
		if (!cli->quiet)
			fprintf(to, "%s signed, not verified and not published: %zu signatures\n", zone->name_text, r->signature_count);
		break;
	case ZS_BUILT_UPDATED:
		if (!cli->quiet)
			fprintf(to, "%s updated: %llu records added or removed at %s\n", zone->name_text, (unsigned long long)r->record_count,
			        zone->publish->servers[0].text);
		break;
	case ZS_BUILT_PREVIEWED:
		print_changes(zone, r, to);
		break;
	case ZS_BUILT_FAILED:
	case ZS_BUILT_LATER:
		break;
	}
}

static void changes_json(struct zs_json *one, const struct zs_build_result *r)
{
	zs_json_set_text(one, "why", r->why);
	zs_json_set_int(one, "added_count", (int64_t)r->added_count);
	zs_json_set_int(one, "removed_count", (int64_t)r->removed_count);
	struct zs_json *lists[] = { zs_json_set_array(one, "removed"), zs_json_set_array(one, "added") }, *keys = zs_json_set_array(one, "keys");
	for (size_t i = 0; i < r->change_count; i++)
		zs_json_add_text(r->changes[i].is_key ? keys : lists[r->changes[i].added], r->changes[i].text);
}

static void build_json(const struct zs_zone_config *zone, const struct zs_run *run, const struct zs_build_result *r, struct zs_buf *out)
{
	struct zs_json *one = zs_json_object(run->arena);
	zs_json_set_text(one, "zone", zone->name_text);
	zs_json_set_text(one, "outcome", outcome_text(r->outcome));
	zs_json_set_int(one, "status", run->fault);
	zs_json_set_int(one, "serial", r->serial);
	zs_json_set_int(one, "records", (int64_t)r->record_count);
	zs_json_set_int(one, "signatures", (int64_t)r->signature_count);
	zs_json_set_int(one, "reused", (int64_t)r->reused_count);
	zs_json_set_time(one, "earliest_expiration", r->earliest_expiration);
	zs_json_set_time(one, "next_due", r->next_due);
	zs_json_set_time(one, "first_ds", r->first_ds);
	if (r->instruction)
		zs_json_set_text(one, "instruction", r->instruction);
	if (r->outcome == ZS_BUILT_PREVIEWED)
		changes_json(one, r);
	zs_cli_json_diags(zs_json_set_array(one, "diagnostics"), run);
	zs_json_dump(one, out);
}

bool zs_build_says(const struct zs_cli *cli, const struct zs_run *run, const struct zs_build_result *result)
{
	return cli->json || cli->verbose || cli->terminal || run->diags || result->outcome != ZS_BUILT_NOTHING;
}

void zs_build_run(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
                  const struct zs_build_options *options, FILE *err, struct zs_build_result *out)
{
	struct zs_stages stages;
	run->zone_text = zone->name_text;
	zs_stages_begin(&stages, cli, run, err, err == stderr);
	(void)!zs_build(run, config, zone, options, out);
	zs_stages_end(&stages);
}

void zs_build_print(const struct zs_cli *cli, const struct zs_run *run, const struct zs_zone_config *zone,
                    const struct zs_build_result *result, const struct zs_build_streams *to)
{
	if (cli->json)
		build_json(zone, run, result, to->json);
	else
		print_result(cli, zone, result, to->out);
	fflush(to->out);
	zs_cli_diags(cli, run, to->err);
}

static bool read_options(struct zs_run *run, int argc, char **argv, struct zs_build_options *build, const char **accept,
                         struct zs_shard *shard)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' }, { "accept", required_argument, NULL, 'a' }, { "shard", required_argument, NULL, 's' },
		{ "dry-run", no_argument, NULL, 'd' }, { "bench-no-verify", no_argument, NULL, 'b' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	uint64_t jobs = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return false;
		}
		if (c == 'b')
			build->bench_no_verify = true;
		else if (c == 'd')
			build->dry_run = true;
		else if (c == 'j' && (!zs_text_number(optarg, strlen(optarg), 256, &jobs) || !jobs))
			zs_usage(run, "--jobs takes a number from 1 to 256");
		else if (c == 's')
			(void)zs_cli_shard(run, optarg, shard);
		else if (c == 'a' && !is_guard(optarg))
			zs_usage(run, "--accept '%s': there is clock, adopt, G5, G6, G6z, G8, G11, G12, G16, G19 and G21", optarg);
		else if (c == 'a')
			accept[build->accept_count++] = optarg;
		else if (c == '?')
			run->fault = ZS_USAGE;
	}
	if (jobs)
		run->jobs = (unsigned)jobs;
	return !run->fault;
}

int zs_cmd_build(const struct zs_cli *cli, int argc, char **argv)
{
	struct zs_run *run = zs_cli_run(cli);
	const char **accept = zs_arena_array(run->arena, (size_t)argc, sizeof *accept);
	struct zs_build_options build = { .accept = accept, .quiet = cli->quiet };
	struct zs_shard shard = { 1, 1 };
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count = 0;
	if (!read_options(run, argc, argv, &build, accept, &shard))
		return zs_cli_end(cli, run);
	if (zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	if (run->fault)
		zs_note(run, "a zone whose file is wrong is not signed again: mend it before the signatures in service expire");
	count = zs_cli_keep_shard(zones, count, &shard);
	if (!build.dry_run)
		signal(SIGPIPE, SIG_IGN); /* a reader that leaves, as head does, must not be the end of the zones that are still to be built */
	zs_fleet_build(cli, run, config, &(struct zs_fleet){ zones, count, &build });
	return zs_cli_end(cli, run);
}
