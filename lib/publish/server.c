/* server.c - lets the server take the published zone: the usual command of each, then a question for the serial. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/patience.h"
#include "base/text.h"
#include "live/live.h"
#include "publish/publish_private.h"

/* One line for each server that reads the output itself. */
static const struct server {
	const char *name, *tool;
	const char *verbs[2]; /* what goes before the zone */
	const char *hint;     /* of a tool that fails */
	const char *own;      /* when it gives the zone a serial of its own */
} servers[] = {
	[ZS_PUBLISH_NSD] = { "NSD", "nsd-control", { "reload" },
		"nsd-control needs 'control-enable: yes' in nsd.conf and the keys that nsd-control-setup makes; publish: {nsd: {pid-file: FILE}} "
		"sends SIGHUP instead", "" },
	[ZS_PUBLISH_KNOT] = { "Knot", "knotc", { "zone-reload" },
		"knotc reaches knotd through its socket, which the user of this build must be able to open: publish: {knot: {socket: FILE}}",
		"Knot must serve the file as it is, with 'dnssec-signing: off', 'zonefile-load: whole' and 'journal-content: changes'; " },
	[ZS_PUBLISH_BIND] = { "BIND", "rndc", { "reload" },
		"rndc needs the key of named, and the zone in its configuration: publish: {bind: {rndc: [rndc, -k, FILE]}}",
		"BIND must serve the file as it is, without 'dnssec-policy' and 'inline-signing'; " },
	[ZS_PUBLISH_POWERDNS] = { "PowerDNS", NULL, { NULL }, NULL, "its metadata SOA-EDIT must be empty where PowerDNS signs; " },
};

const char *zs_publish_tool(struct zs_run *run, const char *name)
{
	static const char *const places[] = { "/usr/sbin", "/usr/local/sbin", "/sbin" }; /* cron's PATH has none of them */
	char *path = zs_arena_strdup(run->arena, getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), *rest = NULL;
	for (char *dir = strtok_r(path, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest))
		if (access(zs_arena_printf(run->arena, "%s/%s", dir, name), X_OK) == 0)
			return name;
	for (size_t i = 0; i < ZS_COUNT(places); i++) {
		const char *there = zs_arena_printf(run->arena, "%s/%s", places[i], name);
		if (access(there, X_OK) == 0)
			return there;
	}
	return name;
}

void zs_argv_add(struct zs_arena *arena, struct zs_argv *argv, const char *argument)
{
	ZS_PUSH(arena, argv->list, argv->count, argv->room) = argument;
}

bool zs_argv_run(struct zs_run *run, struct zs_argv *argv, const char *what, const struct zs_zone_config *zone, zs_seconds limit)
{
	zs_argv_add(run->arena, argv, NULL);
	const struct zs_command command = { .argv = argv->list, .verbatim = true };
	return zs_publish_run(run, &command, what, zone->name_text, NULL, limit);
}

/* The name as tools take it: without its final dot. */
static const char *bare(struct zs_run *run, const struct zs_zone_config *zone)
{
	const size_t len = strlen(zone->name_text);
	return len > 1 ? zs_arena_text(run->arena, zone->name_text, len - 1) : zone->name_text;
}

/* A command that hangs takes its limit of a few zones: the others are published, and the next run reloads them. */
static bool has_patience(struct zs_run *run, const char *whom, const char *what)
{
	return zs_patience_is_left(zs_patience_with(whom), run->now) || zs_fail(run, "the %s command is not run, since it hung for the zones before this one", what);
}

static void note_hang(const char *whom, bool failed, int64_t begun)
{
	zs_patience_note(zs_patience_with(whom), failed && zs_live_clock() - begun >= (int64_t)ZS_RELOAD_LIMIT * 1000);
}

