/* reuse.c - the signature cache, state/<zone>/signatures: signatures of the last publication, found again by what they sign.
 *
 *     magic              32 octets
 *     checksum           SHA-256 over the SHA-256 of each MiB of what follows
 *     zone               SHA-256 of the canonical wire name
 *     keys               one record: id 32, length of a signature 4, zeros 4, number of entries 8
 *     entries            per key, ascending: lookup 16, expiration 4, inception 4, signature
 *     proofs             32 octets each, ascending, as verify/ returned them
 *
 * Numbers are big-endian. The lookup is the start of a SHA-256 over the canonical RRset, owner, type and TTL included (RFC
 * 4034 section 3.1.8.1 without the RRSIG RDATA). The cache is never believed: what is damaged, foreign or of another
 * version is left aside, and a signature from it is published only after verify/ has found its proof or checked it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "sign/sign_private.h"

enum {
	MAGIC = 32, CHECKSUM_AT = 32, BODY_AT = 64, ZONE_LEN = 32, KEYS_AT = BODY_AT + ZONE_LEN + 8, KEY_LEN = 48,
	FIXED = ZS_LOOKUP_LEN + 8, /* octets of an entry before the signature */
	CHUNK = 1 << 20
};
static const char magic[MAGIC] = "zonesign signatures, version 1\n";
static const char file_name[] = "signatures", aside_name[] = ".signatures.zonesign";

struct zs_known_key {
	const uint8_t *id, *entries;
	size_t count, stride;
	uint16_t signature_len;
	uint32_t *first;   /* entry of each start that a lookup may have, and the end */
	unsigned shift;    /* a start is the first 16 bits of a lookup without the last `shift` */
	atomic_bool *used; /* per entry: it was taken for the zone at hand */
};

struct zs_signatures {
	const uint8_t *map;
	size_t len;
	size_t key_count;
	struct zs_known_key keys[UINT8_MAX];
	const uint8_t (*proofs)[32];
	size_t proof_count;
};

struct summing {
	const uint8_t *data;
	size_t len;
	uint8_t *digests;
	bool *failed; /* per chunk */
};

static void sum_chunks(void *context, unsigned thread, size_t from, size_t to)
{
	const struct summing *s = context;
	struct zs_run *run = zs_run_begin();
	uint8_t digest[ZS_HASH_MAX];
	(void)thread;
	for (size_t i = from; i < to; i++) {
		const size_t at = i * CHUNK, len = s->len - at < CHUNK ? s->len - at : CHUNK;
		s->failed[i] = !zs_hash(run, ZS_SHA256, (struct zs_bytes){ s->data + at, len }, digest);
		memcpy(s->digests + i * 32, digest, 32);
	}
	zs_run_end(run);
}

static bool has_checksum(struct zs_run *run, const uint8_t *data, size_t len, const uint8_t checksum[32])
{
	struct zs_arena *arena = zs_arena_new();
	const size_t chunks = (len + CHUNK - 1) / CHUNK;
	struct summing s = { .data = data, .len = len, .digests = zs_arena_array(arena, chunks, 32),
		             .failed = zs_arena_array(arena, chunks, sizeof(bool)) };
	uint8_t digest[ZS_HASH_MAX];
	zs_pool_run(run->jobs, chunks, 1, sum_chunks, &s);
	bool ok = zs_hash(run, ZS_SHA256, (struct zs_bytes){ s.digests, chunks * 32 }, digest) && memcmp(digest, checksum, 32) == 0;
	for (size_t i = 0; i < chunks; i++)
		ok = ok && !s.failed[i];
	zs_arena_free(arena);
	return ok;
}

static bool zone_id(struct zs_run *run, const uint8_t *apex, uint8_t out[ZS_HASH_MAX])
{
	uint8_t lower[ZS_NAME_MAX];
	const size_t len = zs_name_len(apex);
	zs_name_lower(apex, len, lower);
	return zs_hash(run, ZS_SHA256, (struct zs_bytes){ lower, len }, out);
}

static void put_u64(uint8_t *p, uint64_t value)
{
	zs_put_u32(p, (uint32_t)(value >> 32));
	zs_put_u32(p + 4, (uint32_t)value);
}

