/* import.c - keys of other signers with what those did with them: BIND and ldns files, Knot's JSON and PEM, PowerDNS exports. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/yaml.h"
#include "dns/algorithm.h"
#include "dns/type.h"
#include "keys/key_private.h"

enum { FILE_MAX = 64 * 1024, JSON_MAX = 1 << 20, KEYS_MAX = 64 };

/* What is known of a key's life; 0: not, or not yet. */
struct life {
	zs_time publish, active, ready, retire, remove; /* ready: the DS was asked for; active: it signs, or its DS is there */
	zs_time unsign;                                 /* a key that is to leave may go on to sign the zone until then */
};

static struct zs_record_state part(enum zs_record_phase phase, zs_time since)
{
	return (struct zs_record_state){ .phase = phase, .since = phase == ZS_HIDDEN || phase == ZS_NA ? 0 : since };
}

/* A record that came in at `in` and left at `out`, as the caches of now see it. Times alone do not say how long caches keep: what is
 * there is rumoured since then, and the engine lets it settle. */
static struct zs_record_state state_at(zs_time in, zs_time out, zs_time now)
{
	if (out && out <= now) {
		struct zs_record_state left = part(ZS_UNRETENTIVE, out);
		left.complete = true;
		return left;
	}
	return in && in <= now ? part(ZS_RUMOURED, in) : part(ZS_HIDDEN, 0);
}

static void live(struct zs_key_facts *facts, const struct life *life, zs_time now)
{
	const bool ksk = facts->role & ZS_KSK, zsk = facts->role & ZS_ZSK;
	const struct zs_record_state none = { .phase = ZS_NA };
	facts->goal_in = !life->retire || life->retire > now;
	facts->retired = facts->goal_in ? 0 : life->retire;
	facts->active = life->active <= now ? life->active : 0;
	facts->activate = life->active > now ? life->active : 0;
	facts->dnskey = state_at(life->publish, life->remove, now);
	facts->krrsig = ksk ? state_at(life->publish, life->remove, now) : none;
	facts->zrrsig = zsk ? state_at(life->active, life->unsign, now) : none;
	facts->ds = ksk ? state_at(life->ready ? life->ready : life->active, life->retire, now) : none;
	if (facts->ds.phase == ZS_RUMOURED && life->active && life->active <= now)
		facts->ds = part(ZS_OMNIPRESENT, life->active); /* it was in use: the other signer had seen it */
}

static void fill_facts(struct zs_import_key *out, enum zs_key_role role)
{
	out->facts = (struct zs_key_facts){ .tag = out->key.tag, .algorithm = out->key.algorithm, .role = role, .created = out->key.created };
	memcpy(out->facts.id, out->key.id, sizeof out->facts.id);
}

/* Dates say what was meant, and no dates nothing at all; what is, the zone shows. A key that it has and that does not sign there is to come:
 * nobody validates by it yet. One that should be inactive and signs there leaves from now on: its DS may be the one that the parent has. */
static void as_shown(const struct zs_run *run, const struct zs_import_source *source, struct zs_import_key *key)
{
	struct zs_key_facts *facts = &key->facts;
	const bool signs_keys = facts->role & ZS_KSK && zs_replaced_signs(&source->served, facts->algorithm, facts->tag, ZS_TYPE_DNSKEY),
	           signs_zone = facts->role & ZS_ZSK && zs_replaced_signs(&source->served, facts->algorithm, facts->tag, ZS_TYPE_SOA);
	if (!zs_in_zone(facts->dnskey.phase) || !zs_keys_shown_role(&source->served, &key->key))
		return;
	if (!facts->goal_in) {
		if (signs_keys && facts->active)
			facts->ds = part(ZS_OMNIPRESENT, facts->active);
		if (signs_zone && facts->active)
			facts->zrrsig = part(ZS_RUMOURED, facts->active);
		return;
	}
	const bool idle_ksk = facts->role & ZS_KSK && !signs_keys, idle_zsk = facts->role & ZS_ZSK && !signs_zone;
	if (!idle_ksk && !idle_zsk)
		return;
	if (idle_ksk)
		facts->krrsig = facts->ds = part(ZS_HIDDEN, 0);
	if (idle_zsk)
		facts->zrrsig = part(ZS_HIDDEN, 0);
	facts->active = 0;
	if (!facts->activate)
		facts->activate = run->now;
}

