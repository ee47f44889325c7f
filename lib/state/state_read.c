/* state_read.c - the text of state.yaml, version 1, to facts. Unknown versions and values stop the build: half-read facts are worse than
 * none. */
#include "state/state_file.h"

#include <string.h>

#include "base/text.h"
#include "base/yaml.h"
#include "dns/rdata.h"
#include "dns/type.h"

/* Every getter reports what is missing or wrong and sets *ok. */
struct reader {
	struct zs_run *run;
	struct zs_source whole;
	bool ok;
};

/* NULL if it is not there. */
static const char *get_text(struct reader *r, const struct zs_yaml *map, const char *key)
{
	const char *text = zs_yaml_get_text(map, key);
	if (!text || !strchr(text, 0xee))
		return text;
	struct zs_buf out = { .arena = r->run->arena, .max = strlen(text) + 1 };
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		const unsigned char octet = zs_state_raw_octet(p);
		zs_buf_octet(&out, octet ? octet : *p);
		p += octet ? 2 : 0;
	}
	return zs_buf_string(&out);
}

static const char *need(struct reader *r, const struct zs_yaml *map, const char *key)
{
	const char *text = get_text(r, map, key);
	if (!text)
		r->ok = zs_error(r->run, map ? &map->where : &r->whole, "the state lacks '%s'", key);
	return text;
}

static void wrong(struct reader *r, const struct zs_yaml *map, const char *key)
{
	const struct zs_yaml *node = zs_yaml_get(map, key);
	r->ok = zs_error(r->run, node ? &node->where : &r->whole, "'%s' of the state has a value that zonesign never writes", key);
}

static uint64_t get_number(struct reader *r, const struct zs_yaml *map, const char *key, uint64_t max)
{
	uint64_t value = 0;
	const char *text = need(r, map, key);
	if (text && !zs_text_number(text, strlen(text), max, &value))
		wrong(r, map, key);
	return value;
}

/* A time of a file may be before 1970. */
static int64_t get_signed(struct reader *r, const struct zs_yaml *map, const char *key)
{
	uint64_t value = 0;
	const char *text = need(r, map, key);
	const bool minus = text && *text == '-';
	if (text && !zs_text_number(text + minus, strlen(text + minus), (uint64_t)INT64_MAX + minus, &value))
		wrong(r, map, key);
	return minus && value ? -(int64_t)(value - 1) - 1 : (int64_t)value;
}

static zs_time get_time(struct reader *r, const struct zs_yaml *map, const char *key)
{
	zs_time value = 0;
	const char *text = need(r, map, key);
	if (text && strcmp(text, "never") != 0 && !zs_time_parse(text, &value))
		wrong(r, map, key);
	return value;
}

static struct zs_bytes get_hex(struct reader *r, const struct zs_yaml *map, const char *key, size_t exact, uint8_t *out)
{
	const char *text = need(r, map, key);
	const size_t len = text ? strlen(text) : 0;
	size_t bad;
	if (!text)
		return (struct zs_bytes){ 0 };
	uint8_t *data = exact && len == 2 * exact ? out : zs_arena_alloc(r->run->arena, len + 1);
	const long got = zs_hex_decode(text, len, data, &bad);
	if (got < 0 || (exact && data != out)) {
		wrong(r, map, key);
		return (struct zs_bytes){ 0 };
	}
	return (struct zs_bytes){ data, (size_t)got };
}

/* The index of the text in a list of words; -1 with the error reported. */
static int get_word(struct reader *r, const struct zs_yaml *map, const char *key, const char *const *words, int count)
{
	const char *text = need(r, map, key);
	for (int i = 0; text && i < count; i++)
		if (words[i] && strcmp(words[i], text) == 0)
			return i;
	if (text)
		wrong(r, map, key);
	return -1;
}

/* Times, numbers and answers that older states, or most keys, do not have: 0 or no. */
static zs_time get_some_time(struct reader *r, const struct zs_yaml *map, const char *key)
{
	return zs_yaml_get(map, key) ? get_time(r, map, key) : 0;
}

static uint32_t get_some_number(struct reader *r, const struct zs_yaml *map, const char *key, uint64_t max)
{
	return zs_yaml_get(map, key) ? (uint32_t)get_number(r, map, key, max) : 0;
}

