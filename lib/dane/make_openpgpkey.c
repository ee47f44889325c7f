/* make_openpgpkey.c - OPENPGPKEY from the public keys of mail users (RFC 7929). */
#include "dane/dane_private.h"

enum { FILE_MAX = 256 << 10, LARGE = 1200 };

static void warn_size(struct zs_making *m, const struct zs_made_name *name, const struct zs_config_path *file, const struct zs_openpgp_key *key)
{
	const char *path = file->path;
	if (!key->user_ids)
		zs_warn(m->run, &name->from, "OPENPGPKEY of %s: '%s' has no user id", name->text, path);
	else if (!key->names_address)
		zs_warn(m->run, &name->from, "OPENPGPKEY of %s: no user id in '%s' has the address", name->text, path);
	if (key->user_ids > 1)
		zs_warn(m->run, &name->from, "OPENPGPKEY of %s: '%s' has %u user ids; one is enough, and the others become public", name->text, path,
		        key->user_ids);
	if (key->attributes)
		zs_warn(m->run, &name->from, "OPENPGPKEY of %s: '%s' has a photo or the like", name->text, path);
	if (key->data.len > LARGE) {
		zs_warn(m->run, &name->from, "OPENPGPKEY of %s: %zu octets; answers will need TCP", name->text, key->data.len);
		zs_hint(m->run, "gpg --export --export-options export-minimal --export-filter keep-uid=... makes a smaller one (RFC 7929 section 2.1.2)");
	}
}

static void make_address(struct zs_making *m, const struct zs_made_entry *entry, const struct zs_input *inputs, bool ok, const struct zs_made_name *name)
{
	uint8_t owner[ZS_NAME_MAX];
	struct zs_openpgp_key *keys = zs_arena_array(m->run->arena, entry->file_count, sizeof *keys);
	if (!zs_maker_mail_owner(m, name, "_openpgpkey", owner) || !zs_maker_may_own(m, &name->from, owner))
		return;
	for (size_t f = 0; f < entry->file_count && ok; f++) {
		if (!zs_maker_may_read(m, &name->from, inputs[f].len))
			return;
		ok = zs_openpgp_parse(m->run, &entry->files[f].from, &inputs[f], name->text, &keys[f]);
		if (ok && keys[f].data.len > 65535)
			ok = zs_error(m->run, &entry->files[f].from, "'%s': the record would have %zu octets, 65535 are the most", inputs[f].path, keys[f].data.len);
		if (ok)
			warn_size(m, name, &entry->files[f], &keys[f]);
	}
	if (!ok)
		zs_maker_keep(m, ZS_TYPE_OPENPGPKEY, owner, entry->ttl);
	for (size_t f = 0; f < entry->file_count && ok; f++)
		zs_maker_add(m, ZS_TYPE_OPENPGPKEY, owner, entry->ttl, keys[f].data);
}

void zs_make_openpgpkey(struct zs_making *m)
{
	const struct zs_made_section *section = &m->config->made[ZS_MADE_OPENPGPKEY];
	for (size_t i = 0; i < section->count && !m->exhausted; i++) {
		const struct zs_made_entry *entry = &section->entries[i];
		struct zs_input *inputs = zs_arena_array(m->run->arena, entry->file_count, sizeof *inputs);
		bool ok = true;
		for (size_t f = 0; f < entry->file_count && !m->exhausted; f++)
			ok = zs_file_read(m->run, m->run->arena, &entry->files[f].from, entry->files[f].path, FILE_MAX, &inputs[f], NULL)
			  && zs_maker_may_read(m, &entry->files[f].from, inputs[f].len) && ok;
		for (size_t n = 0; n < entry->name_count && !m->exhausted; n++)
			make_address(m, entry, inputs, ok, &entry->names[n]);
	}
}
