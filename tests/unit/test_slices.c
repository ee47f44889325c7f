/* test_slices.c - a file read in slices by threads gives the zone, and the diagnostics, of one that is read whole. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "zone/zone.h"

static const uint8_t apex[] = "\7example";

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The diagnostics as lines, sorted: those about RRsets come in the order of the text where that is read at once, else of
 * names. */
static void print_diags(const struct zs_run *run, FILE *to)
{
	const char *lines[3 * ZS_DIAG_MAX];
	size_t count = 0;
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		lines[count++] = zs_arena_printf(run->arena, "%u:%u: %s\n%s\n", d->line, d->column, d->message, d->excerpt ? d->excerpt : "(none)");
	qsort(lines, count, sizeof *lines, by_text);
	for (size_t i = 0; i < count; i++)
		fputs(lines[i], to);
}

/* Everything that can be seen of a reading, as one text. */
static char *reading(const char *text, size_t len, size_t slice, unsigned jobs, bool general)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP, .slice = slice, .general = general, .want_sha256 = true };
	struct zs_zone *zone;
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);
	char path[] = "/tmp/zonesign-slices-XXXXXX";
	const int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	run->jobs = jobs;
	if (zs_zone_read_fd(run, run->arena, fd, path, &options, &zone)) {
		uint8_t content[32];
		ck_assert(zs_zone_content(run, zone, content));
		for (size_t i = 0; i < sizeof content; i++)
			fprintf(to, "%02x", content[i]);
		fprintf(to, " %zu owners, %llu records\n", zone->owner_count, (unsigned long long)zone->record_count);
		for (size_t i = 0; i < zone->owner_count; i++)
			for (uint32_t s = zone->owners[i].first; s < zone->owners[i].first + zone->owners[i].rrset_count; s++)
				fprintf(to, "%u %u line %u\n", zone->owners[i].flags, zone->rrsets[s].type, zone->rdata[zone->rrsets[s].first].line);
	}
	print_diags(run, to);
	fclose(to);
	unlink(path);
	close(fd);
	zs_run_end(run);
	return out;
}

static void same_in_slices(const char *text)
{
	const size_t len = strlen(text);
	char *whole = reading(text, len, 1 << 20, 1, false), *general = reading(text, len, 1 << 20, 1, true);
	ck_assert_str_eq(whole, general);
	for (size_t slice = 5; slice <= len / 4; slice += slice / 3 + 1)
		for (unsigned jobs = 1; jobs <= 3; jobs += 2) {
			char *sliced = reading(text, len, slice, jobs, false);
			size_t same = 0;
			while (whole[same] && whole[same] == sliced[same])
				same++;
			ck_assert_msg(strcmp(whole, sliced) == 0, "slices of %zu, %u threads, from %zu on: %.200s\nwhole: %.200s", slice, jobs,
			              same, sliced + same, whole + same);
			free(sliced);
		}
	free(whole);
	free(general);
}

static const char head[] = "$TTL 300\n@ SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n";

static char *many(const char *const *lines, size_t count, unsigned repeat)
{
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);
	fputs(head, to);
	for (unsigned i = 0; i < repeat; i++)
		for (size_t j = 0; j < count; j++) {
			for (const char *p = lines[j]; *p; p++)
				if (*p == '#')
					fprintf(to, "%u", i * 7919 % 1000);
				else
					fputc(*p, to);
			fputc('\n', to);
		}
	fclose(to);
	return out;
}

#define SAME(repeat, ...)                                             \
	do {                                                          \
		static const char *const lines[] = { __VA_ARGS__ };   \
		char *text = many(lines, ZS_COUNT(lines), repeat);    \
		same_in_slices(text);                                 \
		free(text);                                           \
	} while (0)

START_TEST(plain_records)
{
	SAME(30, "h# A 192.0.2.1", "h# AAAA 2001:db8::1", "\tMX 10 ns", "d# NS ns.d#", "ns.d# A 192.0.2.2", "H# TXT \"x\"");
}
END_TEST

START_TEST(sorted_owners_that_slices_cut_in_two)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	fputs("$TTL 300\n@ SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n", to);
	for (unsigned i = 0; i < 60; i++)
		fprintf(to, "o%02u A 192.0.2.1\nO%02u AAAA 2001:db8::1\n\tTXT x\no%02u MX 1 ns\n", i, i, i);
	fclose(to);
	same_in_slices(text);
	free(text);
}
END_TEST

