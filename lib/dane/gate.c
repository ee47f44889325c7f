/* gate.c - may a server present another certificate now? Which owners it concerns, and the schedule's verdict for each. */
#include <string.h>
#include <unistd.h>

#include "dane/dane.h"

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
	size_t issuer = 1;
	bool checked = leaf->x509 && zs_dane_names(leaf, host) && is_valid(leaf, run->now);
	while (checked && issuer < file->count && !zs_dane_issued(&file->certs[issuer], leaf))
		issuer++;
	checked = checked && (issuer >= file->count || is_valid(&file->certs[issuer], run->now));
	for (unsigned kind = 0; kind < 18 && !checked; kind++)
		out.kinds[kind] = (struct zs_bytes){ 0 };
	return out;
}

bool zs_dane_gate(struct zs_run *run, const struct zs_zone_config *config, const struct zs_facts *facts, const struct zs_dane_file *file,
                  const struct zs_dane_filter *filter, struct zs_dane_verdict **out, size_t *count)
{
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(run, config->policy);
	struct zs_dane_place *places;
	struct zs_tlsa_key key;
	size_t place_count, room = 0;
	bool published = false;
	*out = NULL;
	*count = 0;
	if (!zs_dane_key(run, file, &key) || !zs_dane_places(run, config, filter, &places, &place_count))
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
	return true;
}
