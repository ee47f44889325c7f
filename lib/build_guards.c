/* build_guards.c - guards about the run itself: the clock, the output, the serial (G17, G18). */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_private.h"
#include "dane/dane.h"
#include "dns/algorithm.h"
#include "keys/keys.h"
#include "live/live.h"
#include "publish/publish.h"
#include "rollover/rollover.h"


bool zs_build_accepts(const struct zs_build_options *options, const char *guard)
{
	const size_t len = strlen(guard);
	for (size_t i = 0; i < options->accept_count; i++)
		if (strncmp(options->accept[i], guard, len) == 0 && (options->accept[i][len] == 0 || options->accept[i][len] == '='))
			return true;
	return false;
}

void zs_build_note_override(struct zs_run *run, struct zs_facts *facts, const char *guard, const char *value)
{
	ZS_PUSH(run->arena, facts->overrides, facts->override_count, facts->override_room) =
	    (struct zs_override){ .guard = guard, .value = value, .time = run->now };
}

bool zs_build_check_clock(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts)
{
	const char *problem = NULL;
	if (facts->fresh)
		facts->made_with_now = run->now_given;
	else if (facts->made_with_now != run->now_given)
		problem = run->now_given ? "the state was made with the real clock; --now would mix two times"
		                         : "the state was made with --now; the real clock would mix two times";
	else
		problem = zs_facts_clock_jump(run, facts);
	if (!problem)
		return true;
	if (zs_build_accepts(options, "clock")) {
		zs_build_note_override(run, facts, "clock", problem);
		facts->made_with_now = run->now_given;
		zs_facts_not_later(facts, run->now);
		facts->next_due = 0; /* it was reckoned by the other clock */
		return true;
	}
	zs_refuse(run, "G17", "%s", problem);
	zs_hint(run, "see that the clock is right; if it is, run 'zonesign build --accept clock' once");
	return false;
}

void zs_build_published(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy)
{
	const struct zs_intent intent = facts->intent;
	const struct zs_ttls ttls = { .largest = intent.ttl, .negative = intent.negative_ttl };
	struct zs_policy then = *policy; /* the one that the intent was made with */
	then.dnskey_ttl = intent.dnskey_ttl;
	zs_rollover_published(run, facts, &then, &ttls);
	const struct zs_published before = facts->published;
	facts->published = (struct zs_published){ .known = true, .serial = intent.serial, .time = run->now, .program = "zonesign " ZS_VERSION,
		                                  .earliest_expiration = intent.earliest_expiration, .ttl = before.ttl,
		                                  .dnskey_ttl = before.dnskey_ttl, .negative_ttl = before.negative_ttl,
		                                  .behind = before.behind, .behind_since = before.behind_since };
	memcpy(facts->published.sha256, intent.sha256, sizeof facts->published.sha256);
	memcpy(facts->published.content, intent.content, sizeof facts->published.content);
	if (intent.shape.known)
		facts->shape = intent.shape;
	facts->intent = (struct zs_intent){ 0 };
}

static bool is_signed_file(const struct zs_zone_config *config)
{
	/* looked at with a run of its own: what is wrong in it is not this build's error */
	struct zs_run *look = zs_run_begin();
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_KEEP, .any_link = true };
	struct zs_zone *zone;
	const bool is_signed = zs_zone_read(look, look->arena, config->output.path, &options, &zone) && zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY);
	zs_run_end(look);
	return is_signed;
}

static bool output_serial(const char *path, const uint8_t *apex, uint32_t *serial)
{
	struct zs_run *look = zs_run_begin();
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_STRIP, .any_link = true };
	struct zs_zone *zone;
	struct zs_soa soa;
	const bool ok = zs_zone_read(look, look->arena, path, &options, &zone) && zs_zone_soa(zone, &soa);
	if (ok)
		*serial = soa.serial;
	zs_run_end(look);
	return ok;
}

