/* report_private.h - what the files of report/ share. */
#ifndef ZS_REPORT_REPORT_PRIVATE_H
#define ZS_REPORT_REPORT_PRIVATE_H

#include "report/report.h"

/* The past as the facts know it, and the engine run forward: a parent that does at once what it is asked, a build at each date. */
ZS_MUST_CHECK bool zs_report_timeline(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts,
                                      const struct zs_ttls *ttls, zs_seconds span, struct zs_status_timeline *out);

/* "waits: the DS has not been seen", "next: the successor is published on 2027-03-01": what is next for a key, or NULL. */
const char *zs_report_next_text(struct zs_run *run, const struct zs_status_key *key);

/* The timeline as an SVG document. Titles of keys are "KSK 12345": nothing in it is a stranger's text. */
void zs_report_svg(const struct zs_status_timeline *timeline, zs_time now, struct zs_buf *out);

/* Pages: doctype, head and style, with <head> left open; the one place where text becomes HTML (and SVG); times; a picture in the page. */
void zs_report_page_head(struct zs_buf *out);
void zs_report_put(struct zs_buf *out, const char *text);
void zs_report_put_time(struct zs_buf *out, zs_time time);
void zs_report_put_picture(struct zs_buf *out, const struct zs_buf *svg, const char *alt);

#endif
