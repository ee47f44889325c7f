/* rrsig.c - signatures: which are made, and the octets they are made of (RFC 4034 section 3.1.8.1). */
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "dns/algorithm.h"
#include "dns/rdata.h"
#include "sign/sign_private.h"

enum { SLICE = 8 }; /* jobs that a thread takes at once */

/* What the KSK signs: at the apex alone. Elsewhere a DNSKEY or CDS (RFC 9615) is data like any other. owner: of a type that is none of
 * a denial. */
static bool is_key_set(const struct zs_signed_zone *zone, uint32_t owner, uint16_t type)
{
	return (type == ZS_TYPE_DNSKEY || type == ZS_TYPE_CDS || type == ZS_TYPE_CDNSKEY) && zone->zone->owners[owner].name_len == zone->apex_len;
}

/* 0 to max, from the owner name alone: the same input gives the same plan. */
static uint32_t jitter_of(const uint8_t *name, zs_seconds max)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	const size_t len = zs_name_len(name);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ zs_octet_lower(name[i])) * 16777619u;
	hash ^= hash >> 16; /* FNV's low bits alone are too regular for a modulus */
	hash *= 0x85ebca6bu;
	hash ^= hash >> 13;
	return max > 0 ? (uint32_t)(hash % ((uint64_t)max + 1)) : 0;
}

struct planning {
	struct zs_signed_zone *zone;
	zs_time now;
	bool nsec3;
	struct zs_buf jobs;
};

/* What follows from the owner's name. */
static void date_job(const struct planning *p, struct zs_sign_job *job)
{
	const struct zs_signed_zone *out = p->zone;
	uint8_t nsec3[ZS_NAME_MAX];
	const uint8_t *owner = nsec3;
	if (job->type == ZS_TYPE_NSEC3)
		zs_sign_nsec3_owner(out, &out->denials[job->set], nsec3);
	else
		owner = zs_owner_name(out->zone, &out->zone->owners[job->owner]);
	job->labels = (uint8_t)(zs_name_labels(owner) - zs_name_is_wildcard(owner));
	job->expiration = (uint32_t)(p->now + out->policy->validity - jitter_of(owner, out->policy->jitter));
}

static void add_jobs(const struct planning *p, struct zs_buf *jobs, size_t owner, uint32_t set, uint16_t type)
{
	const struct zs_signed_zone *out = p->zone;
	const bool keys = is_key_set(out, (uint32_t)owner, type);
	for (size_t i = 0; i < out->signer_count; i++)
		if (keys ? out->signers[i].sign_dnskeys : out->signers[i].sign_zone) {
			struct zs_sign_job job = { .owner = (uint32_t)owner, .set = set, .type = type, .key = (uint8_t)i, .inception = out->inception };
			date_job(p, &job);
			zs_buf_add(jobs, &job, sizeof job);
		}
}

uint32_t zs_sign_nth_set(const struct zs_zone *zone, const struct zs_owner *owner, uint32_t n)
{
	uint32_t soa = owner->first;
	while (soa < owner->first + owner->rrset_count && zone->rrsets[soa].type < ZS_TYPE_SOA)
		soa++;
	if (soa == owner->first + owner->rrset_count || zone->rrsets[soa].type != ZS_TYPE_SOA || owner->first + n > soa)
		return owner->first + n;
	return n ? owner->first + n - 1 : soa;
}

/* An owner's jobs in the order in which they are written; nsec: of out->denials, or their number for none. */
static void plan_owner(const struct planning *p, struct zs_buf *jobs, size_t index, size_t nsec)
{
	const struct zs_zone *zone = p->zone->zone;
	const struct zs_owner *owner = &zone->owners[index];
	for (uint32_t n = 0; n < owner->rrset_count; n++) {
		const uint32_t set = zs_sign_nth_set(zone, owner, n);
		if (zs_sign_covers(owner, zone->rrsets[set].type))
			add_jobs(p, jobs, index, set, zone->rrsets[set].type);
	}
	if (nsec < p->zone->denial_count)
		add_jobs(p, jobs, index, (uint32_t)nsec, ZS_TYPE_NSEC);
}

/* Indices are those of the owners, and behind them, if denial is NSEC3, of its records. */
static void plan_slice(void *context, struct zs_buf *jobs, size_t from, size_t to)
{
	const struct planning *p = context;
	const struct zs_signed_zone *out = p->zone;
	const size_t owners = out->zone->owner_count, none = out->denial_count;
	size_t denial = p->nsec3 || from >= owners ? none : zs_sign_first_denial(out, (uint32_t)from);
	size_t i = from;
	for (; i < to && i < owners; i++) {
		__builtin_prefetch(zs_owner_ahead(out->zone, i));
		const bool has_nsec = denial < none && out->denials[denial].owner == i;
		plan_owner(p, jobs, i, has_nsec ? denial : none);
		denial += has_nsec;
	}
	for (; i < to; i++)
		add_jobs(p, jobs, i - owners, (uint32_t)(i - owners), ZS_TYPE_NSEC3);
}

