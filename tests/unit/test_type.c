/* test_type.c - the RR type table against the IANA registry. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "dns/type.h"

/* IANA "Resource Record (RR) TYPEs", all that is assigned. */
static const struct {
	uint16_t type;
	const char *mnemonic;
} registry[] = {
	{ 1, "A" },           { 2, "NS" },        { 3, "MD" },        { 4, "MF" },       { 5, "CNAME" },
	{ 6, "SOA" },         { 7, "MB" },        { 8, "MG" },        { 9, "MR" },       { 10, "NULL" },
	{ 11, "WKS" },        { 12, "PTR" },      { 13, "HINFO" },    { 14, "MINFO" },   { 15, "MX" },
	{ 16, "TXT" },        { 17, "RP" },       { 18, "AFSDB" },    { 19, "X25" },     { 20, "ISDN" },
	{ 21, "RT" },         { 22, "NSAP" },     { 23, "NSAP-PTR" }, { 24, "SIG" },     { 25, "KEY" },
	{ 26, "PX" },         { 27, "GPOS" },     { 28, "AAAA" },     { 29, "LOC" },     { 30, "NXT" },
	{ 31, "EID" },        { 32, "NIMLOC" },   { 33, "SRV" },      { 34, "ATMA" },    { 35, "NAPTR" },
	{ 36, "KX" },         { 37, "CERT" },     { 38, "A6" },       { 39, "DNAME" },   { 40, "SINK" },
	{ 41, "OPT" },        { 42, "APL" },      { 43, "DS" },       { 44, "SSHFP" },   { 45, "IPSECKEY" },
	{ 46, "RRSIG" },      { 47, "NSEC" },     { 48, "DNSKEY" },   { 49, "DHCID" },   { 50, "NSEC3" },
	{ 51, "NSEC3PARAM" }, { 52, "TLSA" },     { 53, "SMIMEA" },   { 55, "HIP" },     { 56, "NINFO" },
	{ 57, "RKEY" },       { 58, "TALINK" },   { 59, "CDS" },      { 60, "CDNSKEY" }, { 61, "OPENPGPKEY" },
	{ 62, "CSYNC" },      { 63, "ZONEMD" },   { 64, "SVCB" },     { 65, "HTTPS" },   { 66, "DSYNC" },
	{ 67, "HHIT" },       { 68, "BRID" },     { 99, "SPF" },      { 100, "UINFO" },  { 101, "UID" },
	{ 102, "GID" },       { 103, "UNSPEC" },  { 104, "NID" },     { 105, "L32" },    { 106, "L64" },
	{ 107, "LP" },        { 108, "EUI48" },   { 109, "EUI64" },   { 128, "NXNAME" }, { 249, "TKEY" },
	{ 250, "TSIG" },      { 251, "IXFR" },    { 252, "AXFR" },    { 253, "MAILB" },  { 254, "MAILA" },
	{ 255, "ANY" },       { 256, "URI" },     { 257, "CAA" },     { 258, "AVC" },    { 259, "DOA" },
	{ 260, "AMTRELAY" },  { 261, "RESINFO" }, { 262, "WALLET" },  { 263, "CLA" },    { 264, "IPN" },
	{ 32768, "TA" },      { 32769, "DLV" },
};

static bool registered(uint16_t type)
{
	for (size_t i = 0; i < ZS_COUNT(registry); i++)
		if (registry[i].type == type)
			return true;
	return false;
}

START_TEST(every_assigned_type_is_found_by_number_and_by_mnemonic)
{
	ck_assert_uint_eq(zs_type_count(), ZS_COUNT(registry));
	for (size_t i = 0; i < ZS_COUNT(registry); i++) {
		const struct zs_type_info *info = zs_type_info(registry[i].type);
		char text[ZS_TYPE_TEXT], lower[ZS_TYPE_TEXT] = { 0 };
		uint16_t type = 0;
		ck_assert_msg(info != NULL, "%s is not in the table", registry[i].mnemonic);
		ck_assert_uint_eq(info->type, registry[i].type);
		ck_assert_str_eq(info->mnemonic, registry[i].mnemonic);
		ck_assert_str_eq(zs_type_text(registry[i].type, text), registry[i].mnemonic);
		ck_assert_str_eq(zs_type_mnemonic(i), registry[i].mnemonic);
		ck_assert(zs_type_parse(text, strlen(text), &type) && type == registry[i].type);
		for (size_t j = 0; text[j]; j++)
			lower[j] = (char)(text[j] >= 'A' && text[j] <= 'Z' ? text[j] + 32 : text[j]);
		type = 0;
		ck_assert_msg(zs_type_parse(lower, strlen(lower), &type) && type == registry[i].type, "%s", lower);
	}
	ck_assert_ptr_null(zs_type_mnemonic(ZS_COUNT(registry)));
}
END_TEST

START_TEST(every_number_is_read_and_written_as_rfc3597_says)
{
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		char text[ZS_TYPE_TEXT], generic[ZS_TYPE_TEXT];
		uint16_t type = 1;
		snprintf(generic, sizeof generic, "TYPE%u", i);
		ck_assert(zs_type_parse(generic, strlen(generic), &type) && type == i);
		ck_assert_int_eq(zs_type_info((uint16_t)i) != NULL, registered((uint16_t)i));
		zs_type_text((uint16_t)i, text);
		if (!registered((uint16_t)i))
			ck_assert_str_eq(text, generic);
		ck_assert(zs_type_parse(text, strlen(text), &type) && type == i);
		zs_type_file_text((uint16_t)i, text);
		ck_assert(zs_type_parse(text, strlen(text), &type) && type == i);
	}
}
END_TEST

