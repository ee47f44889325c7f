/* judge.c - the verdicts on the signatures, to refusals in canonical order: G1, G2, G3, G7. */
#include "verify/verify_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

/* What is found in one slice of jobs. */
struct found {
	size_t verified_count, reused_count;
	zs_time earliest_expiration;
	const struct zs_sig_job *earliest; /* NULL: there is no good signature */
};

/* A set of small numbers; each RRset has some, so it is no larger than it must be. */
struct numbers {
	uint64_t bits[4];
};

static void add_number(struct numbers *set, uint8_t number)
{
	set->bits[number / 64] |= UINT64_C(1) << number % 64;
}

static bool has_number(const struct numbers *set, unsigned number)
{
	return set->bits[number / 64] >> number % 64 & 1;
}

struct judging {
	const struct zs_sig_jobs *jobs;
	size_t first;        /* jobs before it are judged already */
	struct found *found; /* per slice */
	uint8_t algorithms[256]; /* those of v->algorithms */
	unsigned algorithm_count;
};

/* One RRset at judgement. */
struct trial {
	struct zs_verifier *v;
	const struct judging *judging;
	const struct zs_sig_job *job;
	const struct zs_rrset *set;
	struct found *found;
	struct numbers good;   /* algorithms with a verified signature of a key of the zone */
	struct numbers failed; /* algorithms with a signature that was refused */
	struct numbers signed_by; /* indices in v->keys */
};

static const struct zs_verdict *verdict_of(const struct trial *t, uint32_t signature)
{
	return &t->judging->jobs->verdicts[t->job->first_signature + signature];
}

/* "A 'www.example.'", for messages. */
static const char *subject(struct trial *t)
{
	return zs_arena_printf(t->v->scratch, "%s '%s'", zs_verify_type(t->v, t->set->type), zs_verify_owner(t->v, t->job->owner));
}

static const char *when(struct trial *t, uint32_t time)
{
	char text[ZS_TIME_TEXT];
	return zs_arena_strdup(t->v->scratch, zs_time_text(t->v->options->now + zs_seconds_until(t->v, time), text));
}

