/* oracle.c - see oracle.h. */
#include "tests/timeline/oracle.h"

#include <stdlib.h>
#include <string.h>

void oracle_add(struct oracle_set *set, uint64_t id, uint8_t algorithm)
{
	if (set->count == ORACLE_KEYS)
		abort();
	set->keys[set->count++] = (struct oracle_key){ id, algorithm };
}

bool oracle_has(const struct oracle_set *set, uint64_t id)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->keys[i].id == id)
			return true;
	return false;
}

bool oracle_set_equal(const struct oracle_set *a, const struct oracle_set *b)
{
	bool equal = a->count == b->count;
	for (size_t i = 0; equal && i < a->count; i++)
		equal = oracle_has(b, a->keys[i].id);
	return equal;
}

/* Is there a key in both sets? algorithm 0: any. */
static bool common(const struct oracle_set *a, const struct oracle_set *b, uint8_t algorithm)
{
	for (size_t i = 0; i < a->count; i++)
		if ((!algorithm || a->keys[i].algorithm == algorithm) && oracle_has(b, a->keys[i].id))
			return true;
	return false;
}

static const char *judge(const struct oracle_set *ds, const struct oracle_child *keys, const struct oracle_child *data)
{
	bool chain = false;
	if (!ds->count)
		return NULL; /* insecure: nothing is validated */
	for (size_t i = 0; i < ds->count; i++) {
		const bool leads = oracle_has(&keys->dnskeys, ds->keys[i].id) && oracle_has(&keys->key_signers, ds->keys[i].id);
		chain = chain || leads;
	}
	if (!chain)
		return "no DS leads to a DNSKEY";
	if (!common(&keys->dnskeys, &data->zone_signers, 0))
		return "no DNSKEY for the signatures";
	for (size_t i = 0; i < ds->count; i++)
		if (!oracle_has(&keys->dnskeys, ds->keys[i].id) || !oracle_has(&keys->key_signers, ds->keys[i].id))
			return "strict: a DS leads nowhere";
	for (size_t i = 0; i < keys->dnskeys.count; i++)
		if (!common(&keys->dnskeys, &data->zone_signers, keys->dnskeys.keys[i].algorithm))
			return "strict: an algorithm of the DNSKEY RRset has not signed the data";
	for (size_t i = 0; i < keys->dnskeys.count; i++)
		if (!common(&keys->dnskeys, &keys->key_signers, keys->dnskeys.keys[i].algorithm))
			return "strict: an algorithm of the DNSKEY RRset has not signed that";
	return NULL;
}

static int print_set(char *out, size_t room, const char *name, const struct oracle_set *set)
{
	int len = snprintf(out, room, " %s", name);
	for (size_t i = 0; i < set->count && (size_t)len < room; i++)
		len += snprintf(out + len, room - (size_t)len, " %llu/%u", (unsigned long long)set->keys[i].id, set->keys[i].algorithm);
	return len;
}

static void check(struct oracle *o, int64_t now, const struct oracle_parent *p, const struct oracle_child *k, const struct oracle_child *d)
{
	o->checked++;
	const char *problem = judge(&p->ds, k, d);
	if (!problem || o->forgiven)
		return;
	if (!o->bogus++) {
		char *at = o->why;
		size_t room = sizeof o->why;
		int n = snprintf(at, room, "at %lld: %s:", (long long)now, problem);
		n += print_set(at + n, room - (size_t)n, "DS", &p->ds);
		n += print_set(at + n, room - (size_t)n, "| DNSKEY", &k->dnskeys);
		n += print_set(at + n, room - (size_t)n, "signed by", &k->key_signers);
		n += print_set(at + n, room - (size_t)n, "| data signed by", &d->zone_signers);
		snprintf(at + n, room - (size_t)n, " | since %lld, %lld, %lld", (long long)p->from, (long long)k->from, (long long)d->from);
	}
}

/* Versions that no cache holds any more are dropped. */
static void forget(struct oracle *o, int64_t now)
{
	size_t kept = 0;
	for (size_t i = 0; i < o->child_count; i++)
		if (o->child[i].dnskey_until >= now || o->child[i].zone_until >= now)
			o->child[kept++] = o->child[i];
	o->child_count = kept;
	kept = 0;
	for (size_t i = 0; i < o->parent_count; i++)
		if (o->parent[i].until >= now)
			o->parent[kept++] = o->parent[i];
	o->parent_count = kept;
	if (o->child_count == ORACLE_VERSIONS || o->parent_count == ORACLE_VERSIONS)
		abort();
}

static bool same_child(const struct oracle_child *a, const struct oracle_child *b)
{
	return oracle_set_equal(&a->dnskeys, &b->dnskeys) && oracle_set_equal(&a->key_signers, &b->key_signers)
	    && oracle_set_equal(&a->zone_signers, &b->zone_signers) && a->dnskey_ttl == b->dnskey_ttl && a->zone_ttl == b->zone_ttl;
}

void oracle_serve(struct oracle *o, int64_t now, const struct oracle_child *version)
{
	if (o->child_count) {
		struct oracle_child *last = &o->child[o->child_count - 1];
		if (same_child(last, version))
			return;
		last->dnskey_until = now + o->propagation + last->dnskey_ttl;
		last->zone_until = now + o->propagation + last->zone_ttl;
	}
	forget(o, now);
	struct oracle_child *mine = &o->child[o->child_count++];
	*mine = *version;
	mine->from = now;
	mine->dnskey_until = mine->zone_until = INT64_MAX;
	for (size_t p = 0; p < o->parent_count; p++)
		for (size_t i = 0; i < o->child_count; i++) {
			if (o->child[i].zone_until >= now)
				check(o, now, &o->parent[p], mine, &o->child[i]);
			if (o->child[i].dnskey_until >= now)
				check(o, now, &o->parent[p], &o->child[i], mine);
		}
}

void oracle_parent(struct oracle *o, int64_t now, const struct oracle_set *ds, int64_t ttl)
{
	if (o->parent_count) {
		struct oracle_parent *last = &o->parent[o->parent_count - 1];
		if (oracle_set_equal(&last->ds, ds) && last->ttl == ttl)
			return;
		last->until = now + o->parent_propagation + last->ttl;
	}
	forget(o, now);
	struct oracle_parent *mine = &o->parent[o->parent_count++];
	*mine = (struct oracle_parent){ .ds = *ds, .ttl = ttl, .from = now, .until = INT64_MAX };
	for (size_t k = 0; k < o->child_count; k++)
		for (size_t d = 0; d < o->child_count; d++)
			if (o->child[k].dnskey_until >= now && o->child[d].zone_until >= now)
				check(o, now, mine, &o->child[k], &o->child[d]);
}

bool oracle_is_bogus_from(const struct oracle *o, int64_t now)
{
	for (size_t p = 0; p < o->parent_count; p++)
		for (size_t k = 0; k < o->child_count; k++)
			for (size_t d = 0; d < o->child_count; d++)
				if (o->parent[p].until >= now && o->child[k].dnskey_until >= now && o->child[d].zone_until >= now
				    && judge(&o->parent[p].ds, &o->child[k], &o->child[d]))
					return true;
	return false;
}
