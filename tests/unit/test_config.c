/* test_config.c - zonesign.yaml: defaults, every error with its place, and the example that we ship. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "config/config.h"
#include "config/schema.h"

static struct zs_run *run;
static char dir[64];

static void setup(void)
{
	run = zs_run_begin();
	strcpy(dir, "/tmp/zs_config_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[128];
	zs_run_end(run);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *put_file(const char *name, const char *text)
{
	const char *path = zs_arena_printf(run->arena, "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	return path;
}

/* Every test starts from these zones; more is put before them. */
#define ZONES "zones:\n  example.com:\n    file: a.zone\n    output: a.signed\n"

static const struct zs_config *load(const char *text)
{
	const struct zs_config *config = NULL;
	return zs_config_load(run, put_file("zonesign.yaml", text), &config) ? config : NULL;
}

static const char *all_messages(void)
{
	struct zs_buf buf = { .arena = run->arena, .max = 100000 };
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		zs_buf_printf(&buf, "\n  %u:%u %s [%s]", d->line, d->column, d->message, d->hint ? d->hint : "");
	return zs_buf_string(&buf);
}

static const struct zs_config *load_good(const char *text)
{
	const struct zs_config *config = load(text);
	ck_assert_msg(config != NULL, "refused:%s", all_messages());
	return config;
}

/* The first diagnostic with words in its message, hint included; NULL: none. */
static const struct zs_diag *find(const char *words)
{
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		if (strstr(d->message, words) || (d->hint && strstr(d->hint, words)))
			return d;
	return NULL;
}

/* text is refused with words, at line and column. */
static void refused(const char *text, const char *words, unsigned line, unsigned column)
{
	ck_assert_msg(load(text) == NULL, "taken:\n%s", text);
	const struct zs_diag *diag = find(words);
	ck_assert_msg(diag != NULL, "no '%s' in:%s\nfor:\n%s", words, all_messages(), text);
	ck_assert_int_eq(diag->severity, ZS_ERROR);
	ck_assert_int_eq(diag->fault, ZS_INPUT);
	ck_assert_msg(diag->line == line && diag->column == column, "'%s' is at %u:%u, not %u:%u", words, diag->line,
	              diag->column, line, column);
}

START_TEST(a_zone_with_two_lines_gets_every_default)
{
	const struct zs_config *config = load_good(ZONES);
	ck_assert_uint_eq(config->zone_count, 1);
	const struct zs_zone_config *zone = &config->zones[0];
	ck_assert_str_eq(zone->name_text, "example.com.");
	ck_assert_str_eq(zone->file.text, "a.zone");
	ck_assert_str_eq(zone->file.path, zs_arena_printf(run->arena, "%s/a.zone", dir));
	ck_assert_str_eq(zone->state_dir, zs_arena_printf(run->arena, "%s/state/example.com", dir));
	ck_assert(!zone->registrar && !zone->dane_count && !zone->reload.argv && !zone->reload.shell && !zone->include_any);
	const struct zs_policy *policy = zone->policy;
	ck_assert_str_eq(policy->name, "default");
	ck_assert_uint_eq(policy->algorithm, 13);
	ck_assert_uint_eq(policy->rsa_bits, 2048);
	ck_assert(!policy->csk && policy->cds && policy->observe_parent && !policy->observe_zone);
	ck_assert_int_eq(policy->ksk_lifetime, ZS_LIFETIME_UNLIMITED);
	ck_assert_int_eq(policy->zsk_lifetime, 90 * 86400);
	ck_assert_int_eq(policy->validity, 14 * 86400);
	ck_assert_int_eq(policy->refresh, 7 * 86400);
	ck_assert_int_eq(policy->jitter, 3 * 86400);
	ck_assert_int_eq(policy->inception_offset, 3600);
	ck_assert_int_eq(policy->denial, ZS_DENIAL_NSEC);
	ck_assert_uint_eq(policy->dnskey_ttl, 3600);
	ck_assert_uint_eq(policy->max_zone_ttl, 0);
	ck_assert_int_eq(policy->propagation_zone, 3600);
	ck_assert_int_eq(policy->propagation_parent, 3600);
	ck_assert_int_eq(policy->parent_ds_ttl, 86400);
	ck_assert_int_eq(policy->safety, 3600);
	ck_assert_uint_eq(policy->zonemd, 0);
	ck_assert_int_eq(policy->serial, ZS_SERIAL_UNIXTIME);
	ck_assert_uint_eq(run->warning_count, 0);
}
END_TEST

START_TEST(a_policy_changes_what_it_names_and_nothing_else)
{
	const struct zs_config *config = load_good(
		"policies:\n  p:\n    algorithm: 15\n    csk: {lifetime: 2w}\n    signatures: {validity: P20D}\n"
		"    denial: {nsec3: {opt-out: yes}}\n    max-zone-ttl: 1d\n    propagation: {zone: observe, parent: 2h}\n"
		"    observe: off\n    cds: off\n    zonemd: SHA512\n    serial: date\n"
		"zones:\n  example.com: {file: a, output: b, policy: p, include: any}\n");
	const struct zs_policy *policy = config->zones[0].policy;
	ck_assert_uint_eq(config->policy_count, 2);
	ck_assert_uint_eq(policy->algorithm, 15);
	ck_assert(policy->csk && !policy->cds && !policy->observe_parent && config->zones[0].include_any);
	ck_assert_int_eq(policy->csk_lifetime, 14 * 86400);
	ck_assert_int_eq(policy->validity, 20 * 86400);
	ck_assert_int_eq(policy->refresh, 7 * 86400);
	ck_assert_int_eq(policy->denial, ZS_DENIAL_NSEC3);
	ck_assert(policy->nsec3.opt_out && policy->nsec3.iterations == 0 && policy->nsec3.salt_len == 0);
	ck_assert_uint_eq(policy->max_zone_ttl, 86400);
	ck_assert(policy->observe_zone && !policy->observe_parent_propagation);
	ck_assert_int_eq(policy->propagation_zone, 3600);
	ck_assert_int_eq(policy->propagation_parent, 7200);
	ck_assert_uint_eq(policy->zonemd, 2);
	ck_assert_int_eq(policy->serial, ZS_SERIAL_DATE);
	ck_assert_uint_eq(policy->validity_from.line, 5);
	ck_assert_uint_eq(policy->validity_from.column, 28);
}
END_TEST