/* What is wrong with one signature, with its hint. */
static void refuse_signature(struct trial *t, const struct zs_rrsig *sig, enum zs_verdict_code code)
{
	struct zs_verifier *v = t->v;
	const char *what = subject(t);
	const char *key = zs_arena_printf(v->scratch, "key %u, algorithm %u", sig->tag, sig->algorithm);
	switch (code) {
	case ZS_SIG_UNSEEN:
	case ZS_SIG_VERIFIED:
	case ZS_SIG_REUSED:
		return;
	case ZS_SIG_MALFORMED:
		zs_verify_refuse(v, 1, "an RRSIG of %s is malformed", what);
		break;
	case ZS_SIG_SIGNER:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) names the signer '%s', not the apex '%s'", what, key,
		                 zs_verify_name(v, sig->signer), zs_verify_name(v, v->zone->apex));
		break;
	case ZS_SIG_LABELS:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) has the labels field %u, which is not the owner's", what, key, sig->labels);
		zs_verify_hint(v, 1, "without the root and a leading '*' (RFC 4034 section 3.1.3)");
		break;
	case ZS_SIG_ORIGINAL_TTL:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) has the original TTL %u, the RRset has %u", what, key, sig->original_ttl,
		                 t->set->ttl);
		zs_verify_hint(v, 1, "a changed TTL needs a new signature (RFC 4034 section 3.1.4)");
		break;
	case ZS_SIG_TTL:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) has the TTL %u, the RRset has %u", what, key,
		                 zs_job_sigs(v, t->job)->ttl, t->set->ttl);
		zs_verify_hint(v, 1, "both must be equal (RFC 4034 section 3)");
		break;
	case ZS_SIG_TIMES:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) expires %s, before its inception %s", what, key, when(t, sig->expiration),
		                 when(t, sig->inception));
		break;
	case ZS_SIG_EXPIRED:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) expired %s", what, key, when(t, sig->expiration));
		zs_verify_hint(v, 1, "sign the zone again; if it is new, the clock of the signer or of this machine is wrong");
		break;
	case ZS_SIG_NOT_YET:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) is not valid before %s", what, key, when(t, sig->inception));
		zs_verify_hint(v, 1, "the clock of the signer or of this machine is wrong");
		break;
	case ZS_SIG_ALGORITHM:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) cannot be verified: the algorithm is not known", what, key);
		break;
	case ZS_SIG_NO_KEY:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) is by a key that is not in the zone", what, key);
		zs_verify_hint(v, 1, "sign with the keys of the DNSKEY RRset, or publish the key first; in a roll to another algorithm name it: verify --key K*.key");
		break;
	case ZS_SIG_UNUSABLE_KEY:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) is by a key that may not sign it: revoked, or no sound zone key", what, key);
		break;
	case ZS_SIG_FAILED:
		zs_verify_refuse(v, 1, "the RRSIG of %s (%s) does not verify", what, key);
		zs_verify_hint(v, 1, "the record was changed after signing, or another key with this tag signed; sign the zone again");
		break;
	case ZS_SIG_TOO_MANY:
		break; /* G16, once per RRset */
	case ZS_SIG_TOO_LARGE:
		zs_verify_refuse(v, 16, "%s is too large to be verified: %u records", what, t->set->count);
		break;
	case ZS_SIG_ORDER:
		zs_fail(v->run, "the records of %s are not in canonical order: a bug in zonesign", what);
		break;
	case ZS_SIG_BROKEN:
		zs_fail(v->run, "the RRSIG of %s (%s) could not be checked: OpenSSL failed", what, key);
		break;
	}
}

static void note_expiration(struct found *found, zs_time expiration, const struct zs_sig_job *job)
{
	if (found->earliest && expiration >= found->earliest_expiration)
		return;
	found->earliest_expiration = expiration;
	found->earliest = job;
}

static void note_good(struct trial *t, const struct zs_rrsig *sig, uint8_t key_index)
{
	struct zs_verifier *v = t->v;
	const struct zs_vkey *key = &v->keys[key_index];
	if (key->in_zone && !(key->flags & ZS_DNSKEY_REVOKE))
		add_number(&t->good, sig->algorithm);
	if (has_number(&t->signed_by, key_index)) {
		zs_verify_refuse(v, 1, "%s has two RRSIGs by the same key (%u, algorithm %u)", subject(t), sig->tag, sig->algorithm);
		zs_verify_hint(v, 1, "an old signature was left beside the new one; sign the zone again");
	}
	add_number(&t->signed_by, key_index);
	note_expiration(t->found, v->options->now + zs_seconds_until(v, sig->expiration), t->job);
	if (zs_seconds_until(v, sig->inception) > 0)
		zs_verify_unwise(v, 1, false, "the RRSIG of %s is valid from %s only: a clock is wrong", subject(t),
		                 when(t, sig->inception));
}

static void judge_signature_list(struct trial *t)
{
	struct zs_verifier *v = t->v;
	const struct zs_rrset *sigs = zs_job_sigs(v, t->job);
	for (uint32_t i = 0; i < sigs->count; i++) {
		const struct zs_verdict *verdict = verdict_of(t, i);
		struct zs_rrsig sig = { 0 };
		const bool parsed = zs_rrsig_parse(zs_rrset_rdata(v->zone, sigs, i), &sig);
		t->found->verified_count += verdict->code == ZS_SIG_VERIFIED;
		t->found->reused_count += verdict->code == ZS_SIG_REUSED;
		if (parsed && (verdict->code == ZS_SIG_VERIFIED || verdict->code == ZS_SIG_REUSED)) {
			note_good(t, &sig, verdict->key);
			continue;
		}
		add_number(&t->failed, sig.algorithm);
		refuse_signature(t, &sig, verdict->code);
	}
}

