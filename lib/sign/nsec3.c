/* nsec3.c - the NSEC3 chain (RFC 5155, parameters of RFC 9276). */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "sign/sign_private.h"

enum { SLICE = 4096 }; /* names that a thread takes at once */

/* A name to be hashed: an owner, or an empty non-terminal above one. */
struct hashed {
	uint8_t hash[ZS_NSEC3_HASH];
	uint32_t owner; /* the owner, or for an ENT one that is below it */
	uint8_t labels; /* of the name */
	bool ent, ok;
};

struct hashing {
	const struct zs_signed_zone *zone;
	struct hashed *names;
};

static bool digest(EVP_MD_CTX *context, const EVP_MD *sha1, const void *a, size_t a_len, const void *b, size_t b_len,
                   uint8_t *out)
{
	return EVP_DigestInit_ex(context, sha1, NULL) == 1 && EVP_DigestUpdate(context, a, a_len) == 1
	    && (!b_len || EVP_DigestUpdate(context, b, b_len) == 1) && EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/* RFC 5155 section 5: IH(salt, x, 0) = H(x | salt); IH(salt, x, k) = H(IH(salt, x, k-1) | salt) */
static bool hash_name(EVP_MD_CTX *context, const EVP_MD *sha1, const struct zs_nsec3_options *options, const uint8_t *name,
                      uint8_t out[ZS_NSEC3_HASH])
{
	uint8_t lower[ZS_NAME_MAX];
	const size_t len = zs_name_len(name);
	zs_name_lower(name, len, lower);
	bool ok = digest(context, sha1, lower, len, options->salt, options->salt_len, out);
	for (unsigned i = 0; ok && i < options->iterations; i++)
		ok = digest(context, sha1, out, ZS_NSEC3_HASH, options->salt, options->salt_len, out);
	return ok;
}

bool zs_sign_nsec3_hash(const struct zs_nsec3_options *options, const uint8_t *name, uint8_t out[ZS_NSEC3_HASH])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	const bool ok = context && sha1 && hash_name(context, sha1, options, name, out);
	EVP_MD_free(sha1);
	EVP_MD_CTX_free(context);
	return ok;
}

static const uint8_t *name_of(const struct zs_zone *zone, const struct hashed *h)
{
	const uint8_t *name = zs_owner_name(zone, &zone->owners[h->owner]);
	return zs_name_skip(name, zs_name_labels(name) - h->labels);
}

static void hash_slice(void *argument, unsigned thread, size_t from, size_t to)
{
	(void)thread;
	const struct hashing *job = argument;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	for (size_t i = from; context && sha1 && i < to; i++)
		job->names[i].ok = hash_name(context, sha1, &job->zone->policy->nsec3, name_of(job->zone->zone, &job->names[i]),
		                             job->names[i].hash);
	EVP_MD_free(sha1);
	EVP_MD_CTX_free(context);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(((const struct hashed *)a)->hash, ((const struct hashed *)b)->hash, ZS_NSEC3_HASH);
}

enum { BUCKETS = 256, MANY = 4096 };

struct buckets {
	struct hashed *names;
	size_t start[BUCKETS + 1]; /* by the first octet of the hash */
};

static void sort_buckets(void *argument, unsigned thread, size_t from, size_t to)
{
	const struct buckets *b = argument;
	(void)thread;
	for (size_t i = from; i < to; i++)
		qsort(b->names + b->start[i], b->start[i + 1] - b->start[i], sizeof *b->names, by_hash);
}