#define POLICY(line) "policies:\n  default:\n    " line "\n" ZONES

static const struct {
	const char *text, *words;
	unsigned line, column;
} wrong[] = {
	{ "", "the file is empty", 0, 0 },
	{ "state: x\n", "no zones", 0, 0 },
	{ "zones: {}\n", "no zones", 0, 0 },
	{ "- a\n", "a config is a map", 1, 1 },
	{ "zoens: {}\n" ZONES, "did you mean 'zones'?", 1, 1 },
	{ POLICY("sigantures: {}"), "did you mean 'signatures'?", 3, 5 },
	{ "policy:\n  default: {}\n" ZONES, "did you mean 'policies'?", 1, 1 },
	{ "signatures: {}\n" ZONES, "did you mean 'signatures' of a policy?", 1, 1 },
	{ "policies:\n  algorithm: ed25519\n" ZONES, "policies: {default: {algorithm: ...}}", 2, 14 },
	{ POLICY("validity: 14d"), "did you mean 'signatures.validity' of a policy?", 3, 5 },
	{ POLICY("signatures.validity: 14d"), "'validity' stands below 'signatures', indented", 3, 5 },
	{ POLICY("nsec3: {opt-out: yes}"), "did you mean 'denial.nsec3' of a policy?", 3, 5 },
	{ POLICY("signatures: {validity: 14}"), "14 days are written 14d", 3, 28 },
	{ POLICY("zsk: 90d"), "one of: lifetime", 3, 10 },
	{ POLICY("signatures.validity: 14d"), "unknown option 'signatures.validity'", 3, 5 },
	{ POLICY("signatures: {vailidity: 14d}"), "did you mean 'validity'?", 3, 18 },
	{ POLICY("signatures: 14d"), "'signatures' must be a map", 3, 17 },
	{ POLICY("signatures:"), "'signatures' has nothing in it", 3, 16 },
	{ POLICY("safety: [1h]"), "'safety' must be a value, not a list", 3, 13 },
	{ POLICY("safety:"), "'safety' has no value", 3, 12 },
	{ POLICY("safety: 1 hour"), "'1 hour' is no duration for safety", 3, 13 },
	{ POLICY("safety: 31d"), "out of range (0s to 30d)", 3, 13 },
	{ POLICY("safety: 1h\n    safety: 2h"), "duplicate key 'safety': it is already in line 3", 4, 5 },
	{ POLICY("rsa-bits: 1024"), "out of range (2048 to 4096)", 3, 15 },
	{ POLICY("rsa-bits: -1"), "'-1' is no number", 3, 15 },
	{ POLICY("zsk: {lifetime: 90}"), "out of range (1h", 3, 21 },
	{ POLICY("algorithm: rsasha1"), "RFC 9905", 3, 16 },
	{ POLICY("algorithm: 7"), "RFC 9905", 3, 16 },
	{ POLICY("algorithm: ecdsap265sha256"), "did you mean 'ecdsap256sha256'?", 3, 16 },
	{ POLICY("algorithm: 12"), "does not sign with algorithm 12", 3, 16 },
	{ POLICY("denial: nsec5"), "'nsec5' is no value for denial", 3, 13 },
	{ POLICY("denial: {nsec3: {optout: yes}}"), "did you mean 'opt-out'?", 3, 22 },
	{ POLICY("denial: {nsec3: {}, nsec: {}}"), "nsec3 alone can be in it", 3, 13 },
	{ POLICY("denial: {nsec3: {iterations: 51}}"), "RFC 9276", 3, 34 },
	{ POLICY("denial: {nsec3: {salt: abc}}"), "is not hex", 3, 28 },
	{ POLICY("csk: {}\n    zsk: {lifetime: 30d}"), "'zsk' and 'csk' in one policy", 4, 5 },
	{ POLICY("observe: parents"), "parent, off, or {servers: [192.0.2.1]}", 3, 14 },
	{ POLICY("observe: {server: 192.0.2.1}"), "did you mean 'servers'?", 3, 15 },
	{ POLICY("observe: {servers: [192.0.2.1, ns.example]}"), "'ns.example' is no address", 3, 36 },
	{ POLICY("observe: {servers: 192.0.2.1@70000}"), "is no address for observe.servers", 3, 24 },
	{ POLICY("observe: {resolver: mine}"), "own, system, or addresses", 3, 25 },
	{ POLICY("cds: on"), "one of: off, auto", 3, 10 },
	{ POLICY("zonemd: sha265"), "one of: off, sha384, sha512", 3, 13 },
	{ POLICY("serial: unixtim"), "did you mean 'unixtime'?", 3, 13 },
	{ POLICY("propagation: {zone: obsreve}"), "or: observe", 3, 25 },
	{ POLICY("max-zone-ttl: 100y"), "or: auto", 3, 19 },
	{ POLICY("signatures: {validity: 5d}"), "signature validity 5d is not longer than refresh 7d", 3, 28 },
	{ POLICY("signatures: {validity: 10d}"), "signature validity 10d is not longer than refresh 7d + jitter 3d",
	  3, 28 },
	{ POLICY("signatures: {refresh: 2d}"), "signature refresh 2d is shorter than propagation.zone 1h + 2d", 3, 27 },
	{ POLICY("dnskey-ttl: 6d"), "signature refresh 7d is too short for 'default' dnskey-ttl with TTL 6d", 2, 3 },
	{ "zones: [a]\n", "'zones' must be a map", 1, 8 },
	{ "zones:\n  example.com:\n", "zone 'example.com.' has no 'file'", 2, 15 },
	{ "zones:\n  example.com: {file: a}\n", "has no 'output'", 2, 3 },
	{ "zones:\n  example.com: {file: a, output: ./b/../a}\n", "is the zone file itself", 2, 34 },
	{ "zones:\n  a: {file: a, output: x}\n  b: {file: b, output: x}\n", "have one output, 'x'", 3, 24 },
	{ "zones:\n  a: {file: a, output: x}\n  b: {file: x, output: y}\n", "is the zone file of 'b.'", 2, 24 },
	{ "zones:\n  a: {file: a, output: x, publish: {powerdns: {backend: bind, file: b}}}\n  b: {file: b, output: y}\n", "is the zone file of 'b.'", 2, 69 },
	{ "zones:\n  b: {file: f, output: b}\n  a: {file: a, output: x, publish: {powerdns: {backend: bind, file: b}}}\n", "have one output, 'b'", 2, 24 },
	{ "zones:\n  A.x: {file: a, output: x}\n  a.X.: {file: b, output: y}\n", "zone 'a.x.' is there twice", 3, 3 },
	{ "zones:\n  b\xc3\xbc.x: {file: a, output: x}\n", "xn--", 2, 3 },
	{ "zones:\n  a..x: {file: a, output: x}\n", "an empty label", 2, 3 },
	{ "zones:\n  \"@\": {file: a, output: x}\n", "the root is '.'", 2, 3 },
	{ "zones:\n  \"a x\": {file: a, output: x}\n", "has a blank in it", 2, 3 },
	{ ZONES "    policy: defualt\n", "did you mean 'default'?", 5, 13 },
	{ ZONES "    registrar: gandy\n", "did you mean 'gandi'?", 5, 16 },
	{ ZONES "    registrar: nobody-knows-it\n", "'general'", 5, 16 },
	{ ZONES "    file2: x\n", "did you mean 'file'?", 5, 5 },
	{ ZONES "    algorithm: ed25519\n", "did you mean 'algorithm' of a policy?", 5, 5 },
	{ ZONES "    certificate: c\n", "did you mean 'certificate' of a dane entry?", 5, 5 },
	{ ZONES "    servers: [::1, 192.0.2.1]\n", "put what begins with ':' into quotes", 5, 15 },
	{ "zones:\n- example.com:\n    file: a\n", "take the '-' away", 2, 1 },
	{ ZONES "    reload: {shell: \"x {zone}\"}\n", "$ZONESIGN_ZONE", 5, 21 },
	{ ZONES "    reload: {cmd: x}\n", "has the option 'shell' alone", 5, 13 },
	{ ZONES "    reload: []\n", "'reload' is an empty list", 5, 13 },
	{ ZONES "    reload: [a, [b]]\n", "'reload' must be a value, not a list", 5, 17 },
	{ ZONES "    reload: \" \"\n", "'reload' has no value", 5, 13 },
	{ "zones:\n  -x: {file: a, output: b, reload: \"r {zone}\"}\n", "begins with '-'", 2, 36 },
};

