/* tlsa.c - the command tlsa: its options, and TLSA records of a certificate or key file. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/tlsa.h"
#include "dns/rdata.h"

static const char help[] =
    "usage: zonesign tlsa [ZONE...]\n"
    "       zonesign tlsa --gate NEWCERT [--host HOST]... [--port PORT]... [ZONE...]\n"
    "       zonesign tlsa --stage HOST [--port PORT]... [--algorithm rsa|p256|p384|ed25519] [--bits N] [ZONE]\n"
    "       zonesign tlsa --hook certbot|acme.sh|lego|dehydrated\n"
    "       zonesign tlsa CERT --host HOST --port PORT[/PROTO] [--records \"3 1 1\"]... [--ttl SECONDS]\n\n"
    "Without an option, list the TLSA published for the zones: since when, and from when every cache has them.\n\n"
    "  --gate NEWCERT   may the servers switch to this certificate? 0: yes; 5: not yet, the time is said; 3: its key is not\n"
    "                   published, keep the old certificate; 4: a build would refuse the clock or the output. It is asked for\n"
    "                   every host that the certificate names\n"
    "  --stage HOST     make the next key in the file of `next:`, publish it, say from when it may be used\n"
    "  --hook CLIENT    print a hook script for an ACME client: it asks the gate before a certificate is deployed\n\n"
    "With a file, print the TLSA records of a certificate, chain or key.\n\n"
    "  --host HOST      the name that clients connect to: for mail the MX host\n"
    "  --port PORT      25, 443/udp, ...; tcp is the default\n"
    "  --records U S M  usage, selector, matching type (RFC 6698); the default is 3 1 1\n";

static bool parse_port(struct zs_run *run, const char *text, struct zs_dane_port *out)
{
	static const char *const transports[] = { "tcp", "udp", "sctp" };
	const char *slash = strchr(text, '/');
	const size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t port = 0;
	if (!zs_text_number(text, len, UINT16_MAX, &port) || text[0] == '0')
		return zs_usage(run, "--port '%s': write 25 or 443/udp", text);
	out->port = (uint16_t)port;
	for (size_t i = 0; slash && i < ZS_COUNT(transports); i++)
		if (strcmp(slash + 1, transports[i]) == 0) {
			out->transport = (enum zs_transport)i;
			return true;
		}
	return !slash || zs_usage(run, "--port '%s': tcp, udp or sctp", text);
}

static bool parse_records(struct zs_run *run, const char *text, struct zs_tlsa_params *out)
{
	unsigned u, s, m;
	char more;
	if (sscanf(text, "%1u %1u %1u%c", &u, &s, &m, &more) != 3 || u > 3 || s > 1 || m > 2)
		return zs_usage(run, "--records '%s': usage 0-3, selector 0-1, matching type 0-2, as in \"3 1 1\"", text);
	*out = (struct zs_tlsa_params){ .usage = (uint8_t)u, .selector = (uint8_t)s, .matching = (uint8_t)m };
	return true;
}

static void print_records(const struct zs_cli *cli, struct zs_run *run, const char *path, const uint8_t *host, const struct zs_dane_port *port,
                          const struct zs_tlsa_params *records, size_t count, uint32_t ttl)
{
	struct zs_dane_file file;
	uint8_t owner[ZS_NAME_MAX];
	char name[ZS_NAME_TEXT];
	if (!zs_dane_owner(port, host, owner)) {
		zs_usage(run, "the owner name would be longer than 255 octets");
		return;
	}
	if (!zs_dane_file_read(run, NULL, path, &file))
		return;
	const char *label = zs_arena_printf(run->arena, "TLSA %s", zs_name_text(owner, name));
	struct zs_json *document = zs_json_object(run->arena), *list = zs_json_set_array(document, "records");
	struct zs_buf text = { .arena = run->arena, .max = 1 << 22 };
	for (size_t i = 0; i < count; i++) {
		struct zs_bytes rdata;
		struct zs_buf shown = { .arena = run->arena, .max = 1 << 22 };
		if (!zs_dane_tlsa(run, &file, &records[i], label, &rdata))
			return;
		zs_dane_lint(run, NULL, &file, &records[i], port, host, label);
		zs_rdata_format(ZS_TYPE_TLSA, rdata.data, rdata.len, &shown);
		zs_buf_printf(&text, "%s %u IN TLSA %s\n", name, ttl, zs_buf_string(&shown));
		struct zs_json *one = zs_json_add_object(list);
		zs_json_set_text(one, "owner", name);
		zs_json_set_int(one, "ttl", ttl);
		zs_json_set_text(one, "rdata", zs_buf_string(&shown));
	}
	if (cli->json)
		zs_cli_write_json(run, document);
	else
		zs_cli_write(run, text.data, text.len);
}

struct arguments {
	struct zs_tlsa_wish wish;
	uint8_t (*hosts)[ZS_NAME_MAX];
	struct zs_dane_port *ports;
	struct zs_tlsa_params *records;
	size_t record_count;
	uint64_t ttl, bits;
};

static bool add_host(struct zs_run *run, struct arguments *a, const char *option, const char *text)
{
	struct zs_name_error error;
	if (zs_name_parse(text, strlen(text), NULL, a->hosts[a->wish.filter.host_count], &error)) {
		a->wish.filter.host_count++;
		return true;
	}
	return zs_usage(run, "%s '%s' has %s", option, zs_text_safe(run->arena, text, strlen(text), 80), error.message);
}

static void read_option(struct zs_run *run, int c, struct arguments *a)
{
	switch (c) {
	case 'H':
		add_host(run, a, "--host", optarg);
		break;
	case 'p':
		a->wish.filter.port_count += parse_port(run, optarg, &a->ports[a->wish.filter.port_count]);
		break;
	case 'r':
		a->record_count += parse_records(run, optarg, &a->records[a->record_count]);
		break;
	case 't':
		if (!zs_text_number(optarg, strlen(optarg), INT32_MAX, &a->ttl))
			zs_usage(run, "--ttl takes seconds");
		break;
	case 'g':
		a->wish.gate = optarg;
		break;
	case 's':
		a->wish.stage = optarg;
		add_host(run, a, "--stage", optarg);
		break;
	case 'k':
		a->wish.hook = optarg;
		break;
	case 'a':
		a->wish.key.algorithm = optarg;
		break;
	case 'b':
		if (!zs_text_number(optarg, strlen(optarg), 16384, &a->bits) || !a->bits)
			zs_usage(run, "--bits takes a number, as 3072");
		break;
	default:
		run->fault = ZS_USAGE;
	}
}

/* A file with --host and --port, or zones? */
static void act(const struct zs_cli *cli, struct zs_run *run, const struct arguments *a, char **names, int count)
{
	const struct zs_tlsa_wish *wish = &a->wish;
	const struct zs_config *config;
	const struct zs_zone_config **zones;
	size_t zone_count;
	if (!!wish->gate + !!wish->stage + !!wish->hook > 1) {
		zs_usage(run, "--gate, --stage and --hook are three different things");
		return;
	}
	if (wish->stage && wish->filter.host_count > 1) {
		zs_usage(run, "--stage names the host itself, --host is not for it");
		return;
	}
	if (wish->hook && cli->json) {
		zs_usage(run, "--hook prints a script; there is no --json of it");
		return;
	}
	if (wish->hook) {
		zs_tlsa_hook(cli, run, wish->hook);
		return;
	}
	if (!wish->gate && !wish->stage && (wish->filter.host_count || wish->filter.port_count)) {
		if (count != 1 || wish->filter.host_count != 1 || wish->filter.port_count != 1)
			zs_usage(run, "tlsa takes one file, --host and --port");
		else
			print_records(cli, run, names[0], a->hosts[0], &a->ports[0], a->records, a->record_count, (uint32_t)a->ttl);
		return;
	}
	if (!wish->gate && !wish->stage && count == 1 && access(names[0], F_OK) == 0 && strchr(names[0], '/')) {
		zs_usage(run, "tlsa takes one file, --host and --port");
		return;
	}
	if (!zs_cli_config(cli, run, &config) || !(zones = zs_cli_zones(run, config, names, count, &zone_count)))
		return;
	if (wish->gate)
		zs_tlsa_gate(cli, run, zones, zone_count, wish);
	else if (wish->stage)
		zs_tlsa_stage(cli, run, config, zones, zone_count, wish);
	else
		zs_tlsa_list(cli, run, zones, zone_count);
}

