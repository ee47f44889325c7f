/* test_ds.c - what registrars are told. The key is RFC 6605's example; its DS was computed by BIND and by ldns too. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "dns/algorithm.h"
#include "dns/name.h"
#include "ds/ds.h"
#include "ds/ds_private.h"

#define KEY "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="
#define DIGEST "B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17"

static struct zs_run *run;
static uint8_t zone[ZS_NAME_MAX];
static uint8_t first[128], second[128];
static struct zs_bytes wanted[2], removed[1];

static struct zs_bytes make_key(uint8_t *out, uint16_t flags, uint8_t algorithm, const char *base64)
{
	size_t bad;
	zs_put_u16(out, flags);
	out[2] = 3;
	out[3] = algorithm;
	const long len = zs_base64_decode(base64, strlen(base64), out + 4, &bad);
	ck_assert_int_gt(len, 0);
	return (struct zs_bytes){ out, 4 + (size_t)len };
}

static void set_zone(const char *text)
{
	struct zs_name_error error;
	ck_assert_uint_ne(zs_name_parse(text, strlen(text), NULL, zone, &error), 0);
}

static void setup(void)
{
	run = zs_run_begin();
	set_zone("Example.NET.");
	wanted[0] = make_key(first, 257, 13, KEY);
}

static void teardown(void)
{
	zs_run_end(run);
}

static struct zs_ds_request request_for(const char *registrar)
{
	return (struct zs_ds_request){ .zone = zone, .ttl = 3600, .wanted = wanted, .wanted_count = 1,
	                               .registrar = registrar };
}

static const char *text_of(const struct zs_ds_request *request, enum zs_ds_format format)
{
	struct zs_buf buf = { .arena = run->arena, .max = 100000 };
	ck_assert(zs_ds_write(run, request, format, &buf));
	ck_assert(!buf.full);
	return zs_buf_string(&buf);
}

static const char *simple(const char *registrar, enum zs_ds_format format)
{
	const struct zs_ds_request request = request_for(registrar);
	return text_of(&request, format);
}

START_TEST(records_agree_with_bind_and_ldns)
{
	ck_assert_str_eq(simple(NULL, ZS_DS_RECORDS), "example.net.\t3600\tIN\tDS\t55648 13 2 " DIGEST "\n");
	ck_assert_str_eq(simple(NULL, ZS_DS_CDS), "example.net.\t3600\tIN\tCDS\t55648 13 2 " DIGEST "\n");
	ck_assert_str_eq(simple(NULL, ZS_DS_DNSKEY), "example.net.\t3600\tIN\tDNSKEY\t257 3 13 " KEY "\n");
	ck_assert_str_eq(simple(NULL, ZS_DS_CDNSKEY), "example.net.\t3600\tIN\tCDNSKEY\t257 3 13 " KEY "\n");
}
END_TEST

START_TEST(cds_asks_for_no_ds_only_when_nothing_is_wanted)
{
	struct zs_ds_request request = request_for(NULL);
	request.removed = wanted;
	request.removed_count = 1;
	request.wanted_count = 0;
	ck_assert_str_eq(text_of(&request, ZS_DS_CDS), "example.net.\t3600\tIN\tCDS\t0 0 0 00\n");
	ck_assert_str_eq(text_of(&request, ZS_DS_CDNSKEY), "example.net.\t3600\tIN\tCDNSKEY\t0 3 0 AA==\n");
	ck_assert_str_eq(text_of(&request, ZS_DS_RECORDS), "");
	request.removed_count = 0;
	ck_assert_str_eq(text_of(&request, ZS_DS_CDS), "");
	ck_assert_str_eq(text_of(&request, ZS_DS_EPP), "");
}
END_TEST

/* Each form with the test key: its fields in the order of the registrar's documentation. */
static const struct {
	const char *registrar, *text;
} forms[] = {
	{ "general",
	  "Domain: example.net\nRegistrar: any registrar\nNote: Forms ask for the DS data or for the key data, seldom for both.\n"
	  "\nEnter (key tag 55648):\n DS data\n  Key tag: 55648\n"
	  "  Algorithm: 13 (ECDSAP256SHA256, ECDSA Curve P-256 with SHA-256)\n  Digest type: 2 (SHA-256)\n  Digest: " DIGEST "\n"
	  " Key data\n  Flags: 257 (KSK)\n  Protocol: 3\n  Public key: " KEY "\n"
	  " Records\n  DS: example.net. IN DS 55648 13 2 " DIGEST "\n  DNSKEY: example.net. IN DNSKEY 257 3 13 " KEY "\n" },
	{ "gandi",
	  "Domain: example.net\nRegistrar: Gandi\nNote: Gandi takes the key, not a DS: it computes key tag and digest itself.\n"
	  "\nEnter (key tag 55648):\n  Flag / key type (label unconfirmed): 257 - KSK\n"
	  "  Algorithm: 13 (ECDSAP256SHA256, ECDSA Curve P-256 with SHA-256)\n  Public key: " KEY "\n" },
	{ "ovh",
	  "Domain: example.net\nRegistrar: OVHcloud\n"
	  "Note: At most 4 keys. OVHcloud's own DNSSEC must be off, or the form cannot be edited.\n"
	  "\nEnter (key tag 55648):\n  Key Tag: 55648\n  Flag: 257 - Key Signing Key (KSK)\n"
	  "  Algorithm: 13 - ECDSAP256SHA256\n  Public key (encoded in base64): " KEY "\n" },
	{ "porkbun",
	  "Domain: example.net\nRegistrar: Porkbun\n\nEnter (key tag 55648):\n  Key Tag (label unconfirmed): 55648\n"
	  "  DS Data Algorithm (label unconfirmed): 13 (ECDSAP256SHA256, ECDSA Curve P-256 with SHA-256)\n"
	  "  Digest Type (label unconfirmed): 2 (SHA-256)\n  Digest (label unconfirmed): " DIGEST "\n"
	  "  Max Sig Life (label unconfirmed): leave it empty\n  keyData (all of it) (label unconfirmed): leave it empty\n" },
	{ "inwx",
	  "Domain: example.net\nRegistrar: INWX\nNote: The DS line is optional: INWX computes it from the DNSKEY line.\n"
	  "\nEnter (key tag 55648):\n  DNSKEY (label unconfirmed): example.net. IN DNSKEY 257 3 13 " KEY "\n"
	  "  DS (label unconfirmed): example.net. IN DS 55648 13 2 " DIGEST "\n" },
	{ "namesilo",
	  "Domain: example.net\nRegistrar: NameSilo\n\nEnter (key tag 55648):\n  Digest: " DIGEST "\n  Key tag: 55648\n"
	  "  Digest type: 2 (SHA-256)\n  Algorithm: 13 (ECDSAP256SHA256, ECDSA Curve P-256 with SHA-256)\n" },
	{ "name.com",
	  "Domain: example.net\nRegistrar: Name.com\n\nEnter (key tag 55648):\n  Key tag: 55648\n  Algorithm: 13\n"
	  "  Digest Type: 2\n  Digest: " DIGEST "\n" },
	{ "opensrs",
	  "Domain: example.net\nRegistrar: OpenSRS\n"
	  "Note: SET_DNSSEC_INFO replaces the whole set: send all entries that are to be there in one call.\n"
	  "Note: algorithm 13 is not in OpenSRS's documented list (5, 6, 7, 8, 10, 253, 254) and may be refused.\n"
	  "\nEnter (key tag 55648):\n  key_tag: 55648\n  algorithm: 13\n  digest_type: 2\n  digest: " DIGEST "\n" },
};