START_TEST(every_error_has_its_place)
{
	refused(wrong[_i].text, wrong[_i].words, wrong[_i].line, wrong[_i].column);
}
END_TEST

START_TEST(all_errors_are_reported_not_just_the_first)
{
	ck_assert_ptr_null(load("policies:\n  default: {safety: x, cds: y, dnskey-ttl: z}\nzones:\n  a: {file: q}\n"));
	ck_assert_uint_eq(run->error_count, 4);
	ck_assert_int_eq(run->fault, ZS_INPUT);
}
END_TEST

#define DANE(text) ZONES "    dane:\n      - " text "\n"

static const struct {
	const char *text, *words;
	unsigned line, column;
} wrong_dane[] = {
	{ ZONES "    dane: {host: mail.example.com}\n", "put '- ' before", 5, 11 },
	{ DANE("{host: mail.example.net, port: 25, certificate: c}"),
	  "mail.example.net is outside zone example.com; publish its TLSA there", 6, 16 },
	{ DANE("{host: mail, port: 25, certificate: c}"), "did you mean 'mail.example.com'?", 6, 16 },
	{ DANE("{port: 25, certificate: c}"), "has no 'host'", 6, 9 },
	{ DANE("{host: mx, certificate: c}"), "has no 'port'", 6, 9 },
	{ DANE("{host: mx, port: 25}"), "has no 'certificate'", 6, 9 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 1 1 1}"),
	  "usage 1 (PKIX-EE) is unusable for SMTP: senders will not verify. Use 3 1 1", 6, 55 },
	{ DANE("{host: mx, port: [443, 587], certificate: c, records: [3 1 1, 0 1 1]}"),
	  "usage 0 (PKIX-TA) is unusable for SMTP", 6, 71 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 3 1 3}"),
	  "matching type 3 is not assigned; clients ignore the record", 6, 55 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 4 1 1}"), "usage 4 is not assigned", 6, 55 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 3 2 1}"), "selector 2 is not assigned", 6, 55 },
	{ DANE("{host: mx, port: 25, certificate: c, records: [3, 1, 1]}"), "several of them as a list", 6, 56 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 3 1 1 1}"), "no kind of TLSA record", 6, 55 },
	{ DANE("{host: mx, port: 25, certificate: c, records: 311}"), "no kind of TLSA record", 6, 55 },
	{ DANE("{host: mx, port: 65536, certificate: c}"), "out of range (1 to 65535)", 6, 26 },
	{ DANE("{host: mx, port: 0, certificate: c}"), "is no port", 6, 26 },
	{ DANE("{host: mx, port: 025, certificate: c}"), "no leading zeros", 6, 26 },
	{ DANE("{host: mx, port: 25/tpc, certificate: c}"), "did you mean 'tcp'?", 6, 26 },
	{ DANE("{host: mx, port: 25, certifcate: c}"), "did you mean 'certificate'?", 6, 30 },
	{ DANE("{host: mx, port: 25, cert: c}"), "did you mean 'certificate'?", 6, 30 },
	{ DANE("{host: mx, port: [], certificate: c}"), "'port' is an empty list", 6, 26 },
	{ DANE("{host: mx, port: 25, certificate: c, ttl: 31d}"), "out of range", 6, 51 },
};

