/* answer.c - what a server's answer says, and whether a signature of the parent's keys proves it. ldns reads; verify/
 * judges what is denied. */
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "live/ldns.h"
#include "live/live_private.h"
#include "verify/verify.h"

enum { DS_MAX = 64, TRIES_MAX = 16, BADVERS = 16 }; /* DS records of one answer, real ones have up to 8; signatures over them that fail */

static ldns_rdf *name_rdf(const uint8_t *name)
{
	return zs_ldns.dname_new_frm_data((uint16_t)zs_name_len(name), name);
}

static bool owner_is(const ldns_rr *rr, const ldns_rdf *name)
{
	return zs_ldns.rr_owner(rr) && zs_ldns.dname_compare(zs_ldns.rr_owner(rr), name) == 0;
}

/* The records of a type in a section, NULL if there are none; owner NULL: any. The list is the caller's, its records the packet's. */
static ldns_rr_list *pick(const ldns_rr_list *from, ldns_rr_type type, const ldns_rdf *owner)
{
	ldns_rr_list *out = zs_ldns.rr_list_new();
	for (size_t i = 0; out && from && i < zs_ldns.rr_list_rr_count(from); i++) {
		ldns_rr *rr = zs_ldns.rr_list_rr(from, i);
		if (zs_ldns.rr_get_type(rr) == type && zs_ldns.rr_get_class(rr) == LDNS_RR_CLASS_IN && (!owner || owner_is(rr, owner)))
			zs_ldns.rr_list_push_rr(out, rr);
	}
	return out;
}

static ldns_rr_list *chain_keys(const struct zs_chain_keys *keys)
{
	ldns_rr_list *out = zs_ldns.rr_list_new();
	for (size_t i = 0; out && i < keys->key_count; i++) {
		ldns_rr *rr = zs_ldns.rr_new();
		const struct zs_bytes key = keys->keys[i];
		if (!rr || key.len < 5)
			continue;
		zs_ldns.rr_set_type(rr, LDNS_RR_TYPE_DNSKEY);
		zs_ldns.rr_set_class(rr, LDNS_RR_CLASS_IN);
		zs_ldns.rr_set_owner(rr, name_rdf(keys->zone));
		zs_ldns.rr_push_rdf(rr, zs_ldns.rdf_new_frm_data(LDNS_RDF_TYPE_INT16, 2, key.data));
		zs_ldns.rr_push_rdf(rr, zs_ldns.rdf_new_frm_data(LDNS_RDF_TYPE_INT8, 1, key.data + 2));
		zs_ldns.rr_push_rdf(rr, zs_ldns.rdf_new_frm_data(LDNS_RDF_TYPE_ALG, 1, key.data + 3));
		zs_ldns.rr_push_rdf(rr, zs_ldns.rdf_new_frm_data(LDNS_RDF_TYPE_B64, key.len - 4, key.data + 4));
		zs_ldns.rr_list_push_rr(out, rr);
	}
	return out;
}

/* A signature by the parent zone over a set at its own name, not made from a wildcard. */
static bool fits(const ldns_rr *rrsig, const ldns_rr_list *set, const ldns_rdf *zone)
{
	const ldns_rr *first = zs_ldns.rr_list_rr(set, 0);
	return zs_ldns.rr_rd_count(rrsig) == 9 && zs_ldns.rdf2rr_type(zs_ldns.rr_rrsig_typecovered(rrsig)) == zs_ldns.rr_get_type(first)
	    && owner_is(rrsig, zs_ldns.rr_owner(first)) && zs_ldns.dname_compare(zs_ldns.rr_rrsig_signame(rrsig), zone) == 0
	    && zs_ldns.rdf2native_int8(zs_ldns.rr_rrsig_labels(rrsig)) == zs_ldns.dname_label_count(zs_ldns.rr_owner(first));
}

/* One good signature suffices: RFC 4035 section 5.3.3. Each that fails costs the work of one that does not
 * (CVE-2023-50387). *original: the TTL that it was made over; of several the largest. */
static bool is_signed(const ldns_rr_list *set, const ldns_rr_list *rrsigs, const ldns_rr_list *keys, const ldns_rdf *zone, zs_time now,
                      uint32_t *original)
{
	bool any = false;
	*original = 0;
	for (size_t i = 0, tries = 0; zs_ldns.rr_list_rr_count(set) && i < zs_ldns.rr_list_rr_count(rrsigs) && tries < TRIES_MAX; i++) {
		const ldns_rr *rrsig = zs_ldns.rr_list_rr(rrsigs, i);
		if (!fits(rrsig, set, zone))
			continue;
		ldns_rr_list *good = zs_ldns.rr_list_new();
		const bool ok = zs_ldns.verify_rrsig_keylist_time(set, rrsig, keys, (time_t)now, good) == LDNS_STATUS_OK;
		zs_ldns.rr_list_free(good);
		const uint32_t ttl = ok ? zs_ldns.rdf2native_int32(zs_ldns.rr_rrsig_origttl(rrsig)) : 0;
		if (ttl > *original)
			*original = ttl;
		any = any || ok;
		tries += !ok;
	}
	return any;
}

