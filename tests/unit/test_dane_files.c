/* test_dane_files.c - host keys and OpenPGP keys as files hold them, octet by octet. */
#include "unit.h"

#include <string.h>

#include "dane/dane_private.h"

static struct zs_input input_of(struct zs_run *run, const void *text, size_t len)
{
	return (struct zs_input){ .path = "file", .text = zs_arena_text(run->arena, text, len), .len = len };
}

/* ---- OpenPGP ---- */

#define KEY "\xc6\x08\x04" "abcdefg"            /* public key, version 4 */
#define KEY_OLD "\x98\x08\x04" "abcdefg"        /* the same in the old format */
#define UID "\xcd\x12<hugh@example.com>"
#define SIG "\xc2\x04" "\x04\x13\x16\x08"
#define SUBKEY "\xce\x08\x04" "abcdefg"

static const struct {
	const char *data;
	size_t len;
	const char *words; /* of the error, or NULL: it is a key */
	unsigned user_ids;
	bool named;
} openpgp[] = {
#define P(text, words, ids, named) { text, sizeof text - 1, words, ids, named }
	P(KEY UID SIG, NULL, 1, true),
	P(KEY_OLD UID SIG SUBKEY SIG, NULL, 1, true),
	P(KEY, NULL, 0, false),
	P(KEY UID UID, NULL, 2, true),
	P(KEY "\xcd\x12<hugo@example.com>", NULL, 1, false),
	P(KEY "\xcd\x13xhugh@example.com>x", NULL, 1, false),
	P(KEY "\xcd\x10HUGH@example.com", NULL, 1, true),
	P(KEY "\xb5\x00\x10hugh@example.com", NULL, 1, true),           /* old format, two octets of length */
	P(KEY "\xb6\x00\x00\x00\x10hugh@example.com", NULL, 1, true),   /* four */
	P(KEY "\xcd\xff\x00\x00\x00\x10hugh@example.com", NULL, 1, true), /* new format, five */
	P(KEY "\xcd\xff\xff\xff\xff\xff" "hugh", "no sound length", 0, false),
	P(KEY "\xcd\xe1hugh", "no sound length", 0, false),             /* partial: for messages */
	P(KEY "\xb7hugh", "no sound length", 0, false),                 /* to the end of the file */
	P(KEY "\xcd\x11hugh@example.com", "no sound length", 0, false), /* one more than there is */
	P(KEY "\xcd", "no sound length", 0, false),
	P(KEY "hello", "no sound length", 0, false),
	P(UID KEY, "does not begin with a public key", 0, false),
	P(KEY UID KEY, "several keys", 0, false),
	P("\xc5\x08\x04" "abcdefg" UID, "private key", 0, false),
	P(KEY "\xc7\x08\x04" "abcdefg", "private key", 0, false),
	P("\xc6\x08\x09" "abcdefg", "no version", 0, false),
	P("\xc6\x03\x04" "ab", "no version", 0, false),
	P(KEY "\xc2\x01\x04", "too short", 0, false),
	P(KEY "\xcb\x01x", "packet of type 11", 0, false),
	P("", "no OpenPGP public key", 0, false),
	P("-----BEGIN PGP MESSAGE-----\n\nAAAA\n", "no OpenPGP public key", 0, false),
	P("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n", "private key", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----", "ends within", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1", "ends within", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----\n", "not base64", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n", "not base64", 0, false),
	P("x\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nComment: a\r\n\r\nxggEYWJj\r\nZGVmZw==\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n", NULL, 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxggEYWJjZGVmZw==\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n", "CRC-24", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxggEYWJjZGVmZw==\n=AA\n-----END PGP PUBLIC KEY BLOCK-----\n", "checksum that is none", 0, false),
	P("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxggEYWJj\n=AAAA\nZGVmZw==\n-----END PGP PUBLIC KEY BLOCK-----\n", "behind its checksum", 0, false),
#undef P
};

START_TEST(an_openpgp_key_is_read_or_refused_for_a_reason)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_input input = input_of(run, openpgp[_i].data, openpgp[_i].len);
	struct zs_openpgp_key key;
	const bool ok = zs_openpgp_parse(run, NULL, &input, "hugh@example.com", &key);
	ck_assert_msg(ok == !openpgp[_i].words, "%s", run->diags ? run->diags->message : "accepted");
	if (!ok)
		ck_assert_msg(strstr(run->diags->message, openpgp[_i].words) != NULL, "%s", run->diags->message);
	if (ok) {
		ck_assert_uint_eq(key.user_ids, openpgp[_i].user_ids);
		ck_assert(key.names_address == openpgp[_i].named);
	}
	zs_run_end(run);
}
END_TEST