START_TEST(every_dane_error_has_its_place)
{
	refused(wrong_dane[_i].text, wrong_dane[_i].words, wrong_dane[_i].line, wrong_dane[_i].column);
}
END_TEST

START_TEST(dane_takes_one_or_a_list_of_everything)
{
	const struct zs_config *config = load_good(ZONES
		"    dane:\n      - host: [Mail.example.com, example.com., mx]\n        port: [25, \"443/udp\", 5061/SCTP]\n"
		"        certificate: [rsa.pem, /etc/ec.pem]\n        records: [3 1 1, \"2  0   2\"]\n"
		"        next: next.csr\n        ttl: 30m\n"
		"      - {host: a.example.com, port: 443, certificate: c, records: 1 1 1}\n");
	ck_assert_uint_eq(config->zones[0].dane_count, 2);
	const struct zs_dane_entry *entry = &config->zones[0].dane[0];
	ck_assert_uint_eq(entry->host_count, 3);
	char name[ZS_NAME_TEXT];
	ck_assert_str_eq(zs_name_text(entry->hosts[0].name, name), "mail.example.com.");
	ck_assert_str_eq(zs_name_text(entry->hosts[1].name, name), "example.com.");
	ck_assert(entry->hosts[2].mx && !entry->hosts[0].mx);
	ck_assert_uint_eq(entry->port_count, 3);
	ck_assert(entry->ports[0].port == 25 && entry->ports[0].transport == ZS_TCP);
	ck_assert(entry->ports[1].port == 443 && entry->ports[1].transport == ZS_UDP);
	ck_assert(entry->ports[2].port == 5061 && entry->ports[2].transport == ZS_SCTP);
	ck_assert_str_eq(entry->certificates[0].path, zs_arena_printf(run->arena, "%s/rsa.pem", dir));
	ck_assert_str_eq(entry->certificates[1].path, "/etc/ec.pem");
	ck_assert_uint_eq(entry->record_count, 2);
	ck_assert(entry->records[1].usage == 2 && entry->records[1].selector == 0 && entry->records[1].matching == 2);
	ck_assert_str_eq(entry->next.text, "next.csr");
	ck_assert_uint_eq(entry->ttl, 1800);
	const struct zs_dane_entry *second = &config->zones[0].dane[1]; /* usage 1 is for browsers, if any */
	ck_assert(second->records[0].usage == 1 && second->ttl == 3600 && !second->next.path);
}
END_TEST

START_TEST(dane_without_records_makes_3_1_1)
{
	const struct zs_config *config = load_good(DANE("{host: mx, port: 25, certificate: c}"));
	const struct zs_dane_entry *entry = &config->zones[0].dane[0];
	ck_assert_uint_eq(entry->record_count, 1);
	ck_assert(entry->records[0].usage == 3 && entry->records[0].selector == 1 && entry->records[0].matching == 1);
}
END_TEST

START_TEST(commands_are_argv_or_a_shell_never_both)
{
	const struct zs_config *config = load_good(ZONES "    reload:  rndc   reload {zone}\n    notify: [t, \"a b\", \"\"]\n");
	const struct zs_zone_config *zone = &config->zones[0];
	ck_assert_str_eq(zone->reload.argv[0], "rndc");
	ck_assert_str_eq(zone->reload.argv[1], "reload");
	ck_assert_str_eq(zone->reload.argv[2], "{zone}");
	ck_assert_ptr_null(zone->reload.argv[3]);
	ck_assert_str_eq(zone->notify.argv[1], "a b");
	ck_assert_str_eq(zone->notify.argv[2], "");
	ck_assert_ptr_null(zone->notify.argv[3]);
	ck_assert_uint_eq(run->warning_count, 0);
	config = load_good(ZONES "    reload: {shell: \"a | b > c\"}\n");
	ck_assert_str_eq(config->zones[0].reload.shell, "a | b > c");
	ck_assert_ptr_null(config->zones[0].reload.argv);
	ck_assert_uint_eq(run->warning_count, 0);
}
END_TEST

START_TEST(a_string_that_looks_like_shell_gets_a_warning)
{
	static const char *const texts[] = { "a 'b c'", "a \"b\"", "a | b", "a > b", "a; b", "a $HOME", "a && b",
	                                     "~/a", "a *" };
	for (size_t i = 0; i < ZS_COUNT(texts); i++) {
		const unsigned before = run->warning_count;
		load_good(zs_arena_printf(run->arena, ZONES "    reload: %s\n", texts[i]));
		ck_assert_msg(run->warning_count == before + 1, "no warning for: %s", texts[i]);
	}
}
END_TEST

