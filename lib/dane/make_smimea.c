/* make_smimea.c - SMIMEA from the certificates of mail users (RFC 8162): RDATA as TLSA, the owner made of the address. */
#include <openssl/x509v3.h>
#include <string.h>

#include "dane/dane_private.h"

static bool has_address(const struct zs_dane_cert *cert, const char *address)
{
	return !cert->x509 || X509_check_email(cert->x509, address, 0, 0) == 1;
}

static void make_address(struct zs_making *m, const struct zs_made_entry *entry, const struct zs_dane_file *files, bool ok,
                         const struct zs_made_name *name)
{
	uint8_t owner[ZS_NAME_MAX];
	char text[ZS_NAME_TEXT];
	if (!zs_maker_mail_owner(m, name, "_smimecert", owner) || !zs_maker_may_own(m, &name->from, owner))
		return;
	const char *label = zs_arena_printf(m->run->arena, "SMIMEA of %s", name->text);
	struct zs_bytes *made = zs_arena_array(m->run->arena, entry->file_count * entry->record_count + 1, sizeof *made);
	size_t count = 0;
	for (size_t f = 0; f < entry->file_count && ok; f++) {
		const struct zs_dane_cert *cert = &files[f].certs[0];
		if (!has_address(cert, name->text))
			zs_warn(m->run, &name->from, "%s: the certificate in '%s' does not name the address", label, files[f].path);
		if (cert->not_after && cert->not_after <= m->run->now)
			zs_warn(m->run, &name->from, "%s: the certificate in '%s' expired on %s", label, files[f].path, zs_time_short(cert->not_after, text));
		for (size_t r = 0; r < entry->record_count && ok; r++) {
			ok = zs_dane_tlsa(m->run, &files[f], &entry->records[r], label, &made[count]);
			count += ok;
		}
	}
	if (!ok)
		zs_maker_keep(m, ZS_TYPE_SMIMEA, owner, entry->ttl);
	for (size_t i = 0; i < count && ok; i++)
		zs_maker_add(m, ZS_TYPE_SMIMEA, owner, entry->ttl, made[i]);
}

void zs_make_smimea(struct zs_making *m)
{
	const struct zs_made_section *section = &m->config->made[ZS_MADE_SMIMEA];
	for (size_t i = 0; i < section->count && !m->exhausted; i++) {
		const struct zs_made_entry *entry = &section->entries[i];
		struct zs_dane_file *files = zs_arena_array(m->run->arena, entry->file_count, sizeof *files);
		bool ok = true;
		for (size_t f = 0; f < entry->file_count && !m->exhausted; f++)
			ok = zs_maker_read_file(m, &entry->files[f], &files[f]) && ok;
		for (size_t n = 0; n < entry->name_count && !m->exhausted; n++)
			make_address(m, entry, files, ok, &entry->names[n]);
	}
}