int zs_cmd_tlsa(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'H' },      { "port", required_argument, NULL, 'p' }, { "records", required_argument, NULL, 'r' },
		{ "ttl", required_argument, NULL, 't' },       { "gate", required_argument, NULL, 'g' }, { "stage", required_argument, NULL, 's' },
		{ "hook", required_argument, NULL, 'k' },      { "bits", required_argument, NULL, 'b' }, { "help", no_argument, NULL, 'h' },
		{ "algorithm", required_argument, NULL, 'a' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct arguments a = { .ttl = 3600 };
	a.records = zs_arena_array(run->arena, (size_t)argc + 1, sizeof *a.records);
	a.hosts = zs_arena_array(run->arena, (size_t)argc + 1, sizeof *a.hosts);
	a.ports = zs_arena_array(run->arena, (size_t)argc + 1, sizeof *a.ports);
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		read_option(run, c, &a);
	}
	if (!a.record_count)
		a.records[a.record_count++] = (struct zs_tlsa_params){ .usage = 3, .selector = 1, .matching = 1 };
	a.wish.filter.hosts = (const uint8_t(*)[ZS_NAME_MAX])a.hosts;
	a.wish.filter.ports = a.ports;
	a.wish.key.bits = (unsigned)a.bits;
	if (!run->fault)
		act(cli, run, &a, argv + optind, argc - optind);
	return zs_cli_end(cli, run);
}
