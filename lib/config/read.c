/* read.c - a value of each kind: text of the file to a member of a struct, or an error that says what would do. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/schema.h"
#include "dns/algorithm.h"

const char *zs_shown(struct zs_loader *loader, const char *text)
{
	return zs_text_safe(loader->run->arena, text, strlen(text), 60);
}

bool zs_want_text(struct zs_loader *loader, const struct zs_yaml *node, const char *what)
{
	if (node->kind != ZS_YAML_SCALAR)
		return zs_error(loader->run, &node->where, "'%s' must be a value, not %s", zs_shown(loader, what),
		                zs_yaml_kind_text(node));
	if (zs_yaml_is_null(node))
		return zs_error(loader->run, &node->where, "'%s' has no value", zs_shown(loader, what));
	return true;
}

bool zs_want_map(struct zs_loader *loader, const struct zs_yaml *node, const char *what)
{
	if (node->kind == ZS_YAML_MAP)
		return true;
	if (zs_yaml_is_null(node)) {
		zs_error(loader->run, &node->where, "'%s' has nothing in it", zs_shown(loader, what));
		zs_hint(loader->run, "its options belong on the lines below it, indented");
		return false;
	}
	zs_error(loader->run, &node->where, "'%s' must be a map of options, not %s", zs_shown(loader, what), zs_yaml_kind_text(node));
	if (node->kind == ZS_YAML_LIST)
		zs_hint(loader->run, "take the '-' away from its options");
	return false;
}

void zs_hint_words(struct zs_loader *loader, const char *text, const char *const *words, size_t count)
{
	const char *nearest = zs_text_nearest(text, words, count);
	if (nearest) {
		zs_hint(loader->run, "did you mean '%s'?", nearest);
		return;
	}
	struct zs_buf list = { .arena = loader->run->arena, .max = 2000 };
	for (size_t i = 0; i < count; i++) {
		zs_buf_text(&list, i ? ", " : "one of: ");
		zs_buf_text(&list, words[i]);
	}
	if (count)
		zs_hint(loader->run, "%s", zs_buf_string(&list));
}

const struct zs_yaml *const *zs_scalars(struct zs_loader *loader, const struct zs_yaml *node, const char *what,
                                        size_t *count)
{
	const bool list = node->kind == ZS_YAML_LIST;
	const size_t n = list ? node->count : 1;
	if (!n) {
		zs_error(loader->run, &node->where, "'%s' is an empty list", what);
		return NULL;
	}
	const struct zs_yaml **nodes = zs_arena_array(loader->arena, n, sizeof(struct zs_yaml *));
	bool ok = true;
	for (size_t i = 0; i < n; i++) {
		nodes[i] = list ? node->entries[i].value : node;
		ok = zs_want_text(loader, nodes[i], what) && ok;
	}
	*count = n;
	return ok ? nodes : NULL;
}

bool zs_path_read(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_config_path *out)
{
	if (!zs_want_text(loader, node, what))
		return false;
	if (!node->len)
		return zs_error(loader->run, &node->where, "'%s' has no value", what);
	if (node->text[0] == '~') { /* else keys would be kept in a directory of that name, and made anew where the config lies next */
		zs_error(loader->run, &node->where, "'%s': '~' means a home directory to a shell only", what);
		zs_hint(loader->run, "write the whole path; a name that begins so is written ./%s", zs_shown(loader, node->text));
		return false;
	}
	*out = (struct zs_config_path){
		.path = zs_file_beside(loader->arena, loader->main->path, node->text),
		.text = node->text,
		.from = node->where,
	};
	return true;
}

/* As the option would write it: "1h", or a bare number. */
static const char *limit_text(const struct zs_option *option, int64_t value, char out[ZS_DURATION_TEXT])
{
	if (option->kind != ZS_OPTION_NUMBER && option->kind != ZS_OPTION_ITERATIONS)
		return zs_duration_text(value, out);
	snprintf(out, ZS_DURATION_TEXT, "%lld", (long long)value);
	return out;
}

static bool in_range(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                     int64_t value)
{
	char min[ZS_DURATION_TEXT], max[ZS_DURATION_TEXT];
	if (value >= option->min && value <= option->max)
		return true;
	return zs_error(loader->run, &node->where, "%s '%s' is out of range (%s to %s)", option->name,
	                zs_shown(loader, node->text), limit_text(option, option->min, min),
	                limit_text(option, option->max, max));
}