static bool get_some_answer(struct reader *r, const struct zs_yaml *map, const char *key)
{
	static const char *const answers[] = { "no", "yes" };
	return zs_yaml_get(map, key) && get_word(r, map, key, answers, ZS_COUNT(answers)) == 1;
}

static struct zs_record_state get_record(struct reader *r, const struct zs_yaml *key, const char *name)
{
	static const char *const words[] = { "na", "hidden", "rumoured", "omnipresent", "unretentive" };
	const struct zs_yaml *map = zs_yaml_get(key, name);
	const int phase = get_word(r, map, "state", words, ZS_COUNT(words));
	return (struct zs_record_state){ .phase = phase < 0 ? ZS_NA : (enum zs_record_phase)phase, .since = get_time(r, map, "since"),
		                         .version = get_some_number(r, map, "version", UINT32_MAX), .from = get_some_time(r, map, "from"), .complete = get_some_answer(r, map, "complete") };
}

static void get_key(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	static const char *const roles[] = { NULL, "ksk", "zsk", "csk" }, *const goals[] = { "hidden", "omnipresent" },
	                         *const answers[] = { "no", "yes" };
	struct zs_key_facts *key = &ZS_PUSH(r->run->arena, facts->keys, facts->key_count, facts->key_room);
	*key = (struct zs_key_facts){ .tag = (uint16_t)get_number(r, map, "tag", UINT16_MAX),
		                      .algorithm = (uint8_t)get_number(r, map, "algorithm", UINT8_MAX) };
	get_hex(r, map, "id", sizeof key->id, key->id);
	const int role = get_word(r, map, "role", roles, ZS_COUNT(roles));
	key->role = role < 0 ? ZS_CSK : (enum zs_key_role)role;
	key->goal_in = get_word(r, map, "goal", goals, ZS_COUNT(goals)) == 1;
	key->has_predecessor = zs_yaml_get(map, "predecessor") != NULL;
	if (key->has_predecessor)
		get_hex(r, map, "predecessor", sizeof key->predecessor, key->predecessor);
	key->was_omnipresent = get_word(r, map, "was_omnipresent", answers, ZS_COUNT(answers)) == 1;
	key->created = get_time(r, map, "created");
	key->standby = get_some_answer(r, map, "standby");
	key->emergency = get_some_answer(r, map, "emergency");
	key->active = get_some_time(r, map, "active");
	key->activate = get_some_time(r, map, "activate");
	key->retired = get_some_time(r, map, "retired");
	key->removed = get_some_time(r, map, "removed");
	key->dnskey = get_record(r, map, "dnskey");
	key->krrsig = get_record(r, map, "krrsig");
	key->zrrsig = get_record(r, map, "zrrsig");
	key->ds = get_record(r, map, "ds");
	key->ds_seen = get_time(r, map, "ds_seen");
	key->ds_gone = get_some_time(r, map, "ds_gone");
}

static void get_input(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	struct zs_input_facts *input = &ZS_PUSH(r->run->arena, facts->inputs, facts->input_count, facts->input_room);
	const char *path = need(r, map, "path");
	input->path = path ? path : "";
	input->id.size = get_number(r, map, "size", INT64_MAX);
	input->id.mtime_ns = get_signed(r, map, "mtime_ns");
	input->id.ctime_ns = get_signed(r, map, "ctime_ns");
	input->id.ino = get_number(r, map, "ino", UINT64_MAX);
	get_hex(r, map, "sha256", sizeof input->sha256, input->sha256);
	input->id.settled = get_some_answer(r, map, "settled");
}

static void get_owner(struct reader *r, const struct zs_yaml *map, uint8_t out[ZS_NAME_MAX])
{
	struct zs_name_error error;
	const char *owner = need(r, map, "owner");
	if (owner && !zs_name_parse(owner, strlen(owner), NULL, out, &error))
		wrong(r, map, "owner");
}