/* "No DS" is proven, as a validator of the parent's keys sees it. By opt-out too, which says that there may be a delegation without one. */
static bool is_denied(struct zs_run *run, struct zs_bytes wire, const uint8_t *zone, const struct zs_chain_keys *chain)
{
	const struct zs_answer_trust trust = { .zone = chain->zone, .dnskeys = chain->keys, .dnskey_count = chain->key_count, .now = chain->now };
	struct zs_answer_verdict verdict;
	struct zs_answer answer;
	if (!chain->key_count || !zs_live_message(run->arena, wire, zone, ZS_TYPE_DS, &answer))
		return false;
	zs_verify_answer(run, run->arena, &answer, &trust, &verdict);
	return verdict.kind == ZS_ANSWER_NODATA
	    && (verdict.state == ZS_ANSWER_SECURE || (verdict.state == ZS_ANSWER_INSECURE && verdict.ede < 0)); /* an EDE: there was no proof to look at */
}

/* A DS record's RDATA; false if it has not four fields. */
static bool ds_rdata(struct zs_arena *arena, const ldns_rr *rr, struct zs_bytes *out)
{
	struct zs_buf buf = { .arena = arena, .max = 1024 };
	for (size_t i = 0; i < zs_ldns.rr_rd_count(rr); i++)
		zs_buf_add(&buf, zs_ldns.rdf_data(zs_ldns.rr_rdf(rr, i)), zs_ldns.rdf_size(zs_ldns.rr_rdf(rr, i)));
	*out = (struct zs_bytes){ buf.data, buf.len };
	return zs_ldns.rr_rd_count(rr) == 4 && buf.len > 4 && !buf.full;
}

static int by_bytes(const void *a, const void *b)
{
	return zs_bytes_compare(*(const struct zs_bytes *)a, *(const struct zs_bytes *)b);
}

static bool read_set(struct zs_run *run, const ldns_rr_list *set, struct zs_server_view *view)
{
	const size_t count = zs_ldns.rr_list_rr_count(set);
	if (count > DS_MAX)
		return false;
	struct zs_bytes *ds = zs_arena_array(run->arena, count + 1, sizeof *ds);
	view->ttl = 0;
	view->ds_count = 0;
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = zs_ldns.rr_list_rr(set, i);
		if (!ds_rdata(run->arena, rr, &ds[i]))
			return false;
		if (zs_ldns.rr_ttl(rr) > view->ttl)
			view->ttl = zs_ldns.rr_ttl(rr);
	}
	if (count)
		qsort(ds, count, sizeof *ds, by_bytes);
	for (size_t i = 0; i < count; i++) /* one record twice is one record: RFC 2181 section 5 */
		if (!view->ds_count || zs_bytes_compare(ds[view->ds_count - 1], ds[i]) != 0)
			ds[view->ds_count++] = ds[i];
	view->ds = ds;
	return true;
}

/* Without a DS the answer names the zone that denies it by its SOA: below or at the zone itself it is the child's, not the parent's. */
static const char *denied_by_child(ldns_pkt *pkt, const ldns_rdf *zone)
{
	ldns_rr_list *soa = pick(zs_ldns.pkt_authority(pkt), LDNS_RR_TYPE_SOA, NULL);
	const size_t count = zs_ldns.rr_list_rr_count(soa);
	const bool above = count && zs_ldns.dname_is_subdomain(zone, zs_ldns.rr_owner(zs_ldns.rr_list_rr(soa, 0)));
	zs_ldns.rr_list_free(soa);
	return !count ? "it says neither yes nor no" : above ? NULL : "it answers for the zone itself, not for its parent";
}

/* An alias in the parent, there or by a DNAME above, stands where the delegation should: no DS can be beside it. */
static bool is_alias(ldns_pkt *pkt, const ldns_rdf *zone)
{
	ldns_rr_list *alias = pick(zs_ldns.pkt_answer(pkt), LDNS_RR_TYPE_CNAME, zone);
	const bool there = zs_ldns.rr_list_rr_count(alias) > 0;
	zs_ldns.rr_list_free(alias);
	return there;
}

