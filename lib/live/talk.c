/* talk.c - connections to mail and web servers, all at once: TCP, SMTP up to STARTTLS where that comes first, TLS with OpenSSL's DANE
 * verification (RFC 7671, RFC 7672). It reports and never breaks off on a certificate; nothing in it waits but poll. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "live/look_private.h"
#include "live/ssl.h"

enum { RECEIVED_MAX = 1 << 20, CHAIN_MAX = 32, DEPTH_MAX = 9, SUBJECT_MAX = 256 }; /* depth: Postfix takes as much */

/* Certificates of one kind of key at a time: a server with both shows both (SSL_CTX_set1_sigalgs_list). */
static const char *const signatures[ZS_FAMILY_COUNT] = {
	[ZS_FAMILY_ECDSA] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448",
	[ZS_FAMILY_RSA] = "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512",
};

enum step { STEP_CONNECT, STEP_SMTP, STEP_TLS, STEP_DONE };

struct line {
	struct zs_run *run;
	const struct zs_talk *talk;
	struct zs_talk_view *view;
	SSL_CTX *ctx;
	enum step step;
	int fd;
	short events;        /* that poll is to wait for */
	struct zs_smtp smtp;
	size_t said;         /* octets of smtp.say that are sent */
	size_t received;
	SSL *ssl;
};

static void hang_up(struct line *line, enum zs_talk_end end, const char *why)
{
	if (line->ssl)
		zs_ssl.SSL_free(line->ssl);
	line->ssl = NULL;
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
	line->step = STEP_DONE;
	line->view->end = end;
	line->view->why = why;
}

static void hang_up_errno(struct line *line)
{
	const bool here = errno == ENETUNREACH || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
	hang_up(line, here ? ZS_TALK_UNREACHABLE : ZS_TALK_SILENT, here ? "this host has no route there" : strerrordesc_np(errno));
}

/* -- a BIO over the socket that raises no SIGPIPE and counts what comes */

static int bio_read(BIO *bio, char *data, int len)
{
	struct line *line = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (line->received > RECEIVED_MAX)
		return -1;
	const ssize_t n = recv(line->fd, data, (size_t)len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	else if (n > 0)
		line->received += (size_t)n;
	return (int)n;
}

static int bio_write(BIO *bio, const char *data, int len)
{
	const struct line *line = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	const ssize_t n = send(line->fd, data, (size_t)len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *make_method(void)
{
	BIO_METHOD *method = BIO_meth_new(0x7e | BIO_TYPE_SOURCE_SINK, "zonesign line");
	if (method && BIO_meth_set_read(method, bio_read) && BIO_meth_set_write(method, bio_write) && BIO_meth_set_ctrl(method, bio_ctrl)
	    && BIO_meth_set_create(method, bio_create))
		return method;
	BIO_meth_free(method);
	return NULL;
}

/* -- TLS */

static SSL_CTX *make_context(void)
{
	SSL_CTX *ctx = zs_ssl.SSL_CTX_new(zs_ssl.TLS_client_method());
	if (!ctx)
		return NULL;
	zs_ssl.SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL); /* report, do not break off */
	zs_ssl.SSL_CTX_set_security_level(ctx, 1);
	zs_ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_CERT_LIST, 128 << 10, NULL);
	zs_ssl.SSL_CTX_set_verify_depth(ctx, DEPTH_MAX);
	(void)zs_ssl.SSL_CTX_set_default_verify_paths(ctx); /* for usages 0 and 1, outside SMTP */
	if (zs_ssl.SSL_CTX_dane_enable(ctx) > 0 && zs_ssl.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1)
		return ctx;
	zs_ssl.SSL_CTX_free(ctx);
	return NULL;
}

static bool set_up_tls(struct line *line, BIO_METHOD *method)
{
	const struct zs_talk *talk = line->talk;
	SSL *ssl = line->ssl = zs_ssl.SSL_new(line->ctx);
	BIO *bio = ssl ? BIO_new(method) : NULL;
	if (!bio)
		return false;
	BIO_set_data(bio, line);
	zs_ssl.SSL_set_bio(ssl, bio, bio);
	zs_ssl.SSL_set_connect_state(ssl);
	X509_VERIFY_PARAM_set_time(zs_ssl.SSL_get0_param(ssl), (time_t)talk->now);
	/* SNI and the first reference name are the TLSA base domain (RFC 7672 section 3.2.2 and 8.1), the mail domain is a second one */
	if (zs_ssl.SSL_dane_enable(ssl, talk->base) <= 0 || (talk->domain && zs_ssl.SSL_add1_host(ssl, talk->domain) != 1)
	    || zs_ssl.SSL_ctrl(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0, (char *)(uintptr_t)signatures[line->view->family]) != 1)
		return false;
	zs_ssl.SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS); /* RFC 7671 section 5.1 */
	for (size_t i = 0; i < talk->tlsa_count; i++) {
		const struct zs_bytes t = talk->tlsa[i];
		if (t.len > 3 && (!talk->smtp || t.data[0] > 1)) /* 0: not usable, which is no matter here */
			(void)zs_ssl.SSL_dane_tlsa_add(ssl, t.data[0], t.data[1], t.data[2], t.data + 3, t.len - 3);
	}
	ERR_clear_error();
	return true;
}

