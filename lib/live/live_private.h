/* live_private.h - what the files of live/ share: questions to addresses, and what libunbound found out. */
#ifndef ZS_LIVE_LIVE_PRIVATE_H
#define ZS_LIVE_LIVE_PRIVATE_H

#include "live/live.h"

enum {
	ZS_NAMES_MAX = 32,      /* servers of one zone that are asked */
	ZS_ADDRESSES_MAX = 128, /* their addresses; more are refused, not left out */
	ZS_ASK_LIMIT = 6000,    /* milliseconds for all questions together */
	ZS_RESOLVE_LIMIT = 10000
};

/* An address of a name server. */
struct zs_target {
	struct zs_address address; /* len 0: the server has none */
	const char *server;        /* its name; of an own list: the address's text */
};

struct zs_question {
	const struct zs_address *to; /* len is not 0 */
	const uint8_t *name; /* wire */
	uint16_t type;
	bool tcp;            /* from the start; else UDP, and TCP if the answer is truncated */
	/* Out. */
	enum zs_reply reply; /* SILENT, UNREACHABLE, or ANSWERED: a well-formed answer to this question, of any content */
	const char *why;     /* it is not ANSWERED: "no answer within 6 s", "connection refused"; else NULL */
	bool by_tcp;
	struct zs_bytes answer;
};

/* Ask all of them at once, without recursion, with DO; each has its own socket, port and identifier. Returns when all have their
 * answer or after limit milliseconds. Memory from arena. */
void zs_ask(struct zs_arena *arena, struct zs_question *questions, size_t count, int64_t limit);

/* packet.c: what an rcode means, in brackets and behind a blank; or "". */
const char *zs_live_rcode_words(unsigned rcode);

/* DNSKEYs of a zone in wire form, and whether they lead to a trust anchor. */
struct zs_chain_keys {
	const uint8_t *zone;
	enum zs_chain chain;
	const char *why;       /* of BOGUS and UNKNOWN */
	struct zs_bytes keys[32]; /* DNSKEY RDATA; SECURE only */
	size_t key_count;
	zs_time now;           /* for the times of signatures */
};

/* What an answer to (zone, DS) says. Sets view->reply (ANSWERED or LAME), why, ds, ds_count, ttl, and validated: for a SECURE
 * chain the records, or the proof that there are none, carry a signature by one of its keys that is good at keys->now. */
void zs_answer_read(struct zs_run *run, struct zs_bytes answer, const uint8_t *zone, const struct zs_chain_keys *keys,
                    struct zs_server_view *view);

/* The serial in an answer to (zone, SOA). False with *why if it is not an authoritative one. */
bool zs_answer_serial(struct zs_bytes answer, const uint8_t *zone, uint32_t *serial, const char **why);

/* Does an alias in this answer lead from `zone` into one of the zones below it (cuts)? A server that has both goes on there, with data
 * of other keys or of none; validators ask for those by themselves. Then *out is what zone has to say: the answer to the same name's
 * CNAME, without anything of the zones below. Memory from arena. */
bool zs_answer_ends_at_cut(struct zs_arena *arena, const struct zs_answer *answer, const uint8_t *zone, const uint8_t *const *cuts,
                           size_t cut_count, struct zs_answer *out);

/* Is this an authoritative answer with a SOA of exactly this name? */
bool zs_answer_is_apex(struct zs_bytes answer, const uint8_t *name);

/* libunbound with the options of a policy. NULL with *why if it cannot be set up; ends with the run. */
struct zs_resolver;
struct zs_resolver *zs_resolver_new(struct zs_run *run, const struct zs_observe_options *options, const char **why);
/* What is wrong with a file of trust anchors, or of root hints: it is no regular file, or a line of it is no record. NULL: nothing, or
 * path is NULL. */
const char *zs_resolver_file_problem(struct zs_run *run, const char *path, bool hints);
/* Ask for names of zone at these addresses only. */
void zs_resolver_stub(struct zs_resolver *resolver, const uint8_t *zone, const struct zs_target *targets, size_t count);
/* libunbound answers for "test." and 10.in-addr.arpa itself (RFC 6761, RFC 6303): not for those that zone is within, which somebody
 * really has. It takes no more stubs after that. */
void zs_resolver_trust_world(struct zs_resolver *resolver, const uint8_t *zone);
/* The zone above `zone`: the nearest ancestor that has NS. NULL with *why if the network does not say. */
const uint8_t *zs_resolver_parent(struct zs_resolver *resolver, const uint8_t *zone, const char **why);
/* Every address of every name server of zone. False with *why. A server without any address is in there with len 0. */
bool zs_resolver_servers(struct zs_resolver *resolver, const uint8_t *zone, struct zs_target out[ZS_ADDRESSES_MAX], size_t *count,
                         const char **why);
void zs_resolver_keys(struct zs_resolver *resolver, const uint8_t *zone, struct zs_chain_keys *out);

#endif