START_TEST(texts_that_are_no_type_are_refused)
{
	static const char *const texts[] = {
		"",       "B",       "AA",   "AAAAA",        "TYPE", "TYPE65536",   "TYPE-1",   "TYPE+1",
		"TYPE 1", "TYPE1x",  "TYP1", "TYPE99999999", "A ",   "NSEC3PARAMS", "RESERVED", "IN",
		"N\0S",   "TYPE0x1", "*",
	};
	for (size_t i = 0; i < ZS_COUNT(texts); i++) {
		uint16_t type;
		ck_assert_msg(!zs_type_parse(texts[i], strlen(texts[i]), &type), "'%s' was taken", texts[i]);
	}
	uint16_t type;
	ck_assert(!zs_type_parse("\0A", 2, &type)); /* as a number it is A's */
	ck_assert(!zs_type_parse("\0\0\0\0\0\0\0A", 8, &type));
}
END_TEST

START_TEST(flags_say_what_may_stand_where)
{
	static const uint16_t meta[] = { 41, 128, 249, 250, 251, 252, 253, 254, 255 };
	static const uint16_t apex[] = { ZS_TYPE_SOA,     ZS_TYPE_NSEC3PARAM, ZS_TYPE_CDS,
		                         ZS_TYPE_CDNSKEY, ZS_TYPE_CSYNC,      ZS_TYPE_ZONEMD };
	static const uint16_t single[] = { ZS_TYPE_CNAME, ZS_TYPE_DNAME, ZS_TYPE_SOA };
	static const uint16_t made[] = { ZS_TYPE_RRSIG, ZS_TYPE_NSEC, ZS_TYPE_NSEC3, ZS_TYPE_NSEC3PARAM };
	static const struct {
		enum zs_type_flag flag;
		const uint16_t *types;
		size_t count;
	} sets[] = {
		{ ZS_TYPE_META, meta, ZS_COUNT(meta) }, { ZS_TYPE_APEX_ONLY, apex, ZS_COUNT(apex) },
		{ ZS_TYPE_SINGLETON, single, ZS_COUNT(single) }, { ZS_TYPE_SIGNER_MADE, made, ZS_COUNT(made) },
	};
	for (size_t i = 0; i < ZS_COUNT(sets); i++)
		for (unsigned type = 0; type <= UINT16_MAX; type++) {
			bool wanted = false;
			for (size_t j = 0; j < sets[i].count; j++)
				wanted = wanted || sets[i].types[j] == type;
			ck_assert_msg(zs_type_has((uint16_t)type, sets[i].flag) == wanted, "flag %d of type %u",
			              (int)sets[i].flag, type);
		}
}
END_TEST

START_TEST(rare_types_are_written_by_number_in_zone_files)
{
	char text[ZS_TYPE_TEXT];
	ck_assert_str_eq(zs_type_file_text(ZS_TYPE_DSYNC, text), "TYPE66");
	ck_assert_str_eq(zs_type_file_text(ZS_TYPE_NXNAME, text), "TYPE128");
	ck_assert_str_eq(zs_type_file_text(ZS_TYPE_HTTPS, text), "HTTPS");
	ck_assert_str_eq(zs_type_file_text(ZS_TYPE_HIP, text), "TYPE55"); /* NSD 4.6 does not know it */
	ck_assert_str_eq(zs_type_file_text(26, text), "TYPE26"); /* PX: Knot 3.2 does not */
	ck_assert_str_eq(zs_type_file_text(65280, text), "TYPE65280");
}
END_TEST

START_TEST(every_field_has_a_word_for_messages)
{
	for (size_t i = 0; i < ZS_COUNT(registry); i++) {
		const struct zs_type_info *info = zs_type_info(registry[i].type);
		unsigned fields = 0, words = info->words[0] != 0;
		while (info->fields[fields])
			ck_assert_uint_lt(++fields, ZS_TYPE_FIELDS_MAX);
		for (const char *p = info->words; *p; p++)
			words += *p == ' ';
		const bool special = info->fields[0] == ZS_FIELD_SPECIAL;
		ck_assert_msg(special ? words >= 1 : words == fields, "%s has %u fields and %u words", info->mnemonic,
		              fields, words);
	}
}
END_TEST

ZS_SUITE(type)
{
	Suite *suite = suite_create("type");
	TCase *tcase = tcase_create("type");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_assigned_type_is_found_by_number_and_by_mnemonic);
	tcase_add_test(tcase, every_number_is_read_and_written_as_rfc3597_says);
	tcase_add_test(tcase, texts_that_are_no_type_are_refused);
	tcase_add_test(tcase, flags_say_what_may_stand_where);
	tcase_add_test(tcase, rare_types_are_written_by_number_in_zone_files);
	tcase_add_test(tcase, every_field_has_a_word_for_messages);
	suite_add_tcase(suite, tcase);
	return suite;
}
