/* update_private.h - what the files of dynamic update share: one message and its answer, and what is to change. */
#ifndef ZS_LIVE_UPDATE_PRIVATE_H
#define ZS_LIVE_UPDATE_PRIVATE_H

#include "live/ldns.h"
#include "live/live_private.h"

/* The reserve is for the TSIG: key name, algorithm, MAC, and what is hashed besides. ldns sets 64 KiB aside for message and TSIG together,
 * and does not look whether they fit. */
enum { ZS_UPDATE_MESSAGE_MAX = 65535, ZS_UPDATE_RESERVE = 1024 };

/* The server that takes the updates. */
struct zs_update_peer {
	struct zs_run *run;
	const struct zs_address *to;
	const struct zs_tsig_key *key;
	int64_t until;              /* no exchange lasts longer than that: zs_update_clock */
	const char *why;            /* of the last thing that did not work */
};

/* Milliseconds of a clock that nobody sets. */
int64_t zs_update_clock(void);

/* Sign, send, and verify the answer's TSIG. pkt is freed; the answer's octets are of arena. False with why; after true why are the
 * words of *rcode. */
bool zs_update_ask(struct zs_update_peer *peer, struct zs_arena *arena, ldns_pkt *pkt, struct zs_bytes *answer, unsigned *rcode);

/* An owner and type that is looked at. */
struct zs_update_place {
	const uint8_t *owner;
	uint16_t type;
	struct zs_answer seen;
	struct zs_arena *arena;     /* that seen is in: of the last look, since there may be many */
	bool wildcard;              /* which answered for it: nothing that was seen is at the owner */
	bool began;                 /* a message changes it */
	bool done;                  /* and the server has taken all that do */
	size_t message;             /* the last of them */
};

struct zs_update_change {
	struct zs_update_place *place;
	struct zs_bytes rdata;
	uint32_t ttl;
	bool add;                   /* else it goes */
	bool packed;                /* it is in a message */
	size_t message;             /* this one */
};

struct zs_update_message {
	ldns_rr_list *required, *changes;
	size_t octets, count;
};

struct zs_update {
	struct zs_update_peer peer;
	const struct zs_zone_config *zone;
	const struct zs_live_record *wanted, *former;
	size_t wanted_count, former_count;
	struct zs_update_place *places;
	size_t place_count;
	struct zs_update_change *changes; /* first what is added */
	size_t change_count;
	struct zs_update_message *messages;
	size_t message_count, message_room;
};

/* As ldns has it; NULL if that cannot be. */
ldns_rdf *zs_update_name(const uint8_t *name);
/* Did the server show the record as one of the place itself? */
bool zs_update_is_at(const struct zs_update_place *p, const struct zs_answer_record *r);
/* The record as the server showed it, or NULL. */
const struct zs_answer_record *zs_update_shown(const struct zs_update_place *p, struct zs_bytes rdata);

/* update_pack.c. Before anything is sent: can each change be sent alone, and the server show what will be there together? Else an error
 * of the input. */
ZS_MUST_CHECK bool zs_update_check_lengths(const struct zs_update *u);
/* Make the messages, in an order that is safe if a later one fails. Their lists are to be freed, also after false: ldns failed. */
ZS_MUST_CHECK bool zs_update_pack(struct zs_update *u);

#endif
