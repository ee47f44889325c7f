/* test_query.c - answers from a zone, and the judge of answers: what is made is believed, and nothing that is not true is.
 * The zones of testdata/verify were signed by BIND. */
#include "verify_fixture.h"

#include <openssl/evp.h>

#include "query/query.h"

enum { QUESTIONS_MAX = 4096, TYPE_ANY = 255 };

static const char *const zones[] = { "testdata/verify/nsec.zone", "testdata/verify/nsec3.zone", "testdata/verify/optout.zone" };
static const uint16_t types[] = { ZS_TYPE_A, ZS_TYPE_NS, ZS_TYPE_CNAME, ZS_TYPE_TXT, ZS_TYPE_DS, 65280 };

struct question {
	const uint8_t *name;
	uint16_t type;
};

struct world {
	struct fixture f;
	struct zs_answer_trust trust;
	bool opt_out;
	struct question questions[QUESTIONS_MAX];
	size_t count;
};

static bool is_nsec3(const struct zs_zone *zone, const struct zs_owner *owner)
{
	for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
		if (zone->rrsets[s].type == ZS_TYPE_NSEC3)
			return true;
	return false;
}

static void ask_about(struct world *w, const uint8_t *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (zs_name_equal(w->questions[i].name, name))
			return;
	for (size_t i = 0; i < ZS_COUNT(types); i++) {
		if (types[i] == ZS_TYPE_DS && zs_name_equal(name, w->f.apex))
			continue; /* the zone above is asked for that */
		ck_assert_uint_lt(w->count, QUESTIONS_MAX);
		w->questions[w->count++] = (struct question){ name, types[i] };
	}
}

static const uint8_t *below(struct world *w, const char *labels, const uint8_t *name)
{
	uint8_t *out = zs_arena_alloc(w->f.run->arena, ZS_NAME_MAX);
	struct zs_name_error error;
	ck_assert_uint_ne(zs_name_parse(labels, strlen(labels), name, out, &error), 0);
	return out;
}

/* Questions about every name of the zone, the names above, and names beside and below. */
static void open_world(struct world *w, const char *path)
{
	memset(w, 0, sizeof *w);
	begin(&w->f, "example.", NOW);
	char *text = slurp(path);
	ck_assert(read_text(&w->f, text));
	free(text);
	w->opt_out = strstr(path, "optout") != NULL;
	struct zs_answer keys;
	struct zs_answer_verdict verdict;
	w->trust = (struct zs_answer_trust){ .zone = w->f.apex, .now = NOW };
	ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, w->f.apex, ZS_TYPE_DNSKEY, &keys));
	ck_assert(zs_verify_trust(w->f.run, w->f.run->arena, &keys, NULL, 0, &w->trust, &verdict));
	for (size_t i = 0; i < w->f.zone->owner_count; i++) {
		const uint8_t *name = zs_owner_name(w->f.zone, &w->f.zone->owners[i]);
		if (is_nsec3(w->f.zone, &w->f.zone->owners[i]))
			continue;
		for (; zs_name_within(name, w->f.apex); name = zs_name_skip(name, 1)) {
			static const char *const around[] = { "zz", "*", "a.b" };
			ask_about(w, name);
			for (size_t a = 0; a < ZS_COUNT(around); a++)
				ask_about(w, below(w, around[a], name));
		}
	}
	ck_assert_uint_gt(w->count, 300);
}

static void close_world(struct world *w)
{
	zs_run_end(w->f.run);
}

/* ---- what is true, from the list of names alone ---- */

static bool exists(const struct world *w, const uint8_t *name)
{
	for (size_t i = 0; i < w->f.zone->owner_count; i++)
		if (!is_nsec3(w->f.zone, &w->f.zone->owners[i]) && zs_name_within(zs_owner_name(w->f.zone, &w->f.zone->owners[i]), name))
			return true;
	return false;
}

static bool has(const struct world *w, const uint8_t *name, uint16_t type)
{
	return zs_zone_rrset(w->f.zone, zs_zone_find(w->f.zone, name, NULL), type) != NULL;
}

static const uint8_t *source_of(struct world *w, const uint8_t *name)
{
	const uint8_t *encloser = name;
	if (exists(w, name))
		return name;
	while (!exists(w, encloser))
		encloser = zs_name_skip(encloser, 1);
	const uint8_t *star = below(w, "*", encloser);
	return exists(w, star) ? star : NULL;
}

