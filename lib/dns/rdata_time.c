/* rdata_time.c - the times of RRSIG: 14 digits of UTC (RFC 4034 section 3.2) and back.
 *
 * A signed zone has two of them for each RRset, so the calendar is reckoned here and not by the C library.
 * Years are taken to begin in March: then the leap day is the last one, and the months before it always have
 * the same lengths.
 */
#include "dns/rdata_field.h"

enum {
	DAY = 86400,
	FOUR_CENTURIES = 146097, /* days */
	TO_1970 = 719468         /* days from 1 March of year 0 */
};

static bool leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Day of an existing date, counted from 1 January 1970. */
static uint32_t day_number(unsigned year, unsigned month, unsigned day)
{
	const unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - TO_1970;
}

bool zs_date_parse(const char text[14], uint32_t *out)
{
	static const uint8_t lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned pairs[7];
	for (unsigned i = 0; i < 7; i++) {
		const unsigned high = (unsigned char)text[2 * i] - (unsigned)'0';
		const unsigned low = (unsigned char)text[2 * i + 1] - (unsigned)'0';
		if (high > 9 || low > 9)
			return false;
		pairs[i] = 10 * high + low;
	}
	const unsigned year = 100 * pairs[0] + pairs[1], month = pairs[2], day = pairs[3];
	if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]
	    || (month == 2 && day == 29 && !leap(year)) || pairs[4] > 23 || pairs[5] > 59 || pairs[6] > 59)
		return false;
	const uint64_t time =
	    (uint64_t)day_number(year, month, day) * DAY + pairs[4] * 3600 + pairs[5] * 60 + pairs[6];
	*out = (uint32_t)time;
	return time <= UINT32_MAX;
}

/* 14 digits are a date, up to 10 are seconds. Dates past 2106 would go on in the next round of serial
 * arithmetic; here they are refused, because nobody means them. */
bool zs_read_time(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	uint8_t *out = token ? zs_read_room(in, 4) : NULL;
	uint64_t seconds;
	uint32_t date;
	if (!out)
		return false;
	if (token->len == 14 && zs_date_parse(token->text, &date)) {
		zs_put_u32(out, date);
	} else if (token->len < 14 && zs_read_decimal(token->text, token->len, UINT32_MAX, &seconds)) {
		zs_put_u32(out, (uint32_t)seconds);
	} else {
		char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
		zs_read_fail(in, 0, "%s '%s' is no time", zs_field_label(in->info, in->field, label),
		             zs_token_shown(token->text, token->len, shown));
		return zs_rdata_advise(
		    in->error,
		    "YYYYMMDDHHmmSS in UTC, 1970 to 2106, or seconds since 1970 (RFC 4034 section 3.2)");
	}
	in->len += 4;
	return true;
}

static void put_pair(unsigned value, char *out)
{
	out[0] = (char)('0' + value / 10);
	out[1] = (char)('0' + value % 10);
}

void zs_format_time(uint32_t time, struct zs_buf *out)
{
	const uint32_t days = time / DAY + TO_1970, seconds = time % DAY;
	const uint32_t day_of_cycle = days % FOUR_CENTURIES;
	const uint32_t year_of_cycle =
	    (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / (FOUR_CENTURIES - 1))
	    / 365;
	const uint32_t day_of_year =
	    day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
	const uint32_t month = (5 * day_of_year + 2) / 153; /* from March */
	const uint32_t year = days / FOUR_CENTURIES * 400 + year_of_cycle + (month > 9);
	char text[14];
	put_pair(year / 100, text);
	put_pair(year % 100, text + 2);
	put_pair(month > 9 ? month - 9 : month + 3, text + 4);
	put_pair(day_of_year - (153 * month + 2) / 5 + 1, text + 6);
	put_pair(seconds / 3600, text + 8);
	put_pair(seconds / 60 % 60, text + 10);
	put_pair(seconds % 60, text + 12);
	zs_buf_add(out, text, sizeof text);
}
