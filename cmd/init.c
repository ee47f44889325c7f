/* init.c - the command init: a commented zonesign.yaml from zone files. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/command.h"
#include "dane/dane.h"
#include "zone/zone.h"

static const char help[] =
    "usage: zonesign init [--cert-dir DIR] [--output FILE] FILE...\n\n"
    "Write a commented zonesign.yaml for zone files: the zone's name from its SOA, dane entries for MX hosts inside the\n"
    "zone when there is a certificate for them. An existing file is never overwritten.\n\n"
    "  --cert-dir DIR   where certificates are, as certbot, acme.sh, lego, dehydrated or Caddy lay them out: DIR/HOST/fullchain.pem,\n"
    "                   DIR/HOST.pem, DIR/HOST.crt, DIR/HOST/HOST.crt, DIR/HOST_ecc/fullchain.cer, DIR/HOST/fullchain.cer; else the\n"
    "                   same of the zone's name, if that certificate is for the host too; the default is /etc/letsencrypt/live\n"
    "  --output FILE    the file to write; the default is zonesign.yaml\n";

static const char usual_output[] = "zonesign.yaml";

/* The config to write, and what is in it. */
struct target {
	const char *output, *cert_dir;
	struct { const struct zs_zone *zone; const char *path; } *zones;
	size_t zone_count;
};

/* "example.com.zone", "db.example.com": the name a file is usually given, for zones whose SOA is at "@". */
static const char *name_of_file(struct zs_arena *arena, const char *path)
{
	const char *base = zs_file_base(path);
	size_t len = strlen(base);
	static const char *const ends[] = { ".zone", ".db", ".txt", ".hosts" };
	if (strncmp(base, "db.", 3) == 0) {
		base += 3;
		len -= 3;
	}
	for (size_t i = 0; i < ZS_COUNT(ends); i++)
		if (len > strlen(ends[i]) && strcmp(base + len - strlen(ends[i]), ends[i]) == 0) {
			len -= strlen(ends[i]);
			break;
		}
	return zs_arena_text(arena, base, len);
}

static bool read_zone(struct zs_run *run, const char *path, struct zs_zone **out)
{
	/* the file alone may tell its name; else its file name is the origin, and the SOA must agree */
	struct zs_run *look = zs_run_begin();
	struct zs_zone_options options = { .dnssec = ZS_DNSSEC_STRIP };
	struct zs_zone *zone;
	uint8_t origin[ZS_NAME_MAX];
	struct zs_name_error error;
	const bool alone = zs_zone_read(look, look->arena, path, &options, &zone);
	if (alone)
		memcpy(origin, zone->apex, sizeof origin);
	zs_run_end(look);
	const char *name = name_of_file(run->arena, path);
	if (!alone && !zs_name_parse(name, strlen(name), NULL, origin, &error))
		return zs_error(run, NULL, "'%s': no $ORIGIN, and the file's name is no zone name", path);
	options.apex = origin;
	if (!zs_zone_read(run, run->arena, path, &options, out))
		return false;
	if (zs_zone_apex_rrset(*out, ZS_TYPE_SOA))
		return true;
	char text[ZS_NAME_TEXT];
	zs_error(run, NULL, "'%s' has no SOA at '%s'", path, zs_name_text(origin, text));
	for (uint32_t i = 0; i < (*out)->owner_count; i++)
		if (zs_zone_rrset(*out, i, ZS_TYPE_SOA)) {
			zs_hint(run, "its SOA is at '%s': is that the zone, and is there a final dot? Then put '$ORIGIN the-zone.' at the head of the file",
			        zs_name_text(zs_owner_name(*out, &(*out)->owners[i]), text));
			return false;
		}
	zs_hint(run, "put '$ORIGIN the-zone.' at the head of the file");
	return false;
}

/* Where ACME clients keep the certificate that they call NAME. All that are there count: a server may have one of RSA beside ECDSA. */
enum { PLACES = 6 };
static const char *place_of(struct zs_arena *arena, const char *dir, const char *name, unsigned place)
{
	switch (place) {
	case 0: return zs_arena_printf(arena, "%s/%s/fullchain.pem", dir, name);     /* certbot, dehydrated */
	case 1: return zs_arena_printf(arena, "%s/%s.pem", dir, name);
	case 2: return zs_arena_printf(arena, "%s/%s.crt", dir, name);               /* lego */
	case 3: return zs_arena_printf(arena, "%s/%s/%s.crt", dir, name, name);      /* Caddy */
	case 4: return zs_arena_printf(arena, "%s/%s_ecc/fullchain.cer", dir, name); /* acme.sh */
	default: return zs_arena_printf(arena, "%s/%s/fullchain.cer", dir, name);
	}
}

