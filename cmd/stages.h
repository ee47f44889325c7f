/* stages.h - what a long work tells while it goes on: a line on a terminal, and with -v the time and octets of each stage. */
#ifndef ZS_CMD_STAGES_H
#define ZS_CMD_STAGES_H

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "cmd/command.h"

struct zs_stages {
	struct zs_run *run;
	FILE *to;             /* for -v; NULL: not wanted */
	bool live;            /* there is a thread that shows how far it is */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t ended;
	struct timespec begun, began; /* the stage, the whole */
	const char *stage;
	size_t most;          /* pieces of the largest part of the stage so far */
	bool shown, over;
};

/* Is how far it is to be shown on stderr? On a terminal, and not with -q. */
bool zs_stages_wanted(const struct zs_cli *cli);

/* From here on run->stage is heard: with -v, times go to `to`. live: show progress on stderr, after half a second. */
void zs_stages_begin(struct zs_stages *stages, const struct zs_cli *cli, struct zs_run *run, FILE *to, bool live);
/* The last stage has ended; nothing of the progress is left on the terminal. */
void zs_stages_end(struct zs_stages *stages);

/* The same for many zones: `done` of `count` are done; call it often. */
struct zs_count {
	bool wanted, shown;
	struct timespec began, last;
};
void zs_count_begin(struct zs_count *count, const struct zs_cli *cli);
void zs_count_show(struct zs_count *count, size_t done, size_t of);
void zs_count_clear(struct zs_count *count); /* before something else is printed, and at the end */

#endif
