/* status_html.c - the status as one page that needs nothing else: no script, no font, no request. Readable in a text browser: the
 * picture is an image with a text in its place, and all that it shows is in the table and the list too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_private.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
static const char style[] =
    "<style>\n"
    ":root { color-scheme: light dark; --line: #d5dae0; --soft: #5c6670; --ok: #1e7a45; --act: #9a5b00; --danger: #b3261e; }\n"
    "@media (prefers-color-scheme: dark) { :root { --line: #3a424c; --soft: #a3adb8; --ok: #58c487; --act: #f0b45a; --danger: #ff8a80; } }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.2rem; margin: 0; } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }\n"
    "section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.2rem; }\n"
    ".badge { font-size: .8rem; font-weight: 600; border: 1px solid; border-radius: 1rem; padding: .1rem .6rem; margin-left: .5rem; vertical-align: middle; }\n"
    ".ok { color: var(--ok); } .act { color: var(--act); } .danger { color: var(--danger); }\n"
    ".say { font-size: 1.05rem; border-left: 4px solid currentColor; padding-left: .8rem; margin: .8rem 0; } .say span { color: CanvasText; }\n"
    ".soft { color: var(--soft); } h2, .say { overflow-wrap: anywhere; } .option { white-space: nowrap; }\n"
    ".wide { overflow-x: auto; } .wide img { min-width: 44rem; } /* what a telephone shows a part of, and scrolls */\n"
    "img { max-width: 100%; height: auto; display: block; margin: 0 0 1rem; border: 1px solid var(--line); border-radius: 6px; background: #fff; }\n"
    "table { border-collapse: collapse; width: 100%; font-size: .85rem; } td .soft { font-size: .78rem; } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }\n"
    "th { font-weight: 600; } td.num { font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    "ol { padding-left: 1.6rem; } li.you::marker { font-weight: 700; color: var(--danger); } time { font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    "</style>\n";

void zs_report_page_head(struct zs_buf *out)
{
	zs_buf_text(out, head);
	zs_buf_text(out, style);
}

/* The one place where text becomes HTML. */
void zs_report_put(struct zs_buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '<')
			zs_buf_text(out, "&lt;");
		else if (*p == '>')
			zs_buf_text(out, "&gt;");
		else if (*p == '&')
			zs_buf_text(out, "&amp;");
		else if (*p == '"')
			zs_buf_text(out, "&quot;");
		else if (*p == '\'')
			zs_buf_text(out, "&#39;");
		else if (*p >= 32 && *p < 127)
			zs_buf_octet(out, *p);
		else
			zs_buf_printf(out, "\\%03u", *p);
	}
}

void zs_report_put_time(struct zs_buf *out, zs_time time)
{
	char iso[ZS_TIME_TEXT], shown[ZS_TIME_TEXT];
	if (!time) {
		zs_buf_text(out, "-");
		return;
	}
	zs_buf_printf(out, "<time datetime=\"%s\">%s</time>", zs_time_text(time, iso), zs_time_short(time, shown));
}

void zs_report_put_picture(struct zs_buf *out, const struct zs_buf *svg, const char *alt)
{
	zs_buf_text(out, "<div class=\"wide\"><img alt=\"");
	zs_report_put(out, alt);
	zs_buf_text(out, "\" src=\"data:image/svg+xml;base64,");
	uint8_t *room = zs_buf_reserve(out, 4 * ((svg->len + 2) / 3));
	if (room)
		out->len += zs_base64_encode(svg->data, svg->len, (char *)room);
	zs_buf_text(out, "\"></div>\n");
}

/* A browser would break a line within "--seen". */
static void put_sentence(struct zs_run *run, struct zs_buf *out, const char *text)
{
	for (const char *option; (option = strstr(text, " --"));) {
		const size_t len = strcspn(option + 1, " ");
		zs_report_put(out, zs_arena_text(run->arena, text, (size_t)(option + 1 - text)));
		zs_buf_text(out, "<span class=\"option\">");
		zs_report_put(out, zs_arena_text(run->arena, option + 1, len));
		zs_buf_text(out, "</span>");
		text = option + 1 + len;
	}
	zs_report_put(out, text);
}

static const char *class_of(const struct zs_status *status)
{
	return status->fault == ZS_DONE ? "ok" : status->fault == ZS_NOT_YET ? "act" : "danger";
}

