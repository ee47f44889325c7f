/* answer_denial.c - proofs that something does not exist: NSEC (RFC 4035 section 5.4, RFC 6840 section 4) and NSEC3 (RFC 5155
 * section 8). Only records that a signature of the zone proves are looked at. */
#include "verify/answer_private.h"

enum { HASH_LEN = ZS_NSEC3_HASH, HASH_LABEL = 32, OPT_OUT = 1, ITERATIONS_MAX = 50, DENIALS_MAX = 64 };

struct nsec {
	const uint8_t *owner, *next;
	struct zs_bytes types;
};

struct nsec3 {
	uint8_t hash[HASH_LEN], next[HASH_LEN];
	uint8_t flags;
	struct zs_bytes types;
};

/* The denying records of an answer. */
struct denial {
	struct zs_answer_judge *j;
	struct nsec nsec[DENIALS_MAX];
	size_t nsec_count;
	struct nsec3 nsec3[DENIALS_MAX];
	size_t nsec3_count;
	uint16_t iterations;
	struct zs_bytes salt;
	EVP_MD *sha1;
	EVP_MD_CTX *context;
	const struct zs_answer_set *bad; /* one that no signature proves */
};

static bool has_type(struct zs_bytes map, uint16_t type)
{
	for (size_t at = 0; at + 2 <= map.len && at + 2 + map.data[at + 1] <= map.len; at += 2u + map.data[at + 1])
		if (map.data[at] == type >> 8) {
			const unsigned octet = (type & 0xffu) / 8;
			return octet < map.data[at + 1] && map.data[at + 2 + octet] & 0x80 >> (type & 7);
		}
	return false;
}

static bool at_cut(struct zs_bytes types)
{
	return has_type(types, ZS_TYPE_NS) && !has_type(types, ZS_TYPE_SOA);
}

static void add_nsec(struct denial *d, const struct zs_answer_set *set)
{
	const size_t next = zs_name_check(set->rdata[0].data, set->rdata[0].len);
	if (next && d->nsec_count < DENIALS_MAX)
		d->nsec[d->nsec_count++] = (struct nsec){ set->owner, set->rdata[0].data, { set->rdata[0].data + next, set->rdata[0].len - next } };
}

/* RFC 5155 section 8.2: records with other hash algorithms, flags or parameters are as if they were not there. */
static void add_nsec3(struct denial *d, const struct zs_answer_set *set)
{
	const struct zs_bytes rdata = set->rdata[0];
	const size_t at = rdata.len < 5 ? 0 : 5u + rdata.data[4];
	struct nsec3 *n = &d->nsec3[d->nsec3_count];
	uint8_t hash[HASH_LABEL];
	size_t bad;
	if (!at || rdata.len < at + 1 + HASH_LEN || rdata.data[0] != 1 || rdata.data[1] & ~OPT_OUT || rdata.data[at] != HASH_LEN
	    || d->nsec3_count == DENIALS_MAX)
		return;
	if (set->owner[0] != HASH_LABEL || !zs_name_equal(zs_name_skip(set->owner, 1), d->j->trust->zone)
	    || zs_base32hex_decode((const char *)set->owner + 1, HASH_LABEL, hash, &bad) != HASH_LEN)
		return;
	const struct zs_bytes salt = { rdata.data + 5, rdata.data[4] };
	if (d->nsec3_count && (zs_get_u16(rdata.data + 2) != d->iterations || !zs_bytes_equal(salt, d->salt)))
		return;
	d->iterations = zs_get_u16(rdata.data + 2);
	d->salt = salt;
	memcpy(n->hash, hash, HASH_LEN);
	memcpy(n->next, rdata.data + at + 1, HASH_LEN);
	n->flags = rdata.data[1];
	n->types = (struct zs_bytes){ rdata.data + at + 1 + HASH_LEN, rdata.len - at - 1 - HASH_LEN };
	d->nsec3_count++;
}

static void release(void *object)
{
	struct denial *d = object;
	EVP_MD_CTX_free(d->context);
	EVP_MD_free(d->sha1);
}

