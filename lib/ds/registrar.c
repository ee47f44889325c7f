/* registrar.c - one line per registrar: which fields its form has, in which order and under which words. */
#include <string.h>

#include "base/text.h"
#include "dns/algorithm.h"
#include "ds/ds_private.h"

#define YES true
#define NO false

/* DS forms with the usual words, where nobody has read the form itself. */
#define DS_FOUR(style, sure) \
	{ ZS_DS_FIELD_TAG, "Key tag", ZS_DS_NUMBER, sure }, { ZS_DS_FIELD_ALGORITHM, "Algorithm", style, sure }, \
	{ ZS_DS_FIELD_DIGEST_TYPE, "Digest type", style, sure }, { ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, sure }

static const struct zs_ds_registrar registrars[] = {
	{ "general", "any registrar", "Forms ask for the DS data or for the key data, seldom for both.", { 0 }, NO, {
		{ ZS_DS_FIELD_GROUP, "DS data", 0, YES },
		{ ZS_DS_FIELD_TAG, "Key tag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest type", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_GROUP, "Key data", 0, YES },
		{ ZS_DS_FIELD_FLAGS, "Flags", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_PROTOCOL, "Protocol", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_GROUP, "Records", 0, YES },
		{ ZS_DS_FIELD_DS_LINE, "DS", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DNSKEY_LINE, "DNSKEY", ZS_DS_NUMBER, YES } } },
	{ "gandi", "Gandi", "Gandi takes the key, not a DS: it computes key tag and digest itself.", { 0 }, NO, {
		{ ZS_DS_FIELD_FLAGS, "Flag / key type", ZS_DS_DASHED, NO }, /* the present form's word was not seen */
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, YES } } },
	{ "ovh", "OVHcloud",
	  "At most 4 keys. OVHcloud's own DNSSEC must be off, or the form cannot be edited.",
	  { 5, 7, 8, 10, 13, 14, 15 }, NO, {
		{ ZS_DS_FIELD_TAG, "Key Tag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_FLAGS, "Flag", ZS_DS_SPELLED, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_DASHED, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key (encoded in base64)", ZS_DS_NUMBER, YES } } },
	{ "namecheap", "Namecheap", "The form is in the tab Advanced DNS.", { 0 }, NO, {
		{ ZS_DS_FIELD_TAG, "Key Tag", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest Type", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, NO } } },
	{ "godaddy", "GoDaddy", "The fields of the key data are asked for .eu only.", { 0 }, NO, {
		DS_FOUR(ZS_DS_NAMED, NO),
		{ ZS_DS_FIELD_EMPTY, "Max signature life", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_GROUP, "For .eu, in place of it", 0, YES },
		{ ZS_DS_FIELD_FLAGS, "Flags", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_PROTOCOL, "Protocol", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, NO } } },
	{ "porkbun", "Porkbun", NULL, { 0 }, NO, {
		{ ZS_DS_FIELD_TAG, "Key Tag", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_ALGORITHM, "DS Data Algorithm", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest Type", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_EMPTY, "Max Sig Life", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_EMPTY, "keyData (all of it)", ZS_DS_NUMBER, NO } } },
	{ "route53", "AWS Route 53 Domains", "AWS takes the key, not a DS: it computes the digest itself.", { 0 }, NO, {
		{ ZS_DS_FIELD_FLAGS, "Key type", ZS_DS_DASHED, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, YES } } },
	{ "inwx", "INWX", "The DS line is optional: INWX computes it from the DNSKEY line.", { 0 }, NO, {
		{ ZS_DS_FIELD_DNSKEY_LINE, "DNSKEY", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_DS_LINE, "DS", ZS_DS_NUMBER, NO } } },
	{ "joker", "Joker.com", "For .de Joker.com asks for the key: use the fields that `--for general` shows.", { 0 }, NO, {
		{ ZS_DS_FIELD_TAG, "Tag", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest type", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, NO } } },
	{ "namesilo", "NameSilo", NULL, { 0 }, NO, {
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_TAG, "Key tag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest type", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES } } },
	{ "name.com", "Name.com", NULL, { 0 }, NO, {
		{ ZS_DS_FIELD_TAG, "Key tag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest Type", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, YES } } },
	{ "dynadot", "Dynadot",
	  "The form takes the DS data or the key data. It was seen to fail without a word: look at the list afterwards.",
	  { 0 }, NO, {
		DS_FOUR(ZS_DS_NAMED, NO),
		{ ZS_DS_FIELD_GROUP, "Or, in place of it", 0, YES },
		{ ZS_DS_FIELD_FLAGS, "Flags", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, NO } } },
	{ "transip", "TransIP", "TransIP takes the key, not a DS.", { 0 }, NO, {
		{ ZS_DS_FIELD_TAG, "Key tag", ZS_DS_NUMBER, NO },
		{ ZS_DS_FIELD_FLAGS, "Flags", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, NO },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, NO } } },
	{ "openprovider", "Openprovider",
	  "Some accounts see the words of a DS: then the digest goes into the box \"Public key\".", { 0 }, NO, {
		{ ZS_DS_FIELD_FLAGS, "Key type", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public key", ZS_DS_NUMBER, YES } } },
	{ "dnsimple", "DNSimple", "The top-level domain decides which of the two forms is shown.", { 0 }, NO, {
		{ ZS_DS_FIELD_GROUP, "DS-Data", 0, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_TAG, "Keytag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST_TYPE, "Digest Type", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_DIGEST, "Digest", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_GROUP, "KEY-Data", 0, YES },
		{ ZS_DS_FIELD_FLAGS, "Flags (filled in already)", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_PROTOCOL, "Protocol (filled in already)", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_ALGORITHM, "Algorithm", ZS_DS_NAMED, YES },
		{ ZS_DS_FIELD_PUBLIC_KEY, "Public Key", ZS_DS_NUMBER, YES } } },
	{ "opensrs", "OpenSRS", "SET_DNSSEC_INFO replaces the whole set: send all entries that are to be there in one call.",
	  { 5, 6, 7, 8, 10, 253, 254 }, YES, {
		{ ZS_DS_FIELD_TAG, "key_tag", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_ALGORITHM, "algorithm", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST_TYPE, "digest_type", ZS_DS_NUMBER, YES },
		{ ZS_DS_FIELD_DIGEST, "digest", ZS_DS_NUMBER, YES } } },
};

const struct zs_ds_registrar *zs_ds_registrar_at(size_t index)
{
	return index < ZS_COUNT(registrars) ? &registrars[index] : NULL;
}

const struct zs_ds_registrar *zs_ds_registrar_find(const char *name)
{
	if (!name)
		name = "general";
	for (size_t i = 0; i < ZS_COUNT(registrars); i++)
		if (zs_text_equal(name, strlen(name), registrars[i].name))
			return &registrars[i];
	return NULL;
}

const char *zs_ds_registrar_title(const char *name)
{
	const struct zs_ds_registrar *registrar = zs_ds_registrar_find(name);
	return registrar ? registrar->title : NULL;
}

/* ---- the text of a form ---- */

static void put_algorithm(const struct zs_ds_entry *entry, enum zs_ds_style style, struct zs_buf *out)
{
	const struct zs_algorithm_info *info = zs_algorithm_info(entry->algorithm);
	zs_buf_printf(out, "%u", entry->algorithm);
	if (!info || style == ZS_DS_NUMBER)
		return;
	if (style != ZS_DS_NAMED)
		zs_buf_printf(out, " - %s", info->mnemonic);
	else
		zs_buf_printf(out, " (%s, %s)", info->mnemonic, info->prose);
}

static void put_flags(const struct zs_ds_entry *entry, enum zs_ds_style style, struct zs_buf *out)
{
	const bool ksk = entry->flags & ZS_DNSKEY_SEP;
	zs_buf_printf(out, "%u", entry->flags);
	if (style == ZS_DS_NAMED)
		zs_buf_text(out, ksk ? " (KSK)" : " (ZSK)");
	else if (style == ZS_DS_DASHED)
		zs_buf_text(out, ksk ? " - KSK" : " - ZSK");
	else if (style == ZS_DS_SPELLED)
		zs_buf_text(out, ksk ? " - Key Signing Key (KSK)" : " - Zone Signing Key (ZSK)");
}

static void put_value(const struct zs_ds_form_line *line, const struct zs_ds_view *view,
                      const struct zs_ds_entry *entry, struct zs_buf *out)
{
	switch (line->field) {
	case ZS_DS_FIELD_TAG:
		zs_buf_printf(out, "%u", entry->tag);
		break;
	case ZS_DS_FIELD_ALGORITHM:
		put_algorithm(entry, line->style, out);
		break;
	case ZS_DS_FIELD_DIGEST_TYPE: /* the only one made */
		zs_buf_printf(out, "%u%s", entry->digest_type, line->style == ZS_DS_NUMBER ? "" : " (SHA-256)");
		break;
	case ZS_DS_FIELD_DIGEST:
		zs_buf_text(out, entry->digest);
		break;
	case ZS_DS_FIELD_FLAGS:
		put_flags(entry, line->style, out);
		break;
	case ZS_DS_FIELD_PROTOCOL:
		zs_buf_printf(out, "%u", entry->protocol);
		break;
	case ZS_DS_FIELD_PUBLIC_KEY:
		zs_buf_text(out, entry->public_key);
		break;
	case ZS_DS_FIELD_DNSKEY_LINE:
		zs_buf_printf(out, "%s IN DNSKEY ", view->zone_text);
		zs_ds_put_dnskey(entry, out);
		break;
	case ZS_DS_FIELD_DS_LINE:
		zs_buf_printf(out, "%s IN DS ", view->zone_text);
		zs_ds_put_ds(entry, out);
		break;
	case ZS_DS_FIELD_EMPTY:
		zs_buf_text(out, "leave it empty");
		break;
	case ZS_DS_FIELD_NONE:
	case ZS_DS_FIELD_GROUP:
		break;
	}
}

static void put_entry(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view,
                      const struct zs_ds_entry *entry, struct zs_buf *out)
{
	for (size_t i = 0; i < ZS_DS_LINES && registrar->lines[i].field; i++) {
		const struct zs_ds_form_line *line = &registrar->lines[i];
		if (line->field == ZS_DS_FIELD_GROUP) {
			zs_buf_printf(out, " %s\n", line->label);
			continue;
		}
		zs_buf_printf(out, "  %s%s: ", line->label, line->confirmed ? "" : " (label unconfirmed)");
		put_value(line, view, entry, out);
		zs_buf_octet(out, '\n');
	}
}

/* Where a registrar's documentation does not list the algorithm: said before the form refuses it. */
static void put_algorithm_note(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view,
                               struct zs_buf *out)
{
	if (!registrar->algorithms[0])
		return;
	for (size_t i = 0; i < view->wanted_count; i++) {
		const uint8_t algorithm = view->wanted[i].algorithm;
		if (memchr(registrar->algorithms, algorithm, ZS_DS_ALGORITHMS)
		    || (i && view->wanted[i - 1].algorithm == algorithm))
			continue;
		zs_buf_printf(out, "Note: algorithm %u is not in %s's documented list (", algorithm, registrar->title);
		for (size_t k = 0; k < ZS_DS_ALGORITHMS && registrar->algorithms[k]; k++)
			zs_buf_printf(out, "%s%u", k ? ", " : "", registrar->algorithms[k]);
		zs_buf_text(out, ") and may be refused.\n");
	}
}

static void put_list(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view, const char *verb,
                     const struct zs_ds_entry *entries, size_t count, struct zs_buf *out)
{
	size_t total = 0, number = 0;
	for (size_t i = 0; i < count; i++)
		total += !entries[i].present;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].present)
			continue;
		if (total > 1)
			zs_buf_printf(out, "\n%s %zu of %zu (key tag %u):\n", verb, ++number, total, entries[i].tag);
		else
			zs_buf_printf(out, "\n%s (key tag %u):\n", verb, entries[i].tag);
		put_entry(registrar, view, &entries[i], out);
	}
}

/* What must not be touched while the rest is typed, or must not be left out of what is sent. */
static void put_kept(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view, bool alone, struct zs_buf *out)
{
	for (size_t i = 0; i < view->wanted_count; i++) {
		if (!view->wanted[i].present)
			continue;
		zs_buf_printf(out, "\nKeep (key tag %u): it is there already%s\n", view->wanted[i].tag,
		              registrar->replaces && !alone ? ", and goes if it is not sent again:" : ".");
		if (registrar->replaces && !alone)
			put_entry(registrar, view, &view->wanted[i], out);
	}
}

void zs_ds_form(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view, struct zs_buf *out)
{
	char time[ZS_TIME_TEXT];
	zs_buf_printf(out, "Domain: %s\nRegistrar: %s\n", view->zone_bare, registrar->title);
	if (!view->missing_count && !view->removed_count) {
		zs_buf_text(out, "Nothing is to be entered or deleted.\n");
		put_kept(registrar, view, true, out);
		return;
	}
	if (view->not_before)
		zs_buf_printf(out, "Do not enter it before %s.\n", zs_time_short(view->not_before, time));
	if (registrar->note)
		zs_buf_printf(out, "Note: %s\n", registrar->note);
	put_algorithm_note(registrar, view, out);
	put_list(registrar, view, "Enter", view->wanted, view->wanted_count, out);
	put_kept(registrar, view, false, out);
	put_list(registrar, view, "Delete", view->removed, view->removed_count, out);
}
