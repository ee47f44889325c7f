/* keys.c - the command keys: list, generate, retire, import. */
#include <getopt.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"
#include "import.h"
#include "report/report.h"
#include "standby.h"

static const char help[] =
    "usage: zonesign keys [ZONE...]\n"
    "       zonesign keys generate --standby [--role ksk|csk] ZONE\n"
    "       zonesign keys retire ZONE TAG\n"
    "       zonesign keys import [--served FILE] [--pem-dir DIR] [--role ksk|zsk|csk] [--dry-run] ZONE FILE...\n\n"
    "Without a word, list the keys: role, tag, algorithm, standing, since when, states, what is next.\n\n"
    "  generate       make a key that stands by: wholly published, it is the next roll's successor at once\n"
    "  retire         take a standby key out again, or the new key of a roll while nobody has seen its DS; roll a key that is in use\n"
    "  import         take over the keys of another signer: BIND or ldns K*.key (with K*.private, K*.state), the JSON of Knot's\n"
    "                 'keymgr -j ZONE list', what 'pdnsutil export-zone-key' prints\n"
    "  --served FILE  the signed zone as it is served now; the zone's output by default\n"
    "  --pem-dir DIR  where Knot keeps the PEM files; 'keys' beside the JSON by default\n"
    "  --role ROLE    of a private half that comes alone (PowerDNS), or of a K*.key with the SEP flag and no K*.state: by default what\n"
    "                 the served zone shows; or of the key to make\n"
    "  --dry-run      try the import and change nothing\n";

struct options {
	struct zs_import_options import;
	enum zs_key_role role; /* 0: not said */
	bool standby;
};

static bool open_zone(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **facts)
{
	if (zone->publish->kind == ZS_PUBLISH_UPDATE)
		return zs_usage(run, "another server signs '%s' ('publish: update'): its keys are there", zone->name_text);
	if (!zs_facts_open(run, zone, facts))
		return false;
	if (!(*facts)->published.known)
		zs_not_yet(run, "zone '%s' is not published yet", zone->name_text);
	else if ((*facts)->made_with_now != run->now_given)
		zs_refuse(run, "G17", "the state was made with %s: this would mix two times", (*facts)->made_with_now ? "--now" : "the real clock");
	else
		return true;
	zs_facts_close(*facts);
	return false;
}

/* What was recorded, with the words that people get. */
static void changed_json(struct zs_run *run, const struct zs_zone_config *zone, const char *recorded, unsigned tag)
{
	struct zs_json *document = zs_json_object(run->arena);
	zs_json_set_text(document, "zone", zone->name_text);
	zs_json_set_text(document, "recorded", recorded);
	zs_json_set_int(document, "key_tag", tag);
	zs_cli_json_diags(zs_json_set_array(document, "diagnostics"), run);
	zs_cli_write_json(run, document);
}

static void generate(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const struct options *options)
{
	struct zs_facts *facts;
	struct zs_keyset *keys;
	const enum zs_key_role role = options->role ? options->role : zone->policy->csk ? ZS_CSK : ZS_KSK;
	if (!options->standby) {
		zs_usage(run, "keys generate makes standby keys: --standby. All others are made by 'build' and 'roll'");
		return;
	}
	if (role == ZS_ZSK || (role == ZS_CSK) != zone->policy->csk) {
		zs_usage(run, "policy '%s' has a standby %s only", zone->policy->name, zone->policy->csk ? "csk" : "ksk");
		return;
	}
	if (!open_zone(run, zone, &facts))
		return;
	if (facts->unsign) {
		zs_usage(run, "the zone is going insecure; 'zonesign roll %s --sign' takes that back", zone->name_text);
		zs_facts_close(facts);
		return;
	}
	/* before the facts know of a key without files */
	const bool loaded = zs_keys_load(run, zone, facts, &keys) && zs_standby_fits(run, zone, facts, keys, role);
	struct zs_key_facts *key = zs_rollover_standby(run, facts, zone->policy, role);
	struct zs_plan_key planned = { .facts = key };
	struct zs_plan plan = { .keys = &planned, .key_count = 1 };
	if (loaded && zs_keys_prepare(run, zone, facts, &plan, keys)) {
		facts->next_due = run->now;
		if (zs_keys_record(run, zone, facts)) {
			zs_note(run, "%s %u stands by; the next 'zonesign build' publishes it", zs_role_text(role), key->tag);
			if (cli->json)
				changed_json(run, zone, "generate", key->tag);
		} else {
			zs_keys_discard(run, zone, facts);
		}
	}
	zs_facts_close(facts);
}

