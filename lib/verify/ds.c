/* ds.c - G5: does the parent's DS lead to a key that signs the DNSKEY RRset (RFC 4035 section 5.2)? And would those that the zone
 * asks for by CDS and CDNSKEY (RFC 7344)? */
#include "verify/verify_private.h"

#include <string.h>

#include "base/hash.h"

static bool digest_of(uint8_t type, enum zs_hash *out)
{
	switch (type) {
	case ZS_DS_SHA1:
		*out = ZS_SHA1;
		return true;
	case ZS_DS_SHA256:
		*out = ZS_SHA256;
		return true;
	case ZS_DS_SHA384:
		*out = ZS_SHA384;
		return true;
	default:
		return false;
	}
}

/* DS: tag, algorithm, digest type, digest(owner | DNSKEY RDATA): RFC 4034 section 5.1. */
bool zs_verify_ds_matches(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, struct zs_bytes dnskey)
{
	uint8_t owner[ZS_NAME_MAX], digest[ZS_HASH_MAX];
	enum zs_hash hash;
	if (ds.len <= 4 || dnskey.len <= 4 || zs_get_u16(ds.data) != zs_key_tag(dnskey.data, dnskey.len) || ds.data[2] != dnskey.data[3]
	    || !digest_of(ds.data[3], &hash))
		return false;
	const size_t owner_len = zs_name_len(zone);
	zs_name_lower(zone, owner_len, owner);
	const struct zs_bytes pieces[] = { { owner, owner_len }, dnskey };
	return zs_hash_pieces(run, hash, pieces, ZS_COUNT(pieces), digest) && ds.len == 4 + zs_hash_len(hash)
	    && memcmp(ds.data + 4, digest, zs_hash_len(hash)) == 0;
}

/* The same of a key in the zone. */
static bool matches(struct zs_verifier *v, struct zs_bytes ds, const struct zs_vkey *key)
{
	return key->in_zone && zs_verify_ds_matches(v->run, v->zone->apex, ds, key->rdata);
}

bool zs_verify_ds_counts(struct zs_bytes ds, const struct zs_bytes *all, size_t count)
{
	enum zs_hash hash;
	const struct zs_algorithm_info *info = ds.len > 4 ? zs_algorithm_info(ds.data[2]) : NULL;
	if (!info || !info->verifies || !digest_of(ds.data[3], &hash))
		return false;
	for (size_t i = 0; ds.data[3] == ZS_DS_SHA1 && i < count; i++)
		if (all[i].len > 4 && (all[i].data[3] == ZS_DS_SHA256 || all[i].data[3] == ZS_DS_SHA384))
			return false;
	return true;
}

static bool counts(const struct zs_verifier *v, struct zs_bytes ds)
{
	return zs_verify_ds_counts(ds, v->options->ds, v->options->ds_count);
}

/* Why this DS leads nowhere, or NULL if it leads to a key that signs the DNSKEY RRset. */
static const char *dead_end(struct zs_verifier *v, struct zs_bytes ds)
{
	const char *why = "matches no DNSKEY of the zone";
	for (size_t i = 0; i < v->key_count; i++) {
		const struct zs_vkey *key = &v->keys[i];
		if (!matches(v, ds, key))
			continue;
		if (key->usable && !(key->flags & ZS_DNSKEY_REVOKE) && key->signs_dnskeys)
			return NULL;
		why = key->flags & ZS_DNSKEY_REVOKE ? "leads to a revoked key"
		    : !key->usable ? "leads to a key that cannot sign"
		    : "leads to a key that has not signed the DNSKEY RRset";
	}
	return why;
}

static void judge_algorithm(struct zs_verifier *v, uint8_t algorithm, bool *any)
{
	const char *why = NULL;
	struct zs_bytes ds = { 0 };
	for (size_t i = 0; i < v->options->ds_count; i++) {
		if (!counts(v, v->options->ds[i]) || v->options->ds[i].data[2] != algorithm)
			continue;
		ds = v->options->ds[i];
		why = dead_end(v, ds);
		if (!why) {
			*any = true;
			return;
		}
	}
	if (why)
		zs_verify_refuse(v, 7, "no DS of algorithm %u leads into the zone: DS %u %s", algorithm, zs_get_u16(ds.data), why);
}

void zs_verify_ds(struct zs_verifier *v)
{
	bool any = false, usable = false, seen[256] = { false };
	const char *why = "is of no kind that validators know";
	if (!v->options->ds_count)
		return;
	for (size_t i = 0; i < v->options->ds_count; i++)
		if (counts(v, v->options->ds[i])) {
			usable = true;
			seen[v->options->ds[i].data[2]] = true;
			why = dead_end(v, v->options->ds[i]);
			any = any || !why;
		}
	if (!any) {
		zs_verify_refuse(v, 5, usable ? "no DS at the parent leads into the zone '%s': the last one %s"
		                              : "no DS at the parent can be used for the zone '%s': the last one %s",
		                 zs_verify_name(v, v->zone->apex), why);
		zs_verify_hint(v, 5, "validators would refuse the whole zone; keep the old key until the DS of the new one is out");
		return;
	}
	/* a signer owes every algorithm in the DS RRset: RFC 6840 section 5.11 */
	for (unsigned algorithm = 0; algorithm < 256; algorithm++)
		if (seen[algorithm])
			judge_algorithm(v, (uint8_t)algorithm, &any);
}

