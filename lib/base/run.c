/* run.c - the run and its list of diagnostics. */
#include "base/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

struct zs_run *zs_run_begin(void)
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_run *run = zs_arena_alloc(arena, sizeof *run);
	run->arena = arena;
	run->now = zs_time_now();
	run->jobs = 1;
	return run;
}

void zs_run_end(struct zs_run *run)
{
	if (run)
		zs_arena_free(run->arena);
}

void zs_run_stage(struct zs_run *run, const char *name)
{
	if (run->stage)
		run->stage(run->stage_context, name);
}

enum zs_fault zs_fault_gravest(enum zs_fault a, enum zs_fault b)
{
	static const unsigned char weight[] = {
		[ZS_DONE] = 0, [ZS_NOT_YET] = 1, [ZS_FAILED] = 2, [ZS_INPUT] = 3, [ZS_REFUSED] = 4, [ZS_USAGE] = 5,
	};
	return weight[a] >= weight[b] ? a : b;
}

/* The line of an input without its end, or NULL. */
static const char *find_line(struct zs_run *run, const struct zs_input *input, uint32_t line, size_t *len)
{
	const char *p = input->text, *end = p ? p + input->len : NULL;
	if (!p && input->mark_count)
		return zs_file_line(run->arena, input, line, len);
	if (input->first_line)
		line -= input->first_line - 1;
	while (p && --line) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p || p > end)
		return NULL;
	const char *stop = memchr(p, '\n', (size_t)(end - p));
	*len = (size_t)((stop ? stop : end) - p);
	return p;
}

static void take_excerpt(struct zs_run *run, struct zs_diag *diag, const struct zs_source *where)
{
	size_t len = 0;
	const char *line = where->line ? find_line(run, where->input, where->line, &len) : NULL;
	if (!line)
		return;
	if (len && line[len - 1] == '\r')
		len--;
	diag->excerpt = zs_text_excerpt(run->arena, line, len, where->column, &diag->excerpt_column);
}

static struct zs_diag *put_last(struct zs_run *run, enum zs_severity severity, enum zs_fault fault)
{
	struct zs_diag *diag = zs_arena_alloc(run->arena, sizeof *diag);
	diag->severity = severity;
	diag->fault = fault;
	if (run->last)
		run->last->next = diag;
	else
		run->diags = diag;
	run->last = diag;
	return diag;
}

static void count(struct zs_run *run, enum zs_severity severity, enum zs_fault fault)
{
	if (severity == ZS_ERROR) {
		run->error_count++;
		run->fault = zs_fault_gravest(run->fault, fault);
	} else if (severity == ZS_WARNING) {
		run->warning_count++;
	}
}

/* Count one of severity and put it at the end of the list, all but its words; NULL if there are too many. */
static struct zs_diag *append(struct zs_run *run, enum zs_severity severity, enum zs_fault fault)
{
	count(run, severity, fault);
	run->last_dropped = run->kept_count[severity] == ZS_DIAG_MAX;
	if (run->last_dropped) {
		run->dropped_count++;
		return NULL;
	}
	run->kept_count[severity]++;
	struct zs_diag *diag = put_last(run, severity, fault);
	diag->zone_text = run->zone_text;
	return diag;
}

static struct zs_diag *report(struct zs_run *run, enum zs_severity severity, enum zs_fault fault,
                              const struct zs_source *where, const char *format, va_list args)
{
	struct zs_diag *diag = append(run, severity, fault);
	if (!diag)
		return NULL;
	diag->message = zs_arena_vprintf(run->arena, format, args);
	if (where && where->input) {
		diag->path = zs_arena_strdup(run->arena, where->input->path);
		diag->line = where->line;
		diag->column = where->column;
		diag->width = where->width;
		take_excerpt(run, diag, where);
	}
	return diag;
}

struct zs_run_mark zs_run_mark(const struct zs_run *run)
{
	struct zs_run_mark mark = { run->last, run->error_count, run->warning_count, run->dropped_count, { 0 }, run->fault };
	memcpy(mark.kept_count, run->kept_count, sizeof mark.kept_count);
	return mark;
}

const struct zs_diag *zs_run_take(struct zs_run *run, const struct zs_run_mark *mark)
{
	const struct zs_diag *list = mark->last ? mark->last->next : run->diags;
	if (mark->last)
		mark->last->next = NULL;
	else
		run->diags = NULL;
	run->last = mark->last;
	run->error_count = mark->error_count;
	run->warning_count = mark->warning_count;
	run->dropped_count = mark->dropped_count;
	memcpy(run->kept_count, mark->kept_count, sizeof run->kept_count);
	run->fault = mark->fault;
	return list;
}

void zs_run_report(struct zs_run *run, const struct zs_diag *list)
{
	for (; list; list = list->next) {
		struct zs_diag *diag = put_last(run, list->severity, list->fault);
		count(run, list->severity, list->fault);
		*diag = *list;
		diag->next = NULL;
	}
	run->last_dropped = false;
}

static const char *copy(struct zs_run *run, const char *text)
{
	return text ? zs_arena_strdup(run->arena, text) : NULL;
}

void zs_run_join(struct zs_run *run, const struct zs_run *part)
{
	for (const struct zs_diag *d = part->diags; d; d = d->next) {
		struct zs_diag *diag = put_last(run, d->severity, d->fault);
		*diag = *d;
		diag->next = NULL;
		diag->zone_text = copy(run, d->zone_text);
		diag->path = copy(run, d->path);
		diag->excerpt = copy(run, d->excerpt);
		diag->message = copy(run, d->message);
		diag->hint = copy(run, d->hint);
	}
	run->error_count += part->error_count;
	run->warning_count += part->warning_count;
	run->dropped_count += part->dropped_count;
	run->fault = zs_fault_gravest(run->fault, part->fault);
	run->last_dropped = false;
}

bool zs_error(struct zs_run *run, const struct zs_source *where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_ERROR, ZS_INPUT, where, format, args);
	va_end(args);
	return false;
}

bool zs_fail(struct zs_run *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_ERROR, ZS_FAILED, NULL, format, args);
	va_end(args);
	return false;
}

bool zs_refuse(struct zs_run *run, const char *guard, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct zs_diag *diag = report(run, ZS_ERROR, ZS_REFUSED, NULL, format, args);
	va_end(args);
	if (diag)
		diag->guard = guard;
	return false;
}

bool zs_not_yet(struct zs_run *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_ERROR, ZS_NOT_YET, NULL, format, args);
	va_end(args);
	return false;
}

bool zs_usage(struct zs_run *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_ERROR, ZS_USAGE, NULL, format, args);
	va_end(args);
	return false;
}

void zs_warn(struct zs_run *run, const struct zs_source *where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_WARNING, ZS_DONE, where, format, args);
	va_end(args);
}

void zs_note(struct zs_run *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(run, ZS_NOTE, ZS_DONE, NULL, format, args);
	va_end(args);
}

void zs_hint(struct zs_run *run, const char *format, ...)
{
	if (!run->last || run->last_dropped)
		return;
	va_list args;
	va_start(args, format);
	run->last->hint = zs_arena_vprintf(run->arena, format, args);
	va_end(args);
}
