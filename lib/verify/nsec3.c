/* nsec3.c - NSEC3: one closed loop in hash order, a record for every name that must have one and for no other
 * (RFC 5155 section 7.1). Hashes are computed here, in parallel. */
#include "verify/verify_private.h"

#include <string.h>

#include "base/pool.h"

enum { HASH_LEN = ZS_NSEC3_HASH, HEAD_LEN = 8, HASH_LABEL = 32, OPT_OUT = 1, ITERATIONS_MAX = 50, SLICE = 512 };

struct param {
	uint8_t algorithm, flags;
	uint16_t iterations;
	struct zs_bytes salt;
};

struct record {
	uint8_t hash[HASH_LEN]; /* of the owner's label; first, for zs_verify_search */
	uint8_t next[HASH_LEN];
	uint32_t owner;
	uint32_t entry;         /* the name it is about, or ZS_NO_OWNER */
	uint8_t flags;
	struct zs_bytes bitmap;
};

struct chain {
	struct zs_verifier *v;
	struct param param;
	struct record *records; /* in hash order */
	size_t count;
	bool all_opt_out;       /* every record has the flag */
	struct zs_entry *entries;
	size_t entry_count, entry_room;
	uint32_t *place;        /* per entry: where its hash is or would be in records */
	uint8_t (*heads)[HEAD_LEN]; /* of the hashes of records: few enough octets to stay in the cache while all names are looked up */
	EVP_MD *sha1;
	EVP_MD_CTX **contexts;  /* one per thread */
	bool *broken;           /* one per thread */
};

/* Algorithm, flags, iterations and salt begin both NSEC3PARAM and NSEC3. Returns their length, or 0. */
static size_t parse_param(struct zs_bytes rdata, struct param *out)
{
	if (rdata.len < 5 || rdata.len < 5u + rdata.data[4])
		return 0;
	*out = (struct param){ .algorithm = rdata.data[0], .flags = rdata.data[1], .iterations = zs_get_u16(rdata.data + 2),
		               .salt = { rdata.data + 5, rdata.data[4] } };
	return 5u + rdata.data[4];
}

static bool read_param(struct chain *c)
{
	struct zs_verifier *v = c->v;
	const struct zs_rrset *set = zs_zone_rrset(v->zone, v->apex, ZS_TYPE_NSEC3PARAM);
	if (!set) {
		zs_verify_refuse(v, 4, "the zone has NSEC3, but no NSEC3PARAM at its apex");
		zs_verify_hint(v, 4, "servers find the chain by it (RFC 5155 section 4)");
		return false;
	}
	if (set->count != 1)
		return zs_verify_refuse(v, 4, "the zone has %u NSEC3PARAM records, not one", set->count);
	if (!parse_param(zs_rrset_rdata(v->zone, set, 0), &c->param))
		return zs_verify_refuse(v, 4, "the NSEC3PARAM is malformed");
	if (c->param.flags)
		zs_verify_refuse(v, 4, "NSEC3PARAM has flags %u, they must be 0 (RFC 5155 section 4.1.2)", c->param.flags);
	if (c->param.algorithm != 1)
		return zs_verify_refuse(v, 4, "NSEC3PARAM has hash algorithm %u, only 1 is known", c->param.algorithm);
	return true;
}

static bool judge_param(struct chain *c)
{
	struct zs_verifier *v = c->v;
	if (v->algorithms[ZS_RSASHA1]) {
		zs_verify_refuse(v, 4, "the zone has NSEC3 and keys of algorithm 5 (RFC 5155 section 2)");
		zs_verify_hint(v, 4, "validators that know no NSEC3 know algorithm 5; roll to a newer algorithm first");
	}
	if (c->param.iterations > ITERATIONS_MAX) {
		zs_verify_refuse(v, 16, "NSEC3 has %u iterations, more than %d", c->param.iterations, ITERATIONS_MAX);
		zs_verify_hint(v, 16, "validators take such a zone as unsigned, or refuse it; 0 is right (RFC 9276 section 3.1)");
		return false; /* the hashes of a stranger's zone are not computed at any cost */
	}
	if (c->param.iterations && !v->options->strict)
		zs_warn(v->run, NULL, "NSEC3 has %u iterations; 0 is right (RFC 9276 section 3.1, G16)", c->param.iterations);
	return true;
}

