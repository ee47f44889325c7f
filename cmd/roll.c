/* roll.c - the command roll: asks the engine for a roll, or shows what would come. The next build begins it. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "build.h"
#include "cmd/command.h"
#include "dns/algorithm.h"
#include "keys/keys.h"
#include "rollover/rollover.h"
#include "standby.h"

static const char help[] =
    "usage: zonesign roll ZONE ksk|zsk|csk [--emergency] [--simulate]\n"
    "       zonesign roll ZONE algorithm [--to ALGORITHM] [--simulate]\n"
    "       zonesign roll ZONE --unsign|--sign [--simulate]\n"
    "       zonesign roll ZONE --abandon-chain=ZONE\n"
    "       zonesign roll ZONE --simulate\n\n"
    "Records the wish in the zone's state; 'zonesign build' (cron) begins it and carries it through. Rolls of one role wait for\n"
    "each other.\n\n"
    "  --simulate         print the dated plan, with a parent that does at once what it is asked; change nothing\n"
    "  --days N           of the simulation: how far, 400 by default\n"
    "  --emergency        the key may be known to others: begin at once, wait for no safety margins; validators never fail\n"
    "  --to ALGORITHM     an algorithm other than the policy's, until the policy is edited\n"
    "  --unsign           make the zone insecure: the DS goes first, the signatures when no cache holds it\n"
    "  --sign             take --unsign back\n"
    "  --abandon-chain=ZONE  keys are lost: new keys at once, at the price that validators fail until the parent has their DS\n";

enum { MAX_DAYS = 3660 };

struct wish {
	const char *kind;    /* "ksk", "zsk", "csk", "algorithm" or NULL */
	const char *algorithm, *abandon;
	bool simulate, emergency, unsign, sign;
	uint64_t days;
};

/* An emergency waits for no other roll: keys of those before it may still be there, and the DNSKEY RRset takes only so many (G16). */
static bool has_room(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, enum zs_key_role role)
{
	struct zs_keyset *keys;
	return !zs_rollover_needs_key(facts, role) || (zs_keys_load(run, zone, facts, &keys) && zs_standby_fits(run, zone, facts, keys, role));
}

static bool wish_roll(struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish, struct zs_facts *facts)
{
	const bool csk = strcmp(wish->kind, "csk") == 0, ksk = strcmp(wish->kind, "ksk") == 0;
	if (!csk && !ksk && strcmp(wish->kind, "zsk") != 0)
		return zs_usage(run, "roll '%s': there is ksk, zsk, csk and algorithm", wish->kind);
	if (csk != zone->policy->csk) {
		zs_usage(run, "the policy '%s' of this zone has %s", zone->policy->name, csk ? "ksk and zsk, no csk" : "a csk, no ksk and zsk");
		return false;
	}
	if (facts->unsign)
		return zs_usage(run, "the zone is going insecure; 'zonesign roll %s --sign' takes that back", zone->name_text);
	if (wish->emergency && !has_room(run, zone, facts, csk ? ZS_CSK : ksk ? ZS_KSK : ZS_ZSK))
		return false;
	zs_rollover_request(run, facts, csk ? ZS_ROLL_CSK : ksk ? ZS_ROLL_KSK : ZS_ROLL_ZSK, wish->emergency);
	return true;
}

static bool wish_algorithm(struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish, struct zs_facts *facts)
{
	uint8_t algorithm = zone->policy->algorithm;
	if (wish->algorithm) {
		const struct zs_algorithm_info *info = NULL;
		if (!zs_algorithm_parse(wish->algorithm, strlen(wish->algorithm), &algorithm) || !(info = zs_algorithm_info(algorithm)) || !info->signs)
			return zs_usage(run, "--to '%s' is no algorithm that zonesign signs with", wish->algorithm);
		if (algorithm != zone->policy->algorithm)
			zs_note(run, "set 'algorithm' of policy '%s' to it when you can: an edit of that line takes this wish's place", zone->policy->name);
	}
	facts->algorithm = algorithm == zone->policy->algorithm ? 0 : algorithm;
	facts->instead_of = facts->algorithm ? zone->policy->algorithm : 0;
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].goal_in && facts->keys[i].algorithm != algorithm)
			return true;
	return zs_usage(run, "the keys of this zone have algorithm %u already; --to names another", algorithm);
}

static bool wish_abandon(struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish, struct zs_facts *facts)
{
	char wait[ZS_DURATION_TEXT];
	const struct zs_zone_config *named = zs_text_equal(wish->abandon, strlen(wish->abandon), zone->name_text) ? zone : NULL;
	if (!named && strncmp(wish->abandon, zone->name_text, strlen(zone->name_text) - 1) == 0 && strlen(wish->abandon) + 1 == strlen(zone->name_text))
		named = zone;
	if (!named)
		return zs_usage(run, "--abandon-chain wants the name of the zone typed once more: --abandon-chain=%s", zone->name_text);
	zs_duration_text(zs_rollover_parent_wait(zone->policy, facts), wait);
	zs_rollover_abandon(facts, run->now);
	zs_warn(run, NULL, "the chain of trust of '%s' is given up: from the next build on validators fail, until the parent has the DS of the "
	        "new key in place of all others, and %s more", zone->name_text, wait);
	zs_hint(run, "to spare them: let the parent remove the DS first, and build %s after it is gone; then nobody fails", wait);
	return true;
}

