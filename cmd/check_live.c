/* check_live.c - `zonesign check --live`: zones as the world sees them, several at a time, within one limit of time. */
#include "cmd/check_live.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/pool.h"
#include "dane/dane.h"
#include "dns/type.h"
#include "report/outside.h"

enum { AT_ONCE = 16, FILES_EACH = 600, ENOUGH = 500, MARGIN = 100, SHARE_MIN = 1500 }; /* zones, and open files of each; milliseconds that are
                                                                      * worth beginning with, kept for printing, and of a zone among many */

struct visit {
	const struct zs_zone_config *config; /* NULL: --origin */
	uint8_t name[ZS_NAME_MAX];
	struct zs_run *run;                  /* of its own: zones are looked at in parallel */
	struct zs_run *scratch;              /* what is read beside it may have errors, which are no matter of the look */
	struct zs_look_options options;
	struct zs_outside_known known;
	struct zs_look look;
	struct zs_outside outside;
};

struct round {
	struct visit *visits;
	int64_t deadline;
	unsigned threads;
	_Atomic size_t waiting; /* zones that nobody has begun with */
};

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_options(struct visit *visit, const struct zs_live_options *options)
{
	struct zs_observe_options *observe = &visit->options.observe;
	visit->options.zone = visit->name;
	if (visit->config) {
		*observe = visit->config->policy->observe;
		visit->options.servers = visit->config->servers;
		visit->options.server_count = visit->config->server_count;
	}
	if (options->trust_anchor)
		observe->trust_anchor = (struct zs_config_path){ .path = options->trust_anchor, .text = options->trust_anchor };
	if (options->root_hints)
		observe->root_hints = (struct zs_config_path){ .path = options->root_hints, .text = options->root_hints };
	if (options->resolver_count) {
		observe->resolvers = options->resolvers;
		observe->resolver_count = options->resolver_count;
		observe->resolver_system = false;
	}
}

/* -- what the configuration and the state know of the zone */

static void add_service(struct visit *visit, const uint8_t *host, uint16_t port, struct zs_look_service *out, size_t max)
{
	if (visit->options.service_count < max)
		out[visit->options.service_count++] = (struct zs_look_service){ .host = host, .port = port };
}

static void find_services(struct visit *visit)
{
	const struct zs_zone_config *config = visit->config;
	struct zs_look_service *out = zs_arena_array(visit->run->arena, ZS_LOOK_SERVICES_MAX, sizeof *out);
	const struct zs_rrset *mx = visit->options.content ? zs_zone_apex_rrset(visit->options.content, ZS_TYPE_MX) : NULL;
	visit->options.services = out;
	for (size_t e = 0; e < config->dane_count; e++)
		for (size_t p = 0; p < config->dane[e].port_count; p++) {
			const struct zs_dane_port *port = &config->dane[e].ports[p];
			for (size_t h = 0; port->transport == ZS_TCP && h < config->dane[e].host_count; h++) {
				const struct zs_dane_host *host = &config->dane[e].hosts[h];
				if (!host->mx)
					add_service(visit, host->name, port->port, out, ZS_LOOK_SERVICES_MAX);
				for (uint32_t i = 0; host->mx && mx && i < mx->count; i++) {
					const uint8_t *target = zs_rrset_rdata(visit->options.content, mx, i).data + 2;
					if (*target && zs_name_within(target, config->name))
						add_service(visit, target, port->port, out, ZS_LOOK_SERVICES_MAX);
				}
			}
		}
}

static const struct zs_zone *read_zone(struct zs_run *run, const char *path, const struct zs_zone_config *config, enum zs_zone_dnssec dnssec)
{
	const struct zs_zone_options options = { .apex = config->name, .dnssec = dnssec, .include_any = config->include_any };
	struct zs_zone *zone;
	return access(path, R_OK) == 0 && zs_zone_read(run, run->arena, path, &options, &zone) ? zone : NULL;
}

/* The TLSA that a build would make now, beside what the state says is published. */
static void find_tlsa(struct visit *visit, const struct zs_facts *state)
{
	struct zs_zone *plain = (struct zs_zone *)(uintptr_t)read_zone(visit->scratch, visit->config->file.path, visit->config, ZS_DNSSEC_STRIP);
	struct zs_facts *facts = zs_arena_alloc(visit->scratch->arena, sizeof *facts);
	bool certificates_ok = false;
	*facts = *state;
	if (!plain || !visit->config->dane_count || !zs_dane_insert(visit->scratch, visit->config, facts, plain, &certificates_ok) || !certificates_ok)
		return;
	struct zs_tlsa_facts *all = NULL;
	size_t room = 0;
	for (uint32_t i = 0; i < plain->owner_count; i++) {
		const struct zs_rrset *set = zs_zone_rrset(plain, i, ZS_TYPE_TLSA);
		for (uint32_t r = 0; set && r < set->count; r++) {
			struct zs_tlsa_facts *one = &ZS_PUSH(visit->scratch->arena, all, visit->known.tlsa_count, room);
			const uint8_t *name = zs_owner_name(plain, &plain->owners[i]);
			memcpy(one->owner, name, zs_name_len(name));
			one->rdata = zs_rrset_rdata(plain, set, r);
		}
	}
	visit->known.has_tlsa = true;
	visit->known.tlsa = all;
}