START_TEST(nsec3_iterations_and_salt_are_taken_with_a_warning)
{
	const struct zs_config *config = load_good(POLICY("denial: {nsec3: {iterations: 50, salt: AAbb}}"));
	const struct zs_nsec3_options *nsec3 = &config->policies[0].nsec3;
	ck_assert_uint_eq(nsec3->iterations, 50);
	ck_assert_uint_eq(nsec3->salt_len, 2);
	ck_assert(nsec3->salt[0] == 0xaa && nsec3->salt[1] == 0xbb);
	ck_assert_uint_eq(run->warning_count, 2);
}
END_TEST

START_TEST(zones_are_in_canonical_order_and_found_by_name)
{
	const struct zs_config *config = load_good("zones:\n  b.example: {file: a, output: 1}\n  z.example: {file: a, output: 2}\n"
	                                           "  example: {file: a, output: 3}\n  a.b.example: {file: a, output: 4}\n"
	                                           "  .: {file: a, output: 5}\n");
	static const char *const sorted[] = { ".", "example.", "b.example.", "a.b.example.", "z.example." };
	for (size_t i = 0; i < ZS_COUNT(sorted); i++) {
		ck_assert_str_eq(config->zones[i].name_text, sorted[i]);
		ck_assert_ptr_eq(zs_config_zone(run, config, sorted[i]), &config->zones[i]);
	}
	ck_assert_str_eq(config->zones[0].state_dir, zs_arena_printf(run->arena, "%s/state/@", dir));
	ck_assert_ptr_eq(zs_config_zone(run, config, "A.B.EXAMPLE"), &config->zones[3]);
	ck_assert_uint_eq(run->error_count, 0);
	ck_assert_ptr_null(zs_config_zone(run, config, "b.exmaple"));
	ck_assert_int_eq(run->fault, ZS_USAGE);
	ck_assert_str_eq(run->last->hint, "did you mean 'b.example'?");
	ck_assert_ptr_null(zs_config_zone(run, config, "a..b"));
	ck_assert_ptr_null(zs_config_zone(run, config, ""));
}
END_TEST

START_TEST(zones_dir_reads_its_yaml_files_sorted)
{
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	put_file("zones/b.org.yaml", "file: b\noutput: b.signed\n");
	put_file("zones/a.org.yaml", "file: a\noutput: a.org.signed\n");
	put_file("zones/0%2F25.2.0.192.in-addr.arpa.yaml", "file: c\noutput: c.signed\n");
	put_file("zones/@.yaml", "file: d\noutput: d.signed\n");
	put_file("zones/.hidden.yaml", "nonsense\n");
	put_file("zones/readme.txt", "nonsense\n");
	put_file("zones/c.org.yml", "file: c\noutput: c.signed\n");
	const struct zs_config *config = load_good("zones-dir: zones\n" ZONES);
	ck_assert_uint_eq(config->zone_count, 5);
	ck_assert_uint_eq(config->file_count, 5);
	ck_assert_ptr_nonnull(strstr(config->files[4].path, "/zones/b.org.yaml"));
	const struct zs_zone_config *zone = zs_config_zone(run, config, "0/25.2.0.192.in-addr.arpa");
	ck_assert_ptr_nonnull(zone);
	ck_assert_str_eq(zone->file.path, zs_arena_printf(run->arena, "%s/c", dir));
	ck_assert_ptr_nonnull(zs_config_zone(run, config, "."));
	ck_assert_uint_eq(run->warning_count, 1); /* the .yml */
}
END_TEST

START_TEST(an_error_in_a_file_of_zones_dir_stops_that_zone_and_names_the_file)
{
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	put_file("zones/a.org.yaml", "file: a\noutptu: a.signed\n");
	put_file("zones/b.org.yaml", ""); /* half written */
	put_file("zones/c..org.yaml", "file: c\noutput: c.signed\n");
	put_file("zones/d.org.yaml", "file: d\noutput: d.signed\n");
	const struct zs_config *config = load_good("zones-dir: zones\n" ZONES);
	ck_assert_uint_eq(config->zone_count, 2);
	ck_assert_uint_eq(config->bad_count, 3);
	ck_assert_ptr_nonnull(zs_config_zone(run, config, "d.org"));
	ck_assert_ptr_null(run->diags);
	ck_assert_int_eq(run->fault, ZS_DONE);
	ck_assert_ptr_null(zs_config_zone(run, config, "a.org"));
	const struct zs_diag *diag = find("did you mean 'output'?");
	ck_assert_ptr_nonnull(diag);
	ck_assert_ptr_nonnull(strstr(diag->path, "/zones/a.org.yaml"));
	ck_assert_uint_eq(diag->line, 2);
	ck_assert_int_eq(run->fault, ZS_INPUT);
	ck_assert_ptr_null(find("the file is empty"));
	ck_assert_ptr_null(zs_config_zone(run, config, "b.org"));
	ck_assert_ptr_nonnull(find("the file is empty"));
}
END_TEST

START_TEST(zones_that_are_at_odds_stop_each_other_and_no_third)
{
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	put_file("zones/a.org.yaml", "file: a\noutput: one.signed\n");
	put_file("zones/b.org.yaml", "file: b\noutput: one.signed\n");
	put_file("zones/c.org.yaml", "file: c\noutput: c.signed\n");
	put_file("zones/d.org.yaml", "file: d\noutput: c\n"); /* over the zone file of another */
	put_file("zones/E.org.yaml", "file: e\noutput: e.signed\n");
	put_file("zones/e.org.yaml", "file: f\noutput: f.signed\n");
	put_file("zones/example.com.yaml", "file: x\noutput: y\n"); /* and in the main file */
	const struct zs_config *config = load_good("zones-dir: zones\n" ZONES "  example.net: {file: n, output: n.signed}\n");
	ck_assert_uint_eq(config->zone_count, 2);
	ck_assert_str_eq(config->zones[0].name_text, "example.net.");
	ck_assert_str_eq(config->zones[1].name_text, "c.org.");
	for (size_t i = 0; i < config->bad_count; i++)
		ck_assert_ptr_nonnull(config->bad[i].diags);
	ck_assert_uint_eq(config->bad_count, 7);
	ck_assert_ptr_null(zs_config_zone(run, config, "a.org"));
	ck_assert_ptr_nonnull(strstr(find("zones 'a.org.' and 'b.org.' have one output")->path, "/a.org.yaml"));
	ck_assert_uint_eq(run->error_count, 1);
	ck_assert_ptr_null(zs_config_zone(run, config, "d.org"));
	ck_assert_ptr_nonnull(find("output 'c' is the zone file of 'c.org.'"));
	ck_assert_ptr_null(zs_config_zone(run, config, "e.org"));
	ck_assert_ptr_nonnull(find("zone 'e.org.' is there twice"));
	ck_assert_uint_eq(run->error_count, 4);
	ck_assert_ptr_null(zs_config_zone(run, config, "example.com"));
	ck_assert_ptr_nonnull(find("zone 'example.com.' is there twice"));
}
END_TEST

