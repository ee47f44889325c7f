/* answer_sets.c - the RRsets of an answer, and whether a signature of the zone proves each (RFC 4035 section 5.3). */
#include "verify/answer_private.h"

#include <stdlib.h>

#include "dns/rdata.h"

enum { RECORDS_MAX = 4096, SIGNATURES_MAX = 16, SET_TRIES_MAX = 16, TRIES_MAX = 64, SIGNED_MAX = 1 << 20 };

struct item {
	const struct zs_answer_record *record;
	struct zs_bytes rdata; /* canonical; of an RRSIG as it came */
	uint16_t type;         /* of an RRSIG the type that it covers */
	bool is_sig;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->record->section != y->record->section)
		return x->record->section - y->record->section;
	const int name = zs_name_compare(x->record->owner, y->record->owner);
	if (name || x->type != y->type)
		return name ? name : x->type - y->type;
	return x->is_sig != y->is_sig ? x->is_sig - y->is_sig : zs_bytes_compare(x->rdata, y->rdata);
}

static bool same_set(const struct item *a, const struct item *b)
{
	return a->record->section == b->record->section && a->type == b->type && zs_name_equal(a->record->owner, b->record->owner);
}

/* The items from..to, sorted, as one set; signatures without data are none. */
static void add_set(struct zs_answer_judge *j, const struct item *items, size_t from, size_t to)
{
	struct zs_bytes *list = zs_arena_array(j->arena, to - from, sizeof *list);
	struct zs_answer_set *set = &j->sets[j->set_count];
	size_t count = 0;
	*set = (struct zs_answer_set){ .owner = items[from].record->owner, .type = items[from].type, .section = items[from].record->section,
		                       .rdata = list, .ede = -1 };
	for (size_t i = from; i < to; i++) {
		if (i > from && items[i].is_sig == items[i - 1].is_sig && zs_bytes_equal(items[i].rdata, items[i - 1].rdata))
			continue; /* one record twice is one record: RFC 2181 section 5 */
		set->sigs = list + set->count;
		if (items[i].is_sig)
			set->sig_count++;
		else
			set->count++;
		list[count++] = items[i].rdata;
	}
	set->sigs = list + set->count;
	j->set_count += set->count != 0;
}

bool zs_answer_group(struct zs_answer_judge *j)
{
	const struct zs_answer *answer = j->answer;
	if (answer->count > RECORDS_MAX)
		return zs_answer_bogus(j, ZS_EDE_OTHER, NULL, "the answer has %zu records; more than %d are not judged", answer->count, RECORDS_MAX);
	struct item *items = zs_arena_array(j->arena, answer->count, sizeof *items);
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *record = &answer->records[i];
		const bool is_sig = record->type == ZS_TYPE_RRSIG && record->rdata.len >= 2;
		uint8_t *canonical = zs_arena_alloc(j->arena, record->rdata.len);
		if (is_sig)
			memcpy(canonical, record->rdata.data, record->rdata.len);
		else
			zs_rdata_canonical(record->type, record->rdata.data, record->rdata.len, canonical);
		items[i] = (struct item){ .record = record, .rdata = { canonical, record->rdata.len }, .is_sig = is_sig,
			                  .type = is_sig ? zs_get_u16(record->rdata.data) : record->type };
	}
	if (answer->count)
		qsort(items, answer->count, sizeof *items, compare_items);
	j->sets = zs_arena_array(j->arena, answer->count, sizeof *j->sets);
	for (size_t from = 0, to; from < answer->count; from = to) {
		for (to = from + 1; to < answer->count && same_set(&items[from], &items[to]); to++)
			;
		add_set(j, items, from, to);
	}
	return true;
}