static void get_tlsa(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	static const char *const types[] = { "TLSA", "SSHFP", "SMIMEA", "OPENPGPKEY" };
	static const uint16_t numbers[] = { ZS_TYPE_TLSA, ZS_TYPE_SSHFP, ZS_TYPE_SMIMEA, ZS_TYPE_OPENPGPKEY };
	struct zs_tlsa_facts *tlsa = &ZS_PUSH(r->run->arena, facts->tlsa, facts->tlsa_count, facts->tlsa_room);
	const int type = zs_yaml_get(map, "type") ? get_word(r, map, "type", types, ZS_COUNT(types)) : 0;
	const int role = zs_yaml_get(map, "role") ? get_word(r, map, "role", zs_state_tlsa_roles, ZS_COUNT(zs_state_tlsa_roles)) : 0;
	get_owner(r, map, tlsa->owner);
	tlsa->type = numbers[type < 0 ? 0 : type];
	tlsa->role = role < 0 ? ZS_TLSA_CURRENT : (enum zs_tlsa_role)role;
	tlsa->rdata = get_hex(r, map, "rdata", 0, NULL);
	tlsa->since = get_time(r, map, "since");
	tlsa->version = get_some_number(r, map, "version", UINT32_MAX);
	tlsa->used = get_some_time(r, map, "used");
	tlsa->until = get_time(r, map, "until");
	struct zs_rdata_error error;
	if (tlsa->rdata.len > ZS_RDATA_MAX || !zs_rdata_check(tlsa->type, tlsa->rdata.data, tlsa->rdata.len, &error))
		wrong(r, map, "rdata");
}

static void get_tlsa_ttl(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	struct zs_tlsa_ttl *ttl = &ZS_PUSH(r->run->arena, facts->tlsa_ttls, facts->tlsa_ttl_count, facts->tlsa_ttl_room);
	get_owner(r, map, ttl->owner);
	ttl->ttl = (uint32_t)get_number(r, map, "ttl", INT32_MAX);
	ttl->leaving = get_some_answer(r, map, "leaving");
	ttl->version = get_some_number(r, map, "version", UINT32_MAX);
	ttl->until = get_time(r, map, "until");
}

static void get_override(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	struct zs_override *o = &ZS_PUSH(r->run->arena, facts->overrides, facts->override_count, facts->override_room);
	o->guard = need(r, map, "guard");
	o->value = need(r, map, "value");
	o->time = get_time(r, map, "time");
}

static void get_ttl(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	static const char *const of[] = { "zone", "dnskey" };
	ZS_PUSH(r->run->arena, facts->ttls, facts->ttl_count, facts->ttl_room) = (struct zs_ttl_facts){
		.ttl = (uint32_t)get_number(r, map, "ttl", INT32_MAX), .until = get_time(r, map, "until"),
		.version = get_some_number(r, map, "version", UINT32_MAX),
		.dnskey = zs_yaml_get(map, "of") && get_word(r, map, "of", of, ZS_COUNT(of)) == 1 };
}

static void get_roll(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	const int kind = get_word(r, map, "kind", zs_state_roll_kinds, ZS_COUNT(zs_state_roll_kinds));
	ZS_PUSH(r->run->arena, facts->rolls, facts->roll_count, facts->roll_room) = (struct zs_roll_request){
		.kind = kind < 0 ? ZS_ROLL_KSK : (enum zs_roll_kind)kind, .emergency = get_some_answer(r, map, "emergency"),
		.time = get_time(r, map, "time") };
}

static void get_ds(struct reader *r, const struct zs_yaml *map, struct zs_facts *facts)
{
	ZS_PUSH(r->run->arena, facts->parent.ds, facts->parent.ds_count, facts->parent.ds_room) = get_hex(r, map, "rdata", 0, NULL);
}

static void each(struct reader *r, const struct zs_yaml *root, const char *name, struct zs_facts *facts,
                 void (*get)(struct reader *, const struct zs_yaml *, struct zs_facts *))
{
	const struct zs_yaml *list = zs_yaml_get(root, name);
	if (!list || zs_yaml_is_null(list))
		return;
	if (list->kind != ZS_YAML_LIST) {
		wrong(r, root, name);
		return;
	}
	for (uint32_t i = 0; i < list->count; i++)
		get(r, list->entries[i].value, facts);
}

