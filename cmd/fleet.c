/* fleet.c - several zones: worker processes take them one by one, what they say is printed in the order of the zones.
 * A zone with a large file waits until the small ones are done, and then has all threads. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/workers.h"
#include "cmd/fleet.h"
#include "cmd/stages.h"

enum {
	SMALL_MAX = 256 * 1024, /* octets of a zone file that a process builds beside others: about 5,000 records */
	LANES = 128,            /* zones of a process that wait for the disk together */
	LANE_FILES = 8          /* descriptors that a zone may hold while it waits */
};

/* What a zone had to say, kept until those before it have said theirs. */
struct said {
	char *text; /* out, err and json, one after the other; malloc'd */
	size_t out_len, err_len, json_len;
	bool there;
};

struct job {
	const struct zs_cli *cli;
	struct zs_run *run;
	const struct zs_config *config;
	const struct zs_fleet *fleet;
	struct zs_build_options options;
	unsigned threads;
	const size_t *list; /* of the zones in this pass; NULL: all */
	struct said *said;
	size_t printed, *later, later_count, json_count, done;
	size_t faults[ZS_NOT_YET + 1]; /* zones by what came of them */
	struct zs_count count;
};

struct result { /* at the start of what a worker sends */
	size_t out_len, err_len, json_len;
	enum zs_fault fault;
	bool later;
};

static size_t zone_of(const struct job *j, size_t job)
{
	return j->list ? j->list[job] : job;
}

/* ---- in a worker ---- */

/* Put what a zone has to say into *to. */
static void say(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_result *built,
                const char *stages, size_t stages_len, struct zs_buf *to)
{
	struct zs_buf json = { .arena = run->arena, .max = ZS_WORKERS_RESULT_MAX };
	struct result result = { .fault = run->fault, .later = built->outcome == ZS_BUILT_LATER };
	char *out = NULL, *err = NULL;
	struct zs_build_streams streams = { .json = &json };
	streams.out = open_memstream(&out, &result.out_len);
	streams.err = open_memstream(&err, &result.err_len);
	if (!streams.out || !streams.err)
		_exit(1); /* no memory: the caller says which zone was lost */
	if (!result.later) {
		fwrite(stages, 1, stages_len, streams.err);
		zs_build_print(cli, run, zone, built, &streams);
	}
	fclose(streams.out);
	fclose(streams.err);
	result.json_len = json.len;
	zs_buf_add(to, &result, sizeof result);
	zs_buf_add(to, out, result.out_len);
	zs_buf_add(to, err, result.err_len);
	zs_buf_add(to, json.data, json.len);
	free(out);
	free(err);
}

static void build_in_worker(void *context, struct zs_group *group, size_t job, struct zs_buf *to)
{
	const struct job *j = context;
	const struct zs_zone_config *zone = j->fleet->zones[zone_of(j, job)];
	struct zs_run *run = zs_cli_run(j->cli);
	struct zs_build_result built;
	char *stages = NULL;
	size_t stages_len = 0;
	FILE *err = j->cli->verbose ? open_memstream(&stages, &stages_len) : NULL;
	run->jobs = j->threads;
	if (group) {
		run->sync = zs_group_sync;
		run->sync_context = group;
	}
	zs_build_run(j->cli, run, j->config, zone, &j->options, err, &built);
	if (err)
		fclose(err);
	if (zs_build_says(j->cli, run, &built))
		say(j->cli, run, zone, &built, stages ? stages : "", stages_len, to);
	free(stages);
	zs_run_end(run);
}

/* ---- in the caller ---- */

/* How many zones of all: who reads the errors of thousands wants to know first whether it is one tenant or the disk. */
static void print_sum(const struct job *j)
{
	static const struct {
		enum zs_fault fault;
		const char *words;
	} kinds[] = { { ZS_REFUSED, "refused" }, { ZS_INPUT, "with wrong input" }, { ZS_FAILED, "failed" }, { ZS_NOT_YET, "not finished yet" } };
	size_t told = 0;
	for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
		if (!j->faults[kinds[i].fault])
			continue;
		if (!told)
			fprintf(stderr, "zonesign: of %zu zones", j->fleet->count);
		fprintf(stderr, "%s %zu %s", told++ ? "," : "", j->faults[kinds[i].fault], kinds[i].words);
	}
	if (told)
		fputc('\n', stderr);
}

