/* verify.c - the order in which a signed zone is judged, and how refusals are reported. */
#include "verify/verify_private.h"

#include <stdarg.h>
#include <string.h>

#include "base/pool.h"
#include "base/text.h"

static bool shown(const struct zs_verifier *v, unsigned guard)
{
	return v->refused[guard] <= ZS_GUARD_SHOWN;
}

bool zs_verify_refuse(struct zs_verifier *v, unsigned guard, const char *format, ...)
{
	v->refused[guard]++;
	if (!shown(v, guard))
		return false;
	va_list args;
	va_start(args, format);
	const char *message = zs_arena_vprintf(v->scratch, format, args);
	va_end(args);
	return zs_refuse(v->run, zs_arena_printf(v->run->arena, "G%u", guard), "%s", message);
}

void zs_verify_hint(struct zs_verifier *v, unsigned guard, const char *format, ...)
{
	if (!shown(v, guard))
		return;
	va_list args;
	va_start(args, format);
	const char *message = zs_arena_vprintf(v->scratch, format, args);
	va_end(args);
	zs_hint(v->run, "%s", message);
}

void zs_verify_unwise(struct zs_verifier *v, unsigned guard, bool refuse, const char *format, ...)
{
	if (!refuse && guard == 12 && v->options->content_told)
		return;
	v->refused[guard]++;
	if (!shown(v, guard))
		return;
	va_list args;
	va_start(args, format);
	const char *message = zs_arena_vprintf(v->scratch, format, args);
	va_end(args);
	if (refuse)
		zs_refuse(v->run, zs_arena_printf(v->run->arena, "G%u", guard), "%s", message);
	else
		zs_warn(v->run, NULL, "%s (G%u)", message, guard);
}

const char *zs_verify_name(struct zs_verifier *v, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(v->scratch, zs_name_text(name, text));
}

const char *zs_verify_owner(struct zs_verifier *v, size_t owner)
{
	return zs_verify_name(v, zs_owner_name(v->zone, &v->zone->owners[owner]));
}

const char *zs_verify_type(struct zs_verifier *v, uint16_t type)
{
	char text[ZS_TYPE_TEXT];
	return zs_arena_strdup(v->scratch, zs_type_text(type, text));
}

struct slicing {
	struct zs_verifier *v;
	void (*judge)(struct zs_verifier *v, void *context, size_t from, size_t to);
	void *context;
};

static void judge_slice(void *context, struct zs_run *run, size_t from, size_t to)
{
	const struct slicing *s = context;
	if (run == s->v->run) {
		s->judge(s->v, s->context, from, to);
		return;
	}
	struct zs_verifier copy = *s->v;
	copy.run = run;
	copy.scratch = run->arena;
	memset(copy.refused, 0, sizeof copy.refused);
	s->judge(&copy, s->context, from, to);
}

void zs_verify_slices(struct zs_verifier *v, size_t count,
                      void (*judge)(struct zs_verifier *v, void *context, size_t from, size_t to), void *context)
{
	struct slicing s = { .v = v, .judge = judge, .context = context };
	zs_pool_judge(v->run, v->jobs, count, ZS_VERIFY_SLICE, judge_slice, &s);
}

