/* standby.c - the limits of G16 counted in advance, from the facts: as verify/ will count them in the finished file. */
#include "standby.h"

#include "base/text.h"
#include "dns/algorithm.h"
#include "verify/verify.h"

enum { RECORD = 2 + 10, RRSIG_FIXED = 18, HEADER = 12 + 4 + 11 /* and question, EDNS */, RSA_EXPONENT = 4 };

struct tally {
	size_t dnskeys, signatures, algorithms, octets;
	bool seen[256];
};

static bool is_out(const struct zs_record_state *record)
{
	return record->phase == ZS_RUMOURED || record->phase == ZS_OMNIPRESENT;
}

/* Octets of an algorithm's public key and signature; those of RSA follow from the modulus. */
static void add(struct tally *t, uint8_t algorithm, size_t modulus, size_t name_len, bool published, bool signs)
{
	const struct zs_algorithm_info *info = zs_algorithm_info(algorithm);
	const size_t key = info && info->public_key_len ? info->public_key_len : modulus + RSA_EXPONENT;
	const size_t signature = info && info->signature_len ? info->signature_len : modulus;
	t->algorithms += !t->seen[algorithm];
	t->seen[algorithm] = true;
	t->dnskeys += published;
	t->signatures += signs;
	t->octets += (published ? RECORD + 4 + key : 0) + (signs ? RECORD + RRSIG_FIXED + name_len + signature : 0);
}

static const char *standby_tags(struct zs_run *run, const struct zs_facts *facts)
{
	struct zs_buf list = { .arena = run->arena, .max = 200 };
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].standby && !facts->keys[i].removed)
			zs_buf_printf(&list, "%s%u", list.len ? ", " : "", facts->keys[i].tag);
	return list.len ? zs_buf_string(&list) : NULL;
}

static bool refuse(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char *what, size_t count, size_t most)
{
	const char *tags = standby_tags(run, facts);
	zs_refuse(run, "G16", "with one more key the zone has %zu %s, more than %zu: no build would pass, and validators may give up", count, what, most);
	if (tags)
		zs_hint(run, "'zonesign keys retire %s TAG' takes a standby key out (%s); when it has left the zone, there is room", zone->name_text, tags);
	else
		zs_hint(run, "'zonesign keys' shows which keys the zone has; when a roll has ended there may be room");
	return false;
}

bool zs_standby_fits(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_keyset *keys,
                     enum zs_key_role role)
{
	const size_t name_len = zs_name_len(zone->name);
	struct tally t = { .octets = HEADER + name_len };
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *fact = &facts->keys[i];
		const struct zs_key *key = zs_keyset_find(keys, fact->id);
		const bool published = fact->goal_in || is_out(&fact->dnskey), signs = fact->role & ZS_KSK && (fact->goal_in || is_out(&fact->krrsig));
		if (!fact->removed && (published || signs))
			add(&t, fact->algorithm, key && key->rdata.len > 4 + RSA_EXPONENT ? key->rdata.len - 4 - RSA_EXPONENT : 0, name_len, published, signs);
	}
	add(&t, facts->algorithm ? facts->algorithm : zone->policy->algorithm, zone->policy->rsa_bits / 8, name_len, true, role & ZS_KSK);
	if (t.dnskeys > ZS_DNSKEYS_MAX)
		return refuse(run, zone, facts, "DNSKEYs", t.dnskeys, ZS_DNSKEYS_MAX);
	if (t.signatures > ZS_SIGNATURES_MAX * t.algorithms)
		return refuse(run, zone, facts, "signatures over its DNSKEYs", t.signatures, ZS_SIGNATURES_MAX * t.algorithms);
	if (t.octets > ZS_DNSKEY_ANSWER_MAX)
		return refuse(run, zone, facts, "octets in the DNSKEY answer", t.octets, ZS_DNSKEY_ANSWER_MAX);
	return true;
}
