/* dane.h - records computed from files: TLSA from certificates (RFC 6698, 7671, 7672), SSHFP, SMIMEA, OPENPGPKEY.
 *
 * In:  the `dane:`, `sshfp:`, `smimea:` and `openpgpkey:` entries of a zone, the files they name, the plain zone (for MX hosts,
 *      cuts, addresses), and what was served before.
 * Out: records merged into the zone, and what is known of each. A problem of a file is reported and leaves the records last
 *      published.
 */
#ifndef ZS_DANE_DANE_H
#define ZS_DANE_DANE_H

#include "base/bytes.h"
#include "base/run.h"
#include "config/config.h"
#include "dane/predict.h"
#include "state/state.h"
#include "zone/zone.h"

/* What a file holds: certificates in the order of the file, or a bare key. */
struct zs_dane_cert {
	struct zs_bytes der;     /* the certificate; len 0 for a bare key or a CSR */
	struct zs_bytes spki;    /* SubjectPublicKeyInfo, DER */
	const char *subject;     /* one line, safe to print; "" for a bare key */
	zs_time not_before, not_after;
	bool is_ca, self_signed;
	const char *weak;        /* why the key is weak, or NULL */
	void *x509;              /* OpenSSL's X509, for name checks and issuers; NULL for a bare key */
};

struct zs_dane_file {
	const char *path;
	const struct zs_dane_cert *certs; /* certs[0]: the end entity */
	size_t count;
	const struct zs_dane_cert *issuer; /* of certs[0], among the others; NULL: it is not there */
	struct zs_file_id id;
	uint8_t sha256[32];
	bool world_readable_key;
};

/* Read PEM (certificates, chain, public or private key, CSR) or DER. Errors name file and what was found instead. */
ZS_MUST_CHECK bool zs_dane_file_read(struct zs_run *run, const struct zs_source *where, const char *path, struct zs_dane_file *out);

/* ---- which TLSA must be served when: pure, no clock, no disk (schedule.c, judge.c) ---- */

/* Usage, selector and matching type as one number: usage * 6 + selector * 3 + matching type. */
enum { ZS_TLSA_KINDS = 24 };

/* A key that a file of the config holds, with every record that can be made of it. */
struct zs_tlsa_key {
	struct zs_bytes kinds[ZS_TLSA_KINDS]; /* RDATA; len 0: the file does not hold what it takes */
	uint32_t wanted;                      /* bit 1 << kind for each that the config asks for */
	bool next;                            /* the key to come; else of a certificate in use */
	const char *path;
};

/* What config and files want at one owner. */
struct zs_tlsa_want {
	uint8_t owner[ZS_NAME_MAX];
	uint32_t ttl;
	bool unknown;                 /* a file cannot be used: what is published goes on as it is */
	const struct zs_tlsa_key *keys;
	size_t key_count;
	const struct zs_bytes *foreign; /* RDATA of the zone file at this owner */
	size_t foreign_count;
	bool supposed;                /* the TTL in the facts is not of TLSA that anybody saw here, only of what might have been */
	struct zs_source from;
};

struct zs_tlsa_timing {
	zs_time now;
	zs_seconds propagation; /* until every server of the zone has a version */
	zs_seconds safety;      /* that a server has to switch, once it may, before the former records go */
};

struct zs_tlsa_sentence {
	bool warning;             /* else a note */
	const struct zs_source *from;
	const char *text;
};

struct zs_tlsa_plan {
	struct zs_tlsa_facts *records; /* TLSA to be in the zone, each with what is known of it: those of the first want first, and so on */
	size_t count, room;
	struct zs_tlsa_ttl *ttls;
	size_t ttl_count, ttl_room;
	struct zs_tlsa_sentence *sentences;
	size_t sentence_count, sentence_room;
};

/* What must be served at timing->now, given what was (facts->tlsa, facts->tlsa_ttls). The rules:
 * - every key that a file holds, current and next, is published at once, with each digest that any record of the same usage
 *   and selector has (RFC 7671 section 9: a client takes the strongest only);
 * - a record that no file wants any more stays until its successors were served everywhere and two of the largest TTL of the
 *   RRset have passed, both since they were served and since it became stale, and `safety` more: zs_tlsa_leaves;
 * - a stronger digest is not added while a key that is gone has only the weaker one (RFC 7671 section 8.3);
 * - an owner that the config does not name any more loses all at once: no record is never wrong, and caches hold the former
 *   until a date that is said.
 * It holds for servers that ask the gate at least every `safety`, as long as a build sees each change of the files before the next
 * one, and for clients that know SHA-512; those that do not, which RFC 6698 allows, are right where every key has SHA-256.
 * Memory is of arena. */
