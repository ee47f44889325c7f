/* state_write.c - facts to the text of state.yaml, version 1. What is written here state_read.c takes. */
#include "state/state_file.h"

#include <string.h>

#include "base/text.h"
#include "dns/type.h"

static void put_time(struct zs_buf *out, const char *name, zs_time time)
{
	char text[ZS_TIME_TEXT];
	if (time)
		zs_buf_printf(out, "%s: %s", name, zs_time_text(time, text));
	else
		zs_buf_printf(out, "%s: never", name);
}

static void put_hex(struct zs_buf *out, const char *name, const uint8_t *data, size_t len)
{
	zs_buf_printf(out, "%s: \"", name);
	uint8_t *room = zs_buf_reserve(out, 2 * len);
	if (room)
		out->len += zs_hex_encode(data, len, (char *)room);
	zs_buf_text(out, "\"");
}

/* Octets of the UTF-8 character at p if YAML takes it as it is and reads it as it was: no control character, no end of line, no byte
 * order mark, none that stands for an octet here. Else 0. */
static size_t plain_len(const unsigned char *p)
{
	static const char *const odd[] = { "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf" };
	const size_t len = zs_text_utf8_len(p, strlen((const char *)p));
	if ((p[0] == 0xc2 && p[1] < 0xa0) || zs_state_raw_octet(p))
		return 0;
	for (size_t i = 0; i < ZS_COUNT(odd); i++)
		if (len == 3 && memcmp(p, odd[i], 3) == 0)
			return 0;
	return len;
}

/* A double-quoted YAML scalar of any octets but NUL. A path need not be UTF-8, YAML has to: another octet NN becomes U+EFNN, of the
 * private use area, and get_text makes it the octet again. */
static void put_quoted(struct zs_buf *out, const char *name, const char *text)
{
	zs_buf_printf(out, "%s: \"", name);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\') {
			zs_buf_printf(out, "\\%c", *p);
		} else if (*p < 32 || *p == 127) {
			zs_buf_printf(out, "\\x%02X", *p);
		} else if (*p < 128) {
			zs_buf_octet(out, *p);
		} else if (plain_len(p)) {
			const size_t len = plain_len(p);
			zs_buf_add(out, p, len);
			p += len - 1;
		} else {
			zs_buf_printf(out, "\\uEF%02X", *p);
		}
	}
	zs_buf_text(out, "\"");
}

/* What the reader takes: a larger TTL does not count (RFC 2181 section 8). */
static uint32_t ttl_of(uint32_t ttl)
{
	return ttl < INT32_MAX ? ttl : INT32_MAX;
}

static void put_record(struct zs_buf *out, const char *name, const struct zs_record_state *state)
{
	char text[ZS_TIME_TEXT];
	zs_buf_printf(out, "    %s: {state: %s, since: %s", name, zs_phase_text(state->phase),
	              state->since ? zs_time_text(state->since, text) : "never");
	if (state->version && !state->since)
		zs_buf_printf(out, ", version: %u", state->version);
	if (state->from)
		zs_buf_printf(out, ", from: %s", zs_time_text(state->from, text));
	zs_buf_text(out, state->complete ? ", complete: yes}\n" : "}\n");
}

/* A time that most keys do not have. */
static void put_some_time(struct zs_buf *out, const char *name, zs_time time)
{
	if (!time)
		return;
	put_time(out, name, time);
	zs_buf_text(out, "\n");
}

