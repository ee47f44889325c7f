/* resolve.c - libunbound: which zone is the parent, which servers it has, and the keys of its chain of trust. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "live/look_private.h"
#include "live/unbound.h"

enum { CLASS_IN = 1, LOOKUPS_MAX = 2 * ZS_NAMES_MAX };

/* IANA root-anchors.xml: KSK-2017 and KSK-2024. `observe: {trust-anchor: FILE}` replaces them. */
static const char *const root_anchors[] = {
	". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
	". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct zs_resolver {
	struct zs_run *run;
	const struct zs_unbound *ub;
	struct ub_ctx *context;
	int64_t deadline; /* of all that is asked of it */
};

/* One name and type asked for. */
struct lookup {
	const char *name;
	uint16_t type;
	struct ub_result *result; /* NULL: no answer in time */
	int error, id;
	bool done;
};

int64_t zs_live_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void release(void *resolver)
{
	const struct zs_resolver *r = resolver;
	r->ub->ctx_delete(r->context);
}

static bool set_up(const struct zs_resolver *resolver, const struct zs_run *run, const struct zs_observe_options *options, bool validate, const char **why)
{
	const struct zs_unbound *ub = resolver->ub;
	struct ub_ctx *context = resolver->context;
	char now[24];
	int error = 0;
	if (!validate)
		error = ub->ctx_set_option(context, "module-config:", "iterator");
	else if (options->trust_anchor.path)
		error = ub->ctx_add_ta_file(context, options->trust_anchor.path);
	for (size_t i = 0; validate && !options->trust_anchor.path && !error && i < ZS_COUNT(root_anchors); i++)
		error = ub->ctx_add_ta(context, root_anchors[i]);
	if (!error && options->root_hints.path)
		error = ub->ctx_set_option(context, "root-hints:", options->root_hints.path);
	if (!error && options->resolver_system)
		error = ub->ctx_resolvconf(context, NULL);
	for (size_t i = 0; !error && i < options->resolver_count; i++)
		error = ub->ctx_set_fwd(context, options->resolvers[i].text);
	if (!error && (options->server_count || options->root_hints.path || options->resolver_count))
		error = ub->ctx_set_option(context, "do-not-query-localhost:", "no");
	snprintf(now, sizeof now, "%lld", (long long)run->now);
	if (!error && run->now_given) /* the chain is judged at the instant of the run, as all else is */
		error = ub->ctx_set_option(context, "val-override-date:", now);
	if (!error)
		error = ub->ctx_set_option(context, "qname-minimisation:", "yes");
	if (!error)
		error = ub->ctx_async(context, 1);
	*why = error ? ub->strerror(error) : NULL;
	return !error;
}

static pthread_mutex_t creation = PTHREAD_MUTEX_INITIALIZER;

static struct zs_resolver *make(struct zs_run *run, const struct zs_observe_options *options, bool validate, const char **why)
{
	struct zs_resolver *resolver = zs_arena_alloc(run->arena, sizeof *resolver);
	resolver->run = run;
	*why = validate ? zs_resolver_file_problem(run, options->trust_anchor.path, false) : NULL;
	*why = *why ? *why : zs_resolver_file_problem(run, options->root_hints.path, true);
	resolver->ub = *why ? NULL : zs_unbound(why);
	if (!resolver->ub)
		return NULL;
	/* the first of them sets up what all contexts of a process share, and takes no lock for it */
	pthread_mutex_lock(&creation);
	resolver->context = resolver->ub->ctx_create();
	pthread_mutex_unlock(&creation);
	resolver->deadline = zs_live_clock() + ZS_RESOLVE_LIMIT;
	*why = "libunbound has no memory";
	if (!resolver->context)
		return NULL;
	zs_arena_defer(run->arena, release, resolver);
	(void)resolver->ub->ctx_debugout(resolver->context, NULL); /* what it has to say comes with the results */
	if (!set_up(resolver, run, options, validate, why)) {
		*why = zs_arena_printf(run->arena, "libunbound: %s", *why);
		return NULL;
	}
	return resolver;
}

