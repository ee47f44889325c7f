/* test_verify.c - the verifier on zones that BIND signed: as they are, with planted faults, with proofs, at odd times. */
#include "verify_fixture.h"

static const char *const signed_zones[] = { "testdata/verify/nsec.zone", "testdata/verify/nsec3.zone",
	                                    "testdata/verify/optout.zone" };

static const uint8_t good_ds[] = {
	0x13, 0x6e, 15, 2, 0x96, 0x5f, 0xf9, 0x94, 0xc0, 0x2d, 0x6a, 0xc4, 0x5c, 0x7a, 0x8b, 0xe2, 0xdb, 0x8f,
	0xaa, 0x1d, 0x60, 0x5a, 0x93, 0x83, 0x57, 0x8b, 0x33, 0xa4, 0x12, 0xa6, 0xf5, 0x89, 0x8f, 0x9d, 0x4f, 0xd9,
};

START_TEST(zones_that_bind_signed_pass)
{
	struct fixture f;
	const struct zs_bytes ds = { good_ds, sizeof good_ds };
	begin(&f, "example.", NOW);
	f.options.ds = &ds;
	f.options.ds_count = 1;
	f.options.strict = true;
	f.options.has_serial = true;
	f.options.serial = 7;
	ck_assert_msg(judge_file(&f, signed_zones[_i]), "%s: %s", signed_zones[_i], first_error(&f));
	ck_assert(f.result.is_signed);
	ck_assert_uint_eq(f.result.serial, 7);
	ck_assert_uint_eq(f.result.dnskey_count, 2);
	ck_assert_uint_eq(f.result.verified_count, f.result.rrset_count + 1); /* KSK and ZSK sign DNSKEY */
	ck_assert_int_eq(f.result.nsec3, _i > 0);
	ck_assert_int_eq(f.result.opt_out, _i == 2);
	ck_assert_int_eq(f.result.earliest_expiration, 2082758400); /* 2036-01-01 */
	zs_run_end(f.run);
}
END_TEST

START_TEST(the_answer_does_not_depend_on_threads)
{
	struct fixture one, four;
	begin(&one, "example.", NOW);
	begin(&four, "example.", NOW);
	char *text = slurp(signed_zones[_i]), *bad = replace(text, "192.0.2.1", 1, "192.0.2.99");
	one.options.jobs = 1;
	four.options.jobs = 4;
	ck_assert(!judge_text(&one, bad));
	ck_assert(!judge_text(&four, bad));
	ck_assert_uint_eq(one.result.verified_count, four.result.verified_count);
	ck_assert_str_eq(first_error(&one), first_error(&four));
	zs_run_end(one.run);
	zs_run_end(four.run);
	free(text);
	free(bad);
}
END_TEST

enum { NSEC, NSEC3, OPTOUT };

