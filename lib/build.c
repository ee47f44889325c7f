/* build.c - the pipeline: zone file to served zone. A stage that fails has said why in run->diags; before the rename
 * in zs_publish_commit nothing outside sees a change. */
#include "build.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/secret.h"
#include "build_private.h"
#include "dane/dane.h"
#include "live/live.h"
#include "publish/publish.h"
#include "rollover/rollover.h"
#include "sign/sign.h"
#include "verify/verify.h"
#include "zone/zone.h"

struct build {
	struct zs_run *run;
	const struct zs_config *config;
	const struct zs_zone_config *zone_config;
	const struct zs_build_options *options;
	struct zs_build_result *result;
	struct zs_arena *arena;      /* of the zone and its signatures: released before the file is verified */
	struct zs_facts *facts;
	struct zs_zone *zone;
	struct zs_keyset *keys;
	struct zs_plan *plan;
	struct zs_signed_zone *signed_zone;
	struct zs_candidate candidate;
	struct zs_ttls ttls;
	uint32_t largest;            /* TTL in the zone file */
	struct zs_intent intent;
	struct zs_input_facts *inputs;
	size_t input_count, input_room;
	struct zs_shape shape;       /* of the input; unknown in a rescue, whose zone is that of before */
	struct zs_arena *verify_arena;  /* of the proofs, until the cache has them */
	struct zs_verify_result verified;
	struct zs_signatures *known;             /* the present cache, or NULL */
	struct zs_signatures_writer *signatures; /* the next one, aside */
	const uint8_t (*proofs)[ZS_PROOF_LEN];   /* of the present one */
	size_t proof_count;
	struct zs_facts *served_before; /* what was known of TLSA before this build computed them anew; or NULL */
	bool rescue;                 /* the zone is the one last published, not the input */
	bool same;                   /* what is signed was published before, by the same keys: signatures alone are new */
	bool committed;              /* the output was replaced */
	bool certificates_ok;
	struct zs_build_told told;
};

/* What the signer makes itself does not come from the input. */
static void drop_signer_types(struct zs_run *run, struct zs_zone *zone, bool is_input)
{
	static const uint16_t types[] = { ZS_TYPE_DNSKEY, ZS_TYPE_CDS, ZS_TYPE_CDNSKEY, ZS_TYPE_ZONEMD };
	for (size_t i = 0; i < ZS_COUNT(types); i++) {
		char name[ZS_TYPE_TEXT];
		const struct zs_rrset *set = zs_zone_apex_rrset(zone, types[i]);
		if (!set)
			continue;
		const struct zs_source where = zs_zone_source(zone, set);
		if (is_input)
			zs_warn(run, &where, "the %s records of the input are dropped; zonesign makes them from its own keys",
			        zs_type_text(types[i], name));
		zs_zone_remove(zone, zone->apex, types[i]);
	}
}

static bool check_ttls(struct build *b)
{
	const struct zs_policy *policy = b->zone_config->policy;
	const uint8_t *owner = NULL;
	uint16_t type = 0;
	struct zs_soa soa;
	char owner_text[ZS_NAME_TEXT] = "", type_text[ZS_TYPE_TEXT] = "";
	b->ttls.largest = zs_zone_max_ttl(b->zone, &owner, &type);
	if (owner)
		zs_type_text(type, type_text), zs_name_text(owner, owner_text);
	if (!zs_zone_soa(b->zone, &soa))
		return zs_error(b->run, NULL, "the zone has no SOA");
	b->ttls.negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum;
	if (!zs_policy_check_ttl(b->run, policy, b->ttls.largest, owner_text, type_text))
		return false;
	b->largest = b->ttls.largest;
	/* caches may hold the NSEC3PARAM as long as that, though nobody asks for it */
	if (policy->denial == ZS_DENIAL_NSEC3 && soa.minimum > b->ttls.largest)
		b->ttls.largest = soa.minimum < INT32_MAX ? soa.minimum : INT32_MAX;
	return true;
}