struct zs_resolver *zs_resolver_new(struct zs_run *run, const struct zs_observe_options *options, const char **why)
{
	return make(run, options, true, why);
}

struct zs_resolver *zs_resolver_plain(struct zs_run *run, const struct zs_observe_options *options, const char **why)
{
	return make(run, options, false, why);
}

static const char *name_text(struct zs_resolver *resolver, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(resolver->run->arena, zs_name_text(name, text));
}

void zs_resolver_stub(struct zs_resolver *resolver, const uint8_t *zone, const struct zs_target *targets, size_t count)
{
	char name[ZS_NAME_TEXT];
	zs_name_text(zone, name);
	for (size_t i = 0; i < count; i++)
		if (targets[i].address.len)
			(void)resolver->ub->ctx_set_stub(resolver->context, name, targets[i].address.text, 0);
}

void zs_resolver_trust_world(struct zs_resolver *resolver, const uint8_t *zone)
{
	for (unsigned up = 0; up < zs_name_labels(zone); up++)
		(void)resolver->ub->ctx_zone_remove(resolver->context, name_text(resolver, zs_name_skip(zone, up)));
}

static void on_answer(void *context, int error, struct ub_result *result)
{
	struct lookup *lookup = context;
	lookup->result = error ? NULL : result;
	lookup->error = error;
	lookup->done = true;
}

static void release_result(void *result)
{
	const char *why;
	zs_unbound(&why)->resolve_free(result);
}

/* All of them at once, until they are done or the resolver's time is over. */
static void look_up(struct zs_resolver *resolver, struct lookup *lookups, size_t count)
{
	size_t open = 0;
	for (size_t i = 0; i < count; i++) {
		/* the callback may run before this returns */
		const int error = resolver->ub->resolve_async(resolver->context, lookups[i].name, lookups[i].type, CLASS_IN, &lookups[i], on_answer, &lookups[i].id);
		if (error) {
			lookups[i].error = error;
			lookups[i].done = true;
		}
		open += !lookups[i].done;
	}
	while (open) {
		struct pollfd fd = { .fd = resolver->ub->fd(resolver->context), .events = POLLIN };
		const int64_t left = resolver->deadline - zs_live_clock();
		if (left <= 0 || (poll(&fd, 1, (int)left) > 0 && resolver->ub->process(resolver->context) != 0))
			break;
		open = 0;
		for (size_t i = 0; i < count; i++)
			open += !lookups[i].done;
	}
	for (size_t i = 0; i < count; i++) {
		if (!lookups[i].done)
			(void)resolver->ub->cancel(resolver->context, lookups[i].id);
		else if (lookups[i].result)
			zs_arena_defer(resolver->run->arena, release_result, lookups[i].result);
	}
}

/* Why a lookup gave no data, for people. */
static const char *failure(struct zs_resolver *resolver, const struct lookup *lookup)
{
	char type[ZS_TYPE_TEXT];
	struct zs_arena *arena = resolver->run->arena;
	zs_type_text(lookup->type, type);
	const struct ub_result *result = lookup->result;
	if (!result)
		return zs_arena_printf(arena, "no answer to %s %s%s%s", lookup->name, type, lookup->error ? ": " : " in time",
		                       lookup->error ? resolver->ub->strerror(lookup->error) : "");
	if (result->bogus) {
		const char *why = result->why_bogus ? result->why_bogus : "bogus";
		return zs_arena_printf(arena, "%s %s does not validate: %s", lookup->name, type, zs_text_safe(arena, why, strlen(why), 300));
	}
	if (result->rcode != 0 && result->rcode != 3)
		return zs_arena_printf(arena, "%s %s: no server gives an answer (rcode %d)", lookup->name, type, result->rcode);
	return zs_arena_printf(arena, "%s has no %s", lookup->name, type);
}

/* An alias, as www of example.com is one in many zones, is no zone, wherever it leads. That is asked first: its end may be a zone with NS,
 * and may be one that does not answer. */