START_TEST(state_that_goes_from_line_to_line)
{
	SAME(12, "h# A 192.0.2.1", "$ORIGIN s#.example.", "h A 192.0.2.1", "@ AAAA ::1", "$TTL 60#", "h AAAA ::2", "$ORIGIN example.");
	SAME(12, "$ORIGIN a", "$ORIGIN example.", "h# 77 A 192.0.2.1", "i# A 192.0.2.1");
}
END_TEST

START_TEST(owners_from_before_a_directive)
{
	SAME(20, "h# A 192.0.2.1", "$TTL 300", "\tTXT \"x\"");
	SAME(20, "h# A 192.0.2.1", "$ORIGIN sub.example.", "\tTXT \"x\"", " AAAA ::1", "$ORIGIN example.", "; words", "\tMX 1 ns", "", " MX 2 ns");
	SAME(20, "h# A 192.0.2.1", "$GENERATE 1-2 g#-$ A 192.0.2.$", " TXT x");
}
END_TEST

START_TEST(ttls_that_are_not_by_directive)
{
	static const char text[] = "@ 300 SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\na 60 A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n"
	                           "d 90 A 192.0.2.1\ne A 192.0.2.1\nf A 192.0.2.1\ng A 192.0.2.1\n$TTL 5\nh 70 A 192.0.2.1\ni A 192.0.2.1\n";
	same_in_slices(text);
	same_in_slices("@ SOA ns h 7 1 1 1 9\n@ NS ns\nns A 192.0.2.1\na 60 A 192.0.2.1\nb A 192.0.2.1\nc 70 A 192.0.2.1\nd A 192.0.2.1\ne A 192.0.2.1\n");
}
END_TEST

START_TEST(heads_like_and_unlike_the_line_above)
{
	SAME(20, "h#\t60\tIN\tA\t192.0.2.1", "i#\t60\tIN\tA\t192.0.2.2", "j#\t60\tIN\tA\t\t192.0.2.2", "k#\t60\tIN\tA 192.0.2.3",
	     "k#\t60\tIN\tAAAA\t2001:db8::1", "k#\t60\tIN\tA\t192.0.2.4");
	SAME(20, "h# A 192.0.2.1", "i# A 192.0.2.2", "j# 70 A 192.0.2.3", "k# 70 A 192.0.2.3", "l# A 192.0.2.4", "m#  A 192.0.2.5");
	SAME(8, "h# A 192.0.2.1", "$TTL 70", "i# A 192.0.2.2", "$ORIGIN example.", "j# A 192.0.2.2", "k# IN 71 A 192.0.2.2",
	     "l# IN 71 A 192.0.2.2", "m# IN 71 TXT \"A\"", "\t IN 71 TXT \"B\"", "\t IN 71 A 192.0.2.7", "$TTL 300");
	SAME(8, "h# 60 A 192.0.2.1", "i# 77 ( A 192.0.2.1 )", "j# 60 A 192.0.2.1", "k# 60 AAAA ::1", "l# 77 IN ( AAAA ) ::1", "m# 60 AAAA ::1");
	SAME(3, "h# A 192.0.2.1", "i# A", "j# A 192.0.2.1", "k# A ", "l# A", "m# A 192.0.2.1");
}
END_TEST

START_TEST(signatures_like_and_unlike_those_above)
{
	SAME(20, "h# RRSIG A 13 2 300 20260102000000 20260101000000 5 example. AAAA", "i# RRSIG A 13 2 300 20260103000000 20260101000000 5 example. AAAB",
	     "j# RRSIG A 13 2 300 20260103000000 20260101000000 6 example. AAAB", "k# RRSIG A 13 2 300 20260103000000  20260101000000 6 example. AAAB",
	     "l# RRSIG A 13 2 300 20260103000000 20260101000000 6 example.\tAAAC", "m# RRSIG A 13 2 300 20260103000000 20260101000000 6 example.  AAAC",
	     "n# RRSIG A 13 2 300 20260103000000 20260101000000 6 example. ; none");
	SAME(10, "h# RRSIG A 13 2 300 20260102000000 20260101000000 5 @ AAAA", "$ORIGIN sub.example.", "i# RRSIG A 13 2 300 20260102000000 20260101000000 5 @ AAAA",
	     "j# RRSIG A 13 2 300 20260102000000 20260101000000 5 a AAAA", "$ORIGIN example.", "k# RRSIG A 13 2 300 20260102000000 20260101000000 5 a AAAA");
	SAME(20, "h# NSEC i A NS RRSIG", "i# NSEC j A NS RRSIG", "j# NSEC k A NS", "k# NSEC l A NS ; A", "l# NSEC m A  NS", "m# NSEC n A NS ", "n# NSEC o",
	     "o# NSEC p", "p# NSEC q A NS RRSIG NSEC TYPE1234", "q# NSEC3 1 1 0 - 0123456789abcdefghijklmnopqrstuv A NS", "q# NSEC r A NS");
	SAME(4, "h# NSEC i A NS", "i# NSEC j NS A", "j# NSEC k A NS", "k# NSEC l A ANY", "l# NSEC m A ANY", "m# NSEC n A NS");
}
END_TEST

