/* rrsig.c - which RRsets are signed, and the check of every signature, in parallel (RFC 4035 section 5.3). */
#include "verify/verify_private.h"

#include <stdatomic.h>
#include <string.h>

#include "base/pool.h"
#include "dns/rdata.h"

enum {
	RRSIG_FIXED = 18,             /* octets before the signer's name */
	SIGNED_DATA_MAX = 64 << 20,   /* of one RRset; no answer can carry that */
	TRIES_MAX = 16,               /* failed checks per RRset: colliding key tags, CVE-2023-50387 */
	SIGNATURES_ACCEPTED_MAX = 64, /* per RRset, with --accept G16 */
	SKEW = 3600,                  /* a signature may begin that much later, outside strict */
	SLICE = 8 /* half a millisecond: a zone of a hundred signatures has work for all threads */
};

bool zs_rrsig_parse(struct zs_bytes rdata, struct zs_rrsig *out)
{
	const uint8_t *p = rdata.data;
	if (rdata.len <= RRSIG_FIXED)
		return false;
	const size_t signer_len = zs_name_check(p + RRSIG_FIXED, rdata.len - RRSIG_FIXED);
	if (!signer_len || rdata.len == RRSIG_FIXED + signer_len)
		return false;
	*out = (struct zs_rrsig){
		.covered = zs_get_u16(p), .algorithm = p[2], .labels = p[3], .original_ttl = zs_get_u32(p + 4),
		.expiration = zs_get_u32(p + 8), .inception = zs_get_u32(p + 12), .tag = zs_get_u16(p + 16),
		.signer = p + RRSIG_FIXED, .signer_len = signer_len,
		.signature = { p + RRSIG_FIXED + signer_len, rdata.len - RRSIG_FIXED - signer_len },
	};
	return true;
}

static bool must_be_signed(const struct zs_verifier *v, uint32_t owner, uint16_t type)
{
	switch ((enum zs_place)v->places[owner]) {
	case ZS_PLACE_AUTHORITATIVE:
		return true;
	case ZS_PLACE_DELEGATION:
		return type == ZS_TYPE_DS || type == ZS_TYPE_NSEC || type == ZS_TYPE_NSEC3;
	case ZS_PLACE_BARE:
		return true; /* NSEC3; a stray NSEC is nsec.c's to refuse */
	case ZS_PLACE_BELOW_DNAME:
		return type == ZS_TYPE_NSEC3; /* its owner is a hash, and equals this name by chance only */
	case ZS_PLACE_OUTSIDE:
	case ZS_PLACE_BELOW_CUT:
		break;
	}
	return false;
}

static void refuse_signed(struct zs_verifier *v, uint32_t owner, uint16_t type)
{
	static const char *const why[] = {
		[ZS_PLACE_OUTSIDE] = "it is not in the zone",
		[ZS_PLACE_BARE] = "there is nothing to sign",
		[ZS_PLACE_AUTHORITATIVE] = "RRSIGs are not signed themselves (RFC 4035 section 2.2)",
		[ZS_PLACE_DELEGATION] = "at a delegation only DS and NSEC are signed (RFC 4035 section 2.2)",
		[ZS_PLACE_BELOW_CUT] = "it is below a delegation (RFC 4035 section 2.2)",
		[ZS_PLACE_BELOW_DNAME] = "it is below a DNAME (RFC 6672 section 2.4)",
	};
	zs_verify_refuse(v, 2, "there is an RRSIG for %s '%s', but %s", zs_verify_type(v, type), zs_verify_owner(v, owner),
	                 why[v->places[owner]]);
	zs_verify_hint(v, 2, "only what the zone is authoritative for is signed; sign the zone again");
}

