/* build.c - the pipeline: zone file to served zone. A stage that fails has said why in run->diags; before the rename
 * in zs_publish_commit nothing outside sees a change. What is read is in build_load.c, what follows the rename in build_serve.c. */
#include "build.h"

#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/secret.h"
#include "build_private.h"
#include "live/live.h"

/* Octets that the next zone gets of the memory of this one; the rest is for other processes. */
enum { KEPT_BETWEEN_ZONES = 8 << 20 };

/* SHA-256 over the plain zone and all that decides what signing adds; equal: publishing again would change signatures only. */
static bool content_of(struct zs_building *b, uint8_t out[32])
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

/* Is there something to look at, although the input may be as it was: signatures, keys, the parent? */
static bool is_due(const struct zs_building *b)
{
	return !b->facts->published.known || b->run->now >= b->facts->next_due;
}

/* Do signatures have to be made anew? They end, or they were made by a clock that was ahead and do not hold yet. */
static bool must_resign(const struct zs_building *b)
{
	const zs_time due = zs_build_refresh_due(b, b->facts->published.earliest_expiration);
	return due && (b->run->now >= due || b->facts->published.time > b->run->now);
}

static bool make_plan(struct zs_building *b)
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
static struct zs_bytes *hidden_signers(struct zs_arena *arena, const struct zs_building *b, size_t *count)
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

/* Does what was seen at the parent have to lead into this zone (G5)? Whoever gave the chain up knows that it does not; unsigned: G8 has judged it. */
static bool needs_ds(const struct zs_building *b)
{
	return b->facts->parent.observed && !b->facts->abandoned && !b->plan->unsigned_zone && !zs_build_accepts(b->options, "G5");
}

/* What is in service already is not refused: signatures that are made anew are there when the parent is right again. But each look tells. */
static void tell_unreached(const struct zs_building *b)
{
	if (!needs_ds(b) || !b->facts->parent.ds_count || zs_build_is_reached(b->run, b->facts, b->plan, b->keys))
		return;
	zs_warn(b->run, NULL, "none of the DS at the parent leads to a key of this zone (G5): validators refuse it until that is mended");
	zs_hint(b->run, "'zonesign ds --check %s' says what the parent needs; but if this state comes from a backup, restore the newest one with its keys and its "
	                "output. Signatures are renewed meanwhile", b->zone_config->name_text);
}

