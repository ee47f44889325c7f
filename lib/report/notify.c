/* notify.c - a person is told when there is something to do: once an event, and once more before its deadline. */
#include <string.h>

#include "base/patience.h"
#include "live/live.h"
#include "publish/publish.h"
#include "report/report.h"

enum { BEFORE = 3 * 86400, LIMIT = 60 };

void zs_report_failure(const struct zs_run *run, struct zs_status *status)
{
	const struct zs_diag *first = run->diags;
	char until[ZS_TIME_TEXT];
	const zs_time end = status->facts->published.earliest_expiration;
	while (first && first->severity != ZS_ERROR)
		first = first->next;
	if (!first)
		return;
	status->fault = run->fault;
	status->act = true;
	/* up to the first number, which may be of the day */
	status->event = zs_arena_printf(run->arena, "build fails: %.*s", (int)strcspn(first->message, "0123456789"), first->message);
	status->deadline = end;
	status->instruction = zs_arena_printf(run->arena, "'zonesign build %s' fails: %s%s%s%s", status->zone->name_text, first->message,
	                                      end ? "; the signatures of what is served last until " : "", end ? zs_time_short(end, until) : "", ".");
}

static bool is_news(const struct zs_status *status, const struct zs_facts *facts)
{
	return status->act && (!facts->told.event || strcmp(facts->told.event, status->event) != 0);
}

zs_time zs_report_remind_at(const struct zs_status *status, const struct zs_facts *facts)
{
	const zs_time at = status->deadline - BEFORE;
	if (!status->act || !status->deadline || is_news(status, facts) || facts->told.again || facts->told.time >= at)
		return 0;
	return at;
}

bool zs_report_notify(struct zs_run *run, const struct zs_status *status, struct zs_facts *facts, bool *changed)
{
	const zs_time remind = zs_report_remind_at(status, facts);
	const bool news = is_news(status, facts), again = remind && run->now >= remind;
	*changed = !status->act && facts->told.event;
	if (*changed)
		facts->told = (struct zs_told){ 0 }; /* done: if it comes back it is news again */
	if (!news && !again)
		return true;
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	struct zs_json *json = zs_json_object(run->arena);
	zs_report_status_json(run, status, json);
	zs_json_set_bool(json, "reminder", !news);
	zs_json_dump_line(json, &text);
	/* one that hangs takes its limit of a few zones; the others are told of by the next run */
	struct zs_patience *with = zs_patience_with("notify");
	const int64_t begun = zs_live_clock();
	if (!zs_patience_is_left(with, run->now))
		return zs_fail(run, "the notify command is not run, since it hung for the zones before this one");
	const bool told = zs_publish_run(run, &status->zone->notify, "notify", status->zone->name_text, zs_buf_string(&text), LIMIT);
	zs_patience_note(with, !told && zs_live_clock() - begun >= LIMIT * 1000);
	if (!told)
		return false;
	facts->told = (struct zs_told){ .event = status->event, .time = run->now, .again = !news };
	*changed = true;
	return true;
}
