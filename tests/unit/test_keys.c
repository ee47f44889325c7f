/* test_keys.c - key pairs of every algorithm: made, proven, written as BIND key files, read back; foreign halves refused. */
#include "unit.h"

#include <string.h>

#include "dns/algorithm.h"
#include "keys/keys.h"

static const uint8_t zone[] = "\7example";
static const struct {
	uint8_t algorithm;
	unsigned bits;
} kinds[] = { { ZS_RSASHA256, 2048 }, { ZS_RSASHA512, 2048 }, { ZS_ECDSAP256SHA256, 0 }, { ZS_ECDSAP384SHA384, 0 }, { ZS_ED25519, 0 },
	      { ZS_ED448, 0 } };

static struct zs_input *input_of(struct zs_run *run, const char *text)
{
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	*input = (struct zs_input){ .path = "key", .text = text, .len = strlen(text) };
	return input;
}

START_TEST(a_pair_survives_its_files)
{
	struct zs_run *run = zs_run_begin();
	struct zs_key key, again = { 0 };
	struct zs_buf secret = { .arena = run->arena, .max = 65536 };
	run->now = 1795488000;
	ck_assert(zs_key_make(run, run->arena, kinds[_i].algorithm, kinds[_i].bits, 257, &key));
	ck_assert(zs_key_prove(run, &key, "memory"));
	const struct zs_algorithm_info *info = zs_algorithm_info(key.algorithm);
	ck_assert(!info->public_key_len || key.rdata.len == 4u + info->public_key_len);
	ck_assert(zs_key_read_public(run, run->arena, input_of(run, zs_key_public_text(run->arena, &key, zone, 3600)), zone, &again));
	ck_assert(zs_bytes_equal(key.rdata, again.rdata));
	ck_assert_uint_eq(key.tag, again.tag);
	ck_assert(zs_key_private_text(run, &key, &secret));
	ck_assert(zs_key_read_private(run, run->arena, input_of(run, zs_buf_string(&secret)), &again));
	ck_assert(zs_key_prove(run, &again, "files"));
	ck_assert_int_eq(again.created, run->now);
	zs_run_end(run);
}
END_TEST

START_TEST(a_private_half_of_another_key_is_refused)
{
	struct zs_run *run = zs_run_begin();
	struct zs_key key, other;
	ck_assert(zs_key_make(run, run->arena, kinds[_i].algorithm, kinds[_i].bits, 256, &key));
	ck_assert(zs_key_make(run, run->arena, kinds[_i].algorithm, kinds[_i].bits, 256, &other));
	key.private = other.private;
	ck_assert(!zs_key_prove(run, &key, "mixed"));
	ck_assert_int_eq(run->fault, ZS_INPUT);
	zs_run_end(run);
}
END_TEST

START_TEST(the_id_ignores_revoke_and_the_tag_does_not)
{
	struct zs_run *run = zs_run_begin();
	struct zs_key key, revoked = { 0 };
	ck_assert(zs_key_make(run, run->arena, ZS_ED25519, 0, 257, &key));
	uint8_t rdata[64];
	memcpy(rdata, key.rdata.data, key.rdata.len);
	rdata[1] |= ZS_DNSKEY_REVOKE;
	ck_assert(zs_key_from_rdata(run, NULL, (struct zs_bytes){ rdata, key.rdata.len }, &revoked));
	ck_assert_mem_eq(key.id, revoked.id, 32);
	ck_assert_uint_ne(key.tag, revoked.tag);
	zs_run_end(run);
}
END_TEST

START_TEST(what_is_no_key_file_is_refused)
{
	static const char *const public[] = { "", "x", "example. IN A 192.0.2.1\n", "other. IN DNSKEY 257 3 15 AAAA\n",
		                              "example. IN DNSKEY 0 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n",
		                              "example. IN DNSKEY 257 4 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n" };
	static const char *const private[] = { "", "nonsense\n", "Private-key-format: v9\n", "Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\n",
		                               "Private-key-format: v1.3\nAlgorithm: 13 (X)\nPrivateKey: AAAA\n",
		                               "Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: ****\n",
		                               "Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: AAAA\n" };
	struct zs_run *run = zs_run_begin();
	struct zs_key key;
	for (size_t i = 0; i < ZS_COUNT(public); i++)
		ck_assert_msg(!zs_key_read_public(run, run->arena, input_of(run, public[i]), zone, &key), "'%s' was taken", public[i]);
	ck_assert(zs_key_make(run, run->arena, ZS_ED25519, 0, 257, &key));
	for (size_t i = 0; i < ZS_COUNT(private); i++)
		ck_assert_msg(!zs_key_read_private(run, run->arena, input_of(run, private[i]), &key), "'%s' was taken", private[i]);
	for (const struct zs_diag *d = run->diags; d; d = d->next) /* a secret is never in a diagnostic */
		ck_assert(!d->excerpt || !strstr(d->excerpt, "PrivateKey"));
	zs_run_end(run);
}
END_TEST

ZS_SUITE(keys)
{
	Suite *suite = suite_create("keys");
	TCase *tcase = tcase_create("keys");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_pair_survives_its_files, 0, (int)ZS_COUNT(kinds));
	tcase_add_loop_test(tcase, a_private_half_of_another_key_is_refused, 0, (int)ZS_COUNT(kinds));
	tcase_add_test(tcase, the_id_ignores_revoke_and_the_tag_does_not);
	tcase_add_test(tcase, what_is_no_key_file_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