/* ---- BIND and ldns ---- */

static bool read_if_there(struct zs_run *run, struct zs_arena *arena, const char *path, struct zs_input *out, bool *there)
{
	*there = access(path, F_OK) == 0;
	return !*there || zs_file_read(run, arena, NULL, path, FILE_MAX, out, NULL);
}

/* A line "Name: value" of a .state file; the value up to the first blank. */
static bool find_line(const struct zs_input *input, const char *name, const char **value, size_t *len)
{
	const size_t name_len = strlen(name);
	for (const char *p = input->text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (strncmp(p, name, name_len) != 0 || strncmp(p + name_len, ": ", 2) != 0)
			continue;
		*value = p + name_len + 2;
		*len = strcspn(*value, " \r\n");
		return true;
	}
	return false;
}

static zs_time state_time(const struct zs_input *input, const char *name)
{
	const char *value;
	size_t len;
	zs_time time = 0;
	return find_line(input, name, &value, &len) && zs_time_parse_digits(value, len, &time) ? time : 0;
}

static bool state_word(struct zs_run *run, const struct zs_input *input, const char *record, zs_time now, struct zs_record_state *out)
{
	static const char *const words[] = { "hidden", "rumoured", "omnipresent", "unretentive", "na" };
	static const enum zs_record_phase phases[] = { ZS_HIDDEN, ZS_RUMOURED, ZS_OMNIPRESENT, ZS_UNRETENTIVE, ZS_NA };
	char name[32];
	const char *value;
	size_t len;
	snprintf(name, sizeof name, "%sState", record);
	if (out->phase == ZS_NA || !find_line(input, name, &value, &len))
		return true; /* a record that its role has not, or one that named has not begun with */
	for (size_t i = 0; i < ZS_COUNT(words); i++)
		if (zs_text_equal(value, len, words[i])) {
			snprintf(name, sizeof name, "%sChange", record);
			const zs_time change = state_time(input, name);
			*out = part(phases[i], change ? change : now);
			out->complete = phases[i] == ZS_UNRETENTIVE;
			return true;
		}
	const struct zs_source whole = { .input = input };
	return zs_error(run, &whole, "%sState: '%s' is no state", record, zs_text_safe(run->arena, value, len, 40));
}

/* DSState is what BIND is about; what the parent has, a person or a look has told it (rndc dnssec -checkds). */
static void told_ds(const struct zs_input *input, struct zs_key_facts *facts)
{
	const zs_time seen = state_time(input, "DSPublish"), gone = state_time(input, "DSRemoved");
	if (facts->ds.phase == ZS_RUMOURED)
		facts->ds_seen = seen;
	else if (facts->ds.phase == ZS_UNRETENTIVE && gone)
		facts->ds_gone = zs_time_later(gone, facts->ds.since);
	else if (facts->ds.phase == ZS_UNRETENTIVE && zs_in_zone(facts->dnskey.phase)) /* wanted away, since that of its successor was asked for */
		facts->ds.phase = ZS_OMNIPRESENT;
	facts->ds.complete = facts->ds.phase == ZS_UNRETENTIVE;
	/* BIND has done with a KSK when the DS of its successor is everywhere, whatever the parent still has. Here one that is in the zone signs the
	 * DNSKEYs as long as a cache may have its DS; of one that has left, the DS is to be deleted. */
	if (zs_in_zone(facts->dnskey.phase) && !zs_in_zone(facts->krrsig.phase) && (zs_in_zone(facts->ds.phase) || facts->ds.phase == ZS_UNRETENTIVE))
		facts->krrsig = part(ZS_RUMOURED, 0);
}

