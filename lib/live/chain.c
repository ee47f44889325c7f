/* chain.c - the zones on the way from the root to a zone, with the DS and the keys of each, as libunbound proves them. */
#include <string.h>

#include "dns/type.h"
#include "live/look_private.h"

size_t zs_chain_walk(struct zs_run *run, struct zs_resolver *resolver, const uint8_t *zone, int64_t half, int64_t end, struct zs_link_view **out)
{
	const unsigned labels = zs_name_labels(zone);
	struct zs_lookup_view *cuts = zs_arena_array(run->arena, 2 * ((size_t)labels + 1), sizeof *cuts), *aliases = cuts + labels + 1;
	struct zs_link_view *links = zs_arena_array(run->arena, labels + 1, sizeof *links);
	struct zs_lookup_view *both = zs_arena_array(run->arena, 2 * ((size_t)labels + 1), sizeof *both);
	size_t count = 0;
	unsigned first = 0;
	zs_resolver_deadline(resolver, half);
	for (unsigned i = 0; i <= labels; i++) {
		cuts[i] = (struct zs_lookup_view){ .name = zs_name_skip(zone, labels - i), .type = ZS_TYPE_NS };
		aliases[i] = (struct zs_lookup_view){ .name = cuts[i].name, .type = ZS_TYPE_CNAME };
	}
	zs_resolver_look_up(resolver, cuts, 2 * ((size_t)labels + 1));
	/* above the trust anchor nothing need be reachable, and nothing of it is waited for twice */
	while (first < labels && cuts[first].security == ZS_CHAIN_UNKNOWN)
		first++;
	if (first == labels && cuts[first].security == ZS_CHAIN_UNKNOWN)
		first = 0;
	/* a bogus one may be a zone: what it says of itself is shown. An alias is none, though its end may be one, and a broken one */
	for (unsigned i = first; i <= labels; i++)
		if (i == first || i == labels || (!aliases[i].count && (cuts[i].count || cuts[i].security == ZS_CHAIN_BOGUS)))
			links[count++].zone = cuts[i].name;
	for (size_t i = 0; i < count; i++) {
		both[2 * i] = (struct zs_lookup_view){ .name = links[i].zone, .type = ZS_TYPE_DS };
		both[2 * i + 1] = (struct zs_lookup_view){ .name = links[i].zone, .type = ZS_TYPE_DNSKEY };
	}
	zs_resolver_deadline(resolver, end);
	const size_t root = first == 0; /* nobody has a DS of the root */
	both[0].rcode = -1;
	zs_resolver_look_up(resolver, both + root, 2 * count - root);
	for (size_t i = 0; i < count; i++) {
		links[i].ds = both[2 * i];
		links[i].dnskey = both[2 * i + 1];
	}
	*out = links;
	return count;
}
