/* goals.c - which keys are wanted in, and which out: the kinds of change differ here, and nowhere else. */
#include <string.h>

#include "rollover/rollover_private.h"

enum { FORGET_AFTER = 90 * 86400 }; /* dead keys leave the state then; their tags stay */

static const enum zs_key_role bits[] = { ZS_KSK, ZS_ZSK };

zs_seconds zs_rollover_lifetime(const struct zs_policy *policy, enum zs_key_role role)
{
	return role == ZS_KSK ? policy->ksk_lifetime : role == ZS_ZSK ? policy->zsk_lifetime : policy->csk_lifetime;
}

static enum zs_key_role wanted_role(const struct zs_engine *e, enum zs_key_role bit)
{
	return e->csk ? ZS_CSK : bit;
}

int zs_current_key(const struct zs_engine *e, enum zs_key_role bit)
{
	for (size_t i = e->facts->key_count; i-- > 0;) {
		const struct zs_key_facts *key = &e->facts->keys[i];
		if (key->goal_in && !key->standby && key->role == wanted_role(e, bit) && key->algorithm == e->algorithm)
			return (int)i;
	}
	return -1;
}

/* The key in use for bit, of whatever algorithm and role: what a new key replaces. */
static const struct zs_key_facts *used_key(const struct zs_engine *e, enum zs_key_role bit)
{
	for (size_t i = e->facts->key_count; i-- > 0;)
		if (e->facts->keys[i].goal_in && !e->facts->keys[i].standby && e->facts->keys[i].role & bit)
			return &e->facts->keys[i];
	return NULL;
}

static struct zs_key_facts *new_key(struct zs_engine *e, enum zs_key_role role)
{
	static const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA };
	const struct zs_key_facts *before = used_key(e, role & ZS_KSK ? ZS_KSK : ZS_ZSK);
	struct zs_key_facts key = { .algorithm = e->algorithm, .role = role, .goal_in = true, .has_predecessor = before != NULL, .dnskey = hidden,
		                    .krrsig = role & ZS_KSK ? hidden : none, .zrrsig = role & ZS_ZSK ? hidden : none,
		                    .ds = role & ZS_KSK ? hidden : none };
	if (before)
		memcpy(key.predecessor, before->id, sizeof key.predecessor);
	struct zs_facts *facts = e->facts;
	struct zs_key_facts *out = &ZS_PUSH(e->run->arena, facts->keys, facts->key_count, facts->key_room);
	*out = key;
	return out;
}

static void set_goal(struct zs_engine *e, struct zs_key_facts *key, bool in)
{
	key->goal_in = in;
	key->retired = in ? 0 : e->now;
	key->removed = 0;
}

/* The first DS of the zone was asked for and nobody has entered it: that may last for ever, and holds nothing up. */
static bool waits_for_first_ds(const struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part)
{
	return part == ZS_PART_DS && key->ds.phase == ZS_RUMOURED && !key->ds_seen && (!key->has_predecessor || zs_parent_has_none(e));
}

static bool is_settled(const struct zs_engine *e, struct zs_key_facts *key)
{
	for (int part = 0; part < ZS_PARTS; part++) {
		const enum zs_record_phase phase = zs_part(key, (enum zs_part)part)->phase;
		if (key->standby && part == ZS_PART_ZRRSIG && phase == ZS_HIDDEN)
			continue; /* it signs nothing until it is promoted */
		if (phase != ZS_NA && phase != ZS_OMNIPRESENT && !waits_for_first_ds(e, key, (enum zs_part)part))
			return false;
	}
	return true;
}

/* The key of that role which is coming or going, or NULL: rolls of one role are serialised. */
static struct zs_key_facts *busy_key(const struct zs_engine *e, unsigned role)
{
	for (size_t i = 0; i < e->facts->key_count; i++) {
		struct zs_key_facts *key = &e->facts->keys[i];
		if (key->role & role && !key->standby && (key->goal_in ? !is_settled(e, key) : !zs_key_is_absent(key)))
			return key;
	}
	return NULL;
}

