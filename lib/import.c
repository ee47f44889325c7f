/* import.c - keys of another signer: facts of them, a trial build, the comparison with what is served, and only then the state. */
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "build.h"
#include "dns/algorithm.h"
#include "live/live.h"
#include "rollover/rollover.h"
#include "zone/zone.h"

/* What leaves, what is in use, what is to come: 0, 1, 2. */
static unsigned turn_of(const struct zs_key_facts *fact)
{
	return !fact->goal_in ? 0 : fact->activate ? 2 : 1;
}

static bool comes_before(const struct zs_key_facts *a, const struct zs_key_facts *b)
{
	if (turn_of(a) != turn_of(b))
		return turn_of(a) < turn_of(b);
	if (a->activate != b->activate)
		return a->activate < b->activate;
	return a->active != b->active ? a->active < b->active : a->created < b->created;
}

/* The newest last: the engine takes it for the current one of its role. */
static void order_keys(struct zs_import_key *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k && comes_before(&keys[k].facts, &keys[k - 1].facts); k--) {
			const struct zs_import_key swap = keys[k];
			keys[k] = keys[k - 1];
			keys[k - 1] = swap;
		}
}

/* Of several keys whose DS nobody knows of, one in the middle of a roll, the first one's is taken to be at the parent. That of another has
 * to be seen before anybody is told to delete one. */
static void doubt_ds(struct zs_import_key *keys, size_t count)
{
	bool there = false;
	for (size_t i = 0; i < count; i++) {
		if (there && keys[i].ds_unknown && keys[i].facts.ds.phase == ZS_OMNIPRESENT)
			keys[i].facts.ds.phase = ZS_RUMOURED;
		there = there || keys[i].facts.ds.phase == ZS_OMNIPRESENT;
	}
}

static bool has_signed(const struct zs_key_facts *fact)
{
	return zs_in_zone(fact->zrrsig.phase) || fact->zrrsig.phase == ZS_UNRETENTIVE;
}

/* Who takes over the signing of a zone may do so a few signatures at a time, for days (BIND): the dates of the keys do not tell when the
 * last of the former ones was served. The zone that the first build makes has none of them, so both count from then on. */
static void date_by_publication(struct zs_import_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct zs_record_state *signs = &keys[i].facts.zrrsig;
		bool alone = true;
		for (size_t k = 0; k < count; k++)
			alone = alone && (k == i || keys[k].facts.algorithm != keys[i].facts.algorithm || !has_signed(&keys[k].facts));
		if (!alone && (signs->phase == ZS_RUMOURED || signs->phase == ZS_UNRETENTIVE))
			signs->since = 0;
	}
}

static const char *served_path(const struct zs_zone_config *zone, const struct zs_import_options *options)
{
	return options->served ? options->served : zone->output.path;
}

static bool read_keys(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_import_options *options,
                      struct zs_import_key **keys, size_t *count)
{
	struct zs_import_source source = { .zone = zone->name, .pem_dir = options->pem_dir, .role = options->role };
	size_t room = 0;
	*keys = NULL;
	*count = 0;
	zs_keys_served(run, zone, served_path(zone, options), &source.served);
	for (size_t i = 0; i < options->file_count; i++)
		if (!zs_keys_import(run, run->arena, &source, options->files[i], keys, count, &room))
			return false;
	for (size_t i = 0; i < *count; i++) {
		const struct zs_key *key = &(*keys)[i].key;
		const struct zs_algorithm_info *info = zs_algorithm_info(key->algorithm);
		if (info && info->signs)
			continue;
		zs_error(run, NULL, "key %u: zonesign does not sign with algorithm %u", key->tag, key->algorithm);
		zs_hint(run, "roll the zone to another algorithm where it is signed now, and import the keys of that one");
		return false;
	}
	size_t kept = 0; /* K*.key and K*.private of one key may both be named */
	for (size_t i = 0; i < *count; i++) {
		bool again = false;
		for (size_t k = 0; k < kept && !again; k++) {
			again = memcmp((*keys)[k].key.id, (*keys)[i].key.id, 32) == 0;
			if (!again && (*keys)[k].key.tag == (*keys)[i].key.tag)
				return zs_error(run, NULL, "two of the keys have the tag %u (G9): retire one of them where they are now, first", (*keys)[i].key.tag);
		}
		if (!again)
			(*keys)[kept++] = (*keys)[i];
	}
	*count = kept;
	order_keys(*keys, kept);
	return true;
}

