/* observe.c - whom to ask, asking them, and the line of the pipeline. */
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/patience.h"
#include "dns/type.h"
#include "live/look_private.h"
#include "zone/zone.h"

static const char *name_text(struct zs_run *run, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(run->arena, zs_name_text(name, text));
}

static size_t own_list(const struct zs_address *servers, size_t count, struct zs_target out[ZS_ADDRESSES_MAX])
{
	size_t n = 0;
	for (; n < count && n < ZS_ADDRESSES_MAX; n++)
		out[n] = (struct zs_target){ .address = servers[n], .server = servers[n].text };
	return n;
}

/* One question to each target that has an address; *asked are the questions, in the order of the targets. */
static struct zs_question *ask_all(struct zs_run *run, const struct zs_target *targets, size_t count, const uint8_t *name, uint16_t type,
                                   bool tcp, int64_t limit)
{
	struct zs_question *questions = zs_arena_array(run->arena, count + 1, sizeof *questions);
	for (size_t i = 0; i < count; i++)
		questions[i] = (struct zs_question){ .to = &targets[i].address, .name = name, .type = type, .tcp = tcp };
	zs_ask(run->arena, questions, count, limit);
	return questions;
}

/* The ancestors from..to of zone, asked for at each target: the questions of one ancestor follow each other. */
static struct zs_question *ask_ancestors(struct zs_run *run, const struct zs_target *targets, size_t count, const uint8_t *zone, unsigned from, unsigned to,
                                         int64_t limit)
{
	struct zs_question *questions = zs_arena_array(run->arena, (to - from + 1) * count + 1, sizeof *questions);
	for (size_t i = 0; i < (to - from + 1) * count; i++)
		questions[i] = (struct zs_question){ .to = &targets[i % count].address, .name = zs_name_skip(zone, from + (unsigned)(i / count)), .type = ZS_TYPE_SOA };
	zs_ask(run->arena, questions, (to - from + 1) * count, limit);
	return questions;
}

/* The apex above zone that the listed servers have. A server that has it says so with a SOA. One that is silent is waited for once, not once
 * for each label: the time of the look is for the rest. */
static const uint8_t *parent_at(struct zs_run *run, const struct zs_target *targets, size_t count, const uint8_t *zone, int64_t limit,
                                const char **why)
{
	enum { AT_ONCE = 192 }; /* sockets */
	const unsigned labels = zs_name_labels(zone), each = count && count < AT_ONCE ? (unsigned)(AT_ONCE / count) : 1;
	const struct zs_question *questions = NULL;
	*why = "the servers of the list do not answer";
	for (unsigned up = 1; up <= labels && count; up++) {
		const unsigned place = (up - 1) % each;
		if (!place)
			questions = ask_ancestors(run, targets, count, zone, up, labels - up < each ? labels : up + each - 1, limit / 2);
		bool any = false;
		for (size_t i = place * count; i < (place + 1) * count; i++) {
			if (questions[i].reply == ZS_REPLY_ANSWERED && zs_answer_is_apex(questions[i].answer, questions[i].name))
				return questions[i].name;
			any = any || questions[i].reply == ZS_REPLY_ANSWERED;
		}
		if (!any && up == 1 && questions[0].why)
			*why = zs_arena_printf(run->arena, "the servers of the list do not answer (%s: %s)", targets[0].server, questions[0].why);
		if (!any)
			return NULL;
		*why = "the servers of the list have no zone above it";
	}
	return NULL;
}

/* IPv6 that leads nowhere from here does so for each parent, as IPv4 may: it is waited for in a few zones. */
struct families {
	struct zs_patience *with[2]; /* IPv4, IPv6 */
	bool asked[2];
};

static unsigned family_of(const struct zs_target *target)
{
	return target->address.socket.ss_family == AF_INET6;
}

static struct families families_left(const struct zs_run *run)
{
	struct families f = { .with = { zs_patience_with("parents by IPv4"), zs_patience_with("parents by IPv6") } };
	for (unsigned i = 0; i < 2; i++)
		f.asked[i] = zs_patience_is_left(f.with[i], run->now);
	return f;
}

