/* build_update.c - the zone is signed by another server: no keys and no signatures here. What is computed from files goes there by
 * dynamic update, and the state remembers what was sent, since only that may be removed again. */
#include <string.h>

#include "build_private.h"
#include "dane/dane.h"
#include "live/live.h"

static bool is_in(const struct zs_tlsa_facts *list, size_t count, const struct zs_tlsa_facts *one)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].type == one->type && zs_name_equal(list[i].owner, one->owner) && zs_bytes_equal(list[i].rdata, one->rdata))
			return true;
	return false;
}

/* Those that were computed: what the zone file has at the same owner is the server's own. */
static struct zs_live_record *to_records(struct zs_run *run, const struct zs_zone *zone, const struct zs_tlsa_facts *list, size_t list_count,
                                         size_t *count)
{
	struct zs_live_record *out = zs_arena_array(run->arena, list_count + 1, sizeof *out);
	*count = 0;
	for (size_t i = 0; i < list_count; i++) {
		const struct zs_rrset *set = zs_zone_rrset(zone, zs_zone_find(zone, list[i].owner, NULL), list[i].type);
		if (list[i].role != ZS_TLSA_FOREIGN)
			out[(*count)++] = (struct zs_live_record){ .owner = list[i].owner, .rdata = list[i].rdata, .ttl = set ? set->ttl : 0, .type = list[i].type };
	}
	return out;
}

/* The state knows of every record that may be there before it is: those of before and those to come. */
static bool record_intent(struct zs_run *run, struct zs_facts *facts, const struct zs_tlsa_facts *former, size_t former_count)
{
	struct zs_tlsa_facts *made = facts->tlsa;
	const size_t made_count = facts->tlsa_count;
	struct zs_tlsa_facts *both = zs_arena_array(run->arena, made_count + former_count + 1, sizeof *both);
	size_t count = 0;
	for (size_t i = 0; i < former_count; i++)
		both[count++] = former[i];
	for (size_t i = 0; i < made_count; i++)
		if (!is_in(former, former_count, &made[i]))
			both[count++] = made[i];
	facts->tlsa = both;
	facts->tlsa_count = facts->tlsa_room = count;
	facts->input_count = 0; /* until it is done, no run is "unchanged" */
	const bool ok = count == former_count || zs_facts_write(run, facts);
	facts->tlsa = made;
	facts->tlsa_count = facts->tlsa_room = made_count;
	return ok;
}

bool zs_build_send(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, struct zs_facts *facts,
                   const struct zs_tlsa_facts *former, size_t former_count, size_t *changed)
{
	struct zs_tsig_key key;
	size_t wanted_count, sent_count;
	const struct zs_live_record *wanted = to_records(run, zone, facts->tlsa, facts->tlsa_count, &wanted_count);
	const struct zs_live_record *sent = to_records(run, zone, former, former_count, &sent_count);
	if (!zs_live_tsig_read(run, &config->publish.key, &key) || !record_intent(run, facts, former, former_count)
	    || !zs_live_update(run, config, &key, wanted, wanted_count, sent, sent_count, changed))
		return false;
	zs_tlsa_served(facts, config->policy->propagation_zone, run->now_given ? run->now : zs_time_now());
	return true;
}