void zs_answer_keys(struct zs_answer_judge *j)
{
	for (size_t i = 0; i < j->trust->dnskey_count && j->key_count < ZS_VERIFY_KEYS_MAX; i++) {
		const struct zs_bytes rdata = j->trust->dnskeys[i];
		const struct zs_algorithm_info *info = rdata.len > 4 ? zs_algorithm_info(rdata.data[3]) : NULL;
		const uint16_t flags = rdata.len > 4 ? zs_get_u16(rdata.data) : 0;
		if (info && info->verifies && rdata.data[2] == 3 && flags & ZS_DNSKEY_ZONE && !zs_crypt_key_problem(j->arena, rdata))
			j->keys[j->key_count++] = (struct zs_vkey){ .rdata = rdata, .flags = flags, .tag = zs_key_tag(rdata.data, rdata.len),
				                                    .algorithm = rdata.data[3], .in_zone = true, .usable = true };
	}
	j->unsigned_zone = !j->trust->dnskey_count;
	j->crypt = zs_crypt_new(j->arena, j->keys, j->key_count);
	j->buf = (struct zs_buf){ .arena = j->arena, .max = SIGNED_MAX };
	zs_name_lower(j->trust->zone, zs_name_len(j->trust->zone), j->zone);
}

struct zs_answer_set *zs_answer_find(const struct zs_answer_judge *j, enum zs_section section, const uint8_t *owner, uint16_t type)
{
	for (size_t i = 0; i < j->set_count; i++)
		if (j->sets[i].section == section && j->sets[i].type == type && zs_name_equal(j->sets[i].owner, owner))
			return &j->sets[i];
	return NULL;
}

/* Why this set is not good; the last reason stays, so the gravest comes last. */
static bool blame(struct zs_answer_judge *j, struct zs_answer_set *set, int ede, const char *rfc, const char *what)
{
	char type[ZS_TYPE_TEXT];
	set->ede = ede;
	set->rfc = rfc;
	set->why = zs_arena_printf(j->arena, "%s '%s' %s", zs_type_text(set->type, type), zs_answer_name(j, set->owner), what);
	return false;
}

static const char *when(struct zs_answer_judge *j, uint32_t time)
{
	char text[ZS_TIME_TEXT];
	const int64_t until = (int32_t)(time - (uint32_t)j->trust->now);
	return zs_arena_strdup(j->arena, zs_time_text(j->trust->now + until, text));
}

/* All about a signature that needs no key. */
static bool fits(struct zs_answer_judge *j, struct zs_answer_set *set, const struct zs_rrsig *sig)
{
	const unsigned labels = zs_name_labels(set->owner) - zs_name_is_wildcard(set->owner);
	const uint32_t now = (uint32_t)j->trust->now;
	if (!zs_name_equal(sig->signer, j->trust->zone) || !zs_name_within(set->owner, j->trust->zone))
		return blame(j, set, ZS_EDE_BOGUS, "RFC 4035 section 5.3.1",
		             zs_arena_printf(j->arena, "is signed by '%s', not by the zone '%s'", zs_answer_name(j, sig->signer),
		                             zs_answer_name(j, j->trust->zone)));
	if (sig->labels > labels || sig->labels < zs_name_labels(j->trust->zone))
		return blame(j, set, ZS_EDE_BOGUS, "RFC 4035 section 5.3.1",
		             zs_arena_printf(j->arena, "has an RRSIG with %u labels", sig->labels));
	if ((int32_t)(sig->expiration - now) < 0)
		return blame(j, set, ZS_EDE_EXPIRED, "RFC 4035 section 5.3.1",
		             zs_arena_printf(j->arena, "has a signature that expired %s", when(j, sig->expiration)));
	if ((int32_t)(sig->inception - now) > 0)
		return blame(j, set, ZS_EDE_NOT_YET, "RFC 4035 section 5.3.1",
		             zs_arena_printf(j->arena, "has a signature that begins %s", when(j, sig->inception)));
	return true;
}

/* RFC 4034 section 3.1.8.1, with the owner that was signed: the wildcard, where the labels say so (RFC 4035 section 5.3.2). */
static bool put_signed(struct zs_answer_judge *j, const struct zs_answer_set *set, struct zs_bytes rdata, const struct zs_rrsig *sig)
{
	uint8_t owner[ZS_NAME_MAX + 2] = { 1, '*' };
	const unsigned labels = zs_name_labels(set->owner), star = zs_name_is_wildcard(set->owner);
	const bool wild = sig->labels < labels - star;
	const uint8_t *from = wild ? zs_name_skip(set->owner, labels - sig->labels) : set->owner;
	const size_t from_len = zs_name_len(from), owner_len = from_len + 2 * wild;
	zs_name_lower(from, from_len, owner + 2 * wild);
	j->buf.len = 0;
	j->buf.full = false;
	const size_t fixed = (size_t)(sig->signer - rdata.data);
	zs_buf_add(&j->buf, rdata.data, fixed);
	zs_buf_add(&j->buf, j->zone, sig->signer_len);
	for (size_t i = 0; i < set->count; i++) {
		zs_buf_add(&j->buf, owner, owner_len);
		zs_buf_u16(&j->buf, set->type);
		zs_buf_u16(&j->buf, 1);
		zs_buf_u32(&j->buf, sig->original_ttl);
		zs_buf_u16(&j->buf, (uint16_t)set->rdata[i].len);
		zs_buf_add(&j->buf, set->rdata[i].data, set->rdata[i].len);
	}
	return !j->buf.full;
}

