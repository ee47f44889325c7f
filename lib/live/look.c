/* look.c - the look from outside: what is asked, in which order, and how the time is shared. Everything after the chain of trust goes
 * on without it, so that one look shows all that is wrong. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "live/look_private.h"

/* Until which part of the whole time each step may last, in percent. */
enum { UNTIL_PARENT = 30, UNTIL_CUTS = 40, UNTIL_CHAIN = 50, UNTIL_SERVICES = 60, UNTIL_PROBES = 80 };
enum { AFTER = 50 }; /* milliseconds: to find reasons for what was seen */
enum { HOSTS_MAX = 16, ABOVE_MAX = 8, WISHES_MAX = 4 * HOSTS_MAX + 2 + ZS_LOOK_SERVICES_MAX };

struct wish {
	const uint8_t *host;
	uint16_t port;
	bool mx, always; /* always: also without TLSA */
};

struct looking {
	struct zs_run *run;
	const struct zs_look_options *options;
	struct zs_look *out;
	struct zs_resolver *resolver;
	int64_t begun;
	const uint8_t *hosts[HOSTS_MAX]; /* that mail goes to */
	size_t host_count;
	struct zs_service_view *services;
	struct zs_probe *plan;
	const uint8_t **cuts;            /* zones below that aliases lead into */
	size_t cut_count;
};

static int64_t until(const struct looking *l, int percent)
{
	return l->begun + l->options->limit * percent / 100;
}

static int64_t left_until(const struct looking *l, int percent)
{
	const int64_t left = until(l, percent) - zs_live_clock();
	return left > 0 ? left : 0;
}

static const uint8_t *prefixed(struct looking *l, const char *label, const uint8_t *name)
{
	const size_t len = strlen(label), rest = zs_name_len(name);
	if (!len || len > ZS_LABEL_MAX || 1 + len + rest > ZS_NAME_MAX)
		return NULL;
	uint8_t *out = zs_arena_alloc(l->run->arena, 1 + len + rest);
	out[0] = (uint8_t)len;
	memcpy(out + 1, label, len);
	memcpy(out + 1 + len, name, rest);
	return out;
}

/* "_25._tcp.HOST"; NULL if that is too long. */
static const uint8_t *tlsa_name(struct looking *l, const uint8_t *host, uint16_t port)
{
	const uint8_t *tcp = prefixed(l, "_tcp", host);
	return tcp ? prefixed(l, zs_arena_printf(l->run->arena, "_%u", port), tcp) : NULL;
}

/* "mail.example.com", as TLS wants names; the root stays ".". */
static const char *host_text(struct looking *l, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	const size_t len = zs_name_format(name, text);
	return zs_arena_text(l->run->arena, text, len > 1 ? len - 1 : len);
}

/* -- the chain */

static void look_at_chain(struct looking *l)
{
	struct zs_look *out = l->out;
	struct zs_link_view *links;
	/* first: an own list of the parent's servers is a stub, which libunbound takes before it is asked anything else */
	const int64_t left = left_until(l, UNTIL_PARENT);
	zs_resolver_deadline(l->resolver, until(l, UNTIL_PARENT));
	zs_observe_parent(l->run, out->zone, &l->options->observe, l->resolver, left < ZS_ASK_LIMIT ? left : ZS_ASK_LIMIT, &out->parent);
	out->link_count = zs_chain_walk(l->run, l->resolver, out->zone, until(l, UNTIL_CUTS), until(l, UNTIL_CHAIN), &links);
	out->links = links;
}

/* -- who receives mail */

static void take_host(struct looking *l, const uint8_t *host)
{
	for (size_t i = 0; i < l->host_count; i++)
		if (zs_name_equal(l->hosts[i], host))
			return;
	if (l->host_count == HOSTS_MAX)
		l->out->left_out = zs_arena_printf(l->run->arena, "only %d MX hosts were looked at", HOSTS_MAX);
	else
		l->hosts[l->host_count++] = host;
}