START_TEST(a_form_has_the_registrars_words_in_its_order)
{
	ck_assert_str_eq(simple(forms[_i].registrar, ZS_DS_FORM), forms[_i].text);
}
END_TEST

/* Order of labels only, for the forms whose text is like the ones above. */
static const struct {
	const char *registrar;
	const char *labels[8];
} orders[] = {
	{ "namecheap", { "Key Tag", "Algorithm", "Digest Type", "Digest" } },
	{ "godaddy", { "Key tag", "Algorithm", "Digest type", "Digest", "Max signature life", "Flags", "Protocol",
	               "Public key" } },
	{ "route53", { "Key type", "Algorithm", "Public key" } },
	{ "joker", { "Tag", "Algorithm", "Digest type", "Digest" } },
	{ "dynadot", { "Key tag", "Algorithm", "Digest type", "Digest", "Flags", "Algorithm", "Public key" } },
	{ "transip", { "Key tag", "Flags", "Algorithm", "Public key" } },
	{ "openprovider", { "Key type", "Algorithm", "Public key" } },
	{ "dnsimple", { "Algorithm", "Keytag", "Digest Type", "Digest", "Flags (filled in already)",
	                "Protocol (filled in already)", "Algorithm", "Public Key" } },
};

START_TEST(the_other_forms_keep_their_order_too)
{
	const char *text = simple(orders[_i].registrar, ZS_DS_FORM);
	const char *p = strchr(strstr(text, "\nEnter") + 1, '\n') + 1;
	for (size_t i = 0; i < 8 && orders[_i].labels[i];) {
		const bool group = strncmp(p, "  ", 2) != 0;
		if (!group) {
			const size_t len = strlen(orders[_i].labels[i]);
			ck_assert_msg(strncmp(p + 2, orders[_i].labels[i], len) == 0 && strchr(": ", p[2 + len]),
			              "%s: no '%s' at: %s",
			              orders[_i].registrar, orders[_i].labels[i], p);
			i++;
		}
		p = strchr(p, '\n') + 1;
	}
	ck_assert_str_eq(p, "");
}
END_TEST

