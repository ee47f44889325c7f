/* outside.h - a look from outside (live/look.h) as steps that each have a mark: what is right, what is not, why, and what to do.
 *
 * Judging is pure: the look, what this zonesign knows of the zone (or nothing), and out come the steps and the exit status.
 */
#ifndef ZS_REPORT_OUTSIDE_H
#define ZS_REPORT_OUTSIDE_H

#include "base/json.h"
#include "report/report.h"

enum zs_mark {
	ZS_MARK_OK,
	ZS_MARK_NOTE, /* neither good nor bad */
	ZS_MARK_WARN, /* works, and is worth mending */
	ZS_MARK_FAIL  /* validators or DANE clients fail, or nobody answers */
};
enum zs_step_part { ZS_STEP_CHAIN, ZS_STEP_SERVERS, ZS_STEP_ANSWERS, ZS_STEP_HOSTS, ZS_STEP_PARTS };

struct zs_step {
	enum zs_mark mark;
	bool unreachable;     /* of FAIL: nobody answers (exit status 1); else what is there is broken (4) */
	enum zs_step_part part;
	const char *id;       /* stable, for programs: "serial", "tlsa-mismatch"; the manual lists them */
	const char *subject;  /* a zone, a server with its address, a host with its port */
	const char *text;     /* what was seen, and of a failure its cause */
	const char *rfc;      /* "RFC 4035 section 5.2"; or NULL */
	int ede;              /* what a validator would send, or the server sent (RFC 8914); -1: none */
	const char *ede_sent; /* the server itself sent ede, with this text ("" without); NULL: it did not */
	const char *advice;   /* what to do; or NULL */
};

/* What the configuration and the state say; all may be absent. */
struct zs_outside_known {
	const struct zs_delegation *delegation;  /* our keys against the parent's DS */
	bool has_serial;
	uint32_t serial;                         /* published last */
	bool has_tlsa;                           /* tlsa is all that the configuration makes */
	const struct zs_tlsa_facts *tlsa;
	size_t tlsa_count;
	zs_seconds margin;                       /* signatures must last so long; 0: three days */
};

struct zs_outside {
	const struct zs_look *look;
	const char *zone_text;
	const struct zs_step *steps; /* by part */
	size_t step_count;
	size_t counts[ZS_MARK_FAIL + 1]; /* by mark */
	enum zs_fault fault;         /* 0, 1 nobody answers, 4 something is broken */
	const char *summary;         /* one sentence */
};

void zs_report_outside(struct zs_run *run, const struct zs_look *look, const struct zs_outside_known *known, struct zs_outside *out);

void zs_report_outside_text(struct zs_run *run, const struct zs_outside *in, bool color, bool verbose, struct zs_buf *out);
void zs_report_outside_json(struct zs_run *run, const struct zs_outside *in, struct zs_json *into);
/* One self-contained page about all of them, with each chain of trust as a picture. */
void zs_report_outside_html(struct zs_run *run, const struct zs_outside *zones, size_t count, struct zs_buf *out);
/* The chain of trust as an SVG document. */
void zs_report_chain_svg(struct zs_run *run, const struct zs_outside *in, struct zs_buf *out);

#endif