/* Each: in this zone, replace the n-th `from` by `to`; the guard must refuse with these words. */
static const struct fault {
	const char *name;
	unsigned zone;
	const char *from;
	unsigned n;
	const char *to, *guard, *words;
} faults[] = {
	{ "an address changed", NSEC, "A 192.0.2.4", 1, "A 192.0.2.44", "G1", "RRSIG of A 'a.ent.example.'" },
	{ "the TTL of a record changed", NSEC, "mail.example. 3600 IN A ", 1, "mail.example. 60 IN A ", "G1", "original TTL" },
	{ "the TTL of an RRSIG changed", NSEC, "mail.example. 3600 IN RRSIG A", 1, "mail.example. 60 IN RRSIG A", "G1",
	  "the TTL 60, the RRset has 3600" },
	{ "another key tag", NSEC, "RRSIG CNAME 15 2 3600 20360101000000 20260101000000 50061", 1,
	  "RRSIG CNAME 15 2 3600 20360101000000 20260101000000 50062", "G1", "not in the zone" },
	{ "another signer", NSEC, "RRSIG CNAME 15 2 3600 20360101000000 20260101000000 50061 example.", 1,
	  "RRSIG CNAME 15 2 3600 20360101000000 20260101000000 50061 sample.", "G1", "names the signer 'sample.'" },
	{ "another labels field", NSEC, "RRSIG TXT 15 2", 1, "RRSIG TXT 15 3", "G1", "labels field 3" },
	{ "an expiration in the past", NSEC, "RRSIG CNAME 15 2 3600 20360101000000", 1, "RRSIG CNAME 15 2 3600 20260201000000",
	  "G1", "expired 2026-02-01" },
	{ "an inception to come", NSEC, "RRSIG CNAME 15 2 3600 20360101000000 20260101000000", 1,
	  "RRSIG CNAME 15 2 3600 20360101000000 20350101000000", "G1", "not valid before 2035-01-01" },
	{ "an expiration before the inception", NSEC, "RRSIG CNAME 15 2 3600 20360101000000 20260101000000", 1,
	  "RRSIG CNAME 15 2 3600 20260101000000 20360101000000", "G1", "before its inception" },
	{ "an algorithm that has no key", NSEC, "RRSIG CNAME 15 ", 1, "RRSIG CNAME 13 ", "G1", "CNAME 'alias.example.'" },
	{ "a lost signature", NSEC, "alias.example. 3600 IN RRSIG CNAME", 1, "; ", "G2", "CNAME 'alias.example.' is not signed" },
	{ "a lost record", NSEC, "alias.example. 3600 IN CNAME", 1, "; ", "G2", "RRSIG for CNAME 'alias.example.'" },
	{ "a record added after signing", NSEC, "mail.example. 3600 IN A", 1, "mail.example. 3600 IN TXT x\nmail.example. 3600 IN A",
	  "G2", "TXT 'mail.example.' is not signed" },
	{ "a name added after signing", NSEC, "mail.example. 3600 IN A", 1, "extra.example. 3600 IN A 192.0.2.1\nmail.example. 3600 IN A",
	  "G4", "'extra.example.' has no NSEC" },
	{ "a signature over a delegation's NS", NSEC, "insecure.example. 600 IN RRSIG NSEC", 1,
	  "insecure.example. 3600 IN RRSIG NS 15 2 3600 20360101000000 20260101000000 50061 example. AAAA\n"
	  "insecure.example. 600 IN RRSIG NSEC", "G2", "RRSIG for NS 'insecure.example.'" },
	{ "a signature over glue", NSEC, "ns.secure.example. 3600 IN A 192.0.2.5", 1,
	  "ns.secure.example. 3600 IN A 192.0.2.5\n"
	  "ns.secure.example. 3600 IN RRSIG A 15 3 3600 20360101000000 20260101000000 50061 example. AAAA", "G2",
	  "RRSIG for A 'ns.secure.example.'" },
	{ "an NSEC lost", NSEC, "ns2.example. 600 IN NSEC", 1, "; ", "G4", "'ns2.example.' has no NSEC" },
	{ "an NSEC leading past a name", NSEC, "IN NSEC ns2.example.", 1, "IN NSEC secure.example.", "G4",
	  "leads to 'secure.example.', the next name is 'ns2.example.'" },
	{ "a chain that does not close", NSEC, "IN NSEC example. TXT", 1, "IN NSEC mail.example. TXT", "G4", "the next name is 'example.'" },
	{ "a type too many in an NSEC", NSEC, "CNAME RRSIG NSEC", 1, "A CNAME RRSIG NSEC", "G4",
	  "says A CNAME RRSIG NSEC, the zone has CNAME RRSIG NSEC" },
	{ "a type missing in an NSEC", NSEC, "A AAAA RRSIG NSEC", 1, "A RRSIG NSEC", "G4", "the zone has A AAAA RRSIG NSEC" },
	{ "a type of the second window missing", NSEC, "DNSKEY CAA", 1, "DNSKEY", "G4", "CAA" },
	{ "a type of the last window missing", NSEC, "RRSIG NSEC TYPE65280", 1, "RRSIG NSEC", "G4", "TYPE65280" },
	{ "glue in the bitmap of a delegation", NSEC, "IN NSEC mail.example. NS RRSIG", 1, "IN NSEC mail.example. NS A RRSIG", "G4",
	  "NSEC of 'insecure.example.' says A NS RRSIG NSEC" },
	{ "an NSEC at glue", NSEC, "ns.secure.example. 3600 IN A", 1,
	  "ns.secure.example. 600 IN NSEC ns1.example. A\nns.secure.example. 3600 IN A", "G4", "below a delegation" },
	{ "an NSEC at an empty non-terminal", NSEC, "mail.example. 3600 IN A", 1,
	  "ent.example. 600 IN NSEC insecure.example. RRSIG NSEC\nmail.example. 3600 IN A", "G4", "NSEC at 'ent.example.'" },
	{ "an NSEC with the TTL of other data", NSEC, "alias.example. 600 IN NSEC", 1, "alias.example. 3600 IN NSEC", "G4",
	  "the lesser of SOA TTL and MINIMUM is 600" },
	{ "NSEC3PARAM in an NSEC zone", NSEC, "mail.example. 3600 IN A", 1,
	  "example. 0 IN NSEC3PARAM 1 0 0 -\nmail.example. 3600 IN A", "G4", "NSEC3PARAM without NSEC3" },
	{ "NSEC and NSEC3 mixed", NSEC3, "mail.example. 3600 IN A", 1,
	  "mail.example. 600 IN NSEC example. A\nmail.example. 3600 IN A", "G4", "both NSEC" },
	{ "NSEC3PARAM lost", NSEC3, "example. 0 IN NSEC3PARAM", 1, "; ", "G4", "no NSEC3PARAM" },
	{ "NSEC3PARAM with flags", NSEC3, "NSEC3PARAM 1 0 1 AABB", 1, "NSEC3PARAM 1 1 1 AABB", "G4", "flags 1" },
	{ "NSEC3PARAM with another salt", NSEC3, "NSEC3PARAM 1 0 1 AABB", 1, "NSEC3PARAM 1 0 1 AABC", "G4", "salt" },
	{ "NSEC3PARAM with other iterations", NSEC3, "NSEC3PARAM 1 0 1 AABB", 1, "NSEC3PARAM 1 0 2 AABB", "G4", "iterations" },
	{ "iterations beyond what validators take", NSEC3, "NSEC3PARAM 1 0 1 AABB", 1, "NSEC3PARAM 1 0 51 AABB", "G16", "51" },
	{ "an opt-out flag on one record", NSEC3, "NSEC3 1 0 1 AABB", 1, "NSEC3 1 2 1 AABB", "G4", "flags 2" },
	{ "opt-out flags taken away", OPTOUT, "NSEC3 1 1 0 -", 0, "NSEC3 1 0 0 -", "G4", "no opt-out flag" },
	{ "a delegation that opt-out may leave out, with a wrong bitmap", OPTOUT, "T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ.example. 600 IN NSEC3", 1,
	  "63TNBV5RFSMEF8N2CF7P06TSN1S0UN7S.example. 600 IN NSEC3 1 1 0 - T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ NS A\n"
	  "T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ.example. 600 IN NSEC3", "G4", "NSEC3 of 'insecure.example.' says A NS, the zone has NS" },
	{ "an opt-out record for no name", OPTOUT, "T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ.example. 600 IN NSEC3", 1,
	  "R95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ.example. 600 IN NSEC3 1 1 0 - T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ NS\n"
	  "T95E7UNRPNC3AIRC8Q4N4S6TF1IDH3GJ.example. 600 IN NSEC3", "G4", "is the hash of no name" },
	{ "a DS lost, with opt-out", OPTOUT, "\nsecure.example. 3600 IN DS", 1, "\n; ", "G4",
	  "NSEC3 of 'secure.example.' says NS DS RRSIG, the zone has NS" },
	{ "a name outside the zone", NSEC, "mail.example. 3600 IN A", 1, "mail.sample. 3600 IN A 192.0.2.1\nmail.example. 3600 IN A",
	  "G12", "'mail.sample.' is not in the zone" },
	{ "a CNAME beside other data", NSEC, "alias.example. 3600 IN CNAME", 1,
	  "alias.example. 3600 IN TXT x\nalias.example. 3600 IN CNAME", "G12", "has a CNAME and TXT" },
	{ "a second SOA", NSEC, "mail.example. 3600 IN A", 1,
	  "example. 3600 IN SOA ns1.example. hostmaster.example. 8 7200 3600 1209600 600\nmail.example. 3600 IN A", "G12",
	  "2 SOA records" },
	{ "a DS without a delegation", NSEC, "\nsecure.example. 3600 IN NS ", 1, "\n; ", "G12", "has a DS, but no NS" },
	{ "a DS at the apex", NSEC, "mail.example. 3600 IN A", 1,
	  "example. 3600 IN DS 4974 15 2 965FF994C02D6AC45C7A8BE2DB8FAA1D605A9383578B33A412A6F5898F9D4FD9\nmail.example. 3600 IN A",
	  "G12", "DS" },
	{ "an algorithm that signs nothing", NSEC, "IN DNSKEY 256 3 15", 1,
	  "IN DNSKEY 256 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==\n"
	  "example. 3600 IN DNSKEY 256 3 15", "G7", "no RRSIG of algorithm 13" },
	{ "a key that is no point of its curve", NSEC, "IN DNSKEY 256 3 15", 1,
	  "IN DNSKEY 256 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAQ==\n"
	  "example. 3600 IN DNSKEY 256 3 15", "G1", "not valid" },
	{ "no DNSKEY", NSEC, "example. 3600 IN DNSKEY", 0, "; ", "G1", "no DNSKEY" },
};