/* The DNSKEYs, the signers and the serial of the signed zone in the place of the output. Its DNSKEY RRset ends with look; NULL: it has none. */
static const struct zs_rrset *read_replaced(struct zs_run *run, struct zs_run *look, const struct zs_zone_config *config, struct zs_zone **zone,
                                            struct zs_replaced *out)
{
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_KEEP, .any_link = true, .include_never = true };
	const struct zs_rrset *set = zs_zone_read(look, look->arena, config->output.path, &options, zone)
	                           ? zs_zone_apex_rrset(*zone, ZS_TYPE_DNSKEY) : NULL;
	struct zs_soa soa;
	*out = (struct zs_replaced){ .present = set != NULL, .serial = set && zs_zone_soa(*zone, &soa) ? soa.serial : 0 };
	if (set)
		zs_keys_shown(run, *zone, out);
	return set;
}

/* The state is from before the zone went unsigned: its DS had to go first, and caches may hold what is there. */
static void replace_unsigned(struct zs_run *run, const struct zs_zone *zone, struct zs_facts *facts)
{
	struct zs_soa soa;
	if (!facts->published.known || !zs_zone_soa(zone, &soa))
		return;
	const uint32_t negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum, largest = zs_zone_max_ttl(zone, NULL, NULL);
	if (zs_rollover_was_unsigned(run, facts, largest > negative ? largest : negative))
		zs_warn(run, NULL, "the zone that is replaced is not signed, and may be newer than the state: its DS is not taken to be at the parent any more; it is asked "
		                   "for when no cache holds the zone unsigned");
}

/* What caches may hold of the zone that is replaced: its DNSKEYs and its TTLs. */
static void look_at_replaced(struct zs_run *run, const struct zs_zone_config *config, struct zs_facts *facts)
{
	struct zs_run *look = zs_run_begin();
	struct zs_zone *zone = NULL;
	const struct zs_rrset *set = read_replaced(run, look, config, &zone, &facts->replaced);
	facts->parent.asked = 0; /* what the state has of the parent may be of another time */
	if (set)
		zs_rollover_foreign(run, facts, set->ttl, zs_zone_max_ttl(zone, NULL, NULL));
	else if (zone)
		replace_unsigned(run, zone, facts);
	zs_run_end(look);
}

bool zs_build_is_older_copy(const struct zs_facts *facts, const struct zs_replaced *replaced)
{
	bool ours = facts->published.known && replaced->present && zs_serial_after(facts->published.serial, replaced->serial);
	for (size_t i = 0; i < replaced->dnskey_count; i++)
		ours = ours && zs_facts_tag_used(facts, zs_key_tag(replaced->dnskeys[i].data, replaced->dnskeys[i].len));
	return ours;
}

static void refuse_older_copy(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, uint32_t serial)
{
	zs_refuse(run, "G18", "'%s' is an older copy (serial %u) of what zonesign published last (serial %u): somebody put it there", zone->output.path, serial,
	          facts->published.serial);
	zs_hint(run, "remove it and run 'zonesign build', which makes the newest one again");
}

static bool is_empty(const char *path)
{
	struct stat stat_of;
	return stat(path, &stat_of) == 0 && stat_of.st_size == 0;
}

/* The config names another output than before: whoever reads the former file sees no new signatures. */
static void tell_moved(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	for (size_t i = 0; facts->published.known && i < facts->input_count; i++) {
		const struct zs_input_facts *input = &facts->inputs[i];
		char until[ZS_TIME_TEXT];
		if (memcmp(input->sha256, facts->published.sha256, 32) != 0 || strcmp(input->path, zone->output.path) == 0 || access(input->path, F_OK) != 0)
			continue;
		zs_warn(run, NULL, "the output was '%s' until now: nothing renews what is there, and it is valid until %s", input->path,
		        zs_time_text(facts->published.earliest_expiration, until));
		zs_hint(run, "have the server read '%s', then remove the former file", zone->output.path);
	}
}

