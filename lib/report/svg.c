/* svg.c - the timeline as a picture: keys as rows, their records as bars, states as colours, today as a line, people as marks. */
#include <stdio.h>
#include <string.h>

#include "report/report_private.h"

enum { LEFT = 176, WIDTH = 960, RIGHT = 12, TOP = 46, BAR = 9, STEP = 12, ROW_GAP = 14, PARTS = 4, MARKS_MAX = 60 };
enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* States are told apart by lightness and pattern too, for who does not see the colours. The DS, which people move, is blue. */
static const char defs[] =
    "<defs>"
    "<pattern id=\"r\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#f2c14e\"/><rect width=\"2\" height=\"6\" fill=\"#c98a00\"/></pattern>"
    "<pattern id=\"rd\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#b9d4f5\"/><rect width=\"2\" height=\"6\" fill=\"#4a86cf\"/></pattern>"
    "<pattern id=\"u\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"5\" fill=\"#e3e6ea\"/><circle cx=\"2.5\" cy=\"2.5\" r=\"1.1\" fill=\"#7d8894\"/></pattern>"
    "</defs>";

struct picture {
	const struct zs_status_timeline *t;
	zs_time now;
	struct zs_buf *out;
};

static const char *fill_of(unsigned part, enum zs_record_phase phase)
{
	if (phase == ZS_UNRETENTIVE)
		return "url(#u)";
	if (phase == ZS_RUMOURED)
		return part == 3 ? "url(#rd)" : "url(#r)";
	return part == 3 ? "#2463b3" : "#2f8f57";
}

static double x_of(const struct picture *p, zs_time time)
{
	const double share = (double)(time - p->t->from) / (double)(p->t->to > p->t->from ? p->t->to - p->t->from : 1);
	return LEFT + (share < 0 ? 0 : share > 1 ? 1 : share) * (WIDTH - LEFT - RIGHT);
}

static bool has_part(const struct zs_status_timeline *t, size_t key, unsigned part)
{
	for (size_t i = 0; i < t->span_count; i++)
		if (t->spans[i].key == key && t->spans[i].part == part && t->spans[i].to > t->from && t->spans[i].from < t->to)
			return true;
	return false;
}

static unsigned parts_of(const struct zs_status_timeline *t, size_t key)
{
	unsigned count = 0;
	for (unsigned part = 0; part < PARTS; part++)
		count += has_part(t, key, part);
	return count;
}

static unsigned height_of(const struct zs_status_timeline *t)
{
	unsigned height = TOP;
	for (size_t k = 0; k < t->key_count; k++)
		height += parts_of(t, k) ? parts_of(t, k) * STEP + ROW_GAP : 0;
	return height + 34;
}

/* A step of time that gives at most ten ticks. */
static zs_seconds tick_of(zs_seconds span)
{
	static const zs_seconds steps[] = { MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY,
		                            30 * DAY, 60 * DAY, 91 * DAY, 182 * DAY, 365 * DAY, 730 * DAY };
	for (size_t i = 0; i < ZS_COUNT(steps); i++)
		if (span / steps[i] <= 10)
			return steps[i];
	return span / 10;
}

static void draw_axis(const struct picture *p, unsigned bottom)
{
	const zs_seconds step = tick_of(p->t->to - p->t->from);
	char text[ZS_TIME_TEXT];
	for (zs_time at = (p->t->from / step + 1) * step; at < p->t->to; at += step) {
		const double x = x_of(p, at);
		zs_time_short(at, text);
		zs_buf_printf(p->out, "<path d=\"M%.1f %d V%u\" stroke=\"#e4e7eb\"/>", x, TOP - 8, bottom);
		if (x < LEFT + 24 || x > WIDTH - RIGHT - 30)
			continue;
		zs_buf_printf(p->out, "<text x=\"%.1f\" y=\"%u\" text-anchor=\"middle\" font-size=\"10\" fill=\"#5c6670\">%.*s</text>", x, bottom + 12,
		              step < DAY ? 5 : 10, step < DAY ? text + 11 : text);
	}
}

