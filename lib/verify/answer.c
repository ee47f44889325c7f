/* answer.c - what an answer says, and whether a validator that trusts the zone's keys would believe it (RFC 4035 section 5). */
#include "verify/answer_private.h"

#include <stdarg.h>

enum { ALIASES_MAX = 16, TYPE_ANY = 255 };

const char *zs_ede_text(int code)
{
	static const char *const names[] = {
		"Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
		"DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing", "RRSIGs Missing",
		"No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored", "Filtered", "Prohibited",
		"Stale NXDOMAIN Answer", "Not Authoritative", "Not Supported", "No Reachable Authority", "Network Error", "Invalid Data",
		"Signature Expired before Valid", "Too Early", "Unsupported NSEC3 Iterations Value",
	};
	return code >= 0 && (size_t)code < ZS_COUNT(names) ? names[code] : "unknown";
}

const char *zs_answer_name(const struct zs_answer_judge *j, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(j->arena, zs_name_text(name, text));
}

static void set_verdict(struct zs_answer_judge *j, enum zs_answer_state state, int ede, const char *rfc, const char *why)
{
	struct zs_answer_verdict *out = j->out;
	if (out->state == ZS_ANSWER_BOGUS || (out->state == ZS_ANSWER_INSECURE && state == ZS_ANSWER_INSECURE))
		return; /* the first cause stays, and the gravest */
	out->state = state;
	out->ede = ede;
	out->rfc = rfc;
	out->why = why;
}

bool zs_answer_bogus(struct zs_answer_judge *j, int ede, const char *rfc, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_verdict(j, ZS_ANSWER_BOGUS, ede, rfc, zs_arena_vprintf(j->arena, format, args));
	va_end(args);
	return false;
}

bool zs_answer_insecure(struct zs_answer_judge *j, int ede, const char *rfc, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_verdict(j, ZS_ANSWER_INSECURE, ede, rfc, zs_arena_vprintf(j->arena, format, args));
	va_end(args);
	return false;
}

/* RRSIGs are not signed: they say nothing by themselves. */
static bool has_rrsig(const struct zs_answer_judge *j, const uint8_t *name)
{
	for (size_t i = 0; i < j->answer->count; i++) {
		const struct zs_answer_record *record = &j->answer->records[i];
		if (record->section == ZS_SECTION_ANSWER && record->type == ZS_TYPE_RRSIG && zs_name_equal(record->owner, name))
			return true;
	}
	return false;
}

/* A set of the answer at this name, of the type asked for. */
static struct zs_answer_set *find_data(const struct zs_answer_judge *j, const uint8_t *name)
{
	if (j->answer->qtype != TYPE_ANY)
		return zs_answer_find(j, ZS_SECTION_ANSWER, name, j->answer->qtype);
	for (size_t i = 0; i < j->set_count; i++)
		if (j->sets[i].section == ZS_SECTION_ANSWER && zs_name_equal(j->sets[i].owner, name))
			return &j->sets[i];
	return NULL;
}

/* The DNAME of the answer above this name, or NULL. */
static struct zs_answer_set *find_dname(const struct zs_answer_judge *j, const uint8_t *name)
{
	for (size_t i = 0; i < j->set_count; i++)
		if (j->sets[i].section == ZS_SECTION_ANSWER && j->sets[i].type == ZS_TYPE_DNAME && zs_name_below(name, j->sets[i].owner))
			return &j->sets[i];
	return NULL;
}

/* RFC 6672 section 2.2: the owner of the DNAME in name replaced by its target. NULL if that would be longer than a name may be. */
static const uint8_t *substitute(struct zs_answer_judge *j, const uint8_t *name, const struct zs_answer_set *dname)
{
	const size_t kept = zs_name_len(name) - zs_name_len(dname->owner), len = zs_name_len(dname->rdata[0].data);
	if (kept + len > ZS_NAME_MAX)
		return NULL;
	uint8_t *out = zs_arena_alloc(j->arena, kept + len);
	memcpy(out, name, kept);
	memcpy(out + kept, dname->rdata[0].data, len);
	return out;
}

/* Data at name is proven; of a wildcard, that it may stand for name too. */
static bool take(struct zs_answer_judge *j, const uint8_t *name, struct zs_answer_set *set)
{
	if (!zs_answer_must(j, set))
		return false;
	if (zs_answer_from_wildcard(j, set)) {
		j->out->wildcard = true;
		zs_answer_wildcard(j, name, set);
	}
	return j->out->state != ZS_ANSWER_BOGUS;
}

