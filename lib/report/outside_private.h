/* outside_private.h - what the judges of a look share. */
#ifndef ZS_REPORT_OUTSIDE_PRIVATE_H
#define ZS_REPORT_OUTSIDE_PRIVATE_H

#include "report/outside.h"

struct zs_outside_judge {
	struct zs_run *run;
	const struct zs_look *look;
	const struct zs_outside_known *known;
	struct zs_step *steps;
	size_t count, room;
	enum zs_step_part part; /* of the steps that are added */
};

/* A new step, with these; the caller adds rfc, ede, advice. Valid until the next one. */
struct zs_step *zs_outside_add(struct zs_outside_judge *j, enum zs_mark mark, const char *id, const char *subject, const char *format, ...)
    ZS_PRINTF(5, 6);
#define ZS_OUTSIDE_TEXT(j, ...) zs_arena_printf((j)->run->arena, __VA_ARGS__)

/* A name for people, final dot and all. */
const char *zs_outside_name(const struct zs_outside_judge *j, const uint8_t *name);
/* The info code of RFC 8914 that suits what libunbound says of a bogus answer. */
int zs_outside_ede(const char *why);

/* outside_servers.c, outside_hosts.c */
void zs_outside_servers(struct zs_outside_judge *j);
void zs_outside_hosts(struct zs_outside_judge *j);

#endif