/* A key that was to go and is still whole, or NULL: when the policy is turned back in the middle of a roll, it stays. */
static struct zs_key_facts *whole_key(const struct zs_engine *e, enum zs_key_role role)
{
	for (size_t i = e->facts->key_count; i-- > 0;) {
		struct zs_key_facts *key = &e->facts->keys[i];
		if (!key->goal_in && !key->standby && key->role == role && key->algorithm == e->algorithm && zs_in_zone(key->dnskey.phase)
		    && key->krrsig.phase != ZS_UNRETENTIVE && key->zrrsig.phase != ZS_UNRETENTIVE)
			return key;
	}
	return NULL;
}

/* The roles of the target that have no key, nor one that can stay. */
static size_t missing_roles(const struct zs_engine *e, enum zs_key_role missing[2])
{
	size_t count = 0;
	for (size_t i = 0; i < (e->csk ? 1 : ZS_COUNT(bits)); i++)
		if (zs_current_key(e, bits[i]) < 0 && !whole_key(e, wanted_role(e, bits[i])))
			missing[count++] = wanted_role(e, bits[i]);
	return count;
}

/* The policy decides, unless its keys are not there and a roll is under way: that one is finished first. Or there is no room for them. */
static void choose_target(struct zs_engine *e)
{
	const struct zs_key_facts *newest = NULL;
	enum zs_key_role missing[2];
	e->algorithm = e->facts->algorithm ? e->facts->algorithm : e->policy->algorithm;
	e->csk = e->policy->csk;
	const size_t count = missing_roles(e, missing);
	for (size_t i = 0; i < e->facts->key_count; i++)
		if (e->facts->keys[i].goal_in && !e->facts->keys[i].standby)
			newest = &e->facts->keys[i];
	const struct zs_key_facts *busy = busy_key(e, ZS_CSK);
	if (!count || !newest || (newest->algorithm == e->algorithm && (newest->role == ZS_CSK) == e->csk) || (!busy && zs_has_room(e, missing, count)))
		return;
	e->algorithm = newest->algorithm;
	e->csk = newest->role == ZS_CSK;
	if (busy)
		zs_wait(e, NULL, 0, "the change of the policy waits for the roll of %s", zs_key_title(e, busy));
	else
		zs_wait(e, NULL, 0, "the change of the policy waits for room among the DNSKEYs (G16): 'zonesign keys retire' takes a standby key out");
}

/* Keys of the target that are not there: first signing, another algorithm, other roles. */
static void want_missing(struct zs_engine *e)
{
	enum zs_key_role missing[2];
	const size_t count = missing_roles(e, missing);
	for (size_t i = 0; i < (e->csk ? 1 : ZS_COUNT(bits)); i++) {
		struct zs_key_facts *old = zs_current_key(e, bits[i]) < 0 ? whole_key(e, wanted_role(e, bits[i])) : NULL;
		if (old)
			set_goal(e, old, true);
	}
	for (size_t i = 0; i < count; i++)
		new_key(e, missing[i]);
}

/* The standby key of that role, wholly in, becomes the newest: it is the current one from now on. */
static bool promote_standby(struct zs_engine *e, enum zs_key_role role)
{
	struct zs_facts *facts = e->facts;
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts key = facts->keys[i];
		if (!key.standby || key.role != role || key.algorithm != e->algorithm || !zs_in_zone(key.dnskey.phase))
			continue;
		key.standby = false;
		key.active = zs_ds_is_seen(&key) ? e->now : 0; /* it may have stood by for longer than its lifetime */
		memmove(&facts->keys[i], &facts->keys[i + 1], (facts->key_count - i - 1) * sizeof key);
		facts->keys[facts->key_count - 1] = key;
		return true;
	}
	return false;
}