/* Each signature's slot. */
static void place_jobs(void *context, size_t at, size_t from, size_t to)
{
	struct planning *p = context;
	struct zs_signed_zone *out = p->zone;
	struct zs_sign_job *jobs = (void *)p->jobs.data;
	(void)from, (void)to;
	for (size_t i = at / sizeof *jobs; i < p->jobs.len / sizeof *jobs; i++) {
		jobs[i].signature = (uint32_t)out->signatures_len;
		out->signatures_len += out->signers[jobs[i].key].signature_len;
	}
}

bool zs_sign_plan_jobs(struct zs_run *run, struct zs_signed_zone *out)
{
	enum { SHORTEST = 64 }; /* octets of a signature: more jobs than this leaves are too many at any rate */
	struct planning p = { .zone = out, .now = run->now, .nsec3 = zs_sign_has_nsec3(out),
		              .jobs = { .arena = out->arena, .max = (size_t)UINT32_MAX / SHORTEST * sizeof *out->jobs } };
	zs_pool_gather(run->jobs, out->zone->owner_count + (p.nsec3 ? out->denial_count : 0), 4096, &p.jobs, plan_slice, place_jobs, &p);
	if (p.jobs.full || out->signatures_len > UINT32_MAX)
		return zs_fail(run, "the signatures would take more than 4 GiB");
	out->jobs = (void *)p.jobs.data;
	out->job_count = p.jobs.len / sizeof *out->jobs;
	out->signatures = zs_arena_alloc(out->arena, out->signatures_len);
	if (out->keep)
		out->lookups = zs_arena_array(out->arena, out->job_count, sizeof *out->lookups);
	if (out->keep)
		out->reused = zs_arena_array(out->arena, out->job_count, sizeof *out->reused);
	return true;
}

bool zs_sign_has_nsec3(const struct zs_signed_zone *zone)
{
	return zone->denial_count && zone->denials[0].owner == ZS_NO_OWNER;
}