static enum zs_answer_kind truth(struct world *w, const struct question *q)
{
	const uint8_t *name = q->name;
	for (const uint8_t *up = name; zs_name_below(up, w->f.apex); up = zs_name_skip(up, 1))
		if (has(w, up, ZS_TYPE_NS) && !(up == name && q->type == ZS_TYPE_DS))
			return ZS_ANSWER_DELEGATION;
	const uint8_t *source = source_of(w, name);
	if (!source)
		return ZS_ANSWER_NXDOMAIN;
	if (has(w, source, q->type))
		return ZS_ANSWER_POSITIVE;
	if (has(w, source, ZS_TYPE_CNAME)) {
		const struct zs_rrset *set = zs_zone_rrset(w->f.zone, zs_zone_find(w->f.zone, source, NULL), ZS_TYPE_CNAME);
		const struct question next = { zs_rrset_rdata(w->f.zone, set, 0).data, q->type };
		return truth(w, &next);
	}
	return ZS_ANSWER_NODATA;
}

static const char *question_text(const struct question *q)
{
	static char text[ZS_NAME_TEXT + 40];
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	snprintf(text, sizeof text, "%s %s", zs_name_text(q->name, name), zs_type_text(q->type, type));
	return text;
}

static void verdict_of(struct world *w, const struct zs_answer *answer, struct zs_answer_verdict *out)
{
	struct zs_arena *arena = zs_arena_new(); /* texts of the verdict are looked at before the next one */
	zs_verify_answer(w->f.run, arena, answer, &w->trust, out);
	static char why[1000];
	snprintf(why, sizeof why, "%s", out->why ? out->why : "");
	out->why = why;
	zs_arena_free(arena);
}

START_TEST(each_question_is_answered_truly_and_with_proof)
{
	struct world *w = malloc(sizeof *w);
	open_world(w, zones[_i]);
	for (size_t i = 0; i < w->count; i++) {
		const struct question *q = &w->questions[i];
		struct zs_answer answer;
		struct zs_answer_verdict verdict;
		ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, q->name, q->type, &answer));
		verdict_of(w, &answer, &verdict);
		ck_assert_msg(verdict.kind == truth(w, q), "%s: kind %d, it is %d (%s)", question_text(q), verdict.kind, truth(w, q), verdict.why);
		ck_assert_msg(verdict.state != ZS_ANSWER_BOGUS, "%s: %s", question_text(q), verdict.why);
		if (verdict.kind != ZS_ANSWER_DELEGATION && !w->opt_out)
			ck_assert_msg(verdict.state == ZS_ANSWER_SECURE, "%s: %s", question_text(q), verdict.why);
		ck_assert_uint_gt(verdict.signature_count, 0);
		ck_assert_int_gt(verdict.expires, NOW);
	}
	close_world(w);
	free(w);
}
END_TEST

START_TEST(no_record_of_an_answer_is_superfluous)
{
	struct world *w = malloc(sizeof *w);
	open_world(w, zones[_i]);
	for (size_t i = 0; i < w->count; i++) {
		const struct question *q = &w->questions[i];
		struct zs_answer answer;
		ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, q->name, q->type, &answer));
		struct zs_answer_record *records = malloc(answer.count * sizeof *records);
		for (size_t drop = 0; drop < answer.count; drop++) {
			const struct zs_answer_record *gone = &answer.records[drop];
			struct zs_answer less = answer;
			struct zs_answer_verdict verdict;
			if (gone->section == ZS_SECTION_ADDITIONAL || (gone->section == ZS_SECTION_AUTHORITY && gone->type == ZS_TYPE_NS))
				continue; /* what is not signed at a delegation */
			memcpy(records, answer.records, drop * sizeof *records);
			memcpy(records + drop, gone + 1, (answer.count - drop - 1) * sizeof *records);
			less.records = records;
			less.count--;
			verdict_of(w, &less, &verdict);
			/* what an alias leads to may come with the next answer; opt-out leaves open whether there is the wildcard */
			ck_assert_msg(verdict.state == ZS_ANSWER_BOGUS || verdict.kind == ZS_ANSWER_ALIAS
			                  || (w->opt_out && verdict.state == ZS_ANSWER_INSECURE && verdict.kind == ZS_ANSWER_NODATA),
			              "%s, without record %zu, is believed", question_text(q), drop);
		}
		free(records);
	}
	close_world(w);
	free(w);
}
END_TEST