/* The hash in the owner's first label, which must be all that stands before the apex. */
static bool owner_hash(const struct zs_verifier *v, uint32_t owner, uint8_t out[HASH_LEN])
{
	const uint8_t *name = zs_owner_name(v->zone, &v->zone->owners[owner]);
	uint8_t decoded[HASH_LABEL];
	size_t bad;
	if (name[0] != HASH_LABEL || !zs_name_equal(zs_name_skip(name, 1), v->zone->apex)
	    || zs_base32hex_decode((const char *)name + 1, HASH_LABEL, decoded, &bad) != HASH_LEN)
		return false;
	memcpy(out, decoded, HASH_LEN);
	return true;
}

/* One NSEC3 into *out. False, after refusing, if it cannot be in the chain. */
static bool read_record(struct chain *c, uint32_t owner, const struct zs_rrset *set, struct record *out)
{
	struct zs_verifier *v = c->v;
	struct param param;
	const struct zs_bytes rdata = zs_rrset_rdata(v->zone, set, 0);
	const size_t at = parse_param(rdata, &param);
	*out = (struct record){ .owner = owner, .entry = ZS_NO_OWNER, .flags = param.flags };
	if (!owner_hash(v, owner, out->hash)) {
		zs_verify_refuse(v, 4, "the owner of NSEC3 '%s' is no hash directly below the apex", zs_verify_owner(v, owner));
		return false;
	}
	if (!zs_verify_denial_set(v, owner, set))
		return false;
	if (!at || rdata.len < at + 1 || rdata.data[at] != HASH_LEN || rdata.len < at + 1 + HASH_LEN) {
		zs_verify_refuse(v, 4, "the next hash in NSEC3 '%s' is not %d octets long", zs_verify_owner(v, owner), HASH_LEN);
		return false;
	}
	if (param.algorithm != c->param.algorithm || param.iterations != c->param.iterations
	    || !zs_bytes_equal(param.salt, c->param.salt)) {
		zs_verify_refuse(v, 4, "NSEC3 '%s' has other algorithm, iterations or salt than NSEC3PARAM", zs_verify_owner(v, owner));
		zs_verify_hint(v, 4, "two chains were mixed; sign the zone again");
		return false;
	}
	if (param.flags & ~OPT_OUT)
		zs_verify_refuse(v, 4, "NSEC3 '%s' has flags %u; only opt-out (1) is known", zs_verify_owner(v, owner), param.flags);
	memcpy(out->next, rdata.data + at + 1, HASH_LEN);
	out->bitmap = (struct zs_bytes){ rdata.data + at + 1 + HASH_LEN, rdata.len - at - 1 - HASH_LEN };
	v->result->opt_out = v->result->opt_out || param.flags & OPT_OUT;
	return true;
}

/* All NSEC3 in canonical order of their owners, which is hash order (RFC 5155 section 1.3). */
static bool read_records(struct chain *c)
{
	struct zs_verifier *v = c->v;
	size_t room = 0;
	bool all = true;
	c->all_opt_out = true;
	for (uint32_t i = 0; i < v->zone->owner_count; i++) {
		struct record record;
		if (!(v->has[i] & ZS_HAS_NSEC3))
			continue;
		const struct zs_rrset *set = zs_zone_rrset(v->zone, i, ZS_TYPE_NSEC3);
		if (v->places[i] == ZS_PLACE_OUTSIDE || v->places[i] == ZS_PLACE_BELOW_CUT) {
			zs_verify_refuse(v, 4, "there is an NSEC3 at '%s', below a delegation or outside the zone", zs_verify_owner(v, i));
			all = false;
		} else if (read_record(c, i, set, &record)) {
			ZS_PUSH(v->scratch, c->records, c->count, room) = record;
			c->all_opt_out = c->all_opt_out && record.flags & OPT_OUT;
		} else {
			all = false;
		}
	}
	return all;
}

static void text_of(const uint8_t hash[HASH_LEN], char out[HASH_LABEL + 1])
{
	out[zs_base32hex_encode(hash, HASH_LEN, out)] = 0;
}

static void judge_loop(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	const struct chain *c = context;
	for (size_t i = from; i < to; i++) {
		const struct record *record = &c->records[i], *next = &c->records[i + 1 < c->count ? i + 1 : 0];
		char is[HASH_LABEL + 1], should[HASH_LABEL + 1];
		if (memcmp(record->next, next->hash, HASH_LEN) == 0)
			continue;
		text_of(record->next, is);
		text_of(next->hash, should);
		zs_verify_refuse(v, 4, "NSEC3 '%s' leads to %s, the next hash is %s", zs_verify_owner(v, record->owner), is, should);
		zs_verify_hint(v, 4, "the hashes between would be denied, or the chain would not close; sign the zone again");
	}
}

