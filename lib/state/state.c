/* state.c - the directory of a zone's state: opened, locked, released; and small helpers on facts. */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "state/state_file.h"

enum { LOCK_WAIT = 60, STATE_MAX = 64 << 20 };
static const char file_name[] = "state.yaml";

const char *zs_role_text(enum zs_key_role role)
{
	return role == ZS_KSK ? "ksk" : role == ZS_ZSK ? "zsk" : "csk";
}

const char *zs_phase_text(enum zs_record_phase phase)
{
	static const char *const texts[] = { [ZS_NA] = "na", [ZS_HIDDEN] = "hidden", [ZS_RUMOURED] = "rumoured",
		                             [ZS_OMNIPRESENT] = "omnipresent", [ZS_UNRETENTIVE] = "unretentive" };
	return texts[phase];
}

const char *zs_failure_text(enum zs_failure_kind kind)
{
	static const char *const texts[] = { [ZS_FAILURE_NONE] = "none", [ZS_FAILURE_INPUT] = "input", [ZS_FAILURE_CERTIFICATE] = "certificate",
		                             [ZS_FAILURE_REFUSED] = "refused", [ZS_FAILURE_FAILED] = "failed", [ZS_FAILURE_LATER] = "later", [ZS_FAILURE_STOPPED] = "stopped" };
	return texts[kind];
}

bool zs_key_is_unmade(const struct zs_key_facts *key)
{
	static const uint8_t none[32] = { 0 };
	return memcmp(key->id, none, sizeof none) == 0;
}

static void *copy_list(struct zs_arena *arena, const void *list, size_t count, size_t size)
{
	void *copy = zs_arena_array(arena, count, size);
	if (count)
		memcpy(copy, list, count * size);
	return copy;
}

struct zs_facts *zs_facts_copy(struct zs_arena *arena, const struct zs_facts *facts)
{
	struct zs_facts *copy = zs_arena_alloc(arena, sizeof *copy);
	*copy = *facts;
	copy->keys = copy_list(arena, facts->keys, facts->key_count, sizeof *facts->keys);
	copy->ttls = copy_list(arena, facts->ttls, facts->ttl_count, sizeof *facts->ttls);
	copy->rolls = copy_list(arena, facts->rolls, facts->roll_count, sizeof *facts->rolls);
	copy->tlsa = copy_list(arena, facts->tlsa, facts->tlsa_count, sizeof *facts->tlsa);
	copy->tlsa_ttls = copy_list(arena, facts->tlsa_ttls, facts->tlsa_ttl_count, sizeof *facts->tlsa_ttls);
	copy->key_room = facts->key_count;
	copy->ttl_room = facts->ttl_count;
	copy->roll_room = facts->roll_count;
	copy->tlsa_room = facts->tlsa_count;
	copy->tlsa_ttl_room = facts->tlsa_ttl_count;
	return copy;
}

struct zs_key_facts *zs_facts_key(struct zs_facts *facts, const uint8_t id[32])
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (memcmp(facts->keys[i].id, id, 32) == 0)
			return &facts->keys[i];
	return NULL;
}

bool zs_facts_ds_to_come(const struct zs_key_facts *key)
{
	return key->ds.phase == ZS_RUMOURED && !key->ds_seen;
}

bool zs_facts_ds_put_off(const struct zs_key_facts *key)
{
	return key->ds.phase == ZS_UNRETENTIVE && key->goal_in && !key->active;
}

bool zs_facts_was_served(const struct zs_facts *facts)
{
	bool served = facts->published.served_since != 0;
	for (size_t i = 0; facts->published.known && i < facts->key_count; i++)
		served = served || facts->keys[i].removed || facts->keys[i].dnskey.since;
	return served;
}

uint32_t zs_facts_version(const struct zs_facts *facts, uint32_t known, uint32_t serial)
{
	const struct zs_published *published = &facts->published;
	const bool others = !published->known || facts->replaced.present; /* what was served till now is of somebody else */
	if (!others && zs_version_is_in(known, published->serial)) /* a later one was never published */
		return known;
	return published->known && published->serial == serial ? 0 : serial; /* keep: versions before have it, too */
}

