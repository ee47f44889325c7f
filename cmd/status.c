/* status.c - the command status: one instruction per zone, then the keys and what they wait for. */
#include <getopt.h>
#include <string.h>

#include "base/json.h"
#include "cmd/command.h"
#include "report/report.h"

static const char help[] =
    "usage: zonesign status [--html FILE] [--ahead DURATION] [ZONE...]\n\n"
    "What a person must do for each zone, and what its keys are doing. Exit status: 0 fine, 5 a person must act, 4 the chain of\n"
    "trust is in danger.\n\n"
    "  --html FILE       write a page with the timeline to FILE ('-': to standard output)\n"
    "  --ahead DURATION  how far the timeline and the events look ahead; the default is 400d\n";

enum { DAY = 86400, TIMELINES_MAX = 500 };

static enum zs_fault one_zone(struct zs_run *run, const struct zs_zone_config *zone, zs_seconds span, const struct zs_status **out)
{
	struct zs_facts *facts;
	struct zs_status *status = zs_arena_alloc(run->arena, sizeof *status);
	*out = NULL;
	if (!zs_facts_read(run, zone, &facts))
		return run->fault;
	zs_facts_close(facts);
	if (!zs_report_status(run, zone, facts, span, status))
		return run->fault;
	*out = status;
	return status->fault;
}

int zs_cmd_status(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "html", required_argument, NULL, 'H' }, { "ahead", required_argument, NULL, 'a' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	const char *page_path = NULL;
	zs_seconds ahead = 400 * DAY;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'H') {
			page_path = optarg;
		} else if (c == 'a' && (!zs_duration_parse(optarg, &ahead) || ahead < 1)) {
			zs_usage(run, "--ahead '%s' is no duration; 400d, 2w", optarg);
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		}
	}
	const struct zs_config *config;
	const struct zs_zone_config **zones = NULL;
	size_t count, got = 0;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zones = zs_cli_zones(run, config, argv + optind, argc - optind, &count);
	if (!zones)
		return zs_cli_end(cli, run);
	const struct zs_status **list = zs_arena_array(run->arena, count + 1, sizeof *list);
	struct zs_buf text = { .arena = run->arena, .max = (size_t)1 << 30 };
	struct zs_json *document = cli->json ? zs_json_object(run->arena) : NULL;
	struct zs_json *array = document ? zs_json_set_array(document, "zones") : NULL;
	enum zs_fault gravest = ZS_DONE;
	for (size_t i = 0; i < count; i++) {
		const struct zs_status *status;
		struct zs_run *part = zs_cli_part(cli, run, zones[i]);
		gravest = zs_fault_gravest(gravest, one_zone(part, zones[i], (page_path || cli->json) && i < TIMELINES_MAX ? ahead : 0, &status));
		if (status && array)
			zs_report_status_json(part, status, zs_json_add_object(array));
		else if (status && (!page_path || strcmp(page_path, "-") != 0))
			zs_report_status_text(part, status, &text);
		zs_run_join(run, part);
		if (status && page_path) {
			list[got++] = status;
			zs_cli_part_stays(run, part);
		} else {
			zs_run_end(part);
		}
	}
	if (document) {
		zs_cli_json_errors(document, run);
		zs_json_dump(document, &text);
	}
	zs_cli_write(run, text.data, text.len);
	if (page_path) {
		struct zs_buf page = { .arena = run->arena, .max = (size_t)1 << 30 };
		zs_report_status_html(run, list, got, &page);
		(void)!zs_cli_write_page(run, page_path, &page);
	}
	gravest = zs_fault_gravest(gravest, run->fault);
	zs_cli_end(cli, run);
	return (int)gravest;
}