void zs_tlsa_schedule(struct zs_arena *arena, const struct zs_tlsa_timing *timing, const struct zs_tlsa_want *wants, size_t want_count,
                      const struct zs_facts *facts, struct zs_tlsa_plan *out);

/* No cache lacks the record from then on: served-since + propagation + 2 TTL. 0: it is not in service yet. */
zs_time zs_tlsa_ready(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const struct zs_tlsa_facts *record);

/* Does no file ask for the record any more, so that it is to leave? */
static inline bool zs_tlsa_is_leaving(const struct zs_tlsa_facts *record)
{
	return record->role == ZS_TLSA_BRIDGE || record->role == ZS_TLSA_STALE;
}

/* The leaving record goes at that time; 0: its successors are not in service yet. */
zs_time zs_tlsa_leaves(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const struct zs_tlsa_facts *record);

/* The build has to come back then, for stale records; 0: never. */
zs_time zs_tlsa_due(const struct zs_tlsa_timing *timing, const struct zs_facts *facts);

enum zs_tlsa_gate {
	ZS_GATE_OPEN,
	ZS_GATE_WAIT,        /* it may later */
	ZS_GATE_SHADOWED,    /* its key is published, but by a weaker digest than others have: it would be ignored */
	ZS_GATE_UNPUBLISHED, /* no record of it, or one that is about to leave */
	ZS_GATE_NOTHING      /* there is no TLSA at all, and no cache has one: no client expects anything */
};

/* May a server at owner present the key now: does every RRset that a cache may hold have a record for it? *when (WAIT): from then;
 * 0: what is published is not in service yet. Judged by what is served, not by the config. */
enum zs_tlsa_gate zs_tlsa_judge(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const uint8_t *owner,
                                const struct zs_tlsa_key *key, zs_time *when);

/* Does an RRset (count RDATA) authenticate the key for a client with digest agility? */
bool zs_tlsa_matches(const struct zs_bytes *set, size_t count, const struct zs_tlsa_key *key);

/* An RRset of owner with that TTL may be served until what is to be published is in service. */
void zs_tlsa_note_ttl(struct zs_arena *arena, struct zs_facts *facts, const uint8_t *owner, uint32_t ttl);

/* A publication did not take place: records that were never in service, and are in no version before it, may not have been published either. */
void zs_tlsa_forget_unserved(struct zs_facts *facts);

/* What was published is in service since now. */
void zs_tlsa_served(struct zs_facts *facts, zs_seconds propagation, zs_time now);

/* The same of versions before the last one, as zs_rollover_versioned and the functions beside it: about to be published with that serial; does
 * something wait that is known to be in a version; every server has the version `oldest` or a later one since now, and true if something has
 * its date by that. */
void zs_tlsa_versioned(struct zs_facts *facts, uint32_t serial);
bool zs_tlsa_awaits_version(const struct zs_facts *facts);
bool zs_tlsa_served_from(struct zs_facts *facts, zs_seconds propagation, uint32_t oldest, zs_time now);

/* ---- records of files ---- */

/* TLSA RDATA by params from the end entity (usages 1, 3) or its issuer in the file (0, 2). label begins messages. */
ZS_MUST_CHECK bool zs_dane_tlsa(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params,
                                const char *label, struct zs_bytes *out);

/* "_25._tcp.mail.example.com." of a host; false if it would be longer than 255 octets. */
ZS_MUST_CHECK bool zs_dane_owner(const struct zs_dane_port *port, const uint8_t *host, uint8_t out[ZS_NAME_MAX]);

/* All records that can be made of the file, whatever is wanted. */
ZS_MUST_CHECK bool zs_dane_key(struct zs_run *run, const struct zs_dane_file *file, struct zs_tlsa_key *out);

/* Why clients cannot use a TLSA or SMIMEA record (RDATA, at least 3 octets): wrong length, hash of nothing, data that is no
 * certificate, unassigned numbers; NULL: they can. */
const char *zs_dane_mismatch(struct zs_run *run, struct zs_bytes rdata);

