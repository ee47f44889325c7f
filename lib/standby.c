/* standby.c - the limits of G16 counted in advance, from the facts: as verify/ will count them in the finished file. */
#include "standby.h"

#include "base/text.h"
#include "rollover/rollover.h"
#include "verify/verify.h"

_Static_assert((int)ZS_ROOM_DNSKEYS == (int)ZS_DNSKEYS_MAX && (int)ZS_ROOM_SIGNATURES == (int)ZS_SIGNATURES_MAX
               && (int)ZS_ROOM_OCTETS == (int)ZS_DNSKEY_ANSWER_MAX, "the engine plans what the verifier takes");

/* Keys that `keys retire` takes out again: those that stand by, or those of rolls. */
static const char *tags_of(struct zs_run *run, const struct zs_facts *facts, bool standby)
{
	struct zs_buf list = { .arena = run->arena, .max = 200 };
	for (size_t i = 0; i < facts->key_count; i++)
		if (standby ? facts->keys[i].standby && !facts->keys[i].removed : zs_rollover_may_take_back(facts, &facts->keys[i]))
			zs_buf_printf(&list, "%s%u", list.len ? ", " : "", facts->keys[i].tag);
	return list.len ? zs_buf_string(&list) : NULL;
}

static bool refuse(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char *what, size_t count, size_t most)
{
	const char *tags = tags_of(run, facts, true), *coming = tags_of(run, facts, false);
	zs_refuse(run, "G16", "with one more key the zone has %zu %s, more than %zu: no build would pass, and validators may give up", count, what, most);
	if (tags)
		zs_hint(run, "'zonesign keys retire %s TAG' takes a standby key out (%s); when it has left the zone, there is room", zone->name_text, tags);
	else if (coming)
		zs_hint(run, "'zonesign keys retire %s TAG' takes back a key whose DS nobody has seen (%s); when it has left the zone, there is room", zone->name_text,
		        coming);
	else
		zs_hint(run, "'zonesign keys' shows which keys the zone has; when a roll has ended there may be room");
	return false;
}

bool zs_standby_fits(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_keyset *keys,
                     enum zs_key_role role)
{
	struct zs_key_room t;
	zs_room_begin(&t, zone->name);
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key *key = zs_keyset_find(keys, facts->keys[i].id);
		const size_t fixed = 4 + ZS_RSA_EXPONENT_LEN;
		zs_room_add_known(&t, &facts->keys[i], key && key->rdata.len > fixed ? key->rdata.len - fixed : 0);
	}
	zs_room_add(&t, facts->algorithm ? facts->algorithm : zone->policy->algorithm, zone->policy->rsa_bits / 8, true, role & ZS_KSK);
	if (t.dnskeys > ZS_DNSKEYS_MAX)
		return refuse(run, zone, facts, "DNSKEYs", t.dnskeys, ZS_DNSKEYS_MAX);
	if (t.signatures > ZS_SIGNATURES_MAX * t.algorithms)
		return refuse(run, zone, facts, "signatures over its DNSKEYs", t.signatures, ZS_SIGNATURES_MAX * t.algorithms);
	if (t.octets > ZS_DNSKEY_ANSWER_MAX)
		return refuse(run, zone, facts, "octets in the DNSKEY answer", t.octets, ZS_DNSKEY_ANSWER_MAX);
	return true;
}