/* A signed zone, read from a file. */
struct dnskeys {
	const char *path;
	struct zs_zone *zone;
	const struct zs_rrset *set;
};

/* Keys and state into an open, empty state directory; the keys first. */
static bool write_state(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, const struct zs_import_key *keys, size_t count,
                        const struct zs_parent_facts *parent, const struct dnskeys *served)
{
	struct zs_soa soa;
	facts->parent = *parent;
	facts->taken_over = zs_zone_soa(served->zone, &soa);
	facts->taken_over_serial = facts->taken_over ? soa.serial : 0;
	zs_rollover_foreign(run, facts, served->set->ttl, zs_zone_max_ttl(served->zone, NULL, NULL));
	for (size_t i = 0; i < count; i++) {
		if (!zs_keys_write(run, zone, facts, &keys[i].key))
			return false;
		zs_key_use_tags(run, facts, &keys[i].key);
		ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = keys[i].facts;
	}
	facts->made_with_now = run->now_given;
	return zs_facts_write(run, facts);
}

/* ---- the parent ---- */

/* A key that was in use has its DS at the parent, its files say: where the parent can be asked, it is. */
static void correct_key(struct zs_run *run, struct zs_key_facts *key, const struct zs_key_facts *seen)
{
	key->ds_seen = seen->ds_seen;
	key->ds_gone = seen->ds_gone;
	if (!seen->ds_gone || (key->ds.phase != ZS_OMNIPRESENT && key->ds.phase != ZS_RUMOURED))
		return;
	zs_warn(run, NULL, "the DS of key %u is not at the parent: nobody validates by it, and it is asked for anew", key->tag);
	key->ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
}

static void ask_parent(struct zs_run *run, const struct zs_zone_config *zone, struct zs_import_key *keys, size_t count, struct zs_parent_facts *parent)
{
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts);
	struct zs_keyset *set = zs_arena_alloc(run->arena, sizeof *set);
	struct zs_observation seen;
	*parent = (struct zs_parent_facts){ 0 };
	if (!zone->policy->observe_parent || !zs_live_may_ask(run, &zone->policy->observe))
		return;
	memcpy(facts->zone, zone->name, zs_name_len(zone->name));
	set->arena = run->arena;
	for (size_t i = 0; i < count; i++) {
		ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = keys[i].facts;
		ZS_PUSH(run->arena, set->keys, set->count, set->room) = keys[i].key;
	}
	zs_live_parent(run, zone->name, &zone->policy->observe, &seen);
	if (zs_live_judge(run, zone->policy, set, &seen, facts) != ZS_SIGHT_CERTAIN)
		zs_note(run, "the parent does not show for certain which DS it has (%s): those of keys in use are taken to be there", facts->parent.waits_for);
	else
		for (size_t i = 0; i < count; i++)
			correct_key(run, &keys[i].facts, &facts->keys[i]);
	*parent = facts->parent;
}

/* ---- the trial ---- */

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat, (void)type, (void)walk;
	return remove(path);
}

/* What holds copies of the keys is not left without a word. */
static void remove_trial(struct zs_run *run, const char *dir)
{
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return;
	zs_warn(run, NULL, "cannot remove '%s': %s", dir, strerror(errno));
	zs_hint(run, "it holds copies of the keys, and nobody needs it: remove it");
}