static void refuse_orphan(struct zs_verifier *v, uint32_t owner, uint16_t covered)
{
	if (v->places[owner] == ZS_PLACE_BELOW_CUT || v->places[owner] == ZS_PLACE_BELOW_DNAME || covered == ZS_TYPE_RRSIG) {
		refuse_signed(v, owner, covered);
		return;
	}
	zs_verify_refuse(v, 2, "there is an RRSIG for %s '%s', but no such record", zs_verify_type(v, covered),
	                 zs_verify_owner(v, owner));
	zs_verify_hint(v, 2, "the record was lost after signing, or the old signature was left behind");
}

/* set and sigs count from the owner's first; sigs: ZS_NO_SIGS for none. */
static void add_job(struct zs_verifier *v, struct zs_sig_jobs *jobs, uint32_t owner, uint32_t set, uint32_t sigs)
{
	struct zs_sig_job *job = &ZS_PUSH(v->scratch, jobs->jobs, jobs->count, jobs->room);
	*job = (struct zs_sig_job){ .owner = owner, .set = (uint16_t)set, .sigs = (uint16_t)sigs,
		                    .first_signature = (uint32_t)jobs->signature_count };
	if (sigs != ZS_NO_SIGS)
		jobs->signature_count += zs_job_sigs(v, job)->count;
}

/* RRsets are in order of type, RRSIGs of the type they cover: both are walked once. */
static void collect_owner(struct zs_verifier *v, struct zs_sig_jobs *jobs, uint32_t index)
{
	const struct zs_zone *zone = v->zone;
	const struct zs_owner *owner = &zone->owners[index];
	const uint32_t end = owner->first + owner->rrset_count;
	uint32_t sig = owner->first;
	while (sig < end && zone->rrsets[sig].type < ZS_TYPE_RRSIG)
		sig++;
	uint32_t sig_end = sig;
	while (sig_end < end && zone->rrsets[sig_end].type == ZS_TYPE_RRSIG)
		sig_end++;
	for (uint32_t i = owner->first; i < end; i++) {
		const uint16_t type = zone->rrsets[i].type;
		if (type == ZS_TYPE_RRSIG)
			continue;
		for (; sig < sig_end && zone->rrsets[sig].covered < type; sig++)
			refuse_orphan(v, index, zone->rrsets[sig].covered);
		const bool is_signed = sig < sig_end && zone->rrsets[sig].covered == type;
		if (must_be_signed(v, index, type))
			add_job(v, jobs, index, i - owner->first, is_signed ? sig - owner->first : ZS_NO_SIGS);
		else if (is_signed)
			refuse_signed(v, index, type);
		sig += is_signed;
	}
	for (; sig < sig_end; sig++)
		refuse_orphan(v, index, zone->rrsets[sig].covered);
}

void zs_verify_collect(struct zs_verifier *v, struct zs_sig_jobs *jobs)
{
	for (uint32_t i = 0; i < v->zone->owner_count; i++)
		if (v->places[i] != ZS_PLACE_OUTSIDE)
			collect_owner(v, jobs, i);
}

/* What one thread works with. buf holds signed data: RRSIG RDATA without signature, then the canonical RRset. */
struct worker {
	struct zs_arena *arena;
	struct zs_crypt *crypt;
	struct zs_buf buf;
};

/* Known proofs by their start, the first 16 bits without the last `shift`: first[i] is the first that starts with i or more.
 * Digests are spread evenly, so a table that stays in the processor's cache leads to a few. */
struct proof_index {
	uint32_t *first;
	unsigned shift;
};

static unsigned start_of(const struct proof_index *index, const uint8_t *proof)
{
	return (unsigned)zs_get_u16(proof) >> index->shift;
}

static void index_proofs(struct zs_arena *arena, const uint8_t (*proofs)[ZS_PROOF_LEN], size_t count, struct proof_index *out)
{
	out->shift = count > 4096 ? 0 : 10;
	const size_t starts = (size_t)1 << (16 - out->shift);
	size_t start = 0;
	out->first = zs_arena_array(arena, starts + 1, sizeof *out->first);
	for (size_t i = 0; i < count; i++)
		while (start <= start_of(out, proofs[i]))
			out->first[start++] = (uint32_t)i;
	while (start <= starts)
		out->first[start++] = (uint32_t)count;
}

