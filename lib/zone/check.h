/* check.h - what the rules of a plain zone share, private to check.c and targets.c. */
#ifndef ZS_ZONE_CHECK_H
#define ZS_ZONE_CHECK_H

#include "zone/zone.h"

/* Host names that have an address in the zone, of the RDATA seen last: many records point to the same few hosts. */
struct known_hosts {
	struct zs_bytes names[64]; /* by a hash of the name */
};

struct checker {
	struct zs_run *run;
	const struct zs_zone *zone;
	uint32_t max_ttl;
	bool accept_g12;
	size_t apex_len; /* octets */
	struct known_hosts *hosts;
};

/* An RRset under scrutiny. */
struct place {
	uint32_t index;
	const struct zs_owner *owner;
	const uint8_t *name;
	const struct zs_rrset *set; /* NULL in rules about owners */
	bool apex;
};

/* The owner's name for messages. */
static inline const char *text_of(const struct checker *c, const struct place *p)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(c->run->arena, zs_name_text(p->name, text));
}

static inline bool has(const struct checker *c, uint32_t owner, uint16_t type)
{
	return zs_zone_rrset(c->zone, owner, type) != NULL;
}

static inline struct zs_source where(const struct checker *c, const struct zs_rrset *set)
{
	return zs_zone_source(c->zone, set);
}

static inline struct zs_source where_rdata(const struct checker *c, const struct zs_rrset *set, uint32_t i)
{
	const struct zs_rdata *rdata = &c->zone->rdata[set->first + i];
	return rdata->input == ZS_NO_INPUT ? (struct zs_source){ 0 } : (struct zs_source){ .input = c->zone->inputs[rdata->input], .line = rdata->line };
}

/* What can be published, but is a mistake nearly always (G12): an error with advice, unless the user says that it is meant. */
void zs_check_unwise(const struct checker *c, const struct zs_source *at, const char *advice, const char *format, ...) ZS_PRINTF(4, 5);

/* The cut or DNAME that name is below, or the cut that it is; if there is none, what else is found is neither. */
uint32_t zs_check_hider(const struct checker *c, const uint8_t *name);

/* "www.example.com" without its final dot became www.example.com.example.com. The name is inside of the zone. */
bool zs_check_doubled(const struct checker *c, const uint8_t *name, size_t len);

/* targets.c: the targets of NS, MX and SRV have addresses; those of CNAME and PTR are there. */
void zs_check_addresses(const struct checker *c, const struct place *p);
void zs_check_aliases(const struct checker *c, const struct place *p);

#endif
