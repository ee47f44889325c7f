/* time.h - instants and durations, in seconds; their text forms. */
#ifndef ZS_BASE_TIME_H
#define ZS_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t zs_time;    /* an instant: seconds since 1970-01-01T00:00:00Z; 0: not known */
typedef int64_t zs_seconds; /* a duration */

enum { ZS_TIME_TEXT = 32, ZS_DURATION_TEXT = 48 }; /* buffer sizes */

zs_time zs_time_now(void);

static inline zs_time zs_time_later(zs_time a, zs_time b)
{
	return a > b ? a : b;
}

/* The sooner of two dates, of which each may be 0: none. */
static inline zs_time zs_time_sooner(zs_time a, zs_time b)
{
	return !a || (b && b < a) ? b : a;
}

/* "2026-12-01T00:00:00Z", "2026-12-01" or seconds since 1970. Years 1970 to 9999. */
bool zs_time_parse(const char *text, zs_time *out);
const char *zs_time_text(zs_time time, char out[ZS_TIME_TEXT]); /* 2026-12-01T00:00:00Z; returns out */
const char *zs_time_short(zs_time time, char out[ZS_TIME_TEXT]); /* 2026-12-01 00:00 UTC, for people */

/* YYYYMMDDHHmmSS of RRSIG RDATA and key files (RFC 4034 section 3.2). The reader takes exactly 14 digits. */
bool zs_time_parse_digits(const char *text, size_t len, zs_time *out);
void zs_time_digits(zs_time time, char out[15]);

/* "90d", "1h30m", "2w", "P90D", "PT1H30M", "3600": units w d h m s in falling order; largest result 100 years.
 * Months and years are refused, they have no fixed length. */
bool zs_duration_parse(const char *text, zs_seconds *out);
const char *zs_duration_text(zs_seconds duration, char out[ZS_DURATION_TEXT]); /* 1h30m; returns out */

#endif