static const char *word_of(const struct zs_status *status)
{
	return status->fault == ZS_DONE ? "fine" : status->fault == ZS_NOT_YET ? "needs you" : "in danger";
}

static void put_cell(struct zs_buf *out, const struct zs_record_state *state)
{
	zs_buf_text(out, "<td>");
	zs_report_put(out, state->phase == ZS_NA ? "-" : zs_phase_text(state->phase));
	if (state->phase != ZS_NA && state->since) {
		zs_buf_text(out, "<br><span class=\"soft\">");
		zs_report_put_time(out, state->since);
		zs_buf_text(out, "</span>");
	}
	zs_buf_text(out, "</td>");
}

static void put_keys(struct zs_run *run, struct zs_buf *out, const struct zs_status *status)
{
	zs_buf_text(out, "<div class=\"wide\"><table>\n<tr><th>Key</th><th>Algorithm</th><th>Standing</th><th>DNSKEY</th><th>Signs keys</th><th>Signs zone</th><th>DS</th></tr>\n");
	for (size_t i = 0; i < status->key_count; i++) {
		const struct zs_status_key *key = &status->keys[i];
		if (strcmp(key->standing, "gone") == 0)
			continue;
		zs_buf_text(out, "<tr><td class=\"num\"><strong>");
		zs_report_put(out, key->title);
		zs_buf_text(out, "</strong></td><td>");
		zs_report_put(out, key->algorithm);
		zs_buf_text(out, "</td><td>");
		zs_report_put(out, key->standing);
		zs_buf_text(out, "</td>");
		put_cell(out, &key->facts->dnskey);
		put_cell(out, &key->facts->krrsig);
		put_cell(out, &key->facts->zrrsig);
		put_cell(out, &key->facts->ds);
		zs_buf_text(out, "</tr>\n");
		if (!key->reason)
			continue;
		zs_buf_text(out, "<tr><td></td><td colspan=\"6\" class=\"soft\">");
		zs_report_put(out, zs_report_next_text(run, key));
		zs_buf_text(out, "</td></tr>\n");
	}
	zs_buf_text(out, "</table></div>\n");
}

static void put_events(struct zs_buf *out, const struct zs_status_timeline *t, zs_time now)
{
	bool today = false;
	if (!t->event_count)
		return;
	zs_buf_text(out, "<h3>What happened and what will</h3>\n<p class=\"soft\">Numbers are what people do, as in the picture. What is to come assumes that the parent is told on the day.</p>\n<ul>\n");
	for (size_t i = 0; i < t->event_count; i++) {
		const struct zs_status_event *e = &t->events[i];
		if (!today && e->time > now) {
			zs_buf_text(out, "<li><strong>today, ");
			zs_report_put_time(out, now);
			zs_buf_text(out, "</strong></li>\n");
			today = true;
		}
		zs_buf_text(out, "<li>");
		zs_report_put_time(out, e->time);
		zs_buf_text(out, " ");
		if (e->number)
			zs_buf_printf(out, "<strong class=\"danger\">(%u)</strong> ", e->number);
		zs_report_put(out, e->text);
		zs_buf_text(out, "</li>\n");
	}
	zs_buf_text(out, "</ul>\n");
}

static void put_picture(struct zs_run *run, struct zs_buf *out, const struct zs_status_timeline *timeline, zs_time now, const char *title)
{
	struct zs_buf svg = { .arena = run->arena, .max = 8 << 20 };
	zs_report_svg(timeline, now, &svg);
	if (!timeline->span_count || svg.full)
		return;
	zs_buf_printf(out, "<h3>%s</h3>\n", title);
	zs_report_put_picture(out, &svg, "[timeline of the keys: the table and the list below say the same]");
}

enum { DAY = 86400, NEAR_PAST = 4 * DAY, NEAR_FUTURE = 10 * DAY };

/* In the picture of a year a roll is a hair: where something moves these days, they get a picture of their own. */
static bool near_view(const struct zs_status *status, struct zs_status_timeline *out)
{
	*out = status->timeline;
	out->from = status->now - NEAR_PAST;
	out->to = status->now + NEAR_FUTURE;
	if (status->timeline.to <= out->to)
		return false;
	for (size_t i = 0; i < out->span_count; i++)
		if (out->spans[i].from > out->from && out->spans[i].from < out->to)
			return true;
	return false;
}

