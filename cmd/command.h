/* command.h - the commands: one file each in cmd/, one line in the table of main.c, one script in tests/cli, one
 * paragraph in zonesign.1. A command turns options into a call of lib/ and prints the result; no DNSSEC in here. */
#ifndef ZS_CMD_COMMAND_H
#define ZS_CMD_COMMAND_H

#include <stdio.h>

#include "base/run.h"
#include "config/config.h"

enum zs_color { ZS_COLOR_AUTO, ZS_COLOR_ALWAYS, ZS_COLOR_NEVER };

/* What stands before the command. */
struct zs_cli {
	const char *config_path; /* NULL: the usual places */
	bool now_given;
	zs_time now;
	bool json, quiet, verbose;
	bool terminal; /* standard output is one: set by the commands that ask */
	enum zs_color color;
};

/* A command gets its own arguments, argv[0] its name, and returns the exit status. */
typedef int zs_command_function(const struct zs_cli *cli, int argc, char **argv);
zs_command_function zs_cmd_build, zs_cmd_check, zs_cmd_ds, zs_cmd_fmt, zs_cmd_init, zs_cmd_keys, zs_cmd_query, zs_cmd_roll, zs_cmd_status, zs_cmd_tlsa, zs_cmd_verify;

/* A run with the clock of the command line. */
struct zs_run *zs_cli_run(const struct zs_cli *cli);

/* The same for one zone of those that run is about, with memory and a limit of diagnostics of its own: many zones take what one takes.
 * zs_run_join and zs_run_end are its end, or, where what is in its memory is printed later, zs_cli_part_stays: it ends with run. */
struct zs_run *zs_cli_part(const struct zs_cli *cli, const struct zs_run *run, const struct zs_zone_config *zone);
void zs_cli_part_stays(struct zs_run *run, struct zs_run *part);

/* Load the config of -c or of the usual places; false with the reason in run. */
bool zs_cli_config(const struct zs_cli *cli, struct zs_run *run, const struct zs_config **out);

/* The zones named in argv[0..count), or all, but for those whose own file is wrong: these are reported, and the others go on.
 * NULL with the reason in run. */
const struct zs_zone_config **zs_cli_zones(struct zs_run *run, const struct zs_config *config, char **names, int count, size_t *out);

/* "I/N", the I-th of N parts of the zones; false with a usage error. Then those of a list that are of the part, in order; how many. */
struct zs_shard {
	uint32_t part, of; /* 1 to of */
};
bool zs_cli_shard(struct zs_run *run, const char *text, struct zs_shard *out);
size_t zs_cli_keep_shard(const struct zs_zone_config **zones, size_t count, const struct zs_shard *shard);

/* Are diagnostics on this stream to be coloured? */
bool zs_cli_color(const struct zs_cli *cli, FILE *to);

/* Print the run's diagnostics to stderr and end it; its exit status. label: printed before messages without a place. */
int zs_cli_end(const struct zs_cli *cli, struct zs_run *run);
void zs_cli_diags(const struct zs_cli *cli, const struct zs_run *run, FILE *to);

/* The diagnostics as an array, for --json. */
struct zs_json;
void zs_cli_json_diags(struct zs_json *array, const struct zs_run *run);
/* `diagnostics` in the document of several zones, if one of them failed: so that none is missing without a word. */
void zs_cli_json_errors(struct zs_json *document, const struct zs_run *run);
int zs_cli_write_json(struct zs_run *run, const struct zs_json *json);

/* Write text to stdout; ZS_FAILED if that fails (a full disk behind a pipe). */
int zs_cli_write(struct zs_run *run, const void *text, size_t len);

/* Replace the file at path, or that which a symlink leads to, by a page; "-" is stdout. What is no regular file is written to. */
struct zs_buf;
bool zs_cli_write_page(struct zs_run *run, const char *path, const struct zs_buf *page);

/* check.c: a warning if the SOA EXPIRE of the zone is longer than the policy's refresh (RFC 6781 section 4.4.1). */
struct zs_zone;
void zs_cli_say_expire(struct zs_run *run, const struct zs_zone *zone, const struct zs_policy *policy);

/* The common end of "--origin NAME FILE": parse NAME. */
bool zs_cli_origin(struct zs_run *run, const char *text, uint8_t out[ZS_NAME_MAX]);

/* The DS RDATA of apex in a file, one record or more, for "--ds FILE"; false with the reason in run. */
bool zs_cli_read_ds(struct zs_run *run, const char *path, const uint8_t *apex, const struct zs_bytes **ds, size_t *count);

#endif