bool zs_tool_run(struct zs_run *run, struct zs_argv *argv, const char *tool, const char *whom, const struct zs_zone_config *zone, zs_seconds limit,
                 struct zs_buf *out)
{
	const int64_t begun = zs_live_clock();
	if (!has_patience(run, whom, tool))
		return false;
	const bool ok = out ? zs_argv_read(run, argv, tool, zone, limit, out) : zs_argv_run(run, argv, tool, zone, limit);
	note_hang(whom, !ok, begun);
	return ok;
}

static bool run_tool(struct zs_run *run, const struct zs_zone_config *zone, const struct server *server)
{
	const struct zs_publish_options *options = zone->publish;
	struct zs_argv argv = { 0 };
	for (size_t i = 0; options->program.argv && options->program.argv[i]; i++)
		zs_argv_add(run->arena, &argv, options->program.argv[i]);
	if (!argv.count)
		zs_argv_add(run->arena, &argv, zs_publish_tool(run, server->tool));
	if (options->config.path) {
		zs_argv_add(run->arena, &argv, "-c");
		zs_argv_add(run->arena, &argv, options->config.path);
	}
	if (options->socket.path) {
		zs_argv_add(run->arena, &argv, "-s");
		zs_argv_add(run->arena, &argv, options->socket.path);
	}
	for (size_t i = 0; i < ZS_COUNT(server->verbs) && server->verbs[i]; i++)
		zs_argv_add(run->arena, &argv, server->verbs[i]);
	zs_argv_add(run->arena, &argv, bare(run, zone));
	const char *whom = zs_arena_printf(run->arena, "%s %s", server->tool, options->servers[0].text);
	if (zs_tool_run(run, &argv, server->tool, whom, zone, ZS_RELOAD_LIMIT, NULL))
		return true;
	zs_hint(run, "%s; the zone is published, and each run repeats the reload until it succeeds", server->hint);
	return false;
}

/* The first octets of a file, without the line's end. False with errno. */
static bool read_start(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;
	const int error = errno;
	if (fd >= 0)
		close(fd);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	text[len > 0 ? len : 0] = 0;
	errno = error;
	return len >= 0;
}

/* NSD without remote control: SIGHUP makes it read the zone files that have changed. A pid file that is left of one that died may by now name
 * a process of somebody else, whom SIGHUP would end. */
static bool hang_up(struct zs_run *run, const struct zs_config_path *file)
{
	static const char again[] = "is NSD running? each run repeats the reload until it succeeds";
	char text[32], name[32];
	uint64_t pid = 0;
	if (!read_start(file->path, text, sizeof text)) {
		zs_fail(run, "cannot read the pid file of NSD, '%s': %s", file->path, strerror(errno));
		zs_hint(run, again);
		return false;
	}
	if (!zs_text_number(text, strlen(text), 1 << 22, &pid) || pid < 2)
		return zs_fail(run, "'%s' holds no process number", file->path);
	if (read_start(zs_arena_printf(run->arena, "/proc/%u/comm", (unsigned)pid), name, sizeof name) && strncmp(name, "nsd", 3) != 0) {
		zs_fail(run, "process %u of '%s' is not NSD but '%s', and gets no SIGHUP", (unsigned)pid, file->path, zs_text_safe(run->arena, name, strlen(name), sizeof name));
		zs_hint(run, again);
		return false;
	}
	if (kill((pid_t)pid, SIGHUP) == 0)
		return true;
	zs_fail(run, "cannot send SIGHUP to NSD, process %u: %s", (unsigned)pid, strerror(errno));
	zs_hint(run, again);
	return false;
}

bool zs_serve_confirm(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why)
{
	const struct zs_publish_options *options = zone->publish;
	if (zs_live_wait_serial(run, zone, &options->servers[0], serial, options->wait, why))
		return true;
	zs_fail(run, "serial %u is published, but %s does not serve it: %s", serial, servers[options->kind].name, *why);
	zs_hint(run, "%s'server' of 'publish' is the address that is asked (127.0.0.1 by default), 'wait' for how long; what the server's log says "
	        "may help. Each run repeats the reload until it succeeds", servers[options->kind].own);
	return false;
}