struct checking {
	const struct zs_verifier *v;
	struct proof_index index; /* where there are known proofs */
	struct zs_sig_jobs *jobs;
	struct worker *workers;
	uint8_t apex[ZS_NAME_MAX]; /* lower case */
	size_t prefix_len;
	size_t signatures_max;
	uint8_t only_algorithm; /* of the zone's keys; 0: there are more, or none */
};

/* Everything about a signature that needs no key; ZS_SIG_UNSEEN if it may go on. */
static enum zs_verdict_code check_fields(const struct zs_verifier *v, const struct zs_sig_job *job,
                                         const struct zs_rrsig *sig)
{
	const struct zs_zone *zone = v->zone;
	const struct zs_rrset *set = zs_job_set(v, job);
	const uint8_t *owner = zs_owner_name(zone, &zone->owners[job->owner]);
	const unsigned labels = zs_name_labels(owner) - zs_name_is_wildcard(owner); /* RFC 4034 section 3.1.3 */
	if (!zs_name_equal(sig->signer, zone->apex))
		return ZS_SIG_SIGNER;
	if (sig->labels != labels)
		return ZS_SIG_LABELS;
	if (sig->original_ttl != set->ttl)
		return ZS_SIG_ORIGINAL_TTL;
	if (zs_job_sigs(v, job)->ttl != set->ttl)
		return ZS_SIG_TTL;
	if ((int32_t)(sig->expiration - sig->inception) <= 0)
		return ZS_SIG_TIMES;
	if (zs_seconds_until(v, sig->expiration) <= 0)
		return ZS_SIG_EXPIRED;
	if (zs_seconds_until(v, sig->inception) > (v->options->strict ? 0 : SKEW))
		return ZS_SIG_NOT_YET;
	return ZS_SIG_UNSEEN;
}

/* The canonical RRset (RFC 4034 section 6.3) behind the prefix in worker->buf. The zone's RDATA are in order already;
 * that is checked, because a wrong order would verify nowhere else. */
static enum zs_verdict_code add_rrset(const struct zs_verifier *v, struct worker *worker, const struct zs_sig_job *job)
{
	const struct zs_zone *zone = v->zone;
	const struct zs_owner *owner = &zone->owners[job->owner];
	const struct zs_rrset *set = zs_job_set(v, job);
	struct zs_bytes before = { 0 };
	for (uint32_t i = 0; i < set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, set, i);
		const size_t len = owner->name_len + 10u + rdata.len;
		const size_t before_at = before.data ? (size_t)(before.data - worker->buf.data) : 0;
		uint8_t *p = zs_buf_reserve(&worker->buf, len);
		if (!p)
			return ZS_SIG_TOO_LARGE;
		zs_name_lower(zs_owner_name(zone, owner), owner->name_len, p);
		p += owner->name_len;
		zs_put_u16(p, set->type);
		zs_put_u16(p + 2, 1); /* IN: the scanner takes no other class */
		zs_put_u32(p + 4, set->ttl);
		zs_put_u16(p + 8, (uint16_t)rdata.len);
		zs_rdata_canonical(set->type, rdata.data, rdata.len, p + 10);
		const struct zs_bytes canonical = { p + 10, rdata.len };
		if (i && zs_bytes_compare((struct zs_bytes){ worker->buf.data + before_at, before.len }, canonical) >= 0)
			return ZS_SIG_ORDER;
		before = canonical;
		worker->buf.len += len;
	}
	return ZS_SIG_UNSEEN;
}

/* SHA-256 over (signed data, signature, DNSKEY RDATA, lengths of the first two); signed data is RRSIG RDATA without
 * the signature, then owner, type, class, Original TTL and RDATA of each record in canonical form. */
