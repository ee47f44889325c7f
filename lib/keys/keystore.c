/* keystore.c - the keys directory: key files found, proven, made. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "dns/algorithm.h"
#include "keys/key_private.h"

enum { KEY_FILE_MAX = 64 * 1024, KEY_RDATA_MAX = 4096, ADOPT_MAX = 256, NAMED_MAX = 3, KEY_TRIES = 64, HALVES = 2 };

struct store {
	struct zs_run *run;
	const struct zs_zone_config *zone;
	const char *dir; /* for messages */
	int fd;
};

static const char *shown(const struct store *store, const char *name)
{
	return zs_arena_printf(store->run->arena, "%s/%s", store->dir, name);
}

/* Who can write in there can take keys away, or put the files of one under the name of another. */
static bool is_closed(const struct store *store)
{
	struct stat stat;
	if (fstat(store->fd, &stat) != 0)
		return zs_fail(store->run, "cannot look at '%s': %s", store->dir, strerror(errno));
	if (!(stat.st_mode & 022))
		return true;
	zs_error(store->run, NULL, "directory '%s' can be written by others (mode %04o); it holds private keys (G10)", store->dir, stat.st_mode & 07777);
	zs_hint(store->run, "chmod 700 '%s', and think about who may have been at them", store->dir);
	return false;
}

static bool open_store(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct store *out)
{
	*out = (struct store){ .run = run, .zone = zone, .dir = zs_arena_printf(run->arena, "%s/keys", facts->dir), .fd = -1 };
	if (facts->lock_fd >= 0 && mkdirat(facts->dir_fd, "keys", 0700) != 0 && errno != EEXIST)
		return zs_fail(run, "cannot make directory '%s': %s", out->dir, strerror(errno));
	out->fd = openat(facts->dir_fd, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd >= 0 && is_closed(out))
		return true;
	if (out->fd >= 0) {
		close(out->fd);
		out->fd = -1;
		return false;
	}
	if (errno != ENOENT)
		return zs_fail(run, "cannot open directory '%s': %s", out->dir, strerror(errno));
	zs_error(run, NULL, "directory '%s' is missing, and with it all keys of the zone (G10)", out->dir);
	zs_hint(run, "restore it from your backup; zonesign does not make new keys in place of missing ones");
	return false;
}

/* "Kexample.com.+013+12345": BIND writes the root as "K.+008+20326". */
static const char *file_name(const struct store *store, uint8_t algorithm, uint16_t tag)
{
	char path[ZS_NAME_PATH];
	zs_name_path(store->zone->name, path);
	return zs_arena_printf(store->run->arena, "K%s.+%03u+%05u", store->zone->name[0] ? path : "", algorithm, tag);
}

/* Read a key file: no symbolic link, ours, and a private one closed to others (G10). */
static bool read_file(const struct store *store, const char *name, bool secret, struct zs_input *out)
{
	struct zs_run *run = store->run;
	struct stat stat;
	const char *path = shown(store, name);
	const int fd = openat(store->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP) {
		zs_error(run, NULL, "key file '%s' is a symbolic link, which is not followed (G10)", path);
		zs_hint(run, "put the file itself in its place; a link could be turned to another key");
		return false;
	}
	if (fd < 0 && errno == ENOENT) {
		zs_error(run, NULL, "key file '%s' is missing (G10)", path);
		zs_hint(run, "restore it from your backup; zonesign does not make a new key in place of a missing one");
		return false;
	}
	if (fd < 0)
		return zs_error(run, NULL, "cannot read key file '%s': %s (G10)", path, strerror(errno));
	bool ok = true;
	if (fstat(fd, &stat) != 0) {
		ok = zs_error(run, NULL, "cannot read key file '%s': %s (G10)", path, strerror(errno));
	} else if (stat.st_uid != geteuid() && stat.st_uid != 0) {
		ok = zs_error(run, NULL, "key file '%s' belongs to user %u, zonesign runs as %u (G10)", path, stat.st_uid, geteuid());
	} else if (secret && (stat.st_mode & 077)) {
		ok = zs_error(run, NULL, "private key file '%s' is open to others (mode %04o) (G10)", path, stat.st_mode & 07777);
		zs_hint(run, "chmod 600 '%s', and think about who may have read it", path);
	}
	ok = ok && zs_file_read_fd(run, run->arena, NULL, fd, path, KEY_FILE_MAX, out, NULL);
	close(fd);
	return ok;
}