START_TEST(config_and_forms_know_the_same_registrars)
{
	size_t count = 0;
	for (const char *name; (name = zs_registrar_name(count)); count++) {
		const struct zs_ds_registrar *registrar = zs_ds_registrar_find(name);
		ck_assert_msg(registrar != NULL, "no form for '%s'", name);
		ck_assert_str_eq(registrar->name, name);
		ck_assert_ptr_nonnull(zs_ds_registrar_title(name));
	}
	ck_assert_ptr_null(zs_ds_registrar_at(count));
	ck_assert_ptr_nonnull(zs_ds_registrar_at(count - 1));
	ck_assert_ptr_null(zs_ds_registrar_find("nobody"));
	struct zs_ds_request request = request_for("nobody");
	struct zs_buf buf = { .arena = run->arena, .max = 1000 };
	ck_assert(!zs_ds_write(run, &request, ZS_DS_FORM, &buf));
	ck_assert_uint_eq(run->error_count, 1);
}
END_TEST

START_TEST(a_form_never_wraps_even_an_rsa_key)
{
	static char base64[4 * 518 / 3 + 8];
	static uint8_t rdata[600];
	uint8_t key[516];
	memset(key, 0xa5, sizeof key);
	memcpy(key, "\3\1\0\1", 4);
	base64[zs_base64_encode(key, sizeof key, base64)] = 0;
	wanted[0] = make_key(rdata, 257, 8, base64);
	const char *line = strstr(simple("gandi", ZS_DS_FORM), "  Public key: ");
	ck_assert_ptr_nonnull(line);
	ck_assert_uint_eq(strcspn(line, "\n"), strlen("  Public key: ") + 688);
	ck_assert_ptr_nonnull(strstr(simple("gandi", ZS_DS_FORM), "Algorithm: 8 (RSASHA256, RSA/SHA-256)\n"));
}
END_TEST