/* The plain zone with its TLSA, checked. */
static bool load_input(struct build *b)
{
	const struct zs_zone_config *config = b->zone_config;
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_STRIP, .include_any = config->include_any,
		                                 .want_sha256 = true };
	const struct zs_run_mark mark = zs_run_mark(b->run);
	zs_run_stage(b->run, "read");
	if (!zs_zone_read(b->run, b->arena, config->file.path, &options, &b->zone))
		return false;
	for (size_t i = 0; i < b->zone->input_count; i++)
		b->run->stage_octets += b->zone->input_ids[i].size;
	drop_signer_types(b->run, b->zone, true);
	zs_run_stage(b->run, "check");
	if (!zs_zone_check(b->run, b->zone, config->policy->max_zone_ttl, zs_build_accepts(b->options, "G12")))
		return false;
	zs_build_tell_weekly(b->run, &b->told, &mark);
	if (!zs_build_zone_inputs(b->run, b->zone, &b->inputs, &b->input_count, &b->input_room))
		return false;
	zs_run_stage(b->run, "TLSA");
	b->served_before = zs_facts_copy(b->run->arena, b->facts);
	const bool ok = zs_dane_insert(b->run, config, b->facts, b->zone, &b->certificates_ok)
	             && zs_build_check_tlsa(b->run, b->options, b->facts, b->served_before, b->zone) && check_ttls(b)
	             && zs_build_check_shape(b->run, b->options, b->facts, b->zone, &b->shape);
	zs_zone_release_text(b->zone);
	return ok;
}

/* The content last published, without what the signer made: to be signed again when the new input is wrong, or compared with it. */
static bool read_published(struct build *b, struct zs_zone **out)
{
	const struct zs_zone_options options = { .apex = b->zone_config->name, .dnssec = ZS_DNSSEC_STRIP, .include_never = true };
	if (!zs_zone_read(b->run, b->arena, b->zone_config->output.path, &options, out))
		return false;
	drop_signer_types(b->run, *out, false);
	zs_zone_release_text(*out);
	return true;
}

static bool load_published(struct build *b)
{
	if (!read_published(b, &b->zone))
		return false;
	zs_dane_reconcile(b->run, b->zone, b->facts);
	return check_ttls(b);
}

/* SHA-256 over the plain zone and all that decides what signing adds; equal: publishing again would change signatures only. */
static bool content_of(struct build *b, uint8_t out[32])
{
	const struct zs_policy *p = b->zone_config->policy;
	uint8_t zone[32], digest[ZS_HASH_MAX];
	struct zs_buf text = { .arena = b->run->arena, .max = 1 << 20 };
	if (!zs_zone_content(b->run, b->zone, zone))
		return false;
	zs_buf_add(&text, zone, sizeof zone);
	zs_buf_printf(&text, "1 %d %d %u %u %u %lld %lld %lld %u", p->denial, p->nsec3.opt_out, p->nsec3.iterations, p->zonemd, p->dnskey_ttl,
	              (long long)p->validity, (long long)p->refresh, (long long)p->jitter, p->cds);
	zs_buf_add(&text, p->nsec3.salt, p->nsec3.salt_len);
	for (size_t i = 0; i < b->plan->key_count; i++) {
		const struct zs_plan_key *key = &b->plan->keys[i];
		if (!key->publish && !key->sign_dnskeys && !key->sign_zone && !key->cds)
			continue; /* nothing of it is to be seen */
		zs_buf_printf(&text, " %d%d%d%d ", key->publish, key->sign_dnskeys, key->sign_zone, key->cds);
		zs_buf_add(&text, key->facts->id, sizeof key->facts->id);
	}
	zs_buf_printf(&text, " %d%d", b->plan->unsigned_zone, b->plan->cds_delete);
	if (!zs_hash(b->run, ZS_SHA256, (struct zs_bytes){ text.data, text.len }, digest))
		return false;
	memcpy(out, digest, 32);
	return true;
}

