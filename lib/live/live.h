/* live.h - the only code that talks to the network: it asks, and returns what it saw, with the time. It decides nothing.
 *
 * In:  a zone's name, where to ask (the policy's `observe`), what is known (facts).
 * Out: observations. judge.c, which is pure, turns one into facts: "seen since", "gone since", the parent's DS RRset and
 *      its TTL. ldns reads and writes messages, libunbound follows the chain of trust from the anchor to the parent.
 *
 * A network that does not work does no harm: nothing is seen, the plan waits, and the reason is said.
 */
#ifndef ZS_LIVE_LIVE_H
#define ZS_LIVE_LIVE_H

#include "base/bytes.h"
#include "config/config.h"
#include "dns/answer.h"
#include "keys/keys.h"
#include "state/state.h"

/* Does the parent zone lead to the trust anchor? */
enum zs_chain {
	ZS_CHAIN_UNKNOWN,  /* the network does not say */
	ZS_CHAIN_SECURE,
	ZS_CHAIN_INSECURE, /* proven to be unsigned */
	ZS_CHAIN_BOGUS
};

enum zs_reply {
	ZS_REPLY_SILENT,
	ZS_REPLY_UNREACHABLE, /* this host has no route there (no IPv6, say): nobody waits for it */
	ZS_REPLY_LAME,        /* it answers, but not with authority for the parent zone */
	ZS_REPLY_ANSWERED
};

/* One address of one name server of the parent zone. */
struct zs_server_view {
	const char *server;        /* "a.nic.example."; of an own list: the address */
	const char *address;       /* "192.0.2.1", "2001:db8::1@5301" */
	enum zs_reply reply;
	const char *why;           /* of a reply that does not count, for people; or NULL */
	bool by_tcp;
	bool validated;            /* the answer, "no DS" too, is proven by a signature under the chain */
	const struct zs_bytes *ds; /* DS RDATA, sorted; ANSWERED only */
	size_t ds_count;
	uint32_t ttl;              /* of the DS RRset, at most ZS_PARENT_TTL_MAX; validated: what was signed (original TTL); ds_count 0: 0 */
};

struct zs_observation {
	zs_time time;              /* all answers were in by then */
	const char *parent;        /* name of the parent zone; NULL: it was not found */
	enum zs_chain chain;
	const char *why;           /* nothing could be asked, or the chain is not SECURE; or NULL */
	const struct zs_server_view *servers;
	size_t server_count;
};

/* Ask for the DS of zone at every address of every name server of its parent zone, in parallel, within 20 s. Never fails:
 * what went wrong is in the observation. */
void zs_live_parent(struct zs_run *run, const uint8_t *zone, const struct zs_observe_options *options, struct zs_observation *out);

/* The verdict on an observation. */
enum zs_sight {
	ZS_SIGHT_NOTHING, /* no answer counts: facts stay as they are */
	ZS_SIGHT_MIXED,   /* the servers differ */
	ZS_SIGHT_WAIT,    /* they agree, but not long enough, or one has not answered yet */
	ZS_SIGHT_CERTAIN
};

/* What an observation means for the facts. Pure: changes facts->parent, and ds_seen and ds_gone of keys, and nothing else.
 *
 * An answer counts if it is proven under a SECURE chain, or came over TCP while the chain is INSECURE. All that count must
 * show the same DS RRset, and at least one must for each server name. That makes it certain at once if every address answered;
 * else once it was so for propagation.parent; under an INSECURE chain not before a second time, the parent's DS TTL later.
 * A DS that not every answer shows any more is not "seen"; one that any answer shows is not "gone".
 * facts->parent.waits_for says what is missing; its memory is run's. keys may lack keys of the facts: those stay as they are. */
enum zs_sight zs_live_judge(struct zs_run *run, const struct zs_policy *policy, const struct zs_keyset *keys,
                            const struct zs_observation *seen, struct zs_facts *facts);

/* Is ds (RDATA) the DS of key at zone? By the digest, which may be SHA-1, SHA-256 or SHA-384; false if it is of another type. */
ZS_MUST_CHECK bool zs_live_ds_matches(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, const struct zs_key *key);

/* When the parent is to be asked next: while a move waits for it every hour (or DS TTL, if that is shorter), else, and when it has
 * waited for a week, once a day.
 * 0: never (observe is off, or no key of ours has to do with the parent). Pure. */
