/* tlsa_zone.c - what the command tlsa says of zones: the list, the gate, and staging. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "build.h"
#include "cmd/tlsa.h"
#include "dns/rdata.h"

static const char *const roles[] = { [ZS_TLSA_CURRENT] = "current", [ZS_TLSA_NEXT] = "next", [ZS_TLSA_BRIDGE] = "former parameters",
	                             [ZS_TLSA_STALE] = "stale", [ZS_TLSA_FOREIGN] = "of the zone file" };

static uint32_t ttl_of(const struct zs_facts *facts, const uint8_t *owner)
{
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (zs_name_equal(facts->tlsa_ttls[i].owner, owner) && !facts->tlsa_ttls[i].leaving)
			return facts->tlsa_ttls[i].ttl;
	return 3600;
}

static const char *text_of(struct zs_run *run, const struct zs_tlsa_facts *record)
{
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	zs_rdata_format(record->type, record->rdata.data, record->rdata.len, &text);
	return zs_buf_string(&text);
}

static void print_record(struct zs_run *run, const struct zs_facts *facts, const struct zs_tlsa_timing *timing, const struct zs_tlsa_facts *record)
{
	char owner[ZS_NAME_TEXT], a[ZS_TIME_TEXT], b[ZS_TIME_TEXT];
	const zs_time ready = zs_tlsa_ready(timing, facts, record), leaves = zs_tlsa_is_leaving(record) ? zs_tlsa_leaves(timing, facts, record) : 0;
	printf("%s %u IN TLSA %s ; %s, ", zs_name_text(record->owner, owner), ttl_of(facts, record->owner), text_of(run, record), roles[record->role]);
	if (!record->since)
		printf("not in service yet");
	else
		printf("since %s, in every cache from %s on", zs_time_short(record->since, a), zs_time_short(ready, b));
	if (leaves)
		printf(", leaves %s", zs_time_short(leaves, a));
	printf("\n");
}

static void json_record(struct zs_run *run, const struct zs_facts *facts, const struct zs_tlsa_timing *timing, const struct zs_tlsa_facts *record,
                        struct zs_json *list)
{
	char owner[ZS_NAME_TEXT];
	struct zs_json *one = zs_json_add_object(list);
	zs_json_set_text(one, "owner", zs_name_text(record->owner, owner));
	zs_json_set_int(one, "ttl", ttl_of(facts, record->owner));
	zs_json_set_text(one, "rdata", text_of(run, record));
	zs_json_set_text(one, "role", roles[record->role]);
	zs_json_set_time(one, "since", record->since);
	zs_json_set_time(one, "safe_from", zs_tlsa_ready(timing, facts, record));
	zs_json_set_time(one, "leaves", zs_tlsa_is_leaving(record) ? zs_tlsa_leaves(timing, facts, record) : 0);
}

/* Places of the config where nothing is published. */
static void say_missing(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	const struct zs_dane_filter all = { 0 };
	struct zs_dane_place *places;
	size_t count;
	char owner[ZS_NAME_TEXT];
	if (!zs_dane_places(run, zone, &all, &places, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		bool there = false;
		for (size_t k = 0; k < facts->tlsa_count; k++)
			there = there || (facts->tlsa[k].type == ZS_TYPE_TLSA && zs_name_equal(facts->tlsa[k].owner, places[i].owner));
		if (!there)
			zs_warn(run, &places[i].entry->from, "nothing is published at %s yet: run 'zonesign build'", zs_name_text(places[i].owner, owner));
	}
}

static void list_zone(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, struct zs_json *list)
{
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(run, zone->policy);
	struct zs_facts *facts;
	if (!zs_facts_read(run, zone, &facts))
		return;
	struct zs_json *one = zs_json_add_object(list);
	zs_json_set_text(one, "zone", zone->name_text);
	struct zs_json *records = zs_json_set_array(one, "records");
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		if (facts->tlsa[i].type != ZS_TYPE_TLSA)
			continue;
		if (cli->json)
			json_record(run, facts, &timing, &facts->tlsa[i], records);
		else
			print_record(run, facts, &timing, &facts->tlsa[i]);
	}
	say_missing(run, zone, facts);
	zs_facts_close(facts);
}

void zs_tlsa_list(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config **zones, size_t count)
{
	struct zs_json *json = zs_json_object(run->arena), *list = zs_json_set_array(json, "zones");
	for (size_t z = 0; z < count; z++) {
		struct zs_run *part = zs_cli_part(cli, run, zones[z]);
		list_zone(cli, part, zones[z], list);
		zs_run_join(run, part);
		zs_run_end(part);
	}
	if (!cli->json)
		return;
	zs_cli_json_errors(json, run);
	zs_cli_write_json(run, json);
}