/* All that denies in the zone, and its SOA, as a liar would add it to any answer. */
static size_t all_denials(struct world *w, struct zs_answer_record *out)
{
	const struct zs_zone *zone = w->f.zone;
	size_t count = 0;
	for (size_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++) {
			const struct zs_rrset *set = &zone->rrsets[s];
			const uint16_t type = set->type == ZS_TYPE_RRSIG ? set->covered : set->type;
			if (type == ZS_TYPE_NSEC || type == ZS_TYPE_NSEC3 || type == ZS_TYPE_SOA)
				out[count++] = (struct zs_answer_record){ .owner = zs_owner_name(zone, owner), .type = set->type, .ttl = set->ttl,
					                                  .section = ZS_SECTION_AUTHORITY, .rdata = zs_rrset_rdata(zone, set, 0) };
		}
	}
	return count;
}

START_TEST(no_denial_of_the_zone_proves_what_is_not_so)
{
	struct world *w = malloc(sizeof *w);
	static struct zs_answer_record records[500];
	open_world(w, zones[_i]);
	const size_t count = all_denials(w, records);
	size_t believed = 0;
	ck_assert_uint_lt(count, ZS_COUNT(records));
	for (size_t i = 0; i < w->count; i++) {
		const struct question *q = &w->questions[i];
		for (unsigned rcode = ZS_RCODE_NOERROR; rcode <= ZS_RCODE_NXDOMAIN; rcode += ZS_RCODE_NXDOMAIN) {
			const struct zs_answer lie = { .qname = q->name, .qtype = q->type, .rcode = (uint8_t)rcode, .authoritative = true,
				                       .records = records, .count = count };
			struct zs_answer_verdict verdict;
			verdict_of(w, &lie, &verdict);
			/* opt-out leaves open whether there is an unsigned delegation, and says so */
			ck_assert_msg(verdict.state == ZS_ANSWER_BOGUS || verdict.kind == truth(w, q) || (w->opt_out && verdict.state == ZS_ANSWER_INSECURE),
			              "%s: kind %d is believed, it is %d", question_text(q), verdict.kind, truth(w, q));
			believed += verdict.state == ZS_ANSWER_SECURE;
		}
	}
	ck_assert_uint_gt(believed, 20);
	close_world(w);
	free(w);
}
END_TEST

START_TEST(a_wildcard_answers_for_no_name_that_it_does_not_match)
{
	struct world *w = malloc(sizeof *w);
	static struct zs_answer_record records[502];
	open_world(w, zones[_i]);
	const uint8_t *star = below(w, "*.w", w->f.apex);
	const uint32_t owner = zs_zone_find(w->f.zone, star, NULL);
	const size_t count = 2 + all_denials(w, records + 2);
	size_t believed = 0;
	ck_assert_uint_ne(owner, ZS_NO_OWNER);
	for (size_t i = 0; i < w->count; i++) {
		const struct question q = { w->questions[i].name, ZS_TYPE_TXT };
		const struct zs_owner *o = &w->f.zone->owners[owner];
		size_t added = 0;
		for (uint32_t s = o->first; s < o->first + o->rrset_count; s++) {
			const struct zs_rrset *set = &w->f.zone->rrsets[s];
			if (set->type == ZS_TYPE_TXT || set->covered == ZS_TYPE_TXT)
				records[added++] = (struct zs_answer_record){ .owner = q.name, .type = set->type, .ttl = set->ttl,
					                                      .rdata = zs_rrset_rdata(w->f.zone, set, 0) };
		}
		ck_assert_uint_eq(added, 2);
		const struct zs_answer lie = { .qname = q.name, .qtype = q.type, .authoritative = true, .records = records, .count = count };
		struct zs_answer_verdict verdict;
		verdict_of(w, &lie, &verdict);
		const uint8_t *source = source_of(w, q.name);
		const bool is_true = truth(w, &q) == ZS_ANSWER_POSITIVE && source && zs_name_equal(source, star);
		ck_assert_msg((verdict.state != ZS_ANSWER_BOGUS) == is_true, "%s: %s", question_text(&q), verdict.why);
		believed += is_true;
	}
	ck_assert_uint_gt(believed, 10);
	close_world(w);
	free(w);
}
END_TEST

