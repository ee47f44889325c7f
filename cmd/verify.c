/* verify.c - the command verify: validates a signed zone file as a build does before it publishes. */
#include "verify/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/stages.h"

static const char help[] =
    "usage: zonesign verify --origin NAME [--ds FILE] [--key FILE] [--jobs N] FILE\n\n"
    "Validate every record and signature of a signed zone file.\n\n"
    "  --ds FILE   DS records, one of which must lead to the zone's keys\n"
    "  --key FILE  a K*.key that signs though it is not in the zone, as in a roll to another algorithm; may be repeated\n"
    "  --jobs N    threads to use; the default is the number of cores\n";

/* The RRset of a type at the apex, of a file of such records. Its text and zone are of the run. NULL after an error. */
static const struct zs_rrset *read_apex_set(struct zs_run *run, const char *path, const uint8_t *apex, uint16_t type, struct zs_zone **zone)
{
	char name[ZS_TYPE_TEXT];
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP, .max_records = 1000 };
	if (!zs_file_read(run, run->arena, NULL, path, 1 << 20, input, NULL))
		return NULL;
	/* such files often lack TTLs */
	struct zs_input with_ttl = { .path = input->path };
	with_ttl.text = zs_arena_printf(run->arena, "$TTL 3600\n%s", input->text);
	with_ttl.len = strlen(with_ttl.text);
	if (!zs_zone_read_text(run, run->arena, &with_ttl, &options, zone))
		return NULL;
	const struct zs_rrset *set = zs_zone_apex_rrset(*zone, type);
	if (!set)
		zs_error(run, NULL, "'%s' has no %s record of the zone", path, zs_type_text(type, name));
	return set;
}

bool zs_cli_read_ds(struct zs_run *run, const char *path, const uint8_t *apex, const struct zs_bytes **ds, size_t *count)
{
	struct zs_zone *zone;
	const struct zs_rrset *set = read_apex_set(run, path, apex, ZS_TYPE_DS, &zone);
	if (!set)
		return false;
	struct zs_bytes *list = zs_arena_array(run->arena, set->count, sizeof *list);
	for (uint32_t i = 0; i < set->count; i++)
		list[i] = zs_rrset_rdata(zone, set, i);
	*ds = list;
	*count = set->count;
	return true;
}

/* DNSKEYs that sign and are not shown: RFC 6840 section 5.11 wants the signatures of a new algorithm before its keys. */
struct keys {
	const char **paths;
	size_t path_count, path_room;
	struct zs_bytes *rdata;
	size_t count, room;
};

static bool read_keys(struct zs_run *run, struct keys *keys, const uint8_t *apex)
{
	for (size_t i = 0; i < keys->path_count; i++) {
		struct zs_zone *zone;
		const struct zs_rrset *set = read_apex_set(run, keys->paths[i], apex, ZS_TYPE_DNSKEY, &zone);
		if (!set)
			return false;
		for (uint32_t k = 0; k < set->count; k++)
			ZS_PUSH(run->arena, keys->rdata, keys->count, keys->room) = zs_rrset_rdata(zone, set, k);
	}
	return true;
}

static void print_result(const struct zs_cli *cli, struct zs_run *run, const struct zs_verify_result *r, bool ok)
{
	char time[ZS_TIME_TEXT];
	if (cli->json) {
		struct zs_json *json = zs_json_object(run->arena);
		zs_json_set_bool(json, "valid", ok);
		zs_json_set_int(json, "serial", r->serial);
		zs_json_set_int(json, "records", (int64_t)r->record_count);
		zs_json_set_int(json, "rrsets", (int64_t)r->rrset_count);
		zs_json_set_int(json, "signatures", (int64_t)r->verified_count);
		zs_json_set_time(json, "earliest_expiration", r->earliest_expiration);
		zs_cli_json_diags(zs_json_set_array(json, "diagnostics"), run);
		zs_cli_write_json(run, json);
	} else if (ok && !cli->quiet) {
		printf("valid: serial %u, %llu records, %zu RRsets, %zu signatures; the first expires %s\n", r->serial,
		       (unsigned long long)r->record_count, r->rrset_count, r->verified_count, zs_time_short(r->earliest_expiration, time));
	}
}

int zs_cmd_verify(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "origin", required_argument, NULL, 'o' }, { "ds", required_argument, NULL, 'd' }, { "jobs", required_argument, NULL, 'j' },
		{ "key", required_argument, NULL, 'k' },    { "help", no_argument, NULL, 'h' },     { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	uint8_t origin[ZS_NAME_MAX];
	bool have_origin = false;
	const char *ds = NULL;
	struct keys keys = { 0 };
	uint64_t jobs;
	for (int c; (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		} else if (c == 'o') {
			have_origin = zs_cli_origin(run, optarg, origin);
		} else if (c == 'd') {
			ds = optarg;
		} else if (c == 'k') {
			ZS_PUSH(run->arena, keys.paths, keys.path_count, keys.path_room) = optarg;
		} else if (c == 'j') {
			if (zs_text_number(optarg, strlen(optarg), 256, &jobs) && jobs)
				run->jobs = (unsigned)jobs;
			else
				zs_usage(run, "--jobs takes a number from 1 to 256");
		} else if (c == '?') {
			run->fault = ZS_USAGE;
		}
	}
	if (!run->fault && (!have_origin || argc - optind != 1))
		zs_usage(run, "verify takes --origin NAME and one file");
	struct zs_verify_options verify = { .apex = origin, .now = run->now };
	struct zs_verify_result result = { 0 };
	struct zs_stages stages;
	if (run->fault || (ds && !zs_cli_read_ds(run, ds, origin, &verify.ds, &verify.ds_count)) || !read_keys(run, &keys, origin))
		return zs_cli_end(cli, run);
	verify.extra_keys = keys.rdata;
	verify.extra_key_count = keys.count;
	const int fd = open(argv[optind], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		zs_error(run, NULL, "cannot open zone file '%s': %s", argv[optind], strerror(errno));
		return zs_cli_end(cli, run);
	}
	zs_stages_begin(&stages, cli, run, stderr, true);
	const bool ok = zs_verify_fd(run, run->arena, fd, argv[optind], &verify, &result);
	zs_stages_end(&stages);
	close(fd);
	print_result(cli, run, &result, ok);
	return zs_cli_end(cli, run);
}
