/* disk.c - the whole program under the oracle: zs_build on a real directory, its output read back, killed at any write.
 *
 *     disk DIRECTORY SEED DAYS
 *
 * Each build is a process of its own that may be killed after a random time. What the reload command takes is what the world sees; it
 * fails now and then, and now and then the zone file is broken. The clock is --now's. The parent is the one of world.h: it takes the
 * CDS of the served zone and is looked at before a build.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "build.h"
#include "dns/algorithm.h"
#include "tests/timeline/world.h"
#include "zone/zone.h"

enum { HOUR = 3600, DAY = 86400, BEGIN = 1700006400 };

struct seen_key {
	uint64_t id;
	uint8_t rdata[600];
	size_t len;
};

struct disk {
	struct seen_key seen[256]; /* for the DS at the parent */
	size_t seen_count;
	char config_path[512], served[512], ready[512];
	bool broken, deaf; /* the zone file; the server, so that a reload fails */
	struct oracle oracle;
	struct oracle_set ds, ds_before, cds;
	zs_time ds_changed, now;
	uint64_t seed;
	unsigned builds, kills;
	int algorithm, csk;
	unsigned ttl;
};

static uint64_t below(struct disk *d, uint64_t n)
{
	return world_random(&d->seed) % n;
}

static bool write_files(struct disk *d, const char *dir)
{
	static const char *const names[] = { [8] = "rsasha256", [13] = "ecdsap256sha256", [15] = "ed25519" };
	char path[600];
	snprintf(path, sizeof path, "%s/a.zone", dir);
	FILE *zone = fopen(path, "w");
	if (!zone)
		return false;
	fprintf(zone, "$TTL %u\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\n", d->ttl);
	if (d->broken)
		fprintf(zone, "bad A 999.0.0.1\n");
	fclose(zone);
	FILE *ready = d->deaf ? NULL : fopen(d->ready, "w");
	if (ready)
		fclose(ready);
	else
		unlink(d->ready);
	FILE *config = fopen(d->config_path, "w");
	if (!config)
		return false;
	fprintf(config, "policies:\n  default: {algorithm: %s, rsa-bits: 2048, %s, signatures: {validity: 20d, refresh: 9d, jitter: 1d}}\n",
	        names[d->algorithm], d->csk ? "csk: {lifetime: 40d}" : "ksk: {lifetime: 60d}, zsk: {lifetime: 15d}");
	fprintf(config, "zones:\n  a.example: {file: a.zone, output: out/a.zone, reload: {shell: \"test -e %s && cp %s/out/a.zone %s.$$ && mv %s.$$ %s\"}}\n",
	        d->ready, dir, d->served, d->served, d->served);
	fclose(config);
	return true;
}

/* What identifies a key to the oracle: the first octets of the SHA-256 of its RDATA, as in the facts. */
static uint64_t id_of(struct zs_run *run, struct zs_bytes rdata)
{
	uint8_t digest[ZS_HASH_MAX];
	if (!zs_hash(run, ZS_SHA256, rdata, digest))
		abort();
	return (uint64_t)zs_get_u32(digest) << 16 | zs_key_tag(rdata.data, rdata.len);
}

static void remember(struct disk *d, uint64_t id, struct zs_bytes rdata)
{
	for (size_t i = 0; i < d->seen_count; i++)
		if (d->seen[i].id == id)
			return;
	if (d->seen_count == ZS_COUNT(d->seen) || rdata.len > sizeof d->seen[0].rdata)
		abort();
	struct seen_key *key = &d->seen[d->seen_count++];
	key->id = id;
	key->len = rdata.len;
	memcpy(key->rdata, rdata.data, rdata.len);
}