/* The records that may deny, or NULL with the verdict. */
static struct denial *gather(struct zs_answer_judge *j)
{
	struct denial *d = zs_arena_alloc(j->arena, sizeof *d);
	d->j = j;
	for (size_t i = 0; i < j->set_count; i++) {
		struct zs_answer_set *set = &j->sets[i];
		if (set->section != ZS_SECTION_AUTHORITY || (set->type != ZS_TYPE_NSEC && set->type != ZS_TYPE_NSEC3))
			continue;
		if (!zs_answer_is_good(j, set))
			d->bad = set;
		else if (set->count == 1 && !zs_answer_from_wildcard(j, set)) /* a wildcard's NSEC is of no other name: RFC 4035 section 5.4 */
			(set->type == ZS_TYPE_NSEC ? add_nsec : add_nsec3)(d, set);
	}
	if (!d->nsec_count && !d->nsec3_count) {
		if (d->bad)
			zs_answer_bogus(j, d->bad->ede, d->bad->rfc, "%s", d->bad->why);
		else
			zs_answer_bogus(j, ZS_EDE_NO_NSEC, "RFC 4035 section 3.1.3", "the answer has neither NSEC nor NSEC3 that prove it");
		return NULL;
	}
	if (!d->nsec_count && d->iterations > ITERATIONS_MAX) {
		zs_answer_insecure(j, ZS_EDE_ITERATIONS, "RFC 9276 section 3.2", "NSEC3 has %u iterations; validators take no more than %d as a proof",
		                   d->iterations, ITERATIONS_MAX);
		return NULL;
	}
	d->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	d->context = EVP_MD_CTX_new();
	zs_arena_defer(j->arena, release, d);
	return d;
}

/* ---- NSEC ---- */

static const struct nsec *nsec_at(const struct denial *d, const uint8_t *name)
{
	for (size_t i = 0; i < d->nsec_count; i++)
		if (zs_name_equal(d->nsec[i].owner, name))
			return &d->nsec[i];
	return NULL;
}

/* name lies in the gap. The NSEC of a delegation, or of a DNAME, says nothing about names below it: RFC 6840 section 4.1. */
static bool nsec_covers(const struct denial *d, const struct nsec *n, const uint8_t *name)
{
	const bool last = zs_name_compare(n->next, n->owner) <= 0;
	if (zs_name_compare(name, n->owner) <= 0 || (!last && zs_name_compare(name, n->next) >= 0))
		return false;
	if (last && !zs_name_equal(n->next, d->j->trust->zone))
		return false;
	return !zs_name_below(name, n->owner) || !(at_cut(n->types) || has_type(n->types, ZS_TYPE_DNAME));
}

static const struct nsec *nsec_covering(const struct denial *d, const uint8_t *name)
{
	for (size_t i = 0; i < d->nsec_count; i++)
		if (nsec_covers(d, &d->nsec[i], name))
			return &d->nsec[i];
	return NULL;
}

/* Labels of the nearest name above that exists, as the two ends of the gap show it. */
static unsigned encloser_labels(const struct nsec *n, const uint8_t *name)
{
	const unsigned a = zs_name_common_labels(name, n->owner), b = zs_name_common_labels(name, n->next);
	return a > b ? a : b;
}

/* "*" below the ancestor of name with so many labels; that is never longer than name and a label. */
static const uint8_t *wildcard_at(struct zs_answer_judge *j, const uint8_t *name, unsigned labels)
{
	const uint8_t *encloser = zs_name_skip(name, zs_name_labels(name) - labels);
	const size_t len = zs_name_len(encloser);
	uint8_t *out = zs_arena_alloc(j->arena, len + 2);
	out[0] = 1;
	out[1] = '*';
	memcpy(out + 2, encloser, len);
	return out;
}

static bool missing(const struct denial *d, const char *rfc, const char *what, const uint8_t *name)
{
	if (d->bad)
		return zs_answer_bogus(d->j, d->bad->ede, d->bad->rfc, "%s", d->bad->why);
	return zs_answer_bogus(d->j, ZS_EDE_NO_NSEC, rfc, "no %s in the answer proves that %s '%s'", d->nsec_count ? "NSEC" : "NSEC3", what,
	                       zs_answer_name(d->j, name));
}

