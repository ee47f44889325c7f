/* query.c - the command query: the answer of an authoritative server from a signed zone file, and whether validators believe it. */
#include <getopt.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"
#include "dns/rdata.h"
#include "query/query.h"
#include "verify/verify.h"

static const char help[] =
    "usage: zonesign query NAME TYPE --origin NAME [--ds FILE] FILE\n       zonesign query NAME TYPE [--ds FILE]\n\n"
    "Answer from a signed zone file as an authoritative server would, and validate the answer, its proofs of absence\n"
    "included. Without FILE it is the published output of the zone of the config that NAME is in.\n\n"
    "  --ds FILE   DS records, one of which must lead to the key that signs the zone's keys\n";

enum { TYPE_ANY = 255 };

static const char *rcode_text(uint8_t rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN" };
	return rcode < ZS_COUNT(names) ? names[rcode] : "?";
}

static const char *verdict_text(struct zs_run *run, const struct zs_answer_verdict *v)
{
	static const char *const kinds[] = {
		[ZS_ANSWER_NONE] = "no answer", [ZS_ANSWER_POSITIVE] = "data", [ZS_ANSWER_ALIAS] = "an alias that leads out of the zone",
		[ZS_ANSWER_NODATA] = "the name has no such type", [ZS_ANSWER_NXDOMAIN] = "there is no such name",
		[ZS_ANSWER_DELEGATION] = "a delegation",
	};
	return v->wildcard && v->wildcard_name
	    ? zs_arena_printf(run->arena, "%s, by the wildcard '%s'", kinds[v->kind], zs_name_text(v->wildcard_name, (char[ZS_NAME_TEXT]){ 0 }))
	    : kinds[v->kind];
}

static const char *state_text(enum zs_answer_state state)
{
	static const char *const states[] = { "secure", "insecure", "bogus" };
	return states[state];
}

static void put_record(struct zs_buf *text, const struct zs_answer_record *r)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	zs_buf_printf(text, "%s %u IN %s ", zs_name_text(r->owner, name), r->ttl, zs_type_text(r->type, type));
	zs_rdata_format(r->type, r->rdata.data, r->rdata.len, text);
}

static void print_text(const struct zs_cli *cli, struct zs_run *run, const struct zs_answer *answer, const struct zs_answer_verdict *v)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	struct zs_buf text = { .arena = run->arena, .max = 64 << 20 };
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT], time[ZS_TIME_TEXT];
	zs_buf_printf(&text, ";; %s %s: %s%s\n", zs_name_text(answer->qname, name), zs_type_text(answer->qtype, type), rcode_text(answer->rcode),
	              answer->authoritative ? ", authoritative" : "");
	for (uint8_t section = 0; section < ZS_COUNT(sections); section++) {
		bool begun = false;
		for (size_t i = 0; i < answer->count; i++) {
			if (answer->records[i].section != section)
				continue;
			if (!begun)
				zs_buf_printf(&text, ";; %s\n", sections[section]);
			begun = true;
			put_record(&text, &answer->records[i]);
			zs_buf_octet(&text, '\n');
		}
	}
	const char *color = !zs_cli_color(cli, stdout) ? NULL : v->state == ZS_ANSWER_SECURE ? "\033[1;32m" : v->state == ZS_ANSWER_BOGUS ? "\033[1;31m" : "\033[1;33m";
	zs_buf_printf(&text, ";; %s%s%s: %s", color ? color : "", state_text(v->state), color ? "\033[0m" : "", verdict_text(run, v));
	if (v->state == ZS_ANSWER_SECURE && v->expires)
		zs_buf_printf(&text, "; its signatures last until %s", zs_time_text(v->expires, time));
	else if (v->state == ZS_ANSWER_INSECURE)
		zs_buf_printf(&text, "; %s%s%s%s", v->why, v->rfc ? " (" : "", v->rfc ? v->rfc : "", v->rfc ? ")" : "");
	zs_buf_octet(&text, '\n');
	zs_cli_write(run, text.data, text.len);
}