static bool read_duration(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                          zs_seconds *out)
{
	zs_seconds value;
	if (!zs_duration_parse(node->text, &value)) {
		zs_error(loader->run, &node->where, "'%s' is no duration for %s", zs_shown(loader, node->text), option->name);
		if (option->kind == ZS_OPTION_LIFETIME)
			zs_hint(loader->run, "90d, 2w, P90D, or: unlimited");
		else if (option->kind == ZS_OPTION_TTL_OR_AUTO)
			zs_hint(loader->run, "1h30m, 1d, P1D, seconds, or: auto");
		else if (option->kind == ZS_OPTION_PROPAGATION)
			zs_hint(loader->run, "1h30m, 1d, P1D, seconds, or: observe");
		else
			zs_hint(loader->run, "1h30m, 14d, 2w, P14D or seconds; months and years have no fixed length");
		return false;
	}
	if (!in_range(loader, option, node, value)) {
		if (value > 0 && value < option->min && strspn(node->text, "0123456789") == node->len)
			zs_hint(loader->run, "a number alone is seconds; %s days are written %sd", zs_shown(loader, node->text), zs_shown(loader, node->text));
		return false;
	}
	*out = value;
	return true;
}

static bool read_word(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                      unsigned *out)
{
	const char *words[8];
	size_t count = 0;
	for (const struct zs_option_word *w = option->words; w->word; w++) {
		if (zs_text_equal(node->text, node->len, w->word)) {
			*out = w->value;
			return true;
		}
		if (count < ZS_COUNT(words))
			words[count++] = w->word;
	}
	zs_error(loader->run, &node->where, "'%s' is no value for %s", zs_shown(loader, node->text), option->name);
	zs_hint_words(loader, node->text, words, count);
	return false;
}

static void hint_algorithms(struct zs_loader *loader, const char *text)
{
	const char *words[32];
	size_t count = 0;
	const struct zs_algorithm_info *info;
	for (size_t i = 0; (info = zs_algorithm_at(i)) && count < ZS_COUNT(words); i++)
		if (info->signs)
			words[count++] = info->option;
	zs_hint_words(loader, text, words, count);
}

static bool read_algorithm(struct zs_loader *loader, const struct zs_yaml *node, uint8_t *out)
{
	uint8_t number;
	if (!zs_algorithm_parse(node->text, node->len, &number)) {
		zs_error(loader->run, &node->where, "unknown algorithm '%s'", zs_shown(loader, node->text));
		hint_algorithms(loader, node->text);
		return false;
	}
	const struct zs_algorithm_info *info = zs_algorithm_info(number);
	if (info && info->signs) {
		*out = number;
		return true;
	}
	if (number == ZS_RSASHA1 || number == ZS_RSASHA1_NSEC3) {
		zs_error(loader->run, &node->where, "algorithm %s (%u) is verified, but not signed with", info->option, number);
		zs_hint(loader->run,
		        "validators may treat SHA-1 signatures as no signatures at all, and RFC 9905 forbids making "
		        "them; ecdsap256sha256 is usual");
		return false;
	}
	zs_error(loader->run, &node->where, "zonesign does not sign with algorithm %s", zs_shown(loader, node->text));
	hint_algorithms(loader, "");
	return false;
}

static bool read_denial(struct zs_loader *loader, const struct zs_yaml *node, enum zs_denial *out)
{
	if (node->kind == ZS_YAML_MAP) { /* its options are read by their own lines of the table */
		if (node->count != 1)
			return zs_error(loader->run, &node->where, "'denial' has %u options; nsec3 alone can be in it",
			                node->count);
		*out = ZS_DENIAL_NSEC3;
		return true;
	}
	static const char *const words[] = { "nsec", "nsec3" };
	for (unsigned i = 0; i < ZS_COUNT(words); i++)
		if (zs_text_equal(node->text, node->len, words[i])) {
			*out = i ? ZS_DENIAL_NSEC3 : ZS_DENIAL_NSEC;
			return true;
		}
	zs_error(loader->run, &node->where, "'%s' is no value for denial", zs_shown(loader, node->text));
	zs_hint(loader->run, "nsec, nsec3, or {nsec3: {opt-out: yes}}");
	return false;
}

