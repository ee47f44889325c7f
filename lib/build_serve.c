/* build_serve.c - the rename, the reload, and what is known from then on. */
#include <string.h>

#include "build_private.h"
#include "dane/dane.h"
#include "live/live.h"
#include "rollover/rollover.h"

zs_time zs_build_refresh_due(const struct zs_building *b, zs_time earliest)
{
	return earliest ? earliest - b->zone_config->policy->refresh : 0;
}

/* The date of the next run, and what to tell: from a plan made on what the facts are now. */
static bool set_next_due(struct zs_building *b)
{
	struct zs_facts *facts = b->facts;
	struct zs_plan *plan;
	if (!zs_rollover_outlook(b->run, b->zone_config->policy, facts, &b->ttls, &plan))
		return false;
	facts->next_due = zs_time_sooner(zs_build_refresh_due(b, facts->published.earliest_expiration), plan->next_due);
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(b->run, b->zone_config->policy);
	facts->next_due = zs_time_sooner(facts->next_due, zs_tlsa_due(&timing, facts));
	if (plan->step_due) /* as after the first build on what another program signed, which takes nothing away yet */
		facts->next_due = b->run->now;
	facts->parent.wanted = plan->ask_parent;
	if (zs_live_may_ask(b->run, &b->zone_config->policy->observe))
		facts->next_due = zs_time_sooner(facts->next_due, zs_live_due(b->zone_config->policy, facts));
	b->result->first_ds = plan->first_ds;
	b->result->ds_wanted = plan->first_ds && plan->first_ds <= b->run->now;
	b->result->instruction = plan->instruction;
	b->result->next_due = facts->next_due;
	b->result->serial = facts->published.serial;
	b->result->earliest_expiration = facts->published.earliest_expiration;
	return true;
}

/* What the published output is known by: by its times, if every later change shows in them. Where that was too early to tell right after the
 * rename, a small one is read once more, now that its server has it; else each later run would have to, to find nothing to do. */
static struct zs_file_id output_id(struct zs_building *b)
{
	enum { SMALL = 1 << 20 /* octets */ };
	struct zs_file_id id = { 0 };
	uint8_t sha256[32];
	bool there = false;
	if (b->candidate.settled)
		return b->candidate.id;
	if (b->candidate.len > SMALL)
		return id;
	struct zs_run *look = zs_run_begin();
	if (!zs_publish_sha256(look, b->candidate.path, &there, sha256, &id) || !there || memcmp(sha256, b->candidate.sha256, sizeof sha256) != 0)
		id = (struct zs_file_id){ 0 };
	zs_run_end(look);
	return id;
}

bool zs_build_record_facts(struct zs_building *b)
{
	struct zs_facts *facts = b->facts;
	b->told.taken = !b->rescue && b->certificates_ok;
	b->told.certificate_fails = !b->rescue && !b->certificates_ok;
	(void)zs_build_tell_failure(b->run, &b->told, facts);
	if (!b->rescue) {
		if (!b->committed)
			zs_build_keep_output(b->run, facts, b->zone_config->output.path, &b->inputs, &b->input_count, &b->input_room);
		facts->inputs = b->inputs;
		/* while a certificate cannot be used no run is "unchanged": each says so, and sees when it is mended */
		facts->input_count = b->certificates_ok ? b->input_count : 0;
		facts->input_room = b->input_room;
	}
	if (facts->input_count && b->committed) {
		const struct zs_file_id id = output_id(b); /* its name is kept in any case */
		zs_build_add_output(b->run, facts, &id, b->candidate.sha256, b->zone_config->output.path);
	}
	facts->last_build = b->run->now;
	if (b->told.now && !b->options->quiet)
		facts->warned = b->run->now;
	return set_next_due(b) && zs_facts_write(b->run, facts);
}

void zs_build_served(struct zs_building *b, zs_time since)
{
	zs_rollover_served(b->facts, b->zone_config->policy, since);
	zs_tlsa_served(b->facts, b->zone_config->policy->propagation_zone, since);
}

/* What is seen has the date of the clock read after that, unless --now replaces it. */
static zs_time now_of(const struct zs_run *run)
{
	return run->now_given ? run->now : zs_time_now();
}

static void begin_service(struct zs_building *b)
{
	b->facts->published.waits_for = NULL;
	b->facts->published.behind_since = 0;
	b->facts->published.server = zs_publish_target(b->run, b->zone_config);
	zs_build_served(b, now_of(b->run));
}

/* A server that reads the output itself, and has its serial. */
static bool has_version(struct zs_building *b, zs_seconds wait, const char **why)
{
	const struct zs_publish_options *o = b->zone_config->publish;
	const bool reads = o->kind == ZS_PUBLISH_NSD || o->kind == ZS_PUBLISH_KNOT || o->kind == ZS_PUBLISH_BIND;
	return !reads || zs_live_serial_tells(b->zone_config->policy, b->facts)
	    || zs_live_keys_shown(b->run, b->zone_config, b->facts, &o->servers[0], 1, wait, why);
}