START_TEST(a_date_is_said_in_every_format_that_can)
{
	struct zs_ds_request request = request_for("gandi");
	request.not_before = 1796047500;
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_FORM), "\nDo not enter it before 2026-11-30 14:05 UTC.\n"));
	ck_assert_int_eq(strncmp(text_of(&request, ZS_DS_RECORDS), "; not before 2026-11-30T14:05:00Z\n", 34), 0);
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_JSON), "\"not_before\": \"2026-11-30T14:05:00Z\""));
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_JSON), "\"ready\": false"));
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_CSV), ",2026-11-30T14:05:00Z\r\n"));
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_EPP), "<!-- do not send before 2026-11-30T14:05:00Z -->"));
	ck_assert_ptr_null(strstr(simple("gandi", ZS_DS_FORM), "before"));
}
END_TEST

START_TEST(two_keys_are_sorted_by_tag_and_the_old_one_is_named)
{
	struct zs_ds_request request = request_for("name.com");
	wanted[1] = make_key(second, 257, 15, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="); /* RFC 8080 section 6.1 */
	removed[0] = wanted[0];
	const struct zs_bytes both[] = { wanted[0], wanted[1] };
	request.wanted = both;
	request.wanted_count = 2;
	ck_assert_str_eq(text_of(&request, ZS_DS_DNSKEY),
	                 "example.net.\t3600\tIN\tDNSKEY\t257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n"
	                 "example.net.\t3600\tIN\tDNSKEY\t257 3 13 " KEY "\n");
	const char *text = text_of(&request, ZS_DS_FORM);
	ck_assert_ptr_nonnull(strstr(text, "\nEnter 1 of 2 (key tag 3613):\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nEnter 2 of 2 (key tag 55648):\n"));
	request.wanted = both + 1;
	request.wanted_count = 1;
	request.removed = removed;
	request.removed_count = 1;
	text = text_of(&request, ZS_DS_FORM);
	ck_assert_ptr_nonnull(strstr(text, "\nEnter (key tag 3613):\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nDelete (key tag 55648):\n  Key tag: 55648\n"));
}
END_TEST

START_TEST(nothing_to_do_is_said)
{
	struct zs_ds_request request = request_for("gandi");
	request.wanted_count = 0;
	ck_assert_str_eq(text_of(&request, ZS_DS_FORM),
	                 "Domain: example.net\nRegistrar: Gandi\nNothing is to be entered or deleted.\n");
}
END_TEST

START_TEST(epp_update_has_the_order_of_rfc5910)
{
	struct zs_ds_request request = request_for(NULL);
	removed[0] = make_key(second, 257, 15, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
	request.removed = removed;
	request.removed_count = 1;
	const char *text = text_of(&request, ZS_DS_EPP);
	static const char *const order[] = {
		"<epp ", "<command>", "<update>", "<domain:update ", "<domain:name>example.net</domain:name>", "</update>",
		"<extension>", "<secDNS:update ", "<secDNS:rem>", "<secDNS:dsData>", "<secDNS:keyTag>3613<", "<secDNS:alg>15<",
		"<secDNS:digestType>2<", "<secDNS:digest>", "</secDNS:rem>", "<secDNS:add>", "<secDNS:dsData>",
		"<secDNS:keyTag>55648<", "<secDNS:alg>13<", "<secDNS:digestType>2<", "<secDNS:digest>" DIGEST "<",
		"</secDNS:add>", "</secDNS:update>", "</extension>", "</command>", "</epp>",
	};
	for (size_t i = 0; i < ZS_COUNT(order); i++) {
		const char *next = strstr(text, order[i]);
		ck_assert_msg(next != NULL, "no '%s' in: %s", order[i], text);
		text = next + strlen(order[i]);
	}
}
END_TEST

START_TEST(what_is_at_the_parent_is_kept_and_not_added_again)
{
	struct zs_ds_request request = request_for("name.com");
	wanted[1] = make_key(second, 257, 15, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
	request.wanted_count = 2;
	request.present = wanted;
	request.present_count = 1;
	const char *text = text_of(&request, ZS_DS_EPP);
	ck_assert_ptr_nonnull(strstr(text, "<secDNS:add>"));
	ck_assert_ptr_nonnull(strstr(text, "<secDNS:keyTag>3613<"));
	ck_assert_ptr_null(strstr(text, "<secDNS:keyTag>55648<"));
	text = text_of(&request, ZS_DS_FORM);
	ck_assert_ptr_nonnull(strstr(text, "\nEnter (key tag 3613):\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nKeep (key tag 55648): it is there already.\n"));
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_CSV), "\nkeep,example.net,3600,55648,"));
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_CDS), "55648 13 2")); /* the whole set, always */
	request.present_count = 2;
	ck_assert_str_eq(text_of(&request, ZS_DS_EPP), "");
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_FORM), "\nNothing is to be entered or deleted.\n"));
}
END_TEST

