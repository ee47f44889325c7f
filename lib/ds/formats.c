/* formats.c - from DNSKEY RDATA to the fields that others ask for, and every format but forms and EPP. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dns/algorithm.h"
#include "dns/name.h"
#include "ds/ds_private.h"

static const char *const format_names[] = {
	[ZS_DS_FORM] = "form", [ZS_DS_RECORDS] = "ds", [ZS_DS_DNSKEY] = "dnskey", [ZS_DS_CDS] = "cds",
	[ZS_DS_CDNSKEY] = "cdnskey", [ZS_DS_JSON] = "json", [ZS_DS_CSV] = "csv", [ZS_DS_EPP] = "epp",
	[ZS_DS_EPP_CREATE] = "epp-create",
};

const char *zs_ds_format_name(size_t index)
{
	return index < ZS_COUNT(format_names) ? format_names[index] : NULL;
}

bool zs_ds_format_parse(const char *text, enum zs_ds_format *out)
{
	for (size_t i = 0; i < ZS_COUNT(format_names); i++)
		if (zs_text_equal(text, strlen(text), format_names[i])) {
			*out = (enum zs_ds_format)i;
			return true;
		}
	return false;
}

/* ---- what a form may ask for ---- */

static bool make_entry(struct zs_run *run, const uint8_t *zone, struct zs_bytes dnskey, struct zs_ds_entry *out)
{
	uint8_t ds[52];
	size_t ds_len = 0;
	if (dnskey.len < 5)
		return zs_fail(run, "a DNSKEY of %zu octets has no public key", dnskey.len);
	if (!zs_ds_make(run, zone, dnskey, ZS_DS_SHA256, ds, &ds_len))
		return false;
	const size_t key_len = dnskey.len - 4;
	char *key = zs_arena_alloc(run->arena, 4 * ((key_len + 2) / 3) + 1);
	key[zs_base64_encode(dnskey.data + 4, key_len, key)] = 0;
	*out = (struct zs_ds_entry){
		.flags = zs_get_u16(dnskey.data), .protocol = dnskey.data[2], .algorithm = dnskey.data[3],
		.tag = zs_get_u16(ds), .digest_type = ds[3], .public_key = key, .dnskey = dnskey,
	};
	out->digest[zs_hex_encode_upper(ds + 4, ds_len - 4, out->digest)] = 0;
	return true;
}

static int by_tag(const void *a, const void *b)
{
	const struct zs_ds_entry *x = a, *y = b;
	return x->tag != y->tag ? (x->tag > y->tag) - (x->tag < y->tag) : zs_bytes_compare(x->dnskey, y->dnskey);
}

static bool make_entries(struct zs_run *run, const uint8_t *zone, const struct zs_bytes *keys, size_t count,
                         struct zs_ds_entry **out)
{
	struct zs_ds_entry *entries = zs_arena_array(run->arena, count, sizeof *entries);
	for (size_t i = 0; i < count; i++)
		if (!make_entry(run, zone, keys[i], &entries[i]))
			return false;
	if (count)
		qsort(entries, count, sizeof *entries, by_tag);
	*out = entries;
	return true;
}

static bool is_present(const struct zs_ds_request *request, const struct zs_ds_entry *entry)
{
	for (size_t i = 0; i < request->present_count; i++)
		if (zs_bytes_equal(entry->dnskey, request->present[i]))
			return true;
	return false;
}

static bool make_view(struct zs_run *run, const struct zs_ds_request *request, struct zs_ds_view *out)
{
	uint8_t zone[ZS_NAME_MAX];
	char text[ZS_NAME_TEXT];
	struct zs_ds_view view = {
		.wanted_count = request->wanted_count, .removed_count = request->removed_count, .ttl = request->ttl,
		.not_before = request->not_before,
	};
	zs_name_lower(request->zone, zs_name_len(request->zone), zone);
	const size_t len = zs_name_format(zone, text);
	view.zone_text = zs_arena_text(run->arena, text, len);
	view.zone_bare = zone[0] ? zs_arena_text(run->arena, text, len - 1) : view.zone_text;
	if (!make_entries(run, zone, request->wanted, request->wanted_count, &view.wanted)
	    || !make_entries(run, zone, request->removed, request->removed_count, &view.removed))
		return false;
	for (size_t i = 0; i < view.wanted_count; i++) {
		struct zs_ds_entry *entry = &view.wanted[i];
		entry->present = is_present(request, entry);
		view.missing_count += !entry->present;
	}
	*out = view;
	return true;
}