/* The DS RRset as live/ would have seen it: what any server shows. */
static bool put_parent_ds(struct disk *d, struct zs_run *run, struct zs_facts *facts)
{
	facts->parent.ds_count = 0;
	for (size_t i = 0; i < d->seen_count; i++) {
		uint8_t ds[64];
		size_t len;
		if (!oracle_has(&d->ds, d->seen[i].id))
			continue;
		if (!zs_ds_make(run, facts->zone, (struct zs_bytes){ d->seen[i].rdata, d->seen[i].len }, ZS_DS_SHA256, ds, &len))
			return false;
		ZS_PUSH(run->arena, facts->parent.ds, facts->parent.ds_count, facts->parent.ds_room) =
		    (struct zs_bytes){ (const uint8_t *)zs_arena_text(run->arena, (const char *)ds, len), len };
	}
	return true;
}

/* The signers of a type at the apex, by tag among all keys ever seen. */
static void add_signers(const struct zs_zone *zone, uint16_t type, const struct oracle_set *known, struct oracle_set *out)
{
	const uint32_t apex = zs_zone_find(zone, zone->apex, NULL);
	const struct zs_owner *owner = &zone->owners[apex];
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		const struct zs_rrset *set = &zone->rrsets[i];
		if (set->type != ZS_TYPE_RRSIG || set->covered != type)
			continue;
		for (uint32_t r = 0; r < set->count; r++) {
			const struct zs_bytes rdata = zs_rrset_rdata(zone, set, r);
			for (size_t k = 0; k < known->count; k++)
				if ((known->keys[k].id & 0xffff) == zs_get_u16(rdata.data + 16) && known->keys[k].algorithm == rdata.data[2])
					oracle_add(out, known->keys[k].id, known->keys[k].algorithm);
		}
	}
}

/* All keys in the facts, dead or alive: signatures may be by keys whose DNSKEY is not published. */
static void known_keys(const struct zs_facts *facts, struct oracle_set *out)
{
	*out = (struct oracle_set){ 0 };
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].goal_in || facts->keys[i].dnskey.phase != ZS_HIDDEN || facts->keys[i].zrrsig.phase == ZS_OMNIPRESENT
		    || facts->keys[i].zrrsig.phase == ZS_UNRETENTIVE)
			oracle_add(out, (uint64_t)zs_get_u32(facts->keys[i].id) << 16 | facts->keys[i].tag, facts->keys[i].algorithm);
}

/* The largest TTL of what the zone's keys sign: all but DNSKEY and the RRsets of the parent's kind, which keys' keys sign. */
static uint32_t data_ttl(const struct zs_zone *zone)
{
	uint32_t largest = 0;
	for (uint32_t i = 0; i < zone->owner_count; i++)
		for (uint32_t s = zone->owners[i].first; s < zone->owners[i].first + zone->owners[i].rrset_count; s++) {
			const struct zs_rrset *set = &zone->rrsets[s];
			const uint16_t type = set->type == ZS_TYPE_RRSIG ? set->covered : set->type;
			if (type != ZS_TYPE_DNSKEY && type != ZS_TYPE_CDS && type != ZS_TYPE_CDNSKEY && set->ttl > largest)
				largest = set->ttl;
		}
	return largest;
}

/* What the reload command took is in service. */
static bool serve_output(struct disk *d, struct zs_run *run, const struct zs_facts *facts)
{
	const struct zs_zone_options options = { .dnssec = ZS_DNSSEC_KEEP };
	struct oracle_child version = { .zone_ttl = d->ttl, .dnskey_ttl = 300 };
	struct zs_zone *zone;
	struct oracle_set known;
	struct stat status;
	if (stat(d->served, &status) != 0)
		return true;
	if (!zs_zone_read(run, run->arena, d->served, &options, &zone))
		return false;
	known_keys(facts, &known);
	version.zone_ttl = data_ttl(zone);
	const struct zs_rrset *keys = zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY), *cds = zs_zone_apex_rrset(zone, ZS_TYPE_CDNSKEY);
	for (uint32_t i = 0; keys && i < keys->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, keys, i);
		oracle_add(&version.dnskeys, id_of(run, rdata), rdata.data[3]);
		remember(d, id_of(run, rdata), rdata);
		version.dnskey_ttl = keys->ttl;
	}
	d->cds = (struct oracle_set){ 0 };
	for (uint32_t i = 0; cds && i < cds->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, cds, i);
		if (rdata.data[3]) /* 0: the delete set of RFC 8078 */
			oracle_add(&d->cds, id_of(run, rdata), rdata.data[3]);
	}
	add_signers(zone, ZS_TYPE_DNSKEY, &known, &version.key_signers);
	add_signers(zone, ZS_TYPE_SOA, &known, &version.zone_signers);
	oracle_serve(&d->oracle, d->now, &version);
	return true;
}

