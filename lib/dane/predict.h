/* predict.h - what a client that knows DANE makes of a TLSA record set and of the certificates that a server presents.
 *
 * In:  the RRset at _PORT._tcp.BASE, taken as validated; the chain in the order the server sends it; names; the time.
 * Out: the verdict in the words of a mail log (Postfix 3.7 was measured), the record that matched and at which depth, or why none.
 *
 * The rules are RFC 7671's: only usable records count, of each (usage, selector) only the strongest digest (section 9); usage 3
 * looks at neither names nor dates (section 5.1), usage 2 at both and needs the issuer in the chain (section 5.2). SMTP takes
 * usages 0 and 1 for unusable (RFC 7672 section 3.1.3). Pure: no network, no disk, no clock.
 */
#ifndef ZS_DANE_PREDICT_H
#define ZS_DANE_PREDICT_H

#include "base/bytes.h"
#include "base/run.h"

enum zs_dane_outcome {
	ZS_DANE_NONE,      /* no TLSA: TLS if it is offered, and nobody is authenticated */
	ZS_DANE_VERIFIED,
	ZS_DANE_UNTRUSTED, /* no record is usable: TLS is required and nothing verified; mail is sent */
	ZS_DANE_REFUSED    /* mail is deferred, another client breaks off */
};

struct zs_dane_case {
	const struct zs_bytes *tlsa;  /* RDATA; any octets */
	size_t tlsa_count;
	const struct zs_bytes *chain; /* certificates, DER, the server's own first; any octets */
	size_t chain_count;
	const struct zs_bytes *roots; /* that usages 0 and 1 may lead to, DER; none: they match nothing */
	size_t root_count;
	const char *base;             /* TLSA base domain, as text without final dot: for SMTP the MX host */
	const char *domain;           /* a second name that is good for usage 2: the mail domain; or NULL */
	bool smtp;                    /* RFC 7672; else another TLS client (RFC 7671) */
	bool no_tls;                  /* the server offers no TLS (no STARTTLS) */
	bool ee_names;                /* usage 3 with names, as OpenSSL's client does unless told otherwise; never for SMTP */
	zs_time now;
};

struct zs_dane_prediction {
	enum zs_dane_outcome verdict;
	size_t matched;      /* VERIFIED: index in tlsa */
	unsigned depth;      /* VERIFIED: of the certificate that matched; 0 is the server's own */
	const char *why;     /* else: the cause, in words */
	const char *rfc;     /* the section that it rests on, or NULL */
	size_t usable_count; /* records that a client uses at all */
};

/* How a log names the verdict: "Verified", "Untrusted", "deferred", "no DANE". */
const char *zs_dane_outcome_text(enum zs_dane_outcome verdict);

/* "3 1 1 8cb0d5..": what identifies a record in a message; len: octets of data shown, 0: all. */
const char *zs_dane_record_text(struct zs_arena *arena, struct zs_bytes tlsa, size_t len);

/* NULL if a client can use the record, else why not. */
const char *zs_dane_unusable(struct zs_bytes tlsa, bool smtp);

/* A digest record of a stronger kind with the same usage and selector is there: this one is not looked at (RFC 7671 section 9). */
bool zs_dane_outranked(const struct zs_bytes *tlsa, size_t count, size_t index, bool smtp);

/* Memory from run->arena. Diagnoses nothing: a certificate that cannot be read matches nothing. */
void zs_dane_predict(struct zs_run *run, const struct zs_dane_case *in, struct zs_dane_prediction *out);

/* What clients will make of one host, port and certificate file of the configuration once the zone is published. */
struct zs_dane_forecast {
	const uint8_t *host;       /* wire name */
	uint16_t port;
	bool smtp;
	const char *file;          /* as written in the configuration; NULL: there is none, and no client can use the records */
	struct zs_source from;     /* of the host in the configuration, or of the records in the zone file */
	const struct zs_bytes *tlsa; /* RDATA that clients find */
	size_t tlsa_count;
	struct zs_dane_prediction prediction;
	const char *sentence;      /* for people: "DANE senders will defer mail: .." */
};
struct zs_zone_config;
struct zs_zone;
/* For each host, TCP port and certificate of config (or NULL), from the TLSA in zone (as zs_dane_insert left it), and for MX hosts of whose
 * records no client can use any. Files that hold no certificate, and
 * those that cannot be read, are left out: zs_dane_insert has said so. Returns how many; memory from run->arena. */
size_t zs_dane_forecast(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, const struct zs_dane_forecast **out);

#endif