static bool has_too_many(const struct trial *t)
{
	const struct zs_rrset *sigs = zs_job_sigs(t->v, t->job);
	for (uint32_t i = 0; i < sigs->count; i++)
		if (verdict_of(t, i)->code == ZS_SIG_TOO_MANY)
			return true;
	return false;
}

/* Every algorithm of the DNSKEY RRset signs every RRset: RFC 4035 section 2.2. */
static void judge_algorithms(struct trial *t)
{
	struct zs_verifier *v = t->v;
	for (unsigned i = 0; i < t->judging->algorithm_count; i++) {
		const unsigned algorithm = t->judging->algorithms[i];
		if (has_number(&t->good, algorithm) || has_number(&t->failed, algorithm))
			continue;
		zs_verify_refuse(v, 7, "%s has no RRSIG of algorithm %u by a key of the zone", subject(t), algorithm);
		zs_verify_hint(v, 7, "there is a DNSKEY of that algorithm, so each RRset needs one (RFC 4035 section 2.2)");
	}
}

/* The DNSKEY RRset is signed by a secure entry point of each algorithm, where there is one; a revoked key signs it
 * itself (RFC 5011 section 2.1). */
static void judge_dnskeys(struct trial *t)
{
	struct zs_verifier *v = t->v;
	bool has_sep[256] = { false }, sep_signed[256] = { false };
	for (size_t i = 0; i < v->key_count; i++) {
		struct zs_vkey *key = &v->keys[i];
		key->signs_dnskeys = has_number(&t->signed_by, (unsigned)i);
		if (!key->usable || !key->in_zone)
			continue;
		if (key->flags & ZS_DNSKEY_REVOKE) {
			if (!key->signs_dnskeys)
				zs_verify_refuse(v, 1, "the revoked DNSKEY %u has not signed the DNSKEY RRset (RFC 5011 section 2.1)", key->tag);
		} else if (key->flags & ZS_DNSKEY_SEP) {
			has_sep[key->algorithm] = true;
			sep_signed[key->algorithm] = sep_signed[key->algorithm] || key->signs_dnskeys;
		}
	}
	for (unsigned i = 0; i < ZS_COUNT(has_sep); i++)
		if (has_sep[i] && !sep_signed[i] && has_number(&t->good, i)) {
			zs_verify_refuse(v, 1, "the DNSKEY RRset is signed by no KSK of algorithm %u", i);
			zs_verify_hint(v, 1, "the DS at the parent leads to the KSK, so the chain of trust ends there");
		}
}

static bool is_dnskeys(const struct zs_verifier *v, const struct zs_sig_job *job)
{
	return job->owner == v->apex && zs_job_set(v, job)->type == ZS_TYPE_DNSKEY;
}

static void judge_rrset(struct zs_verifier *v, const struct judging *judging, const struct zs_sig_job *job, struct found *found)
{
	struct trial t = { .v = v, .judging = judging, .job = job, .set = zs_job_set(v, job), .found = found };
	if (job->sigs == ZS_NO_SIGS) {
		zs_verify_refuse(v, 2, "%s is not signed", subject(&t));
		zs_verify_hint(v, 2, "validators take an unsigned record of a signed zone for bogus; sign the zone again");
		return;
	}
	judge_signature_list(&t);
	const uint32_t count = zs_job_sigs(v, job)->count;
	if (count > zs_verify_signatures_max(v)) {
		zs_verify_unwise(v, 16, !v->options->accept_g16, "%s has %u signatures, more than %zu", subject(&t), count,
		                 zs_verify_signatures_max(v));
		zs_verify_hint(v, 16, ZS_G16_HINT);
	} else if (has_too_many(&t))
		zs_verify_refuse(v, 16, "%s has signatures that too many keys with one tag could have made", subject(&t));
	judge_algorithms(&t);
	if (is_dnskeys(v, job))
		judge_dnskeys(&t);
}

