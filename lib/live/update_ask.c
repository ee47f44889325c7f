/* update_ask.c - one message with TSIG (RFC 8945) over TCP, and its answer. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/patience.h"
#include "dns/type.h"
#include "live/update_private.h"

enum { EXCHANGE_LIMIT = 10000, FUDGE = 300 }; /* milliseconds; seconds */

int64_t zs_update_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		const int64_t left = deadline - zs_update_clock();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return false;
		}
		const int n = poll(&p, 1, (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static bool move(int fd, uint8_t *data, size_t len, bool out, int64_t deadline)
{
	while (len) {
		const ssize_t n = out ? send(fd, data, len, MSG_NOSIGNAL) : recv(fd, data, len, 0);
		if (n == 0) {
			errno = ECONNRESET;
			return false;
		}
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, out ? POLLOUT : POLLIN, deadline)) {
			return false;
		}
	}
	return true;
}

/* One message over TCP; the answer's octets are of arena. */
static bool exchange(struct zs_update_peer *peer, struct zs_arena *arena, const uint8_t *query, size_t len, struct zs_bytes *answer)
{
	const struct zs_address *to = peer->to;
	struct zs_patience *with = zs_patience_with(zs_arena_printf(arena, "update %s", to->text));
	if (!zs_patience_is_left(with, peer->run->now)) {
		peer->why = "it answered for none of the zones before this one";
		*answer = (struct zs_bytes){ 0 };
		return false;
	}
	const int64_t now = zs_update_clock(), deadline = now + EXCHANGE_LIMIT < peer->until ? now + EXCHANGE_LIMIT : peer->until;
	const int fd = socket(to->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint8_t head[2], *framed = zs_arena_alloc(arena, len + 2), *in = NULL;
	int error = 0;
	socklen_t size = sizeof error;
	zs_put_u16(framed, (uint16_t)len);
	memcpy(framed + 2, query, len);
	bool ok = fd >= 0 && (connect(fd, (const struct sockaddr *)&to->socket, to->len) == 0 || (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline)));
	if (ok && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)) {
		errno = error ? error : errno;
		ok = false;
	}
	ok = ok && move(fd, framed, len + 2, true, deadline) && move(fd, head, 2, false, deadline);
	if (ok) {
		in = zs_arena_alloc(arena, zs_get_u16(head));
		ok = move(fd, in, zs_get_u16(head), false, deadline);
	}
	zs_patience_note(with, !ok && errno == ETIMEDOUT);
	if (!ok)
		peer->why = errno == ETIMEDOUT && zs_update_clock() >= peer->until ? "it is too slow: the time for all owners together is over" : strerrordesc_np(errno);
	if (fd >= 0)
		close(fd);
	*answer = (struct zs_bytes){ in, ok ? zs_get_u16(head) : 0 };
	return ok;
}

static const char *rcode_text(struct zs_update_peer *peer, unsigned rcode, const ldns_pkt *answer)
{
	static const char *const words[] = {
		[1] = "it does not understand the message (FORMERR)", [2] = "it failed (SERVFAIL)", [4] = "it takes no updates (NOTIMP)",
		[5] = "it refuses: may this key change these names? (REFUSED)", [6] = "YXDOMAIN", [7] = "YXRRSET", [8] = "NXRRSET",
		[9] = "it is not the primary of the zone, or does not take the key: its name, algorithm or secret, or the clock here (NOTAUTH)", [10] = "a name is not within its zone (NOTZONE)",
	};
	const ldns_rr *tsig = answer ? zs_ldns.pkt_tsig(answer) : NULL;
	const ldns_rdf *error = tsig && zs_ldns.rr_rd_count(tsig) == 7 ? zs_ldns.rr_rdf(tsig, 5) : NULL;
	const unsigned code = error && zs_ldns.rdf_size(error) == 2 ? zs_get_u16(zs_ldns.rdf_data(error)) : 0;
	if (code == 16)
		return "the secret or the algorithm of the key is another there (BADSIG)";
	if (code == 17)
		return "it does not know the key, or not with this algorithm (BADKEY)";
	if (code == 18)
		return "its clock and the one here differ by more than five minutes (BADTIME)";
	return rcode < ZS_COUNT(words) && words[rcode] ? words[rcode] : zs_arena_printf(peer->run->arena, "it answers with rcode %u", rcode);
}

