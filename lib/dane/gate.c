/* gate.c - may a server present another certificate now? Which owners it concerns, and the schedule's verdict for each. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "dane/dane_private.h"

static bool passes(const struct zs_dane_filter *filter, const uint8_t *host, const struct zs_dane_port *port)
{
	bool host_ok = !filter->host_count, port_ok = !filter->port_count;
	for (size_t i = 0; i < filter->host_count; i++)
		host_ok = host_ok || zs_name_equal(filter->hosts[i], host);
	for (size_t i = 0; i < filter->port_count; i++)
		port_ok = port_ok || (filter->ports[i].port == port->port && filter->ports[i].transport == port->transport);
	return host_ok && port_ok;
}

static bool has_mx(const struct zs_zone_config *config)
{
	for (size_t i = 0; i < config->dane_count; i++)
		for (size_t h = 0; h < config->dane[i].host_count; h++)
			if (config->dane[i].hosts[h].mx)
				return true;
	return false;
}

/* The zone as the world sees it, for its MX; an empty one if no entry asks for that. */
static bool load_zone(struct zs_run *run, const struct zs_zone_config *config, struct zs_zone *none, const struct zs_zone **out)
{
	const bool published = access(config->output.path, F_OK) == 0;
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_STRIP, .include_any = config->include_any };
	struct zs_zone *zone;
	*none = (struct zs_zone){ .arena = run->arena };
	*out = none;
	if (!has_mx(config))
		return true;
	if (!zs_zone_read(run, run->arena, published ? config->output.path : config->file.path, &options, &zone))
		return false;
	*out = zone;
	return true;
}

bool zs_dane_places(struct zs_run *run, const struct zs_zone_config *config, const struct zs_dane_filter *filter, struct zs_dane_place **out,
                    size_t *count)
{
	struct zs_zone none;
	const struct zs_zone *zone;
	size_t room = 0;
	*out = NULL;
	*count = 0;
	if (!load_zone(run, config, &none, &zone))
		return false;
	for (size_t i = 0; i < config->dane_count; i++) {
		const struct zs_dane_entry *entry = &config->dane[i];
		for (size_t h = 0; h < entry->host_count; h++) {
			size_t names_count;
			const uint8_t **names = zs_dane_hosts(run, zone, &entry->hosts[h], false, &names_count);
			for (size_t n = 0; n < names_count; n++)
				for (size_t p = 0; p < entry->port_count; p++) {
					struct zs_dane_place place = { .entry = entry, .port = &entry->ports[p] };
					if (!passes(filter, names[n], place.port) || !zs_dane_owner(place.port, names[n], place.owner))
						continue;
					memcpy(place.host, names[n], zs_name_len(names[n]));
					ZS_PUSH(run->arena, *out, *count, room) = place;
				}
		}
	}
	return true;
}

static bool is_published(const struct zs_facts *facts, const uint8_t *owner, const struct zs_tlsa_key *key)
{
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &facts->tlsa[i];
		for (unsigned kind = 0; record->type == ZS_TYPE_TLSA && zs_name_equal(record->owner, owner) && kind < ZS_TLSA_KINDS; kind++)
			if (key->kinds[kind].len && zs_bytes_equal(key->kinds[kind], record->rdata))
				return true;
	}
	return false;
}

/* Does a file of the entry hold the key, so that its servers get it, whatever names are in the certificate? */
static bool is_configured(const struct zs_dane_entry *entry, const struct zs_dane_file *file)
{
	struct zs_run *look = zs_run_begin(); /* what is wrong with a file is a build's matter */
	bool found = false;
	for (size_t i = 0; i <= entry->certificate_count && !found; i++) {
		const char *path = i < entry->certificate_count ? entry->certificates[i].path : entry->next.path;
		struct zs_dane_file other;
		found = path && zs_dane_file_read(look, NULL, path, &other) && zs_bytes_equal(other.certs[0].spki, file->certs[0].spki);
	}
	zs_run_end(look);
	return found;
}

static bool is_valid(const struct zs_dane_cert *cert, zs_time now)
{
	return cert->not_before <= now && cert->not_after > now;
}

/* Only usage 3 takes a certificate with another name or out of its dates, and only a chain has an anchor, which has dates too:
 * RFC 7671 sections 5.1, 5.2. */
static struct zs_tlsa_key key_at(const struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_key *key, const uint8_t *host)
{
	const struct zs_dane_cert *leaf = &file->certs[0];
	struct zs_tlsa_key out = *key;
	const bool checked = leaf->x509 && zs_dane_names(leaf, host) && is_valid(leaf, run->now) && (!file->issuer || is_valid(file->issuer, run->now));
	for (unsigned kind = 0; kind < 18 && !checked; kind++)
		out.kinds[kind] = (struct zs_bytes){ 0 };
	return out;
}

/* ---- owners that the config named once ---- */

/* "_25._tcp.HOST" as a place without entry; false for another name. */
static bool place_of(const uint8_t *owner, struct zs_dane_port *port, struct zs_dane_place *out)
{
	static const struct {
		const char *label;
		enum zs_transport transport;
	} transports[] = { { "\4_tcp", ZS_TCP }, { "\4_udp", ZS_UDP }, { "\5_sctp", ZS_SCTP } };
	uint64_t number;
	bool known = false;
	if (zs_name_labels(owner) < 3 || owner[1] != '_' || !zs_text_number((const char *)owner + 2, owner[0] - 1u, UINT16_MAX, &number))
		return false;
	const uint8_t *second = zs_name_skip(owner, 1);
	for (size_t i = 0; i < ZS_COUNT(transports) && !known; i++) {
		known = second[0] == transports[i].label[0] && strncasecmp((const char *)second + 1, transports[i].label + 1, second[0]) == 0;
		port->transport = transports[i].transport;
	}
	port->port = (uint16_t)number;
	*out = (struct zs_dane_place){ .port = port };
	memcpy(out->owner, owner, zs_name_len(owner));
	memcpy(out->host, zs_name_skip(owner, 2), zs_name_len(zs_name_skip(owner, 2)));
	return known;
}