static void judge_margin(struct zs_verifier *v, const struct zs_sig_job *job)
{
	const zs_seconds left = v->result->earliest_expiration - v->options->now;
	const zs_seconds least = v->options->refresh > v->options->margin ? v->options->refresh : v->options->margin;
	char left_text[ZS_DURATION_TEXT], least_text[ZS_DURATION_TEXT];
	if (left >= least)
		return;
	const struct zs_rrset *set = zs_job_set(v, job);
	zs_duration_text(left, left_text);
	zs_duration_text(least, least_text);
	zs_verify_refuse(v, 3, "the RRSIG of %s '%s' expires in %s, sooner than the %s that %s", zs_verify_type(v, set->type),
	                 zs_verify_owner(v, job->owner), left_text, least_text,
	                 left < v->options->margin ? "the largest TTL and the propagation delay take" : "refresh asks for");
	if (left < v->options->margin)
		zs_verify_hint(v, 3, "caches would still hold it when it has expired; a longer signature validity helps");
	else
		zs_verify_hint(v, 3, "a signature due for refresh was kept: a bug in zonesign, please report it");
}

static void judge_slice(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	const struct judging *j = context;
	struct found found = { 0 };
	for (size_t i = j->first + from; i < j->first + to; i++) {
		const struct zs_sig_job *job = &j->jobs->jobs[i];
		const struct zs_verdict *verdict = job->sigs != ZS_NO_SIGS ? &j->jobs->verdicts[job->first_signature] : NULL;
		if (!verdict || !verdict->plain) {
			judge_rrset(v, j, job, &found);
			continue;
		}
		found.reused_count++;
		note_expiration(&found, v->options->now + zs_seconds_until(v, verdict->expiration), job);
	}
	j->found[from / ZS_VERIFY_SLICE] = found;
}

static void add_found(struct zs_verifier *v, const struct found *found, const struct zs_sig_job **earliest)
{
	v->result->verified_count += found->verified_count;
	v->result->reused_count += found->reused_count;
	if (!found->earliest || (*earliest && found->earliest_expiration >= v->result->earliest_expiration))
		return;
	v->result->earliest_expiration = found->earliest_expiration;
	*earliest = found->earliest;
}

void zs_verify_judge(struct zs_verifier *v, const struct zs_sig_jobs *jobs)
{
	const struct zs_sig_job *earliest = NULL;
	const size_t slices = jobs->count / ZS_VERIFY_SLICE + 1;
	struct judging j = { .jobs = jobs, .found = zs_arena_array(v->scratch, slices, sizeof *j.found) };
	struct found head = { 0 };
	for (unsigned i = 0; i < ZS_COUNT(v->algorithms); i++)
		if (v->algorithms[i])
			j.algorithms[j.algorithm_count++] = (uint8_t)i;
	/* the DNSKEY RRset says more than its own verdict: it and what is before it come first */
	for (size_t i = 0; i < jobs->count && !j.first; i++)
		if (is_dnskeys(v, &jobs->jobs[i]))
			j.first = i + 1;
	for (size_t i = 0; i < j.first; i++)
		judge_rrset(v, &j, &jobs->jobs[i], &head);
	zs_verify_slices(v, jobs->count - j.first, judge_slice, &j);
	add_found(v, &head, &earliest);
	for (size_t i = 0; i < slices; i++)
		add_found(v, &j.found[i], &earliest);
	v->result->rrset_count = jobs->count;
	if (earliest)
		judge_margin(v, earliest);
}

static int compare_proofs(const void *a, const void *b)
{
	return memcmp(a, b, ZS_PROOF_LEN);
}

struct sorting {
	uint8_t (*proofs)[ZS_PROOF_LEN];
	const size_t *end; /* of each bucket */
};

