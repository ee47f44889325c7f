/* referral.c - the servers of a zone as those of its parent tell them, where the zone itself does not in time: one server that never ends
 * its answers keeps a resolver from the others. */
#include <arpa/inet.h>

#include "dns/type.h"
#include "live/look_private.h"

/* The addresses of a server that are in the answer. */
static void take_addresses(struct zs_run *run, const struct zs_answer *answer, const uint8_t *server, struct zs_target out[ZS_ADDRESSES_MAX], size_t *count)
{
	char name[ZS_NAME_TEXT];
	const char *name_text = zs_arena_strdup(run->arena, zs_name_text(server, name));
	for (size_t i = 0; i < answer->count && *count < ZS_ADDRESSES_MAX; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		char text[INET6_ADDRSTRLEN];
		struct zs_target target = { .server = name_text };
		if ((r->type != ZS_TYPE_A && r->type != ZS_TYPE_AAAA) || !zs_name_equal(r->owner, server))
			continue;
		if (inet_ntop(r->type == ZS_TYPE_A ? AF_INET : AF_INET6, r->rdata.data, text, sizeof text)
		    && zs_address_parse(zs_arena_strdup(run->arena, text), 53, &target.address))
			out[(*count)++] = target;
	}
}

static size_t read_referral(struct zs_run *run, const uint8_t *zone, const struct zs_answer *answer, struct zs_target out[ZS_ADDRESSES_MAX])
{
	size_t count = 0, names = 0;
	for (size_t i = 0; i < answer->count && names < ZS_NAMES_MAX; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		if (r->type == ZS_TYPE_NS && r->section != ZS_SECTION_ADDITIONAL && zs_name_equal(r->owner, zone)) {
			take_addresses(run, answer, r->rdata.data, out, &count);
			names++;
		}
	}
	return count;
}

size_t zs_referral_ask(struct zs_run *run, const uint8_t *zone, const struct zs_observation *parent, int64_t limit, struct zs_target out[ZS_ADDRESSES_MAX])
{
	struct zs_live_question *questions = zs_arena_array(run->arena, parent->server_count + 1, sizeof *questions);
	struct zs_address *servers = zs_arena_array(run->arena, parent->server_count + 1, sizeof *servers);
	size_t asked = 0, count = 0;
	for (size_t i = 0; i < parent->server_count; i++)
		if (parent->servers[i].reply == ZS_REPLY_ANSWERED && zs_address_parse(parent->servers[i].address, 53, &servers[asked])) {
			questions[asked] = (struct zs_live_question){ .to = &servers[asked], .name = zone, .type = ZS_TYPE_NS };
			asked++;
		}
	zs_live_ask(run, questions, asked, limit);
	for (size_t i = 0; i < asked && !count; i++)
		if (questions[i].reply == ZS_REPLY_ANSWERED && questions[i].answer.rcode == ZS_RCODE_NOERROR)
			count = read_referral(run, zone, &questions[i].answer, out);
	return count;
}