static zs_time refresh_due(const struct build *b, zs_time earliest)
{
	return earliest ? earliest - b->zone_config->policy->refresh : 0;
}

/* Is there something to look at, although the input may be as it was: signatures, keys, the parent? */
static bool is_due(const struct build *b)
{
	return !b->facts->published.known || b->run->now >= b->facts->next_due;
}

/* Do signatures have to be made anew? They end, or they were made by a clock that was ahead and do not hold yet. */
static bool must_resign(const struct build *b)
{
	const zs_time due = refresh_due(b, b->facts->published.earliest_expiration);
	return due && (b->run->now >= due || b->facts->published.time > b->run->now);
}

static bool make_plan(struct build *b)
{
	const struct zs_run_mark mark = zs_run_mark(b->run);
	zs_run_stage(b->run, "keys");
	if (!b->rescue)
		zs_rollover_check_lifetimes(b->run, b->zone_config->policy, b->facts, &b->ttls);
	zs_build_tell_weekly(b->run, &b->told, &mark);
	return zs_keys_load(b->run, b->zone_config, b->facts, &b->keys)
	    && zs_live_observe(b->run, b->zone_config, b->keys, b->facts)
	    && zs_rollover_plan(b->run, b->zone_config->policy, b->facts, &b->ttls, &b->plan);
}

/* DNSKEYs that sign the zone and are not in it: in a change of algorithm signatures come before the key, and go after it. */
static struct zs_bytes *hidden_signers(struct zs_arena *arena, const struct build *b, size_t *count)
{
	struct zs_bytes *list = zs_arena_array(arena, b->plan->key_count, sizeof *list);
	*count = 0;
	for (size_t i = 0; i < b->plan->key_count; i++) {
		const struct zs_plan_key *key = &b->plan->keys[i];
		const struct zs_key *found = key->sign_zone && !key->publish ? zs_keyset_find(b->keys, key->facts->id) : NULL;
		if (found)
			list[(*count)++] = found->rdata;
	}
	return list;
}

/* G5: what was seen at the parent leads into this file. Whoever gave the chain up knows that it does not. Signatures that are made anew
 * change nothing about it: they are there when the parent is right again. */
static void set_ds(struct build *b, struct zs_verify_options *options)
{
	const struct zs_facts *facts = b->facts;
	if (!facts->parent.observed || facts->abandoned || zs_build_accepts(b->options, "G5"))
		return;
	if (!b->same) {
		options->ds = zs_build_parents_ds(b->run, facts, b->keys, &options->ds_count);
	} else if (facts->parent.ds_count && !zs_build_is_reached(b->run, facts, b->plan, b->keys)) {
		zs_warn(b->run, NULL, "none of the DS at the parent leads to a key of this zone (G5): validators refuse it until that is mended");
		zs_hint(b->run, "'zonesign ds' prints what the parent needs; the zone was signed again as it is, so that it is good when the DS is");
	}
}

static bool verify_candidate(struct build *b)
{
	const struct zs_policy *policy = b->zone_config->policy;
	struct zs_verify_options options = {
		.apex = b->zone_config->name, .now = b->run->now, .strict = true, .has_serial = true, .serial = b->intent.serial,
		.refresh = policy->refresh, .margin = b->largest + policy->propagation_zone, .max_ttl = policy->max_zone_ttl,
		.zonemd = b->plan->unsigned_zone ? 0 : policy->zonemd, .jobs = b->run->jobs,
		.proofs = b->proofs, .proof_count = b->proof_count, .want_proofs = true, .allow_unsigned = b->plan->unsigned_zone, .content_told = true,
		/* what is published has passed, or was accepted: it must not die of that */
		.accept_g12 = b->rescue || zs_build_accepts(b->options, "G12"), .accept_g16 = zs_build_accepts(b->options, "G16"),
	};
	b->verify_arena = zs_arena_new();
	options.extra_keys = hidden_signers(b->verify_arena, b, &options.extra_key_count);
	set_ds(b, &options);
	static const char *const judged[] = { "G5", "G12", "G16" };
	for (size_t i = 0; i < ZS_COUNT(judged); i++)
		if (zs_build_accepts(b->options, judged[i]))
			zs_build_note_override(b->run, b->facts, judged[i], "not refused in this run");
	const bool ok = zs_verify_fd(b->run, b->verify_arena, b->candidate.fd, b->candidate.path, &options, &b->verified);
	b->intent.earliest_expiration = b->verified.earliest_expiration;
	b->result->signature_count = b->verified.verified_count + b->verified.reused_count;
	b->result->reused_count = b->verified.reused_count;
	b->result->record_count = b->verified.record_count;
	return ok;
}