/* A CNAME at name or a DNAME above it: *target is where it leads. False: there is none, or *failed. */
static bool follow(struct zs_answer_judge *j, const uint8_t *name, const uint8_t **target, bool *failed)
{
	struct zs_answer_set *dname = find_dname(j, name), *cname = zs_answer_find(j, ZS_SECTION_ANSWER, name, ZS_TYPE_CNAME);
	*failed = false;
	if (dname) {
		*target = substitute(j, name, dname);
		if (!*target || dname->count != 1 || (cname && (cname->count != 1 || !zs_name_equal(cname->rdata[0].data, *target)))) {
			*failed = true;
			return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 6672 section 5.3.1", "the CNAME of '%s' is not what the DNAME '%s' makes of it",
			                       zs_answer_name(j, name), zs_answer_name(j, dname->owner));
		}
		*failed = !take(j, dname->owner, dname);
		if (cname) /* made by the server, and without a signature */
			cname->judged = cname->good = true;
		return !*failed;
	}
	if (!cname || j->answer->qtype == ZS_TYPE_CNAME || j->answer->qtype == TYPE_ANY)
		return false;
	if (cname->count != 1) {
		*failed = true;
		return zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 2181 section 10.1", "'%s' has %zu CNAME records", zs_answer_name(j, name), cname->count);
	}
	*failed = !take(j, name, cname);
	*target = cname->rdata[0].data;
	return !*failed;
}

/* The NS of a zone below ours that name is in, in the authority section of an answer without SOA. */
static const struct zs_answer_set *find_cut(const struct zs_answer_judge *j, const uint8_t *name)
{
	const struct zs_answer_set *cut = NULL;
	for (size_t i = 0; i < j->set_count; i++) {
		const struct zs_answer_set *set = &j->sets[i];
		if (set->section != ZS_SECTION_AUTHORITY)
			continue;
		if (set->type == ZS_TYPE_SOA)
			return NULL;
		if (set->type == ZS_TYPE_NS && zs_name_below(set->owner, j->trust->zone) && zs_name_within(name, set->owner))
			cut = set;
	}
	return cut;
}

static void judge_cut(struct zs_answer_judge *j, const uint8_t *name, const struct zs_answer_set *cut)
{
	struct zs_answer_set *ds = zs_answer_find(j, ZS_SECTION_AUTHORITY, cut->owner, ZS_TYPE_DS);
	j->out->kind = ZS_ANSWER_DELEGATION;
	j->out->name = cut->owner;
	if (j->answer->qtype == ZS_TYPE_DS && zs_name_equal(cut->owner, name)) {
		zs_answer_bogus(j, ZS_EDE_OTHER, "RFC 4035 section 3.1.4.1", "the DS of '%s' was asked for, and the server refers to the zone below",
		                zs_answer_name(j, name));
	} else if (ds) {
		(void)zs_answer_must(j, ds);
	} else {
		zs_answer_no_ds(j, cut->owner);
	}
}

static void judge_denial(struct zs_answer_judge *j, const uint8_t *name)
{
	struct zs_answer_set *soa = zs_answer_find(j, ZS_SECTION_AUTHORITY, j->trust->zone, ZS_TYPE_SOA);
	j->out->name = name;
	j->out->kind = j->answer->rcode == ZS_RCODE_NXDOMAIN ? ZS_ANSWER_NXDOMAIN : ZS_ANSWER_NODATA;
	if (!soa)
		zs_answer_bogus(j, ZS_EDE_OTHER, "RFC 2308 section 2", "the answer says no, and has no SOA of the zone '%s'",
		                zs_answer_name(j, j->trust->zone));
	else if (!zs_answer_must(j, soa) || j->unsigned_zone)
		return;
	else if (j->answer->rcode == ZS_RCODE_NXDOMAIN)
		zs_answer_nxdomain(j, name);
	else
		zs_answer_nodata(j, name);
}

/* Nothing (more) in the answer section is about name. */
static void judge_end(struct zs_answer_judge *j, const uint8_t *name, unsigned aliases)
{
	const struct zs_answer_set *cut = j->answer->rcode == ZS_RCODE_NOERROR ? find_cut(j, name) : NULL;
	bool authority = false;
	for (size_t i = 0; i < j->set_count; i++)
		authority = authority || j->sets[i].section == ZS_SECTION_AUTHORITY;
	if (cut) {
		judge_cut(j, name, cut);
	} else if (aliases && !authority && j->answer->rcode == ZS_RCODE_NOERROR) {
		j->out->kind = ZS_ANSWER_ALIAS; /* the server leaves the rest to the next question */
		j->out->name = name;
	} else {
		judge_denial(j, name);
	}
}

/* Validators want proof for all that is in these two sections: RFC 4035 section 3.2.3. The NS of a delegation have none. */
static void judge_rest(struct zs_answer_judge *j)
{
	for (size_t i = 0; i < j->set_count; i++) {
		struct zs_answer_set *set = &j->sets[i];
		const bool cut = set->type == ZS_TYPE_NS && set->section == ZS_SECTION_AUTHORITY && !zs_name_equal(set->owner, j->trust->zone);
		/* an alias that leads out: a server of the other zone may go on there, and validators ask for it by itself */
		const bool beyond = j->out->kind == ZS_ANSWER_ALIAS && !zs_name_within(set->owner, j->trust->zone);
		if (set->section != ZS_SECTION_ADDITIONAL && !cut && !beyond && set->type != ZS_TYPE_RRSIG)
			(void)zs_answer_must(j, set);
	}
}

