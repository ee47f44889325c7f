/* main.c - global options, the table of commands, and how diagnostics look. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "cmd/command.h"
#include "publish/publish.h"

static const struct {
	const char *name;
	zs_command_function *run;
	const char *summary;
} commands[] = {
	{ "build", zs_cmd_build, "sign and publish the zones of the config; made for cron" },
	{ "check", zs_cmd_check, "look at config, zones and certificates; change nothing" },
	{ "ds", zs_cmd_ds, "print what the parent zone must hold, as the registrar wants it" },
	{ "fmt", zs_cmd_fmt, "print a zone file as it was understood, one record a line" },
	{ "init", zs_cmd_init, "write a commented zonesign.yaml for zone files" },
	{ "keys", zs_cmd_keys, "list keys; make a standby key, retire one, import those of another signer" },
	{ "query", zs_cmd_query, "answer from a signed zone file as a server would, and validate it" },
	{ "roll", zs_cmd_roll, "roll keys: ask for it, or see what would come" },
	{ "status", zs_cmd_status, "say what a person must do, and what the keys are doing" },
	{ "tlsa", zs_cmd_tlsa, "TLSA records: of a file, of the zones; may a server switch its certificate?" },
	{ "verify", zs_cmd_verify, "validate a signed zone file" },
};

static void print_help(FILE *to)
{
	fprintf(to, "usage: zonesign [-c FILE] [--now TIME] [--json] [-q|-v] [--color auto|always|never] COMMAND [OPTIONS] [ZONE...]\n\n");
	for (size_t i = 0; i < ZS_COUNT(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "\n'zonesign COMMAND --help' tells the options of a command; zonesign(1) is the manual.\n");
}

bool zs_cli_color(const struct zs_cli *cli, FILE *to)
{
	if (cli->color != ZS_COLOR_AUTO)
		return cli->color == ZS_COLOR_ALWAYS;
	return isatty(fileno(to)) && !getenv("NO_COLOR");
}

static void print_excerpt(const struct zs_diag *diag, FILE *to)
{
	fprintf(to, "%5u | %s\n", diag->line, diag->excerpt);
	if (!diag->excerpt_column)
		return;
	fprintf(to, "      | %*s^", (int)diag->excerpt_column - 1, "");
	const uint32_t room = (uint32_t)strlen(diag->excerpt) + 1;
	for (uint32_t i = 1; i < diag->width && diag->excerpt_column + i < room && i < 60; i++)
		fputc('~', to);
	fputc('\n', to);
}

/* A character of UTF-8 that does something to a terminal: a control character, or one that turns the text round. */
static bool is_control(const unsigned char *p, size_t len)
{
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	return len == 3 && p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

/* Text that may have words of strangers in it, names of files above all: it does nothing to the terminal, be that of UTF-8 or not. */
static void put_text(const char *text, FILE *to)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	while (p < end) {
		const size_t len = zs_text_utf8_len(p, (size_t)(end - p));
		const bool plain = *p < 0x80 ? *p >= 32 && *p != 127 : len && !is_control(p, len);
		for (size_t i = len ? len : 1; i; i--, p++) {
			if (plain)
				fputc(*p, to);
			else
				fprintf(to, "\\%03u", *p);
		}
	}
}

static void print_diag(const struct zs_cli *cli, const struct zs_run *run, const struct zs_diag *diag, FILE *to)
{
	static const char *const words[] = { [ZS_ERROR] = "error", [ZS_WARNING] = "warning", [ZS_NOTE] = "note" };
	static const char *const colors[] = { [ZS_ERROR] = "\033[1;31m", [ZS_WARNING] = "\033[1;35m", [ZS_NOTE] = "\033[1;36m" };
	const bool color = zs_cli_color(cli, to);
	put_text(diag->path ? diag->path : diag->zone_text ? diag->zone_text : run->zone_text ? run->zone_text : "zonesign", to);
	if (diag->path && diag->line)
		fprintf(to, ":%u", diag->line);
	if (diag->path && diag->line && diag->column)
		fprintf(to, ":%u", diag->column);
	fprintf(to, ": %s%s:%s %s%s%s", color ? colors[diag->severity] : "", words[diag->severity], color ? "\033[0m" : "",
	        diag->guard ? "refused by " : "", diag->guard ? diag->guard : "", diag->guard ? ": " : "");
	put_text(diag->message, to);
	fputc('\n', to);
	if (diag->excerpt)
		print_excerpt(diag, to);
	if (!diag->hint)
		return;
	fputs("  hint: ", to);
	put_text(diag->hint, to);
	fputc('\n', to);
}

