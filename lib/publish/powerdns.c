/* powerdns.c - gives PowerDNS a presigned zone. It makes the NSEC and NSEC3 records itself, from what its database says of each name,
 * and serves the stored signatures beside them: what is wrong there makes every denial bogus while all data look right. So it is asked
 * afterwards, and the former zone put back if an answer does not validate. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "live/live.h"
#include "publish/publish_private.h"
#include "sign/sign.h"
#include "zone/zone.h"

static const char reach[] = "is PowerDNS running? pdns_control reaches PowerDNS through the socket in its socket-dir, which the user of this build must be able to open "
                            "(group pdns); 'config-dir' and 'config-name' of 'publish' name another configuration";

const char *zs_pdns_zone(struct zs_arena *arena, const struct zs_zone_config *zone)
{
	const size_t len = strlen(zone->name_text);
	return len > 1 ? zs_arena_text(arena, zone->name_text, len - 1) : zone->name_text;
}

struct zs_argv zs_pdns_tool(struct zs_run *run, struct zs_arena *arena, const struct zs_publish_options *options, const char *tool)
{
	struct zs_argv argv = { 0 };
	zs_argv_add(arena, &argv, zs_publish_tool(run, tool));
	if (options->config_dir.path)
		zs_argv_add(arena, &argv, zs_arena_printf(arena, "--config-dir=%s", options->config_dir.path));
	if (options->config_name)
		zs_argv_add(arena, &argv, zs_arena_printf(arena, "--config-name=%s", options->config_name));
	return argv;
}

bool zs_pdns_run(struct zs_run *run, const struct zs_zone_config *zone, struct zs_argv *argv, const char *tool, zs_seconds limit, struct zs_buf *out)
{
	const struct zs_publish_options *o = zone->publish;
	const char *whom = zs_arena_printf(run->arena, "%s %s %s", tool, o->config_name ? o->config_name : "", o->config_dir.text ? o->config_dir.text : "");
	return zs_tool_run(run, argv, tool, whom, zone, limit, out);
}

const char *zs_pdns_nsec3(struct zs_arena *arena, const struct zs_zone *zone)
{
	const struct zs_rrset *param = zs_zone_apex_rrset(zone, ZS_TYPE_NSEC3PARAM);
	bool opt_out = false;
	if (!param)
		return NULL;
	for (uint32_t i = 0; i < zone->owner_count && !opt_out; i++) {
		const struct zs_rrset *nsec3 = zs_zone_rrset(zone, i, ZS_TYPE_NSEC3);
		opt_out = nsec3 && zs_rrset_rdata(zone, nsec3, 0).data[1] & 1;
		if (nsec3)
			break; /* the signer sets it in all or in none */
	}
	const struct zs_bytes p = zs_rrset_rdata(zone, param, 0);
	char salt[2 * 255 + 1] = "-";
	if (p.data[4])
		salt[zs_hex_encode(p.data + 5, p.data[4], salt)] = 0;
	return zs_arena_printf(arena, "1 %d %u %s", opt_out, zs_get_u16(p.data + 2), salt);
}

static bool control(struct zs_run *run, const struct zs_zone_config *zone, const char *verb, const char *argument)
{
	struct zs_argv argv = zs_pdns_tool(run, run->arena, zone->publish, "pdns_control");
	zs_argv_add(run->arena, &argv, verb);
	if (argument)
		zs_argv_add(run->arena, &argv, argument);
	if (zs_pdns_run(run, zone, &argv, "pdns_control", ZS_RELOAD_LIMIT, NULL))
		return true;
	zs_hint(run, "%s. Each run repeats this until it succeeds", reach);
	return false;
}

/* PowerDNS keeps answers, queries and the kind of denial in memory. */
static bool purge(struct zs_run *run, const struct zs_zone_config *zone)
{
	const char *name = zs_pdns_zone(run->arena, zone);
	return control(run, zone, "purge", zs_arena_printf(run->arena, "%s$", strcmp(name, ".") == 0 ? "" : name));
}

