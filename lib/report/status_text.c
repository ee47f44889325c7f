/* status_text.c - the status for a terminal and for programs. */
#include <stdio.h>
#include <string.h>

#include "report/report_private.h"

static const char *part_text(const struct zs_record_state *state, char out[64])
{
	char since[ZS_TIME_TEXT];
	if (state->phase == ZS_NA)
		return "-";
	snprintf(out, 64, "%s%s%s", zs_phase_text(state->phase), state->since ? " since " : "", state->since ? zs_time_short(state->since, since) : "");
	return out;
}

const char *zs_report_next_text(struct zs_run *run, const struct zs_status_key *key)
{
	char time[ZS_TIME_TEXT];
	const bool is_date = key->reason && strncmp(key->reason, "the successor", 13) == 0;
	if (!key->reason)
		return NULL;
	return zs_arena_printf(run->arena, "%s %s%s%s", is_date ? "next:" : "waits:", key->reason, !key->next ? "" : is_date ? " on " : ", until ",
	                       key->next ? zs_time_short(key->next, time) : "");
}

static void put_key(struct zs_run *run, const struct zs_status_key *key, struct zs_buf *out)
{
	const struct zs_key_facts *f = key->facts;
	static const char *const names[] = { "DNSKEY", "signs DNSKEY", "signs zone", "DS" };
	const struct zs_record_state *const parts[] = { &f->dnskey, &f->krrsig, &f->zrrsig, &f->ds };
	char time[ZS_TIME_TEXT], text[64];
	zs_buf_printf(out, "  %-10s %-16s %s%s%s\n", key->title, key->algorithm, key->standing, key->since ? " since " : "",
	              key->since ? zs_time_short(key->since, time) : "");
	for (size_t i = 0; i < ZS_COUNT(parts); i++)
		if (parts[i]->phase != ZS_NA && strcmp(key->standing, "gone") != 0)
			zs_buf_printf(out, "    %-13s%s\n", names[i], part_text(parts[i], text));
	if (f->ds.phase != ZS_NA && f->ds_seen)
		zs_buf_printf(out, "    %-13sseen at the parent since %s\n", "", zs_time_short(f->ds_seen, time));
	if (key->reason)
		zs_buf_printf(out, "    %s\n", zs_report_next_text(run, key));
}

void zs_report_status_text(struct zs_run *run, const struct zs_status *in, struct zs_buf *out)
{
	char a[ZS_TIME_TEXT], b[ZS_TIME_TEXT];
	const struct zs_facts *facts = in->facts;
	zs_buf_printf(out, "%s %s\n", in->zone->name_text, in->instruction);
	if (!facts->published.known)
		return;
	zs_buf_printf(out, "  serial %u, %s%s; signatures until %s\n", facts->published.serial,
	              facts->published.served_since ? "in service since " : zs_facts_was_served(facts) ? "not everywhere in service yet" : "in service since never",
	              facts->published.served_since ? zs_time_short(facts->published.served_since, a) : "",
	              facts->published.earliest_expiration ? zs_time_short(facts->published.earliest_expiration, b) : "never");
	if (facts->parent.asked)
		zs_buf_printf(out, "  parent: %zu DS, TTL %u, asked %s%s%s\n", facts->parent.ds_count, facts->parent.ttl, zs_time_short(facts->parent.asked, a),
		              facts->parent.waits_for ? "; " : "", facts->parent.waits_for ? facts->parent.waits_for : "");
	for (size_t i = 0; i < in->reason_count; i++)
		zs_buf_printf(out, "  %s%s%s\n", in->reasons[i].text, in->reasons[i].when ? "; until " : "",
		              in->reasons[i].when ? zs_time_short(in->reasons[i].when, a) : "");
	for (size_t i = 0; i < in->key_count; i++)
		put_key(run, &in->keys[i], out);
}

static void put_state(struct zs_json *into, const char *name, const struct zs_record_state *state)
{
	struct zs_json *one = zs_json_set_object(into, name);
	zs_json_set_text(one, "state", zs_phase_text(state->phase));
	zs_json_set_time(one, "since", state->since);
}

