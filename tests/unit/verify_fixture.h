/* verify_fixture.h - what test_verify.c and test_verify_crypto.c share: a zone of text, judged, and what was said. */
#ifndef ZS_TESTS_VERIFY_FIXTURE_H
#define ZS_TESTS_VERIFY_FIXTURE_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verify_private.h"

enum { NOW = 1790000000, TEXT_MAX = 1 << 20 }; /* 2026-09-21, within the signatures of testdata/verify */

struct fixture {
	struct zs_run *run;
	struct zs_zone *zone;
	struct zs_verify_options options;
	struct zs_verify_result result;
	uint8_t apex[ZS_NAME_MAX];
};

static inline void begin(struct fixture *f, const char *apex, zs_time now)
{
	struct zs_name_error error;
	memset(f, 0, sizeof *f);
	f->run = zs_run_begin();
	f->run->now = now;
	ck_assert_uint_ne(zs_name_parse(apex, strlen(apex), NULL, f->apex, &error), 0);
	f->options = (struct zs_verify_options){ .apex = f->apex, .now = now };
}

static inline char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "cannot open %s: run the tests from the top folder", path);
	char *text = malloc(TEXT_MAX);
	const size_t len = fread(text, 1, TEXT_MAX - 1, file);
	fclose(file);
	text[len] = 0;
	return text;
}

/* text with the n-th occurrence (from 1) of `from` replaced. */
static inline char *replace(const char *text, const char *from, unsigned n, const char *to)
{
	const char *at = strstr(text, from);
	while (at && --n)
		at = strstr(at + 1, from);
	ck_assert_msg(at != NULL, "'%s' is not in the zone", from);
	char *out = malloc(strlen(text) + strlen(to) + 1);
	memcpy(out, text, (size_t)(at - text));
	strcpy(out + (at - text), to);
	strcat(out, at + strlen(from));
	return out;
}

static inline bool read_as(struct fixture *f, const char *text, bool strict)
{
	struct zs_input *input = zs_arena_alloc(f->run->arena, sizeof *input);
	const struct zs_zone_options options = { .apex = f->apex, .dnssec = ZS_DNSSEC_KEEP, .strict_rrsets = strict };
	*input = (struct zs_input){ .path = "test", .text = zs_arena_strdup(f->run->arena, text), .len = strlen(text) };
	return zs_zone_read_text(f->run, f->run->arena, input, &options, &f->zone);
}

static inline bool read_text(struct fixture *f, const char *text)
{
	return read_as(f, text, true);
}

static inline bool judge(struct fixture *f)
{
	return zs_verify_zone(f->run, f->run->arena, f->zone, &f->options, &f->result);
}

static inline bool judge_text(struct fixture *f, const char *text)
{
	return read_text(f, text) && judge(f);
}

static inline bool judge_file(struct fixture *f, const char *path)
{
	char *text = slurp(path);
	const bool ok = judge_text(f, text);
	free(text);
	return ok;
}

static inline const char *first_error(const struct fixture *f)
{
	for (const struct zs_diag *d = f->run->diags; d; d = d->next)
		if (d->severity == ZS_ERROR)
			return d->message;
	return "nothing";
}

/* An error of this guard whose message has these words. */
static inline bool refused(const struct fixture *f, const char *guard, const char *words)
{
	for (const struct zs_diag *d = f->run->diags; d; d = d->next)
		if (d->severity == ZS_ERROR && d->guard && strcmp(d->guard, guard) == 0 && strstr(d->message, words))
			return true;
	return false;
}

static inline bool warned(const struct fixture *f, const char *words)
{
	for (const struct zs_diag *d = f->run->diags; d; d = d->next)
		if (d->severity == ZS_WARNING && strstr(d->message, words))
			return true;
	return false;
}

/* The first record of a type at the apex, as options->ds wants it. */
static inline struct zs_bytes apex_record(const struct fixture *f, uint16_t type)
{
	const struct zs_rrset *set = zs_zone_apex_rrset(f->zone, type);
	ck_assert_ptr_nonnull(set);
	return zs_rrset_rdata(f->zone, set, 0);
}

#endif
