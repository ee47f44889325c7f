/* look.h - a zone seen from outside, by somebody who knows nothing but the root's key: the chain of trust, every name server on
 * every address, and the mail and web servers that TLSA records speak of.
 *
 * In:  a zone's name, where to begin (anchor, root hints or a resolver), questions that are worth asking, a limit of time.
 * Out: observations, with what the network said and when; report/outside.c judges them. Each name server's answers are judged by
 *      verify/ as a validator would, since a resolver asks one server of many. Nobody's AD bit is believed.
 */
#ifndef ZS_LIVE_LOOK_H
#define ZS_LIVE_LOOK_H

#include "base/address.h"
#include "config/config.h"
#include "live/live.h"
#include "verify/verify.h"
#include "zone/zone.h"

enum { ZS_LOOK_PROBES_MAX = 64, ZS_LOOK_SERVERS_MAX = 64, ZS_LOOK_SERVICES_MAX = 64, ZS_LOOK_TALKS_MAX = 256, ZS_LOOK_RECORDS_MAX = 64 };

/* -- name servers, one by one */

enum zs_probe_kind {
	ZS_PROBE_DATA,     /* must be there */
	ZS_PROBE_WILDCARD, /* must be made from a wildcard */
	ZS_PROBE_NODATA,   /* the name is there, the type is not */
	ZS_PROBE_ENT,      /* an empty non-terminal: NODATA, never NXDOMAIN (RFC 8020 section 2) */
	ZS_PROBE_NXDOMAIN, /* the name is not there; a wildcard may cover it */
	ZS_PROBE_ANY       /* data or not, whichever: the proof counts */
};

struct zs_probe {
	enum zs_probe_kind kind;
	const uint8_t *name; /* wire */
	uint16_t type;
	bool tcp;            /* from the start */
};

struct zs_probe_view {
	const struct zs_probe *probe;
	bool asked;                      /* false: the time was over, or the server is silent */
	enum zs_reply reply;             /* ANSWERED: a well-formed answer to the question, of any content; LAME: a damaged one */
	const char *why;                 /* it is not ANSWERED; else NULL */
	bool by_tcp;
	struct zs_answer answer;         /* ANSWERED only */
	struct zs_answer_verdict verdict; /* ANSWERED only */
	int ede;                         /* the server itself sent this info code (RFC 8914); -1: none */
	const char *ede_text;            /* and this text with it, safe to print, or "" */
};

/* One address of one name server. */
struct zs_server_look {
	const char *server, *address;
	const struct zs_probe_view *probes; /* in the order of the probes; those not asked are SILENT with a reason */
	size_t probe_count;
	const struct zs_bytes *dnskeys;  /* the RRset it serves, sorted */
	size_t dnskey_count;
	bool has_serial;
	uint32_t serial;
};

/* Probes 0 to 2 of every plan, at the apex. */
enum { ZS_PROBE_SOA, ZS_PROBE_SOA_TCP, ZS_PROBE_DNSKEY, ZS_PROBE_FIRST };

/* Questions about zone that touch every kind of answer: its apex, names that do not exist at several depths, and, if content (the zone,
 * signed or not; or NULL) is known, its wildcards, empty non-terminals, delegations and TLSA. hosts: names in the zone whose _tcp may
 * exist and whose TLSA are worth asking for. Memory from run->arena. */
size_t zs_live_plan(struct zs_run *run, const uint8_t *zone, const struct zs_zone *content, const uint8_t *const *hosts, size_t host_count,
                    struct zs_probe out[ZS_LOOK_PROBES_MAX]);

struct zs_probe_target {
	struct zs_address address; /* len 0: there is none */
	const char *server;
};

/* Ask every target the questions of the plan and judge each answer. keys: the zone's DNSKEY RRset, proven otherwise; none: each
 * server's own, if signed by itself (and named by one of ds, where there are any). cuts: zones below, into which aliases lead: answers
 * are judged up to there. Returns within limit milliseconds. For one server after an import: one target, the plan of the zone's
 * content, no keys; then zs_live_probe_fault on each view. */
void zs_live_probe(struct zs_run *run, const uint8_t *zone, const struct zs_probe_target *targets, size_t count, const struct zs_probe *plan,
                   size_t plan_count, const struct zs_bytes *keys, size_t key_count, const struct zs_bytes *ds, size_t ds_count,
                   const uint8_t *const *cuts, size_t cut_count, int64_t limit, struct zs_server_look *out);

/* Pure: NULL if the answer is what the probe expects and validators believe it, else what is wrong with it. An insecure answer of an
 * opt-out zone is right. */
const char *zs_live_probe_fault(struct zs_run *run, const struct zs_probe_view *view);

/* -- the chain of trust and lookups through it, by libunbound */

