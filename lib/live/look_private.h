/* look_private.h - what the files of the look from outside share. */
#ifndef ZS_LIVE_LOOK_PRIVATE_H
#define ZS_LIVE_LOOK_PRIVATE_H

#include "live/live_private.h"
#include "live/look.h"

/* The same resolver without validation: to find the servers of a zone whose chain is broken. Nothing of it is believed. */
struct zs_resolver *zs_resolver_plain(struct zs_run *run, const struct zs_observe_options *options, const char **why);
/* All lookups at once; name and type of each are set. */
void zs_resolver_look_up(struct zs_resolver *resolver, struct zs_lookup_view *views, size_t count);
/* From now on the resolver has until this instant of zs_live_clock. */
void zs_resolver_deadline(struct zs_resolver *resolver, int64_t deadline);

/* The DS at each server of the zone's parent: zs_live_parent with a resolver that is there and a bound of its own. */
void zs_observe_parent(struct zs_run *run, const uint8_t *zone, const struct zs_observe_options *options, struct zs_resolver *resolver,
                       int64_t limit, struct zs_observation *out);

/* The addresses of the servers of zone that those of its parent tell, as `parent` has them: of the first that tells any, and of no server
 * without glue. Nothing of it is proven. Returns how many. */
size_t zs_referral_ask(struct zs_run *run, const uint8_t *zone, const struct zs_observation *parent, int64_t limit, struct zs_target out[ZS_ADDRESSES_MAX]);

/* The zone cuts from the root (or the first that answers) to zone, with DS and DNSKEY of each: found until `half`, proven until `end`,
 * instants of zs_live_clock. Returns how many. */
size_t zs_chain_walk(struct zs_run *run, struct zs_resolver *resolver, const uint8_t *zone, int64_t half, int64_t end, struct zs_link_view **out);

/* Connections to be made, all at once. */
struct zs_talk {
	struct zs_address address;   /* with the port */
	const char *base, *domain;   /* reference names; domain may be NULL */
	const struct zs_bytes *tlsa; /* may be none */
	size_t tlsa_count;
	bool starttls;               /* SMTP first */
	bool smtp;                   /* usages 0 and 1 do not count (RFC 7672) */
	zs_time now;                 /* for dates of certificates */
	struct zs_talk_view *view;   /* address and family are set; the rest comes out */
};
void zs_talk_all(struct zs_run *run, const struct zs_talk *talks, size_t count, int64_t limit);

/* The client's side of the SMTP dialogue up to the answer to STARTTLS (RFC 3207), fed octet by octet. */
enum zs_smtp_state { ZS_SMTP_GREETING, ZS_SMTP_EHLO, ZS_SMTP_STARTTLS, ZS_SMTP_READY, ZS_SMTP_FAILED };
struct zs_smtp {
	enum zs_smtp_state state;
	char line[1024];       /* the line that is coming in */
	size_t line_len;
	size_t octets, lines;  /* in all; bounded */
	bool offers;           /* STARTTLS was in the answer to EHLO */
	char code[4];          /* of the answer that is coming in */
	enum zs_talk_end end;  /* of FAILED */
	const char *why;       /* of FAILED; memory from arena */
	const char *name;      /* we greet with: a host name or an address literal; NULL: "localhost" */
	const char *say;       /* to be sent now, then set to NULL by the caller; or NULL */
};
/* Take octets that came. Returns how many were used: what follows the answer to STARTTLS is none of ours and must be thrown away
 * (RFC 3207 section 6, CVE-2011-0411). */
size_t zs_smtp_feed(struct zs_arena *arena, struct zs_smtp *smtp, const char *data, size_t len);

#endif