START_TEST(a_delegation_is_believed_only_where_there_is_one)
{
	struct world *w = malloc(sizeof *w);
	static struct zs_answer_record records[501];
	open_world(w, zones[_i]);
	size_t count = 0;
	const size_t denials = all_denials(w, records + 1);
	for (size_t i = 1; i <= denials; i++) /* without SOA, or it would be a denial */
		if (records[i].type != ZS_TYPE_SOA && !(records[i].type == ZS_TYPE_RRSIG && zs_get_u16(records[i].rdata.data) == ZS_TYPE_SOA))
			records[1 + count++] = records[i];
	for (size_t i = 0; i < w->count; i++) {
		const struct question q = { w->questions[i].name, ZS_TYPE_A };
		static const uint8_t server[] = "\3bad\7example";
		if (zs_name_equal(q.name, w->f.apex))
			continue;
		records[0] = (struct zs_answer_record){ .owner = q.name, .type = ZS_TYPE_NS, .section = ZS_SECTION_AUTHORITY, .rdata = { server, sizeof server } };
		const struct zs_answer lie = { .qname = q.name, .qtype = q.type, .records = records, .count = count + 1 };
		struct zs_answer_verdict verdict;
		verdict_of(w, &lie, &verdict);
		const bool cut = has(w, q.name, ZS_TYPE_NS) && !has(w, q.name, ZS_TYPE_DS);
		ck_assert_int_eq(verdict.kind, ZS_ANSWER_DELEGATION);
		ck_assert_int_ne(verdict.state, ZS_ANSWER_SECURE);
		if (!w->opt_out)
			ck_assert_msg((verdict.state == ZS_ANSWER_INSECURE) == cut, "%s: %s", question_text(&q), verdict.why);
		else if (exists(w, q.name) && !cut && !zs_name_within(q.name, below(w, "cut", w->f.apex)))
			ck_assert_msg(verdict.state == ZS_ANSWER_BOGUS || truth(w, &q) == ZS_ANSWER_DELEGATION, "%s", question_text(&q));
	}
	close_world(w);
	free(w);
}
END_TEST

/* ---- causes ---- */

static void answer_to(struct world *w, const char *name, uint16_t type, struct zs_answer *out, struct zs_answer_record **records)
{
	ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, below(w, name, w->f.apex), type, out));
	*records = zs_arena_array(w->f.run->arena, out->count, sizeof **records);
	memcpy(*records, out->records, out->count * sizeof **records);
	out->records = *records;
}

static void cause(struct world *w, const struct zs_answer *answer, int ede, const char *words)
{
	struct zs_answer_verdict verdict;
	verdict_of(w, answer, &verdict);
	ck_assert_msg(strstr(verdict.why, words) != NULL, "'%s' is not in: %s", words, verdict.why);
	ck_assert_int_ne(verdict.state, ZS_ANSWER_SECURE);
	ck_assert_int_eq(verdict.ede, ede);
}