/* The sections, which must fill the file exactly. */
static bool split(struct zs_signatures *s)
{
	const size_t key_count = s->len >= KEYS_AT ? (size_t)zs_get_u64(s->map + KEYS_AT - 8) : 0;
	if (!key_count || key_count > ZS_COUNT(s->keys) || s->len - KEYS_AT < key_count * KEY_LEN)
		return false;
	size_t at = KEYS_AT + key_count * KEY_LEN;
	for (size_t i = 0; i < key_count; i++) {
		const uint8_t *p = s->map + KEYS_AT + i * KEY_LEN;
		struct zs_known_key *key = &s->keys[i];
		const uint32_t signature_len = zs_get_u32(p + 32);
		const uint64_t count = zs_get_u64(p + 40);
		if (!signature_len || signature_len > 1024 || count > (s->len - at) / (FIXED + signature_len) || count >= UINT32_MAX)
			return false;
		*key = (struct zs_known_key){ .id = p, .entries = s->map + at, .count = (size_t)count, .stride = FIXED + signature_len,
			                   .signature_len = (uint16_t)signature_len };
		at += key->count * key->stride;
	}
	s->key_count = key_count;
	s->proofs = (const uint8_t (*)[32])(s->map + at);
	s->proof_count = (s->len - at) / 32;
	return (s->len - at) % 32 == 0 && s->proof_count < UINT32_MAX;
}

static void unmap(void *object)
{
	struct zs_signatures *s = object;
	munmap((void *)(uintptr_t)s->map, s->len);
}

static unsigned start_of(const struct zs_known_key *key, const uint8_t *lookup)
{
	return (unsigned)zs_get_u16(lookup) >> key->shift;
}

/* Lookups are digests, spread evenly: a table of their starts, which stays in the processor's cache, leads to a few. */
static void index_entries(struct zs_arena *arena, struct zs_known_key *key)
{
	key->shift = key->count > 4096 ? 0 : 10;
	const size_t starts = (size_t)1 << (16 - key->shift);
	size_t start = 0;
	key->first = zs_arena_array(arena, starts + 1, sizeof *key->first);
	key->used = zs_arena_array(arena, key->count, sizeof *key->used);
	for (size_t i = 0; i < key->count; i++)
		while (start <= start_of(key, key->entries + i * key->stride))
			key->first[start++] = (uint32_t)i;
	while (start <= starts)
		key->first[start++] = (uint32_t)key->count;
}

/* Why the file cannot be used, or NULL. */
static const char *look(struct zs_run *run, const struct zs_zone *zone, struct zs_signatures *s)
{
	uint8_t id[ZS_HASH_MAX];
	if (s->len < KEYS_AT || memcmp(s->map, magic, 20) != 0)
		return "is no file of zonesign";
	if (memcmp(s->map, magic, sizeof magic) != 0)
		return "is of another version";
	if (!has_checksum(run, s->map + BODY_AT, s->len - BODY_AT, s->map + CHECKSUM_AT))
		return "is damaged";
	if (!zone_id(run, zone->apex, id) || memcmp(s->map + BODY_AT, id, ZONE_LEN) != 0)
		return "is that of another zone";
	return split(s) ? NULL : "is damaged";
}

struct zs_signatures *zs_signatures_open(struct zs_run *run, struct zs_arena *arena, int dir_fd, const struct zs_zone *zone)
{
	struct stat stat;
	const int fd = openat(dir_fd, file_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	struct zs_signatures *s = zs_arena_alloc(arena, sizeof *s);
	void *map = MAP_FAILED;
	if (fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == geteuid() && !(stat.st_mode & 022) && stat.st_size > 0)
		map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED) {
		zs_warn(run, NULL, "the signature cache cannot be read; all signatures are made anew");
		return NULL;
	}
	s->map = map;
	s->len = (size_t)stat.st_size;
	zs_arena_defer(arena, unmap, s);
	const char *problem = look(run, zone, s);
	for (size_t i = 0; !problem && i < s->key_count; i++)
		index_entries(arena, &s->keys[i]);
	if (!problem)
		return s;
	zs_warn(run, NULL, "the signature cache %s; all signatures are made anew", problem);
	return NULL;
}

const uint8_t (*zs_signatures_proofs(const struct zs_signatures *s, size_t *count))[32]
{
	*count = s ? s->proof_count : 0;
	return s ? s->proofs : NULL;
}

void zs_signatures_close_entries(struct zs_signatures *s)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t len = s ? (size_t)((const uint8_t *)s->proofs - s->map) / page * page : 0;
	if (len)
		(void)madvise((void *)(uintptr_t)s->map, len, MADV_DONTNEED);
}

bool zs_signatures_remove(int dir_fd)
{
	return unlinkat(dir_fd, file_name, 0) == 0;
}

const struct zs_known_key *zs_signatures_key(const struct zs_signatures *s, const struct zs_signer *signer)
{
	for (size_t i = 0; s && i < s->key_count; i++)
		if (memcmp(s->keys[i].id, signer->id, 32) == 0 && s->keys[i].signature_len == signer->signature_len)
			return &s->keys[i];
	return NULL;
}

void zs_sign_expect(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN])
{
	__builtin_prefetch(&key->first[start_of(key, lookup)]);
}

void zs_sign_fetch(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN])
{
	const unsigned start = start_of(key, lookup);
	for (size_t at = key->first[start]; at < key->first[start + 1]; at++)
		__builtin_prefetch(key->entries + at * key->stride);
}