static void retire(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config *zone, const char *tag_text)
{
	struct zs_facts *facts;
	uint64_t tag;
	if (!zs_text_number(tag_text, strlen(tag_text), UINT16_MAX, &tag)) {
		zs_usage(run, "'%s' is no key tag: 0 to 65535", tag_text);
		return;
	}
	if (!open_zone(run, zone, &facts))
		return;
	const char *what = zs_rollover_retire(run, facts, (uint16_t)tag);
	if (!what) {
		zs_usage(run, "zone '%s' has no key %u", zone->name_text, (unsigned)tag);
	} else {
		facts->next_due = run->now;
		if (zs_facts_write(run, facts)) {
			zs_note(run, "%s", what);
			if (cli->json)
				changed_json(run, zone, "retire", (unsigned)tag);
		}
	}
	zs_facts_close(facts);
}

static void import_json(struct zs_run *run, const struct zs_zone_config *zone, const struct options *options, const struct zs_import_key *keys, size_t count)
{
	struct zs_json *document = zs_json_object(run->arena), *list;
	zs_json_set_text(document, "zone", zone->name_text);
	zs_json_set_bool(document, "imported", !options->import.dry_run);
	list = zs_json_set_array(document, "keys");
	for (size_t i = 0; i < count; i++) {
		const struct zs_key_facts *f = &keys[i].facts;
		struct zs_json *one = zs_json_add_object(list);
		zs_json_set_text(one, "role", zs_role_text(f->role));
		zs_json_set_int(one, "key_tag", f->tag);
		zs_json_set_int(one, "algorithm", f->algorithm);
		zs_json_set_text(one, "from", keys[i].from);
		zs_json_set_text(one, "dnskey", zs_phase_text(f->dnskey.phase));
		zs_json_set_text(one, "krrsig", zs_phase_text(f->krrsig.phase));
		zs_json_set_text(one, "zrrsig", zs_phase_text(f->zrrsig.phase));
		zs_json_set_text(one, "ds", zs_phase_text(f->ds.phase));
		zs_json_set_time(one, "active", f->active);
	}
	zs_cli_json_diags(zs_json_set_array(document, "diagnostics"), run);
	zs_cli_write_json(run, document);
}