/* One that cannot be looked at counts as there: its reader says what is wrong with it, and no other is put in its place. */
static bool has_file(const struct store *store, const char *name)
{
	struct stat stat;
	return fstatat(store->fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static bool has_pair(const struct store *store, const char *base)
{
	return has_file(store, zs_arena_printf(store->run->arena, "%s.key", base)) || has_file(store, zs_arena_printf(store->run->arena, "%s.private", base));
}

/* Both halves of the key in base.key and base.private; the private one may be away if it is not needed. */
static bool read_pair(const struct store *store, const char *base, struct zs_arena *arena, bool need_private, struct zs_key *out)
{
	struct zs_run *run = store->run;
	struct zs_input public, private;
	struct zs_key key = { 0 };
	if (!read_file(store, zs_arena_printf(run->arena, "%s.key", base), false, &public)
	    || !zs_key_read_public(run, arena, &public, store->zone->name, &key))
		return false;
	const struct zs_algorithm_info *info = zs_algorithm_info(key.algorithm);
	if (!info || !info->signs)
		return zs_error(run, NULL, "key file '%s': zonesign does not sign with algorithm %u", shown(store, base), key.algorithm);
	const char *private_name = zs_arena_printf(run->arena, "%s.private", base);
	if (!need_private && !has_file(store, private_name)) {
		*out = key;
		return true;
	}
	if (!read_file(store, private_name, true, &private))
		return false;
	const bool ok = zs_key_read_private(run, arena, &private, &key);
	zs_secret_cleanse((void *)(uintptr_t)private.text, private.len);
	if (!ok || !zs_key_prove(run, &key, shown(store, base)))
		return false;
	*out = key;
	return true;
}

const struct zs_key *zs_keyset_find(const struct zs_keyset *keys, const uint8_t id[32])
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->keys[i].id, id, sizeof keys->keys[i].id) == 0)
			return &keys->keys[i];
	return NULL;
}

/* The tag of the same key with the other value of REVOKE (RFC 5011 section 3). */
static uint16_t other_tag(const struct zs_key *key)
{
	uint8_t other[KEY_RDATA_MAX];
	memcpy(other, key->rdata.data, key->rdata.len);
	other[1] ^= ZS_DNSKEY_REVOKE;
	return zs_key_tag(other, key->rdata.len);
}

void zs_key_use_tags(struct zs_run *run, struct zs_facts *facts, const struct zs_key *key)
{
	zs_facts_use_tag(run, facts, key->tag);
	if (key->rdata.len <= KEY_RDATA_MAX)
		zs_facts_use_tag(run, facts, other_tag(key));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a key: the private half, the public one. */
static void name_pair(const struct store *store, uint8_t algorithm, uint16_t tag, struct zs_file_text files[HALVES])
{
	const char *base = file_name(store, algorithm, tag);
	const char *private = zs_arena_printf(store->run->arena, "%s.private", base), *public = zs_arena_printf(store->run->arena, "%s.key", base);
	files[0] = (struct zs_file_text){ .name = private, .shown = shown(store, private), .mode = 0600 };
	files[1] = (struct zs_file_text){ .name = public, .shown = shown(store, public), .mode = 0644 };
}

/* Those that this run made, and left aside. */
static bool place_pairs(const struct store *store, struct zs_facts *facts)
{
	struct zs_file_text files[HALVES];
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *fact = &facts->keys[i];
		if (!fact->aside)
			continue;
		name_pair(store, fact->algorithm, fact->tag, files);
		if (!zs_file_place_all(store->run, store->fd, files, HALVES))
			return false;
		fact->aside = false;
	}
	return true;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* Names (without ".key") of the zone's key files, sorted. They may be many: those of keys long gone stay, for a state that comes
 * back from a backup. What a run left aside that was ended while it wrote goes, where nobody else writes: it may hold a private half,
 * and no key to come has its name. */
static bool list_files(const struct store *store, bool locked, const char ***out, size_t *count)
{
	struct zs_run *run = store->run;
	const char *prefix = file_name(store, 0, 0);
	const size_t prefix_len = strlen(prefix) - strlen("000+00000"), suffix_len = strlen(".key");
	size_t room = 0;
	*out = NULL;
	*count = 0;
	const int copy = fcntl(store->fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return zs_fail(run, "cannot list '%s': %s", store->dir, strerror(errno));
	rewinddir(dir);
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir)); errno = 0) {
		const char *name = entry->d_name;
		if (strncmp(name, prefix, prefix_len) == 0 && ends_with(name, ".key"))
			ZS_PUSH(run->arena, *out, *count, room) = zs_arena_text(run->arena, name, strlen(name) - suffix_len);
		else if (locked && name[0] == '.' && strncmp(name + 1, prefix, prefix_len) == 0 && ends_with(name, ".zonesign"))
			(void)unlinkat(store->fd, name, 0);
	}
	const int error = errno;
	closedir(dir);
	if (error)
		return zs_fail(run, "cannot list '%s': %s", store->dir, strerror(error));
	if (*count)
		qsort(*out, *count, sizeof **out, by_text);
	return true;
}

