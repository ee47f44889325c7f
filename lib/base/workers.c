/* workers.c - fork, hand out jobs by a counter in shared memory, gather results over pipes, replace what dies. */
#include "base/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

enum { READ = 64 * 1024 };

/* Shared with the workers: which job is next, and who began which. */
struct board {
	atomic_size_t next;
	atomic_uint taken[]; /* 0, or 1 + the slot of the worker; SILENT: done, with nothing to say */
};
enum { SILENT = ZS_WORKERS_MAX + 1 };

struct head { /* of a result in the pipe */
	uint64_t job, len;
};

struct slot {
	pid_t pid; /* 0: empty */
	int fd;
	char *data;
	size_t len, room;
};

struct manager {
	struct zs_run *run;
	const struct zs_workers *workers;
	const size_t *list;  /* the jobs of this pass; NULL: all, in order */
	size_t list_count;
	unsigned lanes;
	struct board *board; /* for the places of the list */
	struct slot *slots;
	unsigned slot_count;
	size_t swept;        /* places before it are done */
	bool *have;          /* by job: done was called */
	size_t *again, again_count;
};

/* ---- in a worker ---- */

struct worker {
	const struct manager *manager;
	unsigned slot;
	int fd;
	struct zs_arena *arena;
};

static size_t job_at(const struct manager *m, size_t place)
{
	return m->list ? m->list[place] : place;
}

static bool next_place(void *context, size_t *place)
{
	const struct worker *worker = context;
	struct board *board = worker->manager->board;
	*place = atomic_fetch_add(&board->next, 1);
	if (*place >= worker->manager->list_count)
		return false;
	atomic_store(&board->taken[*place], worker->slot + 1);
	return true;
}

static void do_job(void *context, struct zs_group *group, size_t place)
{
	const struct worker *worker = context;
	struct zs_arena *arena = zs_arena_new();
	struct zs_buf result = { .arena = arena, .max = ZS_WORKERS_RESULT_MAX };
	struct head head = { .job = job_at(worker->manager, place) };
	worker->manager->workers->work(worker->manager->workers->context, group, head.job, &result);
	head.len = result.len;
	if (!result.len)
		atomic_store(&worker->manager->board->taken[place], SILENT);
	else if (!zs_file_write_all(worker->fd, &head, sizeof head) || !zs_file_write_all(worker->fd, result.data, result.len))
		_exit(1); /* whom it was for is gone */
	zs_arena_free(arena);
}

static void run_worker(const struct manager *m, unsigned slot, int fd, pid_t parent)
{
	struct worker worker = { .manager = m, .slot = slot, .fd = fd };
	const struct zs_group_jobs jobs = { .next = next_place, .work = do_job, .context = &worker };
	/* ends with the caller, however that ends */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	mallopt(M_ARENA_MAX, 1); /* of all lanes one runs at a time */
	zs_group_run(m->lanes, &jobs);
	_exit(0);
}

/* ---- in the caller ---- */

static bool start(struct manager *m, unsigned slot)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	fflush(NULL); /* what is buffered is written once */
	const pid_t parent = getpid(), pid = fork();
	if (!pid) {
		close(ends[0]);
		for (unsigned i = 0; i < m->slot_count; i++)
			if (m->slots[i].pid)
				close(m->slots[i].fd);
		run_worker(m, slot, ends[1], parent);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return false;
	}
	m->slots[slot].pid = pid;
	m->slots[slot].fd = ends[0];
	m->slots[slot].len = 0;
	return true;
}

static void finish(struct manager *m, size_t job, int status, struct zs_bytes result)
{
	if (job >= m->workers->job_count || m->have[job])
		return;
	m->have[job] = true;
	m->workers->done(m->workers->context, job, status, result);
}

/* Those that had nothing to say, as far as all before them are done. */
static void sweep(struct manager *m, bool at_end)
{
	for (; m->swept < m->list_count; m->swept++) {
		const size_t job = job_at(m, m->swept);
		if (atomic_load(&m->board->taken[m->swept]) == SILENT)
			finish(m, job, 0, (struct zs_bytes){ 0 });
		else if (!m->have[job] && !at_end)
			return; /* its turn is to come */
	}
}

/* The whole results at the start of what was read; the rest is moved to the front. */
static void take_results(struct manager *m, struct slot *slot)
{
	size_t at = 0;
	struct head head;
	while (slot->len - at >= sizeof head) {
		memcpy(&head, slot->data + at, sizeof head);
		if (slot->len - at - sizeof head < head.len)
			break;
		finish(m, head.job, 0, (struct zs_bytes){ (const uint8_t *)slot->data + at + sizeof head, head.len });
		at += sizeof head + head.len;
	}
	memmove(slot->data, slot->data + at, slot->len - at);
	slot->len -= at;
	sweep(m, false);
}