static bool is_alias(struct zs_resolver *resolver, const uint8_t *name)
{
	struct lookup lookup = { .name = name_text(resolver, name), .type = ZS_TYPE_CNAME };
	if (!zs_name_labels(name))
		return false;
	look_up(resolver, &lookup, 1);
	return lookup.result && lookup.result->havedata && !lookup.result->bogus;
}

const uint8_t *zs_resolver_parent(struct zs_resolver *resolver, const uint8_t *zone, const char **why)
{
	if (!zs_name_labels(zone)) {
		*why = "the root has no parent";
		return NULL;
	}
	for (unsigned up = 1; up <= zs_name_labels(zone); up++) {
		const uint8_t *ancestor = zs_name_skip(zone, up);
		struct lookup lookup = { .name = name_text(resolver, ancestor), .type = ZS_TYPE_NS };
		if (is_alias(resolver, ancestor))
			continue;
		look_up(resolver, &lookup, 1);
		if (lookup.result && lookup.result->havedata && !lookup.result->bogus)
			return ancestor;
		const bool none = lookup.result && !lookup.result->bogus && (lookup.result->rcode == 0 || lookup.result->rcode == 3);
		if (!none || up == zs_name_labels(zone)) {
			*why = failure(resolver, &lookup);
			return NULL;
		}
	}
	return NULL;
}

/* The addresses in the answers to A and AAAA of one server. */
static void take_addresses(struct zs_resolver *resolver, const struct lookup *lookup, struct zs_target *out, size_t *count)
{
	const int family = lookup->type == ZS_TYPE_A ? AF_INET : AF_INET6, want = family == AF_INET ? 4 : 16;
	const struct ub_result *result = lookup->result;
	for (size_t i = 0; result && result->havedata && !result->bogus && result->data[i] && *count < ZS_ADDRESSES_MAX; i++) {
		char text[INET6_ADDRSTRLEN];
		struct zs_target target = { .server = lookup->name };
		if (result->len[i] == want && inet_ntop(family, result->data[i], text, sizeof text)
		    && zs_address_parse(zs_arena_strdup(resolver->run->arena, text), 53, &target.address))
			out[(*count)++] = target;
	}
}

bool zs_resolver_servers(struct zs_resolver *resolver, const uint8_t *zone, struct zs_target out[ZS_ADDRESSES_MAX], size_t *count,
                         const char **why)
{
	struct lookup servers = { .name = name_text(resolver, zone), .type = ZS_TYPE_NS }, lookups[LOOKUPS_MAX];
	size_t names = 0;
	*count = 0;
	look_up(resolver, &servers, 1);
	const struct ub_result *result = servers.result;
	if (!result || !result->havedata || result->bogus) {
		*why = failure(resolver, &servers);
		return false;
	}
	for (; result->data[names]; names++) {
		const uint8_t *name = (const uint8_t *)result->data[names];
		if (names == ZS_NAMES_MAX || result->len[names] < 1 || zs_name_check(name, (size_t)result->len[names]) == 0) {
			*why = zs_arena_printf(resolver->run->arena, "%s has more than %d name servers, or one with a damaged name", servers.name,
			                       ZS_NAMES_MAX);
			return false;
		}
		const char *text = name_text(resolver, name);
		lookups[2 * names] = (struct lookup){ .name = text, .type = ZS_TYPE_A };
		lookups[2 * names + 1] = (struct lookup){ .name = text, .type = ZS_TYPE_AAAA };
	}
	look_up(resolver, lookups, 2 * names);
	for (size_t i = 0; i < names; i++) {
		const size_t before = *count;
		take_addresses(resolver, &lookups[2 * i], out, count);
		take_addresses(resolver, &lookups[2 * i + 1], out, count);
		if (*count == ZS_ADDRESSES_MAX) {
			*why = zs_arena_printf(resolver->run->arena, "the servers of %s have more than %d addresses", servers.name, ZS_ADDRESSES_MAX - 1);
			return false;
		}
		if (*count == before) /* it cannot be asked, and must not be forgotten */
			out[(*count)++] = (struct zs_target){ .address = { .text = "no address" }, .server = lookups[2 * i].name };
	}
	return true;
}