struct zs_lookup_view {
	const uint8_t *name; /* wire */
	uint16_t type;
	enum zs_chain security; /* of data and denial alike */
	int rcode;              /* -1: no answer */
	const char *why;        /* no answer, or BOGUS: in libunbound's words; or NULL */
	const uint8_t *canonical; /* where aliases lead; name itself if there are none */
	const struct zs_bytes *data; /* RDATA, sorted */
	size_t count;           /* at most ZS_LOOK_RECORDS_MAX */
};

/* One zone of the chain, the root or the anchor's zone first. */
struct zs_link_view {
	const uint8_t *zone;
	struct zs_lookup_view ds, dnskey; /* the root has no ds: count 0 and rcode -1 */
};

/* Do ds and dnskey come from the end of an alias? Then its name is no zone. */
bool zs_look_is_alias(const struct zs_link_view *link);

/* -- servers that TLSA records speak of */

enum zs_talk_end {
	ZS_TALK_DONE,        /* TLS stands */
	ZS_TALK_UNREACHABLE, /* no route from here */
	ZS_TALK_SILENT,      /* timed out, refused the connection or broke it off */
	ZS_TALK_NO_STARTTLS,
	ZS_TALK_SMTP,        /* it speaks no SMTP, or refuses us in it */
	ZS_TALK_TLS          /* the handshake failed */
};
enum zs_signature_family { ZS_FAMILY_ECDSA, ZS_FAMILY_RSA, ZS_FAMILY_COUNT };

/* One connection. */
struct zs_talk_view {
	const char *address;          /* "192.0.2.25", without the port */
	enum zs_signature_family family; /* the only signatures that were offered */
	enum zs_talk_end end;
	const char *why;              /* not DONE: in words; else NULL */
	const char *protocol, *cipher; /* DONE: "TLSv1.3", "TLS_AES_256_GCM_SHA384" */
	bool verified;                /* by OpenSSL's DANE code */
	struct zs_bytes matched;      /* verified: the TLSA RDATA */
	int depth;                    /* verified: of the certificate that it matched */
	const char *error;            /* DONE, not verified: what OpenSSL says */
	const struct zs_bytes *chain; /* certificates as presented, DER */
	size_t chain_count;
	const char *subject;          /* of the first, safe to print */
};

struct zs_service_view {
	const uint8_t *host, *base; /* as named, and the TLSA base domain: the same unless the host is an alias */
	uint16_t port;
	bool mx;                    /* port 25 of an MX host */
	bool smtp;                  /* a client speaks SMTP and STARTTLS first (25, 587) */
	bool foreign;               /* TLS begins in another protocol than these (IMAP on 143, XMPP): nothing is connected to */
	struct zs_lookup_view tlsa, a, aaaa;
	const struct zs_talk_view *talks; /* by address, then by family */
	size_t talk_count;
};

/* One wish: what is to be looked at beside what the zone itself names. */
struct zs_look_service {
	const uint8_t *host;
	uint16_t port;
};

struct zs_look_options {
	const uint8_t *zone;
	struct zs_observe_options observe; /* anchor, hints, resolver; servers are those of the parent */
	const struct zs_address *servers;  /* of the zone, in place of its NS */
	size_t server_count;
	const struct zs_zone *content;     /* the published zone, or NULL */
	const struct zs_look_service *services;
	size_t service_count;
	int64_t limit;                     /* milliseconds for all of it */
};

struct zs_look {
	zs_time time;
	int64_t took;                  /* milliseconds */
	int64_t until;                 /* instant of zs_live_clock after which nobody waits for more; 0: none */
	const uint8_t *zone;
	const char *why;               /* nothing could be asked; or NULL */
	const struct zs_link_view *links;
	size_t link_count;
	struct zs_observation parent;  /* its servers asked for the DS, one by one */
	const struct zs_lookup_view *lookups; /* one of each kind of answer, through the chain */
	const struct zs_probe *lookup_probes; /* what each of them must be */
	size_t lookup_count;
	bool without_validation;       /* the chain is broken, and without it there is an answer: the servers were found that way */
	bool referred;                 /* the zone did not tell its servers in time: they are those of the parent's referral */
	const char *servers_why;       /* the zone's servers are not known; or NULL */
	const struct zs_probe *plan;
	size_t plan_count;
	const struct zs_server_look *servers;
	size_t server_count;
	struct zs_lookup_view mx;
	const struct zs_service_view *services;
	size_t service_count;
	const char *left_out;          /* a bound was reached: what was not looked at; or NULL */
};

/* Milliseconds of a clock that only goes on. */
int64_t zs_live_clock(void);

/* Look. Never fails and never takes longer than the limit: what went wrong is in the look. */
void zs_live_look(struct zs_run *run, const struct zs_look_options *options, struct zs_look *out);

#endif