/* ---- the generic SQL backends ---- */

static bool import_sql(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_zone *read)
{
	struct zs_soa soa = { 0 };
	const char *why;
	size_t rows;
	/* keys need the domain, which is laid with the rows */
	if (!zs_pdns_sql_lay(run, zone, read, &rows) || (zone->publish->server_signs && !zs_pdns_keys_add(run, zone, read))
	    || !zs_pdns_sql_exchange(run, zone, rows) || !purge(run, zone))
		return false;
	if (!zs_zone_soa(read, &soa))
		return zs_fail(run, "the published zone has no SOA");
	/* a zone that is new there is unknown until the list of zones is read again: every 300 s, or when it is asked for */
	return zs_live_wait_serial(run, zone, &zone->publish->servers[0], soa.serial, 0, &why) 
	    || (control(run, zone, "rediscover", NULL) && purge(run, zone));
}

/* ---- the bind backend ---- */

static bool replace(struct zs_run *run, const char *path, const void *data, size_t len)
{
	const int dir = zs_file_open_dir(run, zs_file_dir(run->arena, path), 0755);
	const bool ok = dir >= 0 && zs_file_replace(run, dir, zs_file_base(path), path, 0644, data, len);
	if (dir >= 0)
		close(dir);
	return ok;
}

/* The zone with its owners in lower case: the backend takes the names in its NSEC records from them, and the signer has lower case there. */
static bool write_zone(struct zs_run *run, const struct zs_zone *zone, const char *path, bool plain)
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_buf out = { .arena = arena, .max = (size_t)UINT32_MAX };
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	for (uint32_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		uint8_t wire[ZS_NAME_MAX];
		zs_name_lower(zs_owner_name(zone, owner), owner->name_len, wire);
		zs_name_text(wire, name);
		for (uint32_t n = 0; n < owner->rrset_count; n++) {
			const struct zs_rrset *set = &zone->rrsets[zs_sign_nth_set(zone, owner, n)];
			if (plain && (zs_type_info(set->type)->flags & ZS_TYPE_SIGNER_MADE || set->type == ZS_TYPE_DNSKEY))
				continue;
			for (uint32_t r = 0; r < set->count; r++) {
				const struct zs_bytes rdata = zs_rrset_rdata(zone, set, r);
				zs_buf_printf(&out, "%s %u IN %s ", name, set->ttl, zs_type_powerdns_text(set->type, type));
				zs_rdata_format_powerdns(set->type, rdata.data, rdata.len, &out);
				zs_buf_octet(&out, '\n');
			}
		}
	}
	const bool ok = out.full ? zs_fail(run, "the zone has more than 4 GiB of text") : replace(run, path, out.data, out.len);
	zs_arena_free(arena);
	return ok;
}

/* Copy the open file from to path, aside and renamed. */
static bool copy_file(struct zs_run *run, int from, const char *path)
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_input input;
	const bool ok = zs_file_read_fd(run, arena, NULL, from, path, UINT32_MAX, &input, NULL) && replace(run, path, input.text, input.len);
	zs_arena_free(arena);
	return ok;
}

static bool util(struct zs_run *run, const struct zs_zone_config *zone, const char *verb, const char *argument)
{
	struct zs_argv argv = zs_pdns_tool(run, run->arena, zone->publish, "pdnsutil");
	zs_argv_add(run->arena, &argv, verb);
	zs_argv_add(run->arena, &argv, zs_pdns_zone(run->arena, zone));
	if (argument)
		zs_argv_add(run->arena, &argv, argument);
	if (zs_pdns_run(run, zone, &argv, "pdnsutil", ZS_RELOAD_LIMIT, NULL))
		return true;
	zs_hint(run, "the bind backend needs 'bind-dnssec-db', a file that 'pdnsutil create-bind-db FILE' makes, and the zone in its named.conf; without it "
	        "the zone is served unsigned");
	return false;
}

