/* answers.c - for answers.sh: does a server answer as zonesign query does, and does the judge believe it?
 *
 * answers ORIGIN FILE NOW ADDRESS@PORT [SKIP...]
 * Asks the server, which serves the signed zone FILE, about every name of it, names beside and below, for several types. Its answer and
 * authority sections must be record for record those of zs_query_answer, and zs_verify_answer must find the same in both and nothing
 * bogus. Servers may add the NS of the apex, and NSEC3 that the proof does not need. Names of NSEC3 records are left out: servers
 * differ on what is there (RFC 5155 section 7.2.8). SKIP: "NAME/TYPE", where the server is known to be wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dns/rdata.h"
#include "live/live.h"
#include "query/query.h"
#include "verify/verify.h"

enum { BATCH = 64, LIMIT = 10000 };

struct line {
	uint8_t owner[ZS_NAME_MAX];
	size_t owner_len;
	const struct zs_answer_record *record;
	struct zs_bytes rdata;
};

static const uint8_t *apex;
static unsigned passed, failed;

static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	if (x->record->section != y->record->section)
		return x->record->section - y->record->section;
	const int owner = zs_bytes_compare((struct zs_bytes){ x->owner, x->owner_len }, (struct zs_bytes){ y->owner, y->owner_len });
	if (owner || x->record->type != y->record->type)
		return owner ? owner : x->record->type - y->record->type;
	if (x->record->ttl != y->record->ttl)
		return x->record->ttl < y->record->ttl ? -1 : 1;
	return zs_bytes_compare(x->rdata, y->rdata);
}

static size_t lines_of(struct zs_run *run, const struct zs_answer *answer, struct line **out)
{
	struct line *lines = zs_arena_array(run->arena, answer->count + 1, sizeof *lines);
	size_t count = 0;
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		const uint16_t type = r->type == ZS_TYPE_RRSIG ? zs_get_u16(r->rdata.data) : r->type;
		if (r->section == ZS_SECTION_ADDITIONAL || (r->section == ZS_SECTION_AUTHORITY && type == ZS_TYPE_NS && zs_name_equal(r->owner, apex)))
			continue;
		struct line *line = &lines[count++];
		uint8_t *canonical = zs_arena_alloc(run->arena, r->rdata.len);
		line->record = r;
		line->owner_len = zs_name_len(r->owner);
		zs_name_lower(r->owner, line->owner_len, line->owner);
		zs_rdata_canonical(r->type, r->rdata.data, r->rdata.len, canonical);
		line->rdata = (struct zs_bytes){ canonical, r->rdata.len };
	}
	qsort(lines, count, sizeof *lines, compare);
	*out = lines;
	return count;
}

static void print(const char *label, const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
		printf("  %s %u %s %u %s", label, lines[i].record->section, zs_name_text(lines[i].owner, name), lines[i].record->ttl,
		       zs_type_text(lines[i].record->type, type));
		if (lines[i].record->type == ZS_TYPE_RRSIG)
			printf(" of type %u", zs_get_u16(lines[i].rdata.data));
		putchar('\n');
	}
}

/* Has a all that b has, and no more but NSEC3? Both are sorted. */
static bool includes(const struct line *a, size_t a_count, const struct line *b, size_t b_count)
{
	size_t at = 0;
	for (size_t i = 0; i < a_count; i++) {
		const struct zs_answer_record *r = a[i].record;
		if (at < b_count && compare(&a[i], &b[at]) == 0)
			at++;
		else if (r->section != ZS_SECTION_AUTHORITY || (r->type == ZS_TYPE_RRSIG ? zs_get_u16(r->rdata.data) : r->type) != ZS_TYPE_NSEC3)
			return false;
	}
	return at == b_count;
}

static void check(struct zs_run *run, const struct zs_zone *zone, const struct zs_answer_trust *trust, const struct zs_live_question *q, const char *label)
{
	struct zs_answer ours;
	struct zs_answer_verdict a, b;
	struct line *x, *y;
	if (q->reply != ZS_REPLY_ANSWERED || !zs_query_answer(run, run->arena, zone, q->name, q->type, &ours)) {
		printf("FAIL: %s: %s\n", label, q->why ? q->why : "no answer of ours");
		failed++;
		return;
	}
	zs_verify_answer(run, run->arena, &ours, trust, &a);
	zs_verify_answer(run, run->arena, &q->answer, trust, &b);
	const size_t count = lines_of(run, &ours, &x), theirs = lines_of(run, &q->answer, &y);
	const bool same = includes(y, theirs, x, count) && ours.rcode == q->answer.rcode && ours.authoritative == q->answer.authoritative;
	if (same && a.state == b.state && a.kind == b.kind && a.state != ZS_ANSWER_BOGUS) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL: %s: %s (ours: rcode %u, state %d, kind %d, %s; theirs: rcode %u, state %d, kind %d, %s)\n", label, same ? "judged otherwise" : "answered otherwise",
	       ours.rcode, a.state, a.kind, a.why ? a.why : "-", q->answer.rcode, b.state, b.kind, b.why ? b.why : "-");
	print("ours", x, count);
	print("theirs", y, theirs);
}

