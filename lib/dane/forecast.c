/* forecast.c - what DANE clients will say of the configured servers, before anything is published. */
#include <string.h>

#include "dane/dane.h"

enum { CHAIN_MAX = 64, SHOWN = 4 };

static const char *host_text(struct zs_run *run, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	const size_t len = zs_name_format(name, text);
	return zs_arena_text(run->arena, text, len > 1 ? len - 1 : len);
}

static const char *say(struct zs_run *run, const struct zs_dane_forecast *f)
{
	const struct zs_dane_prediction *p = &f->prediction;
	const char *who = f->smtp ? "DANE senders" : "DANE clients";
	switch (p->verdict) {
	case ZS_DANE_VERIFIED:
		return zs_arena_printf(run->arena, "%s will see Verified: %s matches at depth %u", who, zs_dane_record_text(run->arena, f->tlsa[p->matched], SHOWN), p->depth);
	case ZS_DANE_UNTRUSTED: return zs_arena_printf(run->arena, "%s will not verify it (Untrusted): %s", who, p->why);
	case ZS_DANE_REFUSED: return zs_arena_printf(run->arena, f->smtp ? "%s will defer mail: %s" : "%s will break off: %s", who, p->why);
	case ZS_DANE_NONE: break;
	}
	return zs_arena_printf(run->arena, "%s will not authenticate it: %s", who, p->why);
}

struct forecaster {
	struct zs_run *run;
	const struct zs_zone *zone;
	struct zs_dane_forecast *out;
	size_t count, room;
};

static void add(struct forecaster *fc, const struct zs_dane_host *host, const uint8_t *name, const struct zs_dane_port *port,
                const struct zs_dane_file *file, const char *file_text)
{
	struct zs_arena *arena = fc->run->arena;
	uint8_t owner[ZS_NAME_MAX];
	const struct zs_rrset *set = zs_dane_owner(port, name, owner) ? zs_zone_rrset(fc->zone, zs_zone_find(fc->zone, owner, NULL), ZS_TYPE_TLSA) : NULL;
	struct zs_bytes *chain = zs_arena_array(arena, CHAIN_MAX, sizeof *chain), *tlsa = zs_arena_array(arena, set ? set->count : 1, sizeof *tlsa);
	struct zs_dane_forecast *f = &ZS_PUSH(arena, fc->out, fc->count, fc->room);
	*f = (struct zs_dane_forecast){ .host = name, .port = port->port, .file = file_text, .from = host->from, .tlsa = tlsa, .tlsa_count = set ? set->count : 0 };
	f->smtp = port->port == 25 || port->port == 465 || port->port == 587;
	for (size_t i = 0; i < f->tlsa_count; i++)
		tlsa[i] = zs_rrset_rdata(fc->zone, set, (uint32_t)i);
	struct zs_dane_case in = { .tlsa = tlsa, .tlsa_count = f->tlsa_count, .chain = chain, .base = host_text(fc->run, name),
		                   .domain = port->port == 25 ? host_text(fc->run, fc->zone->apex) : NULL, .smtp = f->smtp, .now = fc->run->now };
	for (size_t i = 0; i < file->count && i < CHAIN_MAX; i++)
		chain[in.chain_count++] = file->certs[i].der;
	zs_dane_predict(fc->run, &in, &f->prediction);
	f->sentence = say(fc->run, f);
	if (f->prediction.verdict == ZS_DANE_VERIFIED && !zs_dane_names(&file->certs[0], name)) {
		zs_warn(fc->run, &host->from, "the certificate '%s' is not for %s by its names; usage 3 does not ask for them, but is it the one that this server presents?",
		        file_text, host_text(fc->run, name));
		zs_hint(fc->run, "records of a certificate that the server does not present stop mail from senders that use DANE");
	}
}

static bool is_public(const struct zs_bytes *tlsa, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tlsa[i].len > 3 && tlsa[i].data[0] < 2)
			return true;
	return false;
}

static void add_hosts(struct forecaster *fc, const struct zs_dane_entry *entry, const struct zs_dane_port *port, const struct zs_dane_file *file,
                      const char *file_text)
{
	const struct zs_rrset *mx = zs_zone_apex_rrset(fc->zone, ZS_TYPE_MX);
	for (size_t h = 0; h < entry->host_count; h++) {
		const struct zs_dane_host *host = &entry->hosts[h];
		if (!host->mx)
			add(fc, host, host->name, port, file, file_text);
		for (uint32_t i = 0; host->mx && mx && i < mx->count; i++) {
			const uint8_t *target = zs_rrset_rdata(fc->zone, mx, i).data + 2;
			if (*target && zs_name_within(target, fc->zone->apex))
				add(fc, host, target, port, file, file_text);
		}
	}
}

static bool is_told(const struct forecaster *fc, const uint8_t *host)
{
	for (size_t i = 0; i < fc->count; i++)
		if (fc->out[i].port == 25 && zs_name_equal(fc->out[i].host, host))
			return true;
	return false;
}

/* MX hosts whose TLSA the zone file has, with a certificate that nobody knows here: records that no sender can use are told all the same. */
static void add_strangers(struct forecaster *fc)
{
	static const struct zs_dane_port smtp = { .port = 25, .transport = ZS_TCP };
	const struct zs_rrset *mx = zs_zone_apex_rrset(fc->zone, ZS_TYPE_MX);
	for (uint32_t i = 0; mx && i < mx->count; i++) {
		const uint8_t *host = zs_rrset_rdata(fc->zone, mx, i).data + 2;
		uint8_t owner[ZS_NAME_MAX];
		const struct zs_rrset *set = zs_dane_owner(&smtp, host, owner) ? zs_zone_rrset(fc->zone, zs_zone_find(fc->zone, owner, NULL), ZS_TYPE_TLSA) : NULL;
		if (!set || is_told(fc, host))
			continue;
		const struct zs_dane_host place = { .from = zs_zone_source(fc->zone, set) };
		add(fc, &place, host, &smtp, &(const struct zs_dane_file){ 0 }, NULL);
		if (fc->out[fc->count - 1].prediction.verdict != ZS_DANE_UNTRUSTED)
			fc->count--;
	}
}

size_t zs_dane_forecast(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, const struct zs_dane_forecast **out)
{
	struct forecaster fc = { .run = run, .zone = zone };
	for (size_t e = 0; config && e < config->dane_count; e++) {
		const struct zs_dane_entry *entry = &config->dane[e];
		for (size_t c = 0; c < entry->certificate_count; c++) {
			struct zs_run *quiet = zs_run_begin(); /* what is wrong with a file was said when it was read for its records */
			struct zs_dane_file file;
			const bool ok = zs_dane_file_read(quiet, NULL, entry->certificates[c].path, &file) && file.certs[0].x509;
			for (size_t p = 0; ok && p < entry->port_count; p++)
				if (entry->ports[p].transport == ZS_TCP)
					add_hosts(&fc, entry, &entry->ports[p], &file, entry->certificates[c].text);
			zs_run_end(quiet);
		}
	}
	/* outside SMTP usages 0 and 1 also need a public CA, which only the client knows */
	size_t kept = 0;
	for (size_t i = 0; i < fc.count; i++)
		if (fc.out[i].smtp || !is_public(fc.out[i].tlsa, fc.out[i].tlsa_count) || fc.out[i].prediction.verdict == ZS_DANE_VERIFIED)
			fc.out[kept++] = fc.out[i];
	fc.count = kept;
	add_strangers(&fc);
	*out = fc.out;
	return fc.count;
}