/* The file (the zone itself, or what is open) and what the database says of it, as near to each other as can be. */
static bool load_bind(struct zs_run *run, const struct zs_zone_config *zone, int from, const struct zs_zone *read)
{
	const char *nsec3 = zs_pdns_nsec3(run->arena, read);
	const bool is_signed = zs_zone_apex_rrset(read, ZS_TYPE_DNSKEY) && !zone->publish->server_signs;
	return (from < 0 ? write_zone(run, read, zone->publish->file.path, zone->publish->server_signs) : copy_file(run, from, zone->publish->file.path))
	    && (is_signed ? util(run, zone, "set-presigned", NULL) : util(run, zone, "unset-presigned", NULL))
	    && (nsec3 ? util(run, zone, "set-nsec3", nsec3) : util(run, zone, "unset-nsec3", NULL))
	    && control(run, zone, "bind-reload-now", zs_pdns_zone(run->arena, zone)) && purge(run, zone);
}

/* ---- both ---- */

struct import {
	struct zs_run *run;
	const struct zs_zone_config *config;
	struct zs_arena *arena;
	const struct zs_zone *zone; /* the output */
	int former;                 /* bind: what was there, open; -1: nothing was */
};

/* bind: the former zone lies there until the new one is judged, so that a run that ended before does not leave the new one to be taken
 * for it. Empty: there was none. */
static const char *former_path(const struct import *in)
{
	return zs_arena_printf(in->run->arena, "%s.former", in->config->publish->file.path);
}

/* Open what PowerDNS had before this zone, or before that of a run that did not come to its end; and have it lie aside. */
static bool keep_former(struct import *in)
{
	const char *path = in->config->publish->file.path, *aside = former_path(in);
	struct stat stat = { 0 };
	in->former = open(aside, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (in->former < 0 && errno != ENOENT)
		return zs_fail(in->run, "cannot read '%s', the zone that PowerDNS had before: %s", aside, strerror(errno));
	const bool kept = in->former >= 0;
	if (!kept)
		in->former = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in->former < 0 && errno != ENOENT) /* it could not be put back */
		return zs_fail(in->run, "cannot read '%s', the zone that PowerDNS has: %s", path, strerror(errno));
	if (in->former >= 0 && (fstat(in->former, &stat) != 0 || !S_ISREG(stat.st_mode)))
		return zs_fail(in->run, "'%s', the zone that PowerDNS has, is not a regular file", kept ? aside : path);
	if (!kept && (in->former < 0 ? !replace(in->run, aside, "", 0) : !copy_file(in->run, in->former, aside)))
		return false;
	if (kept && !stat.st_size) {
		close(in->former);
		in->former = -1;
	}
	return in->former < 0 || lseek(in->former, 0, SEEK_SET) == 0;
}

/* The zone that is there is the right one: nothing is to be put back any more. */
static bool drop_former(struct import *in)
{
	const char *aside = former_path(in);
	return unlink(aside) == 0 || errno == ENOENT || zs_fail(in->run, "cannot remove '%s': %s", aside, strerror(errno));
}