/* By hash. Many are first put into buckets, in place: each is then sorted on its own. */
static void sort_names(struct hashed *names, size_t count, unsigned jobs)
{
	struct buckets b = { .names = names };
	size_t next[BUCKETS];
	if (count < MANY) {
		qsort(names, count, sizeof *names, by_hash);
		return;
	}
	for (size_t i = 0; i < count; i++)
		b.start[names[i].hash[0] + 1]++;
	for (size_t i = 0; i < BUCKETS; i++) {
		next[i] = b.start[i];
		b.start[i + 1] += b.start[i];
	}
	for (size_t i = 0; i < BUCKETS; i++)
		while (next[i] < b.start[i + 1]) {
			struct hashed *here = &names[next[i]], *there = &names[next[here->hash[0]]];
			if (here == there) {
				next[i]++;
				continue;
			}
			next[here->hash[0]]++;
			const struct hashed other = *there;
			*there = *here;
			*here = other;
		}
	zs_pool_run(jobs, BUCKETS, 1, sort_buckets, &b);
}

/* Opt-out leaves out insecure delegations themselves: RFC 5155 section 7.1. */
static bool is_left_out(const struct zs_signed_zone *out, uint32_t owner)
{
	return out->policy->nsec3.opt_out && (out->zone->owners[owner].flags & ZS_OWNER_CUT) && !zs_zone_rrset(out->zone, owner, ZS_TYPE_DS);
}

/* The last name before owner `from` that is not occluded. */
static const uint8_t *name_before(const struct zs_zone *zone, size_t from)
{
	while (from > 0 && zone->owners[from - 1].flags & ZS_OWNER_OCCLUDED)
		from--;
	return from ? zs_owner_name(zone, &zone->owners[from - 1]) : zone->apex;
}

/* Owners, and the ENTs between each and the one before: in canonical order an ENT comes just before its first
 * descendant, so the labels shared with the last name seen tell which are new. An ENT that exists for an insecure delegation only
 * could be left out with it, but NSD 4.6 then proves nothing below it. */
static void collect(void *context, struct zs_buf *names, size_t from, size_t to)
{
	const struct zs_signed_zone *out = context;
	const struct zs_zone *zone = out->zone;
	const uint8_t *last = NULL;
	for (size_t i = from; i < to; i++) {
		__builtin_prefetch(zs_owner_ahead(zone, i));
		if (zone->owners[i].flags & ZS_OWNER_OCCLUDED)
			continue;
		if (!last)
			last = name_before(zone, i);
		const uint8_t *name = zs_owner_name(zone, &zone->owners[i]);
		const unsigned labels = zs_name_labels(name);
		const unsigned shared = labels > zone->apex_labels + 1u ? zs_name_common_labels(name, last) : labels;
		for (unsigned l = shared + 1; l < labels; l++)
			zs_buf_add(names, &(struct hashed){ .owner = (uint32_t)i, .labels = (uint8_t)l, .ent = true }, sizeof(struct hashed));
		if (!is_left_out(out, (uint32_t)i))
			zs_buf_add(names, &(struct hashed){ .owner = (uint32_t)i, .labels = (uint8_t)labels }, sizeof(struct hashed));
		last = name;
	}
}

/* Types as an NSEC3 shows them: no NSEC3, and RRSIG only where something is signed (RFC 5155 section 7.1). */
static size_t owner_types(const struct zs_zone *zone, const struct hashed *h, uint16_t *types)
{
	const struct zs_owner *owner = &zone->owners[h->owner];
	size_t count = 0;
	bool is_signed = false, placed = false;
	if (h->ent)
		return 0;
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++)
		is_signed = is_signed || zs_sign_covers(owner, zone->rrsets[i].type);
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		const uint16_t type = zone->rrsets[i].type;
		if ((owner->flags & ZS_OWNER_CUT) && type != ZS_TYPE_NS && type != ZS_TYPE_DS)
			continue;
		if (is_signed && !placed && type > ZS_TYPE_RRSIG) {
			types[count++] = ZS_TYPE_RRSIG;
			placed = true;
		}
		types[count++] = type;
	}
	if (is_signed && !placed)
		types[count++] = ZS_TYPE_RRSIG;
	return count;
}