size_t zs_verify_search(const void *keys, size_t stride, size_t count, const uint8_t *key, size_t key_len)
{
	const uint8_t *base = keys;
	if (!count)
		return 0;
	/* from where an even spread would put it, by doubled steps until it is enclosed, then by halving */
	const size_t guess = (size_t)((uint64_t)zs_get_u32(key) * count >> 32);
	size_t low = 0, high = count, step = 1;
	if (memcmp(base + guess * stride, key, key_len) < 0) {
		for (low = guess + 1; step < count - low && memcmp(base + (low + step) * stride, key, key_len) < 0; step *= 2)
			low += step + 1;
		if (step < count - low)
			high = low + step;
	} else {
		for (high = guess; high >= step && memcmp(base + (high - step) * stride, key, key_len) >= 0; step *= 2)
			high -= step;
		low = high >= step ? high - step + 1 : 0;
	}
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (memcmp(base + middle * stride, key, key_len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void judge_order(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	const struct zs_zone *zone = v->zone;
	(void)context;
	for (size_t i = from; i < to; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		if (i && zs_name_compare(zs_owner_name(zone, owner - 1), zs_owner_name(zone, owner)) >= 0) {
			zs_fail(v->run, "the names of the zone are not in canonical order: a bug in zonesign");
			return;
		}
		for (uint32_t j = owner->first + 1; j < owner->first + owner->rrset_count; j++) {
			const struct zs_rrset *a = &zone->rrsets[j - 1], *b = &zone->rrsets[j];
			if (a->type < b->type || (a->type == b->type && a->covered < b->covered))
				continue;
			zs_fail(v->run, "the RRsets of '%s' are not in order: a bug in zonesign", zs_verify_owner(v, i));
			return;
		}
	}
}

/* The rest of this folder relies on the order that zone.h promises; a reader that breaks it must not go unseen. */
static bool in_order(struct zs_verifier *v)
{
	const unsigned before = v->run->error_count;
	zs_verify_slices(v, v->zone->owner_count, judge_order, NULL);
	return zs_run_ok_since(v->run, before);
}

static bool has_dnssec(const struct zs_verifier *v)
{
	for (size_t i = 0; i < v->zone->owner_count; i++) {
		const struct zs_owner *owner = &v->zone->owners[i];
		if (v->places[i] == ZS_PLACE_OUTSIDE)
			continue;
		for (uint32_t j = owner->first; j < owner->first + owner->rrset_count; j++)
			switch (v->zone->rrsets[j].type) {
			case ZS_TYPE_RRSIG:
			case ZS_TYPE_NSEC:
			case ZS_TYPE_NSEC3:
			case ZS_TYPE_NSEC3PARAM:
				return true;
			case ZS_TYPE_DNSKEY:
				if (i == v->apex)
					return true;
				break;
			default:
				break;
			}
	}
	return false;
}

static void judge_serial(struct zs_verifier *v)
{
	if (!v->has_soa)
		return;
	v->result->serial = v->soa.serial;
	if (v->options->has_serial && v->soa.serial != v->options->serial)
		zs_verify_refuse(v, 17, "the SOA serial is %u, it should be %u", v->soa.serial, v->options->serial);
}

static void judge_signatures(struct zs_verifier *v)
{
	struct zs_sig_jobs jobs = { 0 };
	zs_verify_collect(v, &jobs);
	zs_verify_signatures(v, &jobs);
	zs_verify_judge(v, &jobs);
	zs_verify_ds(v);
	zs_verify_cds(v);
	if (v->options->want_proofs)
		zs_verify_take_proofs(v, &jobs);
}

static void judge(struct zs_verifier *v)
{
	zs_verify_place(v);
	v->result->record_count = v->zone->record_count;
	v->has_soa = zs_zone_soa(v->zone, &v->soa);
	zs_verify_content(v);
	judge_serial(v);
	v->result->is_signed = has_dnssec(v);
	if (!v->result->is_signed) {
		if (!v->options->allow_unsigned || v->options->ds_count) {
			zs_verify_refuse(v, 2, "the zone '%s' is not signed", zs_verify_name(v, v->zone->apex));
			zs_verify_hint(v, 2, "it has no DNSKEY, RRSIG, NSEC or NSEC3; 'zonesign build' signs it");
		}
		zs_verify_zonemd(v);
		return;
	}
	zs_verify_keys(v);
	zs_verify_dnskey_answer(v);
	zs_verify_denial(v);
	zs_verify_zonemd(v);
	judge_signatures(v);
}

static void report_hidden(struct zs_verifier *v)
{
	for (unsigned guard = 0; guard < ZS_COUNT(v->refused); guard++)
		if (v->refused[guard] > ZS_GUARD_SHOWN)
			zs_note(v->run, "%zu more of guard G%u are not shown", v->refused[guard] - ZS_GUARD_SHOWN, guard);
}

bool zs_verify_zone(struct zs_run *run, struct zs_arena *arena, const struct zs_zone *zone,
                    const struct zs_verify_options *options, struct zs_verify_result *out)
{
	struct zs_arena *scratch = zs_arena_new();
	struct zs_verify_result result = { 0 };
	struct zs_verifier *v = zs_arena_alloc(scratch, sizeof *v);
	const unsigned before = run->error_count;
	v->run = run;
	v->arena = arena;
	v->scratch = scratch;
	v->zone = zone;
	v->options = options;
	v->result = &result;
	v->jobs = options->jobs ? options->jobs : run->jobs ? run->jobs : 1;
	v->apex = zs_zone_find(zone, zone->apex, NULL);
	if (in_order(v))
		judge(v);
	report_hidden(v);
	zs_arena_free(scratch);
	const bool ok = zs_run_ok_since(run, before);
	if (!ok) {
		result.proofs = NULL;
		result.proof_count = 0;
	}
	*out = result;
	return ok;
}

/* The DNSKEYs of the result must outlive the zone. */
static void keep_dnskeys(struct zs_arena *arena, struct zs_verify_result *result)
{
	struct zs_bytes *keys = zs_arena_array(arena, result->dnskey_count, sizeof *keys);
	for (size_t i = 0; i < result->dnskey_count; i++) {
		uint8_t *copy = zs_arena_alloc(arena, result->dnskeys[i].len);
		memcpy(copy, result->dnskeys[i].data, result->dnskeys[i].len);
		keys[i] = (struct zs_bytes){ copy, result->dnskeys[i].len };
	}
	result->dnskeys = keys;
}

static uint64_t octets_of(const struct zs_zone *zone)
{
	uint64_t octets = 0;
	for (size_t i = 0; i < zone->input_count; i++)
		octets += zone->input_ids[i].size;
	return octets;
}

bool zs_verify_fd(struct zs_run *run, struct zs_arena *arena, int fd, const char *path,
                  const struct zs_verify_options *options, struct zs_verify_result *out)
{
	const struct zs_zone_options read = { .apex = options->apex, .dnssec = ZS_DNSSEC_KEEP, .strict_rrsets = true,
		                              .include_never = options->strict };
	struct zs_arena *zone_arena = zs_arena_new();
	struct zs_zone *zone = NULL;
	zs_run_stage(run, options->strict ? "reread" : "read");
	bool ok = zs_zone_read_fd(run, zone_arena, fd, path, &read, &zone);
	if (ok) {
		const uint64_t octets = octets_of(zone);
		run->stage_octets = octets;
		zs_run_stage(run, "verify");
		run->stage_octets = octets;
		zs_zone_release_text(zone);
		ok = zs_verify_zone(run, arena, zone, options, out);
		keep_dnskeys(arena, out);
	} else {
		*out = (struct zs_verify_result){ 0 };
		if (options->strict)
			zs_refuse(run, "G13", "the signed zone '%s' cannot be read back", path);
	}
	zs_arena_free(zone_arena);
	return ok;
}