static bool verify_candidate(struct zs_building *b)
{
	const struct zs_policy *policy = b->zone_config->policy;
	struct zs_verify_options options = {
		.apex = b->zone_config->name, .now = b->run->now, .strict = true, .has_serial = true, .serial = b->intent.serial,
		.refresh = policy->refresh, .margin = b->largest + policy->propagation_zone, .max_ttl = policy->max_zone_ttl,
		.zonemd = b->plan->unsigned_zone ? 0 : policy->zonemd, .jobs = b->run->jobs,
		.proofs = b->proofs, .proof_count = b->proof_count, .want_proofs = true, .allow_unsigned = b->plan->unsigned_zone, .content_told = true,
		/* what is published has passed, or was accepted: it must not die of that */
		.accept_g5 = zs_build_accepts(b->options, "G5"), .accept_g12 = b->rescue || zs_build_accepts(b->options, "G12"), .accept_g16 = zs_build_accepts(b->options, "G16"),
	};
	b->verify_arena = zs_arena_new();
	options.extra_keys = hidden_signers(b->verify_arena, b, &options.extra_key_count);
	if (needs_ds(b) && !b->same)
		options.ds = zs_build_parents_ds(b->run, b->facts, b->keys, &options.ds_count);
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

static void end_zone(struct zs_building *b)
{
	zs_arena_free(b->arena);
	b->arena = NULL;
	b->zone = NULL;
	b->signed_zone = NULL;
}

/* The signatures; those of the cache that are still good are used again. */
static bool make_signatures(struct zs_building *b)
{
	struct zs_soa soa;
	struct zs_signatures *known = NULL;
	zs_run_stage(b->run, "sign");
	if (!b->options->bench_no_verify)
		known = zs_signatures_open(b->run, b->run->arena, b->facts->dir_fd, b->zone);
	b->proofs = zs_signatures_proofs(known, &b->proof_count);
	const struct zs_sign_options options = { .known = known, .keep = !b->options->bench_no_verify };
	if (!zs_build_choose_serial(b->run, b->zone_config, b->facts, b->same, b->zone)
	    || !zs_sign(b->run, b->zone_config->policy, b->zone, b->plan, b->keys, &options, &b->signed_zone))
		return false;
	if (zs_zone_soa(b->zone, &soa))
		b->intent.serial = soa.serial;
	b->known = known;
	return true;
}

/* The file aside, verified. The plain zone and the signer's arrays end before it is read back. */
static bool make_candidate(struct zs_building *b)
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
static bool serial_as_published(const struct zs_building *b)
{
	struct zs_soa soa;
	return b->zone_config->policy->serial != ZS_SERIAL_KEEP || !zs_zone_soa(b->zone, &soa) || soa.serial == b->facts->published.serial;
}

/* Is the content the published one? Then signatures alone would be new. */
static bool says_the_same(const struct zs_building *b)
{
	return b->facts->published.known && memcmp(b->intent.content, b->facts->published.content, 32) == 0 && serial_as_published(b);
}

static bool sign_and_publish(struct zs_building *b)
{
	if (!zs_build_check_first(b->run, b->options, b->facts, b->plan, b->keys) || !zs_build_check_plan(b->run, b->options, b->facts, b->plan)
	    || !zs_keys_prepare(b->run, b->zone_config, b->facts, b->plan, b->keys)
	    || !zs_build_check_overlap(b->run, b->options, b->facts, b->plan, b->keys) || !content_of(b, b->intent.content))
		return false;
	b->same = says_the_same(b);
	if (b->same)
		tell_unreached(b);
	if (b->same && !must_resign(b) && b->facts->published.served_since) {
		b->result->outcome = ZS_BUILT_NOTHING; /* the files were touched, what they say is the same */
		const zs_time since = b->facts->published.served_since;
		zs_build_served(b, b->run->now); /* moves that change nothing in the zone */
		b->facts->published.served_since = since;
		return zs_keys_place(b->run, b->zone_config, b->facts) && zs_build_record_facts(b)
		    && zs_keys_write_times(b->run, b->zone_config, b->facts, b->keys);
	}
	b->intent.ttl = b->ttls.largest;
	b->intent.negative_ttl = b->ttls.negative;
	b->intent.dnskey_ttl = b->zone_config->policy->dnskey_ttl;
	b->intent.shape = b->rescue ? (struct zs_shape){ 0 } : b->shape; /* its zone is that of before */
	b->intent.plan = b->rescue ? "the content last published, signed again" : "the input, signed";
	if (!make_signatures(b))
		return false;
	bool ok = make_candidate(b) && zs_build_second_opinion(b->run, b->zone_config, b->options, b->facts, &b->candidate) && zs_build_commit(b);
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

/* The records that this build computed were not published: what is known is what was known before. */
static void forget_computed(struct zs_building *b)
{
	if (!b->served_before)
		return;
	b->facts->tlsa = b->served_before->tlsa;
	b->facts->tlsa_count = b->facts->tlsa_room = b->served_before->tlsa_count;
	b->facts->tlsa_ttls = b->served_before->tlsa_ttls;
	b->facts->tlsa_ttl_count = b->facts->tlsa_ttl_room = b->served_before->tlsa_ttl_count;
}

/* A wrong input never lets a zone die. The error stays, and with it the exit status. */
static bool rescue(struct zs_building *b)
{
	if (b->run->fault != ZS_INPUT && b->run->fault != ZS_REFUSED)
		return false;
	b->told.renews = true;
	forget_computed(b);
	/* what a run before had decided, and did not publish, comes with it: then the reload is one of all that the facts tell */
	const bool finish = b->facts->discarded && !b->facts->published.served_since;
	if (b->facts->published.known && (is_due(b) || finish)) {
		const struct zs_run_mark mark = zs_run_mark(b->run);
		b->rescue = true;
		if (b->arena)
			zs_arena_free(b->arena);
		b->arena = zs_arena_new();
		b->zone = NULL;
		if (zs_build_load_published(b) && make_plan(b))
			(void)!sign_and_publish(b); /* what fails here is reported with the rest */
		b->told.renews = b->result->outcome != ZS_BUILT_FAILED;
		zs_build_tell_once(b->run, &mark);
	}
	/* an earlier one failed; the zone in place does not wait for the input. After a plan, or an intent that was dropped, the facts hold
	 * moves that were not published: those must not get a date */
	if (b->facts->published.known && !b->facts->published.served_since && !b->plan && !b->facts->discarded && zs_build_output_is_there(b))
		(void)!zs_build_repeat_reload(b);
	zs_build_say_in_service(b);
	return false;
}

/* For the bench alone: all signatures anew with the keys of the state, written beside the output, verified by nobody. */
static bool build_for_bench(struct zs_building *b)
{
	struct zs_zone_config elsewhere = *b->zone_config;
	if (!b->facts->key_count)
		return zs_error(b->run, NULL, "the state of '%s' has no keys; build it once without --bench-no-verify", b->zone_config->name_text);
	elsewhere.output.path = zs_arena_printf(b->run->arena, "%s.unverified", b->zone_config->output.path);
	if (!zs_build_load_input(b) || !make_plan(b) || !make_signatures(b))
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
static bool is_large(const struct zs_building *b)
{
	struct stat stat_of;
	return b->options->small_max && stat(b->zone_config->file.path, &stat_of) == 0
	    && (uint64_t)stat_of.st_size > b->options->small_max;
}

static bool nothing_to_do(struct zs_building *b)
{
	b->told.taken = true;
	b->result->outcome = ZS_BUILT_NOTHING;
	b->result->serial = b->facts->published.serial;
	b->result->next_due = b->facts->next_due;
	b->result->earliest_expiration = b->facts->published.earliest_expiration;
	return true;
}

/* --dry-run: the build as far as it changes nothing but memory. */
static bool preview(struct zs_building *b)
{
	const struct zs_facts *before = zs_facts_copy(b->run->arena, b->facts);
	if (!zs_build_load_input(b) || !make_plan(b) || !zs_build_check_first(b->run, b->options, b->facts, b->plan, b->keys)
	    || !zs_build_check_plan(b->run, b->options, b->facts, b->plan) || !zs_build_check_overlap(b->run, b->options, b->facts, b->plan, b->keys) || !content_of(b, b->intent.content))
		return false;
	b->same = says_the_same(b);
	if (b->same && !must_resign(b) && b->facts->published.served_since)
		return nothing_to_do(b);
	if (!zs_build_choose_serial(b->run, b->zone_config, b->facts, b->same, b->zone))
		return false;
	zs_run_stage(b->run, "compare");
	struct zs_zone *published = NULL;
	if (b->facts->published.known && zs_build_output_is_there(b) && !zs_build_read_published(b, &published))
		return false;
	b->result->outcome = ZS_BUILT_PREVIEWED;
	b->result->record_count = b->zone->record_count;
	b->result->why = !b->facts->published.known ? "for the first time" : !published ? "anew, since the output is gone"
	                 : !b->same ? "with these changes" : must_resign(b) ? "unchanged, with new signatures" : "once more: it is not in service yet";
	zs_build_preview(b->run, published, b->zone, before, b->plan, b->result);
	return true;
}

static bool build_locked(struct zs_building *b)
{
	if (b->options->bench_no_verify)
		return build_for_bench(b);
	if (!zs_build_check_clock(b->run, b->options, b->facts))
		return false;
	b->told.clock_ok = true;
	if (b->zone_config->publish->kind == ZS_PUBLISH_UPDATE && b->options->dry_run) {
		zs_usage(b->run, "--dry-run is not for zones of 'publish: update'");
		return false;
	}
	if (b->zone_config->publish->kind == ZS_PUBLISH_UPDATE)
		return zs_build_update(b->run, b->config, b->zone_config, b->options, b->facts, b->arena, &b->told, b->result);
	if (b->facts->published.known && b->facts->published.served_since && !b->facts->intent.present && !is_due(b)
	    && zs_build_output_is_ours(b->zone_config, b->facts)
	    && zs_build_unchanged(b->run, b->config, b->zone_config, b->facts))
		return nothing_to_do(b); /* nothing was read but the state */
	zs_secret_no_dump();
	zs_build_look_for_another_server(b);
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
		return zs_build_repeat_reload(b);
	else if (!b->options->dry_run && !zs_build_look_at_former(b))
		return false;
	if (!zs_build_check_servers(b->run, b->zone_config, b->options, b->facts)
	    || !zs_build_inputs_before(b->run, b->config, b->zone_config, &b->inputs, &b->input_count, &b->input_room))
		return false;
	if (b->options->dry_run)
		return preview(b);
	b->told.before = !b->options->accept_count && zs_build_was_told(b->run, b->facts) && zs_build_unchanged(b->run, b->config, b->zone_config, b->facts);
	if (!zs_build_load_input(b))
		return rescue(b);
	if (!make_plan(b)) {
		zs_build_say_in_service(b); /* without its keys nothing can be signed again either */
		return false;
	}
	if (!sign_and_publish(b)) {
		if (b->committed)
			return false;
		if (!b->same) /* else the same would be tried again */
			return rescue(b);
		zs_build_say_in_service(b);
		return false;
	}
	if (!b->certificates_ok)
		zs_note(b->run, "a certificate or key file could not be used: what was last published of it stays, the rest of the zone is up to date");
	return b->certificates_ok;
}

/* What is kept and told of a build, ok or not. */
static bool end_build(struct zs_building *b, bool ok)
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
	struct zs_building b = { .run = run, .config = config, .zone_config = zone, .options = options, .result = out,
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
	zs_arena_trim(KEPT_BETWEEN_ZONES);
	zs_facts_close(b.facts);
	return ok;
}