static void get_tag(struct reader *r, const struct zs_yaml *node, struct zs_facts *facts)
{
	uint64_t tag;
	if (node->kind != ZS_YAML_SCALAR || !zs_text_number(node->text, node->len, UINT16_MAX, &tag))
		r->ok = zs_error(r->run, &node->where, "not a key tag");
	else
		zs_facts_use_tag(r->run, facts, (uint16_t)tag);
}

static void get_published(struct reader *r, const struct zs_yaml *map, struct zs_published *out)
{
	out->known = true;
	out->serial = (uint32_t)get_number(r, map, "serial", UINT32_MAX);
	get_hex(r, map, "sha256", sizeof out->sha256, out->sha256);
	get_hex(r, map, "content", sizeof out->content, out->content);
	out->time = get_time(r, map, "time");
	out->served_since = get_time(r, map, "served_since");
	out->earliest_expiration = get_time(r, map, "earliest_expiration");
	out->program = need(r, map, "program");
	out->server = get_text(r, map, "server");
	out->waits_for = get_text(r, map, "waits_for");
	out->behind = get_some_number(r, map, "behind", UINT32_MAX);
	out->behind_since = get_some_time(r, map, "behind_since");
	out->ttl = get_some_number(r, map, "ttl", INT32_MAX);
	out->dnskey_ttl = get_some_number(r, map, "dnskey_ttl", INT32_MAX);
	out->negative_ttl = get_some_number(r, map, "negative_ttl", INT32_MAX);
}

static void get_apex_type(struct reader *r, const struct zs_yaml *node, struct zs_shape *out)
{
	uint64_t type;
	if (node->kind != ZS_YAML_SCALAR || !zs_text_number(node->text, node->len, UINT16_MAX, &type) || out->apex_count == ZS_SHAPE_TYPES)
		r->ok = zs_error(r->run, &node->where, "not a type of the apex");
	else
		out->apex[out->apex_count++] = (uint16_t)type;
}

static void get_shape(struct reader *r, const struct zs_yaml *map, struct zs_shape *out)
{
	const struct zs_yaml *apex = zs_yaml_get(map, "apex");
	out->known = true;
	out->records = get_number(r, map, "records", INT64_MAX);
	out->delegations = get_number(r, map, "delegations", INT64_MAX);
	if (!apex || zs_yaml_is_null(apex))
		return;
	if (apex->kind != ZS_YAML_LIST)
		wrong(r, map, "apex");
	for (uint32_t i = 0; apex->kind == ZS_YAML_LIST && i < apex->count; i++)
		get_apex_type(r, apex->entries[i].value, out);
}

static void get_intent(struct reader *r, const struct zs_yaml *map, struct zs_intent *out)
{
	out->present = true;
	out->serial = (uint32_t)get_number(r, map, "serial", UINT32_MAX);
	get_hex(r, map, "sha256", sizeof out->sha256, out->sha256);
	get_hex(r, map, "content", sizeof out->content, out->content);
	out->earliest_expiration = get_time(r, map, "earliest_expiration");
	out->ttl = get_some_number(r, map, "ttl", INT32_MAX);
	out->dnskey_ttl = get_some_number(r, map, "dnskey_ttl", INT32_MAX);
	out->negative_ttl = get_some_number(r, map, "negative_ttl", INT32_MAX);
	if (zs_yaml_get(map, "shape"))
		get_shape(r, zs_yaml_get(map, "shape"), &out->shape);
	out->plan = need(r, map, "plan");
}

static void get_failure(struct reader *r, const struct zs_yaml *map, struct zs_failure *out)
{
	static const char *const kinds[] = { NULL, "input", "certificate", "refused", "failed", "later", "stopped" };
	const int kind = get_word(r, map, "kind", kinds, ZS_COUNT(kinds));
	out->kind = kind < 0 ? ZS_FAILURE_FAILED : (enum zs_failure_kind)kind;
	out->since = get_time(r, map, "since");
	out->reason = need(r, map, "reason");
}