/* What the facts have in mind with the key: a dead one needs no files, one that only leaves no private half. */
static bool is_dead(const struct zs_key_facts *key)
{
	const struct zs_record_state *const records[] = { &key->dnskey, &key->krrsig, &key->zrrsig, &key->ds };
	for (size_t r = 0; r < ZS_COUNT(records); r++)
		if (records[r]->phase != ZS_NA && records[r]->phase != ZS_HIDDEN)
			return false;
	return !key->goal_in;
}

/* The tag at the end of the file's name: was it ever used here? Then it is of a key of the facts, or of one that has gone its way. */
static bool is_known(const struct zs_facts *facts, const char *file)
{
	const char *plus = strrchr(file, '+');
	const uint16_t tag = plus ? (uint16_t)strtoul(plus + 1, NULL, 10) : 0;
	if (!plus || zs_facts_tag_used(facts, tag))
		return plus;
	for (size_t k = 0; k < facts->key_count; k++)
		if (facts->keys[k].tag == tag)
			return true;
	return false;
}

/* Files that somebody may have put there in the hope that they are used. */
static void warn_of_unknown(const struct store *store, const struct zs_facts *facts, const char *const *files, size_t file_count)
{
	size_t count = 0;
	for (size_t i = 0; i < file_count; i++)
		if (!is_known(facts, files[i]) && ++count <= NAMED_MAX)
			zs_warn(store->run, NULL, "key file '%s' is not in the state; it is not used", shown(store, files[i]));
	if (count > NAMED_MAX)
		zs_warn(store->run, NULL, "%zu more key files in '%s' are not in the state; they are not used", count - NAMED_MAX, store->dir);
}

static bool load_all(const struct store *store, struct zs_keyset *keys, const char *const *files, size_t file_count)
{
	if (file_count > ADOPT_MAX) {
		zs_error(store->run, NULL, "'%s' has %zu key files; at most %d are taken over", store->dir, file_count, ADOPT_MAX);
		zs_hint(store->run, "leave those of keys that are in use now");
		return false;
	}
	bool ok = true;
	for (size_t i = 0; i < file_count; i++) {
		struct zs_key key = { 0 };
		if (read_pair(store, files[i], keys->arena, true, &key))
			ZS_PUSH(keys->arena, keys->keys, keys->count, keys->room) = key;
		else
			ok = false;
	}
	return ok;
}

/* The files of the facts' keys, by their names: however many others there are, they do not stand in the way. */
static bool load_known(const struct store *store, struct zs_keyset *keys, const struct zs_facts *facts)
{
	struct zs_run *run = store->run;
	bool ok = true;
	for (size_t k = 0; k < facts->key_count; k++) {
		const struct zs_key_facts *fact = &facts->keys[k];
		const char *base = file_name(store, fact->algorithm, fact->tag);
		const bool there = !is_dead(fact) && has_file(store, zs_arena_printf(run->arena, "%s.key", base));
		const bool needs_private = fact->goal_in || zs_in_zone(fact->krrsig.phase) || zs_in_zone(fact->zrrsig.phase);
		struct zs_key key = { 0 };
		if (there && !read_pair(store, base, keys->arena, needs_private, &key)) {
			ok = false;
			continue;
		}
		if (there)
			ZS_PUSH(keys->arena, keys->keys, keys->count, keys->room) = key;
		if (is_dead(fact) || (there && memcmp(key.id, fact->id, sizeof key.id) == 0)
		    || !(fact->goal_in || zs_in_zone(fact->dnskey.phase) || zs_in_zone(fact->zrrsig.phase)))
			continue;
		ok = zs_error(run, NULL, "key %u of algorithm %u is in the state, but '%s.key' is %s (G10)", fact->tag, fact->algorithm, shown(store, base),
		              there ? "another key" : "missing");
		zs_hint(run, "restore the key files from your backup; zonesign does not make a new key in place of a missing one");
	}
	return ok;
}