/* Those that are asked, to the front; returns how many. */
static size_t put_first(const struct families *families, struct zs_target *targets, size_t count)
{
	size_t first = 0;
	for (size_t i = 0; i < count; i++) {
		const struct zs_target target = targets[i];
		if (target.address.len && !families->asked[family_of(&target)])
			continue;
		memmove(targets + first + 1, targets + first, (i - first) * sizeof *targets);
		targets[first++] = target;
	}
	return first;
}

/* waited: to the end. A family in which anybody answers is not to blame. */
static void note_families(const struct families *families, const struct zs_target *targets, const struct zs_question *questions, size_t count, bool waited)
{
	for (unsigned family = 0; family < 2; family++) {
		bool silent = false, heard = false;
		for (size_t i = 0; i < count; i++) {
			if (!targets[i].address.len || family_of(&targets[i]) != family)
				continue;
			silent = silent || questions[i].reply == ZS_REPLY_SILENT;
			heard = heard || questions[i].reply == ZS_REPLY_ANSWERED;
		}
		if (heard || (silent && waited))
			zs_patience_note(families->with[family], !heard);
	}
}

static const uint8_t *find_targets(struct zs_run *run, const uint8_t *zone, const struct zs_observe_options *options,
                                   struct zs_resolver *resolver, const struct families *families, int64_t limit,
                                   struct zs_target targets[ZS_ADDRESSES_MAX], size_t *count, const char **why)
{
	if (!options->server_count) {
		zs_resolver_trust_world(resolver, zone);
		const uint8_t *parent = zs_resolver_parent(resolver, zone, why);
		return parent && zs_resolver_servers(resolver, parent, targets, count, why) ? parent : NULL;
	}
	*count = own_list(options->servers, options->server_count, targets);
	const size_t asked = put_first(families, targets, *count);
	const uint8_t *parent = parent_at(run, targets, asked ? asked : *count, zone, limit, why);
	if (parent)
		zs_resolver_stub(resolver, parent, targets, asked ? asked : *count);
	zs_resolver_trust_world(resolver, zone);
	return parent;
}

/* asked: of the targets; those behind them were not. */
static void read_views(struct zs_run *run, const uint8_t *zone, const struct zs_target *targets, const struct zs_question *questions,
                       size_t asked, size_t count, const struct zs_chain_keys *keys, struct zs_observation *out)
{
	struct zs_server_view *views = zs_arena_array(run->arena, count + 1, sizeof *views);
	for (size_t i = 0; i < count; i++) {
		views[i] = (struct zs_server_view){ .server = targets[i].server, .address = targets[i].address.text, .reply = ZS_REPLY_SILENT,
			                            .why = family_of(&targets[i]) ? "nobody answered over IPv6 for the zones before this one"
			                                                          : "nobody answered over IPv4 for the zones before this one" };
		if (i >= asked)
			continue;
		views[i].reply = questions[i].reply;
		views[i].why = questions[i].why;
		views[i].by_tcp = questions[i].by_tcp;
		if (questions[i].reply == ZS_REPLY_ANSWERED)
			zs_answer_read(run, questions[i].answer, zone, keys, &views[i]);
	}
	out->servers = views;
	out->server_count = count;
}

static zs_time clock_of(const struct zs_run *run)
{
	return run->now_given ? run->now : zs_time_now();
}

void zs_observe_parent(struct zs_run *run, const uint8_t *zone, const struct zs_observe_options *options, struct zs_resolver *resolver,
                       int64_t limit, struct zs_observation *out)
{
	struct zs_target *targets = zs_arena_array(run->arena, ZS_ADDRESSES_MAX, sizeof *targets);
	struct zs_chain_keys *keys = zs_arena_alloc(run->arena, sizeof *keys);
	const struct families families = families_left(run);
	size_t count = 0;
	*out = (struct zs_observation){ .time = clock_of(run) };
	const uint8_t *parent = find_targets(run, zone, options, resolver, &families, limit, targets, &count, &out->why);
	if (!parent)
		return;
	out->why = NULL;
	out->parent = name_text(run, parent);
	zs_resolver_keys(resolver, parent, keys);
	out->chain = keys->chain;
	out->why = keys->why;
	const size_t asked = put_first(&families, targets, count);
	const int64_t begun = zs_live_clock();
	const struct zs_question *questions = ask_all(run, targets, asked, zone, ZS_TYPE_DS, keys->chain != ZS_CHAIN_SECURE, limit);
	note_families(&families, targets, questions, asked, zs_live_clock() - begun >= limit);
	out->time = clock_of(run);
	read_views(run, zone, targets, questions, asked, count, keys, out);
}