static bool read_former(struct import *in, struct zs_zone **out)
{
	const struct zs_zone_options options = { .apex = in->config->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	return zs_zone_read_fd(in->run, in->arena, in->former, in->config->publish->file.path, &options, out) && lseek(in->former, 0, SEEK_SET) == 0;
}

static bool give(struct import *in)
{
	if (in->config->publish->backend != ZS_PDNS_BIND)
		return import_sql(in->run, in->config, in->zone);
	if (!keep_former(in))
		return false;
	if (in->config->publish->server_signs && !zs_pdns_keys_add(in->run, in->config, in->zone))
		return false;
	return load_bind(in->run, in->config, -1, in->zone);
}

static bool put_back(struct import *in)
{
	const char *path = in->config->publish->file.path;
	struct zs_zone *former;
	if (in->config->publish->backend != ZS_PDNS_BIND)
		return zs_pdns_sql_put_back(in->run, in->config) && purge(in->run, in->config);
	if (in->former >= 0)
		return read_former(in, &former) && load_bind(in->run, in->config, in->former, former) && drop_former(in);
	return unlink(path) == 0 && drop_former(in) && control(in->run, in->config, "bind-reload-now", zs_pdns_zone(in->arena, in->config)) && purge(in->run, in->config);
}

/* A name that PowerDNS answers no question for (SERVFAIL), or NULL: its pdns.conf does not change that. */
static const char *unanswerable(struct zs_run *run, const struct zs_zone *zone)
{
	for (uint32_t i = 0; i < zone->owner_count; i++)
		for (const uint8_t *label = zs_owner_name(zone, &zone->owners[i]); *label; label += *label + 1)
			for (unsigned n = 1; n <= *label; n++)
				if (!label[n] || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*./@ \\:", label[n])) {
					char *name = zs_arena_alloc(run->arena, ZS_NAME_TEXT);
					return zs_name_text(zs_owner_name(zone, &zone->owners[i]), name);
				}
	return NULL;
}

/* The answers are those of the zone, and validate; else the former zone comes back. */
static bool look(struct import *in, const char **why)
{
	struct zs_run *run = in->run;
	struct zs_served_view view;
	if (!zs_live_judge_served(run, in->config, &in->config->publish->servers[0], in->config->output.path, &view))
		return false;
	if (!view.wrong)
		return true;
	*why = view.why;
	const bool silent = view.silent == view.asked;
	if (silent)
		zs_fail(run, "PowerDNS has the zone, but does not answer any more: %s", view.why);
	else
		zs_fail(run, "PowerDNS has the zone, but %zu of %zu answers are wrong: %s", view.wrong, view.asked, view.why);
	const char *name = unanswerable(run, in->zone);
	if (!put_back(in))
		zs_hint(run, silent ? "is it still running? What it had before is put back, or kept for the next run, and each run tries again"
		                    : "and the former zone could not be put back: look at PowerDNS now");
	else if (name && !silent)
		zs_hint(run, "the former zone was put back. PowerDNS answers no question for a name like '%s': it takes letters, digits, blanks and -_*./@:\\ "
		        "only", name);
	else
		zs_hint(run, "%s. Does PowerDNS have keys of its own for the zone, or metadata such as SOA-EDIT or LUA-AXFR-SCRIPT? "
		        "'pdnsutil show-zone' tells. A zone with DNAME needs dname-processing=yes there. Each run tries again",
		        in->config->publish->backend == ZS_PDNS_BIND && in->former < 0
		        ? "there was no former zone: the file is removed, and PowerDNS keeps what it read of it until it is restarted"
		        : "the former zone was put back");
	return false;
}

bool zs_serve_powerdns(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why)
{
	struct import in = { .run = run, .config = zone, .arena = zs_arena_new(), .former = -1 };
	const struct zs_zone_options options = { .apex = zone->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	struct zs_zone *read = NULL;
	bool ok = zs_zone_read(run, in.arena, zone->output.path, &options, &read);
	in.zone = read;
	ok = ok && control(run, zone, "rping", NULL); /* nothing is changed that would not be seen */
	/* once more, for what was read before the exchange and kept after the first purge */
	ok = ok && give(&in) && zs_serve_confirm(run, zone, serial, why)
	    && (!zone->publish->server_signs || zs_pdns_keys_drop(run, zone, read)) && purge(run, zone) && look(&in, why);
	if (ok)
		ok = zone->publish->backend == ZS_PDNS_BIND ? drop_former(&in) : zs_pdns_sql_clear(run, zone);
	if (in.former >= 0)
		close(in.former);
	zs_arena_free(in.arena);
	return ok;
}