/* The date of the next run, and what to tell: from a plan made on what the facts are now. */
static bool set_next_due(struct build *b)
{
	struct zs_facts *facts = b->facts;
	struct zs_plan *plan;
	if (!zs_rollover_outlook(b->run, b->zone_config->policy, facts, &b->ttls, &plan))
		return false;
	facts->next_due = zs_time_sooner(refresh_due(b, facts->published.earliest_expiration), plan->next_due);
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(b->run, b->zone_config->policy);
	facts->next_due = zs_time_sooner(facts->next_due, zs_tlsa_due(&timing, facts));
	facts->parent.wanted = plan->ask_parent;
	if (zs_live_may_ask(b->run, &b->zone_config->policy->observe))
		facts->next_due = zs_time_sooner(facts->next_due, zs_live_due(b->zone_config->policy, facts));
	b->result->first_ds = plan->first_ds;
	b->result->ds_wanted = plan->first_ds && plan->first_ds <= b->run->now;
	b->result->instruction = plan->instruction;
	b->result->next_due = facts->next_due;
	b->result->serial = facts->published.serial;
	b->result->earliest_expiration = facts->published.earliest_expiration;
	return true;
}

static bool record_facts(struct build *b)
{
	struct zs_facts *facts = b->facts;
	b->told.taken = !b->rescue && b->certificates_ok;
	b->told.certificate_fails = !b->rescue && !b->certificates_ok;
	(void)zs_build_tell_failure(b->run, &b->told, facts);
	if (!b->rescue) {
		if (!b->committed)
			zs_build_keep_output(b->run, facts, b->zone_config->output.path, &b->inputs, &b->input_count, &b->input_room);
		facts->inputs = b->inputs;
		/* while a certificate cannot be used no run is "unchanged": each says so, and sees when it is mended */
		facts->input_count = b->certificates_ok ? b->input_count : 0;
		facts->input_room = b->input_room;
	}
	if (facts->input_count && b->candidate.settled)
		zs_build_add_output(b->run, facts, &b->candidate.id, b->candidate.sha256, b->zone_config->output.path);
	facts->last_build = b->run->now;
	if (b->told.now && !b->options->quiet)
		facts->warned = b->run->now;
	return set_next_due(b) && zs_facts_write(b->run, facts);
}

static void served(struct build *b, zs_time since)
{
	zs_rollover_served(b->facts, b->zone_config->policy, since);
	zs_tlsa_served(b->facts, b->zone_config->policy->propagation_zone, since);
}

/* served_since comes from the clock read after the reload, unless --now replaces it. */
static bool reload(struct build *b)
{
	zs_run_stage(b->run, "reload");
	struct zs_published *published = &b->facts->published;
	published->waits_for = NULL;
	if (!zs_publish_serve(b->run, b->zone_config, published->serial, &published->waits_for))
		return false;
	if (!zs_live_confirm(b->run, b->zone_config, published->serial, &published->waits_for)) {
		zs_not_yet(b->run, "serial %u is published, but not in service everywhere: %s", published->serial, published->waits_for);
		return false;
	}
	published->server = zs_publish_target(b->run, b->zone_config);
	served(b, b->run->now_given ? b->run->now : zs_time_now());
	return true;
}