static void nsec_nxdomain(const struct denial *d, const uint8_t *name)
{
	const struct nsec *gap = nsec_covering(d, name);
	if (!gap) {
		if (nsec_at(d, name))
			zs_answer_bogus(d->j, ZS_EDE_BOGUS, "RFC 4035 section 5.4", "the answer is NXDOMAIN, and its NSEC says that '%s' exists",
			                zs_answer_name(d->j, name));
		else
			missing(d, "RFC 4035 section 5.4", "there is no name", name);
		return;
	}
	if (zs_name_below(gap->next, name)) {
		zs_answer_bogus(d->j, ZS_EDE_BOGUS, "RFC 4592 section 2.2.2", "the answer is NXDOMAIN, but '%s' exists: it is an empty non-terminal above '%s'",
		                zs_answer_name(d->j, name), zs_answer_name(d->j, gap->next));
		return;
	}
	const uint8_t *star = wildcard_at(d->j, name, encloser_labels(gap, name));
	const struct nsec *around = nsec_covering(d, star);
	if (!around)
		missing(d, "RFC 4035 section 5.4", "there is no wildcard", star);
	else if (zs_name_below(around->next, star))
		zs_answer_bogus(d->j, ZS_EDE_BOGUS, "RFC 4592 section 2.2.2", "the answer is NXDOMAIN, but the wildcard '%s' exists: it is an empty non-terminal above '%s'",
		                zs_answer_name(d->j, star), zs_answer_name(d->j, around->next));
}

/* The type is not at the name itself: from the right side of a zone cut, and no CNAME (RFC 6840 section 4.3). */
static bool denies_type(struct zs_answer_judge *j, struct zs_bytes types, const uint8_t *name)
{
	const uint16_t type = j->answer->qtype;
	char text[ZS_TYPE_TEXT];
	if (has_type(types, type))
		return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 4035 section 5.4", "the answer says that '%s' has no %s, its proof says that it has",
		                       zs_answer_name(j, name), zs_type_text(type, text));
	if (has_type(types, ZS_TYPE_CNAME))
		return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 6840 section 4.3", "'%s' has a CNAME, which the answer leaves out", zs_answer_name(j, name));
	if (type != ZS_TYPE_DS && at_cut(types))
		return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 6840 section 4.4", "'%s' is a delegation: its parent cannot deny what is in the zone below",
		                       zs_answer_name(j, name));
	if (type == ZS_TYPE_DS && has_type(types, ZS_TYPE_SOA) && zs_name_labels(name))
		return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 4035 section 5.2", "the zone '%s' itself denies its DS; the zone above has to",
		                       zs_answer_name(j, name));
	return true;
}

static void nsec_nodata(const struct denial *d, const uint8_t *name)
{
	struct zs_answer_judge *j = d->j;
	const struct nsec *at = nsec_at(d, name);
	if (at) {
		if (has_type(at->types, ZS_TYPE_NXNAME))
			j->out->kind = ZS_ANSWER_NXDOMAIN; /* compact denial: RFC 9824 section 3 */
		(void)denies_type(j, at->types, name);
		return;
	}
	const struct nsec *gap = nsec_covering(d, name);
	if (!gap) {
		missing(d, "RFC 4035 section 5.4", "the type is not at", name);
		return;
	}
	if (zs_name_below(gap->next, name))
		return; /* an empty non-terminal has no types */
	const uint8_t *star = wildcard_at(j, name, encloser_labels(gap, name));
	const struct nsec *wild = nsec_at(d, star), *around = wild ? NULL : nsec_covering(d, star);
	const bool empty = around && zs_name_below(around->next, star); /* the wildcard is an empty non-terminal: RFC 4592 section 4.9 */
	j->out->wildcard = wild || empty;
	j->out->wildcard_name = wild || empty ? star : NULL;
	if (!wild && !empty)
		missing(d, "RFC 4035 section 5.4", "the type is not at the wildcard", star);
	else if (wild)
		(void)denies_type(j, wild->types, star);
}

/* ---- NSEC3 ---- */