/* A command may hold a password, and quotes that would make the state slow to read. */
static const char *command_digest(struct zs_run *run, const struct zs_command *command)
{
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	uint8_t digest[ZS_HASH_MAX];
	char hex[2 * 32 + 1] = "";
	for (size_t i = 0; command->argv && command->argv[i]; i++)
		zs_buf_add(&text, command->argv[i], strlen(command->argv[i]) + 1);
	if (command->shell)
		zs_buf_text(&text, command->shell);
	if (text.len && zs_hash(run, ZS_SHA256, (struct zs_bytes){ text.data, text.len }, digest))
		hex[zs_hex_encode(digest, 32, hex)] = 0;
	return zs_arena_strdup(run->arena, hex);
}

static bool run_reload(struct zs_run *run, const struct zs_zone_config *zone)
{
	if (!zone->reload.argv && !zone->reload.shell)
		return true;
	const char *whom = command_digest(run, &zone->reload);
	const int64_t begun = zs_live_clock();
	if (!has_patience(run, whom, "reload"))
		return false;
	const bool ok = zs_publish_run(run, &zone->reload, "reload", zone->name_text, NULL, ZS_RELOAD_LIMIT);
	note_hang(whom, !ok, begun);
	if (!ok)
		zs_hint(run, "the zone is published; each run repeats the reload until it succeeds");
	return ok;
}

bool zs_publish_serve(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why)
{
	const struct zs_publish_options *options = zone->publish;
	*why = NULL;
	switch (options->kind) {
	case ZS_PUBLISH_COMMAND:
		return run_reload(run, zone);
	case ZS_PUBLISH_NSD:
		if (options->pid_file.path)
			return hang_up(run, &options->pid_file) && zs_serve_confirm(run, zone, serial, why);
		break;
	case ZS_PUBLISH_KNOT:
	case ZS_PUBLISH_BIND:
		break;
	case ZS_PUBLISH_POWERDNS:
		return zs_serve_powerdns(run, zone, serial, why);
	case ZS_PUBLISH_UPDATE:
		return true; /* such a zone is never published here */
	}
	return run_tool(run, zone, &servers[options->kind]) && zs_serve_confirm(run, zone, serial, why);
}

const char *zs_publish_target(struct zs_run *run, const struct zs_zone_config *zone)
{
	static const char *const names[] = {
		[ZS_PUBLISH_COMMAND] = "command", [ZS_PUBLISH_NSD] = "nsd", [ZS_PUBLISH_KNOT] = "knot", [ZS_PUBLISH_BIND] = "bind",
		[ZS_PUBLISH_POWERDNS] = "powerdns", [ZS_PUBLISH_UPDATE] = "update",
	};
	const struct zs_publish_options *o = zone->publish;
	/* as written: the config may be named from another directory the next time */
	const char *const words[] = { o->config.text, o->socket.text, o->pid_file.text, o->config_dir.text, o->config_name, o->file.text,
		                      command_digest(run, o->kind == ZS_PUBLISH_COMMAND ? &zone->reload : &o->program) };
	struct zs_buf text = { .arena = run->arena, .max = 16 * 1024 };
	zs_buf_text(&text, names[o->kind]);
	if (o->kind == ZS_PUBLISH_POWERDNS)
		zs_buf_printf(&text, " backend %d%s", (int)o->backend, o->server_signs ? " signs" : "");
	if (o->kind != ZS_PUBLISH_COMMAND && o->server_count)
		zs_buf_printf(&text, " %s", o->servers[0].text);
	for (size_t i = 0; i < ZS_COUNT(words); i++)
		if (words[i] && *words[i])
			zs_buf_printf(&text, " %s", words[i]);
	return zs_text_safe(run->arena, zs_buf_string(&text), strlen(zs_buf_string(&text)), 1000);
}
