/* publish_private.h - what the files of publish/ share. */
#ifndef ZS_PUBLISH_PUBLISH_PRIVATE_H
#define ZS_PUBLISH_PUBLISH_PRIVATE_H

#include <sys/stat.h>

#include "publish/publish.h"

enum { ZS_RELOAD_LIMIT = 60 /* seconds */ };

/* write.c: does another file lie where the candidate was laid? */
bool zs_candidate_is_replaced(const struct zs_candidate *candidate);

/* server.c: ask the server of `publish` for the serial. False with a diagnostic. */
bool zs_serve_confirm(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why);

/* powerdns.c: give the output to PowerDNS, look at its answers, put the former zone back if they are wrong. */
bool zs_serve_powerdns(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why);

/* An argument list that grows. */
struct zs_argv {
	const char **list;
	size_t count, room;
};
void zs_argv_add(struct zs_arena *arena, struct zs_argv *argv, const char *argument);
/* Run it; what it is about is for messages. argv ends here. */
bool zs_argv_run(struct zs_run *run, struct zs_argv *argv, const char *what, const struct zs_zone_config *zone, zs_seconds limit);

/* command.c: the same; what it prints, its messages too, goes to *out. */
bool zs_argv_read(struct zs_run *run, struct zs_argv *argv, const char *what, const struct zs_zone_config *zone, zs_seconds limit, struct zs_buf *out);

/* server.c: either of them (out may be NULL); one that hangs does so for a few zones, and is not run for all that are behind them. whom: what
 * tells this use of the tool from others. */
bool zs_tool_run(struct zs_run *run, struct zs_argv *argv, const char *tool, const char *whom, const struct zs_zone_config *zone, zs_seconds limit,
                 struct zs_buf *out);

/* powerdns.c: the same of one of PowerDNS. */
bool zs_pdns_run(struct zs_run *run, const struct zs_zone_config *zone, struct zs_argv *argv, const char *tool, zs_seconds limit, struct zs_buf *out);
/* "pdnsutil" or "pdns_control" with the options that lead it to the server's configuration. */
struct zs_argv zs_pdns_tool(struct zs_run *run, struct zs_arena *arena, const struct zs_publish_options *options, const char *tool);
/* The zone as PowerDNS's tools take it: without a final dot, but "." for the root. */
const char *zs_pdns_zone(struct zs_arena *arena, const struct zs_zone_config *zone);

/* NSEC3 as PowerDNS keeps it: "1 0 0 -", the second number the opt-out flag of the NSEC3 records; NULL: the zone has NSEC or is
 * not signed. */
struct zs_zone;
const char *zs_pdns_nsec3(struct zs_arena *arena, const struct zs_zone *zone);

/* pdns_sql.c: the zone in the tables of a generic SQL backend. The new records are laid beside the zone, where nobody is served them;
 * one transaction gives them to the zone, if there are as many rows as were laid, and keeps the former zone beside it. If one is kept
 * there already, of a run that did not come to its end, that stays the former zone, and what the zone had is dropped. */
bool zs_pdns_sql_lay(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, size_t *rows);
bool zs_pdns_sql_exchange(struct zs_run *run, const struct zs_zone_config *config, size_t rows);
/* The zone is again what is kept, and nothing lies beside it any more. It fails without effect if nothing is kept. */
bool zs_pdns_sql_put_back(struct zs_run *run, const struct zs_zone_config *config);
/* What lies beside the zone goes, the former zone too: the new one is good. */
bool zs_pdns_sql_clear(struct zs_run *run, const struct zs_zone_config *config);

/* pdns_keys.c: `signs: powerdns`. PowerDNS gets every key that the output shows, published and active as it is there; it signs with
 * all of them before it is given the zone, and what the output has not is taken away after that. So at no time a signature or a DNSKEY
 * is missing that the plan counts on; and what leaves the output is needed by no cache any more. Private halves go by file, never by argument. */
bool zs_pdns_keys_add(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *output);
bool zs_pdns_keys_drop(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *output);

#endif