START_TEST(records_over_several_lines)
{
	SAME(10, "h# TXT ( \"a\"", "\"b\"", "c ; (", ") ; )", "i# A 192.0.2.1");
	SAME(10, "h# TXT (", "a A 192.0.2.1", "b", ") ", "i# A 192.0.2.1", "; a comment (", "");
	SAME(2, "h# TXT (", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", ")");
}
END_TEST

START_TEST(records_over_several_lines_behind_a_directive_that_makes_records)
{
	SAME(6, "a# A 192.0.2.1", "$GENERATE 1-2 g#-$ A 192.0.2.$", "b# TXT ( \"x\"", "c d", "e f ) ; comment", "$GENERATE 1-2 (", "h#-$", "A 192.0.2.$ )", "c# MX (", "10", "mail )");
}
END_TEST

START_TEST(lines_below_one_whose_owner_is_lost)
{
	SAME(3, "a# A 192.0.2.1", "b# TXT \"x\" )", " A 192.0.2.2", " BAD", "c#..d A 192.0.2.3", " A 192.0.2.4", "e# A 192.0.2.5", " A 192.0.2.6", "$ORIGIN )", " A 192.0.2.7");
}
END_TEST

START_TEST(what_there_is_to_say)
{
	SAME(12, "h# A 192.0.2.1", "h# A 192.0.2.1", "i# 60 A 192.0.2.1", "i# 61 A 192.0.2.2");
	SAME(12, "h# A 192.0.2.1", "\303\244# A 192.0.2.1", "i# A 192.0.2.300", "j# X", "k# A (", "192.0.2.1)");
	SAME(3, "h# A 192.0.2.1", "i# TXT (");
	SAME(4, "$GENERATE 1-3 g#-$ A 192.0.2.$", "h# A 192.0.2.1", "$NONSENSE", "$INCLUDE nowhere");
	same_in_slices("$TTL 300\n@ SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\na A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1");
}
END_TEST

START_TEST(names_outside_and_odd_octets)
{
	SAME(12, "h#.test. A 192.0.2.1", "\\000\\001# A 192.0.2.1", "\\000# A 192.0.2.1", "\\001# A 192.0.2.1", "\\255# A 192.0.2.1",
	     "\\000.h# A 192.0.2.1", "a.\\000 A 192.0.2.#", "aaaaaaaaaaaaaaaaaaaaaaaaaa# A 192.0.2.1", "AAAAAAAAaaaaaaaaaaaaaaaaaa# AAAA ::1",
	     "zzzzzzzz.aaaaaaaaaaaaaaaaaaaaaaaaaa# A 192.0.2.1");
}
END_TEST

START_TEST(line_is_found_again_without_the_text)
{
	struct zs_run *run = zs_run_begin();
	char path[] = "/tmp/zonesign-slices-XXXXXX";
	const int fd = mkstemp(path);
	static const char *const lines[] = { "h# A 192.0.2.1", "mx# MX 10 nowhere" };
	char *text = many(lines, 2, 40);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	const struct zs_zone_options options = { .apex = apex, .slice = 100 };
	struct zs_zone *zone;
	ck_assert(zs_zone_read(run, run->arena, path, &options, &zone));
	ck_assert(zs_zone_check(run, zone, 0, false));
	unsigned count = 0;
	for (const struct zs_diag *d = run->diags; d; d = d->next) {
		if (!strstr(d->message, "nowhere"))
			continue;
		ck_assert_ptr_nonnull(d->excerpt);
		ck_assert_msg(strstr(d->excerpt, " MX 10 nowhere"), "line %u: %s", d->line, d->excerpt);
		count++;
	}
	ck_assert_uint_eq(count, 40);
	unlink(path);
	close(fd);
	free(text);
	zs_run_end(run);
}
END_TEST

enum { MANY = 9000 };