size_t zs_sign_nsec3_owner(const struct zs_signed_zone *zone, const struct zs_denial_record *record, uint8_t out[ZS_NAME_MAX])
{
	const size_t label = zs_base32hex_encode(record->hash, ZS_NSEC3_HASH, (char *)out + 1);
	out[0] = (uint8_t)label;
	memcpy(out + 1 + label, zone->zone->apex, zone->apex_len);
	return 1 + label + zone->apex_len;
}

static bool check_hashes(struct zs_run *run, const struct zs_signed_zone *out, const struct hashed *names, size_t count)
{
	char a[ZS_NAME_TEXT], b[ZS_NAME_TEXT];
	for (size_t i = 0; i < count; i++) {
		if (!names[i].ok)
			return zs_fail(run, "cannot compute an NSEC3 hash (SHA-1 is not available?)");
		if (i && by_hash(&names[i - 1], &names[i]) == 0) {
			zs_error(run, NULL, "'%s' and '%s' have the same NSEC3 hash (RFC 5155 section 7.1)",
			         zs_name_text(name_of(out->zone, &names[i - 1]), a), zs_name_text(name_of(out->zone, &names[i]), b));
			zs_hint(run, "choose another salt: denial: {nsec3: {salt: \"...\"}}");
			return false;
		}
	}
	return true;
}

static size_t later(size_t index, size_t ahead, size_t count)
{
	return index + ahead < count ? index + ahead : index;
}

static const struct zs_rrset *first_set(const struct zs_zone *zone, uint32_t owner)
{
	return &zone->rrsets[zone->owners[owner].first];
}

struct describing {
	const struct zs_signed_zone *out;
	const struct hashed *names; /* by hash */
	size_t count;
};

static size_t describe_nsec3(const void *context, size_t index, uint16_t *types, struct zs_denial_record *record, uint8_t *rdata)
{
	const struct describing *d = context;
	const struct zs_nsec3_options *options = &d->out->policy->nsec3;
	const size_t salt_end = 5u + options->salt_len, bitmap = salt_end + 1 + ZS_NSEC3_HASH;
	/* in the order of hashes owners lie anywhere */
	__builtin_prefetch(&d->out->zone->owners[d->names[later(index, 16, d->count)].owner]);
	__builtin_prefetch(first_set(d->out->zone, d->names[later(index, 8, d->count)].owner));
	rdata[0] = 1;
	rdata[1] = options->opt_out;
	zs_put_u16(rdata + 2, options->iterations);
	rdata[4] = options->salt_len;
	memcpy(rdata + 5, options->salt, options->salt_len);
	rdata[salt_end] = ZS_NSEC3_HASH;
	memcpy(rdata + salt_end + 1, d->names[index + 1 < d->count ? index + 1 : 0].hash, ZS_NSEC3_HASH);
	*record = (struct zs_denial_record){ .owner = ZS_NO_OWNER };
	memcpy(record->hash, d->names[index].hash, ZS_NSEC3_HASH);
	return bitmap + zs_sign_bitmap(types, owner_types(d->out->zone, &d->names[index], types), rdata + bitmap);
}

bool zs_sign_add_nsec3(struct zs_run *run, struct zs_signed_zone *out)
{
	struct zs_buf all = { .arena = out->arena, .max = SIZE_MAX / 2 };
	zs_pool_gather(run->jobs, out->zone->owner_count, SLICE, &all, collect, NULL, out);
	struct hashed *names = (void *)all.data;
	const size_t count = all.len / sizeof *names;
	struct hashing job = { .zone = out, .names = names };
	zs_pool_run(run->jobs, count, SLICE, hash_slice, &job);
	sort_names(names, count, run->jobs);
	if (!check_hashes(run, out, names, count))
		return false;
	const struct describing describing = { .out = out, .names = names, .count = count };
	const bool ok = zs_sign_make_denials(run, out, count, describe_nsec3, &describing);
	zs_arena_release(out->arena, names, all.room);
	return ok;
}
