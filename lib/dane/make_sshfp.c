/* make_sshfp.c - SSHFP from the public halves of host keys (RFC 4255, 6594, 7479, 8709). No SSH library: what is hashed is the
 * blob in the second field of the file. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "dane/dane_private.h"

enum { FILE_MAX = 1 << 20, KEYS_MAX = 64, BLOB_MAX = 16384 };

/* Names of key types as OpenSSH writes them; numbers are IANA's "SSHFP RR Types for public key algorithms". */
static const struct algorithm {
	const char *name;
	uint8_t number;
	unsigned parts;  /* strings in the blob after the name */
	size_t exact;    /* octets of the only part; 0: any */
} algorithms[] = {
	{ "ssh-rsa", 1, 2, 0 },
	{ "ssh-dss", 2, 4, 0 },
	{ "ecdsa-sha2-nistp256", 3, 2, 0 },
	{ "ecdsa-sha2-nistp384", 3, 2, 0 },
	{ "ecdsa-sha2-nistp521", 3, 2, 0 },
	{ "ssh-ed25519", 4, 1, 32 },
	{ "ssh-ed448", 6, 1, 57 },
};

static const struct algorithm *find_algorithm(const char *name, size_t len)
{
	for (size_t i = 0; i < ZS_COUNT(algorithms); i++)
		if (strlen(algorithms[i].name) == len && memcmp(algorithms[i].name, name, len) == 0)
			return &algorithms[i];
	return NULL;
}

/* The next string of a blob: RFC 4251 section 5. */
static bool take_string(struct zs_bytes *blob, struct zs_bytes *out)
{
	if (blob->len < 4 || zs_get_u32(blob->data) > blob->len - 4)
		return false;
	*out = (struct zs_bytes){ blob->data + 4, zs_get_u32(blob->data) };
	blob->data += 4 + out->len;
	blob->len -= 4 + out->len;
	return true;
}

/* Is the blob a whole key of this algorithm? *bits: of an RSA modulus. */
static bool check_blob(struct zs_bytes blob, const struct algorithm *algorithm, size_t *bits)
{
	struct zs_bytes part;
	*bits = 0;
	if (!take_string(&blob, &part) || part.len != strlen(algorithm->name) || memcmp(part.data, algorithm->name, part.len) != 0)
		return false;
	for (unsigned i = 0; i < algorithm->parts; i++)
		if (!take_string(&blob, &part) || !part.len || (algorithm->exact && part.len != algorithm->exact))
			return false;
	while (part.len && !*part.data)
		part.data++, part.len--;
	for (uint8_t top = part.len ? *part.data : 0; top; top >>= 1)
		(*bits)++;
	*bits += part.len ? (part.len - 1) * 8 : 0;
	return blob.len == 0;
}

struct parsing {
	struct zs_run *run;
	const struct zs_source *where;
	const struct zs_input *input;
	struct zs_bytes *made;
	size_t count, room;
	bool ok;
};

static bool wrong(struct parsing *p, uint32_t line, const char *why)
{
	return p->ok = zs_error(p->run, p->where, "'%s', line %u: %s", p->input->path, line, why);
}

/* One line, NUL-terminated: type, blob, comment. */
static bool take_line(struct parsing *p, const char *text, uint32_t line)
{
	size_t bad, bits;
	const size_t name_len = strcspn(text, " \t\r");
	const char *blob_text = text + name_len + strspn(text + name_len, " \t");
	const size_t blob_len = strcspn(blob_text, " \t\r\n");
	const struct algorithm *algorithm = find_algorithm(text, name_len);
	if (!algorithm) {
		zs_warn(p->run, p->where, "'%s', line %u: '%s' is no host key type that SSHFP has a number for; it is left out", p->input->path, line,
		        zs_text_safe(p->run->arena, text, name_len, 40));
		return true;
	}
	if (blob_len > BLOB_MAX)
		return wrong(p, line, "the key is too long");
	uint8_t *blob = zs_arena_alloc(p->run->arena, blob_len + 1), digest[ZS_HASH_MAX];
	const long got = zs_base64_decode(blob_text, blob_len, blob, &bad);
	if (got <= 0 || !check_blob((struct zs_bytes){ blob, (size_t)got }, algorithm, &bits))
		return wrong(p, line, "this is no whole public key of the type it names");
	if (algorithm->number == 2) {
		zs_warn(p->run, p->where, "'%s', line %u: a DSA key is weak; it is left out", p->input->path, line);
		return true;
	}
	if (algorithm->number == 1 && bits < 2048)
		zs_warn(p->run, p->where, "'%s', line %u: the key is weak (RSA %zu)", p->input->path, line, bits);
	if (p->count == KEYS_MAX)
		return wrong(p, line, "too many keys");
	if (!zs_hash(p->run, ZS_SHA256, (struct zs_bytes){ blob, (size_t)got }, digest))
		return p->ok = false;
	uint8_t *rdata = zs_arena_alloc(p->run->arena, 34);
	rdata[0] = algorithm->number;
	rdata[1] = 2; /* SHA-256; SHA-1 is not made: RFC 6594 section 4 */
	memcpy(rdata + 2, digest, 32);
	ZS_PUSH(p->run->arena, p->made, p->count, p->room) = (struct zs_bytes){ rdata, 34 };
	return true;
}