static bool make_proof(struct worker *worker, const struct zs_rrsig *sig, const struct zs_vkey *key, uint8_t out[ZS_PROOF_LEN])
{
	struct zs_buf *buf = &worker->buf;
	const size_t len = buf->len;
	zs_buf_add(buf, sig->signature.data, sig->signature.len);
	zs_buf_add(buf, key->rdata.data, key->rdata.len);
	zs_buf_u32(buf, (uint32_t)len);
	zs_buf_u32(buf, (uint32_t)sig->signature.len);
	const bool ok = !buf->full && zs_crypt_sha256(worker->crypt, (struct zs_bytes){ buf->data, buf->len }, out);
	buf->len = len;
	return ok;
}

/* The known proof that is `next` places behind the first one that starts as this one does; the last, if there are no more. */
static const uint8_t *known_near(const struct checking *c, const uint8_t proof[ZS_PROOF_LEN], uint32_t next)
{
	const size_t at = (size_t)c->index.first[start_of(&c->index, proof)] + next, last = c->v->options->proof_count - 1;
	return c->v->options->proofs[at < last ? at : last];
}

/* Is the proof one of those that an earlier verification recorded? It is then marked as one that goes on. */
static bool is_known(const struct checking *c, const uint8_t proof[ZS_PROOF_LEN])
{
	const uint8_t (*proofs)[ZS_PROOF_LEN] = c->v->options->proofs;
	const unsigned start = start_of(&c->index, proof);
	for (uint32_t at = c->index.first[start]; at < c->index.first[start + 1]; at++)
		if (memcmp(proofs[at], proof, ZS_PROOF_LEN) == 0) {
			atomic_store_explicit(&c->jobs->proof_used[at], true, memory_order_relaxed);
			return true;
		}
	return false;
}

/* Try all keys with the signature's algorithm and tag: a tag is no identity. */
static struct zs_verdict try_keys(const struct checking *c, struct worker *worker, const struct zs_sig_job *job,
                                  const struct zs_rrsig *sig, uint8_t *proof, unsigned *tries)
{
	const struct zs_verifier *v = c->v;
	const bool dnskeys = job->owner == v->apex && sig->covered == ZS_TYPE_DNSKEY;
	const bool proving = v->options->proof_count || v->options->want_proofs;
	const struct zs_algorithm_info *info = zs_algorithm_info(sig->algorithm);
	uint8_t code = !info || !info->verifies ? ZS_SIG_ALGORITHM : ZS_SIG_NO_KEY;
	for (size_t i = 0; i < v->key_count; i++) {
		const struct zs_vkey *key = &v->keys[i];
		if (key->tag != sig->tag || key->algorithm != sig->algorithm)
			continue;
		if (!key->usable || (key->flags & ZS_DNSKEY_REVOKE && !dnskeys)) { /* RFC 5011 section 2.1 */
			code = code == ZS_SIG_NO_KEY ? ZS_SIG_UNUSABLE_KEY : code;
			continue;
		}
		if (proving && !make_proof(worker, sig, key, proof))
			return (struct zs_verdict){ .code = ZS_SIG_BROKEN };
		if (v->options->proof_count && is_known(c, proof))
			return (struct zs_verdict){ .code = ZS_SIG_REUSED, .key = (uint8_t)i };
		if (*tries == TRIES_MAX)
			return (struct zs_verdict){ .code = ZS_SIG_TOO_MANY };
		switch (zs_crypt_verify(worker->crypt, i, (struct zs_bytes){ worker->buf.data, worker->buf.len }, sig->signature)) {
		case ZS_CRYPT_GOOD:
			return (struct zs_verdict){ .code = ZS_SIG_VERIFIED, .key = (uint8_t)i };
		case ZS_CRYPT_BROKEN:
			return (struct zs_verdict){ .code = ZS_SIG_BROKEN };
		case ZS_CRYPT_BAD:
			break;
		}
		++*tries;
		code = ZS_SIG_FAILED;
	}
	return (struct zs_verdict){ .code = code };
}