static void get_engine(struct reader *r, const struct zs_yaml *root, struct zs_facts *facts)
{
	const struct zs_yaml *parent = zs_yaml_get(root, "parent"), *target = zs_yaml_get(root, "target"), *told = zs_yaml_get(root, "told");
	if (told)
		facts->told = (struct zs_told){ .event = need(r, told, "event"), .time = get_time(r, told, "time"),
			                        .again = get_some_answer(r, told, "again") };
	if (zs_yaml_get(root, "failure"))
		get_failure(r, zs_yaml_get(root, "failure"), &facts->failure);
	if (parent) {
		facts->parent.ttl = (uint32_t)get_number(r, parent, "ttl", INT32_MAX);
		if (facts->parent.ttl > ZS_PARENT_TTL_MAX) /* older versions took what they saw */
			facts->parent.ttl = ZS_PARENT_TTL_MAX;
		facts->parent.observed = get_time(r, parent, "observed");
		facts->parent.lower_since = get_some_time(r, parent, "lower_since");
		facts->parent.lower = get_some_number(r, parent, "lower", INT32_MAX);
		facts->parent.wanted = get_some_answer(r, parent, "wanted");
		facts->parent.asked = get_some_time(r, parent, "asked");
		facts->parent.agreed = get_some_time(r, parent, "agreed");
		facts->parent.waits_for = get_text(r, parent, "waits_for");
		each(r, parent, "ds", facts, get_ds);
	}
	if (zs_yaml_get(root, "shape"))
		get_shape(r, zs_yaml_get(root, "shape"), &facts->shape);
	if (target) {
		facts->algorithm = (uint8_t)get_number(r, target, "algorithm", UINT8_MAX);
		facts->instead_of = (uint8_t)get_number(r, target, "instead_of", UINT8_MAX);
	}
	facts->unsign = get_some_time(r, root, "unsign");
	facts->abandoned = get_some_time(r, root, "abandoned");
	each(r, root, "rolls", facts, get_roll);
}

bool zs_state_parse(struct zs_run *run, const struct zs_input *input, struct zs_facts *facts)
{
	static const char *const clocks[] = { "real", "given" };
	struct reader r = { .run = run, .whole = { .input = input }, .ok = true };
	const struct zs_yaml *root;
	uint8_t zone[ZS_NAME_MAX];
	struct zs_name_error error;
	if (!zs_yaml_parse(run, run->arena, input, &root))
		return false;
	const char *version = zs_yaml_get_text(root, "version");
	if (!version)
		return zs_error(run, &r.whole, "the state has no version: it is damaged");
	if (strcmp(version, "1") != 0) {
		zs_error(run, &r.whole, "a state of version %s; this program reads version 1", version);
		zs_hint(run, "was it written by a newer zonesign? Use that one");
		return false;
	}
	const char *name = need(&r, root, "zone");
	if (name && (!zs_name_parse(name, strlen(name), NULL, zone, &error) || !zs_name_equal(zone, facts->zone)))
		r.ok = zs_error(run, &r.whole, "this is the state of zone '%s'", name);
	facts->made_with_now = get_word(&r, root, "clock", clocks, ZS_COUNT(clocks)) == 1;
	facts->last_build = get_time(&r, root, "last_build");
	facts->next_due = get_time(&r, root, "next_due");
	facts->warned = get_some_time(&r, root, "warned");
	const struct zs_yaml *published = zs_yaml_get(root, "published"), *intent = zs_yaml_get(root, "intent"),
	                     *taken_over = zs_yaml_get(root, "taken_over");
	facts->taken_over = taken_over != NULL;
	if (taken_over)
		facts->taken_over_serial = (uint32_t)get_number(&r, taken_over, "serial", UINT32_MAX);
	if (published)
		get_published(&r, published, &facts->published);
	if (intent)
		get_intent(&r, intent, &facts->intent);
	each(&r, root, "inputs", facts, get_input);
	each(&r, root, "keys", facts, get_key);
	each(&r, root, "tags_used", facts, get_tag);
	each(&r, root, "tlsa", facts, get_tlsa);
	each(&r, root, "tlsa_ttls", facts, get_tlsa_ttl);
	each(&r, root, "ttls", facts, get_ttl);
	each(&r, root, "overrides", facts, get_override);
	get_engine(&r, root, facts);
	return r.ok;
}