static bool hash_name(const struct denial *d, const uint8_t *name, uint8_t out[HASH_LEN])
{
	return (d->sha1 && d->context && zs_verify_nsec3_hash(d->context, d->sha1, d->salt, d->iterations, name, out))
	    || zs_answer_bogus(d->j, ZS_EDE_OTHER, NULL, "the NSEC3 hash of '%s' cannot be computed", zs_answer_name(d->j, name));
}

static const struct nsec3 *nsec3_at(const struct denial *d, const uint8_t *name)
{
	uint8_t hash[HASH_LEN];
	for (size_t i = 0; hash_name(d, name, hash) && i < d->nsec3_count; i++)
		if (memcmp(d->nsec3[i].hash, hash, HASH_LEN) == 0)
			return &d->nsec3[i];
	return NULL;
}

static const struct nsec3 *nsec3_covering(const struct denial *d, const uint8_t *name)
{
	uint8_t hash[HASH_LEN];
	if (!hash_name(d, name, hash))
		return NULL;
	for (size_t i = 0; i < d->nsec3_count; i++) {
		const struct nsec3 *n = &d->nsec3[i];
		const bool after = memcmp(hash, n->hash, HASH_LEN) > 0, before = memcmp(hash, n->next, HASH_LEN) < 0;
		const bool last = memcmp(n->next, n->hash, HASH_LEN) <= 0;
		if (last ? (after || before) && memcmp(hash, n->hash, HASH_LEN) != 0 : after && before)
			return n;
	}
	return NULL;
}

/* RFC 5155 section 8.3: the nearest name above (or at) name with an NSEC3 of its own, and the record that covers the next name down.
 * *labels: of the encloser. NULL, with the verdict, if either is missing. */
static const struct nsec3 *encloser_proof(const struct denial *d, const uint8_t *name, unsigned *labels)
{
	const unsigned all = zs_name_labels(name), top = zs_name_labels(d->j->trust->zone);
	for (unsigned i = 1; i <= all - top; i++) {
		const uint8_t *above = zs_name_skip(name, i);
		const struct nsec3 *match = nsec3_at(d, above);
		if (!match)
			continue;
		if (at_cut(match->types) || has_type(match->types, ZS_TYPE_DNAME)) {
			zs_answer_bogus(d->j, ZS_EDE_BOGUS, "RFC 5155 section 8.3", "'%s' is a delegation or a DNAME, and can prove nothing below it",
			                zs_answer_name(d->j, above));
			return NULL;
		}
		*labels = all - i;
		const struct nsec3 *cover = nsec3_covering(d, zs_name_skip(name, i - 1));
		if (!cover)
			missing(d, "RFC 5155 section 8.3", "there is no name", zs_name_skip(name, i - 1));
		return cover;
	}
	missing(d, "RFC 5155 section 8.3", "there is a name above", name);
	return NULL;
}

/* What opt-out covers may exist as an unsigned delegation: RFC 5155 section 9.2. */
static void mark_opt_out(const struct denial *d, const struct nsec3 *cover, const uint8_t *name)
{
	if (cover->flags & OPT_OUT)
		zs_answer_insecure(d->j, -1, "RFC 5155 section 9.2", "opt-out: '%s' may be an unsigned delegation", zs_answer_name(d->j, name));
}

static void nsec3_nxdomain(const struct denial *d, const uint8_t *name)
{
	unsigned labels = 0;
	if (nsec3_at(d, name)) {
		zs_answer_bogus(d->j, ZS_EDE_BOGUS, "RFC 5155 section 8.4", "the answer is NXDOMAIN, and its NSEC3 says that '%s' exists",
		                zs_answer_name(d->j, name));
		return;
	}
	const struct nsec3 *cover = encloser_proof(d, name, &labels);
	if (!cover)
		return;
	const uint8_t *star = wildcard_at(d->j, name, labels);
	if (!nsec3_covering(d, star))
		missing(d, "RFC 5155 section 8.4", "there is no wildcard", star);
	mark_opt_out(d, cover, name);
}