bool zs_facts_is_unsigned(const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_record_state *dnskey = &facts->keys[i].dnskey;
		if (dnskey->phase == ZS_OMNIPRESENT || (dnskey->phase == ZS_RUMOURED && dnskey->since))
			return false;
	}
	return facts->published.known && !facts->published.earliest_expiration;
}

bool zs_facts_ds_to_go(const struct zs_key_facts *key)
{
	return key->ds.phase == ZS_UNRETENTIVE && !key->goal_in && (!key->ds_gone || key->ds_gone < key->ds.since);
}

static void not_later(zs_time *time, zs_time now)
{
	if (*time > now)
		*time = now;
}

void zs_facts_not_later(struct zs_facts *facts, zs_time now)
{
	zs_time *const single[] = { &facts->last_build, &facts->warned, &facts->published.served_since, &facts->published.behind_since, &facts->parent.lower_since, &facts->parent.observed,
		                    &facts->parent.asked, &facts->parent.agreed, &facts->told.time, &facts->failure.since, &facts->unsign, &facts->abandoned };
	for (size_t i = 0; i < ZS_COUNT(single); i++)
		not_later(single[i], now);
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		zs_time *const times[] = { &key->created, &key->active, &key->retired, &key->removed, &key->ds_seen, &key->ds_gone,
			                   &key->dnskey.since, &key->dnskey.from, &key->krrsig.since, &key->krrsig.from,
			                   &key->zrrsig.since, &key->zrrsig.from, &key->ds.since, &key->ds.from };
		for (size_t t = 0; t < ZS_COUNT(times); t++)
			not_later(times[t], now);
	}
	for (size_t i = 0; i < facts->roll_count; i++)
		not_later(&facts->rolls[i].time, now);
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		not_later(&facts->tlsa[i].since, now);
		not_later(&facts->tlsa[i].used, now);
		not_later(&facts->tlsa[i].until, now);
	}
}

bool zs_facts_replaced_has(const struct zs_facts *facts, struct zs_bytes rdata)
{
	for (size_t i = 0; i < facts->replaced.dnskey_count; i++)
		if (zs_bytes_equal(facts->replaced.dnskeys[i], rdata))
			return true;
	return false;
}

bool zs_replaced_signs(const struct zs_replaced *replaced, uint8_t algorithm, uint16_t tag, uint16_t covered)
{
	for (size_t i = 0; i < replaced->signer_count; i++) {
		const struct zs_replaced_signer *signer = &replaced->signers[i];
		if (signer->covered == covered && signer->algorithm == algorithm && signer->tag == tag)
			return true;
	}
	return false;
}

bool zs_facts_replaced_signs(const struct zs_facts *facts, uint8_t algorithm, uint16_t tag, uint16_t covered)
{
	return zs_replaced_signs(&facts->replaced, algorithm, tag, covered);
}

bool zs_facts_tag_used(const struct zs_facts *facts, uint16_t tag)
{
	for (size_t i = 0; i < facts->tag_count; i++)
		if (facts->tags_used[i] == tag)
			return true;
	return false;
}

void zs_facts_use_tag(struct zs_run *run, struct zs_facts *facts, uint16_t tag)
{
	if (!zs_facts_tag_used(facts, tag))
		ZS_PUSH(run->arena, facts->tags_used, facts->tag_count, facts->tag_room) = tag;
}

void zs_facts_parent_ttl(struct zs_facts *facts, uint32_t ttl, zs_seconds propagation, zs_time now)
{
	struct zs_parent_facts *parent = &facts->parent;
	if (ttl > ZS_PARENT_TTL_MAX)
		ttl = ZS_PARENT_TTL_MAX;
	if (ttl >= parent->ttl) {
		parent->ttl = ttl;
		parent->lower_since = 0;
		parent->lower = 0;
		return;
	}
	if (!parent->lower_since)
		parent->lower_since = now;
	if (ttl > parent->lower)
		parent->lower = ttl;
	if (now - parent->lower_since > parent->ttl + propagation) {
		parent->ttl = parent->lower;
		parent->lower_since = 0;
		parent->lower = 0;
	}
}

