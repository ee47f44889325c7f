/* ask.c - many questions at once: a poll loop over nonblocking sockets, UDP first, TCP where UDP does not suffice. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "live/ldns.h"
#include "live/live_private.h"

enum { ANSWER_MAX = 65535, UDP_SIZE = 1232, RESEND = 1500 };

enum step { STEP_UDP, STEP_CONNECT, STEP_SEND, STEP_READ, STEP_DONE };

struct talk {
	struct zs_question *question;
	enum step step;
	int fd;
	uint16_t id;
	uint8_t *query;       /* two octets of length, then the message */
	size_t query_len, sent;
	uint8_t *in;          /* TCP: the same form */
	size_t in_len;
	int64_t resend;       /* UDP: when to send again */
};

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(struct talk *talk, enum zs_reply reply, const char *why)
{
	if (talk->fd >= 0)
		close(talk->fd);
	talk->fd = -1;
	talk->step = STEP_DONE;
	talk->question->reply = reply;
	talk->question->why = why;
}

/* Ends with what errno says: an address family that this host does not speak is not the server's silence. A server that answers over UDP
 * looks well to who asks by hand, so it is told that TCP is meant. */
static void end_errno(struct talk *talk)
{
	const bool here = errno == ENETUNREACH || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
	const bool refused = errno == ECONNREFUSED && talk->question->by_tcp;
	end(talk, here ? ZS_REPLY_UNREACHABLE : ZS_REPLY_SILENT,
	    here ? "this host has no route there" : refused ? "Connection refused over TCP" : strerrordesc_np(errno));
}

static bool make_query(struct zs_arena *arena, struct talk *talk)
{
	const struct zs_question *q = talk->question;
	ldns_rdf *name = zs_ldns.dname_new_frm_data((uint16_t)zs_name_len(q->name), q->name);
	ldns_pkt *pkt = name ? zs_ldns.pkt_query_new(name, (ldns_rr_type)q->type, LDNS_RR_CLASS_IN, 0) : NULL;
	uint8_t *wire = NULL;
	size_t len = 0;
	if (!pkt)
		zs_ldns.rdf_deep_free(name);
	else if (getrandom(&talk->id, sizeof talk->id, 0) == sizeof talk->id) {
		zs_ldns.pkt_set_id(pkt, talk->id);
		zs_ldns.pkt_set_edns_do(pkt, true);
		zs_ldns.pkt_set_edns_udp_size(pkt, UDP_SIZE);
		if (zs_ldns.pkt2wire(&wire, pkt, &len) == LDNS_STATUS_OK && len < 512) {
			talk->query = zs_arena_alloc(arena, len + 2);
			zs_put_u16(talk->query, (uint16_t)len);
			memcpy(talk->query + 2, wire, len);
			talk->query_len = len + 2;
		}
	}
	zs_ldns.pkt_free(pkt);
	free(wire);
	return talk->query != NULL;
}