static const struct zs_zone_config *load(struct disk *d, struct zs_run *run, const struct zs_config **config)
{
	run->now = d->now;
	run->now_given = true;
	return zs_config_load(run, d->config_path, config) ? &(*config)->zones[0] : NULL;
}

/* live/'s part, and sometimes a wish of the user. */
static bool edit_state(struct disk *d, bool roll)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config;
	struct zs_facts *facts;
	const struct zs_zone_config *zone = load(d, run, &config);
	bool ok = zone && zs_facts_open(run, zone, &facts);
	if (ok) {
		const bool settled = d->now > d->ds_changed + HOUR;
		facts->parent.observed = d->now;
		zs_facts_parent_ttl(facts, 86400, HOUR, d->now);
		ok = put_parent_ds(d, run, facts);
		for (size_t i = 0; i < facts->key_count; i++) {
			struct zs_key_facts *key = &facts->keys[i];
			const uint64_t id = (uint64_t)zs_get_u32(key->id) << 16 | key->tag;
			const bool is = oracle_has(&d->ds, id), was = oracle_has(&d->ds_before, id);
			key->ds_seen = is && (settled || was) ? key->ds_seen ? key->ds_seen : d->now : 0;
			key->ds_gone = !is && (settled || !was) ? key->ds_gone ? key->ds_gone : d->now : 0;
		}
		if (roll)
			zs_rollover_request(run, facts, d->csk ? ZS_ROLL_CSK : below(d, 2) ? ZS_ROLL_KSK : ZS_ROLL_ZSK, below(d, 4) == 0);
		if (roll)
			facts->next_due = d->now;
		if (ok && !facts->fresh)
			ok = zs_facts_write(run, facts);
		zs_facts_close(facts);
	}
	zs_run_end(run);
	return ok;
}

static void build_in_child(struct disk *d)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config;
	const struct zs_build_options options = { 0 };
	struct zs_build_result result;
	const struct zs_zone_config *zone = load(d, run, &config);
	if (zone)
		(void)!zs_build(run, config, zone, &options, &result);
	for (const struct zs_diag *diag = run->diags; diag; diag = diag->next)
		if (diag->severity == ZS_ERROR)
			fprintf(stderr, "%lld: %s %s\n", (long long)d->now, diag->guard ? diag->guard : "", diag->message);
	_exit(run->fault);
}

/* A build in a process of its own, perhaps killed; false if it failed by itself. */
static bool build(struct disk *d, bool kill_it)
{
	int status = 0;
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0)
		build_in_child(d);
	if (kill_it) {
		nanosleep(&(struct timespec){ .tv_nsec = (long)below(d, 12000000) }, NULL);
		kill(pid, SIGKILL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	d->builds++;
	d->kills += WIFSIGNALED(status);
	return WIFSIGNALED(status) || WEXITSTATUS(status) == 0 || (WEXITSTATUS(status) == ZS_FAILED && d->deaf) || (WEXITSTATUS(status) == ZS_INPUT && d->broken);
}

static bool see_output(struct disk *d)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config;
	struct zs_facts *facts;
	const struct zs_zone_config *zone = load(d, run, &config);
	const bool ok = zone && zs_facts_read(run, zone, &facts) && serve_output(d, run, facts);
	zs_run_end(run);
	return ok;
}