void zs_live_parent(struct zs_run *run, const uint8_t *zone, const struct zs_observe_options *options, struct zs_observation *out)
{
	*out = (struct zs_observation){ .time = clock_of(run) };
	struct zs_resolver *resolver = zs_resolver_new(run, options, &out->why);
	if (resolver)
		zs_observe_parent(run, zone, options, resolver, ZS_ASK_LIMIT, out);
}

bool zs_live_may_ask(const struct zs_run *run, const struct zs_observe_options *options)
{
	return !run->now_given || options->server_count || options->root_hints.path;
}

static bool is_silent(const struct zs_observation *seen)
{
	for (size_t i = 0; i < seen->server_count; i++)
		if (seen->servers[i].reply == ZS_REPLY_ANSWERED || seen->servers[i].reply == ZS_REPLY_LAME)
			return false;
	return true;
}

bool zs_live_observe(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_keyset *keys, struct zs_facts *facts)
{
	struct zs_patience *with_parents = zs_patience_with("parents");
	const struct zs_policy *policy = zone->policy;
	const zs_time due = zs_live_due(policy, facts);
	struct zs_observation seen;
	if (!due || run->now < due || !zs_live_may_ask(run, &policy->observe))
		return true;
	zs_run_stage(run, "parent");
	if (zs_patience_is_left(with_parents, run->now)) {
		zs_live_parent(run, facts->zone, &policy->observe, &seen);
		zs_patience_note(with_parents, is_silent(&seen));
	} else {
		seen = (struct zs_observation){ .time = clock_of(run), .why = "the network answered for none of the zones before this one" };
	}
	if (zs_live_judge(run, policy, keys, &seen, facts) != ZS_SIGHT_CERTAIN && !facts->published.known && !is_silent(&seen))
		zs_note(run, "the parent does not show for certain whether it has a DS of this zone: %s", facts->parent.waits_for);
	if (!facts->published.known && !facts->replaced.present)
		facts->parent.asked = 0; /* the looks for what we ask of the parent begin when that is served */
	return true;
}

bool zs_live_keep(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	struct zs_facts *kept;
	if (facts->dir_fd < 0 || !zs_facts_read(run, zone, &kept))
		return false;
	bool ok = true;
	if (!kept->fresh && kept->parent.asked != facts->parent.asked) {
		kept->parent = facts->parent;
		for (size_t i = 0; i < kept->key_count; i++) {
			const struct zs_key_facts *key = zs_facts_key((struct zs_facts *)(uintptr_t)facts, kept->keys[i].id);
			if (key) {
				kept->keys[i].ds_seen = key->ds_seen;
				kept->keys[i].ds_gone = key->ds_gone;
			}
		}
		ok = zs_facts_write(run, kept);
	}
	zs_facts_close(kept);
	return ok;
}

/* The serial at each target: a dead secondary must not hold up the signatures of all zones that are behind this one. */
static void ask_serials(struct zs_run *run, const uint8_t *zone, const struct zs_target *targets, size_t count, struct zs_serial_view *views)
{
	struct zs_target *asked = zs_arena_array(run->arena, count + 1, sizeof *asked);
	size_t *place = zs_arena_array(run->arena, count + 1, sizeof *place), asked_count = 0;
	for (size_t i = 0; i < count; i++) {
		views[i] = (struct zs_serial_view){ .server = targets[i].server, .address = targets[i].address.text, .reply = ZS_REPLY_SILENT,
			                            .why = "it answered for none of the zones before this one", .late = true };
		if (!zs_patience_is_left(zs_patience_with(views[i].address), run->now))
			continue;
		place[asked_count] = i;
		asked[asked_count++] = targets[i];
	}
	const int64_t begun = zs_live_clock();
	const struct zs_question *questions = ask_all(run, asked, asked_count, zone, ZS_TYPE_SOA, false, ZS_ASK_LIMIT);
	const bool late = zs_live_clock() - begun >= ZS_ASK_LIMIT; /* who refuses costs no time */
	for (size_t i = 0; i < asked_count; i++) {
		struct zs_serial_view *view = &views[place[i]];
		view->reply = questions[i].reply;
		view->why = questions[i].why;
		view->late = late && view->reply == ZS_REPLY_SILENT && asked[i].address.len;
		zs_patience_note(zs_patience_with(view->address), view->late);
		if (view->reply == ZS_REPLY_ANSWERED && !zs_answer_serial(questions[i].answer, zone, &view->serial, &view->why))
			view->reply = ZS_REPLY_LAME;
	}
}

