/* status.c - one status model: the sentence, the keys and their reasons. status_text.c and status_html.c show it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/algorithm.h"
#include "report/report_private.h"

enum { DAY = 86400, LATE = DAY + 2 * 3600, /* cron runs once a day at the least */
       LAG = 2 * 3600 };      /* as long as the refresh of a slow secondary, twice */

static bool absent(enum zs_record_phase phase)
{
	return phase == ZS_NA || phase == ZS_HIDDEN;
}

static const char *title_of(struct zs_run *run, const struct zs_key_facts *key)
{
	const char *role = key->role == ZS_KSK ? "KSK" : key->role == ZS_ZSK ? "ZSK" : "CSK";
	return key->tag || key->created ? zs_arena_printf(run->arena, "%s %u", role, key->tag) : zs_arena_printf(run->arena, "the new %s", role);
}

/* ---- keys ---- */

static bool is_settled(const struct zs_key_facts *key)
{
	const enum zs_record_phase phases[] = { key->dnskey.phase, key->krrsig.phase, key->zrrsig.phase, key->ds.phase };
	for (size_t i = 0; i < ZS_COUNT(phases); i++)
		if (phases[i] != ZS_NA && phases[i] != ZS_OMNIPRESENT)
			return false;
	return true;
}

static void stand(const struct zs_key_facts *key, struct zs_status_key *out)
{
	const bool gone = absent(key->dnskey.phase) && absent(key->krrsig.phase) && absent(key->zrrsig.phase) && absent(key->ds.phase);
	if (key->goal_in && key->standby) {
		out->standing = "standby";
		out->since = key->dnskey.since;
	} else if (key->goal_in) {
		out->standing = is_settled(key) ? "active" : "coming";
		out->since = out->standing[0] == 'a' && key->active ? key->active : key->dnskey.since;
	} else {
		out->standing = gone ? "gone" : "leaving";
		out->since = gone && key->removed ? key->removed : key->retired;
	}
}

/* The engine's reasons are about facts of the plan, which is a copy: the key is found by its id. */
static bool is_about(const struct zs_plan_reason *reason, const struct zs_key_facts *key)
{
	return reason->key && memcmp(reason->key->id, key->id, sizeof key->id) == 0;
}

static void add_keys(struct zs_run *run, const struct zs_plan *plan, struct zs_status *out)
{
	const struct zs_facts *facts = out->facts;
	struct zs_status_key *keys = zs_arena_array(run->arena, facts->key_count + 1, sizeof *keys);
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const struct zs_algorithm_info *info = zs_algorithm_info(key->algorithm);
		keys[i] = (struct zs_status_key){ .facts = key, .title = title_of(run, key),
			                          .algorithm = info ? info->mnemonic : zs_arena_printf(run->arena, "%u", key->algorithm) };
		stand(key, &keys[i]);
		for (size_t r = 0; plan && r < plan->reason_count; r++) {
			const struct zs_plan_reason *reason = &plan->reasons[r];
			const bool sooner = !keys[i].reason || (reason->when && (!keys[i].next || reason->when < keys[i].next));
			if (is_about(reason, key) && sooner) {
				keys[i].reason = reason->text;
				keys[i].next = reason->when;
			}
		}
	}
	out->keys = keys;
	out->key_count = facts->key_count;
}

static void add_reasons(struct zs_run *run, const struct zs_plan *plan, struct zs_status *out)
{
	struct zs_plan_reason *reasons = zs_arena_array(run->arena, plan->reason_count + 1, sizeof *reasons);
	for (size_t i = 0; i < plan->reason_count; i++)
		if (!plan->reasons[i].key)
			reasons[out->reason_count++] = plan->reasons[i];
	out->reasons = reasons;
}

/* ---- the sentence ---- */

struct speech {
	struct zs_run *run;
	const struct zs_zone_config *zone;
	const struct zs_facts *facts;
	const struct zs_plan *plan;
	struct zs_status *out;
	const char *bare, *registrar; /* names for the sentence */
};

/* Returns true: it is said. */
static bool say(struct speech *s, enum zs_fault fault, const char *event, const char *text)
{
	s->out->fault = fault;
	s->out->act = fault != ZS_DONE;
	s->out->event = event;
	s->out->instruction = text;
	return true;
}