/* The RRSIG RDATA without the signature, the signer in canonical form (RFC 4034 section 3.1.8.1). */
static void put_prefix(const struct checking *c, struct worker *worker, struct zs_bytes rdata)
{
	memcpy(worker->buf.data, rdata.data, RRSIG_FIXED);
	memcpy(worker->buf.data + RRSIG_FIXED, c->apex, c->prefix_len - RRSIG_FIXED);
}

/* The RRset behind room for the prefix. */
static enum zs_verdict_code build(const struct checking *c, struct worker *worker, const struct zs_sig_job *job)
{
	worker->buf.full = false;
	worker->buf.len = 0;
	(void)zs_buf_reserve(&worker->buf, c->prefix_len);
	worker->buf.len = c->prefix_len;
	return add_rrset(c->v, worker, job);
}

static void check_job(const struct checking *c, struct worker *worker, const struct zs_sig_job *job)
{
	const struct zs_zone *zone = c->v->zone;
	const struct zs_rrset *sigs = zs_job_sigs(c->v, job);
	enum zs_verdict_code body = ZS_SIG_UNSEEN;
	bool built = false;
	unsigned tries = 0;
	for (uint32_t i = 0; i < sigs->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, sigs, i);
		struct zs_verdict *verdict = &c->jobs->verdicts[job->first_signature + i];
		struct zs_rrsig sig;
		uint8_t none[ZS_PROOF_LEN];
		if (i >= c->signatures_max) {
			verdict->code = ZS_SIG_TOO_MANY;
			continue;
		}
		verdict->code = (uint8_t)(zs_rrsig_parse(rdata, &sig) ? check_fields(c->v, job, &sig) : ZS_SIG_MALFORMED);
		if (verdict->code != ZS_SIG_UNSEEN)
			continue;
		if (!built)
			body = build(c, worker, job);
		built = true;
		verdict->code = (uint8_t)body;
		if (body != ZS_SIG_UNSEEN)
			continue;
		put_prefix(c, worker, rdata);
		*verdict = try_keys(c, worker, job, &sig, c->jobs->proofs ? c->jobs->proofs[job->first_signature + i] : none, &tries);
	}
}

/* What is to be looked up: the proof of a job's only signature, with the only key that may have made it; and the verdict if it
 * is known. */
struct expected {
	bool made;
	struct zs_verdict verdict;
	uint8_t proof[ZS_PROOF_LEN];
};

/* The only key with the signature's algorithm and tag, or key_count. */
static size_t only_key(const struct zs_verifier *v, const struct zs_rrsig *sig)
{
	size_t found = v->key_count;
	for (size_t i = 0; i < v->key_count; i++) {
		if (v->keys[i].tag != sig->tag || v->keys[i].algorithm != sig->algorithm)
			continue;
		if (found < v->key_count)
			return v->key_count;
		found = i;
	}
	return found;
}

static void expect_proof(const struct checking *c, struct worker *worker, const struct zs_sig_job *job, struct expected *out)
{
	const struct zs_verifier *v = c->v;
	const struct zs_rrset *sigs = job->sigs != ZS_NO_SIGS ? zs_job_sigs(v, job) : NULL;
	struct zs_rrsig sig;
	out->made = false;
	if (!sigs || sigs->count != 1)
		return;
	const struct zs_bytes rdata = zs_rrset_rdata(v->zone, sigs, 0);
	if (!zs_rrsig_parse(rdata, &sig) || check_fields(v, job, &sig) != ZS_SIG_UNSEEN)
		return;
	const size_t index = only_key(v, &sig);
	const struct zs_vkey *key = &v->keys[index];
	if (index == v->key_count || !key->usable || key->flags & ZS_DNSKEY_REVOKE || build(c, worker, job) != ZS_SIG_UNSEEN)
		return;
	put_prefix(c, worker, rdata);
	out->made = make_proof(worker, &sig, key, out->proof);
	out->verdict = (struct zs_verdict){ .code = ZS_SIG_REUSED, .key = (uint8_t)index, .expiration = sig.expiration };
	out->verdict.plain = key->in_zone && key->algorithm == c->only_algorithm && zs_seconds_until(v, sig.inception) <= 0;
}