/* False at the end: the worker is gone. */
static bool read_some(struct manager *m, struct slot *slot)
{
	if (slot->room - slot->len < READ) {
		char *more = realloc(slot->data, 2 * slot->room + READ);
		if (!more)
			return false; /* the worker's jobs are then done again */
		slot->data = more;
		slot->room = 2 * slot->room + READ;
	}
	const ssize_t n = read(slot->fd, slot->data + slot->len, slot->room - slot->len);
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	slot->len += (size_t)n;
	take_results(m, slot);
	return true;
}

/* Jobs it began and did not end: one is its own fault, of several it is not known whose, so each is done again alone. */
static void bury(struct manager *m, unsigned slot)
{
	struct slot *dead = &m->slots[slot];
	int status = 0;
	size_t begun = 0, last = 0;
	close(dead->fd);
	while (waitpid(dead->pid, &status, 0) < 0 && errno == EINTR)
		;
	dead->pid = 0;
	for (size_t place = 0; place < m->list_count; place++) {
		const size_t job = job_at(m, place);
		if (atomic_load(&m->board->taken[place]) != slot + 1 || m->have[job])
			continue;
		atomic_store(&m->board->taken[place], 0); /* not to be counted again at the next death in this slot */
		begun++;
		last = job;
		if (m->lanes > 1)
			m->again[m->again_count++] = job;
	}
	if (begun == 1) {
		if (m->lanes > 1)
			m->again_count--;
		finish(m, last, status ? status : -1, (struct zs_bytes){ 0 });
	}
	sweep(m, false);
	if (atomic_load(&m->board->next) < m->list_count)
		(void)start(m, slot); /* if it cannot be replaced, the others go on */
}

static unsigned poll_set(const struct manager *m, struct pollfd *set, unsigned *slots)
{
	unsigned count = 0;
	for (unsigned i = 0; i < m->slot_count; i++)
		if (m->slots[i].pid) {
			set[count] = (struct pollfd){ .fd = m->slots[i].fd, .events = POLLIN };
			slots[count++] = i;
		}
	return count;
}

static bool gather(struct manager *m)
{
	struct pollfd set[ZS_WORKERS_MAX];
	unsigned slots[ZS_WORKERS_MAX], count;
	while ((count = poll_set(m, set, slots))) {
		if (poll(set, count, -1) < 0 && errno != EINTR)
			return zs_fail(m->run, "cannot wait for the processes: %s", strerror(errno));
		for (unsigned i = 0; i < count; i++)
			if (set[i].revents && !read_some(m, &m->slots[slots[i]]))
				bury(m, slots[i]);
	}
	return true;
}

/* One pass over a list of jobs. */
static bool run_pass(struct manager *m)
{
	const size_t size = sizeof *m->board + m->list_count * sizeof m->board->taken[0];
	m->board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->board == MAP_FAILED)
		return zs_fail(m->run, "no memory to share with the processes: %s", strerror(errno));
	unsigned started = 0;
	m->swept = 0;
	for (unsigned i = 0; i < m->slot_count && i < m->list_count; i++)
		started += start(m, i);
	bool ok = started || zs_fail(m->run, "cannot start a process: %s", strerror(errno));
	ok = ok && gather(m);
	sweep(m, true);
	if (ok && atomic_load(&m->board->next) < m->list_count)
		ok = zs_fail(m->run, "cannot start a process: %s", strerror(errno)); /* they died, and none could take their place */
	munmap(m->board, size);
	return ok;
}

bool zs_workers_run(struct zs_run *run, const struct zs_workers *workers)
{
	const unsigned processes = workers->processes > ZS_WORKERS_MAX ? ZS_WORKERS_MAX : workers->processes ? workers->processes : 1;
	if (!workers->job_count)
		return true;
	struct zs_arena *arena = zs_arena_new();
	struct manager m = { .run = run, .workers = workers, .list_count = workers->job_count, .lanes = workers->lanes,
		             .slot_count = processes };
	m.slots = zs_arena_array(arena, processes, sizeof *m.slots);
	m.have = zs_arena_array(arena, workers->job_count, sizeof *m.have);
	m.again = zs_arena_array(arena, workers->job_count, sizeof *m.again);
	bool ok = run_pass(&m);
	if (ok && m.again_count) {
		m.list = m.again;
		m.list_count = m.again_count;
		m.lanes = 1;
		ok = run_pass(&m);
	}
	for (unsigned i = 0; i < processes; i++)
		free(m.slots[i].data);
	zs_arena_free(arena);
	return ok;
}