/* The zone that is served, in the place of the trial's output. */
static bool place_served(struct zs_run *run, const char *from, const char *to)
{
	char octets[64 * 1024];
	ssize_t len = 0;
	const int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = in >= 0 && out >= 0;
	while (ok && (len = read(in, octets, sizeof octets)) > 0)
		ok = zs_file_write_all(out, octets, (size_t)len);
	ok = (ok && len == 0) || zs_fail(run, "cannot copy '%s' to '%s': %s", from, to, strerror(errno));
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

/* A build like the first one to come, which replaces the zone that is served, with state and output of its own, that tells and asks
 * nobody: whoever serves the zone is not given this one. */
static bool build_trial(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const char *dir,
                        const struct zs_import_key *keys, size_t count, const struct zs_parent_facts *parent, const struct dnskeys *served,
                        struct zs_zone_config *trial)
{
	static const char *const accept[] = { "adopt", "G12" }; /* the first build asks about the content, the trial is about the keys */
	struct zs_policy *policy = zs_arena_alloc(run->arena, sizeof *policy);
	struct zs_facts *facts;
	static const struct zs_publish_options nobody = { .kind = ZS_PUBLISH_COMMAND };
	struct zs_build_result result;
	const struct zs_build_options options = { .accept = accept, .accept_count = ZS_COUNT(accept), .trial = true };
	*policy = *zone->policy;
	policy->observe_parent = policy->observe_zone = false;
	*trial = *zone;
	trial->policy = policy;
	trial->state_dir = zs_arena_printf(run->arena, "%s/state", dir);
	trial->output.path = trial->output.text = zs_arena_printf(run->arena, "%s/zone", dir);
	trial->reload = trial->notify = (struct zs_command){ 0 };
	trial->publish = &nobody;
	if (!place_served(run, served->path, trial->output.path) || !zs_facts_open(run, trial, &facts))
		return false;
	const bool ok = write_state(run, trial, facts, keys, count, parent, served);
	zs_facts_close(facts);
	return ok && zs_build(run, config, trial, &options, &result);
}

static bool read_dnskeys(struct zs_run *run, const uint8_t *apex, const char *path, struct dnskeys *out)
{
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	if (!zs_zone_read(run, run->arena, path, &options, &out->zone))
		return false;
	out->path = path;
	out->set = zs_zone_apex_rrset(out->zone, ZS_TYPE_DNSKEY);
	return out->set || zs_error(run, NULL, "'%s' has no DNSKEY: it is not the signed zone", path);
}

static bool has_key(const struct dnskeys *in, struct zs_bytes rdata)
{
	for (uint32_t i = 0; i < in->set->count; i++)
		if (zs_bytes_equal(zs_rrset_rdata(in->zone, in->set, i), rdata))
			return true;
	return false;
}

static const struct zs_import_key *find(const struct zs_import_key *keys, size_t count, const uint8_t id[32])
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(keys[i].key.id, id, 32) == 0)
			return &keys[i];
	return NULL;
}

/* The other signer has put it into the zone: what was copied is of before that, or another server's. What it signs since then caches have. */
static void refuse_older_zone(struct zs_run *run, const struct dnskeys *served, const struct zs_key_facts *fact)
{
	char since[ZS_TIME_TEXT];
	zs_refuse(run, "G6z", "key %u is in the zone since %s, its files say, and it is not in '%s'", fact->tag, zs_time_short(fact->dnskey.since, since), served->path);
	zs_hint(run, "that is a copy from before, or from a server that lags behind: transfer the zone anew; if the key is not used any more, do not name its files");
}

/* All keys of the zone that is served are needed. What should be in use by its dates and is not there hangs on nothing, whatever they say, and
 * nothing may hang on it: it is left out. */
