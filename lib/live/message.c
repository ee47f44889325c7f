/* message.c - questions of any type to any server, and their answers as records: for those who judge answers (verify/). */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dns/rdata.h"
#include "live/ldns.h"
#include "live/live_private.h"

enum { EDE_OPTION = 15, EDE_TEXT_MAX = 200, UNPACKED_MAX = 4 * 65536 }; /* names of 255 octets may come as two each */

/* One record; false if it is not of class IN, or damaged. */
static bool read_record(struct zs_arena *arena, const ldns_rr *rr, enum zs_section section, ldns_buffer *buffer, struct zs_answer_record *out)
{
	const ldns_rdf *owner = zs_ldns.rr_owner(rr);
	struct zs_rdata_error error;
	ldns_buffer_clear(buffer);
	if (!owner || zs_name_check(zs_ldns.rdf_data(owner), zs_ldns.rdf_size(owner)) != zs_ldns.rdf_size(owner) || zs_ldns.rr_rdata2buffer_wire(buffer, rr) != LDNS_STATUS_OK)
		return false;
	const size_t len = ldns_buffer_position(buffer);
	*out = (struct zs_answer_record){
		.owner = (const uint8_t *)zs_arena_text(arena, (const char *)zs_ldns.rdf_data(owner), zs_ldns.rdf_size(owner)),
		.rdata = { (const uint8_t *)zs_arena_text(arena, (const char *)ldns_buffer_begin(buffer), len), len },
		.ttl = zs_ldns.rr_ttl(rr), .type = (uint16_t)zs_ldns.rr_get_type(rr), .section = (uint8_t)section,
	};
	return zs_rdata_check(out->type, out->rdata.data, len, &error);
}

static bool read_section(struct zs_arena *arena, const ldns_rr_list *list, enum zs_section section, ldns_buffer *buffer,
                         struct zs_answer_record *records, size_t *unpacked, struct zs_answer *out)
{
	for (size_t i = 0; list && i < zs_ldns.rr_list_rr_count(list); i++) {
		const ldns_rr *rr = zs_ldns.rr_list_rr(list, i);
		if (zs_ldns.rr_get_class(rr) != LDNS_RR_CLASS_IN)
			continue;
		if (!read_record(arena, rr, section, buffer, &records[out->count]))
			return false;
		*unpacked += zs_name_len(records[out->count].owner) + records[out->count].rdata.len;
		if (*unpacked > UNPACKED_MAX)
			return false;
		out->count++;
	}
	return true;
}

static bool read_packet(struct zs_arena *arena, const ldns_pkt *pkt, const uint8_t *name, uint16_t type, struct zs_answer *out)
{
	const unsigned rcode = zs_live_rcode(pkt);
	const ldns_rr_list *lists[] = { zs_ldns.pkt_answer(pkt), zs_ldns.pkt_authority(pkt), zs_ldns.pkt_additional(pkt) };
	ldns_buffer *buffer = zs_ldns.buffer_new(LDNS_MAX_PACKETLEN);
	size_t count = 0, unpacked = 0;
	bool ok = buffer != NULL;
	for (size_t i = 0; i < ZS_COUNT(lists); i++)
		count += lists[i] ? zs_ldns.rr_list_rr_count(lists[i]) : 0;
	struct zs_answer_record *records = zs_arena_array(arena, count + 1, sizeof *records);
	*out = (struct zs_answer){ .qname = name, .qtype = type, .rcode = (uint8_t)(rcode < UINT8_MAX ? rcode : UINT8_MAX),
		                   .authoritative = zs_ldns.pkt_aa(pkt), .records = records };
	for (size_t i = 0; i < ZS_COUNT(lists) && ok; i++)
		ok = read_section(arena, lists[i], (enum zs_section)i, buffer, records, &unpacked, out);
	zs_ldns.buffer_free(buffer);
	return ok;
}

bool zs_live_message(struct zs_arena *arena, struct zs_bytes wire, const uint8_t *name, uint16_t type, struct zs_answer *out)
{
	ldns_pkt *pkt = zs_ldns_problem() ? NULL : zs_live_packet(wire);
	*out = (struct zs_answer){ .qname = name, .qtype = type };
	const bool ok = pkt && read_packet(arena, pkt, name, type, out);
	zs_ldns.pkt_free(pkt);
	return ok;
}

/* The extended error of an answer (RFC 8914 section 2), -1 if there is none; *text: what the server adds to it, or "". */
static int read_ede(struct zs_arena *arena, const ldns_pkt *pkt, const char **text)
{
	const ldns_rdf *options = zs_ldns.pkt_edns_data(pkt);
	const uint8_t *data = options ? zs_ldns.rdf_data(options) : NULL;
	const size_t len = options ? zs_ldns.rdf_size(options) : 0;
	int code = -1;
	for (size_t at = 0; data && len - at >= 4 && code < 0;) {
		const size_t option_len = zs_get_u16(data + at + 2);
		if (option_len > len - at - 4)
			break;
		if (zs_get_u16(data + at) == EDE_OPTION && option_len >= 2) {
			code = zs_get_u16(data + at + 4);
			*text = zs_text_safe(arena, (const char *)data + at + 6, option_len - 2, EDE_TEXT_MAX);
		}
		at += 4 + option_len;
	}
	return code;
}

void zs_live_ask(struct zs_run *run, struct zs_live_question *questions, size_t count, int64_t limit)
{
	struct zs_question *asked = zs_arena_array(run->arena, count + 1, sizeof *asked);
	for (size_t i = 0; i < count; i++)
		asked[i] = (struct zs_question){ .to = questions[i].to, .name = questions[i].name, .type = questions[i].type, .tcp = questions[i].tcp };
	struct zs_arena *messages = zs_arena_new(); /* 64 KiB each, if somebody wants: what they say is kept, in its own form */
	zs_ask(messages, asked, count, limit);
	for (size_t i = 0; i < count; i++) {
		struct zs_live_question *q = &questions[i];
		q->reply = asked[i].reply;
		q->why = asked[i].why;
		q->by_tcp = asked[i].by_tcp;
		q->ede = -1;
		q->ede_text = "";
		if (q->reply != ZS_REPLY_ANSWERED)
			continue;
		q->size = asked[i].answer.len;
		ldns_pkt *pkt = zs_live_packet(asked[i].answer);
		if (pkt)
			q->ede = read_ede(run->arena, pkt, &q->ede_text);
		if (!pkt || !read_packet(run->arena, pkt, q->name, q->type, &q->answer)) {
			q->reply = ZS_REPLY_LAME;
			q->why = "its answer is damaged";
		}
		zs_ldns.pkt_free(pkt);
	}
	zs_arena_free(messages);
}