static void put_pictures(struct zs_run *run, struct zs_buf *out, const struct zs_status *status)
{
	struct zs_status_timeline near;
	if (near_view(status, &near))
		put_picture(run, out, &near, status->now, "These days");
	put_picture(run, out, &status->timeline, status->now, "As far as planned");
}

static void put_zone(struct zs_run *run, struct zs_buf *out, const struct zs_status *status)
{
	const struct zs_facts *facts = status->facts;
	zs_buf_text(out, "<section>\n<h2>");
	zs_report_put(out, status->zone->name_text);
	zs_buf_printf(out, " <span class=\"badge %s\">%s</span></h2>\n<p class=\"say %s\"><span>", class_of(status), word_of(status), class_of(status));
	put_sentence(run, out, status->instruction);
	zs_buf_text(out, "</span></p>\n");
	if (facts->published.known) {
		zs_buf_printf(out, "<p class=\"soft\">Serial %u, in service since ", facts->published.serial);
		zs_report_put_time(out, facts->published.served_since);
		zs_buf_text(out, "; signatures until ");
		zs_report_put_time(out, facts->published.earliest_expiration);
		if (facts->parent.asked) {
			zs_buf_printf(out, ". The parent has %zu DS (TTL %u), asked ", facts->parent.ds_count, facts->parent.ttl);
			zs_report_put_time(out, facts->parent.asked);
		}
		if (facts->parent.waits_for) {
			zs_buf_text(out, "; ");
			zs_report_put(out, facts->parent.waits_for);
		}
		zs_buf_text(out, ".</p>\n");
	}
	put_pictures(run, out, status);
	if (status->key_count)
		put_keys(run, out, status);
	put_events(out, &status->timeline, status->now);
	zs_buf_text(out, "</section>\n");
}

/* What keeps zones from having a status: a config or a state that cannot be read. The page must not look as if they were not there. */
static void put_errors(const struct zs_run *run, struct zs_buf *out)
{
	zs_buf_text(out, "<section>\n<h2>Not shown <span class=\"badge danger\">cannot be read</span></h2>\n<ul>\n");
	for (const struct zs_diag *d = run->diags; d; d = d->next) {
		if (d->severity != ZS_ERROR)
			continue;
		zs_buf_text(out, "<li>");
		if (d->path) {
			zs_report_put(out, d->path);
			if (d->line)
				zs_buf_printf(out, ":%u", d->line);
			zs_buf_text(out, ": ");
		}
		zs_report_put(out, d->message);
		zs_buf_text(out, "</li>\n");
	}
	if (run->dropped_count)
		zs_buf_printf(out, "<li>and %u more</li>\n", run->dropped_count);
	zs_buf_text(out, "</ul>\n</section>\n");
}

static int by_gravity(const void *a, const void *b)
{
	const struct zs_status *x = *(const struct zs_status *const *)a, *y = *(const struct zs_status *const *)b;
	if (x->fault != y->fault)
		return zs_fault_gravest(x->fault, y->fault) == x->fault ? -1 : 1;
	return zs_name_compare(x->zone->name, y->zone->name);
}

void zs_report_status_html(struct zs_run *run, const struct zs_status *const *zones, size_t count, struct zs_buf *out)
{
	const struct zs_status **sorted = zs_arena_array(run->arena, count + 1, sizeof *sorted);
	size_t busy = 0;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = zones[i];
		busy += zones[i]->fault != ZS_DONE;
	}
	if (count)
		qsort(sorted, count, sizeof *sorted, by_gravity);
	zs_report_page_head(out);
	zs_buf_printf(out, "<title>zonesign: %zu of %zu zone%s need you%s</title>\n", busy, count, count == 1 ? "" : "s",
	              run->error_count ? ", and not all are shown" : "");
	zs_buf_text(out, "</head>\n<body>\n<h1>zonesign status</h1>\n<p class=\"soft\">As of ");
	zs_report_put_time(out, run->now);
	zs_buf_printf(out, ": %zu zone%s, %zu need%s you.</p>\n", count, count == 1 ? "" : "s", busy, busy == 1 ? "s" : "");
	if (run->error_count)
		put_errors(run, out);
	for (size_t i = 0; i < count; i++)
		put_zone(run, out, sorted[i]);
	zs_buf_text(out, "</body>\n</html>\n");
}