/* IH(salt, name, iterations), RFC 5155 section 5. */
bool zs_verify_nsec3_hash(EVP_MD_CTX *context, const EVP_MD *sha1, struct zs_bytes salt, uint16_t iterations, const uint8_t *name,
                          uint8_t out[ZS_NSEC3_HASH])
{
	uint8_t lower[ZS_NAME_MAX], md[EVP_MAX_MD_SIZE];
	size_t len = zs_name_len(name);
	const uint8_t *data = lower;
	zs_name_lower(name, len, lower);
	for (unsigned i = 0; i <= iterations; i++) {
		if (EVP_DigestInit_ex2(context, sha1, NULL) != 1 || EVP_DigestUpdate(context, data, len) != 1
		    || EVP_DigestUpdate(context, salt.data, salt.len) != 1 || EVP_DigestFinal_ex(context, md, NULL) != 1)
			return false;
		data = md;
		len = HASH_LEN;
	}
	memcpy(out, md, HASH_LEN);
	return true;
}

static const uint8_t *entry_name(const struct zs_verifier *v, const struct zs_entry *entry)
{
	return zs_name_skip(zs_owner_name(v->zone, &v->zone->owners[entry->owner]), entry->skip);
}

static void match_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct chain *c = context;
	for (size_t i = from; i < to; i++) {
		struct zs_entry *entry = &c->entries[i];
		if (!c->contexts[thread] || !c->sha1
		    || !zs_verify_nsec3_hash(c->contexts[thread], c->sha1, c->param.salt, c->param.iterations, entry_name(c->v, entry),
		                             entry->hash)) {
			c->broken[thread] = true;
			return;
		}
		size_t at = zs_verify_search(c->heads, HEAD_LEN, c->count, entry->hash, HEAD_LEN);
		while (at < c->count && memcmp(c->heads[at], entry->hash, HEAD_LEN) == 0
		       && memcmp(c->records[at].hash, entry->hash, HASH_LEN) < 0)
			at++;
		c->place[i] = (uint32_t)at;
		entry->matched = at < c->count && memcmp(c->heads[at], entry->hash, HEAD_LEN) == 0
		              && memcmp(c->records[at].hash, entry->hash, HASH_LEN) == 0;
	}
}

static bool match_entries(struct chain *c)
{
	struct zs_verifier *v = c->v;
	bool broken = false;
	c->place = zs_arena_array(v->scratch, c->entry_count, sizeof *c->place);
	c->contexts = zs_arena_array(v->scratch, v->jobs, sizeof *c->contexts);
	c->broken = zs_arena_array(v->scratch, v->jobs, sizeof *c->broken);
	c->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	for (unsigned i = 0; i < v->jobs; i++)
		c->contexts[i] = EVP_MD_CTX_new();
	zs_pool_run(v->jobs, c->entry_count, SLICE, match_slice, c);
	for (unsigned i = 0; i < v->jobs; i++) {
		EVP_MD_CTX_free(c->contexts[i]);
		broken = broken || c->broken[i];
	}
	EVP_MD_free(c->sha1);
	for (size_t i = 0; i < c->entry_count; i++) { /* the first name of a hash has its record */
		struct record *record = c->entries[i].matched ? &c->records[c->place[i]] : NULL;
		if (record && record->entry == ZS_NO_OWNER)
			record->entry = (uint32_t)i;
	}
	return !broken || zs_fail(v->run, "cannot compute NSEC3 hashes: OpenSSL has no SHA-1, or no memory");
}

/* May opt-out leave this name out? Insecure delegations, and what exists because of them only. */
static bool may_be_left_out(const struct zs_verifier *v, const struct zs_entry *entry)
{
	if (entry->skip)
		return !entry->needed;
	return zs_verify_is_insecure(v, entry->owner);
}

/* Match the names with the records. Where all of these have the opt-out flag, an insecure delegation without one of its own
 * needs no hash: whichever record covers it, it may. It has one of its own only if one is left that is about none of
 * the other names; then all are looked up. */