static void take_chain(struct line *line)
{
	struct zs_arena *arena = line->run->arena;
	const STACK_OF(X509) *chain = zs_ssl.SSL_get_peer_cert_chain(line->ssl);
	struct zs_bytes *out = zs_arena_array(arena, CHAIN_MAX, sizeof *out);
	for (int i = 0; chain && i < sk_X509_num(chain) && line->view->chain_count < CHAIN_MAX; i++) {
		unsigned char *der = NULL;
		const int len = i2d_X509(sk_X509_value(chain, i), &der);
		if (len > 0)
			out[line->view->chain_count++] = (struct zs_bytes){ (const uint8_t *)zs_arena_text(arena, (const char *)der, (size_t)len), (size_t)len };
		OPENSSL_free(der);
	}
	char subject[SUBJECT_MAX] = "";
	if (chain && sk_X509_num(chain) > 0)
		X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(chain, 0)), NID_commonName, subject, sizeof subject);
	line->view->subject = zs_text_safe(arena, subject, strlen(subject), 80);
	line->view->chain = out;
}

static void take_verdict(struct line *line)
{
	struct zs_talk_view *view = line->view;
	uint8_t usage, selector, matching;
	const unsigned char *data;
	size_t len;
	const long result = zs_ssl.SSL_get_verify_result(line->ssl);
	view->depth = result == X509_V_OK ? zs_ssl.SSL_get0_dane_authority(line->ssl, NULL, NULL) : -1;
	view->verified = view->depth >= 0 && zs_ssl.SSL_get0_dane_tlsa(line->ssl, &usage, &selector, &matching, &data, &len) >= 0;
	if (!view->verified) {
		view->error = result == X509_V_OK ? "no TLSA record was used" : X509_verify_cert_error_string(result);
		return;
	}
	uint8_t *rdata = zs_arena_alloc(line->run->arena, len + 3);
	rdata[0] = usage;
	rdata[1] = selector;
	rdata[2] = matching;
	memcpy(rdata + 3, data, len);
	view->matched = (struct zs_bytes){ rdata, len + 3 };
}

static void shake_hands(struct line *line)
{
	ERR_clear_error();
	const int done = zs_ssl.SSL_connect(line->ssl);
	if (done == 1) {
		struct zs_arena *arena = line->run->arena;
		line->view->protocol = zs_arena_strdup(arena, zs_ssl.SSL_get_version(line->ssl));
		line->view->cipher = zs_arena_strdup(arena, zs_ssl.SSL_CIPHER_get_name(zs_ssl.SSL_get_current_cipher(line->ssl)));
		take_chain(line);
		take_verdict(line);
		if (line->talk->starttls)
			(void)!zs_ssl.SSL_write(line->ssl, "QUIT\r\n", 6); /* a courtesy: whoever does not take it at once goes without */
		(void)zs_ssl.SSL_shutdown(line->ssl);
		ERR_clear_error();
		hang_up(line, ZS_TALK_DONE, NULL);
		return;
	}
	const int error = zs_ssl.SSL_get_error(line->ssl, done), number = errno;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		line->events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		return;
	}
	const char *why = line->received > RECEIVED_MAX                               ? "it sends more than a handshake has"
	                : error == SSL_ERROR_SYSCALL && done < 0 && number           ? strerrordesc_np(number)
	                : error == SSL_ERROR_SYSCALL                                 ? "it broke the connection off"
	                                                                             : zs_hash_openssl_error(line->run->arena);
	ERR_clear_error();
	hang_up(line, ZS_TALK_TLS, why);
}

/* -- SMTP */

/* Our own address as servers want it of hosts without a name: RFC 5321 section 4.1.3. */
static const char *own_name(struct line *line)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	char text[INET6_ADDRSTRLEN];
	if (getsockname(line->fd, (struct sockaddr *)&own, &len) != 0)
		return NULL;
	const bool six = own.ss_family == AF_INET6;
	const void *address = six ? (const void *)&((struct sockaddr_in6 *)(void *)&own)->sin6_addr : (const void *)&((struct sockaddr_in *)(void *)&own)->sin_addr;
	return inet_ntop(own.ss_family, address, text, sizeof text) ? zs_arena_printf(line->run->arena, "[%s%s]", six ? "IPv6:" : "", text) : NULL;
}

static void send_words(struct line *line)
{
	const char *rest = line->smtp.say + line->said;
	const ssize_t n = send(line->fd, rest, strlen(rest), MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up_errno(line);
	} else if (n > 0 && (line->said += (size_t)n) == strlen(line->smtp.say)) {
		line->smtp.say = NULL;
		line->said = 0;
		line->events = POLLIN;
	}
}