START_TEST(an_error_in_the_main_file_stops_all_and_nothing_is_left_unsaid)
{
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	put_file("zones/a.org.yaml", "file: a\noutptu: a.signed\n");
	ck_assert_ptr_null(load("zones-dir: zones\nstat: x\n" ZONES));
	ck_assert_ptr_nonnull(find("did you mean 'state'?"));
	ck_assert_ptr_nonnull(find("did you mean 'output'?"));
}
END_TEST

static void make_link(const char *to, const char *name)
{
	ck_assert_int_eq(symlink(to, zs_arena_printf(run->arena, "%s/%s", dir, name)), 0);
}

/* What zones a and b say to the outputs one and other. */
static bool loads_with_outputs(const char *one, const char *other)
{
	return load(zs_arena_printf(run->arena, "zones:\n  a: {file: a.zone, output: %s}\n  b: {file: b.zone, output: %s}\n", one, other));
}

START_TEST(two_outputs_that_are_one_file_by_links_are_refused)
{
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/signed", dir), 0755), 0);
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/other", dir), 0755), 0);
	make_link("signed", "s2");
	put_file("signed/z", "");
	make_link("../signed/z", "other/z");
	ck_assert(loads_with_outputs("signed/a", "s2/b"));
	ck_assert(loads_with_outputs("signed/a", "other/a"));
	ck_assert(loads_with_outputs("nowhere/a", "elsewhere/a"));
	ck_assert(!loads_with_outputs("signed/a", "s2/a"));
	ck_assert_ptr_nonnull(find("zones 'a.' and 'b.' have one output, 's2/a'"));
	ck_assert(!loads_with_outputs("signed/z", "other/z"));
	ck_assert_ptr_nonnull(find("zones 'a.' and 'b.' have one output, 'other/z'"));
	ck_assert(!loads_with_outputs("signed/a", "s2/../s2/./a"));
	ck_assert(!loads_with_outputs("s2/../b.zone", "signed/b"));
	ck_assert_ptr_nonnull(find("output 's2/../b.zone' is the zone file of 'b.'"));
}
END_TEST

START_TEST(an_empty_or_missing_zones_dir_is_an_error)
{
	ck_assert_ptr_null(load("zones-dir: nowhere\n"));
	ck_assert_ptr_nonnull(find("cannot open directory"));
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	ck_assert_ptr_null(load("zones-dir: zones\n"));
	ck_assert_ptr_nonnull(find("no zones"));
}
END_TEST

START_TEST(an_output_that_is_a_link_to_the_zone_file_is_refused)
{
	put_file("a.zone", "; mine\n");
	ck_assert_int_eq(symlink("a.zone", zs_arena_printf(run->arena, "%s/a.signed", dir)), 0);
	refused(ZONES, "is the zone file itself", 4, 13);
}
END_TEST

/* Of many zones several threads look at the files; what they find is told in order, and one of zones-dir stops no other. */
START_TEST(each_of_many_outputs_that_is_its_zone_file_is_told)
{
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	ck_assert_int_eq(mkdir(zs_arena_printf(run->arena, "%s/zones", dir), 0755), 0);
	put_file("zones/last.test.yaml", "file: a.zone\noutput: a.signed\n");
	put_file("a.zone", "; mine\n");
	ck_assert_int_eq(symlink("a.zone", zs_arena_printf(run->arena, "%s/a.signed", dir)), 0);
	ck_assert_int_eq(link(zs_arena_printf(run->arena, "%s/a.zone", dir), zs_arena_printf(run->arena, "%s/a.too", dir)), 0);
	zs_buf_text(&text, "zones-dir: zones\nzones:\n");
	for (unsigned i = 0; i < 3000; i++)
		zs_buf_printf(&text, "  z%04u.test: {file: a.zone, output: %s}\n", i,
		              i == 700 || i == 2400 ? "a.too" : i == 1500 ? "a.signed" : zs_arena_printf(run->arena, "out/%u", i));
	run->jobs = 4;
	ck_assert_ptr_null(load(zs_buf_string(&text)));
	unsigned line = 0, count = 0;
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		if (strstr(d->message, "is the zone file itself") && strstr(d->path, "zonesign.yaml")) {
			ck_assert_uint_gt(d->line, line);
			line = d->line;
			ck_assert(line == 703 || line == 1503 || line == 2403);
			count++;
		}
	ck_assert_uint_eq(count, 3);
	zs_run_end(run);
	run = zs_run_begin();
	run->jobs = 4;
	const struct zs_config *config = load("zones-dir: zones\n" "zones: {z.test: {file: b.zone, output: b.signed}}\n");
	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(config->zone_count, 1);
	ck_assert_uint_eq(config->bad_count, 1);
	ck_assert_ptr_nonnull(strstr(config->bad[0].diags->message, "is the zone file itself"));
}
END_TEST

