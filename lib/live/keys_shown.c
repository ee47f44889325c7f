/* keys_shown.c - which version of the zone a server has, where the serial does not tell it (serial: keep): by its keys and who signed. */
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "dns/type.h"
#include "live/look_private.h"

/* The keys of the facts that have a record in the version that is published. */
static bool is_shown(const struct zs_key_facts *key, bool signer)
{
	return zs_in_zone(signer ? key->zrrsig.phase : key->dnskey.phase);
}

static const struct zs_key_facts *key_of(struct zs_run *run, const struct zs_facts *facts, const struct zs_answer_record *record)
{
	uint8_t id[ZS_HASH_MAX];
	if (!zs_hash(run, ZS_SHA256, record->rdata, id))
		return NULL;
	for (size_t i = 0; i < facts->key_count; i++)
		if (memcmp(facts->keys[i].id, id, sizeof facts->keys[i].id) == 0)
			return &facts->keys[i];
	return NULL;
}

/* By tag, which the zone uses once. */
static const struct zs_key_facts *signer_of(const struct zs_facts *facts, const struct zs_answer_record *record)
{
	for (size_t i = 0; record->rdata.len > 18 && i < facts->key_count; i++)
		if (facts->keys[i].tag == zs_get_u16(record->rdata.data + 16) && facts->keys[i].algorithm == record->rdata.data[2])
			return &facts->keys[i];
	return NULL;
}

/* Are the DNSKEYs of the answer, or the keys that signed its SOA, those of the published version, and no others? */
static bool fits(struct zs_run *run, const struct zs_facts *facts, const struct zs_answer *answer, bool signers)
{
	const uint16_t type = signers ? ZS_TYPE_RRSIG : ZS_TYPE_DNSKEY;
	size_t wanted = 0, shown = 0;
	for (size_t i = 0; i < facts->key_count; i++)
		wanted += is_shown(&facts->keys[i], signers);
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *record = &answer->records[i];
		if (record->section != ZS_SECTION_ANSWER || record->type != type || (signers && zs_get_u16(record->rdata.data) != ZS_TYPE_SOA))
			continue;
		const struct zs_key_facts *key = signers ? signer_of(facts, record) : key_of(run, facts, record);
		if (!key || !is_shown(key, signers))
			return false;
		shown++;
	}
	return shown == wanted;
}

static bool look(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers, size_t count,
                 const char **why)
{
	struct zs_live_question *questions = zs_arena_array(run->arena, 2 * count + 1, sizeof *questions);
	for (size_t i = 0; i < 2 * count; i++)
		questions[i] = (struct zs_live_question){ .to = &servers[i / 2], .name = zone->name, .type = i % 2 ? ZS_TYPE_SOA : ZS_TYPE_DNSKEY };
	zs_live_ask(run, questions, 2 * count, ZS_ASK_LIMIT);
	for (size_t i = 0; i < 2 * count; i++) {
		const bool answered = questions[i].reply == ZS_REPLY_ANSWERED && questions[i].answer.authoritative;
		if (answered && fits(run, facts, &questions[i].answer, i % 2))
			continue;
		*why = zs_arena_printf(run->arena, answered ? "%s has serial %u, but not the keys of this version: with 'serial: keep' servers do not see that it is another"
		                                            : "%s does not show the keys that it has with serial %u", servers[i / 2].text, facts->published.serial);
		return false;
	}
	return true;
}

bool zs_live_keys_shown(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers,
                        size_t count, zs_seconds wait, const char **why)
{
	const int64_t deadline = zs_live_clock() + wait * 1000;
	while (!look(run, zone, facts, servers, count, why)) {
		if (zs_live_clock() >= deadline)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	}
	return true;
}
