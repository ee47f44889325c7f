/* outside_html.c - the steps of a look as one page that needs nothing else, readable in a text browser too. */
#include <string.h>

#include "report/outside.h"
#include "report/report_private.h"
#include "verify/verify.h"

static const char style[] =
    "<style>\n"
    ".warn { color: var(--act); } .fail { color: var(--danger); } .note { color: var(--soft); }\n"
    "td.mark { font-weight: 700; white-space: nowrap; width: 3.2rem; } td.what { overflow-wrap: anywhere; } td.who { overflow-wrap: anywhere; width: 24%; }\n"
    ".advice { display: block; font-weight: 600; } h3 { margin-top: 1.6rem; }\n"
    "</style>\n";
static const char *const marks[] = { [ZS_MARK_OK] = "ok", [ZS_MARK_NOTE] = "note", [ZS_MARK_WARN] = "warn", [ZS_MARK_FAIL] = "fail" };
static const char *const titles[] = { [ZS_STEP_CHAIN] = "Chain of trust", [ZS_STEP_SERVERS] = "Name servers", [ZS_STEP_ANSWERS] = "Answers through the chain",
	                              [ZS_STEP_HOSTS] = "Mail and web servers" };

static void put_step(struct zs_buf *out, const struct zs_step *step)
{
	zs_buf_printf(out, "<tr><td class=\"mark %s\">%s</td><td class=\"who\">", marks[step->mark], marks[step->mark]);
	zs_report_put(out, step->subject);
	zs_buf_text(out, "</td><td class=\"what\">");
	zs_report_put(out, step->text);
	if (step->mark >= ZS_MARK_WARN && (step->rfc || step->ede >= 0)) {
		zs_buf_text(out, "<br><span class=\"soft\">");
		if (step->rfc)
			zs_report_put(out, step->rfc);
		if (step->ede >= 0) {
			zs_buf_printf(out, "%sEDE %d (", step->rfc ? "; " : "", step->ede);
			zs_report_put(out, zs_ede_text(step->ede));
			zs_buf_printf(out, ")%s", step->ede_sent ? ", sent by the server: " : "");
			zs_report_put(out, step->ede_sent ? step->ede_sent : "");
		}
		zs_buf_text(out, "</span>");
	}
	if (step->mark >= ZS_MARK_WARN && step->advice) {
		zs_buf_text(out, "<br><span class=\"advice\">");
		zs_report_put(out, step->advice);
		zs_buf_text(out, "</span>");
	}
	zs_buf_text(out, "</td></tr>\n");
}

static void put_part(struct zs_buf *out, const struct zs_outside *in, enum zs_step_part part)
{
	bool begun = false;
	for (size_t i = 0; i < in->step_count; i++) {
		if (in->steps[i].part != part)
			continue;
		if (!begun)
			zs_buf_printf(out, "<h3>%s</h3>\n<table>\n<tr><th>Mark</th><th>Of</th><th>What was seen</th></tr>\n", titles[part]);
		begun = true;
		put_step(out, &in->steps[i]);
	}
	if (begun)
		zs_buf_text(out, "</table>\n");
}

static void put_zone(struct zs_run *run, struct zs_buf *out, const struct zs_outside *in)
{
	const bool warned = in->fault == ZS_DONE && in->counts[ZS_MARK_WARN];
	const char *class = warned ? "act" : in->fault == ZS_DONE ? "ok" : "danger";
	struct zs_buf svg = { .arena = run->arena, .max = 4 << 20 };
	zs_buf_text(out, "<section>\n<h2>");
	zs_report_put(out, in->zone_text);
	zs_buf_printf(out, " <span class=\"badge %s\">%s</span></h2>\n<p class=\"say %s\"><span>", class,
	              warned ? "works, with warnings" : in->fault == ZS_DONE ? "all is right" : in->fault == ZS_FAILED ? "not reachable" : "broken", class);
	zs_report_put(out, in->summary);
	zs_buf_text(out, "</span></p>\n<p class=\"soft\">Looked at ");
	zs_report_put_time(out, in->look->time);
	zs_buf_printf(out, ", for %lld.%lld s: %zu ok, %zu to note, %zu to mend, %zu failures.</p>\n", (long long)in->look->took / 1000,
	              (long long)in->look->took % 1000 / 100, in->counts[ZS_MARK_OK], in->counts[ZS_MARK_NOTE], in->counts[ZS_MARK_WARN], in->counts[ZS_MARK_FAIL]);
	zs_report_chain_svg(run, in, &svg);
	if (!svg.full)
		zs_report_put_picture(out, &svg, "[the chain of trust as a picture: the tables below say the same]");
	for (unsigned part = 0; part < ZS_STEP_PARTS; part++)
		put_part(out, in, (enum zs_step_part)part);
	zs_buf_text(out, "</section>\n");
}

void zs_report_outside_html(struct zs_run *run, const struct zs_outside *zones, size_t count, struct zs_buf *out)
{
	size_t bad = 0;
	for (size_t i = 0; i < count; i++)
		bad += zones[i].fault != ZS_DONE;
	zs_report_page_head(out);
	zs_buf_printf(out, "<title>zonesign: %zu of %zu zone%s fail</title>\n", bad, count, count == 1 ? "" : "s");
	zs_buf_text(out, style);
	zs_buf_printf(out, "</head>\n<body>\n<h1>zonesign check --live</h1>\n<p class=\"soft\">%zu zone%s as the world sees %s; %zu fail%s.</p>\n", count,
	              count == 1 ? "" : "s", count == 1 ? "it" : "them", bad, bad == 1 ? "s" : "");
	for (unsigned gravity = 0; gravity < 2; gravity++) /* what fails first */
		for (size_t i = 0; i < count; i++)
			if ((zones[i].fault == ZS_DONE) == (gravity == 1))
				put_zone(run, out, &zones[i]);
	zs_buf_text(out, "</body>\n</html>\n");
}