static bool say_unbuilt(struct speech *s)
{
	if (!s->facts->published.known)
		return say(s, ZS_NOT_YET, "never built", zs_arena_printf(s->run->arena, "Run 'zonesign build %s': it was never built.", s->bare));
	return false;
}

/* Builds are refused until a person has decided which clock is right; what they signed by a clock that was ahead does not hold yet. */
static bool say_clock(struct speech *s)
{
	char time[ZS_TIME_TEXT];
	struct zs_arena *arena = s->run->arena;
	const zs_time end = s->facts->published.earliest_expiration;
	const char *jump = s->facts->made_with_now == s->run->now_given ? zs_facts_clock_jump(s->run, s->facts) : NULL;
	if (!jump)
		return false;
	s->out->deadline = end;
	return say(s, ZS_REFUSED, "the clock jumped", zs_arena_printf(arena, "Each build of %s is refused (G17), and its signatures are not renewed or do not hold yet: %s. "
	           "Set the clock right; if it is right now, run 'zonesign build --accept clock %s' once%s%s.", s->bare, jump, s->bare,
	           end ? "; the signatures end on " : "", end ? zs_time_short(end, time) : ""));
}

/* A build was due, and none has come that did what it could: while a certificate is missing, what waits for it stays due. */
static bool is_late(struct speech *s)
{
	const struct zs_facts *facts = s->facts;
	const zs_time since = facts->next_due > facts->last_build ? facts->next_due : facts->last_build;
	return facts->next_due && facts->next_due < s->out->now && s->out->now - since > LATE;
}

/* The chain is in danger: G3, G5, G14. */
static bool say_danger(struct speech *s)
{
	char a[ZS_TIME_TEXT], b[ZS_TIME_TEXT];
	const struct zs_published *p = &s->facts->published;
	const zs_time now = s->out->now, end = p->earliest_expiration;
	const struct zs_failure *failure = &s->facts->failure;
	struct zs_arena *arena = s->run->arena;
	const bool shows = s->facts->parent.observed && !s->facts->parent.waits_for && s->facts->parent.ds_count;
	if (s->plan && s->plan->unsigned_zone)
		return zs_facts_is_unsigned(s->facts) && shows && say(s, ZS_REFUSED, "a DS of an unsigned zone", zs_arena_printf(arena,
		       "The parent has DS records of %s, which is not signed, as you wanted: validators refuse it. Delete them at %s at once.",
		       s->bare, s->registrar));
	s->out->deadline = end;
	if (end && end <= now)
		return say(s, ZS_REFUSED, "signatures have expired", zs_arena_printf(arena,
		           "The signatures of %s expired on %s: validators refuse the zone. Run 'zonesign build %s' and do what it says.", s->bare,
		           zs_time_short(end, a), s->bare));
	if (end && is_late(s))
		return say(s, ZS_REFUSED, "builds are late", zs_arena_printf(arena,
		           "No build has succeeded since %s, and one was due on %s%s%s: see what 'zonesign build %s' says before the signatures end on %s.",
		           zs_time_short(s->facts->last_build, a), zs_time_short(s->facts->next_due, b), failure->reason ? "; the last one said: " : "",
		           failure->reason ? failure->reason : "", s->bare, zs_time_short(end, (char[ZS_TIME_TEXT]){ 0 })));
	if (end && end - now < s->zone->policy->refresh / 2)
		return say(s, ZS_REFUSED, "signatures are not renewed", zs_arena_printf(arena,
		           "The signatures of %s end on %s, and were to be renewed long ago%s%s: see what 'zonesign build %s' says.", s->bare,
		           zs_time_short(end, a), failure->reason ? "; the last build said: " : "", failure->reason ? failure->reason : "", s->bare));
	s->out->deadline = 0;
	bool leads = false;
	for (size_t i = 0; i < s->facts->key_count; i++)
		leads = leads || (s->facts->keys[i].ds_seen && zs_in_zone(s->facts->keys[i].dnskey.phase));
	if (shows && !leads)
		return say(s, ZS_REFUSED, "no DS leads to a key", zs_arena_printf(arena,
		           "The parent has DS records of %s, and none of them leads to a key in the zone: validators refuse it. See 'zonesign ds --check %s' and mend it at %s at once.",
		           s->bare, s->bare, s->registrar));
	return false;
}

static bool say_parent(struct speech *s);