/* Does the certificate name the host (SAN)? Did issuer issue leaf? */
bool zs_dane_names(const struct zs_dane_cert *cert, const uint8_t *host);
bool zs_dane_issued(const struct zs_dane_cert *issuer, const struct zs_dane_cert *leaf);

/* Compute and insert the records of all entries, and say what clients would trip over. If a file cannot be used, the records that
 * facts know as published stay, the error is reported (ZS_INPUT), and *certificates_ok is false: signing goes on. False only for
 * what makes the zone itself wrong; facts are then as they were. */
ZS_MUST_CHECK bool zs_dane_insert(struct zs_run *run, const struct zs_zone_config *config, struct zs_facts *facts,
                                  struct zs_zone *zone, bool *certificates_ok);

/* What is not wrong, but will be missed one day: for the command check. zone has the computed records. Also TLSA of the zone file
 * that clients cannot use. */
void zs_dane_advise(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone);

/* The facts are of a build that came to nothing, the zone is the one published: what is not in it was not published. */
void zs_dane_reconcile(struct zs_run *run, const struct zs_zone *zone, struct zs_facts *facts);

/* The names that host stands for: itself, or the MX targets inside the zone, ZS_MADE_MAX + 1 at most. Memory is run's. */
const uint8_t **zs_dane_hosts(struct zs_run *run, const struct zs_zone *zone, const struct zs_dane_host *host, bool warn, size_t *count);

struct zs_tlsa_timing zs_tlsa_timing_of(const struct zs_run *run, const struct zs_policy *policy);

/* ---- for who is about to change a certificate (gate.c, stage.c) ---- */

/* One owner that an entry of the config stands for. */
struct zs_dane_place {
	const struct zs_dane_entry *entry;
	const struct zs_dane_port *port;
	uint8_t host[ZS_NAME_MAX], owner[ZS_NAME_MAX];
};

/* Hosts and ports that the user named; none: all. */
struct zs_dane_filter {
	const uint8_t (*hosts)[ZS_NAME_MAX];
	size_t host_count;
	const struct zs_dane_port *ports;
	size_t port_count;
};

/* The owners that the zone's entries stand for and the filter lets through. "mx" is looked up in what is published, or in the zone
 * file while nothing is. False only if neither can be read. */
ZS_MUST_CHECK bool zs_dane_places(struct zs_run *run, const struct zs_zone_config *config, const struct zs_dane_filter *filter,
                                  struct zs_dane_place **out, size_t *count);

struct zs_dane_verdict {
	struct zs_dane_place place; /* entry is NULL if gone */
	bool gone;                /* the config names the owner no more, and caches may hold its TLSA: WAIT until they do not */
	enum zs_tlsa_gate gate;
	zs_time when;             /* WAIT: from then; 0: what is published is not in service yet */
};

/* May a server present the file's first certificate (or key), at every place that it would serve: the filter's, those whose host
 * it names, those where its key is published or in a file of the entry? One verdict each. And at owners that the config named once,
 * while caches may hold TLSA of them that do not have the key. */
ZS_MUST_CHECK bool zs_dane_gate(struct zs_run *run, const struct zs_zone_config *config, const struct zs_facts *facts,
                                const struct zs_dane_file *file, const struct zs_dane_filter *filter, struct zs_dane_verdict **out, size_t *count);

/* What key to make; 0 and NULL: as that of the certificate in use. */
struct zs_dane_key_options {
	const char *algorithm;    /* "rsa", "p256", "p384", "ed25519" */
	unsigned bits;            /* RSA */
};

struct zs_dane_staged {
	const char *path;         /* of the key to come: the entry's `next:` */
	const char *moved;        /* the key in use was there; it has this name now. NULL: no */
	bool made;                /* false: one that is not in use was there already */
};

/* Make the key to come of the places in *filter, in the file that `next:` of their entry names: mode 0600, never over a file. */
ZS_MUST_CHECK bool zs_dane_stage(struct zs_run *run, const struct zs_zone_config *config, const struct zs_dane_filter *filter,
                                 const struct zs_dane_key_options *options, struct zs_dane_staged *out);

/* Say what DANE clients would trip over in one record set: used by insert and by the command tlsa. */
void zs_dane_lint(struct zs_run *run, const struct zs_source *where, const struct zs_dane_file *file,
                  const struct zs_tlsa_params *params, const struct zs_dane_port *port, const uint8_t *host, const char *label);

#endif