static bool open_socket(struct talk *talk, int type)
{
	const struct zs_address *to = talk->question->to;
	if (talk->fd >= 0)
		close(talk->fd);
	talk->fd = socket(to->socket.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* connected: the kernel drops what comes from elsewhere, and reports refusals */
	return talk->fd >= 0 && (connect(talk->fd, (const struct sockaddr *)&to->socket, to->len) == 0 || errno == EINPROGRESS);
}

static void begin_tcp(struct talk *talk)
{
	talk->question->by_tcp = true;
	talk->step = STEP_CONNECT;
	talk->sent = talk->in_len = 0;
	if (!open_socket(talk, SOCK_STREAM))
		end_errno(talk);
}

static void send_udp(struct talk *talk, int64_t now)
{
	talk->resend = now + RESEND;
	if (send(talk->fd, talk->query + 2, talk->query_len - 2, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != EINTR)
		end_errno(talk);
}

static void begin(struct zs_arena *arena, struct talk *talk, int64_t now)
{
	const char *problem = zs_ldns_problem();
	talk->fd = -1;
	if (problem) {
		end(talk, ZS_REPLY_UNREACHABLE, problem);
	} else if (!talk->question->to->len) {
		end(talk, ZS_REPLY_SILENT, "the server has no address");
	} else if (!make_query(arena, talk)) {
		end(talk, ZS_REPLY_SILENT, "ldns cannot write the question");
	} else if (talk->question->tcp) {
		begin_tcp(talk);
	} else {
		talk->step = STEP_UDP;
		if (open_socket(talk, SOCK_DGRAM))
			send_udp(talk, now);
		else
			end_errno(talk);
	}
}

/* Is it an answer to our question? Its content is another matter. The question section echoes ours but for its case. */
static bool is_ours(const struct talk *talk, const uint8_t *data, size_t len)
{
	const uint8_t *asked = talk->query + 2;
	const size_t name_len = zs_name_len(talk->question->name);
	/* one that does not understand it may send the header back, and nothing else: RFC 1035 knows no EDNS */
	if (len == 12 && zs_get_u16(data) == talk->id && (data[2] & 0xf8) == 0x80 && (data[3] & 15) && !zs_get_u16(data + 4))
		return true;
	return len >= 12 + name_len + 4 && zs_get_u16(data) == talk->id && (data[2] & 0xf8) == 0x80 && zs_get_u16(data + 4) == 1
	    && zs_name_check(data + 12, len - 12) == name_len && zs_name_equal(data + 12, talk->question->name)
	    && memcmp(data + 12 + name_len, asked + 12 + name_len, 4) == 0;
}

static void answered(struct zs_arena *arena, struct talk *talk, const uint8_t *data, size_t len)
{
	talk->question->answer = (struct zs_bytes){ (const uint8_t *)zs_arena_text(arena, (const char *)data, len), len };
	end(talk, ZS_REPLY_ANSWERED, NULL);
}

static void read_udp(struct zs_arena *arena, struct talk *talk)
{
	uint8_t data[4096];
	const ssize_t len = recv(talk->fd, data, sizeof data, 0);
	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end_errno(talk);
		return;
	}
	if (!is_ours(talk, data, (size_t)len))
		return; /* somebody guesses: go on waiting for the right one */
	if (data[2] & 2) /* TC */
		begin_tcp(talk);
	else
		answered(arena, talk, data, (size_t)len);
}

static void write_tcp(struct talk *talk)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (talk->step == STEP_CONNECT && (getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error)) {
		errno = error ? error : errno;
		end_errno(talk);
		return;
	}
	talk->step = STEP_SEND;
	const ssize_t n = send(talk->fd, talk->query + talk->sent, talk->query_len - talk->sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		end_errno(talk);
	else if (n > 0 && (talk->sent += (size_t)n) == talk->query_len)
		talk->step = STEP_READ;
}

static void read_tcp(struct zs_arena *arena, struct talk *talk)
{
	if (!talk->in)
		talk->in = zs_arena_alloc(arena, ANSWER_MAX + 2);
	const size_t want = talk->in_len < 2 ? 2 : 2 + (size_t)zs_get_u16(talk->in);
	const ssize_t n = recv(talk->fd, talk->in + talk->in_len, want - talk->in_len, 0);
	if (n == 0)
		end(talk, ZS_REPLY_SILENT, "it closed the connection without an answer");
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		end_errno(talk);
	if (n <= 0)
		return;
	talk->in_len += (size_t)n;
	if (talk->in_len < 2 || talk->in_len < 2 + (size_t)zs_get_u16(talk->in))
		return;
	if (is_ours(talk, talk->in + 2, talk->in_len - 2))
		answered(arena, talk, talk->in + 2, talk->in_len - 2);
	else
		end(talk, ZS_REPLY_SILENT, "its answer over TCP is not one to our question");
}

static void progress(struct zs_arena *arena, struct talk *talk, short events)
{
	if (!events)
		return;
	if (talk->step == STEP_UDP)
		read_udp(arena, talk);
	else if (talk->step == STEP_READ)
		read_tcp(arena, talk);
	else if (talk->step != STEP_DONE)
		write_tcp(talk);
}

void zs_ask(struct zs_arena *arena, struct zs_question *questions, size_t count, int64_t limit)
{
	struct talk *talks = zs_arena_array(arena, count + 1, sizeof *talks);
	struct pollfd *fds = zs_arena_array(arena, count + 1, sizeof *fds);
	int64_t now = milliseconds();
	const int64_t deadline = now + limit;
	for (size_t i = 0; i < count; i++) {
		talks[i].question = &questions[i];
		begin(arena, &talks[i], now);
	}
	for (bool open = count > 0; open; now = milliseconds()) {
		int64_t next = deadline;
		open = false;
		for (size_t i = 0; i < count; i++) {
			struct talk *talk = &talks[i];
			if (talk->step == STEP_UDP && now >= talk->resend)
				send_udp(talk, now);
			if (talk->step != STEP_DONE && now >= deadline)
				end(talk, ZS_REPLY_SILENT, talk->question->by_tcp ? "no answer over TCP" : "no answer");
			if (talk->step == STEP_UDP && talk->resend < next)
				next = talk->resend;
			open = open || talk->step != STEP_DONE;
			fds[i] = (struct pollfd){ .fd = talk->step == STEP_DONE ? -1 : talk->fd,
				                  .events = talk->step == STEP_CONNECT || talk->step == STEP_SEND ? POLLOUT : POLLIN };
		}
		if (!open || (poll(fds, (nfds_t)count, (int)(next > now ? next - now : 0)) < 0 && errno != EINTR))
			break;
		for (size_t i = 0; i < count; i++)
			progress(arena, &talks[i], fds[i].revents);
	}
	for (size_t i = 0; i < count; i++)
		if (talks[i].step != STEP_DONE)
			end(&talks[i], ZS_REPLY_SILENT, "no answer");
}
