/* unit.h - the unit tests: one suite per module, in test_<module>.c, which registers itself:
 *
 *     ZS_SUITE(name)
 *     {
 *     	Suite *suite = suite_create("name");
 *     	...
 *     	return suite;
 *     }
 */
#ifndef ZS_TESTS_UNIT_H
#define ZS_TESTS_UNIT_H

#include <check.h>

void unit_register(const char *name, Suite *(*make)(void));

#define ZS_SUITE(module)                                             \
	static Suite *make_##module(void);                           \
	__attribute__((constructor)) static void add_##module(void) \
	{                                                            \
		unit_register(#module, make_##module);               \
	}                                                            \
	static Suite *make_##module(void)

#endif
