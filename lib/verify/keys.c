/* keys.c - the DNSKEYs that may verify, and the limits that validators have for them (G16). */
#include "verify/verify_private.h"

#include <string.h>

enum {
	ANSWER_SMALL = 1232     /* octets; DNS flag day 2020 */
};

static void judge_key(struct zs_verifier *v, struct zs_vkey *key)
{
	const char *problem = zs_crypt_key_problem(v->scratch, key->rdata);
	const unsigned exponent_bits = zs_verify_exponent_bits(key->rdata);
	key->usable = !problem && key->flags & ZS_DNSKEY_ZONE && key->rdata.data[2] == 3;
	if (key->in_zone && exponent_bits > ZS_EXPONENT_BITS_MAX) {
		zs_verify_unwise(v, 16, !v->options->accept_g16, "DNSKEY %u (algorithm %u) has an RSA exponent of %u bits, and BIND takes no more than %d",
		                 key->tag, key->algorithm, exponent_bits, ZS_EXPONENT_BITS_MAX);
		zs_verify_hint(v, 16, "for validators of that kind the zone is bogus; roll to a key of the usual exponent 65537, or of ECDSA");
	}
	if (!key->in_zone || key->usable)
		return;
	if (!(key->flags & ZS_DNSKEY_ZONE)) {
		zs_warn(v->run, NULL, "DNSKEY %u has flags %u: it is no zone key and signs nothing (RFC 4034 section 2.1.1)",
		        key->tag, key->flags);
		return;
	}
	zs_verify_refuse(v, 1, "DNSKEY %u (algorithm %u) %s", key->tag, key->algorithm,
	                 problem ? problem : "has a protocol other than 3 (RFC 4034 section 2.1.2)");
	zs_verify_hint(v, 1, "validators ignore it, or take the zone for bogus; remove it");
}

static void add_key(struct zs_verifier *v, struct zs_bytes rdata, bool in_zone)
{
	if (v->key_count == ZS_VERIFY_KEYS_MAX || rdata.len < 4)
		return;
	struct zs_vkey *key = &v->keys[v->key_count++];
	*key = (struct zs_vkey){ .rdata = rdata, .flags = zs_get_u16(rdata.data), .tag = zs_key_tag(rdata.data, rdata.len),
		                 .algorithm = rdata.data[3], .in_zone = in_zone };
	judge_key(v, key);
	/* a revoked key is trusted for nothing (RFC 5011 section 2.1), so its algorithm asks for nothing */
	if (key->usable && in_zone && !(key->flags & ZS_DNSKEY_REVOKE))
		v->algorithms[key->algorithm] = true;
}

static void judge_tags(struct zs_verifier *v)
{
	for (size_t i = 0; i < v->key_count; i++)
		for (size_t j = 0; j < i; j++)
			if (v->keys[i].in_zone && v->keys[j].in_zone && v->keys[i].tag == v->keys[j].tag
			    && v->keys[i].algorithm == v->keys[j].algorithm)
				zs_warn(v->run, NULL, "two DNSKEYs of algorithm %u have the key tag %u: validators work twice, "
				        "and some give up (G9)", v->keys[i].algorithm, v->keys[i].tag);
}

static void judge_algorithms(struct zs_verifier *v)
{
	static const uint8_t old[] = { ZS_RSASHA1, ZS_RSASHA1_NSEC3 };
	bool any = false;
	for (size_t i = 0; i < ZS_COUNT(v->algorithms); i++)
		any = any || v->algorithms[i];
	if (!any) {
		zs_verify_refuse(v, 1, "no DNSKEY of the zone '%s' can verify a signature", zs_verify_name(v, v->zone->apex));
		zs_verify_hint(v, 1, "a usable one has the flags 256 or 257, protocol 3 and an algorithm that is known");
	}
	for (size_t i = 0; i < ZS_COUNT(old); i++)
		if (v->algorithms[old[i]]) {
			zs_warn(v->run, NULL, "algorithm %u signs with SHA-1, which validators are giving up (RFC 9905)", old[i]);
			zs_hint(v->run, "'zonesign roll ZONE algorithm' leads to a newer one");
		}
}

void zs_verify_keys(struct zs_verifier *v)
{
	const struct zs_rrset *set = zs_zone_rrset(v->zone, v->apex, ZS_TYPE_DNSKEY);
	struct zs_bytes *list = zs_arena_array(v->arena, set ? set->count : 0, sizeof *list);
	if (!set) {
		zs_verify_refuse(v, 1, "the zone '%s' has signatures or denial records, but no DNSKEY",
		                 zs_verify_name(v, v->zone->apex));
		zs_verify_hint(v, 1, "going unsigned takes all of them away at once, after the DS is gone");
	}
	for (uint32_t i = 0; set && i < set->count; i++) {
		list[i] = zs_rrset_rdata(v->zone, set, i);
		add_key(v, list[i], true);
	}
	v->result->dnskeys = list;
	v->result->dnskey_count = set ? set->count : 0;
	if (set && set->count > ZS_DNSKEYS_MAX) {
		zs_verify_unwise(v, 16, !v->options->accept_g16, "the zone has %u DNSKEYs, more than %d", set->count, ZS_DNSKEYS_MAX);
		zs_verify_hint(v, 16, ZS_G16_HINT);
	}
	for (size_t i = 0; i < v->options->extra_key_count; i++)
		add_key(v, v->options->extra_keys[i], false);
	judge_tags(v);
	if (set)
		judge_algorithms(v);
}

size_t zs_verify_signatures_max(const struct zs_verifier *v)
{
	bool seen[256] = { false };
	size_t count = 0;
	for (size_t i = 0; i < v->key_count; i++) {
		count += v->keys[i].usable && !seen[v->keys[i].algorithm];
		seen[v->keys[i].algorithm] = true;
	}
	return ZS_SIGNATURES_MAX * (count ? count : 1);
}

/* Octets of the records of an RRset in an answer; owners are pointers of two octets. */
static size_t answer_len(const struct zs_verifier *v, const struct zs_rrset *set)
{
	size_t len = 0;
	for (uint32_t i = 0; i < set->count; i++)
		len += 2 + 10 + zs_rrset_rdata(v->zone, set, i).len;
	return len;
}

void zs_verify_dnskey_answer(struct zs_verifier *v)
{
	if (v->apex == ZS_NO_OWNER)
		return;
	const struct zs_owner *apex = &v->zone->owners[v->apex];
	size_t len = 12 + apex->name_len + 4 + 11; /* header, question, EDNS */
	bool any = false;
	for (uint32_t i = apex->first; i < apex->first + apex->rrset_count; i++) {
		const struct zs_rrset *set = &v->zone->rrsets[i];
		if (set->type != ZS_TYPE_DNSKEY && set->covered != ZS_TYPE_DNSKEY)
			continue;
		any = any || set->type == ZS_TYPE_DNSKEY;
		len += answer_len(v, set);
	}
	if (any && len > ZS_DNSKEY_ANSWER_MAX) {
		zs_verify_unwise(v, 16, !v->options->accept_g16, "the DNSKEY answer takes %zu octets, more than %d", len, ZS_DNSKEY_ANSWER_MAX);
		zs_verify_hint(v, 16, "ECDSA P-256 (algorithm 13) needs an eighth of RSA's octets. " ZS_G16_HINT);
	} else if (any && len > ANSWER_SMALL) {
		zs_warn(v->run, NULL, "the DNSKEY answer takes %zu octets; above %d it does not fit one packet everywhere (G16)",
		        len, ANSWER_SMALL);
	}
}
