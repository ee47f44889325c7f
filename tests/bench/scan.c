/* scan.c - how fast the scanner alone is, on one core: the text of a file to records, neither grouped nor sorted.
 *
 *   scan ORIGIN FILE ROUNDS
 * prints the megabytes (10^6 octets) a second of the median round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zone/scan.h"

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Seconds for all of the text; the arrays of the round before are used again, as slices of a large file do. */
static double scan_once(struct zs_scan *scan, const struct zs_input *input)
{
	struct zs_scan_text text = { .input = input, .at = input->text, .end = input->text + input->len, .line = 1 };
	const double start = now();
	zs_scan_set_origin(&text, scan->options->apex);
	scan->record_count = 0;
	scan->zone->octets_len = 0;
	zs_scan_forget_names(scan);
	zs_scan_text(scan, &text);
	return now() - start;
}

int main(int argc, char **argv)
{
	enum { ROUNDS_MAX = 1000 };
	static double seconds[ROUNDS_MAX];
	const size_t rounds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct zs_run *run = zs_run_begin();
	uint8_t apex[ZS_NAME_MAX];
	struct zs_name_error error;
	struct zs_input input;
	struct zs_file_id id;
	struct zs_zone zone = { .arena = run->arena };
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP };
	struct zs_scan scan;
	uint16_t index;
	if (!rounds || rounds > ROUNDS_MAX || !zs_name_parse(argv[1], strlen(argv[1]), NULL, apex, &error)
	    || !zs_file_read(run, run->arena, NULL, argv[2], ZS_ZONE_TEXT_MAX, &input, &id)) {
		fprintf(stderr, "scan ORIGIN FILE ROUNDS (1 to %d)\n", ROUNDS_MAX);
		return 2;
	}
	zs_scan_begin(&scan, run, run->arena, &options, &zone);
	if (!zs_scan_add_input(&scan, &input, NULL, &index))
		return 1;
	for (size_t i = 0; i < rounds; i++)
		seconds[i] = scan_once(&scan, &input);
	if (run->error_count || !scan.record_count) {
		fprintf(stderr, "scan: '%s' has errors, or no records\n", argv[2]);
		return 1;
	}
	qsort(seconds, rounds, sizeof *seconds, by_value);
	printf("%.0f\n", (double)input.len / 1e6 / seconds[rounds / 2]);
	zs_run_end(run);
	return 0;
}