static bool bind_state(struct zs_run *run, const struct zs_input *input, struct zs_key_facts *facts)
{
	const char *value;
	size_t len;
	const bool ksk = find_line(input, "KSK", &value, &len) && zs_text_equal(value, len, "yes");
	const bool zsk = find_line(input, "ZSK", &value, &len) && zs_text_equal(value, len, "yes");
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA };
	if (ksk || zsk)
		facts->role = (enum zs_key_role)((ksk ? ZS_KSK : 0) | (zsk ? ZS_ZSK : 0));
	facts->dnskey = hidden;
	facts->krrsig = facts->role & ZS_KSK ? hidden : none;
	facts->zrrsig = facts->role & ZS_ZSK ? hidden : none;
	facts->ds = facts->role & ZS_KSK ? hidden : none;
	facts->goal_in = !find_line(input, "GoalState", &value, &len) || !zs_text_equal(value, len, "hidden");
	const zs_time active = state_time(input, "Active"); /* or when it is to be */
	facts->active = active <= run->now ? active : 0;
	facts->activate = active > run->now && facts->goal_in ? active : 0;
	facts->retired = facts->goal_in ? 0 : state_time(input, "Retired");
	if (!state_word(run, input, "DNSKEY", run->now, &facts->dnskey) || !state_word(run, input, "KRRSIG", run->now, &facts->krrsig)
	    || !state_word(run, input, "ZRRSIG", run->now, &facts->zrrsig) || !state_word(run, input, "DS", run->now, &facts->ds))
		return false;
	told_ds(input, facts);
	return true;
}

static bool has_state(const struct zs_input *input)
{
	const char *value;
	size_t len;
	return find_line(input, "DNSKEYState", &value, &len);
}

/* KSK and CSK have the SEP flag alike. */
static enum zs_key_role sep_role(const struct zs_import_source *source, const struct zs_key *key)
{
	const enum zs_key_role shown = source->role ? source->role : zs_keys_shown_role(&source->served, key);
	return shown == ZS_CSK ? ZS_CSK : ZS_KSK;
}

static bool import_bind(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const char *stem,
                        struct zs_import_key *out)
{
	struct zs_input public, private, state;
	bool there;
	if (!zs_file_read(run, arena, NULL, zs_arena_printf(arena, "%s.key", stem), FILE_MAX, &public, NULL)
	    || !zs_key_read_public(run, arena, &public, source->zone, &out->key)
	    || !zs_file_read(run, arena, NULL, zs_arena_printf(arena, "%s.private", stem), FILE_MAX, &private, NULL))
		return false;
	const bool ok = zs_key_read_private(run, arena, &private, &out->key);
	zs_secret_cleanse((void *)(uintptr_t)private.text, private.len);
	if (!ok || !zs_key_prove(run, &out->key, stem) || !read_if_there(run, arena, zs_arena_printf(arena, "%s.state", stem), &state, &there))
		return false;
	fill_facts(out, out->key.flags & ZS_DNSKEY_SEP ? sep_role(source, &out->key) : ZS_ZSK);
	if (there && has_state(&state)) {
		out->from = "BIND state";
		out->done = true;
		return bind_state(run, &state, &out->facts);
	}
	const struct zs_key_times *t = &out->key.times;
	const bool timed = t->publish || t->activate;
	const zs_time always = run->now;
	const struct life life = { .publish = timed ? t->publish : always, .active = timed ? t->activate : always, .retire = t->inactive, .unsign = t->inactive,
		                   .remove = t->remove };
	out->from = timed ? "timing metadata" : "no times: taken to be in use";
	out->ds_unknown = true;
	live(&out->facts, &life, run->now);
	as_shown(run, source, out);
	return true;
}

/* ---- PowerDNS ---- */

static uint16_t flags_of(enum zs_key_role role)
{
	return ZS_DNSKEY_ZONE | (role & ZS_KSK ? ZS_DNSKEY_SEP : 0);
}

static bool import_alone(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const struct zs_input *input,
                         struct zs_import_key *out)
{
	const struct life life = { .publish = run->now, .active = run->now };
	enum zs_key_role role = source->role ? source->role : ZS_CSK;
	if (!zs_key_read_private_alone(run, arena, input, flags_of(role), &out->key))
		return false;
	const enum zs_key_role shown = source->role ? 0 : zs_keys_shown_role(&source->served, &out->key);
	if (shown)
		role = shown;
	/* its flags, and so its tag, are of its role */
	if ((out->key.flags != flags_of(role) && !zs_key_read_private_alone(run, arena, input, flags_of(role), &out->key))
	    || !zs_key_prove(run, &out->key, input->path))
		return false;
	out->ds_unknown = true;
	fill_facts(out, role);
	out->from = "a private half alone (PowerDNS): taken to be in use";
	live(&out->facts, &life, run->now);
	as_shown(run, source, out);
	return true;
}