START_TEST(root_refuses_a_config_that_others_can_write)
{
	if (geteuid() != 0) /* the rule is for root alone */
		return;
	const struct zs_config *config;
	const char *path = put_file("zonesign.yaml", ZONES);
	ck_assert(zs_config_load(run, path, &config));
	ck_assert_int_eq(chmod(path, 0646), 0);
	ck_assert(!zs_config_load(run, path, &config));
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(chown(path, 12345, 0), 0);
	ck_assert(!zs_config_load(run, path, &config));
	ck_assert_int_eq(chown(path, 0, 12345), 0);
	ck_assert(zs_config_load(run, path, &config)); /* a group that may only read */
	ck_assert_int_eq(chmod(path, 0664), 0);
	ck_assert(!zs_config_load(run, path, &config));
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert(!zs_config_load(run, path, &config));
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_uint_eq(run->error_count, 4);
}
END_TEST

START_TEST(refresh_must_outlive_the_largest_ttl)
{
	const struct zs_policy *policy = load_good(ZONES)->zones[0].policy;
	/* 7d - 1h - 2d */
	ck_assert(zs_policy_check_ttl(run, policy, 5 * 86400 - 3600, "www.example.com.", "A"));
	ck_assert_uint_eq(run->error_count, 0);
	ck_assert(!zs_policy_check_ttl(run, policy, 5 * 86400 - 3599, "www.example.com.", "A"));
	ck_assert_ptr_nonnull(strstr(run->last->message, "'www.example.com.' A with TTL 4d23h1s"));
	ck_assert_ptr_nonnull(strstr(run->last->hint,
	                             "refresh: 8d with validity: 14d would do, or a TTL of at most 4d23h"));
	ck_assert(!zs_policy_check_ttl(run, policy, 2147483647, "a.", "A"));
	/* what the hint says does */
	struct zs_policy better = *policy;
	better.refresh = 8 * 86400;
	ck_assert(zs_policy_check_ttl(run, &better, 5 * 86400 - 3599, "www.example.com.", "A"));
}
END_TEST

START_TEST(a_zone_names_its_server_by_a_word_or_a_map)
{
	const struct zs_config *config = load_good(
		"zones:\n  a.example: {file: a, output: 1, publish: nsd}\n"
		"  b.example: {file: a, output: 2, publish: {knot: {socket: k.sock, server: 192.0.2.1@5301, wait: 3s}}}\n"
		"  c.example: {file: a, output: 3, publish: {bind: {rndc: rndc -p 953}}}\n"
		"  d.example: {file: a, output: 4, publish: {powerdns: {backend: bind, file: f, config-name: x-1}}}\n"
		"  e.example: {file: a, output: 5, publish: command, reload: \"true\"}\n  f.example: {file: a, output: 6}\n");
	const struct zs_publish_options *nsd = config->zones[0].publish, *knot = config->zones[1].publish;
	ck_assert_int_eq(nsd->kind, ZS_PUBLISH_NSD);
	ck_assert_str_eq(nsd->servers[0].text, "127.0.0.1");
	ck_assert_int_eq(nsd->wait, 10);
	ck_assert_int_eq(knot->kind, ZS_PUBLISH_KNOT);
	ck_assert_str_eq(knot->servers[0].text, "192.0.2.1@5301");
	ck_assert_str_eq(knot->socket.text, "k.sock");
	ck_assert_int_eq(knot->wait, 3);
	ck_assert_str_eq(config->zones[2].publish->program.argv[2], "953");
	ck_assert_int_eq(config->zones[3].publish->backend, ZS_PDNS_BIND);
	ck_assert_str_eq(config->zones[3].publish->config_name, "x-1");
	ck_assert_int_eq(config->zones[4].publish->kind, ZS_PUBLISH_COMMAND);
	ck_assert_int_eq(config->zones[5].publish->kind, ZS_PUBLISH_COMMAND);
}
END_TEST

START_TEST(paths_are_cleaned_by_their_text)
{
	static const char *const cases[][2] = {
		{ "a//b/./c/", "a/b/c" }, { "a/../b", "b" }, { "../a", "../a" }, { "a/../../b", "../b" }, { "/../a", "/a" },
		{ "/", "/" }, { ".", "." }, { "a/..", "." }, { "../../a/..", "../.." }, { "/a/b/../../..",
		                                                                          "/" }, { "./a", "a" },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++)
		ck_assert_str_eq(zs_path_clean(run->arena, cases[i][0]), cases[i][1]);
}
END_TEST

/* ---- the table and the example ---- */

/* The value at "a.b.c" below node. */
static const struct zs_yaml *at_path(const struct zs_yaml *node, const char *path)
{
	while (node && *path) {
		const size_t len = strcspn(path, ".");
		node = zs_yaml_get(node, zs_arena_text(run->arena, path, len));
		path += len + (path[len] == '.');
	}
	return node;
}

static const struct zs_yaml *find_option(const struct zs_yaml *root, const struct zs_option *option)
{
	const struct zs_yaml *policies = zs_yaml_get(root, "policies"), *zones = zs_yaml_get(root, "zones"), *node = NULL;
	const struct zs_yaml *zone = zs_yaml_get(zones, "example.com");
	switch (option->section) {
	case ZS_SECTION_TOP:
		return at_path(root, option->name);
	case ZS_SECTION_POLICY: /* the first policy that is not at odds with it: a csk and nsec3 are in the second */
		for (uint32_t i = 0; i < policies->count && !node; i++)
			node = at_path(policies->entries[i].value, option->name);
		return node;
	case ZS_SECTION_ZONE: /* the same: a zone is published to one server */
		for (uint32_t i = 0; i < zones->count && !node; i++)
			node = at_path(zones->entries[i].value, option->name);
		return node;
	case ZS_SECTION_DANE:
		return at_path(zs_yaml_get(zone, "dane")->entries[0].value, option->name);
	case ZS_SECTION_SSHFP:
		return at_path(zs_yaml_get(zone, "sshfp")->entries[0].value, option->name);
	case ZS_SECTION_SMIMEA:
		return at_path(zs_yaml_get(zone, "smimea")->entries[0].value, option->name);
	case ZS_SECTION_OPENPGPKEY:
		return at_path(zs_yaml_get(zone, "openpgpkey")->entries[0].value, option->name);
	}
	return NULL;
}

