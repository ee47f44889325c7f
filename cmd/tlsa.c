/* tlsa.c - the command tlsa: TLSA records of a certificate or key file. */
#include <getopt.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "dane/dane.h"
#include "dns/rdata.h"

static const char help[] =
    "usage: zonesign tlsa CERT --host HOST --port PORT[/PROTO] [--records \"3 1 1\"]... [--ttl SECONDS]\n\n"
    "Print the TLSA records of a certificate, chain or key file.\n\n"
    "  --host HOST      the name that clients connect to: for mail the MX host\n"
    "  --port PORT      25, 443/udp, ...; tcp is the default\n"
    "  --records U S M  usage, selector, matching type (RFC 6698); the default is 3 1 1\n";

static bool parse_port(struct zs_run *run, const char *text, struct zs_dane_port *out)
{
	static const char *const transports[] = { "tcp", "udp", "sctp" };
	const char *slash = strchr(text, '/');
	const size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t port = 0;
	if (!zs_text_number(text, len, UINT16_MAX, &port) || (len > 1 && text[0] == '0'))
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

static void print_records(struct zs_run *run, const char *path, const uint8_t *host, const struct zs_dane_port *port,
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
	struct zs_buf text = { .arena = run->arena, .max = 1 << 22 };
	for (size_t i = 0; i < count; i++) {
		struct zs_bytes rdata;
		if (!zs_dane_tlsa(run, &file, &records[i], label, &rdata))
			return;
		zs_dane_lint(run, NULL, &file, &records[i], port, host, label);
		zs_buf_printf(&text, "%s %u IN TLSA ", name, ttl);
		zs_rdata_format(ZS_TYPE_TLSA, rdata.data, rdata.len, &text);
		zs_buf_octet(&text, '\n');
	}
	zs_cli_write(run, text.data, text.len);
}

int zs_cmd_tlsa(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'H' }, { "port", required_argument, NULL, 'p' }, { "records", required_argument, NULL, 'r' },
		{ "ttl", required_argument, NULL, 't' },  { "help", no_argument, NULL, 'h' },       { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct zs_tlsa_params *records = zs_arena_array(run->arena, (size_t)argc + 1, sizeof *records);
	struct zs_dane_port port = { 0 };
	struct zs_name_error error;
	uint8_t host[ZS_NAME_MAX];
	bool have_host = false, have_port = false;
	size_t count = 0;
	uint64_t ttl = 3600;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'H') {
			have_host = zs_name_parse(optarg, strlen(optarg), NULL, host, &error) != 0;
			if (!have_host)
				zs_usage(run, "--host '%s' has %s", optarg, error.message);
		} else if (c == 'p') {
			have_port = parse_port(run, optarg, &port);
		} else if (c == 'r') {
			if (parse_records(run, optarg, &records[count]))
				count++;
		} else if (c == 't') {
			if (!zs_text_number(optarg, strlen(optarg), INT32_MAX, &ttl))
				zs_usage(run, "--ttl takes seconds");
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		}
	}
	if (!run->fault && (argc - optind != 1 || !have_host || !have_port))
		zs_usage(run, "tlsa takes one file, --host and --port");
	if (!count)
		records[count++] = (struct zs_tlsa_params){ .usage = 3, .selector = 1, .matching = 1 };
	if (!run->fault)
		print_records(run, argv[optind], host, &port, records, count, (uint32_t)ttl);
	return zs_cli_end(cli, run);
}
