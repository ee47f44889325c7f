/* import.h - the keys of a zone that another program signs today: read, tried, taken over.
 *
 * The trial is a build of its own, beside the zone's state: the file that it makes is verified as any other, and then held against
 * what is served now. Caches will mix the two for a while, so each must validate with the keys of the other.
 */
#ifndef ZS_IMPORT_H
#define ZS_IMPORT_H

#include "config/config.h"
#include "keys/keys.h"

struct zs_import_options {
	const char *const *files;
	size_t file_count;
	const char *pem_dir;     /* of Knot's PEM files; NULL: beside the JSON */
	const char *served;      /* the signed zone as it is served now; NULL: the zone's output */
	enum zs_key_role role;   /* of keys whose files do not say it; 0: the served zone shows it */
	bool dry_run;            /* try, and change nothing */
};

/* Import into a zone that has no state yet. True: the keys are in the state directory (not with dry_run), and the first build goes
 * on from there. *keys are what was read. False with the reason; nothing is changed then. */
ZS_MUST_CHECK bool zs_import(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
                             const struct zs_import_options *options, const struct zs_import_key **keys, size_t *count);

#endif