static void parent_acts(struct disk *d)
{
	if (!d->cds.count || oracle_set_equal(&d->cds, &d->ds) || d->now <= d->ds_changed + HOUR)
		return;
	d->ds_before = d->ds;
	d->ds = d->cds;
	d->ds_changed = d->now;
	oracle_parent(&d->oracle, d->now, &d->ds, 86400);
}

/* After a month of peace: is every key of the policy in, and all others gone? */
static bool is_at_rest(struct disk *d)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config;
	struct zs_facts *facts;
	unsigned roles = 0;
	const struct zs_zone_config *zone = load(d, run, &config);
	bool ok = zone && zs_facts_read(run, zone, &facts) && !facts->roll_count;
	for (size_t i = 0; ok && i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		if (key->goal_in && !(key->has_predecessor && key->dnskey.phase == ZS_RUMOURED)) { /* but for a ZSK that is due */
			roles |= key->role;
			ok = key->algorithm == d->algorithm && (key->role == ZS_CSK) == d->csk && (!(key->role & ZS_KSK) || key->ds.phase != ZS_HIDDEN);
		}
	}
	zs_run_end(run);
	return ok && roles == ZS_CSK;
}

int main(int argc, char **argv)
{
	static struct disk d;
	d = (struct disk) { .now = BEGIN, .algorithm = 13, .ttl = 3600, .oracle = { .propagation = HOUR, .parent_propagation = HOUR } };
	if (argc != 4)
		return 2;
	snprintf(d.config_path, sizeof d.config_path, "%s/zonesign.yaml", argv[1]);
	snprintf(d.served, sizeof d.served, "%s/served.zone", argv[1]);
	snprintf(d.ready, sizeof d.ready, "%s/ready", argv[1]);
	d.seed = strtoull(argv[2], NULL, 10);
	d.csk = (int)below(&d, 2);
	const zs_time end = BEGIN + strtol(argv[3], NULL, 10) * DAY, peace = end - 30 * DAY;
	const struct oracle_child plain = { .zone_ttl = d.ttl, .dnskey_ttl = 300 };
	oracle_serve(&d.oracle, d.now, &plain);
	oracle_parent(&d.oracle, d.now, &d.ds, 86400);
	bool ok = write_files(&d, argv[1]);
	while (ok && d.now < end && !d.oracle.bogus) {
		const bool lively = d.now < peace;
		static const int algorithms[] = { 13, 15, 13, 8 };
		static const unsigned ttls[] = { 300, 3600, 86400 };
		if (lively && below(&d, 60) == 0)
			d.algorithm = algorithms[below(&d, 4)], ok = write_files(&d, argv[1]);
		if (lively && below(&d, 60) == 0)
			d.ttl = ttls[below(&d, 3)], ok = write_files(&d, argv[1]);
		if (lively && below(&d, 120) == 0)
			d.csk = !d.csk, ok = write_files(&d, argv[1]);
		const bool broken = lively && below(&d, 8) == 0, deaf = lively && below(&d, 4) == 0;
		if (ok && (broken != d.broken || deaf != d.deaf)) {
			d.broken = broken;
			d.deaf = deaf;
			ok = write_files(&d, argv[1]);
		}
		ok = ok && edit_state(&d, lively && below(&d, 30) == 0) && build(&d, lively && below(&d, 4) == 0) && see_output(&d);
		if (below(&d, 3) == 0)
			parent_acts(&d);
		d.now += HOUR + (zs_time)below(&d, 7 * HOUR);
	}
	const bool rest = ok && is_at_rest(&d);
	printf("seed %s: %s days, %u builds, %u of them killed, %llu mixes validated%s%s%s\n", argv[2], argv[3], d.builds, d.kills, d.oracle.checked,
	       ok ? "" : ": a build failed", rest || !ok ? "" : ": a roll is stuck", d.oracle.bogus ? ": bogus" : "");
	if (d.oracle.bogus)
		printf("%s\n", d.oracle.why);
	return !rest || d.oracle.bogus;
}