/* The entry of a lookup; key->count if there is none. */
static size_t find(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN])
{
	const unsigned start = start_of(key, lookup);
	for (size_t at = key->first[start]; at < key->first[start + 1]; at++)
		if (memcmp(key->entries + at * key->stride, lookup, ZS_LOOKUP_LEN) == 0)
			return at;
	return key->count;
}

bool zs_sign_reuse(const struct zs_known_key *key, const uint8_t lookup[ZS_LOOKUP_LEN], const struct zs_reuse_times *times,
                   struct zs_sign_job *job, uint8_t *slot)
{
	const size_t at = key ? find(key, lookup) : 0;
	if (!key || at == key->count)
		return false;
	const uint8_t *entry = key->entries + at * key->stride;
	const uint32_t expiration = zs_get_u32(entry + ZS_LOOKUP_LEN), inception = zs_get_u32(entry + ZS_LOOKUP_LEN + 4);
	/* serial arithmetic, RFC 4034 section 3.1.5 */
	if ((int32_t)(expiration - times->now) <= times->refresh || (int32_t)(inception - times->now) > 0)
		return false;
	job->expiration = expiration;
	job->inception = inception;
	memcpy(slot, entry + FIXED, key->signature_len);
	atomic_store_explicit(&key->used[at], true, memory_order_relaxed);
	return true;
}

/* -- writing -- */

struct zs_signatures_writer {
	struct zs_run *run;
	struct zs_arena *arena;
	int dir_fd, fd;
	uint8_t *chunk;      /* of the body */
	size_t used;
	struct zs_buf sums;  /* digests of the chunks before */
	bool ok;
	int error;           /* errno, where that is why it is not */
};

static void check(struct zs_signatures_writer *w, bool ok)
{
	if (w->ok && !ok)
		w->error = errno;
	w->ok = w->ok && ok;
}

static void flush(struct zs_signatures_writer *w)
{
	uint8_t digest[ZS_HASH_MAX];
	if (!w->used || !w->ok)
		return;
	check(w, zs_file_write_all(w->fd, w->chunk, w->used) && zs_hash(w->run, ZS_SHA256, (struct zs_bytes){ w->chunk, w->used }, digest));
	zs_buf_add(&w->sums, digest, 32);
	w->used = 0;
}

static void put(struct zs_signatures_writer *w, const void *data, size_t len)
{
	const uint8_t *p = data;
	while (len) {
		const size_t room = CHUNK - w->used, part = len < room ? len : room;
		memcpy(w->chunk + w->used, p, part);
		w->used += part;
		p += part;
		len -= part;
		if (w->used == CHUNK)
			flush(w);
	}
}

struct ordered {
	uint64_t prefix;
	uint32_t job;
};

static int compare(const void *left, const void *right, void *context)
{
	const struct ordered *a = left, *b = right;
	const struct zs_signed_zone *zone = context;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return memcmp(zone->lookups[a->job], zone->lookups[b->job], ZS_LOOKUP_LEN);
}

/* Jobs of a key that are not from the cache, in order of their lookups: into buckets by the first octets, which are spread evenly, then each sorted. */
static size_t sort_jobs(const struct zs_signed_zone *zone, struct zs_arena *arena, size_t key, struct ordered **out)
{
	const unsigned shift = zone->job_count > 4096 ? 0 : 10; /* a small zone has no use for many buckets */
	const size_t buckets = (size_t)1 << (16 - shift);
	size_t *start = zs_arena_array(arena, buckets + 1, sizeof *start), count = 0;
	for (size_t i = 0; i < zone->job_count; i++)
		if (zone->jobs[i].key == key && !zone->reused[i]) {
			start[(zs_get_u16(zone->lookups[i]) >> shift) + 1]++;
			count++;
		}
	for (size_t i = 0; i < buckets; i++)
		start[i + 1] += start[i];
	struct ordered *list = zs_arena_array(arena, count, sizeof *list);
	for (size_t i = 0; i < zone->job_count; i++)
		if (zone->jobs[i].key == key && !zone->reused[i])
			list[start[zs_get_u16(zone->lookups[i]) >> shift]++] = (struct ordered){ zs_get_u64(zone->lookups[i]), (uint32_t)i };
	for (size_t i = 0, first = 0; i < buckets; first = start[i++])
		if (start[i] - first > 1)
			qsort_r(list + first, start[i] - first, sizeof *list, compare, (void *)(uintptr_t)zone);
	*out = list;
	return count;
}