/* Does a key of the zone verify this signature? A tag is no identity: all keys with it are tried. */
static bool try_keys(struct zs_answer_judge *j, struct zs_answer_set *set, const struct zs_rrsig *sig, unsigned *tries)
{
	const struct zs_algorithm_info *info = zs_algorithm_info(sig->algorithm);
	bool any = false;
	for (size_t i = 0; i < j->key_count; i++) {
		if (j->keys[i].tag != sig->tag || j->keys[i].algorithm != sig->algorithm
		    || (j->keys[i].flags & ZS_DNSKEY_REVOKE && set->type != ZS_TYPE_DNSKEY))
			continue;
		any = true;
		if (*tries == SET_TRIES_MAX || j->tries == TRIES_MAX)
			return blame(j, set, ZS_EDE_BOGUS, "CVE-2023-50387", "has more signatures that fail than are tried");
		if (zs_crypt_verify(j->crypt, i, (struct zs_bytes){ j->buf.data, j->buf.len }, sig->signature) == ZS_CRYPT_GOOD)
			return true;
		++*tries;
		j->tries++;
	}
	if (any)
		return blame(j, set, ZS_EDE_BOGUS, "RFC 4035 section 5.3.3",
		             zs_arena_printf(j->arena, "has a signature that does not verify (key %u, algorithm %u)", sig->tag, sig->algorithm));
	return blame(j, set, info && info->verifies ? ZS_EDE_NO_DNSKEY : ZS_EDE_ALGORITHM, "RFC 4035 section 5.3.1",
	             zs_arena_printf(j->arena, "is signed by key %u, algorithm %u, which %s", sig->tag, sig->algorithm,
	                             info && info->verifies ? "is not in the zone's DNSKEY RRset" : "is not known here"));
}

static bool verify_set(struct zs_answer_judge *j, struct zs_answer_set *set)
{
	unsigned tries = 0;
	if (!set->sig_count)
		return blame(j, set, ZS_EDE_NO_RRSIG, "RFC 4035 section 3.1.1", "comes without an RRSIG");
	for (size_t i = 0; i < set->sig_count && i < SIGNATURES_MAX; i++) {
		struct zs_rrsig sig;
		if (!zs_rrsig_parse(set->sigs[i], &sig)) {
			blame(j, set, ZS_EDE_BOGUS, "RFC 4034 section 3.1", "has a malformed RRSIG");
			continue;
		}
		if (!fits(j, set, &sig) || !put_signed(j, set, set->sigs[i], &sig) || !try_keys(j, set, &sig, &tries))
			continue;
		const zs_time expires = j->trust->now + (int32_t)(sig.expiration - (uint32_t)j->trust->now);
		if (!j->out->expires || expires < j->out->expires)
			j->out->expires = expires;
		j->out->signature_count++;
		set->labels = sig.labels;
		return true;
	}
	if (!set->why)
		blame(j, set, ZS_EDE_BOGUS, NULL, "is too large to be verified");
	return false;
}

bool zs_answer_is_good(struct zs_answer_judge *j, struct zs_answer_set *set)
{
	if (j->unsigned_zone)
		return true;
	if (!set->judged)
		set->good = verify_set(j, set);
	set->judged = true;
	return set->good;
}

bool zs_answer_must(struct zs_answer_judge *j, struct zs_answer_set *set)
{
	return zs_answer_is_good(j, set) || zs_answer_bogus(j, set->ede, set->rfc, "%s", set->why);
}

bool zs_answer_from_wildcard(const struct zs_answer_judge *j, const struct zs_answer_set *set)
{
	return !j->unsigned_zone && set->labels < zs_name_labels(set->owner) - zs_name_is_wildcard(set->owner);
}