static void json_key(struct zs_json *into, const struct zs_status_key *key)
{
	const struct zs_key_facts *f = key->facts;
	char id[65];
	id[zs_hex_encode(f->id, sizeof f->id, id)] = 0;
	zs_json_set_text(into, "id", id);
	zs_json_set_int(into, "key_tag", f->tag);
	zs_json_set_int(into, "algorithm", f->algorithm);
	zs_json_set_text(into, "role", zs_role_text(f->role));
	zs_json_set_text(into, "standing", key->standing);
	zs_json_set_time(into, "since", key->since);
	zs_json_set_text(into, "goal", f->goal_in ? "omnipresent" : "hidden");
	put_state(into, "dnskey", &f->dnskey);
	put_state(into, "krrsig", &f->krrsig);
	put_state(into, "zrrsig", &f->zrrsig);
	put_state(into, "ds", &f->ds);
	zs_json_set_time(into, "ds_seen", f->ds_seen);
	zs_json_set_time(into, "ds_gone", f->ds_gone);
	zs_json_set_time(into, "created", f->created);
	zs_json_set_text(into, "waits_for", key->reason);
	zs_json_set_time(into, "waits_until", key->next);
}

static void json_parent(struct zs_run *run, struct zs_json *into, const struct zs_parent_facts *parent)
{
	zs_json_set_time(into, "asked", parent->asked);
	zs_json_set_time(into, "certain", parent->observed);
	zs_json_set_int(into, "ttl", parent->ttl);
	zs_json_set_text(into, "waits_for", parent->waits_for);
	struct zs_json *list = zs_json_set_array(into, "ds");
	for (size_t i = 0; i < parent->ds_count; i++) {
		char *text = zs_arena_alloc(run->arena, 2 * parent->ds[i].len + 1);
		zs_hex_encode(parent->ds[i].data, parent->ds[i].len, text);
		zs_json_add_text(list, text);
	}
}

void zs_report_status_json(struct zs_run *run, const struct zs_status *in, struct zs_json *into)
{
	const struct zs_facts *facts = in->facts;
	zs_json_set_text(into, "zone", in->zone->name_text);
	zs_json_set_int(into, "status", in->fault);
	zs_json_set_text(into, "instruction", in->instruction);
	zs_json_set_text(into, "event", in->event);
	zs_json_set_bool(into, "act", in->act);
	zs_json_set_time(into, "deadline", in->deadline);
	zs_json_set_time(into, "next_due", in->next_due);
	zs_json_set_text(into, "registrar", in->zone->registrar);
	struct zs_json *published = zs_json_set_object(into, "published");
	zs_json_set_int(published, "serial", facts->published.serial);
	zs_json_set_time(published, "time", facts->published.time);
	zs_json_set_time(published, "served_since", facts->published.served_since);
	zs_json_set_time(published, "earliest_expiration", facts->published.earliest_expiration);
	if (facts->failure.kind != ZS_FAILURE_NONE) {
		struct zs_json *failure = zs_json_set_object(into, "failure");
		zs_json_set_text(failure, "kind", zs_failure_text(facts->failure.kind));
		zs_json_set_time(failure, "since", facts->failure.since);
		zs_json_set_text(failure, "reason", facts->failure.reason);
	}
	json_parent(run, zs_json_set_object(into, "parent"), &facts->parent);
	struct zs_json *keys = zs_json_set_array(into, "keys"), *events = zs_json_set_array(into, "events");
	for (size_t i = 0; i < in->key_count; i++)
		json_key(zs_json_add_object(keys), &in->keys[i]);
	for (size_t i = 0; i < in->timeline.event_count; i++) {
		struct zs_json *one = zs_json_add_object(events);
		zs_json_set_time(one, "time", in->timeline.events[i].time);
		zs_json_set_bool(one, "person", in->timeline.events[i].person);
		zs_json_set_text(one, "text", in->timeline.events[i].text);
	}
}