bool zs_sshfp_parse(struct zs_run *run, const struct zs_source *where, const struct zs_input *input, struct zs_bytes **out, size_t *count)
{
	struct parsing p = { .run = run, .where = where, .input = input, .ok = true };
	uint32_t line = 1;
	if (memmem(input->text, input->len, "PRIVATE KEY-----", 16)) {
		zs_error(run, where, "'%s' holds a private key", input->path);
		zs_hint(run, "name the public half, '%s.pub'", input->path);
		return false;
	}
	for (const char *at = input->text, *end = input->text + input->len; at < end && p.ok; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t len = (size_t)((newline ? newline : end) - at);
		const char *text = zs_arena_text(run->arena, at, len);
		const size_t blank = strspn(text, " \t\r");
		if (text[blank] && text[blank] != '#')
			take_line(&p, text + blank, line);
		at += len + 1;
	}
	if (p.ok && !p.count) {
		p.ok = zs_error(run, where, "'%s' holds no host key", input->path);
		zs_hint(run, "a file as /etc/ssh/ssh_host_ed25519_key.pub is expected");
	}
	*out = p.made;
	*count = p.count;
	return p.ok;
}

static bool read_keys(struct zs_making *m, const struct zs_made_entry *entry, struct zs_bytes **made, size_t *count)
{
	size_t room = 0;
	bool ok = true;
	for (size_t f = 0; f < entry->file_count && !m->exhausted; f++) {
		struct zs_input input;
		struct zs_bytes *keys;
		size_t key_count;
		if (!zs_file_read(m->run, m->run->arena, &entry->files[f].from, entry->files[f].path, FILE_MAX, &input, NULL)
		    || !zs_maker_may_read(m, &entry->files[f].from, input.len) || !zs_sshfp_parse(m->run, &entry->files[f].from, &input, &keys, &key_count)) {
			ok = false;
			continue;
		}
		for (size_t k = 0; k < key_count; k++)
			ZS_PUSH(m->run->arena, *made, *count, room) = keys[k];
	}
	return ok;
}

/* *asked: records so far, for a file may hold KEYS_MAX keys. */
static void make_entry(struct zs_making *m, const struct zs_made_entry *entry, size_t *asked)
{
	struct zs_bytes *made = NULL;
	size_t count = 0;
	char text[ZS_NAME_TEXT];
	const bool ok = read_keys(m, entry, &made, &count);
	*asked += count * entry->name_count;
	if (*asked > ZS_MADE_MAX && !m->exhausted) {
		m->exhausted = true;
		m->ok = zs_error(m->run, &entry->from, "the keys in the files of 'sshfp' make more than %d records", ZS_MADE_MAX);
	}
	for (size_t n = 0; n < entry->name_count && !m->exhausted; n++) {
		const struct zs_made_name *host = &entry->names[n];
		const uint32_t at = zs_zone_find(m->zone, host->name, NULL);
		if (!zs_maker_may_own(m, &host->from, host->name))
			continue;
		if (!zs_zone_rrset(m->zone, at, ZS_TYPE_A) && !zs_zone_rrset(m->zone, at, ZS_TYPE_AAAA))
			zs_warn(m->run, &host->from, "'%s' has no address in this zone", zs_name_text(host->name, text));
		if (!ok)
			zs_maker_keep(m, ZS_TYPE_SSHFP, host->name, entry->ttl);
		for (size_t i = 0; i < count && ok; i++)
			zs_maker_add(m, ZS_TYPE_SSHFP, host->name, entry->ttl, made[i]);
	}
}

void zs_make_sshfp(struct zs_making *m)
{
	const struct zs_made_section *section = &m->config->made[ZS_MADE_SSHFP];
	size_t asked = 0;
	for (size_t i = 0; i < section->count && !m->exhausted; i++)
		make_entry(m, &section->entries[i], &asked);
}