/* Secondaries take their time, in a zone that changes often for ever: as long as each has a version of not long ago that is no alarm. */
static bool only_lags(const struct speech *s)
{
	const zs_time since = s->facts->published.behind_since;
	return since && s->out->now - since <= LAG && zs_facts_was_served(s->facts);
}

static bool say_not_served(struct speech *s)
{
	const struct zs_published *p = &s->facts->published;
	if (p->served_since || only_lags(s))
		return false;
	const char *dead = !s->zone->policy->observe_zone || !p->waits_for ? ""
	                   : s->zone->server_count                       ? " One that is gone for good must leave 'servers' of the config."
	                                                                 : " One that is gone for good must leave the NS records, here and at the parent.";
	const char *text = zs_arena_printf(s->run->arena, "Serial %u of %s is published, but not in service: %s. Each build tries again.%s",
	                                   p->serial, s->bare, p->waits_for ? p->waits_for : "the reload command has not succeeded", dead);
	if (!zs_facts_was_served(s->facts) || !say_parent(s))
		return say(s, ZS_NOT_YET, "not in service", text);
	s->out->instruction = zs_arena_printf(s->run->arena, "%s Besides: %s", s->out->instruction, text); /* a person does both */
	return true;
}

static const char *join(struct speech *s, const char *list, const char *title)
{
	return list ? zs_arena_printf(s->run->arena, "%s and %s", list, title) : title;
}

/* When the key that this one follows has reached its lifetime. */
static zs_time end_of_predecessor(struct speech *s, const struct zs_key_facts *key)
{
	for (size_t i = 0; key->has_predecessor && i < s->facts->key_count; i++) {
		const struct zs_key_facts *old = &s->facts->keys[i];
		const zs_seconds lifetime = zs_rollover_lifetime(s->zone->policy, old->role);
		if (memcmp(old->id, key->predecessor, sizeof old->id) == 0 && old->active && lifetime != ZS_LIFETIME_UNLIMITED)
			return old->active + lifetime;
	}
	return 0;
}

/* `ds --seen`, or `--gone`, of each key that waits for it; the tag is needed if there are several. *since: the first of them waits. */
static const char *by_hand(struct speech *s, const char *option, bool (*waits)(const struct zs_key_facts *), zs_time *since)
{
	const char *list = NULL;
	size_t count = 0;
	*since = s->out->now;
	for (size_t i = 0; i < s->facts->key_count; i++) {
		const struct zs_key_facts *key = &s->facts->keys[i];
		if (!waits(key))
			continue;
		count++;
		list = join(s, list, zs_arena_printf(s->run->arena, "'zonesign ds --%s %u %s'", option, key->tag, s->bare));
		*since = key->ds.since < *since ? key->ds.since : *since;
	}
	return count > 1 ? list : zs_arena_printf(s->run->arena, "'zonesign ds --%s %s'", option, s->bare);
}

/* While the parent's servers differ, what a person has seen at one of them is taken back by the next look. */
static const char *how_it_ends(struct speech *s, const char *option, bool (*waits)(const struct zs_key_facts *))
{
	const struct zs_parent_facts *parent = &s->facts->parent;
	zs_time since;
	const char *tell = by_hand(s, option, waits, &since);
	if (!s->zone->policy->observe_parent)
		return zs_arena_printf(s->run->arena, "then tell it: %s", tell);
	if (!parent->waits_for)
		return "zonesign notices by itself";
	const bool differ = !parent->agreed && parent->ds_count;
	return zs_arena_printf(s->run->arena, "zonesign notices by itself, but its last look was not certain: %s%s%s", parent->waits_for,
	                       !differ && s->out->now - since > DAY ? "; if that stays so, tell what you see yourself: " : "",
	                       !differ && s->out->now - since > DAY ? tell : "");
}

/* Our tags are used once, so they tell. */
static bool is_shown(const struct zs_parent_facts *parent, const struct zs_key_facts *key)
{
	for (size_t d = 0; d < parent->ds_count; d++)
		if (parent->ds[d].len > 3 && zs_get_u16(parent->ds[d].data) == key->tag && parent->ds[d].data[2] == key->algorithm)
			return true;
	return false;
}

/* A person did it already, as some of the parent's servers show, and the last look was not certain: for each key that waits, did an answer
 * show the DS, or none of them? */