/* An object as zs_json_dump writes it, as an element of the array of the document. */
static void print_json(struct job *j, const char *text, size_t len)
{
	fputs(j->json_count++ ? ",\n" : "\n", stdout);
	for (const char *p = text, *end = text + len; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		const size_t line = (size_t)((stop ? stop : end) - p);
		printf("    %.*s%s", (int)line, p, stop && stop + 1 < end ? "\n" : "");
		p = stop ? stop + 1 : end;
	}
}

/* The end of the document: of the zones, and what stands for those that have no config. */
static void end_json(const struct job *j)
{
	fputs(j->json_count ? "\n  ]" : "]", stdout);
	if (j->run->error_count) {
		struct zs_buf text = { .arena = j->run->arena, .max = ZS_WORKERS_RESULT_MAX };
		struct zs_json *errors = zs_json_array(j->run->arena);
		zs_cli_json_diags(errors, j->run);
		zs_json_dump_line(errors, &text);
		printf(",\n  \"diagnostics\": %s", zs_buf_string(&text));
	}
	puts("\n}");
}

static void print_said(struct job *j, struct said *said)
{
	if (!said->text)
		return;
	zs_count_clear(&j->count);
	fwrite(said->text, 1, said->out_len, stdout);
	if (said->json_len)
		print_json(j, said->text + said->out_len + said->err_len, said->json_len);
	if (said->err_len) {
		fflush(stdout);
		fwrite(said->text + said->out_len, 1, said->err_len, stderr);
	}
	free(said->text);
	said->text = NULL;
}

static void print_ready(struct job *j)
{
	for (; j->printed < j->fleet->count && j->said[j->printed].there; j->printed++)
		print_said(j, &j->said[j->printed]);
}

static void keep(struct job *j, size_t zone, const struct result *result, const void *text)
{
	struct said *said = &j->said[zone];
	const size_t len = result->out_len + result->err_len + result->json_len;
	*said = (struct said){ .out_len = result->out_len, .err_len = result->err_len, .json_len = result->json_len, .there = true };
	said->text = malloc(len + 1);
	if (said->text)
		memcpy(said->text, text, len);
	else
		said->out_len = said->err_len = said->json_len = 0;
	j->run->fault = zs_fault_gravest(j->run->fault, result->fault);
	j->faults[result->fault]++;
}

/* The process that built the zone is gone; what it would have said is said here. */
static void lost(struct job *j, size_t zone, int status)
{
	const struct zs_zone_config *config = j->fleet->zones[zone];
	const struct zs_build_result built = { .outcome = ZS_BUILT_FAILED };
	struct zs_run *run = zs_cli_run(j->cli);
	struct zs_buf all = { .arena = run->arena, .max = ZS_WORKERS_RESULT_MAX };
	struct result result;
	run->zone_text = config->name_text;
	if (WIFSIGNALED(status))
		zs_fail(run, "the process that built this zone was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		zs_fail(run, "the process that built this zone ended with status %d: out of memory?", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	zs_hint(run, "the zone in service is whole, and the next run carries on; the other zones are built");
	say(j->cli, run, config, &built, "", 0, &all);
	memcpy(&result, all.data, sizeof result);
	keep(j, zone, &result, all.data + sizeof result);
	zs_run_end(run);
}

static void take_result(void *context, size_t job, int status, struct zs_bytes data)
{
	struct job *j = context;
	const size_t zone = zone_of(j, job);
	struct result result;
	j->done++;
	if (status) {
		lost(j, zone, status);
	} else if (data.len < sizeof result) {
		j->said[zone].there = true; /* nothing was done, nothing is said */
	} else {
		memcpy(&result, data.data, sizeof result);
		if (result.later) {
			j->done--;
			j->later[j->later_count++] = zone;
			return;
		}
		keep(j, zone, &result, data.data + sizeof result);
	}
	print_ready(j);
	zs_count_show(&j->count, j->done, j->fleet->count);
}

/* As many lanes as there are descriptors for. */
static unsigned lanes(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < LANES * LANE_FILES + 64) {
		limit.rlim_cur = limit.rlim_max < LANES * LANE_FILES + 64 ? limit.rlim_max : LANES * LANE_FILES + 64;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= LANES * LANE_FILES + 64)
		return LANES;
	return limit.rlim_cur > 64 + LANE_FILES ? (unsigned)((limit.rlim_cur - 64) / LANE_FILES) : 1;
}

