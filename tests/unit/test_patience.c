/* test_patience.c - who is silent is waited for a few times, and tried again now and then. */
#include "unit.h"

#include <stddef.h>

#include "base/patience.h"

START_TEST(three_in_a_row_are_waited_for_and_an_answer_ends_it)
{
	struct zs_patience *with = zs_patience_with("192.0.2.1");
	for (int i = 0; i < 2; i++)
		zs_patience_note(with, true);
	zs_patience_note(with, false);
	for (int i = 0; i < 3; i++) {
		ck_assert(zs_patience_is_left(with, 3600));
		zs_patience_note(with, true);
	}
	ck_assert(!zs_patience_is_left(with, 3600));
	ck_assert(zs_patience_is_left(zs_patience_with("192.0.2.2"), 3600));
	ck_assert_ptr_eq(with, zs_patience_with("192.0.2.1"));
	zs_patience_note(with, false);
	ck_assert(zs_patience_is_left(with, 3600));
}
END_TEST

START_TEST(each_seventh_of_the_rest_tries_in_each_hour_another)
{
	for (int hour = 0; hour < 7; hour++) {
		struct zs_patience *with = zs_patience_with((const char *[]){ "a", "b", "c", "d", "e", "f", "g" }[hour]);
		int tries = 0, first = -1;
		for (int i = 0; i < 3; i++)
			zs_patience_note(with, true);
		for (int i = 0; i < 700; i++)
			if (zs_patience_is_left(with, (zs_time)hour * 3600)) {
				first = first < 0 ? i : first;
				tries++;
			}
		ck_assert_int_eq(first, (7 - hour) % 7);
		ck_assert_int_eq(tries, 12); /* and no more than these */
	}
}
END_TEST

START_TEST(more_of_them_than_the_table_has_room_for_share_what_is_left)
{
	char name[8] = "x00000";
	for (int i = 0; i < 200; i++) {
		name[1] = (char)('0' + i / 100);
		name[2] = (char)('0' + i / 10 % 10);
		name[3] = (char)('0' + i % 10);
		ck_assert_ptr_nonnull(zs_patience_with(name));
	}
	ck_assert_ptr_eq(zs_patience_with("x19900"), zs_patience_with("x19800"));
}
END_TEST

ZS_SUITE(patience)
{
	Suite *suite = suite_create("patience");
	TCase *cases = tcase_create("patience");
	tcase_add_test(cases, three_in_a_row_are_waited_for_and_an_answer_ends_it);
	tcase_add_test(cases, each_seventh_of_the_rest_tries_in_each_hour_another);
	tcase_add_test(cases, more_of_them_than_the_table_has_room_for_share_what_is_left);
	suite_add_tcase(suite, cases);
	return suite;
}