/* ---- Knot ---- */

static zs_time json_time(const struct zs_yaml *map, const char *key)
{
	const char *text = zs_yaml_get_text(map, key);
	uint64_t value = 0;
	return text && zs_text_number(text, strlen(text), INT64_MAX, &value) ? (zs_time)value : 0;
}

static bool json_flag(const struct zs_yaml *map, const char *key)
{
	const char *text = zs_yaml_get_text(map, key);
	return text && strcmp(text, "true") == 0;
}

static int no_password(char *buf, int size, int writing, void *context)
{
	(void)buf, (void)size, (void)writing, (void)context;
	return -1; /* never ask on a terminal */
}

static bool read_pem(struct zs_run *run, struct zs_arena *arena, const char *path, uint8_t algorithm, uint16_t flags, struct zs_key *out)
{
	struct zs_input input;
	if (!zs_file_read(run, arena, NULL, path, FILE_MAX, &input, NULL))
		return false;
	BIO *bio = BIO_new_mem_buf(input.text, (int)input.len);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	zs_secret_cleanse((void *)(uintptr_t)input.text, input.len);
	if (!pkey)
		return zs_error(run, NULL, "there is no private key without a password in '%s'", path);
	return zs_key_from_pkey(run, arena, pkey, algorithm, flags, out) && zs_key_prove(run, out, path);
}

/* Knot has the dates of what it did, none of what it will do. A key that it does not call active may sign the zone all the same: a CSK,
 * until a person has told Knot that the DS is there. */
static void mend_life(const struct zs_run *run, const struct zs_import_source *source, const struct life *life, struct zs_key_facts *facts)
{
	if (life->active || !facts->goal_in || !zs_in_zone(facts->dnskey.phase))
		return;
	if (facts->role & ZS_ZSK && zs_replaced_signs(&source->served, facts->algorithm, facts->tag, ZS_TYPE_SOA))
		facts->zrrsig = part(ZS_RUMOURED, life->publish);
	else
		facts->activate = run->now; /* it is to come: the newest of its role */
}

static bool import_knot_key(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const struct zs_yaml *map,
                            const char *pem_dir, struct zs_import_key *out)
{
	const char *id = zs_yaml_get_text(map, "id"), *algorithm = zs_yaml_get_text(map, "algorithm");
	const bool ksk = json_flag(map, "ksk"), zsk = json_flag(map, "zsk");
	uint64_t number, tag;
	const char *tag_text = zs_yaml_get_text(map, "tag");
	if (!id || strspn(id, "0123456789abcdef") != strlen(id) || !*id || !algorithm || !zs_text_number(algorithm, strlen(algorithm), 255, &number)
	    || !tag_text || !zs_text_number(tag_text, strlen(tag_text), 65535, &tag) || (!ksk && !zsk))
		return zs_error(run, &map->where, "not a key as 'keymgr -j ZONE list' writes it (id, algorithm, tag, ksk, zsk)");
	if (json_flag(map, "public-only"))
		return zs_error(run, &map->where, "key %s is there with its public half only", tag_text);
	if (!read_pem(run, arena, zs_arena_printf(arena, "%s/%s.pem", pem_dir, id), (uint8_t)number, flags_of(ksk ? ZS_KSK : ZS_ZSK), &out->key))
		return false;
	if (out->key.tag != tag)
		return zs_error(run, &map->where, "'%s.pem' is key %u, not %s", id, out->key.tag, tag_text);
	/* from retire-active on it leaves, and signs as before until the next of its states */
	const zs_time retire = json_time(map, "retire-active") ? json_time(map, "retire-active") : json_time(map, "retire");
	/* from post-active on, when its algorithm leaves, its DNSKEY is gone, and what it signs stays until caches have forgotten that; a revoked one
	 * has another DNSKEY */
	const zs_time hide = json_time(map, "post-active"), revoke = json_time(map, "revoke"), gone = json_time(map, "remove");
	const struct life life = { .publish = json_time(map, "publish"), .ready = json_time(map, "ready"), .active = json_time(map, "active"),
		                   .retire = retire ? retire : hide ? hide : revoke, .unsign = hide ? gone : json_time(map, "retire"),
		                   .remove = hide ? hide : revoke ? revoke : gone };
	out->key.created = run->now;
	fill_facts(out, (enum zs_key_role)((ksk ? ZS_KSK : 0) | (zsk ? ZS_ZSK : 0)));
	out->from = "Knot";
	out->done = true;
	live(&out->facts, &life, run->now);
	mend_life(run, source, &life, &out->facts);
	return true;
}