static int by_index(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

static void build_many(struct job *j)
{
	struct zs_workers workers = { .processes = j->run->jobs, .lanes = lanes(), .job_count = j->fleet->count, .work = build_in_worker,
		                      .done = take_result, .context = j };
	j->options.small_max = SMALL_MAX;
	j->threads = 1;
	if (!zs_workers_run(j->run, &workers) || !j->later_count)
		return;
	size_t *list = zs_arena_array(j->run->arena, j->later_count, sizeof *list);
	memcpy(list, j->later, j->later_count * sizeof *list);
	qsort(list, j->later_count, sizeof *list, by_index);
	j->list = list;
	j->options.small_max = 0;
	j->threads = j->run->jobs;
	workers.processes = workers.lanes = 1;
	workers.job_count = j->later_count;
	(void)!zs_workers_run(j->run, &workers);
}

/* In this process: nothing to share, and no fork to pay for. */
static void build_alone(struct job *j)
{
	struct zs_run *run = zs_cli_run(j->cli);
	struct zs_buf json = { .arena = run->arena, .max = ZS_WORKERS_RESULT_MAX };
	const struct zs_build_streams streams = { .out = stdout, .err = stderr, .json = &json };
	struct zs_build_result built;
	run->jobs = j->run->jobs;
	zs_build_run(j->cli, run, j->config, j->fleet->zones[0], &j->options, stderr, &built);
	zs_build_print(j->cli, run, j->fleet->zones[0], &built, &streams);
	if (j->cli->json)
		print_json(j, (const char *)json.data, json.len);
	j->run->fault = zs_fault_gravest(j->run->fault, run->fault);
	zs_run_end(run);
}

/* The same zone twice would wait for its own lock. */
static size_t drop_doubles(const struct zs_zone_config **zones, size_t count, const struct zs_config *config, struct zs_arena *arena)
{
	bool *seen = zs_arena_array(arena, config->zone_count, sizeof *seen);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool *one = &seen[zones[i] - config->zones];
		if (!*one)
			zones[kept++] = zones[i];
		*one = true;
	}
	return kept;
}

void zs_fleet_build(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_fleet *fleet)
{
	const struct zs_fleet unique = { fleet->zones, drop_doubles(fleet->zones, fleet->count, config, run->arena), fleet->options };
	struct zs_cli plain = *cli;
	struct job j = { .cli = &plain, .run = run, .config = config, .fleet = &unique, .options = *fleet->options };
	j.said = zs_arena_array(run->arena, unique.count, sizeof *j.said);
	j.later = zs_arena_array(run->arena, unique.count, sizeof *j.later);
	if (cli->json)
		fputs("{\n  \"zones\": [", stdout);
	plain.terminal = isatty(STDOUT_FILENO);
	plain.color = zs_cli_color(cli, stderr) ? ZS_COLOR_ALWAYS : ZS_COLOR_NEVER; /* a worker's streams are no terminals */
	if (unique.count == 1) {
		build_alone(&j);
	} else if (unique.count) {
		zs_count_begin(&j.count, cli);
		build_many(&j);
		zs_count_clear(&j.count);
		fflush(stdout);
		print_sum(&j);
	}
	if (cli->json)
		end_json(&j);
}