/* The last version is not everywhere; what was new in those before it may be, and goes on from there. True: something did. */
static bool look_at_older(struct zs_building *b, struct zs_serial_observation *seen)
{
	struct zs_published *published = &b->facts->published;
	const char *why;
	uint32_t oldest;
	const bool awaits = published->behind_since || zs_rollover_awaits_version(b->facts) || zs_tlsa_awaits_version(b->facts);
	if (!awaits || !zs_live_oldest(b->run, b->zone_config, b->facts, seen, &oldest, &why))
		return false;
	const bool follows = published->behind_since && zs_version_is_in(published->behind, oldest);
	if (follows) {
		published->behind = published->serial;
		published->behind_since = published->time;
	}
	const struct zs_policy *policy = b->zone_config->policy;
	const zs_time now = now_of(b->run);
	const bool keys = zs_rollover_served_from(b->facts, policy, oldest, now), tlsa = zs_tlsa_served_from(b->facts, policy->propagation_zone, oldest, now);
	return keys || tlsa || follows;
}

/* The server that the zone is given to has it; have the others? */
static bool is_everywhere(struct zs_building *b)
{
	struct zs_published *published = &b->facts->published;
	struct zs_serial_observation seen;
	if (zs_live_confirm(b->run, b->zone_config, b->facts, &seen, &published->waits_for))
		return true;
	if (!published->behind_since) {
		published->behind = published->serial;
		published->behind_since = now_of(b->run);
	}
	(void)look_at_older(b, &seen);
	return false;
}

static bool reload(struct zs_building *b)
{
	zs_run_stage(b->run, "reload");
	struct zs_published *published = &b->facts->published;
	const zs_time behind_since = published->behind_since;
	published->waits_for = NULL;
	published->behind_since = 0; /* if the first server fails, that is no lag of others */
	if (!zs_publish_serve(b->run, b->zone_config, published->serial, &published->waits_for))
		return false;
	const bool has = has_version(b, b->zone_config->publish->wait, &published->waits_for);
	published->behind_since = has ? behind_since : 0;
	if (!has || !is_everywhere(b)) {
		zs_not_yet(b->run, "serial %u is published, but not in service everywhere: %s", published->serial, published->waits_for);
		return false;
	}
	begin_service(b);
	return true;
}

void zs_build_look_for_another_server(struct zs_building *b)
{
	struct zs_published *published = &b->facts->published;
	const char *target = zs_publish_target(b->run, b->zone_config);
	if (!published->known || !published->served_since || !published->server || strcmp(published->server, target) == 0)
		return;
	published->served_since = 0;
	zs_note(b->run, "the zone is given to another server than before, as the config says now");
}

/* The zone was not read: its TTLs are those that it was published with. */
static bool record_service(struct zs_building *b)
{
	b->ttls = (struct zs_ttls){ .largest = b->facts->published.ttl, .negative = b->facts->published.negative_ttl };
	return set_next_due(b) && zs_facts_write(b->run, b->facts);
}

/* Do the servers have what was published, though no run has seen that yet? Asked once; false where nobody can be asked, and where the serial
 * does not tell: PowerDNS has more to show. */
static bool is_there_by_now(struct zs_building *b, struct zs_serial_observation *seen)
{
	const struct zs_zone_config *zone = b->zone_config;
	const enum zs_publish_kind kind = zone->publish->kind;
	const bool has_server = kind == ZS_PUBLISH_NSD || kind == ZS_PUBLISH_KNOT || kind == ZS_PUBLISH_BIND;
	const bool observed = zone->policy->observe_zone && (!b->run->now_given || zone->server_count);
	const char *why;
	if (!(has_server || (kind == ZS_PUBLISH_COMMAND && observed)) || zone->policy->serial == ZS_SERIAL_KEEP)
		return false;
	if (has_server && !(zs_live_wait_serial(b->run, zone, &zone->publish->servers[0], b->facts->published.serial, 0, &why) && has_version(b, 0, &why)))
		return false;
	if (!observed)
		return true;
	zs_live_serials(b->run, zone, seen);
	return zs_live_everywhere(b->run, zone, b->facts, seen, &why);
}

bool zs_build_look_at_former(struct zs_building *b)
{
	struct zs_serial_observation seen = { 0 };
	struct zs_published *published = &b->facts->published;
	/* what was decided and is in no version, as a chain that was given up, must not get a date */
	const bool decided = b->facts->replaced.present || b->facts->abandoned >= published->time;
	if (!published->known || published->served_since || b->facts->discarded || !zs_build_output_is_ours(b->zone_config, b->facts))
		return true; /* discarded: that may be known to the state on disk alone, which stays as it is */
	if (decided || !is_there_by_now(b, &seen))
		return !look_at_older(b, &seen) || record_service(b);
	begin_service(b);
	zs_note(b->run, "serial %u is in service now", published->serial);
	return record_service(b);
}

bool zs_build_commit(struct zs_building *b)
{
	struct zs_facts *facts = b->facts;
	zs_run_stage(b->run, "publish");
	zs_rollover_versioned(facts, b->intent.serial);
	zs_tlsa_versioned(facts, b->intent.serial);
	if (!zs_publish_commit(b->run, b->zone_config, &b->candidate, &b->intent, facts))
		return false;
	b->committed = true;
	zs_build_published(b->run, facts, b->zone_config->policy);
	const bool reloaded = reload(b);
	return zs_build_record_facts(b) && zs_keys_write_times(b->run, b->zone_config, facts, b->keys) && reloaded;
}

bool zs_build_repeat_reload(struct zs_building *b)
{
	const bool reloaded = reload(b);
	if (!reloaded) {
		(void)!zs_facts_write(b->run, b->facts); /* what fails there is reported beside this */
		return false;
	}
	b->result->outcome = ZS_BUILT_RELOADED;
	return record_service(b);
}