size_t zs_sign_first_job(const struct zs_signed_zone *zone, uint32_t owner, bool nsec3)
{
	size_t low = 0, high = zone->job_count;
	while (low < high) { /* those of NSEC3 stand behind the others */
		const size_t middle = low + (high - low) / 2;
		const struct zs_sign_job *job = &zone->jobs[middle];
		const bool is_nsec3 = job->type == ZS_TYPE_NSEC3;
		if (is_nsec3 != nsec3 ? nsec3 : job->owner < owner)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t zs_sign_first_denial(const struct zs_signed_zone *zone, uint32_t owner)
{
	size_t low = 0, high = zone->denial_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (zone->denials[middle].owner < owner)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_denial(uint16_t type)
{
	return type == ZS_TYPE_NSEC || type == ZS_TYPE_NSEC3;
}

static size_t head_of(const struct zs_signed_zone *zone, const struct zs_sign_job *job, const uint8_t *signer, uint8_t *out)
{
	const struct zs_key *key = zone->signers[job->key].key;
	zs_put_u16(out, job->type);
	out[2] = key->algorithm;
	out[3] = job->labels;
	zs_put_u32(out + 4, is_denial(job->type) ? zone->denial_ttl : zone->zone->rrsets[job->set].ttl);
	zs_put_u32(out + 8, job->expiration);
	zs_put_u32(out + 12, job->inception);
	zs_put_u16(out + 16, key->tag);
	memcpy(out + 18, signer, zone->apex_len);
	return 18 + zone->apex_len;
}

size_t zs_sign_rrsig(const struct zs_signed_zone *zone, const struct zs_sign_job *job, uint8_t out[ZS_RRSIG_MAX])
{
	const size_t head = head_of(zone, job, zone->zone->apex, out);
	const size_t len = zone->signers[job->key].signature_len;
	memcpy(out + head, zone->signatures + job->signature, len);
	return head + len;
}

static void add_rr(struct zs_buf *data, const uint8_t *owner, size_t owner_len, uint16_t type, uint32_t ttl, struct zs_bytes rdata)
{
	uint8_t *p = zs_buf_reserve(data, owner_len + 10 + rdata.len);
	if (!p)
		return;
	memcpy(p, owner, owner_len);
	p += owner_len;
	zs_put_u16(p, type);
	zs_put_u16(p + 2, 1);
	zs_put_u32(p + 4, ttl);
	zs_put_u16(p + 8, (uint16_t)rdata.len);
	if (rdata.len)
		zs_rdata_canonical(type, rdata.data, rdata.len, p + 10);
	data->len += owner_len + 10 + rdata.len;
}

/* signed data = RRSIG RDATA without the signature | RR(1) | RR(2) ... */
static void collect(const struct zs_signed_zone *out, const struct zs_sign_job *job, struct zs_buf *data)
{
	uint8_t head[18 + ZS_NAME_MAX], owner[ZS_NAME_MAX];
	const struct zs_zone *zone = out->zone;
	data->len = 0;
	zs_buf_add(data, head, head_of(out, job, out->apex_lower, head));
	if (is_denial(job->type)) {
		const struct zs_denial_record *denial = &out->denials[job->set];
		size_t len;
		if (job->type == ZS_TYPE_NSEC3) {
			len = zs_sign_nsec3_owner(out, denial, owner);
			zs_name_lower(owner, len, owner);
		} else {
			len = zone->owners[job->owner].name_len;
			zs_name_lower(zs_owner_name(zone, &zone->owners[job->owner]), len, owner);
		}
		add_rr(data, owner, len, job->type, out->denial_ttl, (struct zs_bytes){ out->octets + denial->rdata, denial->rdata_len });
		return;
	}
	const struct zs_owner *o = &zone->owners[job->owner];
	const struct zs_rrset *set = &zone->rrsets[job->set];
	zs_name_lower(zs_owner_name(zone, o), o->name_len, owner);
	for (uint32_t i = 0; i < set->count; i++)
		add_rr(data, owner, o->name_len, set->type, set->ttl, zs_rrset_rdata(zone, set, i));
}

/* What one thread signs with a key: prepared once. */
struct context {
	EVP_PKEY_CTX *ready;  /* RSA, ECDSA: EVP_PKEY_sign over a ready digest */
	EVP_MD_CTX *message;  /* EdDSA, which takes no digest; a context keeps the key it was first given */
	const EVP_MD *digest; /* RSA, ECDSA */
};

struct worker {
	struct context *contexts; /* one a signer */
	EVP_MD_CTX *digest;
	const EVP_MD *sha256;     /* for lookups in the cache */
	struct zs_arena *arena;
	struct zs_buf data;
};

struct signing {
	struct zs_signed_zone *zone;
	size_t first;
	struct worker *workers;
	const struct zs_known_key **known; /* per signer */
	struct zs_reuse_times times;
	atomic_bool failed;
};

static bool is_eddsa(uint8_t algorithm)
{
	return algorithm == ZS_ED25519 || algorithm == ZS_ED448;
}

static const EVP_MD *digest_for(uint8_t algorithm)
{
	return zs_hash_method(algorithm == ZS_RSASHA512 ? ZS_SHA512 : algorithm == ZS_ECDSAP384SHA384 ? ZS_SHA384 : ZS_SHA256);
}

static bool open_context(const struct zs_key *key, struct context *out)
{
	if (is_eddsa(key->algorithm)) {
		out->message = EVP_MD_CTX_new();
		return out->message != NULL;
	}
	/* a key of its own: a shared one would be a shared reference count */
	EVP_PKEY *own = EVP_PKEY_dup(key->private);
	out->ready = own ? EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL) : NULL;
	out->digest = digest_for(key->algorithm);
	EVP_PKEY_free(own);
	return out->ready && out->digest && EVP_PKEY_sign_init(out->ready) == 1 && EVP_PKEY_CTX_set_signature_md(out->ready, out->digest) == 1;
}

static bool open_worker(struct worker *worker, const struct zs_signed_zone *zone)
{
	worker->arena = zs_arena_new();
	worker->data = (struct zs_buf){ .arena = worker->arena, .max = (size_t)UINT32_MAX };
	worker->contexts = zs_arena_array(worker->arena, zone->signer_count, sizeof *worker->contexts);
	worker->digest = EVP_MD_CTX_new();
	worker->sha256 = zs_hash_method(ZS_SHA256);
	bool ok = worker->digest && worker->sha256;
	for (size_t i = 0; ok && i < zone->signer_count; i++)
		ok = open_context(zone->signers[i].key, &worker->contexts[i]);
	return ok;
}

static void close_worker(struct worker *worker, const struct zs_signed_zone *zone)
{
	for (size_t i = 0; i < zone->signer_count; i++) {
		EVP_PKEY_CTX_free(worker->contexts[i].ready);
		EVP_MD_CTX_free(worker->contexts[i].message);
	}
	EVP_MD_CTX_free(worker->digest);
	zs_arena_free(worker->arena);
}

/* An INTEGER of DER that is not negative, to the end of `half` octets that are zero. Returns what follows it, or NULL. */
static const uint8_t *take_integer(const uint8_t *p, const uint8_t *end, uint8_t *out, size_t half)
{
	if (end - p < 3 || p[0] != 2 || p[1] > end - p - 2)
		return NULL;
	size_t len = p[1];
	p += 2;
	if (len > 1 && !*p) { /* keeps the sign */
		p++;
		len--;
	}
	if (!len || len > half)
		return NULL;
	memset(out, 0, half - len);
	memcpy(out + half - len, p, len);
	return p + len;
}

/* OpenSSL's DER sequence of two integers to r | s, each padded to half of len (RFC 6605 section 4). The curves' are shorter
 * than 128 octets, so that each length is one. */
static bool raw_ecdsa(const uint8_t *der, size_t der_len, uint8_t *out, size_t len)
{
	const uint8_t *end = der + der_len;
	if (der_len < 2 || der[0] != 0x30 || der[1] != der_len - 2)
		return false;
	const uint8_t *s = take_integer(der + 2, end, out, len / 2);
	return s && take_integer(s, end, out + len / 2, len / 2) == end;
}

static bool digest_octets(struct worker *worker, const EVP_MD *md, struct zs_bytes data, uint8_t out[EVP_MAX_MD_SIZE], unsigned *len)
{
	return EVP_DigestInit_ex2(worker->digest, md, NULL) == 1 && EVP_DigestUpdate(worker->digest, data.data, data.len) == 1
	    && EVP_DigestFinal_ex(worker->digest, out, len) == 1;
}

/* The signature over worker->data, which collect has filled, to the job's slot. */
static bool make_signature(struct worker *worker, const struct zs_signed_zone *zone, const struct zs_sign_job *job)
{
	const struct zs_signer *signer = &zone->signers[job->key];
	const uint8_t algorithm = signer->key->algorithm;
	uint8_t *slot = zone->signatures + job->signature, digest[EVP_MAX_MD_SIZE], signature[1024];
	size_t len = sizeof signature;
	unsigned digest_len;
	const struct context *context = &worker->contexts[job->key];
	if (context->message) {
		len = signer->signature_len;
		return EVP_DigestSignInit(context->message, NULL, NULL, NULL, signer->key->private) == 1
		    && EVP_DigestSign(context->message, slot, &len, worker->data.data, worker->data.len) == 1
		    && len == signer->signature_len;
	}
	if (!digest_octets(worker, context->digest, (struct zs_bytes){ worker->data.data, worker->data.len }, digest, &digest_len)
	    || EVP_PKEY_sign(context->ready, signature, &len, digest, digest_len) != 1)
		return false;
	if (algorithm == ZS_ECDSAP256SHA256 || algorithm == ZS_ECDSAP384SHA384)
		return raw_ecdsa(signature, len, slot, signer->signature_len);
	if (len != signer->signature_len) /* RSA pads to the modulus, RFC 3110 section 3 */
		return false;
	memcpy(slot, signature, len);
	return true;
}

/* Where there is to be a cache: what the job's signature is found by, over worker->data. */
static bool make_lookup(struct worker *worker, const struct zs_signed_zone *zone, size_t index)
{
	const size_t head = 18 + zone->apex_len; /* RRSIG RDATA, whose times are not looked up */
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;
	if (!zone->lookups)
		return true;
	if (!digest_octets(worker, worker->sha256, (struct zs_bytes){ worker->data.data + head, worker->data.len - head }, digest, &len))
		return false;
	memcpy(zone->lookups[index], digest, ZS_LOOKUP_LEN);
	return true;
}

/* What the job signs: the name of its owner, or the RDATA of an NSEC or NSEC3. */
static const uint8_t *octets_of(const struct zs_signed_zone *zone, const struct zs_sign_job *job)
{
	return is_denial(job->type) ? zone->octets + zone->denials[job->set].rdata : zs_owner_name(zone->zone, &zone->zone->owners[job->owner]);
}

/* What the parent reads is always made anew: dnssec-cds and its like take nothing that was signed before the parent's last
 * change, the signature over the DNSKEYs included (RFC 7344 section 6.2, replay). */
static bool may_be_reused(const struct signing *signing, const struct zs_sign_job *job)
{
	return signing->zone->lookups && signing->known[job->key] && !is_key_set(signing->zone, job->owner, job->type);
}

/* The first look at a job: it is made at once, or, if it may be in the cache, *wanted is set. */
static bool begin_job(const struct signing *signing, struct worker *worker, size_t index, bool *wanted)
{
	const struct zs_signed_zone *zone = signing->zone;
	const struct zs_sign_job *job = &zone->jobs[index];
	collect(zone, job, &worker->data);
	if (worker->data.full || !make_lookup(worker, zone, index))
		return false;
	*wanted = may_be_reused(signing, job);
	if (!*wanted)
		return make_signature(worker, zone, job);
	zs_sign_expect(signing->known[job->key], zone->lookups[index]);
	return true;
}

/* A job that may be in the cache: from there if it has a signature that is still good, else made. */
static bool end_job(const struct signing *signing, struct worker *worker, size_t index)
{
	struct zs_signed_zone *zone = signing->zone;
	struct zs_sign_job *job = &zone->jobs[index];
	zone->reused[index] = zs_sign_reuse(signing->known[job->key], zone->lookups[index], &signing->times, job, zone->signatures + job->signature);
	if (zone->reused[index])
		return true;
	collect(zone, job, &worker->data);
	return make_signature(worker, zone, job);
}

/* What is signed lies in the order of the file, and entries of the cache lie anywhere, in more memory than the processor's
 * cache holds: all of a slice is asked for before it is used, so that the processor waits for it once. */
static bool do_slice(const struct signing *signing, struct worker *worker, size_t first, size_t count)
{
	bool wanted[SLICE], ok = true;
	for (size_t i = 0; i < count; i++)
		__builtin_prefetch(octets_of(signing->zone, &signing->zone->jobs[first + i]));
	for (size_t i = 0; ok && i < count; i++)
		ok = begin_job(signing, worker, first + i, &wanted[i]);
	for (size_t i = 0; ok && i < count; i++)
		if (wanted[i])
			zs_sign_fetch(signing->known[signing->zone->jobs[first + i].key], signing->zone->lookups[first + i]);
	for (size_t i = 0; ok && i < count; i++)
		ok = !wanted[i] || end_job(signing, worker, first + i);
	return ok;
}

static void sign_slice(void *argument, unsigned thread, size_t from, size_t to)
{
	struct signing *signing = argument;
	struct worker *worker = &signing->workers[thread];
	if (!worker->arena && !open_worker(worker, signing->zone))
		atomic_store(&signing->failed, true);
	if (!atomic_load_explicit(&signing->failed, memory_order_relaxed) && !do_slice(signing, worker, signing->first + from, to - from))
		atomic_store(&signing->failed, true);
}

/* Threads for count signatures. Each has to make contexts of the keys and a random number generator, which takes as long as some dozens
 * of signatures of the quick algorithms. */
static unsigned threads_for(const struct zs_signed_zone *zone, size_t count, unsigned jobs)
{
	enum { QUICK = 64, SLOW = 4 };
	size_t least = QUICK;
	for (size_t i = 0; i < zone->signer_count; i++)
		if (zone->signers[i].key->algorithm != ZS_ECDSAP256SHA256 && zone->signers[i].key->algorithm != ZS_ED25519)
			least = SLOW;
	const size_t worth = count / least;
	return worth < 2 || jobs < 2 ? 1 : worth < jobs ? (unsigned)worth : jobs;
}

bool zs_sign_fill(struct zs_run *run, struct zs_signed_zone *zone, size_t from, size_t to)
{
	struct signing signing = { .zone = zone, .first = from,
		                   .times = { .now = (uint32_t)run->now, .refresh = zone->policy->refresh } };
	struct zs_arena *arena = zs_arena_new();
	const unsigned jobs = threads_for(zone, to - from, run->jobs);
	signing.workers = zs_arena_array(arena, jobs, sizeof *signing.workers);
	signing.known = zs_arena_array(arena, zone->signer_count, sizeof *signing.known);
	for (size_t i = 0; i < zone->signer_count; i++)
		signing.known[i] = zs_signatures_key(zone->known, &zone->signers[i]);
	zs_pool_run(jobs, to - from, zs_pool_slice(jobs, to - from, SLICE), sign_slice, &signing);
	for (unsigned i = 0; i < jobs; i++)
		if (signing.workers[i].arena)
			close_worker(&signing.workers[i], zone);
	zs_arena_free(arena);
	if (atomic_load(&signing.failed))
		return zs_fail(run, "a signature could not be made: %s", zs_hash_openssl_error(run->arena));
	return true;
}