/* The set that was asked for; of ANY all at the name: each may come from a wildcard. */
static void take_all(struct zs_answer_judge *j, const uint8_t *name, struct zs_answer_set *set)
{
	if (j->answer->qtype != TYPE_ANY) {
		(void)take(j, name, set);
		return;
	}
	for (size_t i = 0; i < j->set_count; i++)
		if (j->sets[i].section == ZS_SECTION_ANSWER && j->sets[i].type != ZS_TYPE_RRSIG && zs_name_equal(j->sets[i].owner, name))
			(void)take(j, name, &j->sets[i]);
}

static void judge_content(struct zs_answer_judge *j)
{
	const uint8_t *name = j->answer->qname;
	for (unsigned aliases = 0; aliases <= ALIASES_MAX; aliases++) {
		const uint8_t *target = NULL;
		bool failed;
		j->out->name = name;
		if (!zs_name_within(name, j->trust->zone)) {
			j->out->kind = ZS_ANSWER_ALIAS;
			if (!aliases)
				zs_answer_bogus(j, ZS_EDE_OTHER, NULL, "'%s' is not in the zone '%s'", zs_answer_name(j, name),
				                zs_answer_name(j, j->trust->zone));
			return;
		}
		j->out->kind = ZS_ANSWER_POSITIVE;
		if (follow(j, name, &target, &failed)) {
			if (j->answer->qtype == ZS_TYPE_CNAME)
				return; /* what the DNAME makes is the answer */
			name = target;
			continue;
		}
		struct zs_answer_set *set = failed ? NULL : find_data(j, name);
		if (!failed && j->answer->qtype == ZS_TYPE_RRSIG && has_rrsig(j, name))
			zs_answer_insecure(j, -1, "RFC 4035 section 2.2", "RRSIGs are not signed themselves; ask for the type that they cover");
		else if (set && j->answer->rcode == ZS_RCODE_NXDOMAIN)
			zs_answer_bogus(j, ZS_EDE_OTHER, "RFC 2308 section 2.1", "the answer is NXDOMAIN, and has data of '%s'", zs_answer_name(j, name));
		else if (set && set->type == ZS_TYPE_DS && zs_name_equal(name, j->trust->zone) && j->answer->qtype == ZS_TYPE_DS)
			zs_answer_bogus(j, ZS_EDE_BOGUS, "RFC 4035 section 5.2", "the zone '%s' itself has a DS of its own name; only the zone above can have it",
			                zs_answer_name(j, name));
		else if (set)
			take_all(j, name, set);
		else if (!failed)
			judge_end(j, name, aliases);
		return;
	}
	zs_answer_bogus(j, ZS_EDE_OTHER, NULL, "more than %d aliases follow each other", ALIASES_MAX);
}

static bool is_answer(struct zs_answer_judge *j)
{
	static const char *const codes[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
	const uint8_t rcode = j->answer->rcode;
	if (rcode == ZS_RCODE_NOERROR || rcode == ZS_RCODE_NXDOMAIN)
		return true;
	return zs_answer_bogus(j, -1, NULL, "the server answers %s", rcode < ZS_COUNT(codes) ? codes[rcode] : zs_arena_printf(j->arena, "rcode %u", rcode));
}

void zs_verify_answer(struct zs_run *run, struct zs_arena *arena, const struct zs_answer *answer, const struct zs_answer_trust *trust,
                      struct zs_answer_verdict *out)
{
	struct zs_answer_judge *j = zs_arena_alloc(arena, sizeof *j);
	*out = (struct zs_answer_verdict){ .state = ZS_ANSWER_SECURE, .kind = ZS_ANSWER_NONE, .name = answer->qname, .ede = -1 };
	j->run = run;
	j->arena = arena;
	j->answer = answer;
	j->trust = trust;
	j->out = out;
	if (!is_answer(j))
		return;
	zs_answer_keys(j);
	if (j->unsigned_zone)
		zs_answer_insecure(j, -1, NULL, "the zone '%s' has no DNSKEY", zs_answer_name(j, trust->zone));
	else if (!j->key_count)
		zs_answer_insecure(j, ZS_EDE_ALGORITHM, "RFC 4035 section 5.2", "no DNSKEY of the zone '%s' is of an algorithm known here",
		                   zs_answer_name(j, trust->zone));
	j->unsigned_zone = !j->key_count;
	if (!zs_answer_group(j))
		return;
	judge_content(j);
	judge_rest(j);
	if (out->kind != ZS_ANSWER_DELEGATION && !answer->authoritative)
		zs_answer_bogus(j, 20, "RFC 1035 section 4.1.1", "the server does not answer with authority (AA)");
}
