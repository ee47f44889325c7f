/* tlsa.h - the parts of the command tlsa: a file's records (tlsa.c), a zone's (tlsa_zone.c), hooks of ACME clients (tlsa_hook.c). */
#ifndef ZS_CMD_TLSA_H
#define ZS_CMD_TLSA_H

#include "cmd/command.h"
#include "dane/dane.h"

struct zs_tlsa_wish {
	const char *gate, *stage, *hook; /* the argument of the option, or NULL */
	struct zs_dane_filter filter;
	struct zs_dane_key_options key;
};

/* What is published of the zones, since when, and from when a server may rely on it. */
void zs_tlsa_list(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config **zones, size_t count);
/* May the servers switch to the certificate? ZS_DONE, ZS_NOT_YET, or ZS_INPUT: its key is not published. */
void zs_tlsa_gate(const struct zs_cli *cli, struct zs_run *run, const struct zs_zone_config **zones, size_t count, const struct zs_tlsa_wish *wish);
/* Make the key to come of a host, and publish it. */
void zs_tlsa_stage(const struct zs_cli *cli, struct zs_run *run, const struct zs_config *config, const struct zs_zone_config **zones, size_t count,
                   const struct zs_tlsa_wish *wish);
/* A hook script for the client of that name. */
void zs_tlsa_hook(const struct zs_cli *cli, struct zs_run *run, const char *client);

#endif
