/* tlsa_hook.c - hook scripts for ACME clients: nothing reaches the servers before the gate is open. What differs between the
 * clients is how they name the certificate; the rest of the script is one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tlsa.h"

/* Each client's own words: how the hook is hung in, and what it is given. $name, $cert and $key are set by `given`. */
static const struct client {
	const char *name, *install, *given;
} clients[] = {
	{ "certbot",
	  "# renew_hook = /etc/zonesign/hook-certbot     under [renewalparams] of /etc/letsencrypt/renewal/NAME.conf, for each such certificate\n"
	  "# certbot sets RENEWED_LINEAGE, the directory in live/ that already shows the new certificate: let no server read that one.\n",
	  "[ -n \"${RENEWED_LINEAGE:-}\" ] || die 'RENEWED_LINEAGE is not set: certbot sets it for deploy hooks'\n"
	  "name=$(basename \"$RENEWED_LINEAGE\") cert=$RENEWED_LINEAGE/fullchain.pem key=$RENEWED_LINEAGE/privkey.pem\n" },
	{ "acme.sh",
	  "# acme.sh --install-cert -d mail.example.com --reloadcmd /etc/zonesign/hook-acme.sh\n"
	  "# without --fullchain-file, --cert-file and --key-file: those would put the certificate in place before the gate is asked.\n"
	  "# With --ecc for an ECDSA certificate. NAME is the directory that acme.sh keeps it in: mail.example.com_ecc, and for RSA mail.example.com.\n",
	  "[ -n \"${CERT_FULLCHAIN_PATH:-}\" ] && [ -n \"${CERT_KEY_PATH:-}\" ] || die 'CERT_FULLCHAIN_PATH and CERT_KEY_PATH are not set: acme.sh sets them for --reloadcmd'\n"
	  "name=$(basename \"$(dirname \"$CERT_KEY_PATH\")\") cert=$CERT_FULLCHAIN_PATH key=$CERT_KEY_PATH\n" },
	{ "lego",
	  "# lego ... run --deploy-hook /etc/zonesign/hook-lego\n"
	  "# before lego 5: run --run-hook for the first one, renew --renew-hook afterwards. Leave --no-bundle out. Two certificates of one domain\n"
	  "# have one name before lego 5: set another SERVICE for the second.\n",
	  "cert=${LEGO_CERT_PATH:-${LEGO_HOOK_CERT_PATH:-}} key=${LEGO_CERT_KEY_PATH:-${LEGO_HOOK_CERT_KEY_PATH:-}}\n"
	  "name=${LEGO_CERT_DOMAIN:-${LEGO_HOOK_CERT_NAME:-}}\n"
	  "[ -n \"$cert\" ] && [ -n \"$key\" ] && [ -n \"$name\" ] || die 'LEGO_CERT_DOMAIN, LEGO_CERT_PATH and LEGO_CERT_KEY_PATH are not set: lego sets them for hooks'\n" },
	{ "dehydrated",
	  "# HOOK=/etc/zonesign/hook-dehydrated in its config. With PRIVATE_KEY_ROLLOVER=yes the key of the next renewal lies in\n"
	  "# CERTDIR/NAME/privkey.roll.pem: name that as next: and a renewal never waits, if\n"
	  "# the user of zonesign may read it (dehydrated makes it 0600): a group and chmod 0640, or a copy of its public key.\n",
	  "case ${1:-} in\n"
	  "deploy_cert) [ $# -ge 5 ] || die 'deploy_cert takes domain, key, certificate, full chain and chain' ;;\n"
	  "unchanged_cert | exit_hook) set -- retry ;;\n"
	  "*) exit 0 ;; # other events, those of later versions too\n"
	  "esac\n"
	  "[ \"$1\" != retry ] || { deploy_all; exit; }\n"
	  "name=$(basename \"$(dirname \"$3\")\") key=$3 cert=$5 # the alias of domains.txt, if there is one\n" },
};

