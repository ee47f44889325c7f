/* status.c - the command status: one instruction per zone, then the keys and what they wait for. */
#include <getopt.h>
#include <string.h>

#include "base/json.h"
#include "cmd/command.h"
#include "report/report.h"

static const char help[] =
    "usage: zonesign status [--html FILE] [--ahead DURATION] [--shard I/N] [ZONE...]\n\n"
    "What a person must do for each zone, and what its keys are doing. Exit status: 0 fine, 5 a person must act, 4 the chain of\n"
    "trust is in danger.\n\n"
    "  --html FILE       write a page with the timeline to FILE ('-': to standard output)\n"
    "  --ahead DURATION  how far the timeline and the events look ahead; the default is 400d\n"
    "  --shard I/N       only the zones that 'build --shard I/N' builds\n";

enum { DAY = 86400, TIMELINES_MAX = 500 };

/* What goes where: the text or the document at once, the page at the end. */
struct telling {
	const struct zs_cli *cli;
	struct zs_run *run;
	const struct zs_config *config;
	const char *page_path;          /* NULL: no page */
	zs_seconds ahead;
	struct zs_buf text;
	struct zs_json *document, *array;
	const struct zs_status **list;  /* for the page */
	size_t count, room;
	enum zs_fault gravest;
};

/* NULL: the state cannot be read, or there is nothing to say. */
static const struct zs_status *look_at(struct telling *t, struct zs_run *run, const struct zs_zone_config *zone, bool stray)
{
	struct zs_facts *facts;
	struct zs_status *status = zs_arena_alloc(run->arena, sizeof *status);
	const bool timeline = (t->page_path || t->document) && t->count < TIMELINES_MAX;
	if (!zs_facts_read(run, zone, &facts))
		return NULL;
	zs_facts_close(facts);
	if (stray)
		return zs_report_stray(run, zone, facts, t->config->files[0].path, status) ? status : NULL;
	return zs_report_status(run, zone, facts, timeline ? t->ahead : 0, status) ? status : NULL;
}

static void tell(struct telling *t, const struct zs_zone_config *zone, bool stray)
{
	struct zs_run *part = zs_cli_part(t->cli, t->run, zone);
	const struct zs_status *status = look_at(t, part, zone, stray);
	if (stray && !status) { /* a directory of something else may lie there too */
		zs_run_end(part);
		return;
	}
	t->gravest = zs_fault_gravest(t->gravest, status ? status->fault : part->fault);
	if (status && t->array)
		zs_report_status_json(part, status, zs_json_add_object(t->array));
	else if (status && (!t->page_path || strcmp(t->page_path, "-") != 0))
		zs_report_status_text(part, status, &t->text);
	zs_run_join(t->run, part);
	if (status && t->page_path) {
		ZS_PUSH(t->run->arena, t->list, t->count, t->room) = status;
		zs_cli_part_stays(t->run, part);
	} else {
		zs_run_end(part);
	}
}

int zs_cmd_status(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "html", required_argument, NULL, 'H' }, { "ahead", required_argument, NULL, 'a' }, { "shard", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	const char *page_path = NULL;
	zs_seconds ahead = 400 * DAY;
	struct zs_shard shard = { 1, 1 };
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'H') {
			page_path = optarg;
		} else if (c == 'a' && (!zs_duration_parse(optarg, &ahead) || ahead < 1)) {
			zs_usage(run, "--ahead '%s' is no duration; 400d, 2w", optarg);
		} else if (c == 's') {
			(void)zs_cli_shard(run, optarg, &shard);
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		}
	}
	const struct zs_zone_config **zones = NULL, *strays = NULL;
	struct telling t = { .cli = cli, .run = run, .page_path = page_path, .ahead = ahead, .text = { .arena = run->arena, .max = (size_t)1 << 30 } };
	size_t count, stray_count = 0;
	if (!run->fault && zs_cli_config(cli, run, &t.config))
		zones = zs_cli_zones(run, t.config, argv + optind, argc - optind, &count);
	if (!zones || (optind == argc && !zs_facts_strays(run, t.config, &strays, &stray_count)))
		return zs_cli_end(cli, run);
	count = zs_cli_keep_shard(zones, count, &shard);
	if (cli->json) {
		t.document = zs_json_object(run->arena);
		t.array = zs_json_set_array(t.document, "zones");
	}
	for (size_t i = 0; i < count; i++)
		tell(&t, zones[i], false);
	for (size_t i = 0; i < stray_count; i++)
		tell(&t, &strays[i], true);
	if (t.document) {
		zs_cli_json_errors(t.document, run);
		zs_json_dump(t.document, &t.text);
	}
	zs_cli_write(run, t.text.data, t.text.len);
	if (page_path) {
		struct zs_buf page = { .arena = run->arena, .max = (size_t)1 << 30 };
		zs_report_status_html(run, t.list, t.count, &page);
		(void)!zs_cli_write_page(run, page_path, &page);
	}
	t.gravest = zs_fault_gravest(t.gravest, run->fault);
	zs_cli_end(cli, run);
	return (int)t.gravest;
}