START_TEST(planted_faults_are_refused)
{
	const struct fault *fault = &faults[_i];
	struct fixture f;
	begin(&f, "example.", NOW);
	char *text = slurp(signed_zones[fault->zone]);
	ck_assert_msg(strstr(text, fault->from) != NULL, "%s: nothing to replace", fault->name);
	if (fault->n) {
		char *changed = replace(text, fault->from, fault->n, fault->to);
		free(text);
		text = changed;
	} else { /* all */
		for (char *changed; strstr(text, fault->from); text = changed) {
			changed = replace(text, fault->from, 1, fault->to);
			free(text);
		}
	}
	ck_assert_msg(!judge_text(&f, text), "%s: passed", fault->name);
	ck_assert_msg(refused(&f, fault->guard, fault->words), "%s: refused because %s", fault->name, first_error(&f));
	ck_assert_int_eq(f.run->fault, ZS_REFUSED);
	zs_run_end(f.run);
	free(text);
}
END_TEST

START_TEST(what_the_caller_expects_is_judged)
{
	struct fixture f;
	uint8_t wrong[sizeof good_ds];
	memcpy(wrong, good_ds, sizeof wrong);
	wrong[20] ^= 1;
	const struct zs_bytes bad_ds = { wrong, sizeof wrong };
	begin(&f, "example.", NOW);
	f.options.has_serial = true;
	f.options.serial = 8;
	f.options.margin = (zs_seconds)20 * 365 * 86400;
	f.options.max_ttl = 3599;
	f.options.zonemd = 1;
	f.options.ds = &bad_ds;
	f.options.ds_count = 1;
	f.options.strict = true;
	ck_assert(!judge_file(&f, signed_zones[NSEC]));
	ck_assert(refused(&f, "G17", "serial is 7, it should be 8"));
	ck_assert(refused(&f, "G3", "expires in"));
	ck_assert(refused(&f, "G12", "the TTL 3600 of"));
	ck_assert(refused(&f, "G20", "no ZONEMD"));
	ck_assert(refused(&f, "G5", "matches no DNSKEY"));
	zs_run_end(f.run);
}
END_TEST