static void print_json(struct zs_run *run, const struct zs_answer *answer, const struct zs_answer_verdict *v)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	static const char *const kinds[] = { "none", "positive", "alias", "nodata", "nxdomain", "delegation" };
	struct zs_json *json = zs_json_object(run->arena);
	char text[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	zs_json_set_text(json, "name", zs_name_text(answer->qname, text));
	zs_json_set_text(json, "type", zs_type_text(answer->qtype, type));
	zs_json_set_text(json, "rcode", rcode_text(answer->rcode));
	zs_json_set_bool(json, "authoritative", answer->authoritative);
	for (uint8_t section = 0; section < ZS_COUNT(sections); section++) {
		struct zs_json *array = zs_json_set_array(json, sections[section]);
		for (size_t i = 0; i < answer->count; i++) {
			struct zs_buf record = { .arena = run->arena, .max = 1 << 20 };
			if (answer->records[i].section != section)
				continue;
			put_record(&record, &answer->records[i]);
			zs_json_add_text(array, zs_buf_string(&record));
		}
	}
	zs_json_set_text(json, "state", state_text(v->state));
	zs_json_set_text(json, "kind", kinds[v->kind]);
	zs_json_set_text(json, "wildcard", v->wildcard && v->wildcard_name ? zs_name_text(v->wildcard_name, text) : NULL);
	zs_json_set_text(json, "why", v->why);
	zs_json_set_text(json, "rfc", v->rfc);
	if (v->ede < 0)
		zs_json_set_null(json, "ede");
	else
		zs_json_set_int(json, "ede", v->ede);
	zs_json_set_int(json, "signatures", (int64_t)v->signature_count);
	zs_json_set_time(json, "expires", v->expires);
	zs_cli_json_diags(zs_json_set_array(json, "diagnostics"), run);
	zs_cli_write_json(run, json);
}

static void refuse(struct zs_run *run, const char *what, const struct zs_answer_verdict *v)
{
	zs_refuse(run, "G4", "%s: %s%s%s%s", what, v->why, v->rfc ? " (" : "", v->rfc ? v->rfc : "", v->rfc ? ")" : "");
	if (v->ede >= 0)
		zs_hint(run, "validators answer SERVFAIL, with the extended error %d, %s (RFC 8914)", v->ede, zs_ede_text(v->ede));
}

struct question {
	uint8_t name[ZS_NAME_MAX], origin[ZS_NAME_MAX];
	uint16_t type;
	const char *path;
	const struct zs_bytes *ds;
	size_t ds_count;
};

/* The keys that the zone's answers are judged by. False: there are none, it is said why, and *of_keys has it too. */
static bool find_trust(struct zs_run *run, const struct zs_zone *zone, const struct question *q, struct zs_answer_trust *trust,
                       struct zs_answer_verdict *of_keys)
{
	struct zs_answer keys;
	*trust = (struct zs_answer_trust){ .zone = zone->apex, .now = run->now };
	if (!zs_query_answer(run, run->arena, zone, zone->apex, ZS_TYPE_DNSKEY, &keys))
		return false;
	if (zs_verify_trust(run, run->arena, &keys, q->ds, q->ds_count, trust, of_keys))
		return true;
	if (zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY)) {
		refuse(run, "the keys of the zone are not to be trusted", of_keys);
		return false;
	}
	if (q->ds_count) {
		zs_refuse(run, "G2", "the zone is not signed: it has no DNSKEY, but a DS leads to it");
		zs_hint(run, "validators answer SERVFAIL; take the DS out of the parent zone, or sign the zone with 'zonesign build'");
		return true;
	}
	zs_warn(run, NULL, "the zone is not signed: it has no DNSKEY");
	zs_hint(run, "'zonesign build' signs it, unless it is unsigned on purpose");
	return true;
}