bool zs_keys_load(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, struct zs_keyset **out)
{
	struct store store;
	const char **files = NULL;
	size_t file_count = 0;
	struct zs_keyset *keys = zs_arena_alloc(run->arena, sizeof *keys);
	keys->arena = run->arena;
	*out = keys;
	if (facts->lock_fd < 0 && (facts->dir_fd < 0 || (!facts->key_count && faccessat(facts->dir_fd, "keys", F_OK, 0) != 0)))
		return true; /* who only looks makes no directory */
	if (!open_store(run, zone, facts, &store))
		return false;
	bool ok = place_pairs(&store, facts) && list_files(&store, facts->lock_fd >= 0, &files, &file_count);
	const bool adopting = facts->fresh && facts->key_count == 0;
	if (ok && adopting) {
		ok = load_all(&store, keys, files, file_count);
	} else if (ok) {
		warn_of_unknown(&store, facts, files, file_count);
		ok = load_known(&store, keys, facts);
	}
	close(store.fd);
	if (ok && adopting)
		zs_keys_adopt(run, zone, facts, keys);
	*out = keys;
	return ok;
}

static bool write_pair(const struct store *store, const struct zs_key *key, bool aside)
{
	struct zs_run *run = store->run;
	struct zs_buf secret = { .arena = run->arena, .max = KEY_FILE_MAX };
	if (!zs_buf_reserve(&secret, 16 * 1024) || !zs_key_private_text(run, key, &secret)) /* one block: nothing left behind */
		return false;
	const char *text = zs_key_public_text(run->arena, key, store->zone->name, store->zone->policy->dnskey_ttl);
	struct zs_file_text files[HALVES];
	name_pair(store, key->algorithm, key->tag, files);
	files[0].data = secret.data, files[0].len = secret.len;
	files[1].data = text, files[1].len = strlen(text);
	const bool ok = (aside ? zs_file_write_aside_all : zs_file_replace_all)(run, store->fd, files, HALVES);
	zs_secret_cleanse(secret.data, secret.room);
	return ok;
}

/* The public half first: alone it would be taken for a key whose private half was lost. */
static void remove_pair(const struct store *store, uint8_t algorithm, uint16_t tag)
{
	struct zs_file_text files[HALVES];
	name_pair(store, algorithm, tag, files);
	for (size_t i = HALVES; i-- > 0;) {
		unlinkat(store->fd, files[i].name, 0);
		zs_file_remove_aside(store->run, store->fd, files[i].name);
	}
}

/* A pair whose tag, revoked or not, no key of the zone ever had (G9), and no file bears. */
static bool make_unique(const struct store *store, struct zs_facts *facts, struct zs_keyset *keys,
                        const struct zs_key_facts *wanted, struct zs_key *out)
{
	struct zs_run *run = store->run;
	const uint16_t flags = ZS_DNSKEY_ZONE | (wanted->role & ZS_KSK ? ZS_DNSKEY_SEP : 0);
	for (int i = 0; i < KEY_TRIES; i++) {
		struct zs_key key;
		if (!zs_key_make(run, keys->arena, wanted->algorithm, store->zone->policy->rsa_bits, flags, &key))
			return false;
		const uint16_t revoked_tag = other_tag(&key);
		if (zs_facts_tag_used(facts, key.tag) || zs_facts_tag_used(facts, revoked_tag) || key.tag == revoked_tag
		    || has_pair(store, file_name(store, key.algorithm, key.tag)))
			continue;
		zs_key_use_tags(run, facts, &key);
		*out = key;
		return true;
	}
	return zs_fail(run, "no key with an unused tag in %d tries", KEY_TRIES);
}

/* A time for a key's file. There it is a plan, as in BIND: one that came true within the hour is not written again. */
static zs_time planned(zs_time written, zs_time since, zs_time now)
{
	enum { HOUR = 3600 };
	const zs_time fact = since ? since : now; /* not in service yet: from this run on */
	return written && fact - written < HOUR && written - fact < HOUR ? written : fact;
}

/* BIND takes a DS to be in every cache a while after SyncPublish, and lets another KSK go then: so it is there when the DS was seen at the
 * parent, not when it was asked for. Without it BIND takes a key to have no DS, and one that its policy does not want leaves at once. */
static zs_time sync_of(const struct zs_key_facts *fact, zs_time written)
{
	if (fact->ds.phase == ZS_NA || fact->ds.phase == ZS_HIDDEN || (fact->ds.phase == ZS_RUMOURED && !fact->ds_seen))
		return 0;
	if (fact->ds.phase == ZS_UNRETENTIVE || written)
		return written;
	return fact->ds_seen ? fact->ds_seen : fact->ds.since;
}