static void import(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, struct options *options)
{
	const struct zs_import_key *keys;
	size_t count;
	char state[ZS_TIME_TEXT];
	options->import.role = options->role;
	if (!zs_import(run, config, zone, &options->import, &keys, &count))
		return;
	if (cli->json) {
		import_json(run, zone, options, keys, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct zs_key_facts *f = &keys[i].facts;
		printf("%s %s %u algorithm %u, from %s: dnskey=%s krrsig=%s zrrsig=%s ds=%s%s%s\n", zone->name_text, zs_role_text(f->role), f->tag, f->algorithm,
		       keys[i].from, zs_phase_text(f->dnskey.phase), zs_phase_text(f->krrsig.phase), zs_phase_text(f->zrrsig.phase), zs_phase_text(f->ds.phase),
		       f->active ? ", active since " : "", f->active ? zs_time_short(f->active, state) : "");
	}
	printf("%s a trial build was verified, and validates together with what is served now; %s\n", zone->name_text,
	       options->import.dry_run ? "nothing was changed" : "stop the other signer, then run 'zonesign build --accept adopt'");
}

static void list_zone(struct zs_run *run, const struct zs_zone_config *zone, struct zs_json *array, struct zs_buf *text)
{
	struct zs_facts *facts;
	struct zs_status status;
	if (!zs_facts_read(run, zone, &facts))
		return;
	zs_facts_close(facts);
	if (!zs_report_status(run, zone, facts, 0, &status))
		return;
	if (array)
		zs_report_status_json(run, &status, zs_json_add_object(array));
	else
		zs_report_keys_text(run, &status, text);
}

static int list(const struct zs_cli *cli, struct zs_run *run, char **names, int name_count)
{
	const struct zs_config *config;
	size_t count;
	const struct zs_zone_config **zones = zs_cli_config(cli, run, &config) ? zs_cli_zones(run, config, names, name_count, &count) : NULL;
	struct zs_buf text = { .arena = run->arena, .max = (size_t)1 << 30 };
	struct zs_json *document = cli->json ? zs_json_object(run->arena) : NULL;
	struct zs_json *array = document ? zs_json_set_array(document, "zones") : NULL;
	for (size_t i = 0; zones && i < count; i++) {
		struct zs_run *part = zs_cli_part(cli, run, zones[i]);
		list_zone(part, zones[i], array, &text);
		zs_run_join(run, part);
		zs_run_end(part);
	}
	if (document && zones) {
		zs_cli_json_errors(document, run);
		zs_json_dump(document, &text);
	}
	zs_cli_write(run, text.data, text.len);
	return zs_cli_end(cli, run);
}

static bool read_options(struct zs_run *run, int argc, char **argv, struct options *out, bool *help_wanted)
{
	static const struct option options[] = {
		{ "served", required_argument, NULL, 's' }, { "pem-dir", required_argument, NULL, 'p' }, { "role", required_argument, NULL, 'r' },
		{ "dry-run", no_argument, NULL, 'd' }, { "standby", no_argument, NULL, 'S' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h')
			*help_wanted = true;
		else if (c == 's')
			out->import.served = optarg;
		else if (c == 'p')
			out->import.pem_dir = optarg;
		else if (c == 'd')
			out->import.dry_run = true;
		else if (c == 'S')
			out->standby = true;
		else if (c == 'r' && strlen(optarg) == 3 && strstr("ksk zsk csk", optarg))
			out->role = optarg[0] == 'k' ? ZS_KSK : optarg[0] == 'z' ? ZS_ZSK : ZS_CSK;
		else if (c == 'r')
			zs_usage(run, "--role '%s': ksk, zsk or csk", optarg);
		else
			run->fault = ZS_USAGE;
	}
	return !run->fault;
}

int zs_cmd_keys(const struct zs_cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "generate", "retire", "import" };
	struct zs_run *run = zs_cli_run(cli);
	struct options options = { .role = 0 };
	const struct zs_config *config;
	bool help_wanted = false;
	size_t word = ZS_COUNT(words);
	if (!read_options(run, argc, argv, &options, &help_wanted))
		return zs_cli_end(cli, run);
	if (help_wanted) {
		fputs(help, stdout);
		return zs_cli_end(cli, run);
	}
	char **rest = argv + optind;
	const int left = argc - optind;
	for (size_t i = 0; left && i < ZS_COUNT(words); i++)
		if (strcmp(rest[0], words[i]) == 0)
			word = i;
	if (word == ZS_COUNT(words))
		return list(cli, run, rest, left);
	if (left < 2 || (word == 0 && left != 2) || (word == 1 && left != 3) || (word == 2 && left < 3)) {
		zs_usage(run, "keys %s: 'zonesign keys --help' tells its arguments", words[word]);
		return zs_cli_end(cli, run);
	}
	const struct zs_zone_config *zone = zs_cli_config(cli, run, &config) ? zs_config_zone(run, config, rest[1]) : NULL;
	if (zone)
		run->zone_text = zone->name_text;
	options.import.files = (const char *const *)(uintptr_t)(rest + 2);
	options.import.file_count = left > 2 ? (size_t)left - 2 : 0;
	if (zone && word == 0)
		generate(cli, run, zone, &options);
	else if (zone && word == 1)
		retire(cli, run, zone, rest[2]);
	else if (zone)
		import(cli, run, config, zone, &options);
	return zs_cli_end(cli, run);
}
