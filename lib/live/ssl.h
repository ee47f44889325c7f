/* ssl.h - libssl, opened when it is first needed: see late.c. libcrypto, which signs, is linked. */
#ifndef ZS_LIVE_SSL_H
#define ZS_LIVE_SSL_H

#include <openssl/ssl.h>

#define ZS_SSL_FUNCTIONS(X)                                                                                              \
	X(SSL_CTX_ctrl) X(SSL_CTX_dane_enable) X(SSL_CTX_free) X(SSL_CTX_new) X(SSL_CTX_set_default_verify_paths)               \
	X(SSL_CTX_set_security_level) X(SSL_CTX_set_verify) X(SSL_CTX_set_verify_depth) X(SSL_add1_host) X(SSL_connect)         \
	X(SSL_ctrl) X(SSL_dane_enable) X(SSL_dane_set_flags) X(SSL_dane_tlsa_add) X(SSL_free) X(SSL_get0_dane_authority)        \
	X(SSL_get0_dane_tlsa) X(SSL_get0_param) X(SSL_get_error) X(SSL_get_peer_cert_chain) X(SSL_get_verify_result)            \
	X(SSL_get_version) X(SSL_new) X(SSL_set_bio) X(SSL_set_connect_state) X(SSL_shutdown) X(SSL_write)                      \
	X(SSL_get_current_cipher) X(SSL_CIPHER_get_name) X(TLS_client_method)

/* Its functions. */
struct zs_ssl {
#define ZS_SSL_MEMBER(name) __typeof__(name) *name;
	ZS_SSL_FUNCTIONS(ZS_SSL_MEMBER)
#undef ZS_SSL_MEMBER
};

/* To be used after zs_ssl_problem has said NULL once: all of this process have it from then on. */
extern struct zs_ssl zs_ssl;

/* Why it cannot be opened, in words that stay. NULL: it is open. */
const char *zs_ssl_problem(void);

#endif
