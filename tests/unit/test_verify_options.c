/* test_verify_options.c - what the caller of the verifier may ask for: margins, strictness, acceptance, no signatures. */
#include "verify_fixture.h"

static const char nsec_zone[] = "testdata/verify/nsec.zone";
enum { EXPIRATION = 2082758400, DAY = 86400 };

static const char unsigned_zone[] =
	"ex.test. 3600 IN SOA ns1.ex.test. h.ex.test. 1 7200 3600 1209600 600\n"
	"ex.test. 3600 IN NS ns1.ex.test.\n"
	"ex.test. 3600 IN NS ns2.ex.test.\n"
	"ns1.ex.test. 3600 IN A 192.0.2.1\n"
	"ns2.ex.test. 3600 IN AAAA 2001:db8::2\n"
	"sub.ex.test. 3600 IN NS ns.example.net.\n";

START_TEST(signatures_must_outlast_refresh_and_margin)
{
	static const struct {
		zs_seconds refresh, margin;
		const char *words; /* NULL: passes */
	} cases[] = {
		{ 0, 0, NULL }, { 7 * DAY, 0, NULL }, { 7 * DAY, 7 * DAY, NULL }, { 7 * DAY + 1, DAY, "refresh asks for" },
		{ DAY, 7 * DAY + 1, "propagation delay" }, { 7 * DAY + 1, 7 * DAY + 1, "propagation delay" },
	};
	struct fixture f;
	begin(&f, "example.", EXPIRATION - 7 * DAY);
	f.options.refresh = cases[_i].refresh;
	f.options.margin = cases[_i].margin;
	ck_assert_int_eq(judge_file(&f, nsec_zone), !cases[_i].words);
	if (cases[_i].words)
		ck_assert_msg(refused(&f, "G3", cases[_i].words), "%s", first_error(&f));
	zs_run_end(f.run);
}
END_TEST

static const struct {
	const char *name, *from, *to, *words;
} unwise[] = {
	{ "a name server without address", "ns2.ex.test. 3600 IN AAAA", "ns3.ex.test. 3600 IN AAAA", "'ns2.ex.test.'" },
	{ "a name server that is an alias", "ns2.ex.test. 3600 IN AAAA 2001:db8::2", "ns2.ex.test. 3600 IN CNAME ns1.ex.test.", "CNAME" },
	{ "the zone name twice", "sub.ex.test. 3600 IN NS", "sub.EX.test.ex.TEST. 3600 IN NS", "twice" },
	{ "a TTL above the limit", "sub.ex.test. 3600", "sub.ex.test. 3601", "TTL 3601" },
};

/* Refused before a publication, unless accepted; a warning in the command verify. */
START_TEST(unwise_content_is_refused_only_where_it_counts)
{
	char *text = replace(unsigned_zone, unwise[_i].from, 1, unwise[_i].to);
	for (int strict = 0; strict < 2; strict++)
		for (int accept = 0; accept < 2; accept++) {
			struct fixture f;
			begin(&f, "ex.test.", NOW);
			f.options.allow_unsigned = true;
			f.options.max_ttl = 3600;
			f.options.strict = strict;
			f.options.accept_g12 = accept;
			const bool should_pass = !strict || accept;
			ck_assert_msg(judge_text(&f, text) == should_pass, "%s: strict %d, accepted %d", unwise[_i].name, strict, accept);
			ck_assert_msg(should_pass ? warned(&f, unwise[_i].words) : refused(&f, "G12", unwise[_i].words), "%s: %s",
			              unwise[_i].name, first_error(&f));
			zs_run_end(f.run);
		}
	free(text);
}
END_TEST

START_TEST(a_wildcard_may_give_a_name_server_its_address)
{
	char *text = replace(unsigned_zone, "ns2.ex.test. 3600 IN AAAA", 1, "*.ex.test. 3600 IN AAAA");
	char *hidden = replace(text, "sub.ex.test.", 1, "x.ns2.ex.test."); /* ns2 exists now, so no wildcard answers for it */
	struct fixture f;
	begin(&f, "ex.test.", NOW);
	f.options.allow_unsigned = f.options.strict = true;
	ck_assert_msg(judge_text(&f, text), "%s", first_error(&f));
	zs_run_end(f.run);
	begin(&f, "ex.test.", NOW);
	f.options.allow_unsigned = f.options.strict = true;
	ck_assert(!judge_text(&f, hidden));
	ck_assert(refused(&f, "G12", "'ns2.ex.test.'"));
	zs_run_end(f.run);
	free(text);
	free(hidden);
}
END_TEST

