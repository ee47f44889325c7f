/* build_update.c - the zone is signed by another server: no keys and no signatures here. What is computed from files goes there by
 * dynamic update, and the state remembers what was sent, since only that may be removed again. */
#include <string.h>

#include "base/secret.h"
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

/* ---- what others have at our owners ---- */

/* The TLSA owners that the config names, so far as they are names. */
static struct zs_live_record *find_places(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, size_t *count)
{
	struct zs_live_record *out = NULL;
	size_t room = 0;
	*count = 0;
	for (size_t i = 0; i < config->dane_count; i++) {
		const struct zs_dane_entry *entry = &config->dane[i];
		for (size_t h = 0; h < entry->host_count; h++) {
			size_t name_count;
			const uint8_t **names = zs_dane_hosts(run, zone, &entry->hosts[h], false, &name_count);
			for (size_t n = 0; n < name_count * entry->port_count; n++) {
				uint8_t *owner = zs_arena_alloc(run->arena, ZS_NAME_MAX);
				if (zs_dane_owner(&entry->ports[n % entry->port_count], names[n / entry->port_count], owner))
					ZS_PUSH(run->arena, out, *count, room) = (struct zs_live_record){ .owner = owner, .type = ZS_TYPE_TLSA };
			}
		}
	}
	return out;
}

/* What the server has beside ours counts as what the zone file has: senders choose among all digests that they see. */
static bool add_served(struct zs_run *run, const struct zs_zone_config *config, const struct zs_tsig_key *key, struct zs_facts *facts,
                       struct zs_zone *zone)
{
	struct zs_live_record *seen;
	size_t place_count, seen_count;
	const struct zs_live_record *places = find_places(run, config, zone, &place_count);
	if (!zs_live_update_look(run, config, key, places, place_count, &seen, &seen_count))
		return false;
	for (size_t i = 0; i < seen_count; i++) {
		bool ours = false;
		for (size_t k = 0; k < facts->tlsa_count && !ours; k++)
			ours = facts->tlsa[k].type == ZS_TYPE_TLSA && facts->tlsa[k].role != ZS_TLSA_FOREIGN && zs_name_equal(facts->tlsa[k].owner, seen[i].owner)
			    && zs_bytes_equal(facts->tlsa[k].rdata, seen[i].rdata);
		if (!ours && !seen[i].wildcard) /* ours are in its place */
			zs_zone_add(zone, seen[i].owner, ZS_TYPE_TLSA, seen[i].ttl, seen[i].rdata);
		zs_tlsa_note_ttl(run->arena, facts, seen[i].owner, seen[i].ttl);
	}
	return true;
}

/* ---- what goes there ---- */

/* Those that were computed: what the zone file or somebody else has at the same owner is the server's own. */
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

/* Send the facts' records, with the TTLs of zone, and take back those of former that are not among them. The state knows of them before
 * the server does. */
static bool send_records(struct zs_run *run, const struct zs_zone_config *config, const struct zs_tsig_key *key, const struct zs_zone *zone,
                         struct zs_facts *facts, const struct zs_tlsa_facts *former, size_t former_count, size_t *changed)
{
	size_t wanted_count, sent_count;
	const struct zs_live_record *wanted = to_records(run, zone, facts->tlsa, facts->tlsa_count, &wanted_count);
	const struct zs_live_record *sent = to_records(run, zone, former, former_count, &sent_count);
	if (!record_intent(run, facts, former, former_count)
	    || !zs_live_update(run, config, key, wanted, wanted_count, sent, sent_count, changed))
		return false;
	zs_tlsa_served(facts, config->policy->propagation_zone, run->now_given ? run->now : zs_time_now());
	return true;
}

/* The zone as the server has it, for what is computed beside it. */
static bool read_input(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options, struct zs_arena *arena,
                       struct zs_build_told *told, struct zs_zone **out)
{
	const struct zs_zone_options read = { .apex = zone->name, .dnssec = ZS_DNSSEC_STRIP, .include_any = zone->include_any, .want_sha256 = true };
	const struct zs_run_mark mark = zs_run_mark(run);
	if (!zs_zone_read(run, arena, zone->file.path, &read, out)
	    || !zs_zone_check(run, *out, zone->policy->max_zone_ttl, zs_build_accepts(options, "G12")))
		return false;
	zs_build_tell_weekly(run, told, &mark);
	return true;
}

/* Once a day it is looked whether our records are still there. */
bool zs_build_update(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const struct zs_build_options *options,
                     struct zs_facts *facts, struct zs_arena *zone_arena, struct zs_build_told *told, struct zs_build_result *result)
{
	enum { DAY = 86400 };
	const struct zs_facts *before = zs_facts_copy(run->arena, facts);
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(run, zone->policy);
	struct zs_input_facts *inputs = NULL;
	size_t input_count = 0, input_room = 0, changed = 0;
	struct zs_zone *read = NULL;
	struct zs_tsig_key key;
	bool certificates_ok = true;
	const bool unchanged = facts->input_count && zs_build_unchanged(run, config, zone, facts);
	if (unchanged && run->now < facts->next_due) {
		told->taken = true;
		result->outcome = ZS_BUILT_NOTHING;
		result->serial = facts->published.serial;
		result->earliest_expiration = facts->published.earliest_expiration;
		result->next_due = facts->next_due;
		return true;
	}
	zs_secret_no_dump();
	told->before = unchanged && !options->accept_count && zs_build_was_told(run, facts);
	if (!zs_build_inputs_before(run, config, zone, &inputs, &input_count, &input_room) || !read_input(run, zone, options, zone_arena, told, &read)
	    || !zs_build_zone_inputs(run, read, &inputs, &input_count, &input_room) || !zs_live_tsig_read(run, &zone->publish->key, &key)
	    || !add_served(run, zone, &key, facts, read) || !zs_dane_insert(run, zone, facts, read, &certificates_ok)
	    || !zs_build_check_tlsa(run, options, facts, before, read)
	    || !send_records(run, zone, &key, read, facts, before->tlsa, before->tlsa_count, &changed))
		return false;
	if (zs_build_accepts(options, "G12"))
		zs_build_note_override(run, facts, "G12", "not refused in this run");
	const zs_time due = zs_tlsa_due(&timing, facts), tomorrow = run->now + DAY;
	facts->inputs = inputs;
	facts->input_count = certificates_ok ? input_count : 0;
	facts->input_room = input_room;
	facts->last_build = run->now;
	told->certificate_fails = !certificates_ok;
	if (told->now && !options->quiet)
		facts->warned = run->now;
	facts->next_due = due && due < tomorrow ? due : tomorrow;
	result->outcome = changed ? ZS_BUILT_UPDATED : ZS_BUILT_NOTHING;
	result->record_count = changed;
	result->next_due = facts->next_due;
	return zs_facts_write(run, facts) && certificates_ok;
}