void zs_resolver_keys(struct zs_resolver *resolver, const uint8_t *zone, struct zs_chain_keys *out)
{
	struct lookup lookup = { .name = name_text(resolver, zone), .type = ZS_TYPE_DNSKEY };
	*out = (struct zs_chain_keys){ .zone = zone, .now = resolver->run->now };
	look_up(resolver, &lookup, 1);
	const struct ub_result *result = lookup.result;
	if (result && result->bogus)
		out->chain = ZS_CHAIN_BOGUS;
	else if (result && result->secure && result->havedata)
		out->chain = ZS_CHAIN_SECURE;
	else if (result && !result->secure && (result->rcode == 0 || result->rcode == 3))
		out->chain = ZS_CHAIN_INSECURE;
	if (out->chain == ZS_CHAIN_UNKNOWN || out->chain == ZS_CHAIN_BOGUS)
		out->why = failure(resolver, &lookup);
	for (size_t i = 0; out->chain == ZS_CHAIN_SECURE && result->data[i] && i < ZS_COUNT(out->keys); i++)
		out->keys[out->key_count++] = (struct zs_bytes){ (const uint8_t *)result->data[i], (size_t)result->len[i] };
}

void zs_resolver_deadline(struct zs_resolver *resolver, int64_t deadline)
{
	resolver->deadline = deadline;
}

static enum zs_chain security_of(const struct ub_result *result)
{
	if (!result || (result->rcode != 0 && result->rcode != 3 && !result->bogus))
		return ZS_CHAIN_UNKNOWN;
	return result->bogus ? ZS_CHAIN_BOGUS : result->secure ? ZS_CHAIN_SECURE : ZS_CHAIN_INSECURE;
}

static int by_bytes(const void *a, const void *b)
{
	return zs_bytes_compare(*(const struct zs_bytes *)a, *(const struct zs_bytes *)b);
}

static void read_view(struct zs_resolver *resolver, const struct lookup *lookup, struct zs_lookup_view *view)
{
	struct zs_arena *arena = resolver->run->arena;
	const struct ub_result *result = lookup->result;
	struct zs_bytes *data = zs_arena_array(arena, ZS_LOOK_RECORDS_MAX, sizeof *data);
	uint8_t canonical[ZS_NAME_MAX];
	struct zs_name_error error;
	view->security = security_of(result);
	view->rcode = result ? result->rcode : -1;
	view->canonical = view->name;
	view->why = view->security == ZS_CHAIN_UNKNOWN || view->security == ZS_CHAIN_BOGUS ? failure(resolver, lookup) : NULL;
	if (result && result->canonname && zs_name_parse(result->canonname, strlen(result->canonname), NULL, canonical, &error))
		view->canonical = (const uint8_t *)zs_arena_text(arena, (const char *)canonical, zs_name_len(canonical));
	for (size_t i = 0; result && result->havedata && !result->bogus && result->data[i] && view->count < ZS_LOOK_RECORDS_MAX; i++) {
		struct zs_rdata_error bad;
		if (result->len[i] >= 0 && zs_rdata_check(view->type, (const uint8_t *)result->data[i], (size_t)result->len[i], &bad))
			data[view->count++] = (struct zs_bytes){ (const uint8_t *)result->data[i], (size_t)result->len[i] };
	}
	if (view->count) /* libunbound turns records round; people look twice */
		qsort(data, view->count, sizeof *data, by_bytes);
	view->data = data;
}

void zs_resolver_look_up(struct zs_resolver *resolver, struct zs_lookup_view *views, size_t count)
{
	struct lookup *lookups = zs_arena_array(resolver->run->arena, count + 1, sizeof *lookups);
	for (size_t i = 0; i < count; i++)
		lookups[i] = (struct lookup){ .name = name_text(resolver, views[i].name), .type = views[i].type };
	look_up(resolver, lookups, count);
	for (size_t i = 0; i < count; i++)
		read_view(resolver, &lookups[i], &views[i]);
}