static struct zs_facts *new_facts(struct zs_run *run, const struct zs_zone_config *zone)
{
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts);
	facts->dir = zone->state_dir;
	facts->dir_fd = -1;
	facts->fresh = true;
	memcpy(facts->zone, zone->name, zs_name_len(zone->name));
	return facts;
}

/* Does it tell of nothing that a build did? */
static bool is_bare(const struct zs_facts *facts)
{
	return !facts->last_build && !facts->published.known && !facts->intent.present && !facts->key_count && !facts->tag_count
	    && !facts->tlsa_count && !facts->roll_count && !facts->override_count;
}

/* Who can write the state decides which keys sign, and when one may go. */
static bool check_file(struct zs_run *run, int fd, const char *path)
{
	struct stat stat;
	if (fstat(fd, &stat) != 0)
		return zs_fail(run, "cannot look at '%s': %s", path, strerror(errno));
	if (!(stat.st_mode & 022))
		return true;
	zs_error(run, NULL, "'%s' can be written by others (mode %04o)", path, stat.st_mode & 07777);
	zs_hint(run, "chmod 600 '%s', and look what has become of it", path);
	return false;
}

/* state.yaml of an open directory; absent: the facts stay fresh. */
static bool read_state(struct zs_run *run, struct zs_facts *facts, const char *zone)
{
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	const char *path = zs_arena_printf(run->arena, "%s/%s", facts->dir, file_name);
	const int fd = openat(facts->dir_fd, file_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return zs_fail(run, "cannot open '%s': %s", path, strerror(errno));
	const bool ok = check_file(run, fd, path) && zs_file_read_fd(run, run->arena, NULL, fd, path, STATE_MAX, input, NULL);
	close(fd);
	const bool good = ok && zs_state_parse(run, input, facts);
	facts->fresh = good && is_bare(facts);
	if (good)
		return true;
	if (ok && !run->last->hint)
		zs_hint(run, "restore '%s' from your backup. Without one: move state.yaml away, keep the directory 'keys', and run 'zonesign build --accept adopt %s'; "
		             "that goes on with these keys and takes their DS as being at the parent, but forgets a roll under way", facts->dir, zone);
	return false;
}

static bool check_dir(struct zs_run *run, int fd, const char *path)
{
	struct stat stat;
	if (fstat(fd, &stat) != 0)
		return zs_fail(run, "cannot look at '%s': %s", path, strerror(errno));
	if (stat.st_uid != geteuid()) {
		zs_error(run, NULL, "directory '%s' belongs to user %u, zonesign runs as %u", path, stat.st_uid, geteuid());
		zs_hint(run, "run zonesign as that user, or give it the whole state directory: chown -R");
		return false;
	}
	if (stat.st_mode & 022) {
		zs_error(run, NULL, "directory '%s' can be written by others (mode %04o); it holds private keys", path,
		         stat.st_mode & 07777);
		zs_hint(run, "chmod 700 '%s'", path);
		return false;
	}
	return true;
}

/* Wait for the lock as long as another run may need for a zone. */
static bool lock(struct zs_run *run, struct zs_facts *facts)
{
	const char *path = zs_arena_printf(run->arena, "%s/lock", facts->dir);
	const int fd = openat(facts->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return zs_fail(run, "cannot open '%s': %s", path, strerror(errno));
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (errno != EWOULDBLOCK || now.tv_sec - start.tv_sec >= LOCK_WAIT) {
			const int error = errno;
			close(fd);
			if (error == EWOULDBLOCK)
				return zs_not_yet(run, "another run works on this zone ('%s' is locked for more than %d s)", path, LOCK_WAIT);
			return zs_fail(run, "cannot lock '%s': %s", path, strerror(error));
		}
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	facts->lock_fd = fd;
	return true;
}

bool zs_facts_open(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out)
{
	struct zs_facts *facts = new_facts(run, zone);
	facts->lock_fd = -1;
	facts->dir_fd = zs_file_open_dir(run, facts->dir, 0700);
	if (facts->dir_fd < 0)
		return false;
	if (!check_dir(run, facts->dir_fd, facts->dir) || !lock(run, facts) || !read_state(run, facts, zone->name_text)) {
		zs_facts_close(facts);
		return false;
	}
	if (!run->now_given) /* the run that had the lock recorded a later time than the one at which this one began to wait */
		run->now = zs_time_now();
	*out = facts;
	return true;
}

bool zs_facts_read(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out)
{
	struct zs_facts *facts = new_facts(run, zone);
	facts->lock_fd = -1;
	facts->dir_fd = open(facts->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (facts->dir_fd < 0 && errno != ENOENT)
		return zs_file_dir_failed(run, facts->dir);
	if (facts->dir_fd >= 0 && !read_state(run, facts, zone->name_text)) {
		zs_facts_close(facts);
		return false;
	}
	*out = facts;
	return true;
}

/* A state that cannot be read would lock the zone out for ever: better no new one. */
static bool reads_back(struct zs_run *run, const struct zs_facts *facts, struct zs_buf *text, const char *shown)
{
	struct zs_run *look = zs_run_begin();
	struct zs_facts *again = zs_arena_alloc(look->arena, sizeof *again);
	const struct zs_input input = { .path = shown, .text = zs_buf_string(text), .len = text->len };
	memcpy(again->zone, facts->zone, sizeof again->zone);
	const bool ok = zs_state_parse(look, &input, again);
	if (!ok) {
		zs_fail(run, "the new '%s' could not be read again: line %u: %s", shown, look->diags ? look->diags->line : 0,
		        look->diags ? look->diags->message : "out of memory");
		zs_hint(run, "it was not written; this is a mistake of zonesign, please report it");
	}
	zs_run_end(look);
	return ok;
}

static struct zs_file_text file_of(struct zs_run *run, const struct zs_facts *facts)
{
	return (struct zs_file_text){ .name = file_name, .shown = zs_arena_printf(run->arena, "%s/%s", facts->dir, file_name), .mode = 0600 };
}

bool zs_facts_write_aside(struct zs_run *run, const struct zs_facts *facts)
{
	struct zs_buf text = { .arena = run->arena, .max = STATE_MAX };
	struct zs_file_text file = file_of(run, facts);
	zs_state_format(facts, &text);
	if (text.full)
		return zs_fail(run, "the state of '%s' would be larger than %d octets", facts->dir, STATE_MAX);
	file.data = text.data;
	file.len = text.len;
	return reads_back(run, facts, &text, file.shown) && zs_file_write_aside_all(run, facts->dir_fd, &file, 1);
}

bool zs_facts_place(struct zs_run *run, const struct zs_facts *facts)
{
	const struct zs_file_text file = file_of(run, facts);
	return zs_file_place_all(run, facts->dir_fd, &file, 1);
}

void zs_facts_remove_aside(struct zs_run *run, const struct zs_facts *facts)
{
	zs_file_remove_aside(run, facts->dir_fd, file_name);
}

bool zs_facts_write(struct zs_run *run, const struct zs_facts *facts)
{
	return zs_facts_write_aside(run, facts) && zs_facts_place(run, facts);
}

const char *zs_facts_clock_jump(const struct zs_run *run, const struct zs_facts *facts)
{
	enum { LEAP = 366 * 86400, STEP_BACK = 10 /* seconds that a clock may be put back by who keeps it right */ };
	char last[ZS_TIME_TEXT], now[ZS_TIME_TEXT];
	const bool back = run->now < facts->last_build - (run->now_given ? 0 : STEP_BACK);
	if (!back && (!facts->last_build || run->now - facts->last_build <= LEAP))
		return NULL;
	return zs_arena_printf(run->arena, "the clock says %s, the last build was at %s: %s", zs_time_text(run->now, now), zs_time_text(facts->last_build, last),
	                       back ? "it went back" : "more than a year ahead");
}

void zs_facts_close(struct zs_facts *facts)
{
	if (facts->lock_fd >= 0)
		close(facts->lock_fd); /* releases the lock */
	if (facts->dir_fd >= 0)
		close(facts->dir_fd);
	facts->lock_fd = facts->dir_fd = -1;
}