static const char *read_content(struct zs_run *run, struct zs_bytes wire, ldns_pkt *pkt, const uint8_t *zone, const struct zs_chain_keys *chain,
                                struct zs_server_view *view)
{
	const unsigned rcode = zs_live_rcode(pkt);
	if (rcode != LDNS_RCODE_NOERROR)
		return zs_arena_printf(run->arena, "it answers with rcode %u%s", rcode,
		                       rcode == LDNS_RCODE_NXDOMAIN ? " (no such name: the zone is not delegated there)" : zs_live_rcode_words(rcode));
	if (!zs_ldns.pkt_aa(pkt))
		return "it has no authority for the parent zone";
	ldns_rdf *name = name_rdf(zone);
	ldns_rr_list *set = pick(zs_ldns.pkt_answer(pkt), LDNS_RR_TYPE_DS, name);
	ldns_rr_list *rrsigs = pick(zs_ldns.pkt_answer(pkt), LDNS_RR_TYPE_RRSIG, NULL);
	ldns_rr_list *keys = chain_keys(chain);
	ldns_rdf *parent = name_rdf(chain->zone);
	const char *why = NULL;
	uint32_t original = 0;
	if (!read_set(run, set, view))
		why = "its DS records are damaged";
	else if (!view->ds_count)
		why = is_alias(pkt, name) ? "it has an alias (CNAME or DNAME) where the zone should be delegated" : denied_by_child(pkt, name);
	if (!why && chain->chain == ZS_CHAIN_SECURE)
		view->validated = view->ds_count ? is_signed(set, rrsigs, keys, parent, chain->now, &original)
		                                 : is_denied(run, wire, zone, chain);
	/* no signature covers the TTL in the answer; a validator keeps the set no longer than the one that is signed (RFC 4035 section 5.3.3) */
	if (view->validated)
		view->ttl = original;
	if (view->ttl > ZS_PARENT_TTL_MAX)
		view->ttl = ZS_PARENT_TTL_MAX;
	zs_ldns.rdf_deep_free(parent);
	zs_ldns.rr_list_deep_free(keys);
	zs_ldns.rr_list_free(rrsigs);
	zs_ldns.rr_list_free(set);
	zs_ldns.rdf_deep_free(name);
	return why;
}

void zs_answer_read(struct zs_run *run, struct zs_bytes answer, const uint8_t *zone, const struct zs_chain_keys *keys,
                    struct zs_server_view *view)
{
	const char *problem = zs_ldns_problem(), *why = problem ? problem : "its answer is damaged";
	ldns_pkt *pkt = problem ? NULL : zs_live_packet(answer);
	view->validated = false;
	view->ds = NULL;
	view->ds_count = 0;
	view->ttl = 0;
	if (pkt) {
		why = read_content(run, answer, pkt, zone, keys, view);
		zs_ldns.pkt_free(pkt);
	}
	view->reply = why ? ZS_REPLY_LAME : ZS_REPLY_ANSWERED;
	view->why = why;
	if (why) {
		view->ds_count = 0;
		view->ttl = 0;
	} else if (keys->chain == ZS_CHAIN_SECURE && !view->validated) {
		view->why = "its answer does not validate under the keys of the parent zone";
	}
}

bool zs_answer_serial(struct zs_bytes answer, const uint8_t *zone, uint32_t *serial, const char **why)
{
	*why = zs_ldns_problem();
	if (*why)
		return false;
	ldns_pkt *pkt = zs_live_packet(answer);
	ldns_rdf *name = name_rdf(zone);
	*why = "its answer is damaged";
	if (pkt) {
		ldns_rr_list *soa = pick(zs_ldns.pkt_answer(pkt), LDNS_RR_TYPE_SOA, name);
		const unsigned rcode = zs_live_rcode(pkt);
		if (rcode != LDNS_RCODE_NOERROR || !zs_ldns.pkt_aa(pkt)) {
			*why = rcode == LDNS_RCODE_REFUSED    ? "it refuses questions for the zone"
			       : rcode == LDNS_RCODE_SERVFAIL ? "it has the zone, but cannot serve it (SERVFAIL)"
			       : rcode == LDNS_RCODE_FORMERR  ? "it does not understand the question (FORMERR)"
			       : rcode == BADVERS             ? "it does not know EDNS (BADVERS)"
			                                      : "it has no authority for the zone";
		} else if (zs_ldns.rr_list_rr_count(soa) && zs_ldns.rr_rd_count(zs_ldns.rr_list_rr(soa, 0)) == 7) {
			*serial = zs_ldns.rdf2native_int32(zs_ldns.rr_rdf(zs_ldns.rr_list_rr(soa, 0), 2));
			*why = NULL;
		} else {
			*why = "it has no SOA of the zone";
		}
		zs_ldns.rr_list_free(soa);
		zs_ldns.pkt_free(pkt);
	}
	zs_ldns.rdf_deep_free(name);
	return !*why;
}

bool zs_answer_is_apex(struct zs_bytes answer, const uint8_t *name)
{
	uint32_t serial;
	const char *why;
	return zs_answer_serial(answer, name, &serial, &why);
}