/* ---- records ---- */

void zs_ds_put_ds(const struct zs_ds_entry *entry, struct zs_buf *out)
{
	zs_buf_printf(out, "%u %u %u %s", entry->tag, entry->algorithm, entry->digest_type, entry->digest);
}

void zs_ds_put_dnskey(const struct zs_ds_entry *entry, struct zs_buf *out)
{
	zs_buf_printf(out, "%u %u %u %s", entry->flags, entry->protocol, entry->algorithm, entry->public_key);
}

static void put_records(const struct zs_ds_view *view, const char *type, bool digest, struct zs_buf *out)
{
	char time[ZS_TIME_TEXT];
	if (view->not_before)
		zs_buf_printf(out, "; not before %s\n", zs_time_text(view->not_before, time));
	for (size_t i = 0; i < view->wanted_count; i++) {
		zs_buf_printf(out, "%s\t%u\tIN\t%s\t", view->zone_text, view->ttl, type);
		if (digest)
			zs_ds_put_ds(&view->wanted[i], out);
		else
			zs_ds_put_dnskey(&view->wanted[i], out);
		zs_buf_octet(out, '\n');
	}
}

/* For the parent's scanner: with nothing wanted, the set that asks for the DS to go, alone (RFC 8078 section 4). */
static void put_child_records(const struct zs_ds_view *view, const char *type, bool digest, struct zs_buf *out)
{
	const bool leaving = !view->wanted_count && view->removed_count;
	put_records(view, type, digest, out);
	if (leaving)
		zs_buf_printf(out, "%s\t%u\tIN\t%s\t%s\n", view->zone_text, view->ttl, type,
		              digest ? "0 0 0 00" : "0 3 0 AA==");
}

/* ---- CSV ---- */

/* The one place where text enters CSV: quoted as RFC 4180 says, and never read as a formula by a spreadsheet. */
static void put_csv(struct zs_buf *out, const char *text)
{
	const bool formula = text[0] && strchr("=+-@\t\r", text[0]);
	if (!formula && !text[strcspn(text, "\",\r\n")]) {
		zs_buf_text(out, text);
		return;
	}
	zs_buf_text(out, formula ? "\"'" : "\"");
	for (; *text; text++) {
		if (*text == '"')
			zs_buf_octet(out, '"');
		zs_buf_octet(out, (uint8_t)*text);
	}
	zs_buf_octet(out, '"');
}

static void put_csv_lines(const struct zs_ds_view *view, const char *action, const struct zs_ds_entry *entries,
                          size_t count, struct zs_buf *out)
{
	char time[ZS_TIME_TEXT] = "";
	if (view->not_before)
		zs_time_text(view->not_before, time);
	for (size_t i = 0; i < count; i++) {
		const struct zs_ds_entry *e = &entries[i];
		zs_buf_printf(out, "%s,", e->present ? "keep" : action);
		put_csv(out, view->zone_bare);
		zs_buf_printf(out, ",%u,%u,%u,%u,%s,%u,%u,%s,%s\r\n", view->ttl, e->tag, e->algorithm, e->digest_type,
		              e->digest, e->flags, e->protocol, e->public_key, time);
	}
}

static void put_csv_all(const struct zs_ds_view *view, struct zs_buf *out)
{
	if (!out->len) /* several zones are one table */
		zs_buf_text(out, "action,domain,ttl,key_tag,algorithm,digest_type,digest,flags,protocol,public_key,not_before\r\n");
	put_csv_lines(view, "add", view->wanted, view->wanted_count, out);
	put_csv_lines(view, "remove", view->removed, view->removed_count, out);
}

