/* build_told.c - what people are told of a build: warnings about the zone once a week, what it came to in the state for `status`, and
 * what they must do by the notify command. */
#include <string.h>

#include "base/text.h"
#include "build_private.h"
#include "report/report.h"

void zs_build_tell_weekly(struct zs_run *run, struct zs_build_told *told, const struct zs_run_mark *mark)
{
	const unsigned count = run->warning_count - mark->warning_count;
	if (!told->before) {
		told->now = told->now || count;
		return;
	}
	if (!count)
		return;
	for (const struct zs_diag *diag = zs_run_take(run, mark); diag; diag = diag->next) {
		struct zs_diag one = *diag;
		one.next = NULL;
		if (one.severity != ZS_WARNING)
			zs_run_report(run, &one);
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_told(const struct zs_run *run, const struct zs_diag *diag)
{
	for (const struct zs_diag *before = run->diags; before; before = before->next)
		if (before->severity == diag->severity && before->line == diag->line && same_text(before->message, diag->message)
		    && same_text(before->path, diag->path) && same_text(before->guard, diag->guard))
			return true;
	return false;
}

void zs_build_tell_once(struct zs_run *run, const struct zs_run_mark *mark)
{
	for (const struct zs_diag *diag = zs_run_take(run, mark); diag; diag = diag->next) {
		struct zs_diag one = *diag;
		one.next = NULL;
		if (!is_told(run, &one))
			zs_run_report(run, &one);
	}
}

bool zs_build_was_told(const struct zs_run *run, const struct zs_facts *facts)
{
	enum { WEEK = 7 * 86400 };
	const zs_time at = facts->warned;
	return at && at <= run->now && run->now - at < WEEK;
}

static const struct zs_diag *first_error(const struct zs_run *run)
{
	const struct zs_diag *first = run->diags;
	while (first && first->severity != ZS_ERROR)
		first = first->next;
	return first;
}

static enum zs_failure_kind kind_of_failure(const struct zs_run *run, const struct zs_build_told *told, const struct zs_facts *facts)
{
	if ((run->fault == ZS_INPUT || run->fault == ZS_REFUSED) && facts->published.known && !told->renews && !told->certificate_fails)
		return ZS_FAILURE_STOPPED;
	switch (run->fault) {
	case ZS_DONE:
	case ZS_USAGE:
		return ZS_FAILURE_NONE;
	case ZS_INPUT:
		return told->certificate_fails ? ZS_FAILURE_CERTIFICATE : ZS_FAILURE_INPUT;
	case ZS_REFUSED:
		return ZS_FAILURE_REFUSED;
	case ZS_FAILED:
		return ZS_FAILURE_FAILED;
	case ZS_NOT_YET:
		return ZS_FAILURE_LATER;
	}
	return ZS_FAILURE_NONE;
}

/* "example.com.zone:9: not an address": one line, printable, not longer than the state keeps. */
static const char *reason_text(const struct zs_run *run, const struct zs_diag *error)
{
	const char *place = error->path && error->line ? zs_arena_printf(run->arena, "%s:%u: ", error->path, error->line)
	                  : error->path                ? zs_arena_printf(run->arena, "%s: ", error->path) : "";
	const char *text = zs_arena_printf(run->arena, "%s%s", place, error->message);
	return zs_text_safe(run->arena, text, strlen(text), ZS_FAILURE_TEXT);
}

bool zs_build_tell_failure(const struct zs_run *run, const struct zs_build_told *told, struct zs_facts *facts)
{
	const struct zs_diag *error = first_error(run);
	struct zs_failure now = { .kind = !told->taken && error ? kind_of_failure(run, told, facts) : ZS_FAILURE_NONE, .since = run->now };
	const struct zs_failure former = facts->failure;
	if (now.kind == ZS_FAILURE_NONE) {
		facts->failure = (struct zs_failure){ 0 };
		return former.kind != ZS_FAILURE_NONE;
	}
	now.reason = reason_text(run, error);
	if (now.kind == former.kind)
		now.since = former.since;
	facts->failure = now;
	return now.kind != former.kind || strcmp(now.reason, former.reason) != 0;
}

/* By the zone's command; *changed: the facts remember it. */
static bool notify(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, bool failed, bool *changed)
{
	struct zs_status status;
	bool told = false;
	if (!zone->notify.argv && !zone->notify.shell)
		return true;
	bool ok = zs_report_status(run, zone, facts, 0, &status);
	if (ok && failed)
		zs_report_failure(run, &status);
	ok = ok && zs_report_notify(run, &status, facts, &told);
	const zs_time remind = ok ? zs_report_remind_at(&status, facts) : 0;
	if (zs_time_sooner(facts->next_due, remind) != facts->next_due) {
		facts->next_due = remind;
		told = true;
	}
	*changed = *changed || told;
	return ok;
}

bool zs_build_tell(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_told *told, enum zs_build_outcome outcome,
                   struct zs_facts *facts)
{
	const bool reread = outcome == ZS_BUILT_FAILED;
	bool changed = false;
	if (reread && !zs_facts_read(run, zone, &facts))
		return false;
	if (told->clock_ok && facts->made_with_now == run->now_given && facts->last_build)
		changed = zs_build_tell_failure(run, told, facts);
	const bool ok = notify(run, zone, facts, !told->taken, &changed);
	const bool kept = !changed || zs_facts_write(run, facts);
	if (reread)
		zs_facts_close(facts);
	return ok && kept;
}

void zs_build_say_in_service(struct zs_building *b)
{
	char since[ZS_TIME_TEXT], until[ZS_TIME_TEXT];
	const struct zs_published *p = &b->facts->published;
	if (!p->known || b->facts->replaced.present) /* that one is newer than the state, which knows nothing of it */
		return;
	zs_time_short(p->earliest_expiration, until);
	if (!zs_build_output_is_there(b)) {
		zs_note(b->run, "the output '%s' is gone: a server that has loaded the zone of %s goes on with it, until its signatures end on %s, and one that "
		                "starts anew has none", b->zone_config->output.path, zs_time_short(p->time, since), until);
		zs_hint(b->run, "mend what is wrong, or put the file back from your backup");
	} else if (!p->earliest_expiration) {
		zs_note(b->run, "the zone of %s stays in service, unsigned", zs_time_short(p->time, since));
	} else if (p->earliest_expiration <= b->run->now) {
		zs_note(b->run, "the zone of %s is still there, but its signatures ended on %s: validators refuse it", zs_time_short(p->time, since), until);
	} else {
		zs_note(b->run, "the zone of %s stays in service; its signatures last until %s", zs_time_short(p->time, since), until);
	}
}