static bool match_keys(struct zs_run *run, const struct dnskeys *served, struct zs_import_key *keys, size_t *count)
{
	const unsigned errors = run->error_count;
	size_t kept = 0;
	for (uint32_t i = 0; i < served->set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(served->zone, served->set, i);
		bool known = rdata.data[1] & ZS_DNSKEY_REVOKE; /* nobody relies on it any more: RFC 5011 section 2.1 */
		for (size_t k = 0; k < *count; k++)
			known = known || zs_bytes_equal(keys[k].key.rdata, rdata);
		if (known)
			continue;
		zs_refuse(run, "G6z", "key %u is served now and would be gone: caches hold signatures by it", zs_key_tag(rdata.data, rdata.len));
		zs_hint(run, "import it too");
	}
	const bool complete = zs_run_ok_since(run, errors);
	for (size_t k = 0; k < *count; k++) {
		const struct zs_key_facts *fact = &keys[k].facts;
		if (!zs_in_zone(fact->dnskey.phase) || has_key(served, keys[k].key.rdata))
			keys[kept++] = keys[k];
		else if (keys[k].done)
			refuse_older_zone(run, served, fact);
		else if (complete)
			zs_note(run, "key %u is not in the zone that is served now: it is left out", fact->tag);
		else if (zs_in_zone(fact->zrrsig.phase))
			zs_refuse(run, "G6z", "key %u would sign the zone, and is not among the DNSKEYs served now: caches do not know it", fact->tag);
	}
	if (complete)
		*count = kept;
	return zs_run_ok_since(run, errors);
}

/* What is served now, and what comes next, must validate with each other's DNSKEY RRset. facts: of the trial. */
static bool check_overlap(struct zs_run *run, const struct zs_facts *facts, const struct dnskeys *next, const struct zs_import_key *keys, size_t count)
{
	const unsigned errors = run->error_count;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *fact = &facts->keys[i];
		const struct zs_import_key *key = find(keys, count, fact->id);
		if (key && zs_in_zone(key->facts.dnskey.phase) && !has_key(next, key->key.rdata))
			zs_refuse(run, "G6z", "key %u is served now and would be gone: caches hold signatures by it", fact->tag);
		/* in a change of algorithm the signatures of the new one come before its DNSKEY, beside those of the old */
		if (!key && zs_in_zone(fact->zrrsig.phase) && zs_in_zone(fact->dnskey.phase))
			zs_refuse(run, "G6z", "key %u would sign the zone, and is not among the DNSKEYs served now: caches do not know it", fact->tag);
		if (key && (key->facts.ds.phase == ZS_OMNIPRESENT || key->facts.ds.phase == ZS_RUMOURED)
		    && (!has_key(next, key->key.rdata) || !zs_in_zone(fact->krrsig.phase)))
			zs_refuse(run, "G6", "key %u has its DS at the parent, and would not sign the DNSKEYs", fact->tag);
	}
	return zs_run_ok_since(run, errors);
}

static bool try_keys(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const char *dir,
                     const struct dnskeys *served, const struct zs_import_key *keys, size_t count, const struct zs_parent_facts *parent)
{
	struct zs_zone_config trial;
	struct zs_facts *facts;
	struct dnskeys next;
	if (!build_trial(run, config, zone, dir, keys, count, parent, served, &trial)
	    || !read_dnskeys(run, zone->name, trial.output.path, &next) || !zs_facts_read(run, &trial, &facts))
		return false;
	zs_facts_close(facts);
	return check_overlap(run, facts, &next, keys, count);
}

static void say_policy(struct zs_run *run, const struct zs_policy *policy, const struct dnskeys *served, const struct zs_import_key *keys, size_t count)
{
	const bool has_nsec3 = zs_zone_apex_rrset(served->zone, ZS_TYPE_NSEC3PARAM);
	for (size_t i = 0; i < count; i++) {
		const struct zs_key_facts *fact = &keys[i].facts;
		if (fact->goal_in && (fact->algorithm != policy->algorithm || (fact->role == ZS_CSK) != policy->csk)) {
			zs_warn(run, NULL, "key %u (%s, algorithm %u) is not what policy '%s' wants: the first build begins to replace it", fact->tag,
			        zs_role_text(fact->role), fact->algorithm, policy->name);
			zs_hint(run, "edit the policy first, if the keys shall stay as they are");
		}
	}
	if (has_nsec3 != (policy->denial == ZS_DENIAL_NSEC3)) {
		zs_warn(run, NULL, "the zone that is served has %s, and policy '%s' wants %s: the first build exchanges them", has_nsec3 ? "NSEC3" : "NSEC", policy->name,
		        has_nsec3 ? "NSEC, by which anybody can list its names" : "NSEC3");
		zs_hint(run, "'denial: %s' in the policy leaves that as it is", has_nsec3 ? "nsec3" : "nsec");
	}
}