/* ---- the gate ---- */

static const char *const verdicts[] = { [ZS_GATE_OPEN] = "open", [ZS_GATE_WAIT] = "wait", [ZS_GATE_SHADOWED] = "shadowed",
	                                [ZS_GATE_UNPUBLISHED] = "unpublished", [ZS_GATE_NOTHING] = "nothing" };

static void say_verdict(const struct zs_cli *cli, struct zs_run *run, const struct zs_facts *facts, const struct zs_dane_verdict *verdict, const char *path)
{
	char owner[ZS_NAME_TEXT], time[ZS_TIME_TEXT];
	const char *why = facts->published.waits_for;
	zs_name_text(verdict->place.owner, owner);
	switch (verdict->gate) {
	case ZS_GATE_OPEN:
		if (!cli->json && !cli->quiet)
			printf("%s: may switch now\n", owner);
		break;
	case ZS_GATE_WAIT:
		if (verdict->gone) {
			zs_not_yet(run, "%s: not before %s: the config names it no more, and until then caches may hold its TLSA without the key of '%s'", owner,
			           zs_time_short(verdict->when, time), path);
			break;
		}
		if (verdict->when) {
			zs_not_yet(run, "%s: not before %s: until then caches may lack the key of '%s'", owner, zs_time_short(verdict->when, time), path);
			break;
		}
		zs_not_yet(run, "%s: the key of '%s' is published, but not in service yet: %s", owner, path,
		           why ? why : "the name server was not reloaded, or this was not confirmed");
		zs_hint(run, "'zonesign build' repeats the reload; propagation.zone and two TTL count from when it succeeds");
		break;
	case ZS_GATE_SHADOWED:
		zs_error(run, NULL, "%s: the key of '%s' is published, but by fewer digests than other keys; clients that take the strongest would ignore it. "
		                    "Keep the old certificate", owner, path);
		zs_hint(run, "are there TLSA records of another key in the zone file? (RFC 7671 section 9)");
		break;
	case ZS_GATE_NOTHING:
		if (!facts->published.known) {
			zs_error(run, NULL, "%s: the zone was not built yet: what clients find there is not known. Keep the old certificate", owner);
			zs_hint(run, "run 'zonesign build' with the certificate in use, then ask again");
			break;
		}
		zs_error(run, NULL, "%s: no TLSA is published there at all: no client expects anything yet", owner);
		zs_hint(run, "run 'zonesign build' once the certificate is in place");
		break;
	case ZS_GATE_UNPUBLISHED:
		zs_error(run, NULL, "%s: the key of '%s' is not published. Keep the old certificate", owner, path);
		zs_hint(run, "name the new certificate as next: of the entry, or let the client use a key of 'zonesign tlsa --stage'; then build, and ask again");
		break;
	}
}

static bool gate_zone(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct zs_dane_file *file,
                      const struct zs_tlsa_wish *wish, struct zs_json *owners, zs_time *from, bool *failed)
{
	struct zs_dane_verdict *list;
	struct zs_facts *facts;
	size_t count = 0;
	char owner[ZS_NAME_TEXT];
	if (!zone->dane_count)
		return false;
	if (!zs_facts_read(run, zone, &facts)) {
		*failed = true;
		return false;
	}
	const bool ok = zs_build_may_rely(run, zone, facts) && zs_dane_gate(run, zone, facts, file, &wish->filter, &list, &count);
	*failed = *failed || !ok;
	for (size_t i = 0; i < count && ok; i++) {
		struct zs_json *one = zs_json_add_object(owners);
		zs_json_set_text(one, "owner", zs_name_text(list[i].place.owner, owner));
		zs_json_set_text(one, "verdict", verdicts[list[i].gate]);
		zs_json_set_time(one, "from", list[i].when);
		*from = list[i].when > *from ? list[i].when : *from;
		say_verdict(cli, run, facts, &list[i], file->path);
	}
	zs_facts_close(facts);
	return ok && count;
}