/* Every address of the NS. By a resolver that believes every answer: a zone that validators refuse must come into service to be mended. */
static bool find_servers(struct zs_run *run, const struct zs_zone_config *zone, struct zs_target *out, size_t *count, const char **why)
{
	struct zs_patience *with_names = zs_patience_with("names");
	*why = "the name servers were found of none of the zones before this one";
	if (!zs_patience_is_left(with_names, run->now))
		return false;
	struct zs_resolver *resolver = zs_resolver_plain(run, &zone->policy->observe, why);
	if (!resolver)
		return false;
	zs_resolver_trust_world(resolver, zone->name);
	const int64_t begun = zs_live_clock();
	const bool found = zs_resolver_servers(resolver, zone->name, out, count, why);
	zs_patience_note(with_names, !found && zs_live_clock() - begun >= ZS_RESOLVE_LIMIT / 2); /* a quick no is about that zone */
	return found;
}

void zs_live_serials(struct zs_run *run, const struct zs_zone_config *zone, struct zs_serial_observation *out)
{
	struct zs_target *targets = zs_arena_array(run->arena, ZS_ADDRESSES_MAX, sizeof *targets);
	size_t count = own_list(zone->servers, zone->server_count, targets);
	*out = (struct zs_serial_observation){ .time = clock_of(run) };
	if (!count && !find_servers(run, zone, targets, &count, &out->why))
		return;
	struct zs_serial_view *views = zs_arena_array(run->arena, count + 1, sizeof *views);
	ask_serials(run, zone->name, targets, count, views);
	out->time = clock_of(run);
	out->servers = views;
	out->server_count = count;
}

static bool server_has(const struct zs_serial_observation *seen, const char *server, uint32_t serial)
{
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_serial_view *view = &seen->servers[i];
		if (strcmp(view->server, server) == 0 && view->reply == ZS_REPLY_ANSWERED && view->serial == serial)
			return true;
	}
	return false;
}

static bool server_answers(const struct zs_serial_observation *seen, const char *server)
{
	for (size_t i = 0; i < seen->server_count; i++)
		if (strcmp(seen->servers[i].server, server) == 0 && seen->servers[i].reply == ZS_REPLY_ANSWERED)
			return true;
	return false;
}

static const char *place_of(struct zs_run *run, const struct zs_serial_view *view)
{
	return strcmp(view->server, view->address) == 0 ? view->address : zs_arena_printf(run->arena, "%s at %s", view->server, view->address);
}

bool zs_live_serial_everywhere(struct zs_run *run, const struct zs_serial_observation *seen, uint32_t serial, const char **why)
{
	*why = seen->why ? seen->why : seen->server_count ? NULL : "the zone has no name server";
	for (size_t i = 0; !*why && i < seen->server_count; i++) {
		const struct zs_serial_view *view = &seen->servers[i];
		if (view->reply == ZS_REPLY_ANSWERED && zs_serial_after(serial, view->serial))
			*why = zs_arena_printf(run->arena, "%s has serial %u, not yet %u", place_of(run, view), view->serial, serial);
		else if (view->reply == ZS_REPLY_ANSWERED && view->serial != serial) /* ours is the newest that there is: this one is somebody else's */
			*why = zs_arena_printf(run->arena, "%s has another version, serial %u, and takes none with a lower one as %u: write %u into the SOA of the zone "
			                       "file, so that it goes on from there", place_of(run, view), view->serial, serial, view->serial);
		else if (!server_has(seen, view->server, serial))
			*why = zs_arena_printf(run->arena, "%s does not say which serial it has: %s", place_of(run, view), view->why ? view->why : "no answer");
	}
	return !*why;
}