START_TEST(each_cause_is_named_with_its_extended_error)
{
	struct world *w = malloc(sizeof *w);
	struct zs_answer answer;
	struct zs_answer_record *records;
	uint8_t rdata[300];
	open_world(w, zones[0]);
	answer_to(w, "mail", ZS_TYPE_A, &answer, &records);
	w->trust.now = 2200000000;
	cause(w, &answer, 7, "A 'mail.example.' has a signature that expired 2036-01-01T00:00:00Z");
	w->trust.now = 2082758401;
	cause(w, &answer, 7, "has a signature that expired 2036-01-01T00:00:00Z");
	w->trust.now = 2082758400; /* RFC 4035 section 5.3.1: "less than or equal to" */
	struct zs_answer_verdict last;
	verdict_of(w, &answer, &last);
	ck_assert_int_eq(last.state, ZS_ANSWER_SECURE);
	w->trust.now = 1700000000;
	cause(w, &answer, 8, "has a signature that begins 2026-01-01T00:00:00Z");
	w->trust.now = NOW;
	answer.count = 1;
	cause(w, &answer, 10, "A 'mail.example.' comes without an RRSIG");
	answer.count = 2;
	ck_assert_uint_eq(records[1].type, ZS_TYPE_RRSIG);
	memcpy(rdata, records[1].rdata.data, records[1].rdata.len);
	records[1].rdata.data = rdata;
	rdata[records[1].rdata.len - 1] ^= 1;
	cause(w, &answer, 6, "has a signature that does not verify");
	rdata[16] ^= 1;
	cause(w, &answer, 9, "which is not in the zone's DNSKEY RRset");
	rdata[2] = 200;
	cause(w, &answer, 1, "algorithm 200, which is not known here");
	rdata[3] = 9;
	cause(w, &answer, 6, "has an RRSIG with 9 labels");
	answer_to(w, "nothing", ZS_TYPE_A, &answer, &records);
	answer.count = 2; /* SOA and its signature */
	cause(w, &answer, 12, "neither NSEC nor NSEC3");
	answer.count = 0;
	cause(w, &answer, 0, "has no SOA of the zone");
	answer_to(w, "mail", ZS_TYPE_A, &answer, &records);
	answer.rcode = ZS_RCODE_NXDOMAIN;
	cause(w, &answer, 0, "the answer is NXDOMAIN, and has data of 'mail.example.'");
	answer.rcode = 0;
	answer.authoritative = false;
	cause(w, &answer, 20, "does not answer with authority");
	answer.rcode = ZS_RCODE_SERVFAIL;
	cause(w, &answer, -1, "the server answers SERVFAIL");
	w->trust.dnskey_count = 0;
	answer.rcode = 0;
	answer.authoritative = true;
	cause(w, &answer, -1, "has no DNSKEY");
	answer.qname = (const uint8_t *)"\3net";
	cause(w, &answer, 0, "'net.' is not in the zone");
	close_world(w);
	free(w);
}
END_TEST

START_TEST(a_ds_leads_to_the_key_that_signed_the_keys)
{
	struct world *w = malloc(sizeof *w);
	struct zs_answer keys;
	struct zs_answer_verdict verdict;
	struct zs_bytes entry[2] = { { 0 } };
	uint8_t ds[2][52];
	open_world(w, zones[0]);
	ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, w->f.apex, ZS_TYPE_DNSKEY, &keys));
	for (size_t i = 0; i < keys.count; i++)
		if (keys.records[i].type == ZS_TYPE_DNSKEY) {
			const size_t ksk = keys.records[i].rdata.data[1] & 1;
			ck_assert(zs_ds_make(w->f.run, w->f.apex, keys.records[i].rdata, ZS_DS_SHA256, ds[ksk], &entry[ksk].len));
			entry[ksk].data = ds[ksk];
		}
	struct zs_answer_trust trust = { .zone = w->f.apex, .now = NOW };
	ck_assert(zs_verify_trust(w->f.run, w->f.run->arena, &keys, &entry[1], 1, &trust, &verdict));
	ck_assert_uint_eq(trust.dnskey_count, 2);
	ck_assert(zs_verify_trust(w->f.run, w->f.run->arena, &keys, entry, 2, &trust, &verdict));
	/* both keys signed the keys; without the signature of the ZSK its DS leads nowhere */
	ck_assert(zs_verify_trust(w->f.run, w->f.run->arena, &keys, &entry[0], 1, &trust, &verdict));
	struct zs_answer_record *records = zs_arena_array(w->f.run->arena, keys.count, sizeof *records);
	size_t kept = 0;
	for (size_t i = 0; i < keys.count; i++)
		if (keys.records[i].type != ZS_TYPE_RRSIG || zs_get_u16(keys.records[i].rdata.data + 16) != zs_get_u16(ds[0]))
			records[kept++] = keys.records[i];
	ck_assert_uint_eq(kept + 1, keys.count);
	keys.records = records;
	keys.count = kept;
	ck_assert(!zs_verify_trust(w->f.run, w->f.run->arena, &keys, &entry[0], 1, &trust, &verdict));
	ck_assert_int_eq(verdict.state, ZS_ANSWER_BOGUS);
	ck_assert_uint_eq(trust.dnskey_count, 0);
	ds[1][20] ^= 1;
	ck_assert(!zs_verify_trust(w->f.run, w->f.run->arena, &keys, &entry[1], 1, &trust, &verdict));
	ck_assert_ptr_nonnull(strstr(verdict.why, "no DS of the zone leads to a key"));
	ck_assert_int_eq(verdict.ede, 9);
	/* RFC 4509 section 3: beside SHA-256 nobody looks at SHA-1; alone it counts */
	uint8_t sha1[52];
	struct zs_bytes both[2] = { { .data = sha1 }, entry[1] };
	for (size_t i = 0; i < keys.count; i++)
		if (keys.records[i].type == ZS_TYPE_DNSKEY && keys.records[i].rdata.data[1] & 1)
			ck_assert(zs_ds_make(w->f.run, w->f.apex, keys.records[i].rdata, ZS_DS_SHA1, sha1, &both[0].len));
	ck_assert(zs_verify_trust(w->f.run, w->f.run->arena, &keys, both, 1, &trust, &verdict));
	ck_assert(!zs_verify_trust(w->f.run, w->f.run->arena, &keys, both, 2, &trust, &verdict));
	ck_assert_int_eq(verdict.state, ZS_ANSWER_BOGUS);
	ds[1][3] = 200; /* a digest that nobody knows: RFC 4035 section 5.2 */
	ck_assert(!zs_verify_trust(w->f.run, w->f.run->arena, &keys, &entry[1], 1, &trust, &verdict));
	ck_assert_int_eq(verdict.state, ZS_ANSWER_INSECURE);
	ck_assert_int_eq(verdict.ede, 2);
	close_world(w);
	free(w);
}
END_TEST