void zs_cli_diags(const struct zs_cli *cli, const struct zs_run *run, FILE *to)
{
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		if (d->severity == ZS_ERROR || !cli->quiet)
			print_diag(cli, run, d, to);
	if (run->dropped_count && (!cli->quiet || run->fault))
		fprintf(to, "zonesign: %u more not shown\n", run->dropped_count);
}

int zs_cli_end(const struct zs_cli *cli, struct zs_run *run)
{
	if (fflush(stdout) != 0)
		zs_fail(run, "cannot write to standard output: %s", strerror(errno));
	else if (ferror(stdout)) /* it was lost long ago */
		zs_fail(run, "cannot write to standard output");
	const int status = (int)run->fault;
	zs_cli_diags(cli, run, stderr);
	zs_run_end(run);
	return status;
}

struct zs_run *zs_cli_run(const struct zs_cli *cli)
{
	static long cores; /* counted once: a fleet has a run for each zone */
	struct zs_run *run = zs_run_begin();
	if (!cores)
		cores = sysconf(_SC_NPROCESSORS_ONLN);
	run->jobs = cores > 1 ? (unsigned)cores : 1;
	if (cli->now_given) {
		run->now = cli->now;
		run->now_given = true;
	}
	return run;
}

struct zs_run *zs_cli_part(const struct zs_cli *cli, const struct zs_run *run, const struct zs_zone_config *zone)
{
	struct zs_run *part = zs_cli_run(cli);
	part->now = run->now;
	part->zone_text = zone->name_text;
	return part;
}

static void end_part(void *part)
{
	zs_run_end(part);
}

void zs_cli_part_stays(struct zs_run *run, struct zs_run *part)
{
	zs_arena_defer(run->arena, end_part, part);
}

bool zs_cli_config(const struct zs_cli *cli, struct zs_run *run, const struct zs_config **out)
{
	static const char *const places[] = { "./zonesign.yaml", "/etc/zonesign/zonesign.yaml" };
	const char *path = cli->config_path;
	for (size_t i = 0; !path && i < ZS_COUNT(places); i++)
		if (access(places[i], F_OK) == 0)
			path = places[i];
	if (path)
		return zs_config_load(run, strncmp(path, "./", 2) == 0 ? path + 2 : path, out);
	zs_error(run, NULL, "there is no '%s' and no '%s'", places[0], places[1]);
	zs_hint(run, "'zonesign init FILE' writes one from a zone file; -c FILE names another");
	return false;
}

const struct zs_zone_config **zs_cli_zones(struct zs_run *run, const struct zs_config *config, char **names, int count, size_t *out)
{
	const size_t wanted = count ? (size_t)count : config->zone_count;
	const struct zs_zone_config **zones = zs_arena_array(run->arena, wanted + 1, sizeof *zones);
	*out = 0;
	for (size_t i = 0; i < wanted; i++) {
		zones[*out] = count ? zs_config_zone(run, config, names[i]) : &config->zones[i];
		if (zones[*out])
			++*out;
	}
	for (size_t i = 0; !count && i < config->bad_count; i++)
		zs_run_report(run, config->bad[i].diags);
	return run->fault == ZS_USAGE ? NULL : zones; /* a name that is in no config may be a typo: nothing is done */
}

bool zs_cli_shard(struct zs_run *run, const char *text, struct zs_shard *out)
{
	uint64_t part, of;
	const char *slash = strchr(text, '/');
	if (!slash || !zs_text_number(text, (size_t)(slash - text), 100000, &part) || !zs_text_number(slash + 1, strlen(slash + 1), 100000, &of)
	    || part < 1 || part > of)
		return zs_usage(run, "--shard takes I/N, the I-th of N parts: 1/4, 2/4, 3/4, 4/4 together are all zones");
	*out = (struct zs_shard){ .part = (uint32_t)part, .of = (uint32_t)of };
	return true;
}