static bool skipped(const char *label, char **skips)
{
	for (; *skips; skips++)
		if (strcmp(*skips, label) == 0)
			return true;
	return false;
}

static const char *label_of(struct zs_run *run, const uint8_t *name, uint16_t type)
{
	char text[ZS_NAME_TEXT], type_text[ZS_TYPE_TEXT];
	return zs_arena_printf(run->arena, "%s/%s", zs_name_text(name, text), zs_type_text(type, type_text));
}

struct names {
	const uint8_t **list;
	size_t count, room;
};

static int by_name(const void *a, const void *b)
{
	return zs_name_compare(*(const uint8_t *const *)a, *(const uint8_t *const *)b);
}

static void add_name(struct zs_run *run, struct names *names, const char *labels, const uint8_t *name)
{
	uint8_t *out = zs_arena_alloc(run->arena, ZS_NAME_MAX);
	struct zs_name_error error;
	if (!labels)
		ZS_PUSH(run->arena, names->list, names->count, names->room) = name;
	else if (zs_name_parse(labels, strlen(labels), name, out, &error)) /* not if that is too long */
		ZS_PUSH(run->arena, names->list, names->count, names->room) = out;
}

static void collect(struct zs_run *run, const struct zs_zone *zone, struct names *names)
{
	static const char *const around[] = { NULL, "zz", "*", "a.b.c" };
	for (uint32_t i = 0; i < zone->owner_count; i++)
		for (const uint8_t *up = zs_zone_rrset(zone, i, ZS_TYPE_NSEC3) ? apex : zs_owner_name(zone, &zone->owners[i]); zs_name_within(up, apex); up = zs_name_skip(up, 1))
			for (size_t a = 0; a < ZS_COUNT(around); a++)
				add_name(run, names, around[a], up);
	qsort(names->list, names->count, sizeof *names->list, by_name);
	size_t kept = 0;
	for (size_t i = 0; i < names->count; i++)
		if (!kept || !zs_name_equal(names->list[kept - 1], names->list[i]))
			names->list[kept++] = names->list[i];
	names->count = kept;
}

int main(int argc, char **argv)
{
	static const uint16_t types[] = { ZS_TYPE_A, ZS_TYPE_NS, ZS_TYPE_DS, ZS_TYPE_TXT, ZS_TYPE_CNAME };
	struct zs_run *run = zs_run_begin();
	uint8_t origin[ZS_NAME_MAX];
	struct zs_name_error error;
	struct zs_address server;
	struct zs_zone *zone;
	struct names names = { 0 };
	if (argc < 5 || !zs_name_parse(argv[1], strlen(argv[1]), NULL, origin, &error) || !zs_address_parse(argv[4], 53, &server))
		return 2;
	const struct zs_zone_options options = { .apex = origin, .dnssec = ZS_DNSSEC_KEEP };
	if (!zs_zone_read(run, run->arena, argv[2], &options, &zone))
		return 2;
	apex = zone->apex;
	struct zs_answer keys;
	struct zs_answer_verdict verdict;
	struct zs_answer_trust trust = { .zone = apex, .now = strtoll(argv[3], NULL, 10) };
	if (!zs_query_answer(run, run->arena, zone, apex, ZS_TYPE_DNSKEY, &keys) || !zs_verify_trust(run, run->arena, &keys, NULL, 0, &trust, &verdict)) {
		fprintf(stderr, "answers: the keys are not to be trusted: %s\n", verdict.why);
		return 1;
	}
	collect(run, zone, &names);
	struct zs_live_question batch[BATCH];
	const char *labels[BATCH];
	size_t filled = 0;
	for (size_t i = 0; i < names.count * ZS_COUNT(types); i++) {
		const uint8_t *name = names.list[i / ZS_COUNT(types)];
		const uint16_t type = types[i % ZS_COUNT(types)];
		const char *label = label_of(run, name, type);
		if (skipped(label, argv + 5))
			printf("skipped: %s\n", label);
		else if (!(type == ZS_TYPE_DS && zs_name_equal(name, apex))) {
			labels[filled] = label;
			batch[filled++] = (struct zs_live_question){ .to = &server, .name = name, .type = type };
		}
		if (filled < BATCH && i + 1 < names.count * ZS_COUNT(types))
			continue;
		zs_live_ask(run, batch, filled, LIMIT);
		for (size_t b = 0; b < filled; b++)
			check(run, zone, &trust, &batch[b], labels[b]);
		filled = 0;
	}
	zs_run_end(run);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
