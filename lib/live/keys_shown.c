/* keys_shown.c - which version of the zone a server has, by its keys and who signed: where the serial does not tell it, and where it is not
 * the last one. */
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "dns/algorithm.h"
#include "dns/type.h"
#include "live/look_private.h"
#include "rollover/rollover.h"

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

/* The questions to each server: its DNSKEYs, and its SOA with who signed it. */
static struct zs_live_question *ask_keys(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_address *servers, size_t count)
{
	struct zs_live_question *questions = zs_arena_array(run->arena, 2 * count + 1, sizeof *questions);
	for (size_t i = 0; i < 2 * count; i++)
		questions[i] = (struct zs_live_question){ .to = &servers[i / 2], .name = zone->name, .type = i % 2 ? ZS_TYPE_SOA : ZS_TYPE_DNSKEY };
	zs_live_ask(run, questions, 2 * count, ZS_ASK_LIMIT);
	return questions;
}

static const char *why_not(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char *server, bool answered)
{
	const uint32_t serial = facts->published.serial;
	if (!answered)
		return zs_arena_printf(run->arena, "%s does not show the keys that it has with serial %u", server, serial);
	if (zone->policy->serial == ZS_SERIAL_KEEP)
		return zs_arena_printf(run->arena, "%s has serial %u, but not the keys of this version: with 'serial: keep' servers do not see that it is another",
		                       server, serial);
	return zs_arena_printf(run->arena, "%s has serial %u, but not the keys of this version: it leaves DNSSEC out, or has another zone, which it keeps until "
	                       "the serial is higher: write %u into the SOA of the zone file", server, serial, serial + 1);
}

static bool look(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers, size_t count,
                 const char **why)
{
	const struct zs_live_question *questions = ask_keys(run, zone, servers, count);
	for (size_t i = 0; i < 2 * count; i++) {
		const bool answered = questions[i].reply == ZS_REPLY_ANSWERED && questions[i].answer.authoritative;
		if (answered && fits(run, facts, &questions[i].answer, i % 2))
			continue;
		*why = why_not(run, zone, facts, servers[i / 2].text, answered);
		return false;
	}
	return true;
}

bool zs_live_serial_tells(const struct zs_policy *policy, const struct zs_facts *facts)
{
	return policy->serial != ZS_SERIAL_KEEP && !zs_rollover_awaits_version(facts);
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

bool zs_live_has_newer_key(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *server,
                           uint16_t *tag)
{
	struct zs_live_question q = { .to = server, .name = zone->name, .type = ZS_TYPE_DNSKEY };
	bool ours = false, newer = false;
	zs_live_ask(run, &q, 1, ZS_ASK_LIMIT);
	if (q.reply != ZS_REPLY_ANSWERED || !q.answer.authoritative)
		return false;
	for (size_t i = 0; i < q.answer.count; i++) {
		const struct zs_answer_record *record = &q.answer.records[i];
		if (record->section != ZS_SECTION_ANSWER || record->type != ZS_TYPE_DNSKEY || record->rdata.len < 4)
			continue;
		const uint16_t its_tag = zs_key_tag(record->rdata.data, record->rdata.len);
		ours = ours || key_of(run, facts, record);
		if (zs_facts_tag_used(facts, its_tag))
			continue;
		newer = true;
		*tag = its_tag;
	}
	return ours && newer;
}

/* ---- versions before the last one ---- */

/* Is the record as it is in every version from `oldest` on? What moved since may be there or not. */
static bool is_settled_in(const struct zs_record_state *record, uint32_t oldest)
{
	return record->phase == ZS_NA || record->phase == ZS_HIDDEN || record->since || zs_version_is_in(record->version, oldest);
}

/* Of each key of the facts: is its DNSKEY there, does it sign the DNSKEYs, does it sign the SOA? */
struct shown {
	bool dnskey, krrsig, zrrsig;
};

/* False: there is something that is none of ours. */
static bool note_shown(struct zs_run *run, const struct zs_facts *facts, const struct zs_answer *answer, struct shown *shown)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *record = &answer->records[i];
		if (record->section != ZS_SECTION_ANSWER || (record->type != ZS_TYPE_DNSKEY && record->type != ZS_TYPE_RRSIG))
			continue;
		const struct zs_key_facts *key = record->type == ZS_TYPE_DNSKEY ? key_of(run, facts, record) : signer_of(facts, record);
		if (!key)
			return false;
		struct shown *one = &shown[key - facts->keys];
		if (record->type == ZS_TYPE_DNSKEY)
			one->dnskey = true;
		else if (zs_get_u16(record->rdata.data) == ZS_TYPE_DNSKEY)
			one->krrsig = true;
		else
			one->zrrsig = true;
	}
	return true;
}

static bool is_as_known(const struct zs_record_state *record, uint32_t oldest, bool there)
{
	return !is_settled_in(record, oldest) || zs_in_zone(record->phase) == there;
}

bool zs_live_is_version(struct zs_run *run, const struct zs_facts *facts, const struct zs_answer *dnskeys, const struct zs_answer *soa, uint32_t oldest)
{
	struct shown *shown = zs_arena_array(run->arena, facts->key_count + 1, sizeof *shown);
	if (!note_shown(run, facts, dnskeys, shown) || !note_shown(run, facts, soa, shown))
		return false;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		if (!is_as_known(&key->dnskey, oldest, shown[i].dnskey) || !is_as_known(&key->krrsig, oldest, shown[i].krrsig)
		    || !is_as_known(&key->zrrsig, oldest, shown[i].zrrsig))
			return false;
	}
	return true;
}

/* The serial of an answer with authority. */
static bool serial_in(const struct zs_live_question *q, uint32_t *serial)
{
	for (size_t i = 0; q->reply == ZS_REPLY_ANSWERED && q->answer.authoritative && i < q->answer.count; i++) {
		const struct zs_answer_record *r = &q->answer.records[i];
		if (r->section == ZS_SECTION_ANSWER && r->type == ZS_TYPE_SOA && zs_name_equal(r->owner, q->name) && r->rdata.len >= 20) {
			*serial = zs_get_u32(r->rdata.data + r->rdata.len - 20); /* behind two names, before four numbers */
			return true;
		}
	}
	return false;
}

bool zs_live_versions(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers, size_t count,
                      uint32_t *oldest, const char **why)
{
	const struct zs_live_question *questions = ask_keys(run, zone, servers, count);
	const uint32_t newest = facts->published.serial;
	uint32_t behind = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t serial = newest;
		const bool known = questions[2 * i].reply == ZS_REPLY_ANSWERED && questions[2 * i].answer.authoritative && serial_in(&questions[2 * i + 1], &serial);
		if (!known || zs_serial_after(serial, newest)) {
			*why = zs_arena_printf(run->arena, known ? "%s has serial %u, which is not ours" : "%s does not show its keys and its serial", servers[i].text, serial);
			return false;
		}
		behind = newest - serial > behind ? newest - serial : behind;
	}
	for (size_t i = 0; i < count; i++)
		if (!zs_live_is_version(run, facts, &questions[2 * i].answer, &questions[2 * i + 1].answer, newest - behind)) {
			*why = zs_arena_printf(run->arena, "%s does not have the keys and signatures of this zone since serial %u", servers[i].text, newest - behind);
			return false;
		}
	*oldest = newest - behind;
	return true;
}
