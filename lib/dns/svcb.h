/* svcb.h - SvcParams of SVCB and HTTPS, private to rdata: RFC 9460, with dohpath (RFC 9461) and ohttp (RFC 9540).
 *
 * svcb_parse.c reads their text; svcb.c knows the keys, proves the wire and writes it as text.
 */
#ifndef ZS_DNS_SVCB_H
#define ZS_DNS_SVCB_H

#include "dns/rdata_field.h"

/* IANA "Service Parameter Keys". Later ones are written as keyNNNNN, which any reader takes. */
enum {
	ZS_SVCB_MANDATORY, ZS_SVCB_ALPN, ZS_SVCB_NO_DEFAULT_ALPN, ZS_SVCB_PORT, ZS_SVCB_IPV4HINT, ZS_SVCB_ECH,
	ZS_SVCB_IPV6HINT, ZS_SVCB_DOHPATH, ZS_SVCB_OHTTP, ZS_SVCB_TLS_SUPPORTED_GROUPS,
	ZS_SVCB_NAMED, /* keys with a name here */
	ZS_SVCB_INVALID = 65535
};
enum { ZS_SVCB_KEY_TEXT = 24 };

/* "alpn", "key1": the number of a key, or -1. */
long zs_svcb_key(const char *text, size_t len);
/* Its name, or keyNNNNN. Returns out. */
const char *zs_svcb_key_text(uint16_t key, char out[ZS_SVCB_KEY_TEXT]);

/* As zs_wire_svcparams; *key is the one at fault. */
bool zs_svcb_check(struct zs_rdata_wire *in, uint16_t *key);

#endif