START_TEST(expired_and_future_zones_are_refused)
{
	struct fixture f;
	begin(&f, "example.", 2082758400); /* the instant of expiration */
	ck_assert(!judge_file(&f, signed_zones[NSEC]));
	ck_assert(refused(&f, "G1", "expired"));
	zs_run_end(f.run);
	begin(&f, "example.", 2082758399);
	ck_assert_msg(judge_file(&f, signed_zones[NSEC]), "%s", first_error(&f));
	zs_run_end(f.run);
	begin(&f, "example.", 1767225600); /* the instant of inception */
	f.options.strict = true;
	ck_assert_msg(judge_file(&f, signed_zones[NSEC]), "%s", first_error(&f));
	zs_run_end(f.run);
	begin(&f, "example.", 1767225599);
	f.options.strict = true;
	ck_assert(!judge_file(&f, signed_zones[NSEC]));
	ck_assert(refused(&f, "G1", "not valid before"));
	zs_run_end(f.run);
	begin(&f, "example.", 1767225599); /* a second of skew */
	ck_assert_msg(judge_file(&f, signed_zones[NSEC]), "%s", first_error(&f));
	ck_assert(warned(&f, "clock"));
	zs_run_end(f.run);
}
END_TEST

START_TEST(proofs_stand_for_signatures_and_only_for_the_same)
{
	struct fixture f, again;
	begin(&f, "example.", NOW);
	f.options.want_proofs = true;
	ck_assert(judge_file(&f, signed_zones[_i]));
	ck_assert_uint_eq(f.result.proof_count, f.result.verified_count);
	for (size_t i = 1; i < f.result.proof_count; i++)
		ck_assert_int_lt(memcmp(f.result.proofs[i - 1], f.result.proofs[i], ZS_PROOF_LEN), 0);
	begin(&again, "example.", NOW);
	again.options.want_proofs = true;
	again.options.proofs = f.result.proofs;
	again.options.proof_count = f.result.proof_count;
	ck_assert(judge_file(&again, signed_zones[_i]));
	ck_assert_uint_eq(again.result.verified_count, 0);
	ck_assert_uint_eq(again.result.reused_count, f.result.proof_count);
	ck_assert_uint_eq(again.result.proof_count, f.result.proof_count);
	ck_assert_mem_eq(again.result.proofs, f.result.proofs, f.result.proof_count * ZS_PROOF_LEN);
	ck_assert_int_eq(again.result.earliest_expiration, f.result.earliest_expiration);
	zs_run_end(again.run);
	/* any change of the record, its TTL and its signature's fields makes the proof void */
	static const char *const changes[][2] = {
		{ "A 192.0.2.1\n", "A 192.0.2.99\n" },
		{ "RRSIG A 15 2 3600 20360101000000", "RRSIG A 15 2 3600 20360102000000" },
		{ "DNSKEY 256 3 15 7", "DNSKEY 256 3 15 8" },
	};
	for (size_t i = 0; i < ZS_COUNT(changes); i++) {
		char *text = slurp(signed_zones[_i]), *bad = replace(text, changes[i][0], 1, changes[i][1]);
		begin(&again, "example.", NOW);
		again.options.proofs = f.result.proofs;
		again.options.proof_count = f.result.proof_count;
		ck_assert_msg(!judge_text(&again, bad), "'%s' passed", changes[i][1]);
		ck_assert_ptr_null(again.result.proofs);
		zs_run_end(again.run);
		free(text);
		free(bad);
	}
	/* a key of another algorithm asks for more, whatever is known of the signatures that are there */
	char *text = slurp(signed_zones[_i]), *more = replace(text, "IN DNSKEY 256 3 15", 1,
		"IN DNSKEY 256 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==\n"
		"example. 3600 IN DNSKEY 256 3 15");
	begin(&again, "example.", NOW);
	again.options.proofs = f.result.proofs;
	again.options.proof_count = f.result.proof_count;
	ck_assert(!judge_text(&again, more));
	ck_assert(refused(&again, "G7", "has no RRSIG of algorithm 13"));
	struct fixture anew;
	begin(&anew, "example.", NOW);
	ck_assert(!judge_text(&anew, more));
	ck_assert_uint_eq(again.run->error_count, anew.run->error_count);
	zs_run_end(anew.run);
	zs_run_end(again.run);
	free(text);
	free(more);
	zs_run_end(f.run);
}
END_TEST

