/* address.h - the address of a server: IPv4 or IPv6 with a port, "192.0.2.1", "2001:db8::1@5301". */
#ifndef ZS_BASE_ADDRESS_H
#define ZS_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

struct zs_address {
	struct sockaddr_storage socket;
	socklen_t len;    /* 0: none is known */
	const char *text; /* as it was written; the caller's */
};

/* Text to address; port if it names none. False: it is no address. out->text is text itself. */
bool zs_address_parse(const char *text, unsigned port, struct zs_address *out);

#endif