static void put_keys(struct zs_signatures_writer *w, const struct zs_signed_zone *zone)
{
	uint8_t id[ZS_HASH_MAX], number[8];
	check(w, zone_id(w->run, zone->zone->apex, id));
	put(w, id, ZONE_LEN);
	put_u64(number, zone->signer_count);
	put(w, number, 8);
	for (size_t k = 0; k < zone->signer_count; k++) {
		const struct zs_known_key *known = zs_signatures_key(zone->known, &zone->signers[k]);
		uint8_t record[KEY_LEN] = { 0 };
		uint64_t count = 0;
		for (size_t i = 0; i < zone->job_count; i++)
			count += zone->jobs[i].key == k && !zone->reused[i];
		for (size_t i = 0; known && i < known->count; i++)
			count += atomic_load_explicit(&known->used[i], memory_order_relaxed);
		memcpy(record, zone->signers[k].id, 32);
		zs_put_u32(record + 32, zone->signers[k].signature_len);
		put_u64(record + 40, count);
		put(w, record, sizeof record);
	}
}

static void put_job(struct zs_signatures_writer *w, const struct zs_signed_zone *zone, uint32_t index, size_t signature_len)
{
	const struct zs_sign_job *job = &zone->jobs[index];
	uint8_t fixed[FIXED];
	memcpy(fixed, zone->lookups[index], ZS_LOOKUP_LEN);
	zs_put_u32(fixed + ZS_LOOKUP_LEN, job->expiration);
	zs_put_u32(fixed + ZS_LOOKUP_LEN + 4, job->inception);
	put(w, fixed, FIXED);
	put(w, zone->signatures + job->signature, signature_len);
}

/* The entries of the present cache that were used, as they are and in their order, and the new ones between them. */
static void put_entries(struct zs_signatures_writer *w, const struct zs_signed_zone *zone)
{
	for (size_t k = 0; k < zone->signer_count; k++) {
		const struct zs_known_key *known = zs_signatures_key(zone->known, &zone->signers[k]);
		struct zs_arena *arena = zs_arena_new();
		struct ordered *list;
		const size_t count = sort_jobs(zone, arena, k, &list), len = zone->signers[k].signature_len;
		size_t next = 0;
		for (size_t i = 0; known && i < known->count; i++) {
			const uint8_t *entry = known->entries + i * known->stride;
			if (!atomic_load_explicit(&known->used[i], memory_order_relaxed))
				continue;
			for (; next < count && memcmp(zone->lookups[list[next].job], entry, ZS_LOOKUP_LEN) < 0; next++)
				put_job(w, zone, list[next].job, len);
			put(w, entry, known->stride);
		}
		for (; next < count; next++)
			put_job(w, zone, list[next].job, len);
		zs_arena_free(arena);
	}
}

struct zs_signatures_writer *zs_signatures_begin(struct zs_run *run, struct zs_arena *arena, int dir_fd, const struct zs_signed_zone *zone)
{
	static const uint8_t nothing[BODY_AT];
	struct zs_signatures_writer *w = zs_arena_alloc(arena, sizeof *w);
	if (!zone->lookups)
		return NULL;
	*w = (struct zs_signatures_writer){ .run = run, .arena = arena, .dir_fd = dir_fd, .fd = -1, .chunk = zs_arena_grow(arena, NULL, 0, CHUNK),
		                            .sums = { .arena = arena, .max = (size_t)UINT32_MAX }, .ok = true };
	check(w, unlinkat(dir_fd, aside_name, 0) == 0 || errno == ENOENT);
	if (w->ok)
		w->fd = openat(dir_fd, aside_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	check(w, w->fd >= 0 && zs_file_write_all(w->fd, nothing, sizeof nothing)); /* the header comes last */
	put_keys(w, zone);
	put_entries(w, zone);
	return w;
}

void zs_signatures_discard(struct zs_signatures_writer *w)
{
	if (!w || w->fd < 0)
		return;
	close(w->fd);
	unlinkat(w->dir_fd, aside_name, 0);
	w->fd = -1;
}

void zs_signatures_end(struct zs_signatures_writer *w, const uint8_t (*proofs)[32], size_t count)
{
	uint8_t head[BODY_AT], sum[ZS_HASH_MAX];
	if (!w)
		return;
	put(w, proofs, count * 32);
	flush(w);
	memcpy(head, magic, MAGIC);
	check(w, zs_hash(w->run, ZS_SHA256, (struct zs_bytes){ w->sums.data, w->sums.len }, sum));
	if (w->ok) {
		memcpy(head + CHECKSUM_AT, sum, 32);
		/* neither synced: what a power failure leaves of it has another checksum */
		check(w, pwrite(w->fd, head, sizeof head, 0) == (ssize_t)sizeof head && renameat(w->dir_fd, aside_name, w->dir_fd, file_name) == 0);
	}
	if (!w->ok) {
		zs_warn(w->run, NULL, "the signature cache cannot be written (%s); the next build makes all signatures anew", strerror(w->error));
		zs_signatures_discard(w);
		return;
	}
	close(w->fd);
	w->fd = -1;
}
