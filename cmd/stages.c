/* stages.c - progress on a terminal, times with -v. */
#include "cmd/stages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"

enum { FIRST_MS = 500, EVERY_MS = 200 };
static const char clear_line[] = "\r\033[K";

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

bool zs_stages_wanted(const struct zs_cli *cli)
{
	const char *terminal = getenv("TERM");
	return !cli->quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

/* ", 43%, 12 s to go"; nothing before it can be told. */
static void put_rest(FILE *to, double part, double elapsed)
{
	if (part <= 0 || part > 1)
		return;
	fprintf(to, ", %.0f%%", part * 100);
	const double rest = elapsed / part - elapsed;
	if (elapsed > 1 && rest >= 90)
		fprintf(to, ", %.0f min to go", rest / 60);
	else if (elapsed > 1)
		fprintf(to, ", %.0f s to go", rest);
}

/* ---- one zone ---- */

static void clear(struct zs_stages *s)
{
	if (s->shown)
		fputs(clear_line, stderr);
	s->shown = false;
}

static void show(struct zs_stages *s)
{
	size_t done, count;
	zs_pool_progress(&done, &count);
	if (count > s->most)
		s->most = count;
	fprintf(stderr, "%s%s: %s", clear_line, s->run->zone_text ? s->run->zone_text : "zonesign", s->stage);
	if (count == s->most && count) /* not of a part that is small beside the others */
		put_rest(stderr, (double)(done < count ? done : count) / (double)count, seconds_since(&s->begun));
	fprintf(stderr, "  [%.0f s]", seconds_since(&s->began));
	fflush(stderr);
	s->shown = true;
}

static void *watch(void *argument)
{
	struct zs_stages *s = argument;
	struct timespec wake;
	clock_gettime(CLOCK_MONOTONIC, &wake);
	pthread_mutex_lock(&s->lock);
	for (int64_t wait = FIRST_MS; !s->over; wait = EVERY_MS) {
		const int64_t next = wake.tv_nsec + wait * 1000000;
		wake.tv_sec += next / 1000000000;
		wake.tv_nsec = next % 1000000000;
		while (!s->over && pthread_cond_timedwait(&s->ended, &s->lock, &wake) == 0)
			;
		if (!s->over && s->stage)
			show(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void end_stage(struct zs_stages *s)
{
	const double seconds = seconds_since(&s->begun);
	clear(s);
	if (s->to && s->stage) {
		const double mega = (double)s->run->stage_octets / 1e6;
		fprintf(s->to, "  %-8s %8.3f s", s->stage, seconds);
		if (s->run->stage_octets)
			fprintf(s->to, " %10.1f MB %8.0f MB/s", mega, seconds > 0 ? mega / seconds : 0);
		fputc('\n', s->to);
	}
	clock_gettime(CLOCK_MONOTONIC, &s->begun);
	s->stage = NULL;
	s->most = 0;
	s->run->stage_octets = 0;
}

static void begin_stage(void *context, const char *name)
{
	struct zs_stages *s = context;
	pthread_mutex_lock(&s->lock);
	end_stage(s);
	s->stage = name;
	pthread_mutex_unlock(&s->lock);
}

void zs_stages_begin(struct zs_stages *s, const struct zs_cli *cli, struct zs_run *run, FILE *to, bool live)
{
	pthread_condattr_t attributes;
	*s = (struct zs_stages){ .run = run, .to = cli->verbose ? to : NULL };
	live = live && zs_stages_wanted(cli);
	if (!s->to && !live)
		return;
	clock_gettime(CLOCK_MONOTONIC, &s->began);
	s->begun = s->began;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	run->stage = begin_stage;
	run->stage_context = s;
	s->live = live && pthread_create(&s->thread, NULL, watch, s) == 0;
}

void zs_stages_end(struct zs_stages *s)
{
	if (!s->run->stage)
		return;
	pthread_mutex_lock(&s->lock);
	end_stage(s);
	s->over = true;
	pthread_cond_signal(&s->ended);
	pthread_mutex_unlock(&s->lock);
	if (s->live)
		pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->ended);
	pthread_mutex_destroy(&s->lock);
	s->run->stage = NULL;
}

/* ---- many zones ---- */

void zs_count_begin(struct zs_count *c, const struct zs_cli *cli)
{
	*c = (struct zs_count){ .wanted = zs_stages_wanted(cli) };
	clock_gettime(CLOCK_MONOTONIC, &c->began);
	c->last = c->began;
}

void zs_count_show(struct zs_count *c, size_t done, size_t of)
{
	const double elapsed = c->wanted ? seconds_since(&c->began) : 0;
	if (elapsed * 1000 < FIRST_MS || seconds_since(&c->last) * 1000 < EVERY_MS)
		return;
	clock_gettime(CLOCK_MONOTONIC, &c->last);
	fprintf(stderr, "%s%zu of %zu zones", clear_line, done, of);
	put_rest(stderr, (double)done / (double)of, elapsed);
	fprintf(stderr, "  [%.0f s]", elapsed);
	fflush(stderr);
	c->shown = true;
}

void zs_count_clear(struct zs_count *c)
{
	if (!c->shown)
		return;
	fputs(clear_line, stderr);
	fflush(stderr);
	c->shown = false;
}
