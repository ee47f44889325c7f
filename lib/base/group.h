/* group.h - many jobs of one process that wait for the disk together: group commit.
 *
 * Jobs run on threads, "lanes", of which one runs at a time; so they share nothing that needs a lock. When a lane
 * has to wait for the disk, the next one runs, and a new one is started if there are jobs left. When all wait, or
 * half of those there may be, one syncfs makes safe what all of them have written. A lane goes on only after a syncfs
 * that began after it asked, so the order of steps on disk is the same as with an fsync for each.
 */
#ifndef ZS_BASE_GROUP_H
#define ZS_BASE_GROUP_H

#include <stdbool.h>
#include <stddef.h>

struct zs_group;

/* group is NULL for a job that is alone: its run has no run->sync, so that every sync is an fsync of its own. */
struct zs_group_jobs {
	/* Set *job to the next one to do; false: there are no more. */
	bool (*next)(void *context, size_t *job);
	void (*work)(void *context, struct zs_group *group, size_t job);
	void *context;
};

/* Do all jobs on at most `lanes` lanes. One lane is the calling thread, each job alone. */
void zs_group_run(unsigned lanes, const struct zs_group_jobs *jobs);

/* Make safe on disk all that was written so far to the file system of fd, names included. For a lane, as run->sync. False
 * with errno set. */
bool zs_group_sync(void *group, int fd);

#endif
