/* ldns.h - ldns, opened when it is first needed: see late.c. */
#ifndef ZS_LIVE_LDNS_H
#define ZS_LIVE_LDNS_H

#include <ldns/ldns.h>

#include "base/bytes.h"

#define ZS_LDNS_FUNCTIONS(X)                                                                                             \
	X(buffer_free) X(buffer_new) X(dname_compare) X(dname_is_subdomain) X(dname_label_count) X(dname_new_frm_data)          \
	X(dname_new_frm_str) X(get_errorstr_by_id) X(get_random) X(pkt2wire) X(pkt_aa) X(pkt_additional) X(pkt_answer)          \
	X(pkt_authority) X(pkt_edns_data) X(pkt_edns_extended_rcode) X(pkt_free) X(pkt_get_opcode) X(pkt_get_rcode) X(pkt_id) X(pkt_qr) X(pkt_query_new)   \
	X(pkt_set_edns_do) X(pkt_set_edns_udp_size) X(pkt_set_id) X(pkt_tsig) X(pkt_tsig_sign) X(pkt_tsig_verify)               \
	X(rdf2native_int32) X(rdf2native_int8) X(rdf2rr_type) X(rdf_data) X(rdf_deep_free) X(rdf_new_frm_data) X(rdf_size)      \
	X(rr_free) X(rr_get_class) X(rr_get_type) X(rr_list_deep_free) X(rr_list_free) X(rr_list_new) X(rr_list_push_rr)        \
	X(rr_list_rr) X(rr_list_rr_count) X(rr_new) X(rr_new_frm_fp_l) X(rr_owner) X(rr_push_rdf) X(rr_rd_count)                \
	X(rr_rdata2buffer_wire) X(rr_rdf) X(rr_rrsig_labels) X(rr_rrsig_origttl) X(rr_rrsig_signame) X(rr_rrsig_typecovered)    \
	X(rr_set_class) X(rr_set_owner) X(rr_set_ttl) X(rr_set_type) X(rr_ttl) X(update_pkt_new) X(verify_rrsig_keylist_time)   \
	X(wire2pkt) X(wire2rr)

/* Its functions, without their "ldns_". */
struct zs_ldns {
#define ZS_LDNS_MEMBER(name) __typeof__(ldns_##name) *name;
	ZS_LDNS_FUNCTIONS(ZS_LDNS_MEMBER)
#undef ZS_LDNS_MEMBER
};

/* To be used after zs_ldns_problem has said NULL once: all of this process have it from then on. */
extern struct zs_ldns zs_ldns;

/* Why it cannot be opened, in words that stay. NULL: it is open. */
const char *zs_ldns_problem(void);

/* packet.c: a message as ldns has it, to be freed; NULL if it is damaged, or made to be read for long. */
ldns_pkt *zs_live_packet(struct zs_bytes message);
/* With the octet of it that is in OPT: RFC 6891 section 6.1.3. */
unsigned zs_live_rcode(const ldns_pkt *pkt);

#endif