/* Nearly all signatures of a zone that changed a little have a known proof, and those lie anywhere in more memory than the
 * processor's cache holds: the proofs of a slice are made first, then asked for, then looked up, so that it waits for them
 * together. All else, and what is not found, is checked one by one. */
static void check_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct checking *c = context;
	struct worker *worker = &c->workers[thread];
	const struct zs_sig_job *jobs = c->jobs->jobs + from;
	const size_t count = to - from;
	struct expected expected[SLICE] = { 0 };
	for (size_t i = 0; i < count && c->v->options->proof_count; i++) {
		expect_proof(c, worker, &jobs[i], &expected[i]);
		if (expected[i].made)
			__builtin_prefetch(&c->index.first[start_of(&c->index, expected[i].proof)]);
	}
	for (size_t i = 0; i < count; i++)
		if (expected[i].made) {
			__builtin_prefetch(known_near(c, expected[i].proof, 0));
			__builtin_prefetch(known_near(c, expected[i].proof, 2)); /* they are two in 64 octets */
		}
	for (size_t i = 0; i < count; i++) {
		if (expected[i].made && is_known(c, expected[i].proof))
			c->jobs->verdicts[jobs[i].first_signature] = expected[i].verdict;
		else if (jobs[i].sigs != ZS_NO_SIGS)
			check_job(c, worker, &jobs[i]);
	}
}

static uint8_t only_algorithm(const struct zs_verifier *v)
{
	unsigned found = 0, count = 0;
	for (unsigned i = 0; i < ZS_COUNT(v->algorithms); i++)
		if (v->algorithms[i]) {
			found = i;
			count++;
		}
	return (uint8_t)(count == 1 ? found : 0);
}

void zs_verify_signatures(struct zs_verifier *v, struct zs_sig_jobs *jobs)
{
	struct checking *c = zs_arena_alloc(v->scratch, sizeof *c);
	const size_t apex_len = zs_name_len(v->zone->apex);
	c->v = v;
	c->jobs = jobs;
	if (v->options->proof_count) {
		index_proofs(v->scratch, v->options->proofs, v->options->proof_count, &c->index);
		jobs->proof_used = zs_arena_array(v->scratch, v->options->proof_count, sizeof *jobs->proof_used);
	}
	c->prefix_len = RRSIG_FIXED + apex_len;
	c->only_algorithm = only_algorithm(v);
	c->signatures_max = v->options->accept_g16 ? SIGNATURES_ACCEPTED_MAX : zs_verify_signatures_max(v);
	zs_name_lower(v->zone->apex, apex_len, c->apex);
	jobs->verdicts = zs_arena_array(v->scratch, jobs->signature_count, sizeof *jobs->verdicts);
	if (v->options->want_proofs)
		jobs->proofs = zs_arena_array(v->arena, jobs->signature_count, sizeof *jobs->proofs);
	c->workers = zs_arena_array(v->scratch, v->jobs, sizeof *c->workers);
	for (unsigned i = 0; i < v->jobs; i++) {
		struct worker *worker = &c->workers[i];
		worker->arena = zs_arena_new();
		worker->crypt = zs_crypt_new(worker->arena, v->keys, v->key_count);
		worker->buf = (struct zs_buf){ .arena = worker->arena, .max = SIGNED_DATA_MAX };
	}
	zs_pool_run(v->jobs, jobs->count, zs_pool_slice(v->jobs, jobs->count, SLICE), check_slice, c);
	for (unsigned i = 0; i < v->jobs; i++)
		zs_arena_free(c->workers[i].arena);
}