bool zs_build_check_output(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options,
                           struct zs_facts *facts, bool *output_there)
{
	uint8_t sha256[32];
	struct zs_file_id id;
	bool there = true;
	uint32_t serial = 0;
	*output_there = true;
	if (!facts->intent.present && zs_build_output_is_ours(zone, facts))
		return true;
	if (!zs_publish_sha256(run, zone->output.path, &there, sha256, &id))
		return false;
	*output_there = there;
	if (facts->intent.present && there && memcmp(sha256, facts->intent.sha256, 32) == 0) {
		zs_build_published(run, facts, zone->policy); /* the run before was ended between rename and record */
		return true;
	}
	const bool ours = facts->published.known && there && memcmp(sha256, facts->published.sha256, 32) == 0;
	if (facts->intent.present) { /* the state has what the intent was to publish */
		zs_tlsa_forget_unserved(facts);
		facts->discarded = true;
	}
	facts->intent = (struct zs_intent){ 0 };
	if (ours && id.ino && facts->input_count) /* as after a publication whose file system stamps too coarsely */
		zs_build_add_output(run, facts, &id, sha256, zone->output.path);
	if (!there)
		tell_moved(run, zone, facts);
	if (ours || !there)
		return true;
	if (!facts->published.known && !is_signed_file(zone) && (is_empty(zone->output.path) || output_serial(zone->output.path, zone->name, &serial)))
		return true; /* an unsigned zone in its place is what is replaced at the first signing */
	if (zs_build_accepts(options, "adopt")) {
		zs_build_note_override(run, facts, "adopt", zone->output.path);
		facts->next_due = 0; /* what is there is replaced, even if the input is as it was and all signatures are good */
		facts->published.served_since = 0;
		memset(facts->published.content, 0, sizeof facts->published.content);
		look_at_replaced(run, zone, facts);
		return true;
	}
	struct zs_run *look = zs_run_begin();
	struct zs_zone *in_place;
	struct zs_replaced copy;
	(void)read_replaced(run, look, zone, &in_place, &copy);
	zs_run_end(look);
	const bool newer = facts->published.known && output_serial(zone->output.path, zone->name, &serial)
	                && zs_serial_after(serial, facts->published.serial);
	if (newer) {
		zs_refuse(run, "G18", "'%s' has serial %u, newer than %u, which is the last that the state knows: the state is an old copy, or somebody else wrote the file",
		          zone->output.path, serial, facts->published.serial);
		zs_hint(run, "restore the newest state with its keys; if there is none, 'zonesign build --accept adopt' goes on from this file as far as the keys allow");
	} else if (zs_build_is_older_copy(facts, &copy)) {
		refuse_older_copy(run, zone, facts, copy.serial);
	} else if (facts->published.known) {
		zs_refuse(run, "G18", "'%s' is not what zonesign published last (serial %u): somebody else wrote it", zone->output.path,
		          facts->published.serial);
		zs_hint(run, "find out who; 'zonesign build --accept adopt' replaces it");
	} else if (!is_signed_file(zone)) {
		zs_refuse(run, "G18", "'%s' is there already, and is no zone file of '%s': it is not replaced", zone->output.path, zone->name_text);
		zs_hint(run, "name another file as output, or remove this one if nobody needs it");
	} else if (facts->key_count) {
		zs_refuse(run, "G18", "'%s' is a signed zone of another signer", zone->output.path);
		zs_hint(run, "its keys were taken over: if the other signer has stopped, 'zonesign build --accept adopt' replaces it");
	} else {
		zs_refuse(run, "G18", "'%s' is a signed zone, but there is no state of it in '%s'", zone->output.path, facts->dir);
		zs_hint(run, "restore the state directory, or copy the zone's keys into '%s/keys'; then 'zonesign build --accept adopt'", facts->dir);
	}
	return false;
}

bool zs_build_check_servers(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options, struct zs_facts *facts)
{
	const char *what;
	if (!facts->published.known || facts->replaced.present || !zs_live_has_newer(run, zone, facts, &what))
		return true;
	if (zs_build_accepts(options, "adopt")) {
		zs_build_note_override(run, facts, "adopt", what);
		return true;
	}
	zs_refuse(run, "G18", "%s, which the state knows nothing of: its last serial is %u, so state and output are of an old backup", what,
	          facts->published.serial);
	zs_hint(run, "restore the newest state with its keys and its output; if there is none, 'zonesign build --accept adopt' goes on without that key: validators "
	             "may fail until caches have forgotten it, and 'zonesign ds --check %s' says what the parent needs", zone->name_text);
	return false;
}