static void listen_to(struct line *line, BIO_METHOD *method)
{
	char data[2048];
	const ssize_t n = recv(line->fd, data, sizeof data, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		hang_up_errno(line);
		return;
	}
	if (n == 0) {
		hang_up(line, ZS_TALK_SMTP, "it closed the connection before TLS");
		return;
	}
	/* what stands behind the answer to STARTTLS was written by nobody knows whom: it goes with `data` */
	(void)zs_smtp_feed(line->run->arena, &line->smtp, data, (size_t)n);
	if (line->smtp.state == ZS_SMTP_FAILED) {
		hang_up(line, line->smtp.end, line->smtp.why);
	} else if (line->smtp.state == ZS_SMTP_READY) {
		line->step = STEP_TLS;
		if (set_up_tls(line, method))
			shake_hands(line);
		else
			hang_up(line, ZS_TALK_TLS, zs_hash_openssl_error(line->run->arena));
	} else if (line->smtp.say) {
		line->events = POLLOUT;
	}
}

/* -- all of them */

static void dial(struct line *line)
{
	const struct zs_address *to = &line->talk->address;
	line->step = STEP_CONNECT;
	line->events = POLLOUT;
	line->fd = socket(to->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (line->fd < 0 || (connect(line->fd, (const struct sockaddr *)&to->socket, to->len) != 0 && errno != EINPROGRESS))
		hang_up_errno(line);
}

static void connected(struct line *line, BIO_METHOD *method)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error) {
		errno = error ? error : errno;
		hang_up_errno(line);
	} else if (line->talk->starttls) {
		line->step = STEP_SMTP;
		line->events = POLLIN;
		line->smtp.name = own_name(line);
	} else {
		line->step = STEP_TLS;
		if (set_up_tls(line, method))
			shake_hands(line);
		else
			hang_up(line, ZS_TALK_TLS, zs_hash_openssl_error(line->run->arena));
	}
}

static void progress(struct line *line, BIO_METHOD *method, short events)
{
	if (!events)
		return;
	if (line->step == STEP_CONNECT)
		connected(line, method);
	else if (line->step == STEP_SMTP && line->smtp.say)
		send_words(line);
	else if (line->step == STEP_SMTP)
		listen_to(line, method);
	else if (line->step == STEP_TLS)
		shake_hands(line);
}

static const char *too_late(const struct line *line)
{
	static const char *const words[] = { [STEP_CONNECT] = "connection timed out", [STEP_SMTP] = "it is too slow in SMTP", [STEP_TLS] = "it is too slow in TLS" };
	return line->step == STEP_SMTP && line->smtp.state == ZS_SMTP_GREETING ? "it sends no greeting" : words[line->step];
}

static void serve(struct line *lines, struct pollfd *fds, size_t count, BIO_METHOD *method, int64_t deadline)
{
	for (bool open = true; open;) {
		const int64_t left = deadline - zs_live_clock();
		open = false;
		for (size_t i = 0; i < count; i++) {
			if (lines[i].step != STEP_DONE && left <= 0)
				hang_up(&lines[i], ZS_TALK_SILENT, too_late(&lines[i]));
			open = open || lines[i].step != STEP_DONE;
			fds[i] = (struct pollfd){ .fd = lines[i].fd, .events = lines[i].events };
		}
		if (open && poll(fds, (nfds_t)count, (int)(left < 1000 ? left : 1000)) > 0)
			for (size_t i = 0; i < count; i++)
				if (lines[i].step != STEP_DONE && zs_live_clock() < deadline) /* a handshake may take its time */
					progress(&lines[i], method, fds[i].revents);
	}
}

void zs_talk_all(struct zs_run *run, const struct zs_talk *talks, size_t count, int64_t limit)
{
	struct line *lines = zs_arena_array(run->arena, count + 1, sizeof *lines);
	struct pollfd *fds = zs_arena_array(run->arena, count + 1, sizeof *fds);
	BIO_METHOD *method = make_method();
	const char *problem = zs_ssl_problem();
	SSL_CTX *ctx = method && !problem ? make_context() : NULL;
	const int64_t deadline = zs_live_clock() + limit;
	for (size_t i = 0; i < count; i++) {
		lines[i] = (struct line){ .run = run, .talk = &talks[i], .view = talks[i].view, .ctx = ctx, .fd = -1 };
		lines[i].view->depth = -1;
		if (!ctx)
			hang_up(&lines[i], ZS_TALK_TLS, problem ? problem : zs_hash_openssl_error(run->arena));
		else
			dial(&lines[i]);
	}
	serve(lines, fds, count, method, deadline);
	if (ctx)
		zs_ssl.SSL_CTX_free(ctx);
	BIO_meth_free(method);
}