static void find_hosts(struct looking *l)
{
	struct zs_look *out = l->out;
	out->mx = (struct zs_lookup_view){ .name = out->zone, .type = ZS_TYPE_MX };
	zs_resolver_look_up(l->resolver, &out->mx, 1);
	for (size_t i = 0; i < out->mx.count; i++)
		if (out->mx.data[i].data[2]) /* the root: null MX, RFC 7505 */
			take_host(l, out->mx.data[i].data + 2);
	if (out->mx.count || out->mx.rcode != 0)
		return;
	struct zs_lookup_view own[2] = { { .name = out->zone, .type = ZS_TYPE_A }, { .name = out->zone, .type = ZS_TYPE_AAAA } };
	zs_resolver_look_up(l->resolver, own, 2);
	if (own[0].count || own[1].count) /* RFC 5321 section 5.1: without MX the domain itself is the host */
		take_host(l, out->zone);
}

static void add_wish(struct wish *wishes, size_t *count, struct wish wish)
{
	for (size_t i = 0; i < *count; i++)
		if (wishes[i].port == wish.port && zs_name_equal(wishes[i].host, wish.host)) {
			wishes[i].always = wishes[i].always || wish.always;
			return;
		}
	if (wish.host && *count < WISHES_MAX)
		wishes[(*count)++] = wish;
}

/* What may have TLSA: mail ports of the MX hosts, the web, and what the configuration names. */
static size_t collect_wishes(struct looking *l, struct wish wishes[WISHES_MAX])
{
	static const uint16_t mail[] = { 25, 465, 587, 993 };
	size_t count = 0;
	for (size_t i = 0; i < l->host_count; i++)
		for (size_t p = 0; p < ZS_COUNT(mail); p++)
			add_wish(wishes, &count, (struct wish){ .host = l->hosts[i], .port = mail[p], .mx = p == 0, .always = p == 0 });
	for (size_t i = 0; i < l->options->service_count; i++)
		add_wish(wishes, &count, (struct wish){ .host = l->options->services[i].host, .port = l->options->services[i].port, .always = true });
	add_wish(wishes, &count, (struct wish){ .host = l->out->zone, .port = 443 });
	const uint8_t *www = prefixed(l, "www", l->out->zone);
	if (www)
		add_wish(wishes, &count, (struct wish){ .host = www, .port = 443 });
	return count;
}

static struct zs_lookup_view question(const uint8_t *name, uint16_t type)
{
	return (struct zs_lookup_view){ .name = name, .canonical = name, .type = type, .rcode = -1 };
}

/* Is the search for TLSA at an end with this answer? Only a proven (or insecure) "there are none" leads on to the next name: after a
 * lookup that failed, mail is deferred (RFC 7672 sections 2.1.2 and 2.2.2). */
static bool ends_search(const struct zs_lookup_view *tlsa)
{
	return tlsa->count || tlsa->security == ZS_CHAIN_BOGUS || tlsa->security == ZS_CHAIN_UNKNOWN;
}

/* An alias: the TLSA of the name it stands for come first (RFC 7671 section 7, RFC 7672 section 2.2.2), if the way there is secure. */
static void follow_aliases(struct looking *l, struct wish *wishes, size_t count)
{
	struct zs_lookup_view *again = zs_arena_array(l->run->arena, count + 1, sizeof *again);
	size_t *whose = zs_arena_array(l->run->arena, count + 1, sizeof *whose), n = 0;
	for (size_t i = 0; i < count; i++) {
		const struct zs_service_view *s = &l->services[i];
		const struct zs_lookup_view *address = s->a.count ? &s->a : &s->aaaa;
		const uint8_t *name = zs_name_equal(address->canonical, s->host) || address->security != ZS_CHAIN_SECURE
		                          ? NULL : tlsa_name(l, address->canonical, s->port);
		if (!name)
			continue;
		again[n] = question(name, ZS_TYPE_TLSA);
		whose[n++] = i;
	}
	zs_resolver_look_up(l->resolver, again, n);
	for (size_t i = 0; i < n; i++)
		if (ends_search(&again[i])) {
			struct zs_service_view *s = &l->services[whose[i]];
			wishes[whose[i]].always |= s->tlsa.count > 0; /* those of the alias show that the port is in use */
			s->tlsa = again[i];
			s->base = s->a.count ? s->a.canonical : s->aaaa.canonical;
		}
}