/* The config names another server than the one that took the zone: this one has to take it too. */
static void look_for_another_server(struct build *b)
{
	struct zs_published *published = &b->facts->published;
	const char *target = zs_publish_target(b->run, b->zone_config);
	if (!published->known || !published->served_since || !published->server || strcmp(published->server, target) == 0)
		return;
	published->served_since = 0;
	zs_note(b->run, "the zone is given to another server than before, as the config says now");
}

static bool commit(struct build *b)
{
	struct zs_facts *facts = b->facts;
	zs_run_stage(b->run, "publish");
	if (!zs_publish_commit(b->run, &b->candidate, &b->intent, facts))
		return false;
	b->committed = true;
	zs_build_published(b->run, facts, b->zone_config->policy);
	const bool reloaded = reload(b);
	return record_facts(b) && zs_keys_write_times(b->run, b->zone_config, facts, b->keys) && reloaded;
}

static void end_zone(struct build *b)
{
	zs_arena_free(b->arena);
	b->arena = NULL;
	b->zone = NULL;
	b->signed_zone = NULL;
}

/* The signatures; those of the cache that are still good are used again. */
static bool make_signatures(struct build *b)
{
	struct zs_soa soa;
	struct zs_signatures *known = NULL;
	zs_run_stage(b->run, "sign");
	if (!b->options->bench_no_verify)
		known = zs_signatures_open(b->run, b->run->arena, b->facts->dir_fd, b->zone);
	b->proofs = zs_signatures_proofs(known, &b->proof_count);
	const struct zs_sign_options options = { .known = known, .keep = !b->options->bench_no_verify };
	if (!zs_build_choose_serial(b->run, b->zone_config, b->facts, b->zone)
	    || !zs_sign(b->run, b->zone_config->policy, b->zone, b->plan, b->keys, &options, &b->signed_zone))
		return false;
	if (zs_zone_soa(b->zone, &soa))
		b->intent.serial = soa.serial;
	b->known = known;
	return true;
}

static bool output_is_there(const struct build *b)
{
	return access(b->zone_config->output.path, F_OK) == 0;
}

/* The file aside, verified. The plain zone and the signer's arrays end before it is read back. */
static bool make_candidate(struct build *b)
{
	zs_run_stage(b->run, "write");
	bool ok = zs_publish_write(b->run, b->zone_config, b->signed_zone, &b->candidate);
	b->run->stage_octets = b->candidate.len;
	if (ok)
		b->signatures = zs_signatures_begin(b->run, b->run->arena, b->facts->dir_fd, b->signed_zone);
	zs_signatures_close_entries(b->known);
	end_zone(b);
	if (!ok || verify_candidate(b))
		return ok;
	/* if one of its signatures is at fault, the next run is better off without it */
	if (b->proof_count && zs_signatures_remove(b->facts->dir_fd))
		zs_note(b->run, "the signature cache is dropped: the next build makes all signatures anew");
	return false;
}

/* With keep the serial is part of what the user wrote: raised alone it is published, lowered alone it is refused (G17). */
static bool serial_as_published(const struct build *b)
{
	struct zs_soa soa;
	return b->zone_config->policy->serial != ZS_SERIAL_KEEP || !zs_zone_soa(b->zone, &soa) || soa.serial == b->facts->published.serial;
}

/* Is the content the published one? Then signatures alone would be new. */
static bool says_the_same(const struct build *b)
{
	return b->facts->published.known && memcmp(b->intent.content, b->facts->published.content, 32) == 0 && serial_as_published(b);
}