static bool is_done(struct speech *s, bool gone, bool (*waits)(const struct zs_key_facts *))
{
	const struct zs_facts *facts = s->facts;
	for (size_t i = 0; i < facts->key_count; i++)
		if (waits(&facts->keys[i]) && is_shown(&facts->parent, &facts->keys[i]) == gone)
			return false;
	return s->zone->policy->observe_parent && facts->parent.waits_for;
}

static bool say_add(struct speech *s, const char *add, bool keep, zs_time deadline)
{
	char time[ZS_TIME_TEXT];
	struct zs_arena *arena = s->run->arena;
	const char *by = deadline > s->out->now ? zs_arena_printf(arena, " by %.10s", zs_time_short(deadline, time)) : "";
	const char *rest = s->facts->abandoned ? "and delete all others" : keep ? "keep the old one" : "", *end = how_it_ends(s, "seen", zs_facts_ds_to_come);
	const char *event = zs_arena_printf(arena, "add %s", add);
	s->out->deadline = deadline;
	if (is_done(s, false, zs_facts_ds_to_come))
		return say(s, ZS_NOT_YET, event, zs_arena_printf(arena, "The DS of %s is at the parent, but not at all of its servers for certain%s%s; %s.", add,
		           *rest ? ": " : "", rest, end));
	return say(s, ZS_NOT_YET, event, zs_arena_printf(arena, "Give %s the DS of %s%s%s%s ('zonesign ds %s' prints it); %s.", s->registrar,
	           add, by, *rest ? ", " : "", rest, s->bare, end));
}

static bool say_parent(struct speech *s)
{
	const char *add = NULL, *take = NULL;
	bool keep = false, several = false;
	zs_time deadline = 0;
	for (size_t i = 0; i < s->facts->key_count; i++) {
		const struct zs_key_facts *key = &s->facts->keys[i];
		if (zs_facts_ds_to_come(key)) {
			const zs_time end = end_of_predecessor(s, key);
			add = join(s, add, title_of(s->run, key));
			deadline = end && (!deadline || end < deadline) ? end : deadline;
		}
		if (zs_facts_ds_to_go(key)) {
			several = take != NULL;
			take = join(s, take, title_of(s->run, key));
		}
		keep = keep || key->ds.phase == ZS_OMNIPRESENT || (key->ds_seen && key->ds.phase != ZS_UNRETENTIVE);
	}
	if (add)
		return say_add(s, add, keep, deadline);
	if (!take)
		return false;
	if (is_done(s, true, zs_facts_ds_to_go))
		return say(s, ZS_NOT_YET, zs_arena_printf(s->run->arena, "remove %s", take), zs_arena_printf(s->run->arena,
		           "The DS of %s is gone from the parent, but not from all of its servers for certain; %s.", take, how_it_ends(s, "gone", zs_facts_ds_to_go)));
	const char *why = s->facts->unsign ? "the zone is to become insecure" : several ? "their successor is in place" : "its successor is in place";
	return say(s, ZS_NOT_YET, zs_arena_printf(s->run->arena, "remove %s", take), zs_arena_printf(s->run->arena, "Delete the DS of %s%s at %s: %s; %s.", take,
	           s->facts->unsign ? ", and any other," : "", s->registrar,
	           why, how_it_ends(s, "gone", zs_facts_ds_to_go)));
}