START_TEST(an_unsigned_zone_passes_only_if_it_may_and_no_ds_is_out)
{
	static const uint8_t octets[] = { 1, 2, 13, 2, 0 };
	const struct zs_bytes ds = { octets, sizeof octets };
	for (int may = 0; may < 2; may++)
		for (size_t ds_count = 0; ds_count < 2; ds_count++) {
			struct fixture f;
			begin(&f, "ex.test.", NOW);
			f.options.strict = true;
			f.options.allow_unsigned = may;
			f.options.ds = &ds;
			f.options.ds_count = ds_count;
			ck_assert_int_eq(judge_text(&f, unsigned_zone), may && !ds_count);
			ck_assert(!f.result.is_signed);
			if (!may || ds_count)
				ck_assert(refused(&f, "G2", "not signed"));
			zs_run_end(f.run);
		}
}
END_TEST

START_TEST(nine_keys_are_too_many_unless_accepted)
{
	for (int accept = 0; accept < 2; accept++) {
		struct fixture f;
		char *text = slurp("testdata/verify/nsec.zone");
		begin(&f, "example.", NOW);
		f.options.accept_g16 = accept;
		for (unsigned i = 0; i < 7; i++) { /* no zone keys: they owe no signatures */
			char key[120];
			snprintf(key, sizeof key, "example. 3600 IN DNSKEY 0 3 15 %cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 'A' + (int)i);
			char *more = malloc(strlen(text) + sizeof key);
			strcpy(more, text);
			strcat(more, key);
			free(text);
			text = more;
		}
		ck_assert(!judge_text(&f, text)); /* the DNSKEY RRset is no longer what was signed */
		ck_assert_int_eq(refused(&f, "G16", "9 DNSKEYs"), !accept);
		ck_assert_int_eq(warned(&f, "9 DNSKEYs"), accept);
		zs_run_end(f.run);
		free(text);
	}
}
END_TEST

/* Every signature of this zone verifies, with OpenSSL: BIND does not take the key. */
START_TEST(an_exponent_of_36_bits_is_too_large_unless_accepted)
{
	for (int accept = 0; accept < 2; accept++) {
		struct fixture f;
		begin(&f, "example.", NOW);
		f.options.accept_g16 = accept;
		ck_assert_msg(judge_file(&f, "testdata/verify/exponent.zone") == accept, "%s", first_error(&f));
		ck_assert_int_eq(refused(&f, "G16", "exponent of 36 bits"), !accept);
		ck_assert_int_eq(warned(&f, "exponent of 36 bits"), accept);
		zs_run_end(f.run);
	}
}
END_TEST

START_TEST(a_cds_of_no_key_is_refused_unless_accepted)
{
	for (int accept = 0; accept < 2; accept++) {
		struct fixture f;
		char *text = slurp("testdata/verify/nsec.zone");
		static const char cds[] = "example. 3600 IN CDS 1 15 2 0000000000000000000000000000000000000000000000000000000000000000\n";
		char *more = malloc(strlen(text) + sizeof cds);
		strcat(strcpy(more, text), cds);
		begin(&f, "example.", NOW);
		f.options.accept_g5 = accept;
		ck_assert(!judge_text(&f, more)); /* nobody signed it */
		ck_assert_int_eq(refused(&f, "G5", "no CDS"), !accept);
		ck_assert_int_eq(warned(&f, "no CDS"), accept);
		zs_run_end(f.run);
		free(text);
		free(more);
	}
}
END_TEST

START_TEST(many_faults_are_counted_not_listed)
{
	struct fixture f;
	char *text = slurp("testdata/verify/nsec.zone");
	begin(&f, "example.", EXPIRATION + DAY);
	ck_assert(!judge_text(&f, text));
	unsigned shown = 0;
	bool told = false;
	for (const struct zs_diag *d = f.run->diags; d; d = d->next) {
		shown += d->guard && strcmp(d->guard, "G1") == 0;
		told = told || (d->severity == ZS_NOTE && strstr(d->message, "more of guard G1"));
	}
	ck_assert_uint_eq(shown, ZS_GUARD_SHOWN);
	ck_assert(told);
	zs_run_end(f.run);
	free(text);
}
END_TEST

ZS_SUITE(verify_options)
{
	Suite *suite = suite_create("verify_options");
	TCase *tcase = tcase_create("verify_options");
	tcase_add_loop_test(tcase, signatures_must_outlast_refresh_and_margin, 0, 6);
	tcase_add_loop_test(tcase, unwise_content_is_refused_only_where_it_counts, 0, (int)ZS_COUNT(unwise));
	tcase_add_test(tcase, a_wildcard_may_give_a_name_server_its_address);
	tcase_add_test(tcase, an_unsigned_zone_passes_only_if_it_may_and_no_ds_is_out);
	tcase_add_test(tcase, nine_keys_are_too_many_unless_accepted);
	tcase_add_test(tcase, an_exponent_of_36_bits_is_too_large_unless_accepted);
	tcase_add_test(tcase, a_cds_of_no_key_is_refused_unless_accepted);
	tcase_add_test(tcase, many_faults_are_counted_not_listed);
	suite_add_tcase(suite, tcase);
	return suite;
}