/* Ports whose protocol begins without TLS: FTP, POP3, NNTP, IMAP, LDAP, PostgreSQL, ManageSieve, XMPP. */
static bool is_foreign(uint16_t port)
{
	static const uint16_t ports[] = { 21, 110, 119, 143, 389, 4190, 5222, 5269, 5432 };
	for (size_t i = 0; i < ZS_COUNT(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static void look_up_services(struct looking *l)
{
	struct wish *wishes = zs_arena_array(l->run->arena, WISHES_MAX, sizeof *wishes);
	const size_t count = collect_wishes(l, wishes);
	struct zs_lookup_view *views = zs_arena_array(l->run->arena, 3 * count + 1, sizeof *views);
	l->services = zs_arena_array(l->run->arena, count + 1, sizeof *l->services);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *name = tlsa_name(l, wishes[i].host, wishes[i].port);
		views[3 * i] = question(name ? name : wishes[i].host, ZS_TYPE_TLSA);
		views[3 * i + 1] = question(wishes[i].host, ZS_TYPE_A);
		views[3 * i + 2] = question(wishes[i].host, ZS_TYPE_AAAA);
	}
	zs_resolver_look_up(l->resolver, views, 3 * count);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		l->services[i] = (struct zs_service_view){ .host = wishes[i].host, .base = wishes[i].host, .port = wishes[i].port, .mx = wishes[i].mx,
			                                   .smtp = wishes[i].port == 25 || wishes[i].port == 587, .foreign = is_foreign(wishes[i].port), .tlsa = views[3 * i],
			                                   .a = views[3 * i + 1], .aaaa = views[3 * i + 2] };
	follow_aliases(l, wishes, count);
	for (size_t i = 0; i < count; i++) {
		if (!wishes[i].always && !l->services[i].tlsa.count)
			continue;
		if (kept == ZS_LOOK_SERVICES_MAX) {
			l->out->left_out = zs_arena_printf(l->run->arena, "only %d hosts and ports were looked at", ZS_LOOK_SERVICES_MAX);
			break;
		}
		l->services[kept++] = l->services[i];
	}
	l->out->services = l->services;
	l->out->service_count = kept;
}

/* -- every kind of answer: through the chain, and from each server */

/* The zones below ours that names are in, to out: what is there is signed with other keys, or with none. The chain of trust proves
 * each, and each is taken once. */
static size_t find_cuts(struct looking *l, const uint8_t *const *names, size_t name_count, const uint8_t **out)
{
	struct zs_lookup_view *cuts = zs_arena_array(l->run->arena, name_count * ABOVE_MAX + 1, sizeof *cuts);
	const unsigned top = zs_name_labels(l->out->zone);
	size_t cut_count = 0, count = 0;
	for (size_t i = 0; i < name_count; i++) {
		const uint8_t *name = names[i];
		for (unsigned up = 0; up < ABOVE_MAX && zs_name_labels(name) > top; up++, name = zs_name_skip(name, 1))
			cuts[cut_count++] = question(name, ZS_TYPE_NS);
	}
	zs_resolver_look_up(l->resolver, cuts, cut_count);
	for (size_t i = 0; i < cut_count; i++) {
		bool known = !cuts[i].count || !zs_name_equal(cuts[i].canonical, cuts[i].name);
		for (size_t c = 0; c < count && !known; c++)
			known = zs_name_equal(out[c], cuts[i].name);
		if (!known)
			out[count++] = cuts[i].name;
	}
	return count;
}

/* The MX hosts in the zone. One in a zone below is not among them, though the same servers may answer for it: with other keys. */
static size_t hosts_inside(struct looking *l, const uint8_t *inside[HOSTS_MAX])
{
	const uint8_t *cuts[HOSTS_MAX * ABOVE_MAX];
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < l->host_count; i++)
		if (zs_name_within(l->hosts[i], l->out->zone))
			inside[count++] = l->hosts[i];
	const size_t cut_count = find_cuts(l, inside, count, cuts);
	for (size_t h = 0; h < count; h++) {
		bool below = false;
		for (size_t c = 0; c < cut_count && !below; c++)
			below = zs_name_within(inside[h], cuts[c]);
		if (!below)
			inside[kept++] = inside[h];
	}
	return kept;
}

/* The zones below ours that aliases in the answers to the plan lead into. */
static void find_alias_cuts(struct looking *l)
{
	const uint8_t *targets[ZS_LOOK_PROBES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < l->out->lookup_count; i++) {
		const struct zs_lookup_view *view = &l->out->lookups[i];
		bool known = zs_name_equal(view->canonical, view->name) || !zs_name_below(view->canonical, l->out->zone);
		for (size_t t = 0; t < count && !known; t++)
			known = zs_name_equal(targets[t], view->canonical);
		if (!known)
			targets[count++] = view->canonical;
	}
	l->cuts = zs_arena_array(l->run->arena, count * ABOVE_MAX + 1, sizeof(const uint8_t *));
	l->cut_count = find_cuts(l, targets, count, l->cuts);
}

static void make_plan(struct looking *l)
{
	const uint8_t *inside[HOSTS_MAX];
	const size_t count = hosts_inside(l, inside);
	l->plan = zs_arena_array(l->run->arena, ZS_LOOK_PROBES_MAX, sizeof *l->plan);
	l->out->plan = l->plan;
	l->out->plan_count = zs_live_plan(l->run, l->out->zone, l->options->content, inside, count, l->plan);
}

/* A name with TLSA below it is there, whatever any server says of it. */
static void mark_empty(struct looking *l, const uint8_t *tlsa)
{
	for (size_t i = 0; i < l->out->plan_count; i++) {
		struct zs_probe *probe = &l->plan[i];
		if (probe->kind == ZS_PROBE_ANY && probe->name[0] == 4 && memcmp(probe->name + 1, "_tcp", 4) == 0 && zs_name_below(tlsa, probe->name))
			probe->kind = ZS_PROBE_ENT;
	}
}

static void mark_all_empty(struct looking *l)
{
	for (size_t i = 0; i < l->out->service_count; i++)
		if (l->out->services[i].tlsa.count)
			mark_empty(l, l->out->services[i].tlsa.name);
	for (size_t s = 0; s < l->out->server_count; s++)
		for (size_t i = 0; i < l->out->servers[s].probe_count; i++) {
			const struct zs_probe_view *view = &l->out->servers[s].probes[i];
			if (view->probe->type == ZS_TYPE_TLSA && view->reply == ZS_REPLY_ANSWERED && view->verdict.kind == ZS_ANSWER_POSITIVE)
				mark_empty(l, view->probe->name);
		}
}

static void look_up_kinds(struct looking *l)
{
	struct zs_look *out = l->out;
	struct zs_lookup_view *views = zs_arena_array(l->run->arena, out->plan_count + 1, sizeof *views);
	struct zs_probe *probes = zs_arena_array(l->run->arena, out->plan_count + 1, sizeof *probes);
	for (size_t i = 0; i < out->plan_count; i++)
		if (!out->plan[i].tcp) {
			probes[out->lookup_count] = out->plan[i];
			views[out->lookup_count++] = question(out->plan[i].name, out->plan[i].type);
		}
	zs_resolver_look_up(l->resolver, views, out->lookup_count);
	out->lookups = views;
	out->lookup_probes = probes;
}

static bool find_without_validation(struct looking *l, struct zs_target targets[ZS_ADDRESSES_MAX], size_t *count)
{
	const char *why;
	struct zs_resolver *plain = zs_resolver_plain(l->run, &l->options->observe, &why);
	if (!plain)
		return false;
	zs_resolver_trust_world(plain, l->out->zone);
	zs_resolver_deadline(plain, until(l, UNTIL_SERVICES));
	return zs_resolver_servers(plain, l->out->zone, targets, count, &why);
}

/* Of a zone whose chain is broken the servers are found without it: one of them may show why. */
static bool find_unproven(struct looking *l, struct zs_target targets[ZS_ADDRESSES_MAX], size_t *count)
{
	const struct zs_link_view *last = l->out->link_count ? &l->out->links[l->out->link_count - 1] : NULL;
	l->out->without_validation = last && last->dnskey.security == ZS_CHAIN_BOGUS && find_without_validation(l, targets, count);
	return l->out->without_validation;
}

/* Of a zone that answers nothing in time the parent tells the servers: one of them may be the one that answers. */
static bool find_referred(struct looking *l, struct zs_target targets[ZS_ADDRESSES_MAX], size_t *count)
{
	*count = zs_referral_ask(l->run, l->out->zone, &l->out->parent, left_until(l, UNTIL_PROBES) / 3, targets);
	l->out->referred = *count > 0;
	return l->out->referred;
}

/* One server with an old copy of the zone may be the one that was asked for the address of another, whose address it is for all that. */
static void find_lost_addresses(struct looking *l, struct zs_target targets[ZS_ADDRESSES_MAX], size_t *count)
{
	struct zs_target *all = zs_arena_array(l->run->arena, ZS_ADDRESSES_MAX, sizeof *all);
	size_t all_count, i = 0;
	while (i < *count && targets[i].address.len)
		i++;
	if (i == *count || !find_without_validation(l, all, &all_count))
		return;
	memcpy(targets, all, all_count * sizeof *all);
	*count = all_count;
}

/* libunbound turns the records round; people look twice. */
static int by_name(const void *a, const void *b)
{
	const struct zs_target *x = a, *y = b;
	const int names = strcmp(x->server, y->server);
	return names ? names : strcmp(x->address.text, y->address.text);
}

static size_t find_targets(struct looking *l, struct zs_probe_target out[ZS_LOOK_SERVERS_MAX])
{
	const struct zs_look_options *o = l->options;
	struct zs_target *targets = zs_arena_array(l->run->arena, ZS_ADDRESSES_MAX, sizeof *targets);
	size_t count = 0, kept = 0;
	for (; kept < o->server_count && kept < ZS_LOOK_SERVERS_MAX; kept++)
		out[kept] = (struct zs_probe_target){ .address = o->servers[kept], .server = o->servers[kept].text };
	if (o->server_count)
		return kept;
	if (l->out->link_count && zs_look_is_alias(&l->out->links[l->out->link_count - 1])) {
		l->out->servers_why = "it is an alias, and has no name servers of its own";
		return 0;
	}
	zs_resolver_deadline(l->resolver, until(l, UNTIL_SERVICES));
	if (!zs_resolver_servers(l->resolver, o->zone, targets, &count, &l->out->servers_why) && !find_unproven(l, targets, &count)
	    && !find_referred(l, targets, &count))
		return 0;
	l->out->servers_why = NULL;
	find_lost_addresses(l, targets, &count);
	qsort(targets, count, sizeof *targets, by_name);
	for (size_t i = 0; i < count && kept < ZS_LOOK_SERVERS_MAX; i++)
		out[kept++] = (struct zs_probe_target){ .address = targets[i].address, .server = targets[i].server };
	if (count > kept)
		l->out->left_out = zs_arena_printf(l->run->arena, "only %d addresses of name servers were asked", ZS_LOOK_SERVERS_MAX);
	return kept;
}

static void probe_servers(struct looking *l)
{
	struct zs_probe_target *targets = zs_arena_array(l->run->arena, ZS_LOOK_SERVERS_MAX, sizeof *targets);
	const size_t count = find_targets(l, targets);
	struct zs_server_look *servers = zs_arena_array(l->run->arena, count + 1, sizeof *servers);
	const struct zs_link_view *last = l->out->link_count ? &l->out->links[l->out->link_count - 1] : NULL;
	const bool secure = last && last->dnskey.security == ZS_CHAIN_SECURE;
	const bool has_ds = last && last->ds.security == ZS_CHAIN_SECURE;
	zs_live_probe(l->run, l->out->zone, targets, count, l->out->plan, l->out->plan_count, secure ? last->dnskey.data : NULL,
	              secure ? last->dnskey.count : 0, has_ds ? last->ds.data : NULL, has_ds ? last->ds.count : 0, l->cuts, l->cut_count,
	              left_until(l, UNTIL_PROBES), servers);
	l->out->servers = servers;
	l->out->server_count = count;
}

/* -- connections */

static void add_talks(struct looking *l, struct zs_service_view *s, const struct zs_lookup_view *addresses, struct zs_talk *talks, size_t *count,
                      struct zs_talk_view *views)
{
	struct zs_arena *arena = l->run->arena;
	const int family = addresses->type == ZS_TYPE_A ? AF_INET : AF_INET6;
	for (size_t i = 0; i < addresses->count; i++)
		for (int f = 0; f < ZS_FAMILY_COUNT; f++) {
			char text[INET6_ADDRSTRLEN];
			if (*count == ZS_LOOK_TALKS_MAX) {
				l->out->left_out = zs_arena_printf(arena, "only %d connections were made", ZS_LOOK_TALKS_MAX);
				return;
			}
			struct zs_talk *talk = &talks[*count];
			if (!inet_ntop(family, addresses->data[i].data, text, sizeof text)
			    || !zs_address_parse(zs_arena_strdup(arena, text), s->port, &talk->address))
				continue;
			views[*count] = (struct zs_talk_view){ .address = talk->address.text, .family = (enum zs_signature_family)f };
			*talk = (struct zs_talk){ .address = talk->address, .base = host_text(l, s->base), .domain = s->mx ? host_text(l, l->out->zone) : NULL,
				                  .tlsa = s->tlsa.data, .tlsa_count = s->tlsa.count, .starttls = s->smtp,
				                  .smtp = s->smtp || s->port == 465, .now = l->run->now, .view = &views[*count] };
			s->talk_count++;
			++*count;
		}
}

static void talk_to_services(struct looking *l)
{
	struct zs_talk *talks = zs_arena_array(l->run->arena, ZS_LOOK_TALKS_MAX, sizeof *talks);
	struct zs_talk_view *views = zs_arena_array(l->run->arena, ZS_LOOK_TALKS_MAX, sizeof *views);
	size_t count = 0;
	for (size_t i = 0; i < l->out->service_count; i++) {
		struct zs_service_view *s = &l->services[i];
		s->talks = views + count;
		if (s->foreign)
			continue;
		add_talks(l, s, &s->a, talks, &count, views);
		add_talks(l, s, &s->aaaa, talks, &count, views);
	}
	zs_talk_all(l->run, talks, count, left_until(l, 100));
}

bool zs_look_is_alias(const struct zs_link_view *link)
{
	return link->dnskey.canonical && !zs_name_equal(link->dnskey.canonical, link->zone);
}

void zs_live_look(struct zs_run *run, const struct zs_look_options *options, struct zs_look *out)
{
	struct looking l = { .run = run, .options = options, .out = out, .begun = zs_live_clock() };
	*out = (struct zs_look){ .time = run->now, .zone = options->zone, .until = l.begun + options->limit + AFTER };
	l.resolver = zs_resolver_new(run, &options->observe, &out->why);
	if (!l.resolver)
		return;
	out->why = NULL;
	look_at_chain(&l);
	zs_resolver_deadline(l.resolver, until(&l, UNTIL_SERVICES));
	find_hosts(&l);
	look_up_services(&l);
	make_plan(&l);
	mark_all_empty(&l);
	look_up_kinds(&l);
	find_alias_cuts(&l);
	probe_servers(&l);
	mark_all_empty(&l);
	talk_to_services(&l);
	out->took = zs_live_clock() - l.begun;
}