static void draw_key(const struct picture *p, size_t key, unsigned *y)
{
	static const char *const names[PARTS] = { "DNSKEY", "signs keys", "signs zone", "DS" };
	const unsigned parts = parts_of(p->t, key);
	if (!parts)
		return;
	zs_buf_printf(p->out, "<text x=\"8\" y=\"%u\" font-size=\"12\" font-weight=\"bold\" fill=\"#1f2933\">%s</text>", *y + BAR, p->t->keys[key]);
	for (unsigned part = 0; part < PARTS; part++) {
		if (!has_part(p->t, key, part))
			continue;
		zs_buf_printf(p->out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\" font-size=\"9\" fill=\"#5c6670\">%s</text>", LEFT - 6, *y + BAR - 1, names[part]);
		for (size_t i = 0; i < p->t->span_count; i++) {
			const struct zs_status_span *s = &p->t->spans[i];
			if (s->key != key || s->part != part || s->to <= p->t->from || s->from >= p->t->to)
				continue;
			const double x = x_of(p, s->from), width = x_of(p, s->to) - x;
			zs_buf_printf(p->out, "<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", x, *y, width < 1.5 ? 1.5 : width, BAR,
			              fill_of(part, s->phase));
		}
		*y += STEP;
	}
	zs_buf_printf(p->out, "<path d=\"M8 %u H%d\" stroke=\"#eef0f3\"/>", *y + ROW_GAP / 2 - 3, WIDTH - RIGHT);
	*y += ROW_GAP;
}

/* What people do, with the number it has in the list below the picture. Marks that would cover each other go on two lines. */
static void draw_marks(const struct picture *p, unsigned bottom)
{
	double last[2] = { -100, -100 };
	unsigned drawn = 0;
	for (size_t i = 0; i < p->t->event_count && drawn < MARKS_MAX; i++) {
		const struct zs_status_event *event = &p->t->events[i];
		if (event->time < p->t->from || event->time > p->t->to || !event->number)
			continue;
		drawn++;
		const double x = x_of(p, event->time);
		const int line = x - last[0] < 18 && x - last[1] >= 18;
		last[line] = x;
		const int y = line ? 24 : 9;
		zs_buf_printf(p->out, "<path d=\"M%.1f %d V%u\" stroke=\"#b3261e\" stroke-width=\"0.7\" stroke-dasharray=\"2 3\"/>", x, y, bottom);
		zs_buf_printf(p->out, "<circle cx=\"%.1f\" cy=\"%d\" r=\"8\" fill=\"%s\" stroke=\"#b3261e\"/>", x, y, event->past ? "#ffffff" : "#b3261e");
		zs_buf_printf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"10\" font-weight=\"bold\" fill=\"%s\">%u</text>", x, y + 4,
		              event->past ? "#b3261e" : "#ffffff", event->number);
	}
}

static void draw_now(const struct picture *p, unsigned bottom)
{
	const double x = x_of(p, p->now);
	zs_buf_printf(p->out, "<path d=\"M%.1f %d V%u\" stroke=\"#111827\" stroke-width=\"1.6\"/>", x, TOP - 10, bottom + 2);
	zs_buf_printf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" font-size=\"11\" font-weight=\"bold\" fill=\"#111827\">today</text>",
	              x < LEFT + 40 ? x + 4 : x - 4, TOP - 2, x < LEFT + 40 ? "start" : "end");
}

static void draw_legend(const struct picture *p, unsigned y)
{
	static const struct {
		const char *fill, *text;
		int x;
	} items[] = {
		{ "url(#r)", "coming: not in every cache yet", LEFT },       { "#2f8f57", "in every cache", LEFT + 186 },
		{ "url(#u)", "withdrawn, still in caches", LEFT + 296 },     { "url(#rd)", "DS asked for", LEFT + 460 },
		{ "#2463b3", "DS in every cache", LEFT + 556 },
	};
	for (size_t i = 0; i < ZS_COUNT(items); i++)
		zs_buf_printf(p->out, "<rect x=\"%d\" y=\"%u\" width=\"14\" height=\"9\" fill=\"%s\"/><text x=\"%d\" y=\"%u\" font-size=\"10\" fill=\"#3e4c59\">%s</text>",
		              items[i].x, y, items[i].fill, items[i].x + 18, y + 8, items[i].text);
}

void zs_report_svg(const struct zs_status_timeline *timeline, zs_time now, struct zs_buf *out)
{
	const struct picture p = { .t = timeline, .now = now, .out = out };
	const unsigned height = height_of(timeline), bottom = height - 34;
	unsigned y = TOP;
	zs_buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" font-family=\"sans-serif\">", WIDTH, height + 14,
	              WIDTH, height + 14);
	zs_buf_text(out, defs);
	zs_buf_printf(out, "<rect width=\"%d\" height=\"%u\" fill=\"#ffffff\"/>", WIDTH, height + 14);
	draw_axis(&p, bottom);
	for (size_t k = 0; k < timeline->key_count; k++)
		draw_key(&p, k, &y);
	draw_marks(&p, bottom);
	draw_now(&p, bottom);
	draw_legend(&p, height - 2);
	zs_buf_text(out, "</svg>");
}
