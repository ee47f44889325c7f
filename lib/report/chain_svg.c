/* chain_svg.c - the chain of trust as a picture: zones from the trust anchor down, each with its DS and keys, then the name servers and
 * the hosts. Green holds, grey is unsigned, red is broken; the words say it too. */
#include <string.h>

#include "dns/algorithm.h"
#include "report/outside.h"
#include "report/report_private.h"

enum { WIDTH = 760, MIDDLE = 380, BOX = 420, HEIGHT = 46, GAP = 34, TILE = 236, TILE_HEIGHT = 42, TILES = 3, TILES_MAX = 24, TOP = 12, LABEL = 40 };

struct drawing {
	struct zs_run *run;
	const struct zs_outside *in;
	struct zs_buf *out;
	unsigned y;
};

static const char *const strokes[] = { [ZS_CHAIN_UNKNOWN] = "#b3261e", [ZS_CHAIN_SECURE] = "#1e7a45", [ZS_CHAIN_INSECURE] = "#7d8894", [ZS_CHAIN_BOGUS] = "#b3261e" };
static const char *const fills[] = { [ZS_CHAIN_UNKNOWN] = "#fdf0ef", [ZS_CHAIN_SECURE] = "#eaf6ee", [ZS_CHAIN_INSECURE] = "#f1f3f5", [ZS_CHAIN_BOGUS] = "#fdf0ef" };
static const char *const words[] = { [ZS_CHAIN_UNKNOWN] = "no answer", [ZS_CHAIN_SECURE] = "secure", [ZS_CHAIN_INSECURE] = "unsigned", [ZS_CHAIN_BOGUS] = "broken" };
static const char *const mark_strokes[] = { [ZS_MARK_OK] = "#1e7a45", [ZS_MARK_NOTE] = "#7d8894", [ZS_MARK_WARN] = "#9a5b00", [ZS_MARK_FAIL] = "#b3261e" };
static const char *const mark_fills[] = { [ZS_MARK_OK] = "#eaf6ee", [ZS_MARK_NOTE] = "#f1f3f5", [ZS_MARK_WARN] = "#fff6e5", [ZS_MARK_FAIL] = "#fdf0ef" };
static const char *const mark_words[] = { [ZS_MARK_OK] = "ok", [ZS_MARK_NOTE] = "note", [ZS_MARK_WARN] = "warning", [ZS_MARK_FAIL] = "fails" };

static void text(struct drawing *d, int x, unsigned y, const char *attributes, const char *words_of)
{
	const size_t len = strlen(words_of);
	zs_buf_printf(d->out, "<text x=\"%d\" y=\"%u\" %s>", x, y, attributes);
	zs_report_put(d->out, len > LABEL ? zs_arena_printf(d->run->arena, "%.*s..", LABEL - 2, words_of) : words_of);
	zs_buf_text(d->out, "</text>");
}

static const char *keys_of(struct drawing *d, const struct zs_link_view *link)
{
	struct zs_buf out = { .arena = d->run->arena, .max = 4096 };
	for (size_t i = 0; i < link->dnskey.count && i < 4; i++)
		zs_buf_printf(&out, "%s%u%s", i ? ", " : "keys ", zs_key_tag(link->dnskey.data[i].data, link->dnskey.data[i].len),
		              link->dnskey.data[i].len > 1 && (link->dnskey.data[i].data[1] & ZS_DNSKEY_SEP) ? " (SEP)" : "");
	if (link->dnskey.count > 4)
		zs_buf_text(&out, ", ..");
	return out.len ? zs_buf_string(&out) : words[link->dnskey.security];
}

static const char *ds_of(struct drawing *d, const struct zs_link_view *link)
{
	struct zs_buf out = { .arena = d->run->arena, .max = 4096 };
	for (size_t i = 0; i < link->ds.count && i < 4; i++)
		if (link->ds.data[i].len > 4)
			zs_buf_printf(&out, "%s%u", i ? ", " : "DS ", zs_get_u16(link->ds.data[i].data));
	return out.len ? zs_buf_string(&out) : link->ds.security == ZS_CHAIN_BOGUS ? "DS does not validate" : "no DS";
}