static bool import_knot(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const struct zs_input *input,
                        struct zs_import_key **list, size_t *count, size_t *room)
{
	const struct zs_yaml *root; /* JSON is YAML */
	const struct zs_source whole = { .input = input };
	if (!zs_yaml_parse(run, arena, input, &root))
		return false;
	if (root->kind != ZS_YAML_LIST || !root->count || root->count > KEYS_MAX)
		return zs_error(run, &whole, "not a list of keys as 'keymgr -j ZONE list' writes it");
	const char *pem_dir = source->pem_dir ? source->pem_dir : zs_arena_printf(arena, "%s/keys", zs_file_dir(arena, input->path));
	for (uint32_t i = 0; i < root->count; i++) {
		struct zs_import_key key = { 0 };
		if (!import_knot_key(run, arena, source, root->entries[i].value, pem_dir, &key))
			return false;
		ZS_PUSH(arena, *list, *count, *room) = key;
	}
	return true;
}

/* ---- which one is it ---- */

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);
	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* The path without its end, if the public half is there under that name. */
static const char *stem_of(struct zs_arena *arena, const char *path)
{
	const char *dot = strrchr(path, '.');
	if (!ends_with(path, ".key") && !ends_with(path, ".private") && !ends_with(path, ".state"))
		return NULL;
	const char *stem = zs_arena_text(arena, path, (size_t)(dot - path));
	return access(zs_arena_printf(arena, "%s.key", stem), F_OK) == 0 ? stem : NULL;
}

static void warn_open(struct zs_run *run, const char *path)
{
	struct stat status;
	if (stat(path, &status) == 0 && (status.st_mode & 077))
		zs_warn(run, NULL, "'%s' holds a private key and is open to others (mode %04o): think about who may have read it", path,
		        (unsigned)status.st_mode & 07777);
}

/* By what is in the file, not by its name: a private key under the name of a public one must not end in a diagnostic. */
bool zs_keys_import(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const char *path,
                    struct zs_import_key **list, size_t *count, size_t *room)
{
	static const char secret[] = "Private-key-format:";
	struct zs_input *input = zs_arena_alloc(arena, sizeof *input);
	struct zs_import_key key = { 0 };
	const char *stem = stem_of(arena, path);
	if (!zs_file_read(run, arena, NULL, path, JSON_MAX, input, NULL))
		return false;
	const char *begin = input->text + strspn(input->text, " \t\r\n");
	const bool private = strncmp(begin, secret, sizeof secret - 1) == 0;
	if (*begin == '[')
		return import_knot(run, arena, source, input, list, count, room);
	bool ok;
	if (private && !(stem && ends_with(path, ".private"))) {
		warn_open(run, path);
		ok = import_alone(run, arena, source, input, &key);
	} else if (stem) {
		warn_open(run, zs_arena_printf(arena, "%s.private", stem));
		ok = import_bind(run, arena, source, stem, &key);
	} else {
		ok = zs_error(run, NULL, "'%s' is no key file of BIND or ldns, no JSON of Knot's keymgr and no export of pdnsutil", path);
	}
	if (private)
		zs_secret_cleanse((void *)(uintptr_t)input->text, input->len);
	if (ok)
		ZS_PUSH(arena, *list, *count, *room) = key;
	return ok;
}