/* False: the successor has to wait. */
static bool begin_roll(struct zs_engine *e, enum zs_key_role role, bool emergency, zs_time activate)
{
	if (role & ZS_KSK && promote_standby(e, role))
		return true;
	struct zs_key_facts *current = &e->facts->keys[zs_current_key(e, role & ZS_KSK ? ZS_KSK : ZS_ZSK)];
	if (emergency && zs_key_is_absent(current)) { /* nobody has seen it yet: it is the new key */
		current->emergency = true;
		current->activate = 0;
		return true;
	}
	if (!zs_has_room(e, &role, 1))
		return zs_wait(e, current, 0, "the successor of %s waits for room among the DNSKEYs (G16): another key has to leave first; 'zonesign keys retire' takes "
		               "out one that stands by, or whose DS nobody has seen", zs_key_title(e, current));
	struct zs_key_facts *key = new_key(e, role);
	key->emergency = emergency;
	key->activate = activate;
	return true;
}

static void begin_requests(struct zs_engine *e)
{
	static const enum zs_key_role roles[] = { [ZS_ROLL_KSK] = ZS_KSK, [ZS_ROLL_ZSK] = ZS_ZSK, [ZS_ROLL_CSK] = ZS_CSK };
	struct zs_facts *facts = e->facts;
	size_t kept = 0;
	for (size_t i = 0; i < facts->roll_count; i++) {
		const struct zs_roll_request request = facts->rolls[i];
		const enum zs_key_role role = roles[request.kind];
		const bool fits = (role == ZS_CSK) == e->csk;
		if (!fits && (role == ZS_CSK) != e->policy->csk)
			continue; /* the policy has no such role any more */
		const struct zs_key_facts *busy = busy_key(e, role);
		const bool now = fits && (!busy || request.emergency);
		if (now && begin_roll(e, role, request.emergency, 0))
			continue;
		if (busy && !now)
			zs_wait(e, NULL, 0, "the roll that was asked for waits for that of %s", zs_key_title(e, busy));
		facts->rolls[kept++] = request;
	}
	facts->roll_count = kept;
}

static void roll_by_lifetime(struct zs_engine *e)
{
	for (size_t i = 0; i < (e->csk ? 1 : ZS_COUNT(bits)); i++) {
		const struct zs_key_facts *key = &e->facts->keys[zs_current_key(e, bits[i])]; /* want_missing made those that were not */
		const zs_seconds lifetime = zs_rollover_lifetime(e->policy, key->role);
		if (lifetime == ZS_LIFETIME_UNLIMITED || !key->active)
			continue;
		const zs_time retire = key->active + lifetime, begin = retire - zs_publish_lead(e);
		if (e->now < begin)
			zs_wait(e, key, begin, "the successor of %s is published", zs_key_title(e, key));
		else if (!busy_key(e, key->role))
			(void)begin_roll(e, key->role, false, retire); /* what it waits for is told */
	}
}

/* What the parent shows although nobody asked for it, or no longer shows although nobody took it back. */
static void follow_parent(struct zs_engine *e)
{
	for (size_t i = 0; i < e->facts->key_count; i++) {
		struct zs_key_facts *key = &e->facts->keys[i];
		if (key->ds.phase == ZS_HIDDEN && key->ds_seen)
			key->ds = (struct zs_record_state){ .phase = key->goal_in ? ZS_RUMOURED : ZS_UNRETENTIVE, .since = e->now };
		else if (key->ds.phase == ZS_OMNIPRESENT && !key->ds_seen && key->ds_gone && !key->active && !key->standby)
			/* taken over, and never seen to be there: asked for anew, when it may (moves.c). Till then caches may hold one */
			key->ds = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = key->ds_gone };
		else if (key->ds.phase == ZS_OMNIPRESENT && !key->ds_seen && key->ds_gone)
			key->ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = e->now };
		/* gone before it was taken back: what counts is a look after that */
		if (key->ds.phase == ZS_UNRETENTIVE && key->ds_gone && key->ds_gone < key->ds.since && e->facts->parent.observed >= key->ds.since)
			key->ds_gone = e->facts->parent.observed;
	}
}

void zs_goals_set(struct zs_engine *e)
{
	follow_parent(e);
	if (e->facts->unsign) {
		zs_rollover_ask_first(e->policy, e->facts, e->now);
		for (size_t i = 0; i < e->facts->key_count; i++)
			if (e->facts->keys[i].goal_in)
				set_goal(e, &e->facts->keys[i], false);
		e->facts->roll_count = 0;
		return;
	}
	choose_target(e);
	want_missing(e);
	begin_requests(e);
	roll_by_lifetime(e);
}