static bool is_place(const struct zs_dane_place *places, size_t count, const uint8_t *owner)
{
	for (size_t i = 0; i < count; i++)
		if (zs_name_equal(places[i].owner, owner))
			return true;
	return false;
}

/* When no cache has TLSA of an owner that the config does not name any more; 0: none has any now. */
static zs_time forgotten(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const uint8_t *owner)
{
	const zs_time later = timing->now + timing->propagation + 2 * zs_tlsa_largest_ttl(facts, owner, timing->now);
	zs_time end = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], owner)) /* the next build takes it out */
			end = later;
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++) {
		const struct zs_tlsa_ttl *ttl = &facts->tlsa_ttls[i];
		const zs_time until = ttl->until ? ttl->until : later;
		if (zs_name_equal(ttl->owner, owner) && until > timing->now && until > end)
			end = until;
	}
	return end;
}

struct gating {
	struct zs_run *run;
	const struct zs_tlsa_timing *timing;
	const struct zs_facts *facts;
	const struct zs_dane_file *file;
	const struct zs_tlsa_key *key;
	const struct zs_dane_filter *filter;
	const struct zs_dane_place *all; /* of the config, whatever the filter is */
	size_t all_count;
	bool unnamed;                    /* a bare key that is published nowhere, or a certificate that names no host of the config */
	struct zs_dane_verdict **out;
	size_t *count, room;
};

/* Caches hold the TLSA of such an owner for a while, and what the records were is known until the next build only. */
static void judge_gone(struct gating *g, const uint8_t *owner)
{
	struct zs_dane_port *port = zs_arena_alloc(g->run->arena, sizeof *port);
	struct zs_dane_verdict verdict = { .gone = true, .gate = ZS_GATE_WAIT };
	if (is_place(g->all, g->all_count, owner) || !place_of(owner, port, &verdict.place) || !passes(g->filter, verdict.place.host, port))
		return;
	for (size_t i = 0; i < *g->count; i++)
		if (zs_name_equal((*g->out)[i].place.owner, owner))
			return;
	if (!g->filter->host_count && !g->unnamed && !zs_dane_names(&g->file->certs[0], verdict.place.host) && !is_published(g->facts, owner, g->key))
		return;
	verdict.when = forgotten(g->timing, g->facts, owner);
	const struct zs_tlsa_key here = key_at(g->run, g->file, g->key, verdict.place.host);
	zs_time ready;
	if (!verdict.when || zs_tlsa_judge(g->timing, g->facts, owner, &here, &ready) == ZS_GATE_OPEN)
		return;
	ZS_PUSH(g->run->arena, *g->out, *g->count, g->room) = verdict;
}

bool zs_dane_gate(struct zs_run *run, const struct zs_zone_config *config, const struct zs_facts *facts, const struct zs_dane_file *file,
                  const struct zs_dane_filter *filter, struct zs_dane_verdict **out, size_t *count)
{
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(run, config->policy);
	static const struct zs_dane_filter everything = { 0 };
	struct zs_dane_place *places, *all;
	struct zs_tlsa_key key;
	size_t place_count, all_count, room = 0;
	bool published = false, unnamed = true;
	*out = NULL;
	*count = 0;
	if (!zs_dane_key(run, file, &key) || !zs_dane_places(run, config, filter, &places, &place_count)
	    || !zs_dane_places(run, config, &everything, &all, &all_count))
		return false;
	for (size_t i = 0; i < place_count; i++)
		published = published || is_published(facts, places[i].owner, &key);
	for (size_t i = 0; i < place_count; i++) {
		/* a bare key names no host: it is for where it is published, or else for everything */
		const bool bare = !file->certs[0].x509 && !published;
		bool known = false;
		for (size_t k = 0; k < *count; k++)
			known = known || zs_name_equal((*out)[k].place.owner, places[i].owner);
		if (known || (!filter->host_count && !bare && !zs_dane_names(&file->certs[0], places[i].host) && !is_published(facts, places[i].owner, &key)
		              && !is_configured(places[i].entry, file)))
			continue;
		struct zs_dane_verdict *verdict = &ZS_PUSH(run->arena, *out, *count, room);
		verdict->place = places[i];
		const struct zs_tlsa_key here = key_at(run, file, &key, places[i].host);
		verdict->gate = zs_tlsa_judge(&timing, facts, places[i].owner, &here, &verdict->when);
	}
	if (!file->certs[0].x509)
		unnamed = !published;
	for (size_t i = 0; i < all_count && file->certs[0].x509; i++)
		unnamed = unnamed && !zs_dane_names(&file->certs[0], all[i].host);
	struct gating g = { .run = run, .timing = &timing, .facts = facts, .file = file, .key = &key, .filter = filter, .all = all, .all_count = all_count,
		            .unnamed = unnamed, .out = out, .count = count, .room = room };
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (facts->tlsa[i].type == ZS_TYPE_TLSA && facts->tlsa[i].role != ZS_TLSA_FOREIGN)
			judge_gone(&g, facts->tlsa[i].owner);
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		judge_gone(&g, facts->tlsa_ttls[i].owner);
	return true;
}