static bool apply(struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish, struct zs_facts *facts)
{
	if (wish->abandon)
		return wish_abandon(run, zone, wish, facts);
	if (wish->unsign || wish->sign) {
		facts->unsign = wish->unsign ? facts->unsign ? facts->unsign : run->now : 0;
		return true;
	}
	if (!wish->kind)
		return true; /* a simulation of what is to come anyhow */
	return strcmp(wish->kind, "algorithm") == 0 ? wish_algorithm(run, zone, wish, facts) : wish_roll(run, zone, wish, facts);
}

static bool simulate(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish,
                     const struct zs_facts *facts)
{
	const struct zs_ttls ttls = { .largest = facts->published.ttl, .negative = facts->published.negative_ttl };
	const struct zs_roll_event *events;
	size_t count;
	char time[ZS_TIME_TEXT];
	if (!zs_rollover_simulate(run, zone->policy, facts, &ttls, (zs_seconds)wish->days * 86400, &events, &count))
		return false;
	struct zs_json *document = cli->json ? zs_json_object(run->arena) : NULL;
	struct zs_json *list = document ? zs_json_set_array(document, "events") : NULL;
	struct zs_buf text = { .arena = run->arena, .max = 1 << 24 };
	for (size_t i = 0; i < count; i++) {
		struct zs_json *one = list ? zs_json_add_object(list) : NULL;
		if (one) {
			zs_json_set_time(one, "time", events[i].time);
			zs_json_set_text(one, "event", events[i].text);
		}
		zs_buf_printf(&text, "%s  %s\n", zs_time_short(events[i].time, time), events[i].text);
	}
	if (!count)
		zs_buf_printf(&text, "nothing happens in the next %llu days\n", (unsigned long long)wish->days);
	return (document ? zs_cli_write_json(run, document) : zs_cli_write(run, text.data, text.len)) == 0;
}

static void say_recorded(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish)
{
	if (!cli->json) {
		if (!cli->quiet)
			printf("%s recorded; the next 'zonesign build' begins it\n", zone->name_text);
		return;
	}
	struct zs_json *document = zs_json_object(run->arena);
	zs_json_set_text(document, "zone", zone->name_text);
	zs_json_set_text(document, "recorded", wish->unsign ? "unsign" : wish->sign ? "sign" : wish->abandon ? "abandon-chain" : wish->kind);
	zs_json_set_bool(document, "emergency", wish->emergency);
	zs_cli_json_diags(zs_json_set_array(document, "diagnostics"), run);
	zs_cli_write_json(run, document);
}

static bool roll(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct wish *wish)
{
	struct zs_facts *facts;
	if (zone->publish->kind == ZS_PUBLISH_UPDATE)
		return zs_usage(run, "another server signs '%s' ('publish: update'): its keys roll there", zone->name_text);
	if (!(wish->simulate ? zs_facts_read(run, zone, &facts) : zs_facts_open(run, zone, &facts)))
		return false;
	bool ok = facts->published.known || zs_not_yet(run, "zone '%s' is not published yet: run 'zonesign build' first", zone->name_text);
	ok = ok && apply(run, zone, wish, facts);
	if (ok && wish->simulate) {
		ok = simulate(cli, run, zone, wish, facts);
	} else if (ok) {
		facts->next_due = run->now; /* the next build begins it */
		ok = zs_facts_write(run, facts);
		if (ok)
			say_recorded(cli, run, zone, wish);
	}
	zs_facts_close(facts);
	return ok;
}

static void check_wish(struct zs_run *run, const struct wish *wish)
{
	const int kinds = (wish->kind != NULL) + wish->unsign + wish->sign + (wish->abandon != NULL);
	const bool algorithm = wish->kind && strcmp(wish->kind, "algorithm") == 0;
	if (kinds > 1 || (!kinds && !wish->simulate))
		zs_usage(run, "roll wants one of ksk, zsk, csk, algorithm, --unsign, --sign, --abandon-chain");
	else if (wish->algorithm && !algorithm)
		zs_usage(run, "--to goes with 'algorithm'");
	else if (wish->emergency && (!wish->kind || algorithm))
		zs_usage(run, "--emergency goes with ksk, zsk or csk");
}

int zs_cmd_roll(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "simulate", no_argument, NULL, 's' },  { "emergency", no_argument, NULL, 'e' }, { "to", required_argument, NULL, 't' },
		{ "unsign", no_argument, NULL, 'u' },    { "sign", no_argument, NULL, 'S' },      { "abandon-chain", required_argument, NULL, 'A' },
		{ "days", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' },     { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct wish wish = { .days = 400 };
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		case 's':
			wish.simulate = true;
			break;
		case 'e':
			wish.emergency = true;
			break;
		case 't':
			wish.algorithm = optarg;
			break;
		case 'u':
			wish.unsign = true;
			break;
		case 'S':
			wish.sign = true;
			break;
		case 'A':
			wish.abandon = optarg;
			break;
		case 'd':
			if (!zs_text_number(optarg, strlen(optarg), MAX_DAYS, &wish.days) || !wish.days)
				zs_usage(run, "--days takes a number from 1 to %d", MAX_DAYS);
			break;
		default:
			run->fault = ZS_USAGE;
		}
	}
	const int words = argc - optind;
	if (words == 2)
		wish.kind = argv[optind + 1];
	if (!run->fault && (words < 1 || words > 2))
		zs_usage(run, "roll wants the name of one zone, and what to roll");
	if (!run->fault)
		check_wish(run, &wish);
	const struct zs_config *config;
	const struct zs_zone_config *zone = NULL;
	if (!run->fault && zs_cli_config(cli, run, &config))
		zone = zs_config_zone(run, config, argv[optind]);
	if (zone) {
		run->zone_text = zone->name_text;
		(void)!roll(cli, run, zone, &wish);
	}
	return zs_cli_end(cli, run);
}