zs_time zs_live_due(const struct zs_policy *policy, const struct zs_facts *facts);

/* With --now the time is a thought: the world is asked only where the user named one of his own (`servers`, `root-hints`). */
bool zs_live_may_ask(const struct zs_run *run, const struct zs_observe_options *options);

/* The line of the pipeline: if it is due, ask and judge. False only for what is no matter of the network. */
ZS_MUST_CHECK bool zs_live_observe(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_keyset *keys,
                                   struct zs_facts *facts);

/* A build failed after it had looked: what was seen is kept all the same. The facts in memory may hold moves that were not published, so
 * those of the disk get the parent's part, and are written. */
ZS_MUST_CHECK bool zs_live_keep(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts);

/* A person saw the DS of key *tag (NULL: of the one that waits for it; if several do it is a ZS_USAGE) at the parent, or saw that it is
 * gone: into the facts, with the time of the run and a line among the overrides, whose value is the tag. With a tag also that a DS which is wanted there was never entered, and that it is
 * still so what a look had shown, if no look comes any more. ZS_NOT_YET if nothing waits for that. */
ZS_MUST_CHECK bool zs_live_record(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts, bool gone, const uint16_t *tag);

/* Do all of the zone's own servers have the serial? */
struct zs_serial_view {
	const char *server, *address;
	enum zs_reply reply;
	const char *why;
	uint32_t serial; /* ANSWERED only */
	bool late;       /* SILENT only: it was waited for to the end, or was that before */
};
struct zs_serial_observation {
	zs_time time;
	const char *why; /* nothing could be asked; or NULL */
	const struct zs_serial_view *servers;
	size_t server_count;
};
/* Ask for the SOA at every address of the zone's own servers: those of the config, or its NS as the world sees them. One that was silent for
 * the zones before is not asked for each: a large run does not wait for it. */
void zs_live_serials(struct zs_run *run, const struct zs_zone_config *zone, struct zs_serial_observation *out);
/* Pure: does every address that answers have serial, at least one for each server name? A later one is of another version. *why: which one
 * does not, or NULL; memory from run. */
bool zs_live_serial_everywhere(struct zs_run *run, const struct zs_serial_observation *seen, uint32_t serial, const char **why);

/* The same of the version that is published; where the serial does not tell it, those servers are asked for their keys. */
bool zs_live_everywhere(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_serial_observation *seen,
                        const char **why);

/* `propagation: {zone: observe}`: is the version that is published everywhere? Asks again for some seconds, since secondaries fetch at once
 * when they are told; with --now once, and only of servers that the config lists. True at once where the policy does not observe. *seen: the
 * last look, or empty. */
bool zs_live_confirm(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_serial_observation *seen,
                     const char **why);

/* keys_shown.c: does the serial alone tell that a server has the version that is published? Not with serial: keep; nor where dates of keys
 * hang on that version: another signer's zone may have the serial, which secondaries then never replace. */
bool zs_live_serial_tells(const struct zs_policy *policy, const struct zs_facts *facts);
/* Do the servers have the version that is published, by its DNSKEYs and by who signed the SOA? Asks again for `wait` seconds. *why: who does
 * not; memory from run. */
bool zs_live_keys_shown(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers,
                        size_t count, zs_seconds wait, const char **why);

/* Has a server of the zone a later version than the last of the facts, signed by keys of ours and with one that the zone never had? That is of a
 * newer state than this one. *what: which; memory from run. Not asked where zs_live_confirm does not ask. */
bool zs_live_has_newer(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char **what);
/* Is one of the DNSKEYs that the server shows of the facts, and *tag of one that the zone never had? */
bool zs_live_has_newer_key(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *server,
                           uint16_t *tag);

/* The versions before the last one: has every server one of ours, and what serial has the oldest of them? Asked of all addresses of the zone's
 * servers that answer, at least one for each server. An answer with a key, or a signature, that no version from the oldest on has, or without
 * one that all have, is not of ours. seen: the serials, as a look of just now had them, or empty: then they are asked for. False: *why. Not asked
 * where zs_live_confirm does not ask. */
bool zs_live_oldest(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_serial_observation *seen,
                    uint32_t *oldest, const char **why);
/* The same of these addresses. */
bool zs_live_versions(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_address *servers, size_t count,
                      uint32_t *oldest, const char **why);