/* ---- answers that no signed zone here gives: signed on the spot ---- */

struct signer {
	struct zs_run *run;
	EVP_PKEY *key;
	uint8_t dnskey[36];
	struct zs_bytes dnskeys;
	struct zs_answer answer;
	struct zs_answer_record records[16];
};

static void begin_signer(struct signer *s, struct zs_run *run)
{
	size_t len = 32;
	memset(s, 0, sizeof *s);
	s->run = run;
	s->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	memcpy(s->dnskey, "\1\1\3\17", 4);
	ck_assert(EVP_PKEY_get_raw_public_key(s->key, s->dnskey + 4, &len) == 1);
	s->dnskeys = (struct zs_bytes){ s->dnskey, sizeof s->dnskey };
}

static void add(struct signer *s, enum zs_section section, const char *owner, uint16_t type, struct zs_bytes rdata)
{
	ck_assert_uint_lt(s->answer.count, ZS_COUNT(s->records));
	s->records[s->answer.count++] =
	    (struct zs_answer_record){ .owner = (const uint8_t *)owner, .type = type, .ttl = 60, .section = (uint8_t)section, .rdata = rdata };
}

/* A record of "example." and its signature. */
static void add_signed(struct signer *s, enum zs_section section, const char *owner, uint16_t type, const char *data, size_t len)
{
	static const uint8_t zone[] = "\7example";
	uint8_t *sig = zs_arena_alloc(s->run->arena, 18 + sizeof zone + 64), text[1024];
	const size_t fixed = 18 + sizeof zone, owner_len = zs_name_len((const uint8_t *)owner);
	size_t sig_len = 64;
	zs_put_u16(sig, type);
	sig[2] = 15;
	sig[3] = (uint8_t)(zs_name_labels((const uint8_t *)owner) - zs_name_is_wildcard((const uint8_t *)owner));
	zs_put_u32(sig + 4, 60);
	zs_put_u32(sig + 8, NOW + 86400);
	zs_put_u32(sig + 12, NOW - 86400);
	zs_put_u16(sig + 16, zs_key_tag(s->dnskey, sizeof s->dnskey));
	memcpy(sig + 18, zone, sizeof zone);
	memcpy(text, sig, fixed);
	memcpy(text + fixed, owner, owner_len);
	uint8_t *at = text + fixed + owner_len;
	zs_put_u16(at, type);
	zs_put_u16(at + 2, 1);
	zs_put_u32(at + 4, 60);
	zs_put_u16(at + 8, (uint16_t)len);
	memcpy(at + 10, data, len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ck_assert(EVP_DigestSignInit(context, NULL, NULL, NULL, s->key) == 1
	          && EVP_DigestSign(context, sig + fixed, &sig_len, text, (size_t)(at + 10 + len - text)) == 1);
	EVP_MD_CTX_free(context);
	add(s, section, owner, type, (struct zs_bytes){ (const uint8_t *)data, len });
	add(s, section, owner, ZS_TYPE_RRSIG, (struct zs_bytes){ sig, fixed + 64 });
}

static void judge_as(struct signer *s, const char *name, uint16_t type, uint8_t rcode, struct zs_answer_verdict *out)
{
	const struct zs_answer_trust trust = { .zone = (const uint8_t *)"\7example", .dnskeys = &s->dnskeys, .dnskey_count = 1, .now = NOW };
	s->answer.qname = (const uint8_t *)name;
	s->answer.qtype = type;
	s->answer.rcode = rcode;
	s->answer.authoritative = true;
	s->answer.records = s->records;
	zs_verify_answer(s->run, s->run->arena, &s->answer, &trust, out);
	s->answer.count = 0;
}

#define ADD(section, owner, type, data) add_signed(s, ZS_SECTION_##section, owner, ZS_TYPE_##type, data, sizeof data - 1)

START_TEST(rare_answers_are_judged_as_validators_do)
{
	static const char soa[] = "\2ns\7example\0\1h\7example\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	static const char around[] = "\1x\1*\7example\0\0\6\0\0\0\0\0\3"; /* NSEC of the apex to x.*.example.: RRSIG NSEC */
	struct zs_run *run = zs_run_begin();
	struct signer *s = malloc(sizeof *s);
	struct zs_answer_verdict v;
	begin_signer(s, run);

	/* the wildcard is an empty non-terminal: no data (RFC 4592 section 4.9), and never NXDOMAIN */
	for (uint8_t rcode = 0; rcode <= ZS_RCODE_NXDOMAIN; rcode += ZS_RCODE_NXDOMAIN) {
		ADD(AUTHORITY, "\7example", SOA, soa);
		ADD(AUTHORITY, "\7example", NSEC, around);
		ADD(AUTHORITY, "\1x\1*\7example", NSEC, "\7example\0\0\6\0\0\0\0\0\3");
		judge_as(s, "\1q\7example", ZS_TYPE_A, rcode, &v);
		ck_assert_msg(v.state == (rcode ? ZS_ANSWER_BOGUS : ZS_ANSWER_SECURE), "rcode %u: %s", rcode, v.why);
		ck_assert_int_eq(v.kind, rcode ? ZS_ANSWER_NXDOMAIN : ZS_ANSWER_NODATA);
	}

	/* a DS is the parent's: RFC 4035 section 5.2 */
	ADD(ANSWER, "\7example", DS, "\0\1\17\2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	judge_as(s, "\7example", ZS_TYPE_DS, 0, &v);
	ck_assert_int_eq(v.state, ZS_ANSWER_BOGUS);
	ADD(ANSWER, "\1d\7example", DS, "\0\1\17\2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	judge_as(s, "\1d\7example", ZS_TYPE_DS, 0, &v);
	ck_assert_int_eq(v.state, ZS_ANSWER_SECURE);

	/* NSD goes on in other zones that it has: that is no matter of this one */
	ADD(ANSWER, "\3out\7example", CNAME, "\1w\4test\0");
	add(s, ZS_SECTION_ANSWER, "\1w\4test", ZS_TYPE_A, (struct zs_bytes){ (const uint8_t *)"\300\0\2\1", 4 });
	add(s, ZS_SECTION_AUTHORITY, "\4test", ZS_TYPE_NS, (struct zs_bytes){ (const uint8_t *)"\2ns\4test\0", 9 });
	judge_as(s, "\3out\7example", ZS_TYPE_A, 0, &v);
	ck_assert_msg(v.state == ZS_ANSWER_SECURE && v.kind == ZS_ANSWER_ALIAS, "%s", v.why);
	ADD(ANSWER, "\3out\7example", A, "\300\0\2\1");
	add(s, ZS_SECTION_ANSWER, "\1w\4test", ZS_TYPE_A, (struct zs_bytes){ (const uint8_t *)"\300\0\2\1", 4 });
	judge_as(s, "\3out\7example", ZS_TYPE_A, 0, &v);
	ck_assert_int_eq(v.state, ZS_ANSWER_BOGUS);
	EVP_PKEY_free(s->key);
	free(s);
	zs_run_end(run);
}
END_TEST

/* A zone without signatures, with DNAME and aliases. */
static const char plain[] = "$TTL 60\nexample. SOA ns h 1 1 1 1 1\nexample. NS ns.test.\nd.example. DNAME t.example.\nx.t.example. A 192.0.2.1\n"
                            "loop.example. CNAME pool.example.\npool.example. CNAME loop.example.\nout.example. CNAME a.test.\nin.example. CNAME x.d.example.\n"
                            "long.example. DNAME bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
                            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example.\n";

START_TEST(aliases_are_followed_and_end)
{
	static const struct {
		const char *name;
		uint16_t type;
		enum zs_answer_kind kind;
		uint8_t rcode;
		size_t answers;
	} cases[] = {
		{ "x.d", ZS_TYPE_A, ZS_ANSWER_POSITIVE, 0, 3 },
		{ "x.d", ZS_TYPE_CNAME, ZS_ANSWER_POSITIVE, 0, 2 },
		{ "x.d", ZS_TYPE_MX, ZS_ANSWER_NODATA, 0, 2 },
		{ "d", ZS_TYPE_DNAME, ZS_ANSWER_POSITIVE, 0, 1 },
		{ "d", ZS_TYPE_A, ZS_ANSWER_NODATA, 0, 0 },
		{ "y.d", ZS_TYPE_A, ZS_ANSWER_NXDOMAIN, 3, 2 },
		{ "in", ZS_TYPE_A, ZS_ANSWER_POSITIVE, 0, 4 },
		{ "out", ZS_TYPE_A, ZS_ANSWER_ALIAS, 0, 1 },
		{ "out", ZS_TYPE_CNAME, ZS_ANSWER_POSITIVE, 0, 1 },
		{ "out", TYPE_ANY, ZS_ANSWER_POSITIVE, 0, 1 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.long", ZS_TYPE_A, ZS_ANSWER_NONE, 6, 1 },
	};
	struct world *w = calloc(1, sizeof *w);
	struct zs_answer_verdict verdict;
	struct zs_answer answer;
	begin(&w->f, "example.", NOW);
	ck_assert(read_text(&w->f, plain));
	w->trust = (struct zs_answer_trust){ .zone = w->f.apex, .now = NOW };
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		size_t answers = 0;
		ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, below(w, cases[i].name, w->f.apex), cases[i].type, &answer));
		verdict_of(w, &answer, &verdict);
		for (size_t r = 0; r < answer.count; r++)
			answers += answer.records[r].section == ZS_SECTION_ANSWER;
		ck_assert_msg(verdict.kind == cases[i].kind && answer.rcode == cases[i].rcode && answers == cases[i].answers,
		              "%s: kind %d, rcode %u, %zu answers: %s", cases[i].name, verdict.kind, answer.rcode, answers, verdict.why);
	}
	ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, below(w, "loop", w->f.apex), ZS_TYPE_A, &answer));
	verdict_of(w, &answer, &verdict);
	ck_assert_int_eq(verdict.state, ZS_ANSWER_BOGUS);
	ck_assert_ptr_nonnull(strstr(verdict.why, "more than 16 aliases"));
	ck_assert(zs_query_answer(w->f.run, w->f.run->arena, w->f.zone, (const uint8_t *)"\3net", ZS_TYPE_A, &answer));
	ck_assert_uint_eq(answer.rcode, ZS_RCODE_REFUSED);
	close_world(w);
	free(w);
}
END_TEST

ZS_SUITE(query)
{
	Suite *suite = suite_create("query");
	TCase *tests = tcase_create("query");
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, each_question_is_answered_truly_and_with_proof, 0, ZS_COUNT(zones));
	tcase_add_loop_test(tests, no_record_of_an_answer_is_superfluous, 0, ZS_COUNT(zones));
	tcase_add_loop_test(tests, no_denial_of_the_zone_proves_what_is_not_so, 0, ZS_COUNT(zones));
	tcase_add_loop_test(tests, a_wildcard_answers_for_no_name_that_it_does_not_match, 0, ZS_COUNT(zones));
	tcase_add_loop_test(tests, a_delegation_is_believed_only_where_there_is_one, 0, ZS_COUNT(zones));
	tcase_add_test(tests, each_cause_is_named_with_its_extended_error);
	tcase_add_test(tests, a_ds_leads_to_the_key_that_signed_the_keys);
	tcase_add_test(tests, rare_answers_are_judged_as_validators_do);
	tcase_add_test(tests, aliases_are_followed_and_end);
	suite_add_tcase(suite, tests);
	return suite;
}