START_TEST(a_registrar_that_replaces_the_set_is_given_what_is_kept_as_well)
{
	struct zs_ds_request request = request_for("opensrs");
	wanted[1] = make_key(second, 257, 15, "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
	request.wanted_count = 2;
	request.present = wanted;
	request.present_count = 1;
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_FORM),
	    "\nKeep (key tag 55648): it is there already, and goes if it is not sent again:\n"
	    "  key_tag: 55648\n  algorithm: 13\n  digest_type: 2\n  digest: " DIGEST "\n"));
	request.present_count = 2;
	ck_assert_ptr_nonnull(strstr(text_of(&request, ZS_DS_FORM), "\nKeep (key tag 55648): it is there already.\n")); /* nothing is sent */
}
END_TEST

START_TEST(epp_create_holds_keys_for_ee_and_ds_elsewhere)
{
	const char *text = simple(NULL, ZS_DS_EPP_CREATE);
	ck_assert_ptr_nonnull(strstr(text, "<secDNS:create "));
	ck_assert_ptr_nonnull(strstr(text, "<secDNS:keyTag>55648</secDNS:keyTag>"));
	ck_assert_ptr_null(strstr(text, "keyData"));
	set_zone("example.ee.");
	text = simple(NULL, ZS_DS_EPP_CREATE);
	ck_assert_ptr_null(strstr(text, "dsData"));
	static const char *const order[] = {
		"<secDNS:keyData>", "<secDNS:flags>257<", "<secDNS:protocol>3<", "<secDNS:alg>13<", "<secDNS:pubKey>" KEY "<",
	};
	for (size_t i = 0; i < ZS_COUNT(order); i++) {
		text = strstr(text, order[i]);
		ck_assert_msg(text != NULL, "no '%s'", order[i]);
	}
}
END_TEST

START_TEST(a_hostile_name_breaks_neither_xml_nor_csv_nor_json)
{
	set_zone("-1+<b>&\\\"\\,'\\010.example.");
	const char *text = simple(NULL, ZS_DS_EPP);
	ck_assert_ptr_nonnull(strstr(text, "<domain:name>-1\\+\\&lt;b\\&gt;\\&amp;\\&quot;"));
	text = simple(NULL, ZS_DS_CSV);
	ck_assert_ptr_nonnull(strstr(text, "\nadd,\"'-1\\+\\<b\\>\\&\\\"\""));
	ck_assert_ptr_nonnull(strstr(simple(NULL, ZS_DS_JSON), "\"zone\": \"-1\\\\+\\\\<b\\\\>\\\\&\\\\\\\""));
}
END_TEST

START_TEST(csv_is_one_line_an_entry)
{
	ck_assert_str_eq(simple(NULL, ZS_DS_CSV),
	                 "action,domain,ttl,key_tag,algorithm,digest_type,digest,flags,protocol,public_key,not_before\r\n"
	                 "add,example.net,3600,55648,13,2," DIGEST ",257,3," KEY ",\r\n");
}
END_TEST