static const char head[] =
    "set -u\n"
    "umask 022\n"
    "\n"
    "# What you may set, here or in the environment:\n"
    ": \"${SERVICE:=/etc/zonesign/service}\" # what servers read: SERVICE/NAME/fullchain.pem and privkey.pem\n"
    ": \"${RESTART:=}\"                      # command when a certificate was put in place, as 'systemctl reload postfix'\n"
    ": \"${HOSTS:=}\"                        # '--host mail.example.com': ask for these hosts, not for all that the certificate names; for one\n"
    "                                      # certificate only: give others another SERVICE\n"
    ": \"${ZONESIGN_USER:=}\"                # the user that zonesign runs as, if this hook runs as root\n"
    "\n"
    "# In zonesign.yaml, for the entry of that certificate:\n"
    "#     certificate: SERVICE/NAME/fullchain.pem\n"
    "#     next: SERVICE/NAME/pending/fullchain.pem\n"
    "# And in cron, because a renewal with a new key waits for caches, and no client asks twice:\n"
    "#     */20 * * * * THIS-SCRIPT retry\n"
    "\n"
    "die() { echo \"$0: $*\" >&2; exit 1; }\n";

static const char body[] =
    "zonesign() {\n"
    "\tif [ -n \"$ZONESIGN_USER\" ] && [ \"$(id -u)\" = 0 ]; then\n"
    "\t\trunuser -u \"$ZONESIGN_USER\" -- \"$PROGRAM\" -c \"$ZONESIGN_CONFIG\" \"$@\" 9>&-\n"
    "\telse\n"
    "\t\t\"$PROGRAM\" -c \"$ZONESIGN_CONFIG\" \"$@\" 9>&-\n"
    "\tfi\n"
    "}\n"
    "\n"
    "# ready MODE FROM TO: a copy as TO.new, on the disk, and never readable in between\n"
    "ready() {\n"
    "\trm -f -- \"$3.new\" && (umask 077 && cat -- \"$2\" > \"$3.new\") && chmod \"$1\" \"$3.new\" && sync \"$3.new\"\n"
    "}\n"
    "\n"
    "# switch DIR: what is pending becomes what the servers read. Killed anywhere, the next run does the rest\n"
    "switch() {\n"
    "\tready 600 \"$1/pending/privkey.pem\" \"$1/privkey.pem\" && ready 644 \"$1/pending/fullchain.pem\" \"$1/fullchain.pem\" &&\n"
    "\t\tmv -f -- \"$1/privkey.pem.new\" \"$1/privkey.pem\" && mv -f -- \"$1/fullchain.pem.new\" \"$1/fullchain.pem\" &&\n"
    "\t\t: > \"$1/pending/restart\" && rm -f -- \"$1/pending/fullchain.pem\" \"$1/pending/privkey.pem\" || return 1\n"
    "\trestart \"$1\"\n"
    "}\n"
    "\n"
    "# restart DIR: servers that go on with the former key are refused when its TLSA leave, so this is repeated until it succeeds\n"
    "restart() {\n"
    "\tif [ -n \"$RESTART\" ] && ! sh -c \"$RESTART\" 9>&-; then # a daemon must not inherit the lock\n"
    "\t\techo \"$0: '$RESTART' failed; 'retry' repeats it\" >&2\n"
    "\t\tzonesign build\n"
    "\t\treturn 1\n"
    "\tfi\n"
    "\trm -f -- \"$1/pending/restart\"\n"
    "\tzonesign build\n"
    "}\n"
    "\n"
    "# deploy DIR: switch if there is something pending and the gate is open\n"
    "deploy() {\n"
    "\tagain=0\n"
    "\t[ ! -e \"$1/pending/restart\" ] || restart \"$1\" || again=1\n"
    "\t[ -f \"$1/pending/fullchain.pem\" ] && [ -f \"$1/pending/privkey.pem\" ] || return $again\n"
    "\tif [ ! -f \"$1/fullchain.pem\" ]; then # the first certificate: if no TLSA is published yet, there is nothing to wait for\n"
    "\t\tcase $(zonesign --json tlsa --gate \"$1/pending/fullchain.pem\" $HOSTS 2>/dev/null) in\n"
    "\t\t*'\"wait\"'* | *'\"unpublished\"'* | *'\"shadowed\"'*) ;;\n"
    "\t\t*'\"owners\"'*) switch \"$1\"; return ;;\n"
    "\t\tesac\n"
    "\t\techo \"$0: TLSA of another certificate are published: put that and its key into $1 first; or, if the new one is to stand beside that,\" \\\n"
    "\t\t\t\"copy it there from $1/pending by hand, and let no server read it before 'retry' says that it may\" >&2\n"
    "\t\treturn 1\n"
    "\tfi\n"
    "\tzonesign build || echo \"$0: zonesign build failed with $?\" >&2 # publishes the pending key, as next:\n"
    "\tgate=0\n"
    "\tzonesign tlsa --gate \"$1/pending/fullchain.pem\" $HOSTS || gate=$?\n"
    "\tcase $gate in\n"
    "\t0) switch \"$1\" ;;\n"
    "\t5) echo \"$0: $1 keeps its certificate until the gate opens; 'retry' looks again\" >&2; return $again ;;\n"
    "\t*) echo \"$0: $1 keeps its certificate; is next: $1/pending/fullchain.pem in the config?\" >&2; return 1 ;;\n"
    "\tesac\n"
    "}\n"
    "\n"
    "deploy_all() {\n"
    "\tall=0\n"
    "\tfor dir in \"$SERVICE\"/*/; do\n"
    "\t\t[ ! -d \"$dir\" ] || deploy \"${dir%/}\" || all=1\n"
    "\tdone\n"
    "\treturn $all\n"
    "}\n"
    "\n"
    "# one at a time: cron must not look while a pair of files is copied\n"
    "mkdir -p -- \"$SERVICE\" || die \"cannot make $SERVICE\"\n"
    "if command -v flock >/dev/null; then umask 077 && exec 9>\"$SERVICE/.lock\" && umask 022 && flock 9 || die \"cannot lock $SERVICE/.lock\"; fi\n"
    "\n"
    "[ \"${1:-}\" != retry ] || { deploy_all; exit; }\n"
    "\n";