/* ldns does not look: RFC 8945 sections 5.2.3 and 5.3.2. */
static bool is_fresh(const ldns_rr *tsig)
{
	enum { TIME = 1, WINDOW = 2, ERROR = 5, FIELDS = 7 }; /* of its RDATA */
	if (zs_ldns.rr_rd_count(tsig) != FIELDS)
		return false;
	const ldns_rdf *time_signed = zs_ldns.rr_rdf(tsig, TIME), *window = zs_ldns.rr_rdf(tsig, WINDOW), *error = zs_ldns.rr_rdf(tsig, ERROR);
	if (zs_ldns.rdf_size(time_signed) != 6 || zs_ldns.rdf_size(window) != 2 || zs_ldns.rdf_size(error) != 2)
		return false;
	const uint8_t *at = zs_ldns.rdf_data(time_signed);
	const int64_t then = (int64_t)zs_get_u16(at) << 32 | zs_get_u32(at + 2), away = then - (int64_t)time(NULL);
	const int64_t most = zs_get_u16(zs_ldns.rdf_data(window)) < FUDGE ? zs_get_u16(zs_ldns.rdf_data(window)) : FUDGE;
	return away <= most && away >= -most && !zs_get_u16(zs_ldns.rdf_data(error));
}

bool zs_update_ask(struct zs_update_peer *peer, struct zs_arena *arena, ldns_pkt *pkt, struct zs_bytes *answer, unsigned *rcode)
{
	uint8_t *wire = NULL;
	size_t len = 0;
	ldns_pkt *reply = NULL;
	const ldns_status signed_ = zs_ldns.pkt_tsig_sign(pkt, peer->key->name, peer->key->secret, FUDGE, peer->key->algorithm, NULL);
	bool ok = signed_ == LDNS_STATUS_OK && zs_ldns.pkt2wire(&wire, pkt, &len) == LDNS_STATUS_OK && len <= ZS_UPDATE_MESSAGE_MAX;
	*rcode = 0;
	if (!ok)
		peer->why = zs_arena_printf(peer->run->arena, "ldns cannot sign the message: %s", zs_ldns.get_errorstr_by_id(signed_));
	ok = ok && exchange(peer, arena, wire, len, answer);
	if (ok && answer->len > ZS_UPDATE_MESSAGE_MAX - ZS_UPDATE_RESERVE) {
		peer->why = "its answer is too long";
		ok = false;
	}
	if (ok && !(reply = zs_live_packet(*answer))) {
		peer->why = "its answer is damaged";
		ok = false;
	}
	if (ok) {
		const ldns_rr *tsig = zs_ldns.pkt_tsig(pkt);
		*rcode = (unsigned)zs_ldns.pkt_get_rcode(reply);
		const bool ours = zs_ldns.pkt_id(reply) == zs_ldns.pkt_id(pkt) && zs_ldns.pkt_qr(reply) && zs_ldns.pkt_get_opcode(reply) == zs_ldns.pkt_get_opcode(pkt);
		/* after BADKEY and BADSIG there is nothing to verify, and nothing is believed but that it failed */
		const bool good = ours && tsig && zs_ldns.pkt_tsig(reply)
		    && zs_ldns.pkt_tsig_verify(reply, answer->data, answer->len, peer->key->name, peer->key->secret, zs_ldns.rr_rdf(tsig, 3));
		ok = good && (*rcode || is_fresh(zs_ldns.pkt_tsig(reply)));
		if (!ok)
			peer->why = *rcode ? rcode_text(peer, *rcode, reply)
			          : good   ? "its answer is signed with the key, but for another time than now, or with an error: are both clocks right?"
			          : ours   ? "its answer is not signed with the key"
			                   : "its answer is not one to our message";
	}
	if (ok)
		peer->why = rcode_text(peer, *rcode, reply);
	zs_ldns.pkt_free(reply);
	zs_ldns.pkt_free(pkt);
	free(wire);
	return ok;
}