/* What the facts know of the dates in the key's file; what they have forgotten stays as it is in there. */
static struct zs_key_times times_of(const struct zs_run *run, const struct zs_key_facts *fact, const struct zs_key *key)
{
	struct zs_key_times times = key->times;
	const enum zs_record_phase work = fact->role & ZS_ZSK ? fact->zrrsig.phase : fact->krrsig.phase;
	if (fact->dnskey.phase == ZS_RUMOURED)
		times.publish = planned(times.publish, fact->dnskey.since, run->now);
	if (fact->role == ZS_KSK)
		times.activate = times.publish;
	else if (fact->zrrsig.phase == ZS_RUMOURED)
		times.activate = planned(times.activate, fact->zrrsig.since, run->now);
	else if (fact->zrrsig.phase == ZS_HIDDEN && fact->goal_in)
		times.activate = fact->activate > times.publish ? fact->activate : 0;
	times.inactive = !fact->goal_in && !zs_in_zone(work) ? fact->retired : 0;
	if (fact->goal_in || zs_in_zone(fact->dnskey.phase))
		times.remove = 0;
	else if (fact->dnskey.phase == ZS_UNRETENTIVE)
		times.remove = planned(times.remove, fact->dnskey.since, run->now);
	times.sync = sync_of(fact, times.sync);
	return times;
}

bool zs_keys_prepare(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, struct zs_plan *plan,
                     struct zs_keyset *keys)
{
	static const uint8_t none[32] = { 0 };
	struct store store = { .fd = -1 };
	bool ok = true;
	for (size_t i = 0; ok && i < plan->key_count; i++) {
		struct zs_key_facts *fact = plan->keys[i].facts;
		struct zs_key key;
		if (memcmp(fact->id, none, sizeof none) != 0)
			continue;
		ok = (store.fd >= 0 || open_store(run, zone, facts, &store)) && make_unique(&store, facts, keys, fact, &key)
		  && zs_key_prove(run, &key, "memory");
		if (!ok)
			break;
		key.times = times_of(run, fact, &key);
		ok = write_pair(&store, &key, true);
		if (!ok)
			break;
		fact->made_now = fact->aside = true;
		memcpy(fact->id, key.id, sizeof fact->id);
		fact->tag = key.tag;
		fact->created = key.created;
		ZS_PUSH(keys->arena, keys->keys, keys->count, keys->room) = key;
	}
	if (store.fd >= 0)
		close(store.fd);
	return ok;
}

bool zs_keys_place(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts)
{
	struct store store;
	bool any = false;
	for (size_t i = 0; i < facts->key_count; i++)
		any = any || facts->keys[i].aside;
	if (!any)
		return true;
	if (!open_store(run, zone, facts, &store))
		return false;
	const bool ok = place_pairs(&store, facts);
	close(store.fd);
	return ok;
}

bool zs_keys_record(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts)
{
	if (!zs_facts_write_aside(run, facts))
		return false;
	if (zs_keys_place(run, zone, facts))
		return zs_facts_place(run, facts);
	zs_facts_remove_aside(run, facts);
	return false;
}

void zs_keys_discard(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	struct store store = { .fd = -1 };
	struct zs_facts *recorded = NULL;
	struct zs_run *look = zs_run_begin(); /* a state that cannot be read is reported elsewhere; then all files stay */
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *fact = &facts->keys[i];
		if (!fact->made_now)
			continue;
		if (!recorded && (!zs_facts_read(look, zone, &recorded) || !open_store(look, zone, facts, &store)))
			break;
		store.run = run;
		if (!zs_facts_key(recorded, fact->id))
			remove_pair(&store, fact->algorithm, fact->tag);
	}
	if (store.fd >= 0)
		close(store.fd);
	if (recorded)
		zs_facts_close(recorded);
	zs_run_end(look);
}

bool zs_keys_write_times(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, struct zs_keyset *keys)
{
	struct store store = { .fd = -1 };
	bool ok = true;
	for (size_t i = 0; ok && i < facts->key_count; i++)
		for (size_t k = 0; ok && k < keys->count; k++) {
			struct zs_key *key = &keys->keys[k];
			if (memcmp(key->id, facts->keys[i].id, sizeof key->id) != 0 || !key->private)
				continue;
			const struct zs_key_times times = times_of(run, &facts->keys[i], key);
			if (memcmp(&times, &key->times, sizeof times) == 0)
				continue;
			key->times = times;
			ok = (store.fd >= 0 || open_store(run, zone, facts, &store)) && write_pair(&store, key, false);
		}
	if (store.fd >= 0)
		close(store.fd);
	return ok;
}

bool zs_keys_write(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_key *key)
{
	struct store store = { .fd = -1 };
	if (!open_store(run, zone, facts, &store))
		return false;
	const bool ok = write_pair(&store, key, false);
	close(store.fd);
	return ok;
}