START_TEST(searching_digests_finds_what_a_plain_walk_finds)
{
	enum { COUNT = 300 };
	static uint8_t keys[COUNT][4];
	uint32_t seed = 12345;
	for (size_t count = 0; count <= COUNT; count += count < 5 ? 1 : 59) {
		uint32_t value = 0;
		for (size_t i = 0; i < count; i++) { /* sorted, uneven, with repeats */
			seed = seed * 1664525 + 1013904223;
			value += seed >> 28 ? (seed >> 9) / 64 : 0;
			zs_put_u32(keys[i], value);
		}
		for (unsigned try = 0; try < 2000; try++) {
			uint8_t key[4];
			seed = seed * 1664525 + 1013904223;
			zs_put_u32(key, try % 2 || !count ? seed : zs_get_u32(keys[seed % count]) + try % 3 - 1);
			size_t walk = 0;
			while (walk < count && memcmp(keys[walk], key, 4) < 0)
				walk++;
			ck_assert_uint_eq(zs_verify_search(keys, 4, count, key, 4), walk);
		}
	}
}
END_TEST

START_TEST(owners_and_names_in_rdata_are_signed_in_lower_case)
{
	struct fixture f;
	char *text = slurp(signed_zones[NSEC]);
	char *upper = replace(text, "mail.example. 3600 IN A", 1, "MAIL.Example. 3600 IN A");
	char *both = replace(upper, "MX 10 Mail.example.", 1, "MX 10 mAIL.eXAMPLE.");
	char *next = replace(both, "NSEC alias.example.", 1, "NSEC ALIAS.example."); /* not lower-cased: RFC 6840 section 5.1 */
	begin(&f, "EXAMPLE.", NOW);
	ck_assert_msg(judge_text(&f, both), "%s", first_error(&f));
	zs_run_end(f.run);
	begin(&f, "example.", NOW);
	ck_assert(!judge_text(&f, next));
	ck_assert(refused(&f, "G1", "RRSIG of NSEC 'example.'"));
	zs_run_end(f.run);
	free(text);
	free(upper);
	free(both);
	free(next);
}
END_TEST

ZS_SUITE(verify)
{
	Suite *suite = suite_create("verify");
	TCase *tcase = tcase_create("verify");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, zones_that_bind_signed_pass, 0, (int)ZS_COUNT(signed_zones));
	tcase_add_loop_test(tcase, the_answer_does_not_depend_on_threads, 0, (int)ZS_COUNT(signed_zones));
	tcase_add_loop_test(tcase, planted_faults_are_refused, 0, (int)ZS_COUNT(faults));
	tcase_add_test(tcase, what_the_caller_expects_is_judged);
	tcase_add_test(tcase, expired_and_future_zones_are_refused);
	tcase_add_loop_test(tcase, proofs_stand_for_signatures_and_only_for_the_same, 0, (int)ZS_COUNT(signed_zones));
	tcase_add_test(tcase, searching_digests_finds_what_a_plain_walk_finds);
	tcase_add_test(tcase, owners_and_names_in_rdata_are_signed_in_lower_case);
	suite_add_tcase(suite, tcase);
	return suite;
}