/* CDS 0 0 0 00 (RFC 8078 section 4): a parent that looks at CDS may have acted already. */
static void say_unsigning(struct zs_run *run, const struct zs_zone_config *zone, const struct dnskeys *served)
{
	const struct zs_rrset *cds = zs_zone_apex_rrset(served->zone, ZS_TYPE_CDS);
	const struct zs_bytes rdata = cds ? zs_rrset_rdata(served->zone, cds, 0) : (struct zs_bytes){ 0 };
	if (rdata.len < 3 || rdata.data[0] || rdata.data[1] || rdata.data[2])
		return;
	zs_warn(run, NULL, "the other signer is making the zone insecure: its CDS asks the parent to delete the DS. Here the zone is signed, and stays so");
	zs_hint(run, "'zonesign roll %s --unsign', after the first build, goes on with it; else look whether the parent still has the DS", zone->name_text);
}

static bool import_locked(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const struct zs_import_options *options,
                          struct zs_facts *facts, struct zs_import_key *keys, size_t *key_count)
{
	struct zs_parent_facts parent;
	struct dnskeys served;
	const char *path = served_path(zone, options);
	const char *dir = zs_arena_printf(run->arena, "%s/trial", facts->dir);
	if (facts->key_count || facts->published.known) {
		zs_usage(run, "zone '%s' has keys and a state already; import is for zones that another program signed", zone->name_text);
		zs_hint(run, "if one has signed it since, or to import anew what was not built yet, move '%s' away first", facts->dir);
		return false;
	}
	if (access(path, R_OK) != 0) {
		zs_error(run, NULL, "'%s' cannot be read: the signed zone as it is served now is needed to prove that the chain holds", path);
		zs_hint(run, "--served FILE names it; 'dig axfr' or the other signer's output will do");
		return false;
	}
	if (!read_dnskeys(run, zone->name, path, &served) || !match_keys(run, &served, keys, key_count))
		return false;
	const size_t count = *key_count;
	doubt_ds(keys, count);
	date_by_publication(keys, count);
	say_policy(run, zone->policy, &served, keys, count);
	say_unsigning(run, zone, &served);
	ask_parent(run, zone, keys, count, &parent);
	remove_trial(run, dir); /* one that was ended */
	if (mkdir(dir, 0700) != 0)
		return zs_fail(run, "cannot make directory '%s': %s", dir, strerror(errno));
	const bool ok = try_keys(run, config, zone, dir, &served, keys, count, &parent);
	remove_trial(run, dir);
	return ok && (options->dry_run || write_state(run, zone, facts, keys, count, &parent, &served));
}

bool zs_import(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, const struct zs_import_options *options,
               const struct zs_import_key **out, size_t *count)
{
	struct zs_import_key *keys;
	struct zs_facts *facts;
	if (zone->publish->kind == ZS_PUBLISH_UPDATE) {
		zs_usage(run, "zone '%s' is signed by the server that takes its updates; its keys stay there", zone->name_text);
		return false;
	}
	zs_secret_no_dump();
	if (!read_keys(run, zone, options, &keys, count) || !zs_facts_open(run, zone, &facts))
		return false;
	const bool ok = import_locked(run, config, zone, options, facts, keys, count);
	zs_facts_close(facts);
	*out = keys;
	return ok;
}
