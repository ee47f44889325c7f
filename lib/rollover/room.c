/* room.c - is there room for one more key? What G16 would say of the DNSKEY RRset, counted in advance: a plan above it would be refused in
 * every build, until the signatures end. */
#include "dns/algorithm.h"
#include "rollover/rollover_private.h"

enum { RECORD = 2 + 10, RRSIG_FIXED = 18, HEADER = 12 + 4 + 11 /* and question, EDNS */ };

void zs_room_begin(struct zs_key_room *room, const uint8_t *zone)
{
	*room = (struct zs_key_room){ .name_len = zs_name_len(zone), .octets = HEADER + zs_name_len(zone) };
}

void zs_room_add(struct zs_key_room *room, uint8_t algorithm, size_t modulus, bool published, bool signs)
{
	const struct zs_algorithm_info *info = zs_algorithm_info(algorithm);
	const size_t key = info && info->public_key_len ? info->public_key_len : modulus + ZS_RSA_EXPONENT_LEN;
	const size_t signature = info && info->signature_len ? info->signature_len : modulus;
	room->algorithms += !room->seen[algorithm];
	room->seen[algorithm] = true;
	room->dnskeys += published;
	room->signatures += signs;
	room->octets += (published ? RECORD + 4 + key : 0) + (signs ? RECORD + RRSIG_FIXED + room->name_len + signature : 0);
}

void zs_room_add_known(struct zs_key_room *room, const struct zs_key_facts *key, size_t modulus)
{
	/* what is wanted in comes, if it is not there yet; what leaves counts until it is out of the zone */
	const bool published = key->goal_in || zs_in_zone(key->dnskey.phase);
	const bool signs = key->role & ZS_KSK && (key->goal_in || zs_in_zone(key->krrsig.phase));
	if (!key->removed && (published || signs))
		zs_room_add(room, key->algorithm, modulus, published, signs);
}

bool zs_has_room(const struct zs_engine *e, const enum zs_key_role *roles, size_t count)
{
	struct zs_key_room room;
	const size_t modulus = e->policy->rsa_bits / 8; /* of all, as sizes of keys are no facts */
	zs_room_begin(&room, e->facts->zone);
	for (size_t i = 0; i < e->facts->key_count; i++)
		zs_room_add_known(&room, &e->facts->keys[i], modulus);
	const size_t before = room.signatures;
	for (size_t i = 0; i < count; i++)
		zs_room_add(&room, e->algorithm, modulus, true, roles[i] & ZS_KSK);
	/* too many signatures, as somebody accepted G16, are no reason for a ZSK to wait: it adds none */
	return room.dnskeys <= ZS_ROOM_DNSKEYS && room.octets <= ZS_ROOM_OCTETS
	    && (room.signatures == before || room.signatures <= ZS_ROOM_SIGNATURES * room.algorithms);
}

bool zs_rollover_needs_key(const struct zs_facts *facts, enum zs_key_role role)
{
	const struct zs_key_facts *current = NULL;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		if (key->role != role || !key->goal_in)
			continue;
		if (key->standby && role & ZS_KSK && zs_in_zone(key->dnskey.phase))
			return false;
		if (!key->standby)
			current = key;
	}
	return !current || !zs_key_is_absent(current);
}