static void sort_buckets(void *context, unsigned thread, size_t from, size_t to)
{
	const struct sorting *s = context;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		const size_t first = i ? s->end[i - 1] : 0;
		if (s->end[i] - first > 1)
			qsort(s->proofs + first, s->end[i] - first, sizeof *s->proofs, compare_proofs);
	}
}

/* Sort count proofs where they are: into buckets by their first octets, which digests spread evenly, then each bucket. */
static void sort_proofs(struct zs_verifier *v, uint8_t (*proofs)[ZS_PROOF_LEN], size_t count)
{
	enum { BUCKETS = 1 << 16, SLICE = 64, FEW = 4096 };
	if (count <= FEW) {
		qsort(proofs, count, sizeof *proofs, compare_proofs);
		return;
	}
	size_t *next = zs_arena_array(v->scratch, BUCKETS, sizeof *next), *end = zs_arena_array(v->scratch, BUCKETS, sizeof *end);
	for (size_t i = 0; i < count; i++)
		end[zs_get_u16(proofs[i])]++;
	for (size_t i = 0, sum = 0; i < BUCKETS; i++) {
		next[i] = sum;
		sum += end[i];
		end[i] = sum;
	}
	for (size_t i = 0; i < BUCKETS; i++)
		while (next[i] < end[i]) { /* each exchange puts one proof into its bucket */
			uint8_t *proof = proofs[next[i]], swap[ZS_PROOF_LEN];
			const size_t bucket = zs_get_u16(proof);
			if (bucket == i) {
				next[i]++;
				continue;
			}
			uint8_t *other = proofs[next[bucket]++];
			memcpy(swap, other, ZS_PROOF_LEN);
			memcpy(other, proof, ZS_PROOF_LEN);
			memcpy(proof, swap, ZS_PROOF_LEN);
		}
	struct sorting s = { .proofs = proofs, .end = end };
	zs_pool_run(v->jobs, BUCKETS, SLICE, sort_buckets, &s);
}

/* The known proofs that were found again, which are sorted, and `count` new ones, which are too. */
static void merge_proofs(struct zs_verifier *v, const struct zs_sig_jobs *jobs, size_t count, size_t total)
{
	const uint8_t (*known)[ZS_PROOF_LEN] = v->options->proofs;
	uint8_t (*out)[ZS_PROOF_LEN] = zs_arena_array(v->arena, total, sizeof *out);
	size_t used = 0, added = 0;
	for (size_t i = 0; i < v->options->proof_count && used < total; i++) {
		if (!atomic_load_explicit(&jobs->proof_used[i], memory_order_relaxed))
			continue;
		while (added < count && memcmp(jobs->proofs[added], known[i], ZS_PROOF_LEN) < 0 && used < total)
			memcpy(out[used++], jobs->proofs[added++], ZS_PROOF_LEN);
		if (used < total)
			memcpy(out[used++], known[i], ZS_PROOF_LEN);
	}
	while (added < count && used < total)
		memcpy(out[used++], jobs->proofs[added++], ZS_PROOF_LEN);
	v->result->proofs = (const uint8_t (*)[ZS_PROOF_LEN])out;
	v->result->proof_count = used;
}

void zs_verify_take_proofs(struct zs_verifier *v, const struct zs_sig_jobs *jobs)
{
	size_t count = 0, reused = 0;
	for (size_t i = 0; i < jobs->signature_count; i++) {
		const uint8_t code = jobs->verdicts[i].code;
		reused += code == ZS_SIG_REUSED;
		if (code == ZS_SIG_VERIFIED)
			memmove(jobs->proofs[count++], jobs->proofs[i], ZS_PROOF_LEN);
	}
	sort_proofs(v, jobs->proofs, count);
	if (reused) {
		merge_proofs(v, jobs, count, count + reused);
		return;
	}
	v->result->proofs = (const uint8_t (*)[ZS_PROOF_LEN])jobs->proofs;
	v->result->proof_count = count;
}