/* The CRC of "123456789" is 0x21cf02: a catalogue's check value of CRC-24/OPENPGP. Here over a key. */
START_TEST(a_right_checksum_is_taken)
{
	static const char text[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxggEYWJjZGVmZw==\n=%s\n-----END PGP PUBLIC KEY BLOCK-----\n";
	struct zs_run *run = zs_run_begin();
	struct zs_openpgp_key key;
	uint32_t crc = 0xb704ce; /* by division, bit after bit, another way than the code's */
	for (const char *p = KEY; p < KEY + 10; p++)
		for (int bit = 7; bit >= 0; bit--) {
			const uint32_t top = (crc >> 23 ^ (uint32_t)((uint8_t)*p >> bit)) & 1;
			crc = (crc << 1 & 0xffffff) ^ (top ? 0x864cfb : 0);
		}
	const uint8_t octets[] = { (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc };
	char sum[5] = "";
	zs_base64_encode(octets, 3, sum);
	const char *whole = zs_arena_printf(run->arena, text, sum);
	const struct zs_input input = input_of(run, whole, strlen(whole));
	ck_assert(zs_openpgp_parse(run, NULL, &input, "hugh@example.com", &key));
	ck_assert_uint_eq(key.data.len, 10);
	zs_run_end(run);
}
END_TEST

/* ---- OpenSSH ---- */

static const struct {
	const char *text;
	int count;         /* records; -1: refused */
	const char *words; /* of the first diagnostic, or NULL */
	uint8_t algorithm;
} ssh[] = {
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x\n", 1, NULL, 4 },
	{ "\n# a comment\r\n  ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1, NULL, 4 },
	{ "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x\n", -1, "line 1: this is no whole", 0 },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== x\n", -1, "no whole", 0 }, /* 31 octets */
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5/////wAA x\n", -1, "no whole", 0 },
	{ "ssh-ed25519\n", -1, "no whole", 0 },
	{ "ssh-ed25519 !!!! x\n", -1, "no whole", 0 },
	{ "", -1, "holds no host key", 0 },
	{ "mail ssh-ed25519 AAAA\n", -1, "'mail' is no host key type", 0 },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\n", -1, "private key", 0 },
	{ "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwEAAQ==\n", 1, "weak (RSA 17)", 1 },
};

START_TEST(host_keys_are_read_or_refused_for_a_reason)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_input input = input_of(run, ssh[_i].text, strlen(ssh[_i].text));
	struct zs_bytes *made;
	size_t count;
	const bool ok = zs_sshfp_parse(run, NULL, &input, &made, &count);
	ck_assert(ok == (ssh[_i].count >= 0));
	if (ssh[_i].words)
		ck_assert_msg(run->diags && strstr(run->diags->message, ssh[_i].words), "%s", run->diags ? run->diags->message : "nothing");
	else
		ck_assert_ptr_null(run->diags);
	if (ok) {
		ck_assert_int_eq((int)count, ssh[_i].count);
		ck_assert(made[0].len == 34 && made[0].data[0] == ssh[_i].algorithm && made[0].data[1] == 2);
	}
	zs_run_end(run);
}
END_TEST

/* ---- TLSA that clients cannot use ---- */

static const struct {
	const char *rdata;
	size_t len;
	const char *words;
} tlsa[] = {
#define R(text, words) { text, sizeof text - 1, words }
	R("\3\1\1" "0123456789abcdef0123456789abcdef", NULL),
	R("\3\1\1" "0123456789abcdef0123456789abcde", "3 1 1 needs 32 octets, got 31"),
	R("\3\1\2" "0123456789abcdef0123456789abcdef", "needs 64"),
	R("\3\1\1", "got 0"),
	R("\4\1\1" "0123456789abcdef0123456789abcdef", "usage 4"),
	R("\3\2\1" "0123456789abcdef0123456789abcdef", "selector 2"),
	R("\3\1\3" "0123456789abcdef0123456789abcdef", "matching type 3"),
	R("\3\1\1" "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14" "89abcdef0123456789abcdef", "hash of nothing"),
	R("\3\0\0" "hello", "not a certificate"),
	R("\3\1\0", "not a public key"),
#undef R
};

START_TEST(a_tlsa_that_nobody_can_use_is_told)
{
	struct zs_run *run = zs_run_begin();
	const char *why = zs_dane_mismatch(run, (struct zs_bytes){ (const uint8_t *)tlsa[_i].rdata, tlsa[_i].len });
	if (tlsa[_i].words)
		ck_assert_msg(why && strstr(why, tlsa[_i].words), "%s", why ? why : "nothing");
	else
		ck_assert_ptr_null(why);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(dane_files)
{
	Suite *suite = suite_create("dane_files");
	TCase *tcase = tcase_create("dane_files");
	tcase_add_loop_test(tcase, an_openpgp_key_is_read_or_refused_for_a_reason, 0, (int)ZS_COUNT(openpgp));
	tcase_add_test(tcase, a_right_checksum_is_taken);
	tcase_add_loop_test(tcase, host_keys_are_read_or_refused_for_a_reason, 0, (int)ZS_COUNT(ssh));
	tcase_add_loop_test(tcase, a_tlsa_that_nobody_can_use_is_told, 0, (int)ZS_COUNT(tlsa));
	suite_add_tcase(suite, tcase);
	return suite;
}
