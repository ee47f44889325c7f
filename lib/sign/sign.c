/* sign.c - the order of signing: keys, denial, signatures, digest. */
#include "sign/sign.h"

#include <string.h>

#include "dns/algorithm.h"
#include "sign/sign_private.h"

static bool collect_signers(struct zs_run *run, struct zs_signed_zone *out, const struct zs_plan *plan,
                            const struct zs_keyset *keys)
{
	bool dnskeys = false, zone = false;
	out->signers = zs_arena_array(out->arena, plan->key_count + 1, sizeof *out->signers);
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *wanted = &plan->keys[i];
		if (!wanted->sign_dnskeys && !wanted->sign_zone)
			continue;
		const struct zs_key *key = zs_keyset_find(keys, wanted->facts->id);
		if (!key || !key->private) { /* it was only leaving when the keys were read, and is wanted back */
			zs_error(run, NULL, "key %u of algorithm %u is to sign again, but its private half is not there (G10)", wanted->facts->tag,
			         wanted->facts->algorithm);
			zs_hint(run, "restore 'K*.+%03u+%05u.private' of the zone from your backup; if it is lost, take back the edit of the policy that wants this key",
			        wanted->facts->algorithm, wanted->facts->tag);
			return false;
		}
		const uint16_t fixed = zs_algorithm_info(key->algorithm)->signature_len;
		/* RSA: exponent length 1 octet as zs_key_make writes it, or 3; the modulus is the rest */
		const uint8_t *p = key->rdata.data + 4;
		const size_t exponent = p[0] ? 1u + p[0] : 3u + zs_get_u16(p + 1);
		if (!fixed && exponent + 4 >= key->rdata.len)
			return zs_fail(run, "key %u is no RSA key", key->tag);
		out->signers[out->signer_count++] = (struct zs_signer){
			.key = key, .signature_len = fixed ? fixed : (uint16_t)(key->rdata.len - 4 - exponent),
			.sign_dnskeys = wanted->sign_dnskeys, .sign_zone = wanted->sign_zone };
		memcpy(out->signers[out->signer_count - 1].id, wanted->facts->id, sizeof wanted->facts->id);
		dnskeys = dnskeys || wanted->sign_dnskeys;
		zone = zone || wanted->sign_zone;
	}
	if (!dnskeys || !zone || out->signer_count > UINT8_MAX)
		return zs_fail(run, "the plan has no key to sign with, or too many");
	return true;
}

static void add_nsec3param(struct zs_zone *zone, const struct zs_nsec3_options *options, uint32_t ttl)
{
	uint8_t rdata[5 + 255] = { 1, 0 }; /* flags are 0 even with opt-out: RFC 5155 section 4.1.2 */
	zs_put_u16(rdata + 2, options->iterations);
	rdata[4] = options->salt_len;
	memcpy(rdata + 5, options->salt, options->salt_len);
	zs_zone_add(zone, zone->apex, ZS_TYPE_NSEC3PARAM, ttl, (struct zs_bytes){ rdata, 5u + options->salt_len });
}

/* The place of the digest, so that denial and signatures know the type (RFC 8976 section 3.1). */
static void add_zonemd(struct zs_zone *zone, const struct zs_soa *soa, uint8_t hash)
{
	uint8_t rdata[6 + 64] = { 0 };
	zs_put_u32(rdata, soa->serial);
	rdata[4] = 1; /* SIMPLE */
	rdata[5] = hash;
	zs_zone_add(zone, zone->apex, ZS_TYPE_ZONEMD, soa->ttl, (struct zs_bytes){ rdata, hash == 1 ? 54u : 70u });
}

static bool check_apex(struct zs_run *run, const struct zs_zone *zone)
{
	if (zs_name_len(zone->apex) <= ZS_NSEC3_APEX_MAX)
		return true;
	zs_error(run, NULL, "the zone's name has %zu octets; NSEC3 takes at most %d (RFC 5155 section 3)", zs_name_len(zone->apex),
	         ZS_NSEC3_APEX_MAX);
	zs_hint(run, "use denial: nsec");
	return false;
}

/* All jobs but the one of the ZONEMD RRset, digest, then that one. */
static bool sign_with_digest(struct zs_run *run, struct zs_signed_zone *out, uint8_t hash)
{
	size_t first = 0, last;
	while (first < out->job_count && out->jobs[first].type != ZS_TYPE_ZONEMD)
		first++;
	for (last = first; last < out->job_count && out->jobs[last].type == ZS_TYPE_ZONEMD; last++)
		;
	return zs_sign_fill(run, out, 0, first) && zs_sign_fill(run, out, last, out->job_count) && zs_sign_zonemd(run, out, hash)
	    && zs_sign_fill(run, out, first, last);
}

bool zs_sign(struct zs_run *run, const struct zs_policy *policy, struct zs_zone *zone, const struct zs_plan *plan,
             const struct zs_keyset *keys, const struct zs_sign_options *options, struct zs_signed_zone **out)
{
	struct zs_soa soa;
	struct zs_signed_zone *result = zs_arena_alloc(zone->arena, sizeof *result);
	if (!zs_zone_soa(zone, &soa))
		return zs_error(run, NULL, "the zone has no SOA");
	*result = (struct zs_signed_zone){ .arena = zone->arena, .zone = zone, .policy = policy, .known = options->known, .keep = options->keep,
		                           .inception = (uint32_t)(run->now - policy->inception_offset) };
	result->denial_ttl = soa.ttl < soa.minimum ? soa.ttl : soa.minimum;
	result->apex_len = zs_name_len(zone->apex);
	zs_name_lower(zone->apex, result->apex_len, result->apex_lower);
	if (plan->unsigned_zone) { /* going insecure is over: the plain zone is what is served */
		*out = result;
		return true;
	}
	if (!collect_signers(run, result, plan, keys) || !zs_sign_add_keys(run, zone, policy, plan, keys))
		return false;
	if (policy->zonemd)
		add_zonemd(zone, &soa, policy->zonemd);
	const bool nsec3 = policy->denial == ZS_DENIAL_NSEC3;
	if (nsec3)
		add_nsec3param(zone, &policy->nsec3, soa.minimum < INT32_MAX ? soa.minimum : INT32_MAX);
	if (nsec3 ? !check_apex(run, zone) || !zs_sign_add_nsec3(run, result) : !zs_sign_add_nsec(run, result))
		return false;
	if (!zs_sign_plan_jobs(run, result))
		return false;
	if (policy->zonemd ? !sign_with_digest(run, result, policy->zonemd) : !zs_sign_fill(run, result, 0, result->job_count))
		return false;
	*out = result;
	return true;
}