static void nsec3_nodata(const struct denial *d, const uint8_t *name)
{
	struct zs_answer_judge *j = d->j;
	const struct nsec3 *at = nsec3_at(d, name);
	unsigned labels = 0;
	if (at) {
		(void)denies_type(j, at->types, name);
		return;
	}
	const struct nsec3 *cover = encloser_proof(d, name, &labels);
	if (!cover)
		return;
	const uint8_t *star = wildcard_at(j, name, labels);
	const struct nsec3 *wild = nsec3_at(d, star);
	if (wild) {
		j->out->wildcard = true;
		j->out->wildcard_name = star;
		(void)denies_type(j, wild->types, star); /* RFC 5155 section 8.7 */
	} else if (!(cover->flags & OPT_OUT)) { /* with it: section 8.6, and names that exist for an unsigned delegation below only */
		missing(d, j->answer->qtype == ZS_TYPE_DS ? "RFC 5155 section 8.6" : "RFC 5155 section 8.5", "the type is not at", name);
		return;
	}
	mark_opt_out(d, cover, name);
}

/* ---- what answer.c asks for ---- */

void zs_answer_nxdomain(struct zs_answer_judge *j, const uint8_t *name)
{
	const struct denial *d = gather(j);
	if (d)
		(d->nsec_count ? nsec_nxdomain : nsec3_nxdomain)(d, name);
}

void zs_answer_nodata(struct zs_answer_judge *j, const uint8_t *name)
{
	const struct denial *d = gather(j);
	if (d)
		(d->nsec_count ? nsec_nodata : nsec3_nodata)(d, name);
}

void zs_answer_wildcard(struct zs_answer_judge *j, const uint8_t *name, const struct zs_answer_set *set)
{
	const unsigned labels = set->labels;
	j->out->wildcard_name = wildcard_at(j, name, labels);
	const struct denial *d = gather(j);
	if (!d)
		return;
	const uint8_t *nearer = zs_name_skip(name, zs_name_labels(name) - labels - 1);
	if (d->nsec_count) {
		const struct nsec *gap = nsec_covering(d, name);
		if (!gap)
			missing(d, "RFC 4035 section 5.3.4", "a wildcard may answer: that there is no name", name);
		else if (encloser_labels(gap, name) != labels || zs_name_below(gap->next, name))
			zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 4592 section 3.3.1", "the wildcard '%s' does not answer for '%s': a nearer name exists",
			                zs_answer_name(j, j->out->wildcard_name), zs_answer_name(j, name));
		return;
	}
	const struct nsec3 *cover = nsec3_covering(d, nearer);
	if (cover)
		mark_opt_out(d, cover, name);
	else
		missing(d, "RFC 5155 section 8.8", "a wildcard may answer: that there is no name", nearer);
}

void zs_answer_no_ds(struct zs_answer_judge *j, const uint8_t *name)
{
	struct denial *d = j->unsigned_zone ? NULL : gather(j);
	if (!d)
		return;
	const struct nsec *nsec = d->nsec_count ? nsec_at(d, name) : NULL;
	const struct nsec3 *nsec3 = d->nsec_count ? NULL : nsec3_at(d, name), *cover;
	unsigned labels;
	if (nsec || nsec3) {
		const struct zs_bytes types = nsec ? nsec->types : nsec3->types;
		if (!at_cut(types) || has_type(types, ZS_TYPE_DS))
			zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 4035 section 5.2", "'%s' is delegated without a DS, and its proof says %s", zs_answer_name(j, name),
			                has_type(types, ZS_TYPE_DS) ? "that it has one" : "that it is no delegation");
		else
			zs_answer_insecure(j, -1, "RFC 4035 section 5.2", "'%s' is an unsigned delegation: it has no DS", zs_answer_name(j, name));
	} else if (d->nsec_count) {
		missing(d, "RFC 4035 section 3.1.4", "there is no DS at", name);
	} else if ((cover = encloser_proof(d, name, &labels))) {
		if (cover->flags & OPT_OUT)
			zs_answer_insecure(j, -1, "RFC 5155 section 8.9", "'%s' is an unsigned delegation, left out of the chain by opt-out", zs_answer_name(j, name));
		else
			zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 5155 section 8.9", "the NSEC3 that covers '%s' has no opt-out flag", zs_answer_name(j, name));
	}
}