static bool match_names(struct chain *c)
{
	struct zs_verifier *v = c->v;
	c->heads = zs_arena_array(v->scratch, c->count, sizeof *c->heads);
	for (size_t i = 0; i < c->count; i++)
		memcpy(c->heads[i], c->records[i].hash, HEAD_LEN);
	c->entries = zs_verify_entries(v, !c->all_opt_out, &c->entry_count, &c->entry_room);
	if (!match_entries(c))
		return false;
	bool left = false;
	for (size_t i = 0; c->all_opt_out && i < c->count; i++)
		left = left || c->records[i].entry == ZS_NO_OWNER;
	if (!left)
		return true;
	for (size_t i = 0; i < c->count; i++)
		c->records[i].entry = ZS_NO_OWNER;
	zs_arena_release(v->scratch, c->place, c->entry_count * sizeof *c->place);
	zs_arena_release(v->scratch, c->entries, c->entry_room * sizeof *c->entries);
	c->entries = zs_verify_entries(v, true, &c->entry_count, &c->entry_room);
	return match_entries(c);
}

/* A name with a record of its own, or that must have one, makes the empty non-terminals above it needed. */
static void mark_needed(struct chain *c)
{
	for (size_t i = c->entry_count; i--;) {
		const struct zs_entry *entry = &c->entries[i];
		if (!entry->matched && may_be_left_out(c->v, entry))
			continue;
		for (uint32_t up = entry->parent; up != ZS_NO_OWNER && !c->entries[up].needed; up = c->entries[up].parent)
			c->entries[up].needed = true;
	}
}

static void refuse_missing(struct zs_verifier *v, const struct chain *c, size_t index)
{
	const struct zs_entry *entry = &c->entries[index];
	const bool optional = may_be_left_out(v, entry);
	/* the record before it in hash order covers it; before the first is the last */
	const struct record *covering = &c->records[(c->place[index] ? c->place[index] : c->count) - 1];
	char hash[HASH_LABEL + 1];
	if (optional && covering->flags & OPT_OUT)
		return;
	const char *name = zs_verify_name(v, entry_name(v, entry));
	text_of(entry->hash, hash);
	if (!optional) {
		zs_verify_refuse(v, 4, "there is no NSEC3 for %s'%s' (its hash is %s)", entry->skip ? "the empty non-terminal " : "",
		                 name, hash);
		zs_verify_hint(v, 4, "every name with data and every name above one needs it (RFC 5155 section 7.1)");
		return;
	}
	zs_verify_refuse(v, 4, "there is no NSEC3 for the insecure delegation '%s' (its hash is %s), and the one that covers it, "
	                 "'%s', has no opt-out flag", name, hash, zs_verify_owner(v, covering->owner));
	zs_verify_hint(v, 4, "the delegation would be denied (RFC 5155 section 6)");
}

static void judge_match(struct zs_verifier *v, const struct chain *c, size_t index)
{
	const struct zs_entry *entry = &c->entries[index];
	const struct record *record = &c->records[c->place[index]];
	struct zs_bitmap expected;
	if (record->entry != index) {
		zs_verify_refuse(v, 4, "'%s' and '%s' have the same NSEC3 hash", zs_verify_name(v, entry_name(v, entry)),
		                 zs_verify_name(v, entry_name(v, &c->entries[record->entry])));
		zs_verify_hint(v, 4, "another salt avoids it (RFC 5155 section 7.1)");
		return;
	}
	if (entry->skip) {
		expected.len = 0;
		expected.last = -1;
	} else {
		zs_verify_bitmap(v, entry->owner, true, &expected);
	}
	zs_verify_compare_bitmap(v, "NSEC3", entry_name(v, entry), record->bitmap, &expected);
}

static void judge_entries(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	const struct chain *c = context;
	for (size_t i = from; i < to; i++)
		if (c->entries[i].matched)
			judge_match(v, c, i);
		else
			refuse_missing(v, c, i);
}

static void judge_names(struct chain *c)
{
	mark_needed(c);
	zs_verify_slices(c->v, c->entry_count, judge_entries, c);
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].entry == ZS_NO_OWNER)
			zs_verify_refuse(c->v, 4, "NSEC3 '%s' is the hash of no name in the zone", zs_verify_owner(c->v, c->records[i].owner));
}

void zs_verify_nsec3(struct zs_verifier *v)
{
	struct chain *c = zs_arena_alloc(v->scratch, sizeof *c);
	c->v = v;
	if (!read_param(c) || !judge_param(c))
		return;
	/* with a record missing from the chain the rest would be blamed for it */
	if (!read_records(c) || !c->count)
		return;
	zs_verify_slices(v, c->count, judge_loop, c);
	if (match_names(c))
		judge_names(c);
}