static void put_key(struct zs_buf *out, const struct zs_key_facts *key)
{
	put_hex(out, "  - id", key->id, sizeof key->id);
	zs_buf_printf(out, "\n    tag: %u\n    algorithm: %u\n    role: %s\n    goal: %s\n", key->tag, key->algorithm,
	              zs_role_text(key->role), key->goal_in ? "omnipresent" : "hidden");
	if (key->has_predecessor) {
		put_hex(out, "    predecessor", key->predecessor, sizeof key->predecessor);
		zs_buf_text(out, "\n");
	}
	zs_buf_printf(out, "    was_omnipresent: %s\n", key->was_omnipresent ? "yes" : "no");
	if (key->standby)
		zs_buf_text(out, "    standby: yes\n");
	if (key->emergency)
		zs_buf_text(out, "    emergency: yes\n");
	put_time(out, "    created", key->created);
	zs_buf_text(out, "\n");
	put_some_time(out, "    active", key->active);
	put_some_time(out, "    activate", key->activate);
	put_some_time(out, "    retired", key->retired);
	put_some_time(out, "    removed", key->removed);
	put_record(out, "dnskey", &key->dnskey);
	put_record(out, "krrsig", &key->krrsig);
	put_record(out, "zrrsig", &key->zrrsig);
	put_record(out, "ds", &key->ds);
	put_time(out, "    ds_seen", key->ds_seen);
	put_time(out, "\n    ds_gone", key->ds_gone);
	zs_buf_text(out, "\n");
}

const char *const zs_state_roll_kinds[ZS_STATE_ROLL_KINDS] = { [ZS_ROLL_KSK] = "ksk", [ZS_ROLL_ZSK] = "zsk", [ZS_ROLL_CSK] = "csk" };

static void put_parent(struct zs_buf *out, const struct zs_parent_facts *parent)
{
	if (!parent->asked && !parent->observed && !parent->ttl && !parent->ds_count)
		return;
	zs_buf_printf(out, "parent:\n  ttl: %u\n", ttl_of(parent->ttl));
	put_time(out, "  observed", parent->observed);
	if (parent->lower_since) {
		put_time(out, "\n  lower_since", parent->lower_since);
		zs_buf_printf(out, "\n  lower: %u", ttl_of(parent->lower));
	}
	zs_buf_text(out, "\n");
	put_some_time(out, "  asked", parent->asked);
	if (parent->wanted)
		zs_buf_text(out, "  wanted: yes\n");
	put_some_time(out, "  agreed", parent->agreed);
	if (parent->waits_for) {
		put_quoted(out, "  waits_for", parent->waits_for);
		zs_buf_text(out, "\n");
	}
	zs_buf_text(out, "  ds:\n");
	for (size_t i = 0; i < parent->ds_count; i++) {
		put_hex(out, "    - rdata", parent->ds[i].data, parent->ds[i].len);
		zs_buf_text(out, "\n");
	}
}

static void put_shape(struct zs_buf *out, const struct zs_shape *shape, const char *indent)
{
	if (!shape->known)
		return;
	zs_buf_printf(out, "%sshape:\n%s  records: %llu\n%s  delegations: %llu\n%s  apex: [", indent, indent, (unsigned long long)shape->records,
	              indent, (unsigned long long)shape->delegations, indent);
	for (size_t i = 0; i < shape->apex_count; i++)
		zs_buf_printf(out, "%s%u", i ? ", " : "", shape->apex[i]);
	zs_buf_text(out, "]\n");
}

static void put_failure(struct zs_buf *out, const struct zs_failure *failure)
{
	if (failure->kind == ZS_FAILURE_NONE)
		return;
	zs_buf_printf(out, "failure:\n  kind: %s\n", zs_failure_text(failure->kind));
	put_time(out, "  since", failure->since);
	put_quoted(out, "\n  reason", failure->reason);
	zs_buf_text(out, "\n");
}

/* What the user asked of the engine. */
static void put_wishes(struct zs_buf *out, const struct zs_facts *facts)
{
	char time[ZS_TIME_TEXT];
	if (facts->told.event) {
		put_quoted(out, "told:\n  event", facts->told.event);
		put_time(out, "\n  time", facts->told.time);
		zs_buf_printf(out, "\n  again: %s\n", facts->told.again ? "yes" : "no");
	}
	if (facts->algorithm)
		zs_buf_printf(out, "target: {algorithm: %u, instead_of: %u}\n", facts->algorithm, facts->instead_of);
	put_some_time(out, "unsign", facts->unsign);
	put_some_time(out, "abandoned", facts->abandoned);
	if (facts->roll_count)
		zs_buf_text(out, "rolls:\n");
	for (size_t i = 0; i < facts->roll_count; i++)
		zs_buf_printf(out, "  - {kind: %s, emergency: %s, time: %s}\n", zs_state_roll_kinds[facts->rolls[i].kind],
		              facts->rolls[i].emergency ? "yes" : "no", zs_time_text(facts->rolls[i].time, time));
}