size_t zs_cli_keep_shard(const struct zs_zone_config **zones, size_t count, const struct zs_shard *shard)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (shard->of == 1 || zs_name_shard(zones[i]->name, shard->of) == shard->part)
			zones[kept++] = zones[i];
	return kept;
}

int zs_cli_write(struct zs_run *run, const void *text, size_t len)
{
	if ((len && fwrite(text, 1, len, stdout) != len) || fflush(stdout) != 0)
		zs_fail(run, "cannot write to standard output: %s", strerror(errno));
	return (int)run->fault;
}

void zs_cli_json_diags(struct zs_json *array, const struct zs_run *run)
{
	static const char *const words[] = { [ZS_ERROR] = "error", [ZS_WARNING] = "warning", [ZS_NOTE] = "note" };
	for (const struct zs_diag *d = run->diags; d; d = d->next) {
		struct zs_json *one = zs_json_add_object(array);
		zs_json_set_text(one, "severity", words[d->severity]);
		if (d->severity == ZS_ERROR)
			zs_json_set_int(one, "status", d->fault);
		if (d->zone_text)
			zs_json_set_text(one, "zone", d->zone_text);
		if (d->guard)
			zs_json_set_text(one, "guard", d->guard);
		if (d->path)
			zs_json_set_text(one, "file", d->path);
		if (d->path && d->line)
			zs_json_set_int(one, "line", d->line);
		if (d->path && d->column)
			zs_json_set_int(one, "column", d->column);
		zs_json_set_text(one, "message", d->message);
		if (d->hint)
			zs_json_set_text(one, "hint", d->hint);
	}
}

void zs_cli_json_errors(struct zs_json *document, const struct zs_run *run)
{
	if (run->error_count)
		zs_cli_json_diags(zs_json_set_array(document, "diagnostics"), run);
}

int zs_cli_write_json(struct zs_run *run, const struct zs_json *json)
{
	struct zs_buf out = { .arena = run->arena, .max = (size_t)1 << 30 };
	zs_json_dump(json, &out);
	return zs_cli_write(run, out.data, out.len);
}

/* Into what is there: a device, a fifo, or what is open already. */
static bool write_into(struct zs_run *run, int dir_fd, const char *name, const char *path, const struct zs_buf *page)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN); /* a reader of a fifo that leaves is an error, not the end */
	const int fd = openat(dir_fd, name, O_WRONLY | O_NOCTTY | O_CLOEXEC | (dir_fd == AT_FDCWD ? 0 : O_NOFOLLOW));
	bool ok = fd >= 0 && zs_file_write_all(fd, page->data, page->len);
	const int error = errno;
	if (fd >= 0 && close(fd) != 0 && ok)
		ok = false;
	signal(SIGPIPE, old);
	return ok || zs_fail(run, "cannot write '%s': %s", path, strerror(error));
}

/* /dev/stdout and its like: what they lead to need not have a name, and only root makes something there. */
static bool is_open_file(const char *path)
{
	return strncmp(path, "/dev/std", 8) == 0 || strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/proc/self/fd/", 14) == 0;
}

bool zs_cli_write_page(struct zs_run *run, const char *path, const struct zs_buf *page)
{
	struct zs_place place;
	if (strcmp(path, "-") == 0)
		return zs_cli_write(run, page->data, page->len) == ZS_DONE;
	if (is_open_file(path))
		return write_into(run, AT_FDCWD, path, path, page);
	if (!zs_publish_find_page(run, path, &place))
		return false;
	const bool ok = place.there && !S_ISREG(place.status.st_mode) ? write_into(run, place.dir_fd, place.name, path, page)
	                                                              : zs_file_replace(run, place.dir_fd, place.name, path, 0644, page->data, page->len);
	close(place.dir_fd);
	return ok;
}

bool zs_cli_origin(struct zs_run *run, const char *text, uint8_t out[ZS_NAME_MAX])
{
	struct zs_name_error error;
	if (zs_name_parse(text, strlen(text), NULL, out, &error))
		return true;
	return zs_usage(run, "--origin '%s' has %s", zs_text_safe(run->arena, text, strlen(text), 80), error.message);
}

static int usage_error(const char *format, const char *word)
{
	fprintf(stderr, "zonesign: error: ");
	fprintf(stderr, format, word);
	fprintf(stderr, "\n  hint: 'zonesign --help' lists commands and options\n");
	return ZS_USAGE;
}