/* Pure: can the answers to DNSKEY and SOA be of the version with serial `oldest` or of a later one? */
bool zs_live_is_version(struct zs_run *run, const struct zs_facts *facts, const struct zs_answer *dnskeys, const struct zs_answer *soa, uint32_t oldest);

/* A question to one address, whatever it is about; zs_verify_answer judges the answer. */
struct zs_live_question {
	const struct zs_address *to;
	const uint8_t *name; /* wire */
	uint16_t type;
	bool tcp;            /* from the start; else UDP, and TCP if the answer is truncated */
	/* Out. */
	enum zs_reply reply; /* ANSWERED: answer is set, of any rcode; LAME: the answer is damaged */
	const char *why;     /* not ANSWERED; else NULL */
	bool by_tcp;
	size_t size;         /* octets of the message */
	struct zs_answer answer;
	int ede;             /* extended error that the server sends (RFC 8914), or -1 */
	const char *ede_text; /* and its words, safe to print; "" without */
};
/* Ask all of them at once, without recursion, with DO; back within limit milliseconds. Memory from run->arena. */
void zs_live_ask(struct zs_run *run, struct zs_live_question *questions, size_t count, int64_t limit);

/* A message to the question (name, type) as records; false if it is damaged. name must live as long as *out. Memory from arena. */
bool zs_live_message(struct zs_arena *arena, struct zs_bytes wire, const uint8_t *name, uint16_t type, struct zs_answer *out);

/* served.c: what one server makes of the zone that it was given. */

/* Ask the server until it has the serial, at most `wait` seconds. *why: what it said last; memory from run. */
bool zs_live_wait_serial(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_address *server, uint32_t serial,
                         zs_seconds wait, const char **why);

/* Does the server answer as the signed zone file at path says, with answers and denials that validate under its keys (RFC 4035
 * section 5.4, RFC 5155 section 8)? Every name of a small zone is asked about, of a large one some of each kind: data, wildcards, no
 * such type, no such name before, between and after the names that there are, empty non-terminals, delegations with and without DS.
 * *why: the first answer that is wrong; *wrong: how many of *asked are. False with a diagnostic only if the file cannot be read. */
struct zs_served_view {
	size_t asked, wrong, silent;
	const char *why;
};
ZS_MUST_CHECK bool zs_live_judge_served(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_address *server, const char *path,
                                struct zs_served_view *out);

/* tsig.c: a TSIG key (RFC 8945), from a file as BIND's tsig-keygen writes it: key "name" { algorithm hmac-sha256; secret "..."; }; */
struct zs_tsig_key {
	const char *name;      /* absolute, with its final dot */
	const char *algorithm; /* "hmac-sha256." */
	const char *secret;    /* base64; cleansed when the run ends */
};
/* The file must be a regular one that nobody else can read. */
ZS_MUST_CHECK bool zs_live_tsig_read(struct zs_run *run, const struct zs_config_path *path, struct zs_tsig_key *out);
/* Its text; where is for messages. */
ZS_MUST_CHECK bool zs_live_tsig_parse(struct zs_run *run, const struct zs_input *input, struct zs_tsig_key *out);

/* update.c: dynamic update (RFC 2136) of records into a zone that another server signs. */
struct zs_live_record {
	const uint8_t *owner; /* wire */
	struct zs_bytes rdata;
	uint32_t ttl;
	uint16_t type;
	bool wildcard;        /* seen: a wildcard answered for the owner, which has no such record itself */
};
/* What the server shows now of the owners and types of places, whose RDATA and TTL do not count. Memory from run. */
ZS_MUST_CHECK bool zs_live_update_look(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key,
                                       const struct zs_live_record *places, size_t place_count, struct zs_live_record **seen, size_t *seen_count);

/* Make the server have the wanted records, and no longer those of former that are not wanted; what is there besides stays. The server
 * is asked before, and what it showed is the prerequisite of the update: if somebody changes it in between, it is tried again. Each
 * question and answer carries TSIG. Afterwards the server is asked until it shows it, at most `wait` seconds. *changed: records added
 * or removed. Memory from run. */
ZS_MUST_CHECK bool zs_live_update(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key,
                                  const struct zs_live_record *wanted, size_t wanted_count, const struct zs_live_record *former,
                                  size_t former_count, size_t *changed);

#include "live/look.h"

#endif