const char *const zs_state_tlsa_roles[ZS_STATE_TLSA_ROLES] = { [ZS_TLSA_CURRENT] = "current", [ZS_TLSA_NEXT] = "next", [ZS_TLSA_BRIDGE] = "bridge",
	                                  [ZS_TLSA_STALE] = "stale",
	                                  [ZS_TLSA_FOREIGN] = "foreign" };

/* What is computed from files, and the TTLs it had. */
static void put_tlsa(struct zs_buf *out, const struct zs_facts *facts)
{
	char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT], time[ZS_TIME_TEXT];
	zs_buf_text(out, "tlsa:\n");
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *tlsa = &facts->tlsa[i];
		put_quoted(out, "  - owner", zs_name_text(tlsa->owner, owner));
		if (tlsa->type != ZS_TYPE_TLSA)
			zs_buf_printf(out, "\n    type: %s", zs_type_text(tlsa->type, type));
		put_hex(out, "\n    rdata", tlsa->rdata.data, tlsa->rdata.len);
		zs_buf_printf(out, "\n    role: %s", zs_state_tlsa_roles[tlsa->role]);
		put_time(out, "\n    since", tlsa->since);
		if (tlsa->version && !tlsa->since)
			zs_buf_printf(out, "\n    version: %u", tlsa->version);
		if (tlsa->used)
			put_time(out, "\n    used", tlsa->used);
		put_time(out, "\n    until", tlsa->until);
		zs_buf_text(out, "\n");
	}
	if (facts->tlsa_ttl_count)
		zs_buf_text(out, "tlsa_ttls:\n");
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++) {
		const struct zs_tlsa_ttl *ttl = &facts->tlsa_ttls[i];
		put_quoted(out, "  - owner", zs_name_text(ttl->owner, owner));
		zs_buf_printf(out, "\n    ttl: %u\n    leaving: %s\n    until: %s\n", ttl_of(ttl->ttl), ttl->leaving ? "yes" : "no",
		              ttl->until ? zs_time_text(ttl->until, time) : "never");
		if (ttl->version && !ttl->until)
			zs_buf_printf(out, "    version: %u\n", ttl->version);
	}
}

static void put_ttl(struct zs_buf *out, const struct zs_ttl_facts *ttl)
{
	char time[ZS_TIME_TEXT];
	zs_buf_printf(out, "  - {ttl: %u, of: %s, until: %s", ttl_of(ttl->ttl), ttl->dnskey ? "dnskey" : "zone",
	              ttl->until ? zs_time_text(ttl->until, time) : "never");
	if (ttl->version && !ttl->until)
		zs_buf_printf(out, ", version: %u", ttl->version);
	zs_buf_text(out, "}\n");
}

