/* build.c - the command build: each zone on its own, one bad zone stops only itself. */
#include "build.h"

#include <getopt.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"

static const char help[] =
    "usage: zonesign build [--jobs N] [--accept GUARD]... [ZONE...]\n\n"
    "Read, check, sign, verify and publish the zones of the config (all, or those named). Idempotent: run it from cron.\n\n"
    "  --jobs N         threads to use; the default is the number of cores\n"
    "  --accept GUARD   override a guard in this run: 'clock' or 'adopt'; it is recorded in the state\n";

struct timing {
	struct timespec begin;
	const char *stage;
	bool on;
};

static void end_stage(struct timing *t)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (t->on && t->stage)
		fprintf(stderr, "  %-8s %8.3f s\n", t->stage,
		        (double)(now.tv_sec - t->begin.tv_sec) + (double)(now.tv_nsec - t->begin.tv_nsec) / 1e9);
	t->begin = now;
	t->stage = NULL;
}

static void begin_stage(void *context, const char *name)
{
	end_stage(context);
	((struct timing *)context)->stage = name;
}

static const char *outcome_text(enum zs_build_outcome outcome)
{
	static const char *const texts[] = {
		[ZS_BUILT_NOTHING] = "nothing to do", [ZS_BUILT_PUBLISHED] = "published", [ZS_BUILT_RESCUED] = "rescued",
		[ZS_BUILT_RELOADED] = "reloaded", [ZS_BUILT_UNVERIFIED] = "signed, not verified", [ZS_BUILT_FAILED] = "failed",
	};
	return texts[outcome];
}

static void print_result(const struct zs_cli *cli, const struct zs_zone_config *zone, const struct zs_build_result *r)
{
	char a[ZS_TIME_TEXT], b[ZS_TIME_TEXT];
	switch (r->outcome) {
	case ZS_BUILT_NOTHING:
		if (cli->verbose || isatty(STDOUT_FILENO))
			printf("%s nothing to do; serial %u, the next build is due %s\n", zone->name_text, r->serial, zs_time_short(r->next_due, a));
		break;
	case ZS_BUILT_PUBLISHED:
	case ZS_BUILT_RESCUED:
		if (cli->quiet)
			break;
		printf("%s %s: serial %u, %llu records, %zu signatures verified, valid until %s\n", zone->name_text, outcome_text(r->outcome),
		       r->serial, (unsigned long long)r->record_count, r->signature_count, zs_time_short(r->earliest_expiration, b));
		if (r->first_ds && !r->ds_wanted)
			printf("%s next: keep this build in cron; from %s on, give %s what 'zonesign ds' prints\n", zone->name_text,
			       zs_time_short(r->first_ds, a), zone->registrar ? zone->registrar : "your registrar");
		break;
	case ZS_BUILT_RELOADED:
		if (!cli->quiet)
			printf("%s reloaded: serial %u is in service now\n", zone->name_text, r->serial);
		break;
	case ZS_BUILT_UNVERIFIED:
		if (!cli->quiet)
			printf("%s signed, not verified and not published: %zu signatures\n", zone->name_text, r->signature_count);
		break;
	case ZS_BUILT_FAILED:
		break;
	}
}

static void add_json(struct zs_json *zones, const struct zs_zone_config *zone, const struct zs_run *run, const struct zs_build_result *r)
{
	struct zs_json *one = zs_json_add_object(zones);
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
	zs_cli_json_diags(zs_json_set_array(one, "diagnostics"), run);
}

static enum zs_fault build_zone(const struct zs_cli *cli, const struct zs_config *config, const struct zs_zone_config *zone,
                                const struct zs_build_options *options, unsigned jobs, struct zs_json *zones)
{
	struct zs_run *run = zs_cli_run(cli);
	struct zs_build_result result;
	struct timing timing = { .on = cli->verbose };
	run->zone_text = zone->name_text;
	run->stage = begin_stage;
	run->stage_context = &timing;
	if (jobs)
		run->jobs = jobs;
	clock_gettime(CLOCK_MONOTONIC, &timing.begin);
	(void)!zs_build(run, config, zone, options, &result);
	end_stage(&timing);
	if (zones)
		add_json(zones, zone, run, &result);
	else
		print_result(cli, zone, &result);
	return (enum zs_fault)zs_cli_end(cli, run);
}

int zs_cmd_build(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "jobs", required_argument, NULL, 'j' }, { "accept", required_argument, NULL, 'a' },
		{ "bench-no-verify", no_argument, NULL, 'b' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	const char **accept = zs_arena_array(run->arena, (size_t)argc, sizeof *accept);
	struct zs_build_options build = { .accept = accept };
	uint64_t jobs = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		if (c == 'b')
			build.bench_no_verify = true;
		if (c == 'j' && (!zs_text_number(optarg, strlen(optarg), 256, &jobs) || !jobs))
			zs_usage(run, "--jobs takes a number from 1 to 256");
		else if (c == 'a' && strcmp(optarg, "clock") != 0 && strcmp(optarg, "adopt") != 0)
			zs_usage(run, "--accept '%s': there is 'clock' and 'adopt'", optarg);
		else if (c == 'a')
			accept[build.accept_count++] = optarg;
		else if (c == '?')
			run->fault = ZS_USAGE;
	}
	const struct zs_config *config;
	size_t count;
	const struct zs_zone_config **zones = NULL;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	struct zs_json *document = cli->json ? zs_json_object(run->arena) : NULL;
	struct zs_json *list = document ? zs_json_set_array(document, "zones") : NULL;
	enum zs_fault gravest = ZS_DONE;
	for (size_t i = 0; i < count; i++)
		gravest = zs_fault_gravest(gravest, build_zone(cli, config, zones[i], &build, (unsigned)jobs, list));
	if (document)
		zs_cli_write_json(run, document);
	gravest = zs_fault_gravest(gravest, run->fault);
	zs_cli_end(cli, run);
	return (int)gravest;
}