static void find_known(struct visit *visit)
{
	struct zs_facts *facts;
	if (!visit->config)
		return;
	visit->options.content = read_zone(visit->scratch, visit->config->output.path, visit->config, ZS_DNSSEC_KEEP);
	find_services(visit);
	visit->known.margin = visit->config->policy->refresh / 2;
	if (!zs_facts_read(visit->scratch, visit->config, &facts))
		return;
	zs_facts_close(facts);
	visit->known.has_serial = facts->published.known && facts->published.served_since;
	visit->known.serial = facts->published.serial;
	find_tlsa(visit, facts);
}

/* Our keys against what the parent's servers showed. */
static void compare_keys(struct visit *visit)
{
	struct zs_ds_request *request = zs_arena_alloc(visit->scratch->arena, sizeof *request);
	struct zs_served served;
	struct zs_delegation *delegation = zs_arena_alloc(visit->scratch->arena, sizeof *delegation);
	zs_time first;
	if (visit->known.has_serial && zs_report_parent(visit->scratch, visit->config, request, &first) && zs_report_served(visit->scratch, visit->config, &served)
	    && zs_report_compare(visit->scratch, request, &served, &visit->look.parent, delegation))
		visit->known.delegation = delegation;
}

/* Zones whose servers keep one waiting to the end must leave time for those behind them. */
static int64_t share(struct round *round)
{
	const int64_t left = round->deadline - milliseconds();
	const int64_t fair = left * round->threads / (int64_t)atomic_fetch_sub(&round->waiting, 1);
	return left < SHARE_MIN || fair > left ? left : fair < SHARE_MIN ? SHARE_MIN : fair;
}

static void look(void *context, unsigned thread, size_t from, size_t to)
{
	struct round *round = context;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		struct visit *visit = &round->visits[i];
		visit->options.limit = share(round);
		if (visit->options.limit >= ENOUGH)
			zs_live_look(visit->run, &visit->options, &visit->look);
		else
			visit->look = (struct zs_look){ .zone = visit->name, .time = visit->run->now, .why = "the time was over before it was asked" };
	}
}

/* How many zones at once the limit of open files allows. */
static unsigned zones_at_once(size_t count)
{
	struct rlimit limit;
	const rlim_t wanted = (AT_ONCE + 1) * FILES_EACH;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	const rlim_t fit = limit.rlim_cur / FILES_EACH;
	const unsigned most = fit > AT_ONCE ? AT_ONCE : fit > 1 ? (unsigned)fit - 1 : 1;
	return count < most ? (unsigned)count : most;
}

static void print(const struct zs_cli *cli, struct zs_run *run, const struct zs_live_options *options, const struct visit *visits, size_t count)
{
	struct zs_buf text = { .arena = run->arena, .max = (size_t)256 << 20 };
	struct zs_outside *all = zs_arena_array(run->arena, count + 1, sizeof *all);
	struct zs_json *document = cli->json ? zs_json_object(run->arena) : NULL;
	struct zs_json *list = document ? zs_json_set_array(document, "zones") : NULL;
	for (size_t i = 0; i < count; i++) {
		all[i] = visits[i].outside;
		if (document)
			zs_report_outside_json(run, &all[i], zs_json_add_object(list));
		else if (!cli->quiet || all[i].fault)
			zs_report_outside_text(run, &all[i], zs_cli_color(cli, stdout), cli->verbose, &text);
	}
	if (document)
		zs_json_dump(document, &text);
	zs_cli_write(run, text.data, text.len);
	if (options->html) {
		struct zs_buf page = { .arena = run->arena, .max = (size_t)256 << 20 };
		zs_report_outside_html(run, all, count, &page);
		(void)zs_cli_write_page(run, options->html, &page);
	}
}

static void prepare(const struct zs_cli *cli, struct visit *visit, const struct zs_live_options *options)
{
	visit->run = zs_cli_run(cli);
	visit->scratch = zs_cli_run(cli);
	take_options(visit, options);
	find_known(visit);
}

void zs_check_live(const struct zs_cli *cli, struct zs_run *run, const struct zs_live_options *options, const uint8_t *origin,
                   const struct zs_zone_config *const *zones, size_t count)
{
	const size_t visit_count = origin ? 1 : count;
	struct round round = { .deadline = milliseconds() + options->timeout - MARGIN, .threads = zones_at_once(visit_count), .waiting = visit_count };
	enum zs_fault gravest = ZS_DONE;
	round.visits = zs_arena_array(run->arena, visit_count + 1, sizeof *round.visits);
	for (size_t i = 0; i < visit_count; i++) {
		struct visit *visit = &round.visits[i];
		visit->config = origin ? NULL : zones[i];
		memcpy(visit->name, origin ? origin : zones[i]->name, zs_name_len(origin ? origin : zones[i]->name));
		prepare(cli, visit, options);
	}
	zs_pool_run(round.threads, visit_count, 1, look, &round);
	for (size_t i = 0; i < visit_count; i++) {
		struct visit *visit = &round.visits[i];
		if (visit->config)
			compare_keys(visit);
		zs_report_outside(visit->run, &visit->look, &visit->known, &visit->outside);
		gravest = zs_fault_gravest(gravest, visit->outside.fault);
	}
	print(cli, run, options, round.visits, visit_count);
	run->fault = zs_fault_gravest(run->fault, gravest);
	for (size_t i = 0; i < visit_count; i++) {
		zs_run_end(round.visits[i].run);
		zs_run_end(round.visits[i].scratch);
	}
}