static bool read_iterations(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                            uint16_t *out)
{
	uint64_t value;
	if (!zs_text_number(node->text, node->len, UINT16_MAX, &value))
		return zs_error(loader->run, &node->where, "'%s' is no number for %s", zs_shown(loader, node->text),
		                option->name);
	if (!in_range(loader, option, node, (int64_t)value)) {
		zs_hint(loader->run, "validators answer SERVFAIL, or treat the zone as unsigned, above their limit; use 0 "
		        "(RFC 9276 section 3.1)");
		return false;
	}
	if (value) {
		zs_warn(loader->run, &node->where, "%llu extra NSEC3 iterations cost every validator and protect nothing",
		        (unsigned long long)value);
		zs_hint(loader->run, "use 0 (RFC 9276 section 3.1)");
	}
	*out = (uint16_t)value;
	return true;
}

static bool read_salt(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                      struct zs_nsec3_options *out)
{
	uint8_t salt[ZS_NAME_MAX];
	size_t bad = 0;
	if (!node->len || strcmp(node->text, "-") == 0) { /* "-" is how NSEC3PARAM writes it */
		out->salt_len = 0;
		return true;
	}
	if (node->len > 2 * (size_t)option->max)
		return zs_error(loader->run, &node->where, "the NSEC3 salt has more than %lld octets", (long long)option->max);
	const long len = zs_hex_decode(node->text, node->len, salt, &bad);
	if (len < 0) {
		zs_error(loader->run, &node->where, "the NSEC3 salt '%s' is not hex", zs_shown(loader, node->text));
		zs_hint(loader->run, "pairs of 0-9 and a-f, or \"\" for none, which is best (RFC 9276 section 3.1)");
		return false;
	}
	zs_warn(loader->run, &node->where,
	        "an NSEC3 salt protects nothing: names of a zone are hashed with the zone's name");
	zs_hint(loader->run, "use \"\" (RFC 9276 section 3.1)");
	memcpy(out->salt, salt, (size_t)len);
	out->salt_len = (uint8_t)len;
	return true;
}

static bool read_propagation(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                             zs_seconds *value, bool *observe)
{
	if (zs_text_equal(node->text, node->len, "observe")) { /* *value stays the default */
		*observe = true;
		return true;
	}
	*observe = false;
	return read_duration(loader, option, node, value);
}

static bool read_number(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                        unsigned *out)
{
	uint64_t value;
	if (!zs_text_number(node->text, node->len, INT32_MAX, &value))
		return zs_error(loader->run, &node->where, "'%s' is no number for %s", zs_shown(loader, node->text),
		                option->name);
	if (!in_range(loader, option, node, (int64_t)value))
		return false;
	*out = (unsigned)value;
	return true;
}