/* Owners that are alike for long, differ in case only, have labels below, or octets that sort keys escape. */
static void put_name(FILE *to, unsigned i, bool upper)
{
	static const char *const shapes[] = { "h%05u", "a-prefix-of-more-octets-than-two-keys-have-%u", "a.h%05u", "%u.a-prefix-of-16", "\\000%u", "\\001.%u" };
	char name[80];
	snprintf(name, sizeof name, shapes[i % ZS_COUNT(shapes)], i * 7919 % MANY);
	for (char *p = name; *p; p++)
		fputc(upper && *p >= 'a' && *p <= 'z' ? *p - 32 : *p, to);
}

/* The zone of a text, its owners in strict order; each name as printed by put_name once, with an A and, every 50th, a TXT. */
static char *ordered(char *text, size_t len, unsigned jobs)
{
	struct zs_run *run = zs_run_begin();
	struct zs_input input = { .path = "ordered", .text = text, .len = len };
	const struct zs_zone_options options = { .apex = apex };
	struct zs_zone *zone;
	char *names = NULL, shown[ZS_NAME_TEXT];
	size_t size;
	FILE *to = open_memstream(&names, &size);
	run->jobs = jobs;
	ck_assert(zs_zone_read_text(run, run->arena, &input, &options, &zone));
	ck_assert_uint_eq(zone->owner_count, MANY + 2);
	for (size_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		ck_assert(!i || zs_name_compare(zs_owner_name(zone, owner - 1), zs_owner_name(zone, owner)) < 0);
		zs_name_format(zs_owner_name(zone, owner), shown);
		for (char *p = shown; *p; p++)
			*p = zs_lower(*p);
		fprintf(to, "%s %u", shown, owner->rrset_count);
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
			fprintf(to, " %u:%u", zone->rrsets[s].type, zone->rrsets[s].count);
		fputc('\n', to);
	}
	fclose(to);
	zs_run_end(run);
	return names;
}

/* The same records in the order of `lines` text, as `runs` runs of it that are each in that order; 0: shuffled. */
static char *in_runs(const char *sorted, unsigned runs, size_t *len)
{
	char *out = NULL;
	FILE *to = open_memstream(&out, len);
	fputs(head, to);
	for (unsigned i = 0; i < MANY && !runs; i++) {
		put_name(to, i, false);
		fputs(" A 192.0.2.1\n", to);
	}
	for (unsigned i = 0; i < MANY && !runs; i += 50) {
		put_name(to, i, true);
		fputs(" TXT x\n", to);
	}
	for (unsigned r = 0; r < runs; r++) {
		unsigned number = 0;
		for (const char *line = sorted, *end; *line; line = end + 1, number++) {
			const int name = (int)(strchr(line, ' ') - line);
			end = strchr(line, '\n');
			if (strncmp(line, "example. ", 9) == 0 || strncmp(line, "ns.example. ", 12) == 0)
				continue;
			if (number % runs == r)
				fprintf(to, "%.*s A 192.0.2.1\n", name, line);
			if (memmem(line, (size_t)(end - line), " 16:1", 5) && (number + 1) % runs == r)
				fprintf(to, "%.*s TXT x\n", name, line);
		}
	}
	fclose(to);
	return out;
}

START_TEST(many_owners_in_any_order)
{
	size_t len;
	char *text = in_runs("", 0, &len), *sorted = ordered(text, len, 1);
	free(text);
	for (unsigned runs = 0; runs <= 9; runs++)
		for (unsigned jobs = 1; jobs <= 5; jobs += 2) {
			text = in_runs(sorted, runs, &len);
			char *again = ordered(text, len, jobs);
			ck_assert_msg(strcmp(again, sorted) == 0, "%u runs, %u threads", runs, jobs);
			free(text);
			free(again);
		}
	free(sorted);
}
END_TEST

ZS_SUITE(slices)
{
	Suite *suite = suite_create("slices");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 60);
	tcase_add_test(all, plain_records);
	tcase_add_test(all, sorted_owners_that_slices_cut_in_two);
	tcase_add_test(all, state_that_goes_from_line_to_line);
	tcase_add_test(all, owners_from_before_a_directive);
	tcase_add_test(all, ttls_that_are_not_by_directive);
	tcase_add_test(all, heads_like_and_unlike_the_line_above);
	tcase_add_test(all, signatures_like_and_unlike_those_above);
	tcase_add_test(all, records_over_several_lines);
	tcase_add_test(all, records_over_several_lines_behind_a_directive_that_makes_records);
	tcase_add_test(all, lines_below_one_whose_owner_is_lost);
	tcase_add_test(all, what_there_is_to_say);
	tcase_add_test(all, names_outside_and_odd_octets);
	tcase_add_test(all, line_is_found_again_without_the_text);
	tcase_add_test(all, many_owners_in_any_order);
	suite_add_tcase(suite, all);
	return suite;
}
