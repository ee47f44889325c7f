/* answer.h - a DNS answer as records: what live/ reads from a server, query/ makes of a zone, and verify/ judges. */
#ifndef ZS_DNS_ANSWER_H
#define ZS_DNS_ANSWER_H

#include "base/bytes.h"

enum zs_section { ZS_SECTION_ANSWER, ZS_SECTION_AUTHORITY, ZS_SECTION_ADDITIONAL };
enum zs_rcode { ZS_RCODE_NOERROR = 0, ZS_RCODE_FORMERR = 1, ZS_RCODE_SERVFAIL = 2, ZS_RCODE_NXDOMAIN = 3, ZS_RCODE_NOTIMP = 4, ZS_RCODE_REFUSED = 5 };

struct zs_answer_record {
	const uint8_t *owner;  /* wire name, uncompressed */
	struct zs_bytes rdata; /* wire form without compressed names, valid for its type (zs_rdata_check) */
	uint32_t ttl;
	uint16_t type;         /* all are of class IN */
	uint8_t section;       /* enum zs_section */
};

struct zs_answer {
	const uint8_t *qname;  /* wire name that was asked for */
	uint16_t qtype;
	uint8_t rcode;         /* enum zs_rcode, or another of RFC 6895 */
	bool authoritative;    /* AA */
	const struct zs_answer_record *records; /* in the order of the message, without OPT and TSIG */
	size_t count;
};

#endif