static bool sign_and_publish(struct build *b)
{
	if (!zs_build_check_first(b->run, b->options, b->facts, b->plan, b->keys) || !zs_build_check_plan(b->run, b->options, b->facts, b->plan)
	    || !zs_keys_prepare(b->run, b->zone_config, b->facts, b->plan, b->keys)
	    || !zs_build_check_overlap(b->run, b->options, b->facts, b->plan, b->keys) || !content_of(b, b->intent.content))
		return false;
	b->same = says_the_same(b);
	if (b->same && !must_resign(b) && b->facts->published.served_since) {
		b->result->outcome = ZS_BUILT_NOTHING; /* the files were touched, what they say is the same */
		const zs_time since = b->facts->published.served_since;
		served(b, b->run->now); /* moves that change nothing in the zone */
		b->facts->published.served_since = since;
		return record_facts(b);
	}
	b->intent.ttl = b->ttls.largest;
	b->intent.negative_ttl = b->ttls.negative;
	b->intent.dnskey_ttl = b->zone_config->policy->dnskey_ttl;
	b->intent.shape = b->rescue ? (struct zs_shape){ 0 } : b->shape; /* its zone is that of before */
	b->intent.plan = b->rescue ? "the content last published, signed again" : "the input, signed";
	if (!make_signatures(b))
		return false;
	bool ok = make_candidate(b) && zs_build_second_opinion(b->run, b->zone_config, b->options, b->facts, &b->candidate) && commit(b);
	zs_publish_discard(&b->candidate);
	if (b->committed) {
		b->result->outcome = b->rescue ? ZS_BUILT_RESCUED : ZS_BUILT_PUBLISHED;
		zs_signatures_end(b->signatures, b->verified.proofs, b->verified.proof_count);
	} else {
		zs_signatures_discard(b->signatures);
	}
	b->signatures = NULL;
	zs_arena_free(b->verify_arena);
	b->verify_arena = NULL;
	return ok;
}

static void say_in_service(struct build *b)
{
	char since[ZS_TIME_TEXT], until[ZS_TIME_TEXT];
	const struct zs_published *p = &b->facts->published;
	if (!p->known)
		return;
	zs_time_short(p->earliest_expiration, until);
	if (!output_is_there(b)) {
		zs_note(b->run, "the output '%s' is gone: a server that has loaded the zone of %s goes on with it, until its signatures end on %s, and one that "
		                "starts anew has none", b->zone_config->output.path, zs_time_short(p->time, since), until);
		zs_hint(b->run, "mend what is wrong, or put the file back from your backup");
	} else if (!p->earliest_expiration) {
		zs_note(b->run, "the zone of %s stays in service, unsigned", zs_time_short(p->time, since));
	} else if (p->earliest_expiration <= b->run->now) {
		zs_note(b->run, "the zone of %s is still there, but its signatures ended on %s: validators refuse it", zs_time_short(p->time, since), until);
	} else {
		zs_note(b->run, "the zone of %s stays in service; its signatures last until %s", zs_time_short(p->time, since), until);
	}
}

static bool repeat_reload(struct build *b)
{
	const bool reloaded = reload(b);
	if (!reloaded) {
		(void)!zs_facts_write(b->run, b->facts); /* what fails there is reported beside this */
		return false;
	}
	b->result->outcome = ZS_BUILT_RELOADED;
	/* the zone was not read: its TTLs are those that it was published with */
	b->ttls = (struct zs_ttls){ .largest = b->facts->published.ttl, .negative = b->facts->published.negative_ttl };
	return set_next_due(b) && zs_facts_write(b->run, b->facts);
}

/* The records that this build computed were not published: what is known is what was known before. */
static void forget_computed(struct build *b)
{
	if (!b->served_before)
		return;
	b->facts->tlsa = b->served_before->tlsa;
	b->facts->tlsa_count = b->facts->tlsa_room = b->served_before->tlsa_count;
	b->facts->tlsa_ttls = b->served_before->tlsa_ttls;
	b->facts->tlsa_ttl_count = b->facts->tlsa_ttl_room = b->served_before->tlsa_ttl_count;
}