/* RFC 8078 section 4: algorithm 0 asks the parent to remove every DS. */
static bool asks_removal(const struct zs_bytes *list, size_t count, size_t algorithm_at)
{
	bool any = false;
	for (size_t i = 0; i < count; i++)
		any = any || (list[i].len > algorithm_at && list[i].data[algorithm_at] == 0);
	return any;
}

static const struct zs_bytes *list_of(struct zs_verifier *v, uint16_t type, size_t *count)
{
	const struct zs_rrset *set = zs_zone_rrset(v->zone, v->apex, type);
	*count = set ? set->count : 0;
	struct zs_bytes *list = zs_arena_array(v->scratch, *count, sizeof *list);
	for (uint32_t i = 0; i < *count; i++)
		list[i] = zs_rrset_rdata(v->zone, set, i);
	return list;
}

static void refuse_asked(struct zs_verifier *v, const char *type, const char *why)
{
	zs_verify_unwise(v, 5, !v->options->accept_g5, "no %s of the zone '%s' leads into it: the last one %s", type, zs_verify_name(v, v->zone->apex), why);
	zs_verify_hint(v, 5, "validators would refuse the whole zone if its parent took them for the DS (RFC 7344 section 4.1)");
}

static void judge_cds(struct zs_verifier *v, const struct zs_bytes *cds, size_t count)
{
	const char *why = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!zs_verify_ds_counts(cds[i], cds, count))
			continue;
		why = dead_end(v, cds[i]);
		if (!why)
			return;
	}
	if (why)
		refuse_asked(v, "CDS", why);
}

static void judge_cdnskeys(struct zs_verifier *v, const struct zs_bytes *cdnskeys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < v->key_count; k++) {
			const struct zs_vkey *key = &v->keys[k];
			if (key->in_zone && key->usable && !(key->flags & ZS_DNSKEY_REVOKE) && key->signs_dnskeys && zs_bytes_equal(key->rdata, cdnskeys[i]))
				return;
		}
	refuse_asked(v, "CDNSKEY", "is of no key that signs the DNSKEY RRset");
}

/* Is the CDS about this key? Where its digest cannot be computed, as far as that can be seen. */
static bool is_about(struct zs_verifier *v, struct zs_bytes cds, struct zs_bytes cdnskey)
{
	enum zs_hash hash;
	if (cds.len <= 4 || cdnskey.len <= 4 || digest_of(cds.data[3], &hash))
		return zs_verify_ds_matches(v->run, v->zone->apex, cds, cdnskey);
	return zs_get_u16(cds.data) == zs_key_tag(cdnskey.data, cdnskey.len) && cds.data[2] == cdnskey.data[3];
}

static bool agree(struct zs_verifier *v, const struct zs_bytes *cds, size_t cds_count, const struct zs_bytes *cdnskeys, size_t cdnskey_count)
{
	bool all = true;
	for (size_t i = 0; i < cds_count; i++) {
		bool found = false;
		for (size_t j = 0; j < cdnskey_count && !found; j++)
			found = is_about(v, cds[i], cdnskeys[j]);
		all = all && found;
	}
	for (size_t j = 0; j < cdnskey_count; j++) {
		bool found = false;
		for (size_t i = 0; i < cds_count && !found; i++)
			found = is_about(v, cds[i], cdnskeys[j]);
		all = all && found;
	}
	return all;
}

void zs_verify_cds(struct zs_verifier *v)
{
	size_t cds_count, cdnskey_count;
	const struct zs_bytes *cds = list_of(v, ZS_TYPE_CDS, &cds_count), *cdnskeys = list_of(v, ZS_TYPE_CDNSKEY, &cdnskey_count);
	const bool cds_removal = asks_removal(cds, cds_count, 2), cdnskey_removal = asks_removal(cdnskeys, cdnskey_count, 3);
	const char *apex = zs_verify_name(v, v->zone->apex);
	if ((cds_removal && cds_count > 1) || (cdnskey_removal && cdnskey_count > 1)) {
		zs_verify_unwise(v, 5, !v->options->accept_g5, "%s of '%s' asks the parent to remove every DS, and does not stand alone (RFC 8078 section 4)",
		                 cds_removal ? "a CDS" : "a CDNSKEY", apex);
		return;
	}
	if (cds_count > ZS_CDS_MAX || cdnskey_count > ZS_CDS_MAX) {
		zs_verify_unwise(v, 16, !v->options->accept_g16, "'%s' has %zu CDS and %zu CDNSKEY records, more than %d", apex, cds_count, cdnskey_count, ZS_CDS_MAX);
		return;
	}
	if (cds_count && !cds_removal)
		judge_cds(v, cds, cds_count);
	if (cdnskey_count && !cdnskey_removal)
		judge_cdnskeys(v, cdnskeys, cdnskey_count);
	if (cds_count && cdnskey_count && (cds_removal != cdnskey_removal || (!cds_removal && !agree(v, cds, cds_count, cdnskeys, cdnskey_count)))) {
		zs_verify_unwise(v, 5, !v->options->accept_g5, "CDS and CDNSKEY of '%s' do not ask for the same (RFC 7344 section 4)", apex);
		zs_verify_hint(v, 5, "parents that look at the one would make other DS than those that look at the other");
	}
}