bool zs_build_may_rely(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	uint8_t sha256[32];
	struct zs_file_id id;
	bool there = true;
	const char *jump = zs_facts_clock_jump(run, facts);
	if (jump) {
		zs_refuse(run, "G17", "%s", jump);
		zs_hint(run, "see that the clock is right, and ask again");
		return false;
	}
	if (!facts->published.known || zone->publish->kind == ZS_PUBLISH_UPDATE || zs_build_output_is_ours(zone, facts))
		return true;
	if (!zs_publish_sha256(run, zone->output.path, &there, sha256, &id))
		return false;
	/* one that is not there is made again by the next build, as it was; that of a run that is at work is as good */
	if (!there || memcmp(sha256, facts->published.sha256, 32) == 0 || (facts->intent.present && memcmp(sha256, facts->intent.sha256, 32) == 0))
		return true;
	zs_refuse(run, "G18", "'%s' is not what zonesign published last (serial %u): what its servers show is not known", zone->output.path,
	          facts->published.serial);
	zs_hint(run, "'zonesign build' says more; when it has published, ask again");
	return false;
}

/* Secondaries never take a lower one again: a digit too many is told while it can be mended. */
static void warn_leap(struct zs_run *run, const struct zs_soa *soa, uint32_t base, uint32_t served)
{
	enum { LEAP = 10000000 }; /* ten years of dates */
	if (base != soa->serial || base - served < LEAP)
		return;
	zs_warn(run, NULL, "the serial of the zone file is %u, and the last one was %u: from now on secondaries take none below it", base, served);
	zs_hint(run, "if that is a mistake, write %u into the SOA; once every secondary has that, lower ones are taken again (RFC 1982 section 7)",
	        base + 0x7fffffffu);
}

bool zs_build_choose_serial(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, bool same, struct zs_zone *in)
{
	struct zs_soa soa;
	uint32_t known[3];
	size_t count = 0;
	if (!zs_zone_soa(in, &soa))
		return zs_error(run, NULL, "the zone has no SOA");
	known[count++] = soa.serial;
	if (facts->published.known && facts->replaced.present && zs_serial_after(facts->replaced.serial, facts->published.serial))
		known[count++] = facts->replaced.serial; /* the state lags behind it */
	else if (facts->published.known)
		known[count++] = facts->published.serial;
	else if (output_serial(zone->output.path, in->apex, &known[count]))
		count++;
	if (!facts->published.known && facts->taken_over)
		known[count++] = facts->taken_over_serial;
	const uint32_t served = count > 1 ? zs_serial_newest(known + 1, count - 1) : soa.serial;
	const uint32_t base = zs_serial_after(soa.serial, served) ? soa.serial : served;
	warn_leap(run, &soa, base, served);
	if (zone->policy->serial == ZS_SERIAL_KEEP) {
		if (base != soa.serial) {
			zs_refuse(run, "G17", "the serial of the zone file is %u, lower than the published %u: secondaries would keep the old zone",
			          soa.serial, served);
			zs_hint(run, "write a serial above %u into the SOA of the zone file, or use serial: unixtime", served);
			return false;
		}
		if (count > 1 && served == soa.serial) {
			zs_warn(run, NULL, same ? "the serial stays %u although signatures change: secondaries will not fetch them"
			                        : "the serial stays %u although the zone has changed: secondaries keep the old one", soa.serial);
			zs_hint(run, "write a higher serial into the SOA of the zone file, or use serial: unixtime");
		}
		return true;
	}
	bool behind;
	const uint32_t next = zs_serial_next(zone->policy->serial, base, served, run->now, &behind);
	if (behind && !facts->published.known)
		zs_warn(run, NULL, "the serial %u is ahead of what the policy makes; it counts on from there: %u", base, next);
	zs_zone_set_serial(in, next);
	return true;
}