static void draw_link(struct drawing *d, size_t i)
{
	char name[ZS_NAME_TEXT];
	const struct zs_link_view *link = &d->in->look->links[i];
	const enum zs_chain security = link->dnskey.security;
	if (i) {
		zs_buf_printf(d->out, "<path d=\"M%d %u V%u\" stroke=\"%s\" stroke-width=\"2\"%s/><path d=\"M%d %u l-5 -8 h10 z\" fill=\"%s\"/>", MIDDLE, d->y, d->y + GAP - 6,
		              strokes[security], security == ZS_CHAIN_SECURE ? "" : " stroke-dasharray=\"4 4\"", MIDDLE, d->y + GAP - 1, strokes[security]);
		text(d, MIDDLE + 12, d->y + GAP / 2 + 4, "font-size=\"12\" fill=\"#3e4c59\"", ds_of(d, link));
		d->y += GAP;
	}
	zs_buf_printf(d->out, "<rect x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"8\" fill=\"%s\" stroke=\"%s\" stroke-width=\"2\"/>", MIDDLE - BOX / 2, d->y, BOX, HEIGHT,
	              fills[security], strokes[security]);
	zs_name_format(link->zone, name);
	text(d, MIDDLE - BOX / 2 + 14, d->y + 20, "font-size=\"15\" font-weight=\"bold\" fill=\"#1f2933\"", zs_name_labels(link->zone) ? name : ". (the root)");
	text(d, MIDDLE - BOX / 2 + 14, d->y + 37, "font-size=\"12\" fill=\"#3e4c59\"", keys_of(d, link));
	text(d, MIDDLE + BOX / 2 - 14, d->y + 28, zs_arena_printf(d->run->arena, "font-size=\"13\" font-weight=\"bold\" text-anchor=\"end\" fill=\"%s\"", strokes[security]),
	     words[security]);
	d->y += HEIGHT;
}

static void draw_tile(struct drawing *d, size_t at, const char *title, const char *below, enum zs_mark mark)
{
	const int x = 12 + (int)(at % TILES) * (TILE + 10);
	const unsigned y = d->y + (unsigned)(at / TILES) * (TILE_HEIGHT + 8);
	zs_buf_printf(d->out, "<rect x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" stroke=\"%s\"/>", x, y, TILE, TILE_HEIGHT, mark_fills[mark], mark_strokes[mark]);
	const bool is_long = strlen(title) > 30;
	text(d, x + 10, y + 17, is_long ? "font-size=\"10\" font-weight=\"bold\" fill=\"#1f2933\"" : "font-size=\"12\" font-weight=\"bold\" fill=\"#1f2933\"", title);
	text(d, x + 10, y + 33, zs_arena_printf(d->run->arena, "font-size=\"11\" fill=\"%s\"", mark_strokes[mark]), below);
}

/* The gravest mark of each subject of a part, in the order in which they come. */
static void draw_part(struct drawing *d, enum zs_step_part part, const char *title)
{
	size_t drawn = 0;
	for (size_t i = 0; i < d->in->step_count && drawn < TILES_MAX; i++) {
		const struct zs_step *step = &d->in->steps[i];
		enum zs_mark mark = ZS_MARK_OK;
		bool first = step->part == part, good = false;
		for (size_t k = 0; k < d->in->step_count && first; k++) {
			const struct zs_step *other = &d->in->steps[k];
			if (other->part != part || strcmp(other->subject, step->subject) != 0)
				continue;
			first = k >= i;
			good = good || other->mark == ZS_MARK_OK;
			if (other->mark > mark)
				mark = other->mark;
		}
		if (!first || (mark < ZS_MARK_WARN && strcmp(step->subject, d->in->zone_text) == 0)) /* of the zone as a whole: said above */
			continue;
		if (!drawn) {
			zs_buf_printf(d->out, "<path d=\"M%d %u V%u\" stroke=\"#c4cbd3\"/>", MIDDLE, d->y, d->y + 12);
			text(d, 12, d->y + 26, "font-size=\"12\" fill=\"#5c6670\"", title);
			d->y += 34;
		}
		draw_tile(d, drawn++, step->subject, mark == ZS_MARK_NOTE && good ? "ok" : mark_words[mark], mark == ZS_MARK_NOTE && good ? ZS_MARK_OK : mark);
	}
	d->y += (unsigned)((drawn + TILES - 1) / TILES) * (TILE_HEIGHT + 8);
}

void zs_report_chain_svg(struct zs_run *run, const struct zs_outside *in, struct zs_buf *out)
{
	struct zs_buf body = { .arena = run->arena, .max = out->max };
	struct drawing d = { .run = run, .in = in, .out = &body, .y = TOP };
	for (size_t i = 0; i < in->look->link_count; i++)
		draw_link(&d, i);
	draw_part(&d, ZS_STEP_SERVERS, "Name servers");
	draw_part(&d, ZS_STEP_HOSTS, "Mail and web servers");
	zs_buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" font-family=\"sans-serif\">"
	              "<rect width=\"%d\" height=\"%u\" fill=\"#ffffff\"/>", WIDTH, d.y + TOP, WIDTH, d.y + TOP, WIDTH, d.y + TOP);
	zs_buf_add(out, body.data, body.len);
	zs_buf_text(out, "</svg>");
	out->full = out->full || body.full;
}