/* A global option behind the command: the command does not know it, and getopt says no more than that. */
static void hint_global(int argc, char **argv, const char *command)
{
	static const char *const global[] = { "-c", "--config", "--now", "--json", "-q", "--quiet", "-v", "--verbose", "--color", "--version" };
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		for (size_t k = 0; k < ZS_COUNT(global); k++) {
			const size_t len = strlen(global[k]);
			if (strncmp(argv[i], global[k], len) != 0 || (argv[i][len] && argv[i][len] != '='))
				continue;
			fprintf(stderr, "  hint: %s is a global option and stands before the command: zonesign %s%s %s\n", global[k], global[k],
			        k < 3 || k == 8 ? " ..." : "", command);
			return;
		}
}

static int run_command(const struct zs_cli *cli, int argc, char **argv)
{
	const char *names[ZS_COUNT(commands)];
	for (size_t i = 0; i < ZS_COUNT(commands); i++) {
		names[i] = commands[i].name;
		if (strcmp(argv[0], commands[i].name) == 0) {
			static char speaker[64]; /* getopt begins what it says with this */
			snprintf(speaker, sizeof speaker, "zonesign: error: %s", commands[i].name);
			argv[0] = speaker;
			optind = 0; /* glibc: begin anew */
			const int status = commands[i].run(cli, argc, argv);
			if (status == ZS_USAGE)
				hint_global(argc, argv, commands[i].name);
			return status;
		}
	}
	const char *near = zs_text_nearest(argv[0], names, ZS_COUNT(names));
	fprintf(stderr, "zonesign: error: '%.40s' is no command\n  hint: %s%s%s\n", argv[0], near ? "did you mean '" : "",
	        near ? near : "'zonesign --help' lists them", near ? "'?" : "");
	return ZS_USAGE;
}

/* A standard stream that is closed would be the next file that is opened, and what is meant for people would be written into a key or
 * the state. What stands for it cannot be used either, so that it is an error as before. */
static void hold_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
			_exit(ZS_FAILED);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "now", required_argument, NULL, 'n' }, { "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },        { "verbose", no_argument, NULL, 'v' },   { "color", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, 'V' },   { 0 },
	};
	static const char *const colors[] = { "auto", "always", "never" };
	struct zs_cli cli = { 0 };
	hold_streams();
	umask(022);
	signal(SIGCHLD, SIG_DFL); /* who ignores it hands that on, and then no command is seen to end */
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error as a full disk is */
	zs_arena_begin();
	if (!zs_secret_begin()) {
		fputs("zonesign: error: out of memory: OpenSSL cannot be set up\n", stderr);
		return ZS_FAILED;
	}
	static char speaker[] = "zonesign: error"; /* getopt begins what it says with this */
	if (argc)
		argv[0] = speaker;
	for (int c; (c = getopt_long(argc, argv, "+c:qvh", options, NULL)) != -1;) {
		switch (c) {
		case 'c':
			cli.config_path = optarg;
			break;
		case 'n':
			if (!zs_time_parse(optarg, &cli.now))
				return usage_error("--now '%s' is no time; write 2026-12-01T00:00:00Z or seconds since 1970", optarg);
			cli.now_given = true;
			break;
		case 'j':
			cli.json = true;
			break;
		case 'q':
			cli.quiet = true;
			break;
		case 'v':
			cli.verbose = true;
			break;
		case 'C':
			for (cli.color = ZS_COLOR_AUTO; cli.color < ZS_COUNT(colors) && strcmp(colors[cli.color], optarg) != 0;)
				cli.color++;
			if (cli.color == ZS_COUNT(colors))
				return usage_error("--color '%s': auto, always or never", optarg);
			break;
		case 'h':
			print_help(stdout);
			return zs_cli_end(&cli, zs_cli_run(&cli));
		case 'V':
			printf("zonesign %s\n", ZS_VERSION);
			return zs_cli_end(&cli, zs_cli_run(&cli));
		default:
			return ZS_USAGE;
		}
	}
	if (optind == argc) {
		print_help(stderr);
		return ZS_USAGE;
	}
	return run_command(&cli, argc - optind, argv + optind);
}