/* A wrong input never lets a zone die. The error stays, and with it the exit status. */
static bool rescue(struct build *b)
{
	if (b->run->fault != ZS_INPUT && b->run->fault != ZS_REFUSED)
		return false;
	forget_computed(b);
	/* what a run before had decided, and did not publish, comes with it: then the reload is one of all that the facts tell */
	const bool finish = b->facts->discarded && !b->facts->published.served_since;
	if (b->facts->published.known && (is_due(b) || finish)) {
		b->rescue = true;
		if (b->arena)
			zs_arena_free(b->arena);
		b->arena = zs_arena_new();
		b->zone = NULL;
		if (load_published(b) && make_plan(b))
			(void)!sign_and_publish(b); /* what fails here is reported with the rest */
	}
	/* an earlier one failed; the zone in place does not wait for the input. After a plan, or an intent that was dropped, the facts hold
	 * moves that were not published: those must not get a date */
	if (b->facts->published.known && !b->facts->published.served_since && !b->plan && !b->facts->discarded && output_is_there(b))
		(void)!repeat_reload(b);
	say_in_service(b);
	return false;
}

/* For the bench alone: all signatures anew with the keys of the state, written beside the output, verified by nobody. */
static bool build_for_bench(struct build *b)
{
	struct zs_zone_config elsewhere = *b->zone_config;
	if (!b->facts->key_count)
		return zs_error(b->run, NULL, "the state of '%s' has no keys; build it once without --bench-no-verify", b->zone_config->name_text);
	elsewhere.output.path = zs_arena_printf(b->run->arena, "%s.unverified", b->zone_config->output.path);
	if (!load_input(b) || !make_plan(b) || !make_signatures(b))
		return false;
	zs_run_stage(b->run, "write");
	bool ok = zs_publish_write(b->run, &elsewhere, b->signed_zone, &b->candidate);
	b->run->stage_octets = b->candidate.len;
	b->result->outcome = ok ? ZS_BUILT_UNVERIFIED : ZS_BUILT_FAILED;
	b->result->signature_count = ok ? b->signed_zone->job_count : 0;
	b->result->serial = b->intent.serial;
	end_zone(b);
	return ok && zs_publish_place(b->run, &b->candidate);
}

/* Is the zone for the threads of all cores, when others that are smaller are done? */
static bool is_large(const struct build *b)
{
	struct stat stat_of;
	return b->options->small_max && stat(b->zone_config->file.path, &stat_of) == 0
	    && (uint64_t)stat_of.st_size > b->options->small_max;
}

static bool nothing_to_do(struct build *b)
{
	b->told.taken = true;
	b->result->outcome = ZS_BUILT_NOTHING;
	b->result->serial = b->facts->published.serial;
	b->result->next_due = b->facts->next_due;
	b->result->earliest_expiration = b->facts->published.earliest_expiration;
	return true;
}

/* --dry-run: the build as far as it changes nothing but memory. */
static bool preview(struct build *b)
{
	const struct zs_facts *before = zs_facts_copy(b->run->arena, b->facts);
	if (!load_input(b) || !make_plan(b) || !zs_build_check_first(b->run, b->options, b->facts, b->plan, b->keys)
	    || !zs_build_check_plan(b->run, b->options, b->facts, b->plan) || !zs_build_check_overlap(b->run, b->options, b->facts, b->plan, b->keys) || !content_of(b, b->intent.content))
		return false;
	b->same = says_the_same(b);
	if (b->same && !must_resign(b) && b->facts->published.served_since)
		return nothing_to_do(b);
	if (!zs_build_choose_serial(b->run, b->zone_config, b->facts, b->zone))
		return false;
	zs_run_stage(b->run, "compare");
	struct zs_zone *published = NULL;
	if (b->facts->published.known && output_is_there(b) && !read_published(b, &published))
		return false;
	b->result->outcome = ZS_BUILT_PREVIEWED;
	b->result->record_count = b->zone->record_count;
	b->result->why = !b->facts->published.known ? "for the first time" : !published ? "anew, since the output is gone"
	                 : !b->same ? "with these changes" : must_resign(b) ? "unchanged, with new signatures" : "once more: it is not in service yet";
	zs_build_preview(b->run, published, b->zone, before, b->plan, b->result);
	return true;
}