static const char tail[] =
    "case $name in '' | .* | */*) die \"'$name' is no name for a directory\" ;; esac\n"
    "dir=$SERVICE/$(printf %s \"$name\" | tr '*' _)\n"
    "mkdir -p -- \"$dir/pending\" || die \"cannot make $dir\"\n"
    "new=$dir/pending\n"
    "ready 600 \"$key\" \"$new/privkey.pem\" && ready 644 \"$cert\" \"$new/fullchain.pem\" &&\n"
    "\trm -f -- \"$new/fullchain.pem\" && # a key without its certificate is not deployed; one with the certificate of another would be\n"
    "\tmv -f -- \"$new/privkey.pem.new\" \"$new/privkey.pem\" && mv -f -- \"$new/fullchain.pem.new\" \"$new/fullchain.pem\" || die \"cannot copy to $new\"\n"
    "deploy \"$dir\"\n";

/* A word of the shell that stands for text. */
static void add_quoted(struct zs_buf *out, const char *text)
{
	zs_buf_octet(out, '\'');
	for (const char *p = text; *p; p++)
		if (*p == '\'')
			zs_buf_text(out, "'\\''");
		else
			zs_buf_octet(out, (uint8_t)*p);
	zs_buf_octet(out, '\'');
}

static const char *absolute(struct zs_run *run, const char *path)
{
	char *real = realpath(path, NULL);
	const char *out = real ? zs_arena_strdup(run->arena, real) : path;
	free(real);
	return out;
}

static const char *config_path(const struct zs_cli *cli)
{
	if (cli->config_path)
		return cli->config_path;
	return access("zonesign.yaml", F_OK) == 0 ? "zonesign.yaml" : "/etc/zonesign/zonesign.yaml";
}

void zs_tlsa_hook(const struct zs_cli *cli, struct zs_run *run, const char *name)
{
	const struct client *client = NULL;
	struct zs_buf out = { .arena = run->arena, .max = 65536 };
	for (size_t i = 0; i < ZS_COUNT(clients); i++)
		if (strcmp(clients[i].name, name) == 0)
			client = &clients[i];
	if (!client) {
		zs_usage(run, "--hook '%.40s': there is certbot, acme.sh, lego and dehydrated", name);
		return;
	}
	zs_buf_printf(&out, "#!/bin/sh\n# A hook for %s, printed by 'zonesign tlsa --hook %s'. A new certificate waits in SERVICE/NAME/pending, where\n"
	                    "# its key is published from, and is put in place when every cache has its TLSA.\n%s", name, name, client->install);
	zs_buf_text(&out, head);
	zs_buf_text(&out, "PROGRAM=${PROGRAM:-");
	add_quoted(&out, absolute(run, "/proc/self/exe"));
	zs_buf_text(&out, "}\nZONESIGN_CONFIG=${ZONESIGN_CONFIG:-");
	add_quoted(&out, absolute(run, config_path(cli)));
	zs_buf_text(&out, "}\n\n");
	zs_buf_text(&out, body);
	zs_buf_text(&out, client->given);
	zs_buf_text(&out, tail);
	zs_cli_write(run, out.data, out.len);
}
