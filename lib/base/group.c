/* group.c - lanes and flights: a flight is one syncfs for every lane that waits for it.
 *
 * The lane that runs has the turn. When it stops it gives the turn to another and wakes that one alone: lanes that a flight wakes all
 * together would only wait for each other.
 */
#include "base/group.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STACK = 2 << 20 }; /* octets; what is not touched costs nothing */

struct lane {
	struct lane *next; /* in the queue it is in */
	sem_t turn;        /* posted when it has the turn */
	int fd, error;     /* what it wants safe on disk, and what became of that */
	dev_t device;
	bool synced;
};

struct queue {
	struct lane *first, **last;
	unsigned count;
};

struct zs_group {
	const struct zs_group_jobs *jobs;
	pthread_attr_t attributes;
	sem_t ended;
	/* of the lane that has the turn */
	struct lane *running;
	bool no_more;
	/* under the lock, which is held for a few instructions */
	pthread_mutex_t lock;
	unsigned lanes, lanes_max;
	struct queue boarding; /* they wait for the next flight */
	struct queue landed;   /* they wait for the turn */
	bool flying;
	bool taken;            /* a lane has the turn */
};

static void enqueue(struct queue *queue, struct lane *lane)
{
	lane->next = NULL;
	*queue->last = lane;
	queue->last = &lane->next;
	queue->count++;
}

static struct lane *dequeue(struct queue *queue)
{
	struct lane *lane = queue->first;
	if (!lane)
		return NULL;
	queue->first = lane->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->count--;
	return lane;
}

static void *run_lane(void *argument);

/* False: there are no jobs for it, or it cannot be started, and the others do its work. */
static bool start_lane(struct zs_group *group)
{
	pthread_t id;
	if (group->no_more || group->lanes == group->lanes_max || pthread_create(&id, &group->attributes, run_lane, group) != 0)
		return false;
	group->lanes++;
	return true;
}

/* Under the lock, by who has the turn, or when nobody has it: the lane whose turn it is now, to be woken when the lock is free. NULL: it is
 * a new one, or there is none. */
static struct lane *give_turn(struct zs_group *group)
{
	struct lane *next = dequeue(&group->landed);
	group->taken = next || start_lane(group);
	return next;
}

static void wake(struct lane *lane)
{
	if (lane)
		sem_post(&lane->turn);
}

/* One syncfs for each file system that they want safe. */
static void sync_all(struct lane *lanes)
{
	for (struct lane *l = lanes; l; l = l->next) {
		if (l->synced)
			continue;
		const int error = syncfs(l->fd) == 0 ? 0 : errno;
		for (struct lane *same = l; same; same = same->next)
			if (same->device == l->device)
				same->error = error, same->synced = true;
	}
}

static bool may_fly(const struct zs_group *group)
{
	return !group->flying && group->boarding.count && (!group->taken || group->boarding.count >= (group->lanes_max + 1) / 2);
}

/* Under the lock, by who has no turn: wake `next`, and make the flight. The lane whose turn it is then, or NULL. */
static struct lane *fly(struct zs_group *group, struct lane *next)
{
	struct queue flight = group->boarding;
	group->boarding = (struct queue){ .last = &group->boarding.first };
	group->flying = true;
	pthread_mutex_unlock(&group->lock);
	wake(next);
	sync_all(flight.first);
	pthread_mutex_lock(&group->lock);
	group->flying = false;
	for (struct lane *l; (l = dequeue(&flight));)
		enqueue(&group->landed, l);
	return group->taken ? NULL : give_turn(group);
}

/* Under the lock, which is free then, by the lane that has the turn: let the others go on. */
static void stop(struct zs_group *group)
{
	struct lane *next = give_turn(group);
	if (may_fly(group))
		next = fly(group, next);
	pthread_mutex_unlock(&group->lock);
	wake(next);
}

bool zs_group_sync(void *context, int fd)
{
	struct zs_group *group = context;
	struct lane *lane = group->running;
	struct stat stat;
	if (fstat(fd, &stat) != 0)
		return false;
	lane->fd = fd;
	lane->device = stat.st_dev;
	lane->synced = false;
	pthread_mutex_lock(&group->lock);
	enqueue(&group->boarding, lane);
	stop(group);
	while (sem_wait(&lane->turn) != 0)
		; /* a signal */
	group->running = lane;
	errno = lane->error;
	return !lane->error;
}

static void *run_lane(void *argument)
{
	struct zs_group *group = argument;
	struct lane lane = { 0 };
	size_t job;
	sem_init(&lane.turn, 0, 0);
	group->running = &lane;
	while (!group->no_more) {
		group->no_more = !group->jobs->next(group->jobs->context, &job);
		if (!group->no_more)
			group->jobs->work(group->jobs->context, group, job);
	}
	pthread_mutex_lock(&group->lock);
	const bool last = !--group->lanes;
	stop(group); /* group may be gone, unless this was the last */
	if (last)
		sem_post(&group->ended);
	return NULL;
}

static void run_alone(const struct zs_group_jobs *jobs)
{
	size_t job;
	while (jobs->next(jobs->context, &job))
		jobs->work(jobs->context, NULL, job);
}

void zs_group_run(unsigned lanes, const struct zs_group_jobs *jobs)
{
	struct zs_group group = { .jobs = jobs, .lanes_max = lanes, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (lanes <= 1 || pthread_attr_init(&group.attributes) != 0) {
		run_alone(jobs);
		return;
	}
	group.boarding.last = &group.boarding.first;
	group.landed.last = &group.landed.first;
	pthread_attr_setstacksize(&group.attributes, STACK);
	pthread_attr_setdetachstate(&group.attributes, PTHREAD_CREATE_DETACHED);
	sem_init(&group.ended, 0, 0);
	pthread_mutex_lock(&group.lock);
	(void)give_turn(&group);
	const bool started = group.taken;
	pthread_mutex_unlock(&group.lock);
	while (started && sem_wait(&group.ended) != 0)
		; /* a signal */
	pthread_attr_destroy(&group.attributes);
	if (!started)
		run_alone(jobs);
}