static void put_lists(struct zs_buf *out, const struct zs_facts *facts)
{
	zs_buf_text(out, "inputs:\n");
	for (size_t i = 0; i < facts->input_count; i++) {
		const struct zs_input_facts *input = &facts->inputs[i];
		put_quoted(out, "  - path", input->path);
		zs_buf_printf(out, "\n    size: %llu\n    mtime_ns: %lld\n    ctime_ns: %lld\n    ino: %llu\n",
		              (unsigned long long)input->id.size, (long long)input->id.mtime_ns, (long long)input->id.ctime_ns,
		              (unsigned long long)input->id.ino);
		put_hex(out, "    sha256", input->sha256, sizeof input->sha256);
		zs_buf_text(out, input->id.settled ? "\n    settled: yes\n" : "\n");
	}
	zs_buf_text(out, "keys:\n");
	for (size_t i = 0; i < facts->key_count; i++)
		if (!zs_key_is_unmade(&facts->keys[i])) /* a plan that came to nothing */
			put_key(out, &facts->keys[i]);
	zs_buf_text(out, "tags_used: [");
	for (size_t i = 0; i < facts->tag_count; i++)
		zs_buf_printf(out, "%s%u", i ? ", " : "", facts->tags_used[i]);
	zs_buf_text(out, "]\n");
	put_tlsa(out, facts);
	zs_buf_text(out, "ttls:\n");
	for (size_t i = 0; i < facts->ttl_count; i++)
		put_ttl(out, &facts->ttls[i]);
	zs_buf_text(out, "overrides:\n");
	for (size_t i = 0; i < facts->override_count; i++) {
		put_quoted(out, "  - guard", facts->overrides[i].guard);
		put_quoted(out, "\n    value", facts->overrides[i].value);
		put_time(out, "\n    time", facts->overrides[i].time);
		zs_buf_text(out, "\n");
	}
}

void zs_state_format(const struct zs_facts *facts, struct zs_buf *out)
{
	char zone[ZS_NAME_TEXT];
	zs_buf_text(out, "# The state of a zone, written by zonesign. Do not edit it; keep it with the keys in your backup.\nversion: 1\n");
	put_quoted(out, "zone", zs_name_text(facts->zone, zone));
	zs_buf_printf(out, "\nclock: %s\n", facts->made_with_now ? "given" : "real");
	put_time(out, "last_build", facts->last_build);
	put_time(out, "\nnext_due", facts->next_due);
	zs_buf_text(out, "\n");
	put_some_time(out, "warned", facts->warned);
	if (facts->taken_over)
		zs_buf_printf(out, "taken_over: {serial: %u}\n", facts->taken_over_serial);
	if (facts->published.known) {
		const struct zs_published *p = &facts->published;
		zs_buf_printf(out, "published:\n  serial: %u\n", p->serial);
		put_hex(out, "  sha256", p->sha256, sizeof p->sha256);
		put_hex(out, "\n  content", p->content, sizeof p->content);
		put_time(out, "\n  time", p->time);
		put_time(out, "\n  served_since", p->served_since);
		put_time(out, "\n  earliest_expiration", p->earliest_expiration);
		zs_buf_printf(out, "\n  ttl: %u\n  dnskey_ttl: %u\n  negative_ttl: %u\n", ttl_of(p->ttl), ttl_of(p->dnskey_ttl),
		              ttl_of(p->negative_ttl));
		put_quoted(out, "  program", p->program);
		zs_buf_text(out, "\n");
		if (p->server) {
			put_quoted(out, "  server", p->server);
			zs_buf_text(out, "\n");
		}
		if (p->behind_since) {
			zs_buf_printf(out, "  behind: %u\n", p->behind);
			put_some_time(out, "  behind_since", p->behind_since);
		}
		if (p->waits_for) {
			put_quoted(out, "  waits_for", p->waits_for);
			zs_buf_text(out, "\n");
		}
	}
	if (facts->intent.present) {
		const struct zs_intent *intent = &facts->intent;
		zs_buf_printf(out, "intent:\n  serial: %u\n", intent->serial);
		put_hex(out, "  sha256", intent->sha256, sizeof intent->sha256);
		put_hex(out, "\n  content", intent->content, sizeof intent->content);
		put_time(out, "\n  earliest_expiration", intent->earliest_expiration);
		zs_buf_printf(out, "\n  ttl: %u\n  dnskey_ttl: %u\n  negative_ttl: %u\n", ttl_of(intent->ttl), ttl_of(intent->dnskey_ttl),
		              ttl_of(intent->negative_ttl));
		put_shape(out, &intent->shape, "  ");
		put_quoted(out, "  plan", intent->plan);
		zs_buf_text(out, "\n");
	}
	put_lists(out, facts);
	put_shape(out, &facts->shape, "");
	put_parent(out, &facts->parent);
	put_failure(out, &facts->failure);
	put_wishes(out, facts);
}
