/* update_private.h - what the two files of dynamic update share: one message and its answer. */
#ifndef ZS_LIVE_UPDATE_PRIVATE_H
#define ZS_LIVE_UPDATE_PRIVATE_H

#include <ldns/ldns.h>

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

/* Sign, send, and verify the answer's TSIG. pkt is freed; the answer's octets are of the run. False with why; after true why are the
 * words of *rcode. */
bool zs_update_ask(struct zs_update_peer *peer, ldns_pkt *pkt, struct zs_bytes *answer, unsigned *rcode);

#endif