static bool build_locked(struct build *b)
{
	if (b->options->bench_no_verify)
		return build_for_bench(b);
	if (!zs_build_check_clock(b->run, b->options, b->facts))
		return false;
	b->told.clock_ok = true;
	if (b->zone_config->publish.kind == ZS_PUBLISH_UPDATE && b->options->dry_run) {
		zs_usage(b->run, "--dry-run is not for zones of 'publish: update'");
		return false;
	}
	if (b->zone_config->publish.kind == ZS_PUBLISH_UPDATE)
		return zs_build_update(b->run, b->config, b->zone_config, b->options, b->facts, b->arena, &b->told, b->result);
	if (b->facts->published.known && b->facts->published.served_since && !b->facts->intent.present && !is_due(b)
	    && zs_build_output_is_ours(b->zone_config, b->facts)
	    && zs_build_unchanged(b->run, b->config, b->zone_config, b->facts))
		return nothing_to_do(b); /* nothing was read but the state */
	zs_secret_no_dump();
	look_for_another_server(b);
	bool output_there;
	if (!zs_build_check_output(b->run, b->zone_config, b->options, b->facts, &output_there))
		return false;
	const bool unchanged = output_there && b->facts->published.known && !b->facts->discarded && !is_due(b)
	                    && zs_build_unchanged(b->run, b->config, b->zone_config, b->facts);
	if (unchanged && b->facts->published.served_since)
		return nothing_to_do(b);
	if (is_large(b)) {
		b->result->outcome = ZS_BUILT_LATER;
		return true;
	}
	b->told.taken = unchanged;
	if (!output_there)
		b->facts->published.served_since = 0; /* somebody removed it: it is made again */
	else if (unchanged && !b->options->dry_run)
		return repeat_reload(b);
	if (!zs_build_inputs_before(b->run, b->config, b->zone_config, &b->inputs, &b->input_count, &b->input_room))
		return false;
	if (b->options->dry_run)
		return preview(b);
	b->told.before = !b->options->accept_count && zs_build_was_told(b->run, b->facts) && zs_build_unchanged(b->run, b->config, b->zone_config, b->facts);
	if (!load_input(b))
		return rescue(b);
	if (!make_plan(b)) {
		say_in_service(b); /* without its keys nothing can be signed again either */
		return false;
	}
	if (!sign_and_publish(b)) {
		if (b->committed)
			return false;
		if (!b->same) /* else the same would be tried again */
			return rescue(b);
		say_in_service(b);
		return false;
	}
	if (!b->certificates_ok)
		zs_note(b->run, "a certificate or key file could not be used: what was last published of it stays, the rest of the zone is up to date");
	return b->certificates_ok;
}

/* What is kept and told of a build, ok or not. */
static bool end_build(struct build *b, bool ok)
{
	if (!ok && b->result->outcome == ZS_BUILT_FAILED)
		(void)!zs_live_keep(b->run, b->zone_config, b->facts); /* what fails there is reported beside the rest */
	if (!ok)
		zs_keys_discard(b->run, b->zone_config, b->facts);
	if (b->result->outcome == ZS_BUILT_LATER || b->options->bench_no_verify)
		return ok; /* later: that run tells, and needs the state as it is */
	b->told.taken = b->told.taken || ok;
	return zs_build_tell(b->run, b->zone_config, &b->told, b->result->outcome, b->facts) && ok;
}

bool zs_build(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
              const struct zs_build_options *options, struct zs_build_result *out)
{
	struct build b = { .run = run, .config = config, .zone_config = zone, .options = options, .result = out,
		           .candidate = { .fd = -1, .dir_fd = -1 }, .certificates_ok = true };
	*out = (struct zs_build_result){ .outcome = ZS_BUILT_FAILED };
	if (!(options->dry_run ? zs_facts_read : zs_facts_open)(run, zone, &b.facts))
		return false;
	b.arena = zs_arena_new();
	bool ok = build_locked(&b);
	if (!options->dry_run)
		ok = end_build(&b, ok);
	zs_publish_discard(&b.candidate);
	zs_signatures_discard(b.signatures);
	zs_arena_free(b.arena);
	zs_arena_free(b.verify_arena);
	zs_facts_close(b.facts);
	return ok;
}