/* ---- JSON ---- */

static const char *text_of(struct zs_run *run, const struct zs_ds_entry *entry,
                           void (*put)(const struct zs_ds_entry *, struct zs_buf *))
{
	struct zs_buf buf = { .arena = run->arena, .max = 200000 };
	put(entry, &buf);
	return zs_buf_string(&buf);
}

static void add_json(struct zs_run *run, const struct zs_ds_request *request, struct zs_json *array, const struct zs_ds_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct zs_ds_entry *e = &entries[i];
		const struct zs_algorithm_info *info = zs_algorithm_info(e->algorithm);
		struct zs_json *object = zs_json_add_object(array);
		zs_json_set_int(object, "key_tag", e->tag);
		zs_json_set_int(object, "algorithm", e->algorithm);
		zs_json_set_text(object, "algorithm_name", info ? info->mnemonic : NULL);
		zs_json_set_int(object, "digest_type", e->digest_type);
		zs_json_set_text(object, "digest", e->digest);
		zs_json_set_int(object, "flags", e->flags);
		zs_json_set_int(object, "protocol", e->protocol);
		zs_json_set_text(object, "public_key", e->public_key);
		zs_json_set_bool(object, "present", is_present(request, e));
		zs_json_set_text(object, "ds", text_of(run, e, zs_ds_put_ds));
		zs_json_set_text(object, "dnskey", text_of(run, e, zs_ds_put_dnskey));
	}
}

bool zs_ds_json(struct zs_run *run, const struct zs_ds_request *request, struct zs_json *into)
{
	struct zs_ds_view view;
	if (!make_view(run, request, &view))
		return false;
	zs_json_set_text(into, "zone", view.zone_text);
	zs_json_set_text(into, "registrar", request->registrar);
	zs_json_set_int(into, "ttl", view.ttl);
	zs_json_set_bool(into, "ready", !view.not_before && !request->not_served && !request->ended);
	zs_json_set_time(into, "not_before", view.not_before);
	add_json(run, request, zs_json_set_array(into, "wanted"), view.wanted, view.wanted_count);
	add_json(run, request, zs_json_set_array(into, "removed"), view.removed, view.removed_count);
	return true;
}

static bool put_json(struct zs_run *run, const struct zs_ds_request *request, struct zs_buf *out)
{
	struct zs_json *root = zs_json_object(run->arena);
	if (!zs_ds_json(run, request, root))
		return false;
	zs_json_dump(root, out);
	return true;
}

bool zs_ds_write(struct zs_run *run, const struct zs_ds_request *request, enum zs_ds_format format, struct zs_buf *out)
{
	struct zs_ds_view view;
	const struct zs_ds_registrar *registrar = zs_ds_registrar_find(request->registrar);
	if (!registrar)
		return zs_fail(run, "there is no form for registrar '%s'", request->registrar);
	if (!make_view(run, request, &view))
		return false;
	switch (format) {
	case ZS_DS_FORM:
		zs_ds_form(registrar, &view, out);
		break;
	case ZS_DS_RECORDS:
		put_records(&view, "DS", true, out);
		break;
	case ZS_DS_DNSKEY:
		put_records(&view, "DNSKEY", false, out);
		break;
	case ZS_DS_CDS:
		put_child_records(&view, "CDS", true, out);
		break;
	case ZS_DS_CDNSKEY:
		put_child_records(&view, "CDNSKEY", false, out);
		break;
	case ZS_DS_JSON:
		return put_json(run, request, out);
	case ZS_DS_CSV:
		put_csv_all(&view, out);
		break;
	case ZS_DS_EPP: /* an empty update is an error to servers */
		if (view.missing_count || view.removed_count)
			zs_ds_epp_update(&view, out);
		break;
	case ZS_DS_EPP_CREATE:
		if (view.missing_count)
			zs_ds_epp_create(&view, out);
		break;
	}
	return true;
}