/* No build takes the input as it is now. What was published before is served, and kept alive as far as that goes. */
static bool say_failure(struct speech *s)
{
	struct zs_status beside = *s->out;
	struct speech other = *s;
	other.out = &beside;
	char since[ZS_TIME_TEXT], until[ZS_TIME_TEXT];
	struct zs_arena *arena = s->run->arena;
	const struct zs_failure *f = &s->facts->failure;
	const zs_time end = s->facts->published.earliest_expiration;
	static const char *const events[] = { [ZS_FAILURE_INPUT] = "input refused", [ZS_FAILURE_CERTIFICATE] = "certificate unusable",
		                              [ZS_FAILURE_REFUSED] = "publication refused", [ZS_FAILURE_FAILED] = "build fails", [ZS_FAILURE_LATER] = "build waits",
		                              [ZS_FAILURE_STOPPED] = "build refused" };
	static const char *const subjects[] = { [ZS_FAILURE_INPUT] = "The input", [ZS_FAILURE_REFUSED] = "The new version", [ZS_FAILURE_FAILED] = "Each build",
		                                [ZS_FAILURE_LATER] = "Each build", [ZS_FAILURE_STOPPED] = "Each build" };
	static const char *const verbs[] = { [ZS_FAILURE_INPUT] = "is refused", [ZS_FAILURE_REFUSED] = "is refused", [ZS_FAILURE_FAILED] = "fails",
		                             [ZS_FAILURE_LATER] = "is put off", [ZS_FAILURE_STOPPED] = "is refused" };
	if (f->kind == ZS_FAILURE_NONE)
		return false;
	zs_time_short(f->since, since);
	const bool more = s->zone->publish->kind != ZS_PUBLISH_UPDATE && (say_not_served(&other) || say_parent(&other));
	const char *also = more ? zs_arena_printf(arena, " Besides: %s", beside.instruction) : "";
	s->out->deadline = beside.deadline;
	if (f->kind == ZS_FAILURE_CERTIFICATE)
		return say(s, ZS_NOT_YET, events[f->kind], zs_arena_printf(arena,
		           "A certificate or key file of %s cannot be used since %s: %s. What was last published of it stays, all else is up to date; mend it, then run 'zonesign build %s'.%s",
		           s->bare, since, f->reason, s->bare, also));
	const bool renewed = f->kind == ZS_FAILURE_INPUT || f->kind == ZS_FAILURE_REFUSED;
	const char *stays = "";
	zs_time_short(end, until);
	if (end && access(s->zone->output.path, F_OK) != 0)
		stays = zs_arena_printf(arena, " The output '%s' is gone: a server that has loaded it goes on with it until %s, and one that starts anew has none.",
		                        s->zone->output.path, until);
	else if (end && f->kind == ZS_FAILURE_STOPPED)
		stays = zs_arena_printf(arena, " The signatures of what was published before last until %s, and nothing renews them.", until);
	else if (end)
		stays = zs_arena_printf(arena, " What was published before stays in service; its signatures last until %s%s.", until,
		                        renewed ? ", and builds renew them as long as they can" : "");
	return say(s, ZS_NOT_YET, events[f->kind], zs_arena_printf(arena, "%s of %s %s since %s: %s.%s Mend that, then run 'zonesign build %s'.%s", subjects[f->kind],
	           s->bare, verbs[f->kind], since, f->reason, stays, s->bare, also));
}

/* Another server signs the zone: there are its TLSA alone. */
static bool say_elsewhere(struct speech *s)
{
	char time[ZS_TIME_TEXT];
	struct zs_arena *arena = s->run->arena;
	const struct zs_facts *facts = s->facts;
	if (s->zone->publish->kind != ZS_PUBLISH_UPDATE)
		return false;
	if (say_failure(s))
		return true;
	if (!facts->last_build)
		return say(s, ZS_NOT_YET, "never built", zs_arena_printf(arena, "Run 'zonesign build %s': its TLSA were never sent.", s->bare));
	if (!facts->input_count || s->out->now - facts->next_due > LATE)
		return say(s, ZS_NOT_YET, "not in service", zs_arena_printf(arena, "The TLSA of %s were not seen at its server since %s: see what 'zonesign build %s' says.",
		           s->bare, zs_time_short(facts->last_build, time), s->bare));
	return say(s, ZS_DONE, "nothing", zs_arena_printf(arena, "Nothing to do: another server signs %s; its TLSA were there on %s.", s->bare,
	           zs_time_short(facts->last_build, time)));
}

/* The reason whose time comes first, or NULL. */
static const struct zs_plan_reason *first_reason(const struct zs_plan *plan, zs_time now)
{
	const struct zs_plan_reason *first = NULL;
	for (size_t i = 0; plan && i < plan->reason_count; i++)
		if (plan->reasons[i].when > now && (!first || plan->reasons[i].when < first->when))
			first = &plan->reasons[i];
	return first;
}