START_TEST(the_example_shows_every_option_with_its_default)
{
	struct zs_input input;
	const struct zs_yaml *root;
	ck_assert(zs_file_read(run, run->arena, NULL, "zonesign.yaml.example", ZS_YAML_MAX, &input, NULL));
	ck_assert(zs_yaml_parse(run, run->arena, &input, &root));
	const struct zs_option *option;
	size_t count = 0;
	for (; (option = zs_option_at(count)); count++) {
		if (strcmp(option->name, "zones-dir") == 0) { /* a directory that must be there: shown as a comment */
			ck_assert_ptr_nonnull(strstr(input.text, "\n# zones-dir: "));
			continue;
		}
		const struct zs_yaml *node = find_option(root, option);
		ck_assert_msg(node != NULL, "the example does not show '%s'", option->name);
		if (!option->fallback)
			continue;
		ck_assert_msg(node->kind == ZS_YAML_SCALAR && strcmp(node->text, option->fallback) == 0,
		              "the example shows '%s' with another default than '%s'", option->name, option->fallback);
		const struct zs_source *where = &node->where;
		const char *line = input.text;
		for (uint32_t n = 1; n < where->line; n++)
			line = strchr(line, '\n') + 1;
		ck_assert_msg(memchr(line, '#', strcspn(line, "\n")) != NULL, "the example gives no reason for '%s'",
		              option->name);
	}
	ck_assert_uint_gt(count, 35);
}
END_TEST

START_TEST(the_example_loads_as_it_is)
{
	struct zs_input input;
	ck_assert(zs_file_read(run, run->arena, NULL, "zonesign.yaml.example", ZS_YAML_MAX, &input, NULL));
	const struct zs_config *config = load_good(input.text);
	ck_assert_uint_eq(config->zone_count, 9);
	ck_assert_uint_eq(run->warning_count, 0);
}
END_TEST

/* "default" in the example says nothing but the built-in defaults. */
START_TEST(the_examples_default_policy_is_the_built_in_one)
{
	struct zs_input input;
	ck_assert(zs_file_read(run, run->arena, NULL, "zonesign.yaml.example", ZS_YAML_MAX, &input, NULL));
	struct zs_policy written = *zs_config_zone(run, load_good(input.text), "example.com")->policy;
	struct zs_policy built_in = *load_good(ZONES)->zones[0].policy;
	built_in.name = written.name;
	built_in.from = written.from;
	built_in.validity_from = written.validity_from;
	built_in.refresh_from = written.refresh_from;
	built_in.max_zone_ttl_from = written.max_zone_ttl_from;
	ck_assert_mem_eq(&written, &built_in, sizeof written);
}
END_TEST

ZS_SUITE(config)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_zone_with_two_lines_gets_every_default);
	tcase_add_test(tcase, a_policy_changes_what_it_names_and_nothing_else);
	tcase_add_loop_test(tcase, every_error_has_its_place, 0, (int)ZS_COUNT(wrong));
	tcase_add_test(tcase, all_errors_are_reported_not_just_the_first);
	tcase_add_loop_test(tcase, every_dane_error_has_its_place, 0, (int)ZS_COUNT(wrong_dane));
	tcase_add_test(tcase, dane_takes_one_or_a_list_of_everything);
	tcase_add_test(tcase, dane_without_records_makes_3_1_1);
	tcase_add_test(tcase, commands_are_argv_or_a_shell_never_both);
	tcase_add_test(tcase, a_string_that_looks_like_shell_gets_a_warning);
	tcase_add_test(tcase, nsec3_iterations_and_salt_are_taken_with_a_warning);
	tcase_add_test(tcase, zones_are_in_canonical_order_and_found_by_name);
	tcase_add_test(tcase, zones_dir_reads_its_yaml_files_sorted);
	tcase_add_test(tcase, an_error_in_a_file_of_zones_dir_stops_that_zone_and_names_the_file);
	tcase_add_test(tcase, zones_that_are_at_odds_stop_each_other_and_no_third);
	tcase_add_test(tcase, an_error_in_the_main_file_stops_all_and_nothing_is_left_unsaid);
	tcase_add_test(tcase, two_outputs_that_are_one_file_by_links_are_refused);
	tcase_add_test(tcase, an_empty_or_missing_zones_dir_is_an_error);
	tcase_add_test(tcase, an_output_that_is_a_link_to_the_zone_file_is_refused);
	tcase_add_test(tcase, each_of_many_outputs_that_is_its_zone_file_is_told);
	tcase_add_test(tcase, root_refuses_a_config_that_others_can_write);
	tcase_add_test(tcase, refresh_must_outlive_the_largest_ttl);
	tcase_add_test(tcase, a_zone_names_its_server_by_a_word_or_a_map);
	tcase_add_test(tcase, paths_are_cleaned_by_their_text);
	tcase_add_test(tcase, the_example_shows_every_option_with_its_default);
	tcase_add_test(tcase, the_example_loads_as_it_is);
	tcase_add_test(tcase, the_examples_default_policy_is_the_built_in_one);
	suite_add_tcase(suite, tcase);
	return suite;
}
