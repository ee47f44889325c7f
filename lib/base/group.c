/* group.c - lanes and flights: a flight is one syncfs for every lane that waits for it. */
#include "base/group.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STACK = 2 << 20 }; /* octets; what is not touched costs nothing */

/* A lane that waits. Its descriptor stays open until it is done. */
struct ticket {
	struct ticket *next;
	int fd, error;
	dev_t device;
	bool done, synced;
	pthread_cond_t wake;
};

struct zs_group {
	const struct zs_group_jobs *jobs;
	pthread_mutex_t lock; /* held by the lane that runs */
	pthread_cond_t ended;
	pthread_attr_t attributes;
	unsigned lanes_max, lanes;
	unsigned running;     /* lanes that do not wait for a flight */
	unsigned waiting;     /* tickets of the next flight */
	struct ticket *first, **last;
	bool flying, no_more;
};

static bool may_fly(const struct zs_group *group)
{
	return !group->flying && group->waiting && (!group->running || group->waiting >= (group->lanes_max + 1) / 2);
}

/* Somebody who waits must make the flight, if it is time for one and nobody does. */
static void nudge(struct zs_group *group)
{
	if (may_fly(group))
		pthread_cond_signal(&group->first->wake);
}

/* One syncfs for each file system among the tickets. */
static void sync_all(struct ticket *tickets)
{
	for (struct ticket *t = tickets; t; t = t->next) {
		if (t->synced)
			continue;
		const int error = syncfs(t->fd) == 0 ? 0 : errno;
		for (struct ticket *same = t; same; same = same->next)
			if (same->device == t->device)
				same->error = error, same->synced = true;
	}
}

static void fly(struct zs_group *group)
{
	struct ticket *tickets = group->first;
	const unsigned count = group->waiting;
	group->first = NULL;
	group->last = &group->first;
	group->waiting = 0;
	group->flying = true;
	pthread_mutex_unlock(&group->lock);
	sync_all(tickets);
	pthread_mutex_lock(&group->lock);
	group->flying = false;
	group->running += count;
	for (struct ticket *t = tickets, *next; t; t = next) {
		next = t->next; /* a ticket ends with its lane's wait */
		t->done = true;
		pthread_cond_signal(&t->wake);
	}
	nudge(group);
}

static void *run_lane(void *argument)
{
	struct zs_group *group = argument;
	size_t job;
	pthread_mutex_lock(&group->lock);
	while (!group->no_more) {
		group->no_more = !group->jobs->next(group->jobs->context, &job);
		if (!group->no_more)
			group->jobs->work(group->jobs->context, group, job);
	}
	group->running--;
	group->lanes--;
	nudge(group);
	if (!group->lanes)
		pthread_cond_signal(&group->ended);
	pthread_mutex_unlock(&group->lock);
	return NULL;
}

/* False: it cannot be started, and the others do its work. */
static bool start_lane(struct zs_group *group)
{
	pthread_t id;
	if (pthread_create(&id, &group->attributes, run_lane, group) != 0)
		return false;
	group->lanes++;
	group->running++;
	return true;
}

bool zs_group_sync(void *context, int fd)
{
	struct zs_group *group = context;
	struct ticket ticket = { .fd = fd, .wake = PTHREAD_COND_INITIALIZER };
	struct stat stat;
	if (fstat(fd, &stat) != 0)
		return false;
	ticket.device = stat.st_dev;
	*group->last = &ticket;
	group->last = &ticket.next;
	group->running--;
	group->waiting++;
	if (group->lanes < group->lanes_max && !group->no_more)
		(void)start_lane(group);
	while (!ticket.done) {
		if (may_fly(group))
			fly(group);
		else
			pthread_cond_wait(&ticket.wake, &group->lock);
	}
	pthread_cond_destroy(&ticket.wake);
	errno = ticket.error;
	return !ticket.error;
}

static void run_alone(const struct zs_group_jobs *jobs)
{
	size_t job;
	while (jobs->next(jobs->context, &job))
		jobs->work(jobs->context, NULL, job);
}

void zs_group_run(unsigned lanes, const struct zs_group_jobs *jobs)
{
	struct zs_group group = { .jobs = jobs, .lanes_max = lanes, .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER };
	group.last = &group.first;
	if (lanes <= 1 || pthread_attr_init(&group.attributes) != 0) {
		run_alone(jobs);
		return;
	}
	pthread_attr_setstacksize(&group.attributes, STACK);
	pthread_attr_setdetachstate(&group.attributes, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&group.lock);
	const bool started = start_lane(&group);
	while (group.lanes)
		pthread_cond_wait(&group.ended, &group.lock);
	pthread_mutex_unlock(&group.lock);
	pthread_attr_destroy(&group.attributes);
	if (!started)
		run_alone(jobs);
}
