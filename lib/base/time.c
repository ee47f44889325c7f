/* time.c - instants and durations. */
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

enum { DAY = 86400 };
static const zs_seconds longest = (zs_seconds)100 * 366 * DAY;
static const zs_time last_instant = 253402300799; /* 9999-12-31T23:59:59Z */

zs_time zs_time_now(void)
{
	return (zs_time)time(NULL);
}

static bool two_digits(const char *p, int low, int high, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + p[1] - '0';
	return *out >= low && *out <= high;
}

static bool from_parts(const char *year, const char *month, const char *day, const char *hour, const char *minute,
                       const char *second, zs_time *out)
{
	int century, rest, mon, mday, h, min, sec;
	if (!two_digits(year, 19, 99, &century) || !two_digits(year + 2, 0, 99, &rest)
	    || !two_digits(month, 1, 12, &mon) || !two_digits(day, 1, 31, &mday)
	    || !two_digits(hour, 0, 23, &h) || !two_digits(minute, 0, 59, &min)
	    || !two_digits(second, 0, 59, &sec))
		return false;
	const int y = century * 100 + rest;
	const bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 }; /* days of the months before */
	if (y < 1970 || mday > before[mon] - before[mon - 1] + (leap && mon == 2))
		return false;
	const int leaps = (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400 - 477; /* leap days since 1970, before this year */
	const int64_t days = (int64_t)(y - 1970) * 365 + leaps + before[mon - 1] + (leap && mon > 2) + mday - 1;
	*out = days * DAY + h * 3600 + min * 60 + sec;
	return true;
}

bool zs_time_parse(const char *text, zs_time *out)
{
	const size_t len = strlen(text);
	uint64_t seconds;
	if (zs_text_number(text, len, (uint64_t)last_instant, &seconds)) {
		*out = (zs_time)seconds;
		return true;
	}
	if (len < 10 || text[4] != '-' || text[7] != '-')
		return false;
	if (len == 10)
		return from_parts(text, text + 5, text + 8, "00", "00", "00", out);
	if (len != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
		return false;
	return from_parts(text, text + 5, text + 8, text + 11, text + 14, text + 17, out);
}

static struct tm broken_down(zs_time time)
{
	struct tm tm = { 0 };
	if (time < 0)
		time = 0;
	if (time > last_instant)
		time = last_instant;
	const time_t t = (time_t)time;
	gmtime_r(&t, &tm);
	return tm;
}

const char *zs_time_text(zs_time time, char out[ZS_TIME_TEXT])
{
	const struct tm tm = broken_down(time);
	strftime(out, ZS_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

const char *zs_time_short(zs_time time, char out[ZS_TIME_TEXT])
{
	const struct tm tm = broken_down(time);
	strftime(out, ZS_TIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm);
	return out;
}

bool zs_time_parse_digits(const char *text, size_t len, zs_time *out)
{
	return len == 14 && from_parts(text, text + 4, text + 6, text + 8, text + 10, text + 12, out);
}

void zs_time_digits(zs_time time, char out[15])
{
	const struct tm tm = broken_down(time);
	strftime(out, 15, "%Y%m%d%H%M%S", &tm);
}

static const struct {
	char letter;
	zs_seconds seconds;
} units[] = { { 'w', 7 * DAY }, { 'd', DAY }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

bool zs_duration_parse(const char *text, zs_seconds *out)
{
	uint64_t plain;
	if (zs_text_number(text, strlen(text), (uint64_t)longest, &plain)) {
		*out = (zs_seconds)plain;
		return true;
	}
	const char *p = text;
	const bool iso = *p == 'P' || *p == 'p';
	bool in_time = !iso;
	size_t next_unit = 0;
	zs_seconds total = 0;
	if (iso)
		p++;
	if (!*p)
		return false;
	while (*p) {
		if (iso && !in_time && (*p == 'T' || *p == 't') && p[1]) {
			in_time = true;
			p++;
		}
		const char *digits = p;
		while (*p >= '0' && *p <= '9')
			p++;
		uint64_t value;
		if (!zs_text_number(digits, (size_t)(p - digits), (uint64_t)longest, &value))
			return false;
		size_t unit = next_unit;
		while (unit < ZS_COUNT(units) && units[unit].letter != zs_lower(*p))
			unit++;
		if (unit == ZS_COUNT(units) || (iso && (units[unit].seconds < DAY) != in_time))
			return false;
		if ((zs_seconds)value > (longest - total) / units[unit].seconds)
			return false;
		total += (zs_seconds)value * units[unit].seconds;
		next_unit = unit + 1;
		p++;
	}
	*out = total;
	return true;
}

const char *zs_duration_text(zs_seconds duration, char out[ZS_DURATION_TEXT])
{
	size_t used = 0;
	if (duration < 0) {
		out[used++] = '-';
		duration = duration == INT64_MIN ? INT64_MAX : -duration;
	}
	const size_t start = used;
	for (size_t i = 1; i < ZS_COUNT(units); i++) { /* days, not weeks: 14d reads better than 2w */
		const zs_seconds n = duration / units[i].seconds;
		if (!n)
			continue;
		used += (size_t)snprintf(out + used, ZS_DURATION_TEXT - used, "%lld%c", (long long)n, units[i].letter);
		duration %= units[i].seconds;
	}
	if (used == start)
		snprintf(out + used, ZS_DURATION_TEXT - used, "0s");
	return out;
}