static bool read_ttl(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                     uint32_t *out)
{
	zs_seconds value = 0;
	if (option->kind == ZS_OPTION_TTL_OR_AUTO && zs_text_equal(node->text, node->len, "auto")) {
		*out = 0;
		return true;
	}
	if (!read_duration(loader, option, node, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool read_observe(struct zs_loader *loader, const struct zs_yaml *node, bool *out)
{
	if (node->kind == ZS_YAML_MAP) { /* its options are read by their own lines of the table */
		*out = true;
		return true;
	}
	if (zs_text_equal(node->text, node->len, "parent") || zs_text_equal(node->text, node->len, "off")) {
		*out = zs_text_equal(node->text, node->len, "parent");
		return true;
	}
	zs_error(loader->run, &node->where, "'%s' is no value for observe", zs_shown(loader, node->text));
	zs_hint(loader->run, "parent, off, or {servers: [192.0.2.1]}");
	return false;
}

static bool read_addresses(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                           const struct zs_address **out, size_t *count)
{
	size_t n = 0;
	const struct zs_yaml *const *nodes = zs_scalars(loader, node, option->name, &n);
	if (!nodes)
		return false;
	struct zs_address *list = zs_arena_array(loader->arena, n, sizeof *list);
	if (n > (size_t)option->max)
		return zs_error(loader->run, &node->where, "'%s' has more than %lld addresses", option->name, (long long)option->max);
	for (size_t i = 0; i < n; i++)
		if (!zs_address_parse(nodes[i]->text, 53, &list[i])) {
			zs_error(loader->run, &nodes[i]->where, "'%s' is no address for %s", zs_shown(loader, nodes[i]->text), option->name);
			zs_hint(loader->run, "192.0.2.1, 2001:db8::1, or with a port: 192.0.2.1@5301");
			return false;
		}
	*out = list;
	*count = n;
	return true;
}

static bool read_resolver(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                          struct zs_policy *policy)
{
	const bool word = node->kind == ZS_YAML_SCALAR && node->len && strspn(node->text, "abcdefghijklmnopqrstuvwxyz") == node->len;
	policy->observe.resolver_system = word && strcmp(node->text, "system") == 0;
	if (word && (policy->observe.resolver_system || strcmp(node->text, "own") == 0)) {
		policy->observe.resolver_count = 0;
		return true;
	}
	if (word) {
		zs_error(loader->run, &node->where, "'%s' is no value for %s", zs_shown(loader, node->text), option->name);
		zs_hint(loader->run, "own, system, or addresses");
		return false;
	}
	return read_addresses(loader, option, node, &policy->observe.resolvers, &policy->observe.resolver_count);
}

static bool read_text(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node, const char **out)
{
	if (!node->len || strspn(node->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != node->len)
		return zs_error(loader->run, &node->where, "'%s' is no name for %s: letters, digits, '-' and '_'", zs_shown(loader, node->text),
		                option->name);
	*out = node->text;
	return true;
}

static bool read_by_kind(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                         char *target)
{
	void *member = target + option->offset;
	unsigned word = 0;
	switch (option->kind) {
	case ZS_OPTION_CUSTOM:
		return true;
	case ZS_OPTION_NUMBER:
		return read_number(loader, option, node, member);
	case ZS_OPTION_LIFETIME:
		if (zs_text_equal(node->text, node->len, "unlimited")) {
			*(zs_seconds *)member = ZS_LIFETIME_UNLIMITED;
			return true;
		}
		return read_duration(loader, option, node, member);
	case ZS_OPTION_DURATION:
		return read_duration(loader, option, node, member);
	case ZS_OPTION_TTL:
	case ZS_OPTION_TTL_OR_AUTO:
		return read_ttl(loader, option, node, member);
	case ZS_OPTION_PROPAGATION:
		return read_propagation(loader, option, node, member, (void *)(target + option->offset2));
	case ZS_OPTION_ALGORITHM:
		return read_algorithm(loader, node, member);
	case ZS_OPTION_FLAG:
		if (!read_word(loader, option, node, &word))
			return false;
		*(bool *)member = word != 0;
		return true;
	case ZS_OPTION_U8:
		if (!read_word(loader, option, node, &word))
			return false;
		*(uint8_t *)member = (uint8_t)word;
		return true;
	case ZS_OPTION_ENUM: /* its enumerators are small and not negative, so it has the size of an unsigned */
		return read_word(loader, option, node, member);
	case ZS_OPTION_DENIAL:
		return read_denial(loader, node, member);
	case ZS_OPTION_ITERATIONS:
		return read_iterations(loader, option, node, member);
	case ZS_OPTION_SALT: /* the salt and its length */
		return read_salt(loader, option, node, &((struct zs_policy *)(void *)target)->nsec3);
	case ZS_OPTION_OBSERVE:
		return read_observe(loader, node, member);
	case ZS_OPTION_ADDRESSES:
		return read_addresses(loader, option, node, member, (void *)(target + option->offset2));
	case ZS_OPTION_RESOLVER:
		return read_resolver(loader, option, node, (void *)target);
	case ZS_OPTION_COMMAND:
		return zs_command_read(loader, node, option->name, member);
	case ZS_OPTION_PATH:
		return zs_path_read(loader, node, option->name, member);
	case ZS_OPTION_TEXT:
		return read_text(loader, option, node, member);
	case ZS_OPTION_PUBLISH:
		return zs_publish_read(loader, node, &((struct zs_zone_draft *)(void *)target)->publish);
	}
	return false;
}

bool zs_option_read(struct zs_loader *loader, const struct zs_option *option, const struct zs_yaml *node,
                    void *target)
{
	const bool composite = option->kind == ZS_OPTION_COMMAND || option->kind == ZS_OPTION_ADDRESSES
	    || option->kind == ZS_OPTION_RESOLVER || option->kind == ZS_OPTION_PUBLISH
	    || ((option->kind == ZS_OPTION_DENIAL || option->kind == ZS_OPTION_OBSERVE) && node->kind == ZS_YAML_MAP);
	if (!composite && !zs_want_text(loader, node, option->name))
		return false;
	if (option->from)
		*(struct zs_source *)(void *)((char *)target + option->from) = node->where;
	return read_by_kind(loader, option, node, target);
}