static void answer(const struct zs_cli *cli, struct zs_run *run, const struct question *q)
{
	const struct zs_zone_options read = { .apex = q->origin, .dnssec = ZS_DNSSEC_KEEP };
	struct zs_zone *zone;
	struct zs_answer_trust trust;
	struct zs_answer found;
	struct zs_answer_verdict verdict, of_keys = { .ede = -1 };
	if (!zs_zone_read(run, run->arena, q->path, &read, &zone))
		return;
	const bool trusted = find_trust(run, zone, q, &trust, &of_keys);
	if (!zs_query_answer(run, run->arena, zone, q->name, q->type, &found))
		return;
	zs_verify_answer(run, run->arena, &found, &trust, &verdict);
	if (!trusted) { /* there are DNSKEYs: the zone is not one that is not signed */
		verdict.state = ZS_ANSWER_BOGUS;
		verdict.why = of_keys.why;
		verdict.rfc = of_keys.rfc;
		verdict.ede = of_keys.ede;
	}
	if (trusted && verdict.state == ZS_ANSWER_BOGUS)
		refuse(run, "validators would not believe this answer", &verdict);
	if (cli->json)
		print_json(run, &found, &verdict);
	else
		print_text(cli, run, &found, &verdict);
}

/* The zone of the config that the name is in, the longest of them. */
static bool find_zone(const struct zs_cli *cli, struct zs_run *run, struct question *q)
{
	const struct zs_config *config;
	const struct zs_zone_config *best = NULL;
	char text[ZS_NAME_TEXT];
	if (!zs_cli_config(cli, run, &config))
		return false;
	for (size_t i = 0; i < config->zone_count; i++) /* in canonical order: a zone below comes later */
		if (zs_name_within(q->name, config->zones[i].name)
		    && !(q->type == ZS_TYPE_DS && best && zs_name_equal(q->name, config->zones[i].name)))
			best = &config->zones[i];
	for (size_t i = 0; i < config->bad_count; i++)
		if (config->bad[i].name_text && zs_name_within(q->name, config->bad[i].name)
		    && (!best || zs_name_within(config->bad[i].name, best->name)))
			return !zs_config_report_bad(run, config, config->bad[i].name);
	if (!best)
		return zs_usage(run, "'%s' is in no zone of the config; give --origin NAME and a file", zs_name_text(q->name, text));
	memcpy(q->origin, best->name, zs_name_len(best->name));
	q->path = best->output.path;
	return true;
}

static bool parse_question(struct zs_run *run, const char *name, const char *type, struct question *q)
{
	struct zs_name_error error;
	if (!zs_name_parse(name, strlen(name), NULL, q->name, &error))
		return zs_usage(run, "'%s' has %s", name, error.message);
	if (zs_text_equal(type, strlen(type), "any")) {
		q->type = TYPE_ANY;
		return true;
	}
	if (!zs_type_parse(type, strlen(type), &q->type))
		return zs_usage(run, "'%s' is no type of record", type);
	const struct zs_type_info *info = zs_type_info(q->type);
	if (info && info->flags & ZS_TYPE_META)
		return zs_usage(run, "%s is never in a zone", type);
	return true;
}

int zs_cmd_query(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "origin", required_argument, NULL, 'o' }, { "ds", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct question *q = zs_arena_alloc(run->arena, sizeof *q);
	bool have_origin = false;
	const char *ds = NULL;
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		if (c == 'o')
			have_origin = zs_cli_origin(run, optarg, q->origin);
		else if (c == 'd')
			ds = optarg;
		else if (c == '?')
			run->fault = ZS_USAGE;
	}
	if (!run->fault && argc - optind != (have_origin ? 3 : 2))
		zs_usage(run, have_origin ? "query takes NAME, TYPE and one file" : "query takes NAME and TYPE; with --origin NAME a file too");
	if (run->fault || !parse_question(run, argv[optind], argv[optind + 1], q))
		return zs_cli_end(cli, run);
	if (have_origin && !zs_name_within(q->name, q->origin)) {
		char name[ZS_NAME_TEXT], origin[ZS_NAME_TEXT];
		zs_usage(run, "'%s' is not in the zone '%s'", zs_name_text(q->name, name), zs_name_text(q->origin, origin));
		return zs_cli_end(cli, run);
	}
	if (have_origin)
		q->path = argv[optind + 2];
	if ((have_origin || find_zone(cli, run, q)) && (!ds || zs_cli_read_ds(run, ds, q->origin, &q->ds, &q->ds_count)))
		answer(cli, run, q);
	return zs_cli_end(cli, run);
}