static bool names_host(const char *path, const uint8_t *host)
{
	struct zs_run *look = zs_run_begin(); /* what is wrong with the file is said when it is used */
	struct zs_dane_file file;
	const bool named = zs_dane_file_read(look, NULL, path, &file) && file.certs[0].x509 && zs_dane_names(&file.certs[0], host);
	zs_run_end(look);
	return named;
}

/* The certificates of a host: under its name, or else one under the zone's name that is for the host too. How many. */
static unsigned find_certificates(struct zs_run *run, const char *dir, const uint8_t *host, const uint8_t *apex, const char *out[PLACES])
{
	unsigned count = 0;
	for (unsigned which = 0; which < 2 && !count; which++) {
		char name[ZS_NAME_TEXT];
		zs_name_text(which ? apex : host, name);
		name[strlen(name) - 1] = '\0'; /* the final dot */
		for (unsigned place = 0; place < PLACES && *name; place++) {
			const char *path = place_of(run->arena, dir, name, place);
			if (access(path, R_OK) == 0 && (!which || names_host(path, host)))
				out[count++] = path;
		}
	}
	return count;
}

/* path, which is relative to the working directory, as the config at output is to say it: relative to the directory of that. */
static const char *path_from(struct zs_arena *arena, const char *path, const char *output)
{
	char base[PATH_MAX], dir[PATH_MAX];
	if (path[0] == '/' || !strchr(output, '/') || !realpath(zs_file_dir(arena, output), base) || !realpath(zs_file_dir(arena, path), dir))
		return path;
	const char *full = zs_arena_printf(arena, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, zs_file_base(path));
	const size_t len = strcmp(base, "/") == 0 ? 0 : strlen(base);
	return strncmp(full, base, len) == 0 && full[len] == '/' && full[len + 1] ? full + len + 1 : full;
}

static void add_quoted(struct zs_buf *out, const char *text)
{
	zs_buf_octet(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			zs_buf_octet(out, '\\');
		zs_buf_octet(out, (uint8_t)*text);
	}
	zs_buf_octet(out, '"');
}

static void add_dane(struct zs_run *run, struct zs_buf *out, const struct zs_zone *zone, const struct target *to)
{
	const struct zs_rrset *mx = zs_zone_apex_rrset(zone, ZS_TYPE_MX);
	bool any = false;
	for (uint32_t i = 0; mx && i < mx->count; i++) {
		char host[ZS_NAME_TEXT];
		const uint8_t *target = zs_rrset_rdata(zone, mx, i).data + 2;
		zs_name_text(target, host);
		if (!*target || !zs_name_within(target, zone->apex))
			continue;
		const char *found[PLACES];
		const unsigned count = find_certificates(run, to->cert_dir, target, zone->apex, found);
		if (!count) {
			zs_note(run, "no certificate of %s in '%s': no dane entry for it", host, to->cert_dir);
			zs_hint(run, "if it has one, --cert-dir names the directory, or zonesign.yaml.example shows how to write the entry");
			continue;
		}
		if (!any)
			zs_buf_text(out, "    dane:                          # TLSA records, computed from certificates (RFC 7672)\n");
		any = true;
		zs_buf_text(out, "      - host: ");
		add_quoted(out, host);
		zs_buf_text(out, "\n        port: 25\n        certificate: ");
		for (unsigned f = 0; f < count; f++) {
			zs_buf_text(out, f ? ", " : count > 1 ? "[" : "");
			add_quoted(out, path_from(run->arena, found[f], to->output));
		}
		zs_buf_text(out, count > 1 ? "]" : "");
		zs_buf_text(out, "\n        records: 3 1 1             # the key, hashed: survives a renewal with the same key\n");
	}
}

/* path gives the zone, which none of the files before may be for. */
static bool is_new(struct zs_run *run, const char *path, const struct zs_zone *zone, struct target *to)
{
	char name[ZS_NAME_TEXT];
	for (size_t i = 0; i < to->zone_count; i++)
		if (zs_name_equal(to->zones[i].zone->apex, zone->apex)) {
			zs_usage(run, "'%s' and '%s' are both the zone '%s'", to->zones[i].path, path, zs_name_text(zone->apex, name));
			zs_hint(run, "give one file for each zone");
			return false;
		}
	to->zones[to->zone_count].zone = zone;
	to->zones[to->zone_count++].path = path;
	return true;
}