/* Is there a server of which no address answers in time? Another look would take as long. */
static bool one_is_late(const struct zs_serial_observation *seen)
{
	for (size_t i = 0; i < seen->server_count; i++) {
		bool late = seen->servers[i].late;
		for (size_t k = 0; k < seen->server_count && late; k++)
			late = seen->servers[k].late || strcmp(seen->servers[k].server, seen->servers[i].server) != 0;
		if (late)
			return true;
	}
	return false;
}

/* The addresses that say which serial they have. */
static struct zs_address *that_answer(struct zs_run *run, const struct zs_serial_observation *seen, size_t *count)
{
	struct zs_address *servers = zs_arena_array(run->arena, seen->server_count + 1, sizeof *servers);
	*count = 0;
	for (size_t i = 0; i < seen->server_count; i++)
		if (seen->servers[i].reply == ZS_REPLY_ANSWERED && zs_address_parse(seen->servers[i].address, 53, &servers[*count]))
			(*count)++;
	return servers;
}

/* Of those that have the serial, where that does not tell. */
static bool have_keys(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_serial_observation *seen,
                      const char **why)
{
	size_t count;
	const struct zs_address *servers = that_answer(run, seen, &count);
	return zs_live_keys_shown(run, zone, facts, servers, count, 0, why);
}

bool zs_live_everywhere(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_serial_observation *seen,
                        const char **why)
{
	return zs_live_serial_everywhere(run, seen, facts->published.serial, why)
	    && (zs_live_serial_tells(zone->policy, facts) || have_keys(run, zone, facts, seen, why));
}

/* With --now the time is a thought, as for the parent. */
static bool may_ask_servers(const struct zs_run *run, const struct zs_zone_config *zone)
{
	return zone->policy->observe_zone && (!run->now_given || zone->server_count);
}

bool zs_live_oldest(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_serial_observation *seen,
                    uint32_t *oldest, const char **why)
{
	size_t count;
	*why = "nobody can be asked";
	if (!may_ask_servers(run, zone))
		return false;
	if (!seen->server_count && !seen->why)
		zs_live_serials(run, zone, seen);
	*why = seen->why ? seen->why : "the zone has no name server";
	for (size_t i = 0; i < seen->server_count; i++)
		if (!server_answers(seen, seen->servers[i].server)) {
			*why = zs_arena_printf(run->arena, "%s does not say which serial it has", place_of(run, &seen->servers[i]));
			return false;
		}
	const struct zs_address *servers = that_answer(run, seen, &count);
	return count && zs_live_versions(run, zone, facts, servers, count, oldest, why);
}

bool zs_live_has_newer(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char **what)
{
	struct zs_serial_observation seen;
	if (!may_ask_servers(run, zone))
		return false;
	zs_live_serials(run, zone, &seen);
	for (size_t i = 0; i < seen.server_count; i++) {
		const struct zs_serial_view *view = &seen.servers[i];
		struct zs_address server;
		uint16_t tag;
		if (view->reply != ZS_REPLY_ANSWERED || !zs_serial_after(view->serial, facts->published.serial)
		    || !zs_address_parse(view->address, 53, &server) || !zs_live_has_newer_key(run, zone, facts, &server, &tag))
			continue;
		*what = zs_arena_printf(run->arena, "%s has serial %u with key %u", place_of(run, view), view->serial, tag);
		return true;
	}
	return false;
}

bool zs_live_confirm(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_serial_observation *seen,
                     const char **why)
{
	enum { TRIES = 4 }; /* after 0, 1, 3 and 7 seconds, unless a server is silent */
	const int64_t begun = zs_live_clock();
	*why = NULL;
	*seen = (struct zs_serial_observation){ 0 };
	if (!may_ask_servers(run, zone))
		return true;
	for (unsigned i = 0;; i++) {
		zs_live_serials(run, zone, seen);
		if (zs_live_everywhere(run, zone, facts, seen, why))
			return true;
		if (run->now_given || seen->why || i + 1 == TRIES || one_is_late(seen) || zs_live_clock() - begun >= ZS_ASK_LIMIT)
			return false;
		nanosleep(&(struct timespec){ .tv_sec = 1 << i }, NULL);
	}
}
