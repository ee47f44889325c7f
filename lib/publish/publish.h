/* publish.h - a signed zone becomes the served one: written aside, and after the verifier's yes renamed and reloaded.
 *
 * In:  the signed zone. Out: an open candidate file for verify/; then the published file.
 * Before the rename in zs_publish_commit nothing outside sees a change. The steps on disk are those of the design:
 * intent in the state, rename, sync, reload, facts.
 */
#ifndef ZS_PUBLISH_PUBLISH_H
#define ZS_PUBLISH_PUBLISH_H

#include "config/config.h"
#include "sign/sign.h"
#include "state/state.h"

struct zs_candidate {
	int fd;              /* open for reading and writing */
	int dir_fd;          /* directory of the output */
	const char *path;    /* the output, symbolic links resolved once */
	const char *name;    /* its last component */
	const char *aside;   /* ".NAME.zonesign" */
	uint64_t len;        /* octets */
	uint8_t sha256[32];
	struct zs_file_id id; /* once committed */
	bool settled;        /* a change that comes after now shows in the id */
};

/* Write the signed zone beside the output and sync it. Ends with the run unless committed: call zs_publish_discard. */
ZS_MUST_CHECK bool zs_publish_write(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_signed_zone *in,
                                    struct zs_candidate *out);

/* The candidate's place in the file system. */
void zs_publish_discard(struct zs_candidate *candidate);

/* Record the intent, and with it the keys that were made for it; rename the candidate over the output, sync the directory. The state
 * then knows it as published. */
ZS_MUST_CHECK bool zs_publish_commit(struct zs_run *run, const struct zs_zone_config *zone, struct zs_candidate *candidate,
                                     const struct zs_intent *intent, struct zs_facts *facts);

/* Only rename the candidate to its place, for what is not the published zone. */
ZS_MUST_CHECK bool zs_publish_place(struct zs_run *run, struct zs_candidate *candidate);

/* Let the server take the output, which has this serial: the reload command, or what `publish` names; then its server must show the
 * serial, and PowerDNS answers and denials that validate. ZS_FAILED if not; the zone stays published and the next run repeats it.
 * *why: what the server showed instead; or NULL. */
ZS_MUST_CHECK bool zs_publish_serve(struct zs_run *run, const struct zs_zone_config *zone, uint32_t serial, const char **why);

/* Who takes the zone, in one line that changes with the server: "knot 127.0.0.1 /run/knot/knot.sock", or the digest of the
 * reload command. */
const char *zs_publish_target(struct zs_run *run, const struct zs_zone_config *zone);

/* SHA-256 of the file at the output's path; *there is false if there is none. *id (NULL is fine) is what tells it from any other, or all 0 if
 * its times would not show every change that comes after it was read. */
ZS_MUST_CHECK bool zs_publish_sha256(struct zs_run *run, const char *path, bool *there, uint8_t out[32], struct zs_file_id *id);

/* Run a command as the design says: no shell unless one was asked for, own process group, at most `limit` seconds, environment
 * PATH, LANG and ZONESIGN_*; input (or nothing) on stdin. False with ZS_FAILED and the last of its output. */
ZS_MUST_CHECK bool zs_publish_run(struct zs_run *run, const struct zs_command *command, const char *what,
                                  const char *zone_text, const char *input, zs_seconds limit);

/* A warning for each command of the zone whose program is not there, or not to be run by this user: a build tells it when it is too late. */
void zs_publish_check_commands(struct zs_run *run, const struct zs_zone_config *zone);

/* "/usr/sbin/rndc" for "rndc", if it is not in the PATH but where servers have their tools; else the name itself. */
const char *zs_publish_tool(struct zs_run *run, const char *name);

/* Where an output is, or will be. */
struct zs_place {
	int dir_fd;         /* its directory, the caller's to close */
	const char *path;   /* without symbolic links */
	const char *name;   /* the last component of that */
	bool there;
	struct stat status; /* if it is there: of a regular file, or where a page goes */
};

/* place.c: find the file that path leads to. Missing directories are made, with mode 0755. Symbolic links are followed; by root only those
 * that belong to root, or to the owner of what they lead to. False with ZS_FAILED, and *out untouched, if that cannot be. */
ZS_MUST_CHECK bool zs_publish_find(struct zs_run *run, const char *path, struct zs_place *out);
/* The same for a page that people look at: no directory is made, and it may be a device or a FIFO. */
ZS_MUST_CHECK bool zs_publish_find_page(struct zs_run *run, const char *path, struct zs_place *out);

#endif