static bool add_zone(struct zs_run *run, struct zs_buf *out, const char *path, struct target *to)
{
	struct zs_zone *zone;
	char name[ZS_NAME_TEXT], file[ZS_NAME_PATH];
	if (!read_zone(run, path, &zone) || !is_new(run, path, zone, to))
		return false;
	zs_buf_text(out, "  ");
	add_quoted(out, zs_name_text(zone->apex, name));
	zs_buf_text(out, ":\n    file: ");
	add_quoted(out, path_from(run->arena, path, to->output));
	zs_buf_printf(out, "\n    output: \"signed/%s.zone\"   # the signed zone: what your name server loads\n", zs_name_path(zone->apex, file));
	zs_buf_text(out, "    # registrar: gandi             # whose form 'zonesign ds' fills in\n");
	zs_buf_text(out, "    # reload: nsd-control reload {zone}\n");
	add_dane(run, out, zone, to);
	return true;
}

static bool write_new(struct zs_run *run, const char *path, const struct zs_buf *text)
{
	bool there;
	if (zs_file_create(run, path, 0644, text->data, text->len, &there))
		return true;
	if (there) {
		zs_usage(run, "'%s' exists; it is not overwritten", path);
		zs_hint(run, "move it away, or name another file with --output");
	}
	return false;
}

/* What the zones do not agree with in the config as it is written. Were it not to be read, the next command would say why. */
static void say_expires(struct zs_run *run, const struct target *to)
{
	struct zs_run *look = zs_run_begin();
	const struct zs_config *config;
	if (zs_config_load(look, to->output, &config))
		for (size_t i = 0; i < to->zone_count; i++) {
			char name[ZS_NAME_TEXT];
			const struct zs_zone_config *zone = zs_config_zone(look, config, zs_name_text(to->zones[i].zone->apex, name));
			if (zone)
				zs_cli_say_expire(run, to->zones[i].zone, zone->policy);
		}
	zs_run_end(look);
}

static void say_written(const struct zs_cli *cli, struct zs_run *run, const struct target *to)
{
	if (cli->json) {
		struct zs_json *document = zs_json_object(run->arena), *list;
		zs_json_set_text(document, "written", to->output);
		list = zs_json_set_array(document, "zones");
		for (size_t i = 0; i < to->zone_count; i++) {
			char name[ZS_NAME_TEXT];
			zs_json_add_text(list, zs_name_text(to->zones[i].zone->apex, name));
		}
		zs_cli_json_diags(zs_json_set_array(document, "diagnostics"), run);
		zs_cli_write_json(run, document);
	} else if (!cli->quiet) {
		const char *option = strcmp(to->output, usual_output) == 0 ? "" : zs_arena_printf(run->arena, "-c %s ", to->output);
		printf("'%s' is written; next: look at it, then 'zonesign %scheck' and 'zonesign %sbuild'\n", to->output, option, option);
	}
}

int zs_cmd_init(const struct zs_cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "cert-dir", required_argument, NULL, 'd' }, { "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct zs_run *run = zs_cli_run(cli);
	struct target to = { .output = usual_output, .cert_dir = "/etc/letsencrypt/live" };
	to.zones = zs_arena_array(run->arena, (size_t)argc, sizeof *to.zones);
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(help, stdout);
			return zs_cli_end(cli, run);
		}
		if (c == 'd')
			to.cert_dir = optarg;
		else if (c == 'o')
			to.output = optarg;
		else if (c == '?')
			run->fault = ZS_USAGE;
	}
	if (!run->fault && optind == argc)
		zs_usage(run, "init takes one or more zone files");
	struct zs_buf text = { .arena = run->arena, .max = 64 << 20 };
	zs_buf_text(&text, "# zonesign.yaml - what zonesign signs; zonesign.yaml.example explains every option.\n"
	                   "state: state                       # keys and state: keep it private, and in your backup\n"
	                   "policies:\n  default:\n    algorithm: ecdsap256sha256     # small, fast, known to every validator\n"
	                   "    # denial: nsec3                # hides names from walking; nsec is simpler and smaller\nzones:\n");
	bool ok = !run->fault;
	for (int i = optind; !run->fault && i < argc; i++)
		ok = add_zone(run, &text, argv[i], &to) && ok;
	if (ok && !run->fault && write_new(run, to.output, &text)) {
		say_expires(run, &to);
		say_written(cli, run, &to);
	}
	return zs_cli_end(cli, run);
}
