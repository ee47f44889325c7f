/* test_smtp.c - SMTP up to STARTTLS: what servers say, in whatever pieces it comes, and what becomes of it. */
#include "unit.h"

#include <string.h>

#include "live/look_private.h"

#define EHLO_OK "250-mail.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"

/* What the server says in each of its turns. */
static const struct {
	const char *name, *turns[3];
	enum zs_smtp_state state;
	enum zs_talk_end end;
	const char *why; /* of FAILED, a part */
} cases[] = {
	{ "usual", { "220 mail.test ESMTP\r\n", EHLO_OK, "220 go\r\n" }, ZS_SMTP_READY, 0, NULL },
	{ "a greeting of several lines", { "220-mail.test\r\n220-no spam\r\n220 go\r\n", EHLO_OK, "220 go\r\n" }, ZS_SMTP_READY, 0, NULL },
	{ "bare line ends, a code alone", { "220\n", "250-x\n250 starttls\n", "220\n" }, ZS_SMTP_READY, 0, NULL },
	{ "a keyword with a parameter", { "220 x\r\n", "250-x\r\n250 STARTTLS now\r\n", "220 x\r\n" }, ZS_SMTP_READY, 0, NULL },
	{ "not offered", { "220 x\r\n", "250-x\r\n250 8BITMIME\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_NO_STARTTLS, "offers no STARTTLS" },
	{ "a server of that name", { "220 x\r\n", "250-STARTTLS\r\n250 8BITMIME\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_NO_STARTTLS, "offers no STARTTLS" },
	{ "a longer keyword", { "220 x\r\n", "250-x\r\n250 STARTTLSX\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_NO_STARTTLS, NULL },
	{ "no EHLO", { "220 x\r\n", "500 what?\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_NO_STARTTLS, NULL },
	{ "not now", { "220 x\r\n", "421 busy\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "answers EHLO with '421 busy'" },
	{ "STARTTLS refused", { "220 x\r\n", EHLO_OK, "454 no\r\n" }, ZS_SMTP_FAILED, ZS_TALK_NO_STARTTLS, "refuses it: '454 no'" },
	{ "go away", { "554 5.7.1 no\r\n", NULL, NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "greets with '554 5.7.1 no'" },
	{ "it speaks before its turn", { "220 x\r\n250 x\r\n", NULL, NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "more than was asked for" },
	{ "plaintext behind the answer", { "220 x\r\n", EHLO_OK, "220 go\r\n250 injected\r\n" }, ZS_SMTP_READY, 0, NULL },
	{ "another protocol", { "* OK IMAP4rev1\r\n", NULL, NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "speaks no SMTP: '* OK IMAP4rev1'" },
	{ "two codes in an answer", { "220 x\r\n", "250-x\r\n220 y\r\n", NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "speaks no SMTP" },
	{ "control octets are not shown", { "554 \033[31m\r\n", NULL, NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "\\027[31m" },
	{ "an empty line", { "\r\n", NULL, NULL }, ZS_SMTP_FAILED, ZS_TALK_SMTP, "speaks no SMTP" },
	{ "not at its end yet", { "220-x\r\n220", NULL, NULL }, ZS_SMTP_GREETING, 0, NULL },
};

/* Feed the turns, `piece` octets at a time; commands are taken as sent at once. */
static void talk(struct zs_run *run, const char *const turns[3], size_t piece, struct zs_smtp *smtp)
{
	*smtp = (struct zs_smtp){ 0 };
	for (size_t t = 0; t < 3 && turns[t]; t++) {
		const size_t len = strlen(turns[t]);
		for (size_t at = 0; at < len; at += piece)
			(void)zs_smtp_feed(run->arena, smtp, turns[t] + at, piece < len - at ? piece : len - at);
		smtp->say = NULL;
	}
}

START_TEST(dialogues)
{
	struct zs_run *run = zs_run_begin();
	static const size_t pieces[] = { 1, 2, 7, 4096 };
	struct zs_smtp smtp;
	for (size_t i = 0; i < ZS_COUNT(pieces); i++) {
		talk(run, cases[_i].turns, pieces[i], &smtp);
		ck_assert_msg(smtp.state == cases[_i].state, "%s: state %d: %s", cases[_i].name, (int)smtp.state, smtp.why ? smtp.why : "");
		ck_assert_msg(smtp.state != ZS_SMTP_FAILED || (smtp.end == cases[_i].end && smtp.why), "%s", cases[_i].name);
		ck_assert_msg(!cases[_i].why || strstr(smtp.why, cases[_i].why), "%s: %s", cases[_i].name, smtp.why);
	}
	zs_run_end(run);
}
END_TEST

START_TEST(what_follows_the_answer_to_STARTTLS_is_not_used)
{
	struct zs_run *run = zs_run_begin();
	static const char *const turns[3] = { "220 x\r\n", EHLO_OK, NULL };
	struct zs_smtp smtp;
	talk(run, turns, 4096, &smtp);
	ck_assert_uint_eq(8, zs_smtp_feed(run->arena, &smtp, "220 go\r\n250 injected\r\n", 22));
	ck_assert_int_eq(ZS_SMTP_READY, smtp.state);
	ck_assert_uint_eq(0, zs_smtp_feed(run->arena, &smtp, "x", 1));
	zs_run_end(run);
}
END_TEST

START_TEST(nothing_is_without_end)
{
	struct zs_run *run = zs_run_begin();
	struct zs_smtp smtp = { 0 };
	char page[4096];
	size_t fed = 0;
	memset(page, '2', sizeof page);
	while (smtp.state != ZS_SMTP_FAILED && fed < 1 << 20)
		fed += zs_smtp_feed(run->arena, &smtp, page, sizeof page);
	ck_assert_uint_le(fed, 2048);
	ck_assert_ptr_nonnull(strstr(smtp.why, "line without end"));
	smtp = (struct zs_smtp){ 0 };
	for (fed = 0; smtp.state != ZS_SMTP_FAILED && fed < 1 << 20;)
		fed += zs_smtp_feed(run->arena, &smtp, "220-more\r\n", 10);
	ck_assert_uint_le(fed, 40000);
	ck_assert_ptr_nonnull(strstr(smtp.why, "has no end"));
	zs_run_end(run);
}
END_TEST

ZS_SUITE(smtp)
{
	Suite *suite = suite_create("smtp");
	TCase *tcase = tcase_create("dialogue");
	tcase_add_loop_test(tcase, dialogues, 0, (int)ZS_COUNT(cases));
	tcase_add_test(tcase, what_follows_the_answer_to_STARTTLS_is_not_used);
	tcase_add_test(tcase, nothing_is_without_end);
	suite_add_tcase(suite, tcase);
	return suite;
}