static bool say_nothing(struct speech *s)
{
	char time[ZS_TIME_TEXT], day[ZS_TIME_TEXT];
	struct zs_arena *arena = s->run->arena;
	const struct zs_plan_reason *first = first_reason(s->plan, s->out->now);
	const zs_time first_ds = s->plan ? s->plan->first_ds : 0;
	if (s->plan && s->plan->unsigned_zone)
		return say(s, ZS_DONE, "insecure", zs_arena_printf(arena, "Nothing to do: %s is not signed, as you wanted.", s->bare));
	bool asked = false;
	for (size_t i = 0; i < s->facts->key_count; i++)
		asked = asked || (!absent(s->facts->keys[i].ds.phase));
	if (!asked && first_ds && first_ds <= s->out->now && s->facts->next_due && s->facts->next_due <= s->out->now)
		return say(s, ZS_DONE, "first DS", zs_arena_printf(arena, "Nothing to do but a build, due since %s: cron runs it, or 'zonesign build %s'; then %s gets what 'zonesign ds %s' prints.",
		           zs_time_short(s->facts->next_due, time), s->bare, s->registrar, s->bare));
	if (!asked && first_ds > s->out->now)
		return say(s, ZS_DONE, "first DS", zs_arena_printf(arena, "Nothing to do until %s; then %s gets what 'zonesign ds %s' prints.",
		           zs_time_short(first_ds, time), s->registrar, s->bare));
	if (s->plan && s->plan->instruction && s->facts->next_due && s->facts->next_due <= s->out->now)
		return say(s, ZS_DONE, "step due", zs_arena_printf(arena, "Nothing to do but a build, due since %s: cron runs it, or 'zonesign build %s'. Then: %s",
		           zs_time_short(s->facts->next_due, time), s->bare, s->plan->instruction));
	if (!first)
		return say(s, ZS_DONE, "nothing", "Nothing to do.");
	zs_time_short(first->when, time);
	snprintf(day, sizeof day, "%.10s", time);
	const bool far = first->when - s->out->now > 2 * DAY;
	if (strncmp(first->text, "the successor", 13) == 0)
		return say(s, ZS_DONE, "nothing", zs_arena_printf(arena, "Nothing to do until %s, when %s.", far ? day : time, first->text));
	return say(s, ZS_DONE, "nothing", zs_arena_printf(arena, "Nothing to do: zonesign goes on by itself on %s (%s).", far ? day : time, first->text));
}

/* The config file is the first input of each build. One that is not found by its path any more was renamed, or stood elsewhere. */
static bool is_of_another(const struct zs_facts *facts, const char *config_path)
{
	struct stat its, ours;
	return facts->input_count && stat(facts->inputs[0].path, &its) == 0 && stat(config_path, &ours) == 0
	    && (its.st_dev != ours.st_dev || its.st_ino != ours.st_ino);
}

bool zs_report_stray(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char *config_path,
                     struct zs_status *out)
{
	char time[ZS_TIME_TEXT];
	const zs_time end = facts->published.earliest_expiration;
	*out = (struct zs_status){ .zone = zone, .facts = facts, .now = run->now, .deadline = end };
	struct speech s = { .run = run, .out = out };
	if (!facts->published.known || end <= run->now || is_of_another(facts, config_path))
		return false;
	return say(&s, ZS_NOT_YET, "not in the config", zs_arena_printf(run->arena, "It is not in '%s' any more, so no build signs it: its signatures end on %s, and "
	           "validators refuse it then%s. Put it back; if it is gone, or signed elsewhere, move '%s' away.", config_path, zs_time_short(end, time),
	           facts->parent.ds_count ? ", as a DS is at the parent" : ", if a DS is at the parent", zone->state_dir));
}

bool zs_report_status(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, zs_seconds span,
                      struct zs_status *out)
{
	struct zs_plan *plan = NULL;
	const size_t len = strlen(zone->name_text);
	const struct zs_ttls ttls = { .largest = facts->published.ttl, .negative = facts->published.negative_ttl };
	*out = (struct zs_status){ .zone = zone, .facts = facts, .now = run->now, .next_due = facts->next_due };
	if (facts->published.known && !zs_rollover_outlook(run, zone->policy, facts, &ttls, &plan))
		return false;
	struct speech s = { .run = run, .zone = zone, .facts = facts, .plan = plan, .out = out,
		            .bare = len > 1 ? zs_arena_text(run->arena, zone->name_text, len - 1) : zone->name_text,
		            .registrar = zone->registrar && strcmp(zone->registrar, "general") ? zs_ds_registrar_title(zone->registrar) : "your registrar" };
	add_keys(run, plan, out);
	if (plan)
		add_reasons(run, plan, out);
	(void)(say_elsewhere(&s) || say_unbuilt(&s) || say_clock(&s) || say_danger(&s) || say_failure(&s) || say_not_served(&s) || say_parent(&s) || say_nothing(&s));
	return !span || !plan || zs_report_timeline(run, zone, facts, &ttls, span, &out->timeline);
}