/* May the old key leave, as far as the chain of trust goes? */
static bool ksk_is_ready(const struct zs_engine *e, const struct zs_key_facts *old, const struct zs_key_facts *current)
{
	/* no DS was ever asked for, or nobody entered the one that was: then there is none to wait for. As long as that of the old key may
	 * still come, its DNSKEY stays: rule 2 */
	const bool never_asked = zs_is_absent(old->ds.phase) && current->ds.phase == ZS_HIDDEN && zs_zone_is_insecure(e);
	if (never_asked || (current->ds.phase == ZS_RUMOURED && zs_parent_has_none(e)))
		return current->dnskey.phase == ZS_OMNIPRESENT && current->krrsig.phase == ZS_OMNIPRESENT;
	return zs_ds_is_seen(current);
}

/* ... and as far as its signatures go? */
static bool zsk_is_ready(const struct zs_engine *e, const struct zs_key_facts *old, const struct zs_key_facts *current)
{
	return current->dnskey.phase == ZS_OMNIPRESENT && current->activate <= e->now
	    && (current->algorithm == old->algorithm || current->zrrsig.phase == ZS_OMNIPRESENT);
}

void zs_goals_release(struct zs_engine *e)
{
	const int ksk = zs_current_key(e, ZS_KSK), zsk = zs_current_key(e, ZS_ZSK);
	if (e->facts->unsign)
		return; /* nobody is wanted in */
	for (size_t i = 0; i < e->facts->key_count; i++) {
		struct zs_key_facts *key = &e->facts->keys[i];
		const bool stands_by = key->standby && key->algorithm == e->algorithm && (key->role == ZS_CSK) == e->csk;
		if (!key->goal_in || (int)i == ksk || (int)i == zsk || stands_by)
			continue;
		/* the policy was edited before a build has published it: it would come in without signatures of its algorithm (G7) */
		if (key->standby && zs_key_is_absent(key)) {
			set_goal(e, key, false);
			continue;
		}
		/* an algorithm goes as a whole, else a DNSKEY of it would stay without a signature by it */
		const unsigned needs = key->algorithm == e->algorithm ? (unsigned)key->role : (unsigned)ZS_CSK;
		if ((!(needs & ZS_KSK) || ksk_is_ready(e, key, &e->facts->keys[ksk]))
		    && (!(needs & ZS_ZSK) || zsk_is_ready(e, key, &e->facts->keys[zsk])))
			set_goal(e, key, false);
	}
}

static void date_key(const struct zs_engine *e, struct zs_key_facts *key)
{
	if (!key->active && key->goal_in && !key->standby) {
		if (key->role & ZS_KSK)
			key->active = zs_in_zone(key->ds.phase) ? key->ds_seen : 0;
		else if (zs_in_zone(key->zrrsig.phase))
			key->active = key->zrrsig.since;
	}
	if (!key->goal_in && !key->removed && zs_key_is_absent(key))
		key->removed = e->now;
}

void zs_goals_dates(const struct zs_engine *e)
{
	for (size_t i = 0; i < e->facts->key_count; i++)
		date_key(e, &e->facts->keys[i]);
}

void zs_goals_finish(struct zs_engine *e)
{
	struct zs_facts *facts = e->facts;
	size_t kept = 0;
	bool settled = true;
	zs_goals_dates(e);
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		settled = settled && (key->goal_in ? is_settled(e, &facts->keys[i]) : zs_key_is_absent(key));
		if (!key->removed || key->ds_seen || e->now - key->removed < FORGET_AFTER)
			facts->keys[kept++] = *key;
	}
	facts->key_count = kept;
	const int ksk = zs_current_key(e, ZS_KSK);
	if (facts->abandoned && ksk >= 0 && facts->keys[ksk].ds.phase == ZS_OMNIPRESENT)
		facts->abandoned = 0;
	for (size_t i = 0; settled && i < facts->key_count; i++)
		facts->keys[i].emergency = false;
}
