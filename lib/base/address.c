/* address.c - text to address. */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"

bool zs_address_parse(const char *text, unsigned port, struct zs_address *out)
{
	struct zs_address address = { .text = text };
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&address.socket;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&address.socket;
	char host[INET6_ADDRSTRLEN];
	const size_t len = strcspn(text, "@");
	uint64_t number = port;
	if (len >= sizeof host || (text[len] && (!zs_text_number(text + len + 1, strlen(text + len + 1), 65535, &number) || !number)))
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)number);
		address.len = sizeof *v4;
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)number);
		address.len = sizeof *v6;
	} else {
		return false;
	}
	*out = address;
	return true;
}