void zs_tlsa_gate(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config **zones, size_t count, const struct zs_tlsa_wish *wish)
{
	struct zs_json *json = zs_json_object(run->arena), *owners = zs_json_set_array(json, "owners");
	struct zs_dane_file file;
	zs_time from = 0;
	bool any = false, failed = false;
	if (!zs_dane_file_read(run, NULL, wish->gate, &file))
		return;
	for (size_t z = 0; z < count; z++)
		any = gate_zone(cli, run, zones[z], &file, wish, owners, &from, &failed) || any;
	if (!any && !run->fault) {
		if (wish->filter.host_count)
			zs_error(run, NULL, "there is no entry for this host and port");
		else
			zs_error(run, NULL, "no entry is for a host that '%s' names", wish->gate);
		zs_hint(run, "--host names the host that the certificate is for; 'zonesign tlsa' lists what is published");
	}
	if (!cli->json || failed) /* what is known of some owners only would be taken for all */
		return;
	zs_json_set_bool(json, "may_switch", !run->fault);
	zs_json_set_int(json, "status", run->fault);
	zs_json_set_time(json, "from", run->fault == ZS_NOT_YET ? from : 0);
	zs_cli_json_diags(zs_json_set_array(json, "diagnostics"), run);
	zs_cli_write_json(run, json);
}

/* ---- staging ---- */

static void say_staged(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tlsa_wish *wish,
                       const struct zs_dane_staged *staged)
{
	struct zs_json *json = zs_json_object(run->arena), *owners;
	struct zs_dane_verdict *list;
	struct zs_dane_file file;
	struct zs_facts *facts;
	size_t count;
	char owner[ZS_NAME_TEXT], time[ZS_TIME_TEXT];
	if (!zs_dane_file_read(run, NULL, staged->path, &file) || !zs_facts_read(run, zone, &facts))
		return;
	zs_json_set_text(json, "file", staged->path);
	zs_json_set_bool(json, "made", staged->made);
	zs_json_set_text(json, "moved", staged->moved);
	owners = zs_json_set_array(json, "owners");
	if (!cli->json && !cli->quiet) {
		if (staged->moved)
			printf("the key in use was in %s; it is in %s now\n", staged->path, staged->moved);
		printf("%s: %s\n", staged->path, staged->made ? "the key to come is made" : "a key that is not in use yet is there already; none is made");
	}
	/* after a build that was refused for its clock or its output, which it has said */
	struct zs_run *look = zs_run_begin();
	look->now = run->now;
	look->now_given = run->now_given;
	const bool known = zs_build_may_rely(look, zone, facts);
	zs_run_end(look);
	if (known && zs_dane_gate(run, zone, facts, &file, &wish->filter, &list, &count))
		for (size_t i = 0; i < count; i++) {
			struct zs_json *one = zs_json_add_object(owners);
			zs_json_set_text(one, "owner", zs_name_text(list[i].place.owner, owner));
			zs_json_set_text(one, "verdict", verdicts[list[i].gate]);
			zs_json_set_time(one, "from", list[i].when);
			const bool published = list[i].gate == ZS_GATE_OPEN || list[i].gate == ZS_GATE_WAIT;
			if (!published && run->fault) /* which says why, and is the status */
				zs_note(run, "%s: the key of '%s' is not published; 'zonesign build' does it", owner, staged->path);
			else if (!published)
				zs_error(run, NULL, "%s: the key of '%s' is not published", owner, staged->path);
			else if (!cli->json && !cli->quiet)
				printf("%s: a certificate with it may be used %s%s\n", owner,
				       list[i].gate == ZS_GATE_OPEN ? "now" : list[i].when ? "from " : "propagation.zone and two TTL after the reload has succeeded",
				       list[i].gate == ZS_GATE_WAIT && list[i].when ? zs_time_short(list[i].when, time) : "");
		}
	zs_facts_close(facts);
	if (cli->json)
		zs_cli_write_json(run, json);
}

void zs_tlsa_stage(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_zone_config **zones, size_t count,
                   const struct zs_tlsa_wish *wish)
{
	const struct zs_build_options options = { 0 };
	const struct zs_zone_config *zone = NULL;
	struct zs_dane_staged staged;
	struct zs_build_result result;
	for (size_t z = 0; z < count; z++)
		if (zs_name_within(wish->filter.hosts[0], zones[z]->name) && (!zone || zs_name_below(zones[z]->name, zone->name)))
			zone = zones[z]; /* the nearest */
	if (!zone) {
		zs_error(run, NULL, "no zone of the config holds '%s'", wish->stage);
		return;
	}
	if (!zs_dane_stage(run, zone, &wish->filter, &wish->key, &staged))
		return;
	(void)!zs_build(run, config, zone, &options, &result);
	say_staged(cli, run, zone, wish, &staged);
}
