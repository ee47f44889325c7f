/* check_live.h - the part of the command check that asks the world. */
#ifndef ZS_CMD_CHECK_LIVE_H
#define ZS_CMD_CHECK_LIVE_H

#include "cmd/command.h"

struct zs_live_options {
	bool live;
	const char *trust_anchor, *root_hints; /* files; NULL: what the policy says, else IANA's */
	struct zs_address *resolvers;
	size_t resolver_count;
	const char *html; /* page to write, "-" is stdout; or NULL */
	int64_t timeout;  /* milliseconds for all zones together */
};

/* Look at origin (no config), or at zones; print; run->fault is the gravest of them. */
void zs_check_live(const struct zs_cli *cli, struct zs_run *run, const struct zs_live_options *options, const uint8_t *origin,
                   const struct zs_zone_config *const *zones, size_t count);

#endif