START_TEST(json_has_stable_keys)
{
	ck_assert_str_eq(simple("gandi", ZS_DS_JSON),
	                 "{\n  \"zone\": \"example.net.\",\n  \"registrar\": \"gandi\",\n  \"ttl\": 3600,\n  \"ready\": true,\n  \"not_before\": null,\n"
	                 "  \"wanted\": [\n    {\n      \"key_tag\": 55648,\n      \"algorithm\": 13,\n"
	                 "      \"algorithm_name\": \"ECDSAP256SHA256\",\n      \"digest_type\": 2,\n      \"digest\": \"" DIGEST
	                 "\",\n      \"flags\": 257,\n      \"protocol\": 3,\n      \"public_key\": \"" KEY "\",\n      \"present\": false,\n"
	                 "      \"ds\": \"55648 13 2 " DIGEST "\",\n      \"dnskey\": \"257 3 13 " KEY "\"\n    }\n  ],\n"
	                 "  \"removed\": []\n}\n");
}
END_TEST

START_TEST(a_key_without_a_key_is_refused)
{
	struct zs_ds_request request = request_for(NULL);
	const struct zs_bytes empty = { first, 4 };
	struct zs_buf buf = { .arena = run->arena, .max = 1000 };
	request.wanted = &empty;
	ck_assert(!zs_ds_write(run, &request, ZS_DS_RECORDS, &buf));
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_int_eq(run->fault, ZS_FAILED);
}
END_TEST

START_TEST(the_root_and_format_names)
{
	set_zone(".");
	ck_assert_int_eq(strncmp(simple(NULL, ZS_DS_RECORDS), ".\t3600\tIN\tDS\t", 13), 0);
	ck_assert_ptr_nonnull(strstr(simple(NULL, ZS_DS_FORM), "Domain: .\n"));
	enum zs_ds_format format;
	size_t count = 0;
	for (const char *name; (name = zs_ds_format_name(count)); count++) {
		ck_assert(zs_ds_format_parse(name, &format));
		ck_assert_uint_eq((size_t)format, count);
	}
	ck_assert_uint_eq(count, 9);
	ck_assert(!zs_ds_format_parse("xml", &format));
}
END_TEST

ZS_SUITE(ds)
{
	Suite *suite = suite_create("ds");
	TCase *tcase = tcase_create("ds");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, records_agree_with_bind_and_ldns);
	tcase_add_test(tcase, cds_asks_for_no_ds_only_when_nothing_is_wanted);
	tcase_add_loop_test(tcase, a_form_has_the_registrars_words_in_its_order, 0, (int)ZS_COUNT(forms));
	tcase_add_loop_test(tcase, the_other_forms_keep_their_order_too, 0, (int)ZS_COUNT(orders));
	tcase_add_test(tcase, config_and_forms_know_the_same_registrars);
	tcase_add_test(tcase, a_form_never_wraps_even_an_rsa_key);
	tcase_add_test(tcase, a_date_is_said_in_every_format_that_can);
	tcase_add_test(tcase, two_keys_are_sorted_by_tag_and_the_old_one_is_named);
	tcase_add_test(tcase, nothing_to_do_is_said);
	tcase_add_test(tcase, epp_update_has_the_order_of_rfc5910);
	tcase_add_test(tcase, what_is_at_the_parent_is_kept_and_not_added_again);
	tcase_add_test(tcase, a_registrar_that_replaces_the_set_is_given_what_is_kept_as_well);
	tcase_add_test(tcase, epp_create_holds_keys_for_ee_and_ds_elsewhere);
	tcase_add_test(tcase, a_hostile_name_breaks_neither_xml_nor_csv_nor_json);
	tcase_add_test(tcase, csv_is_one_line_an_entry);
	tcase_add_test(tcase, json_has_stable_keys);
	tcase_add_test(tcase, a_key_without_a_key_is_refused);
	tcase_add_test(tcase, the_root_and_format_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
