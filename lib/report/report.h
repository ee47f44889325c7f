/* report.h - what there is to tell about a zone, gathered from its state, its published file and the world. */
#ifndef ZS_REPORT_REPORT_H
#define ZS_REPORT_REPORT_H

#include "ds/ds.h"
#include "live/live.h"
#include "rollover/rollover.h"
#include "state/state.h"

/* The keys in the published file: what validators see, whatever the state says. */
struct zs_served {
	struct zs_facts *facts;         /* read without a lock */
	const struct zs_bytes *dnskeys; /* RDATA */
	size_t count;
	struct zs_ttls ttls;            /* of the published file */
	bool insecure;                  /* it was published without keys, as `roll --unsign` wanted */
};
ZS_MUST_CHECK bool zs_report_served(struct zs_run *run, const struct zs_zone_config *zone, struct zs_served *out);

/* What the parent must hold now, from the keys that are in the published file (G5b: never from key files alone).
 * request->not_before is the time before which a first DS must not be given away, 0 once it has come; *first_ds is that
 * time in any case (0: the zone is not served yet). */
ZS_MUST_CHECK bool zs_report_parent(struct zs_run *run, const struct zs_zone_config *zone, struct zs_ds_request *request,
                                    zs_time *first_ds);

/* A DS of theirs or of ours, and how it fares. */
enum zs_verdict {
	ZS_VERDICT_RIGHT,
	ZS_VERDICT_MISSING, /* ours, and not there */
	ZS_VERDICT_SHA1,    /* right, but made with SHA-1: validators may not take it */
	ZS_VERDICT_WRONG,   /* tag and algorithm of a key of ours, and another digest */
	ZS_VERDICT_LEAVING, /* of a key of ours whose DS is not wanted (any more) */
	ZS_VERDICT_EXTRA    /* leads to no key of the zone */
};

struct zs_finding {
	enum zs_verdict verdict;
	struct zs_bytes ds;    /* RDATA */
	size_t shown;          /* answers that have it; MISSING: that lack it */
	const char *advice;    /* what to do at the registrar, or NULL */
};

struct zs_delegation {
	const char *zone_text, *registrar; /* registrar: its title, "your registrar" */
	const struct zs_observation *seen;
	size_t answered;       /* addresses whose answer could be used */
	const struct zs_finding *findings;
	size_t finding_count;
	bool broken;           /* at some address no DS leads to a key in the published file: bogus for all who ask there */
	const char *summary;   /* one sentence */
	enum zs_fault fault;   /* the exit status: 0, 1 nobody answers, 4 broken, 5 something is to be done */
};

/* Ours against theirs, pure. request and served are as from the functions above, seen as from zs_live_parent. */
ZS_MUST_CHECK bool zs_report_compare(struct zs_run *run, const struct zs_ds_request *request, const struct zs_served *served,
                                     const struct zs_observation *seen, struct zs_delegation *out);
void zs_report_delegation_text(struct zs_run *run, const struct zs_delegation *in, struct zs_buf *out);
void zs_report_delegation_json(struct zs_run *run, const struct zs_delegation *in, struct zs_json *into);

/* ---- status: what a zone is doing, what a person must do, and why each key waits ---- */

struct zs_status_key {
	const struct zs_key_facts *facts;
	const char *title;     /* "KSK 12345" */
	const char *algorithm; /* "ECDSAP256SHA256" */
	const char *standing;  /* one word: "coming", "active", "standby", "leaving", "gone" */
	zs_time since;         /* of the standing; 0: not known */
	const char *reason;    /* why its next move waits, or NULL */
	zs_time next;          /* when that is over; 0: no time can be told */
};

/* Something that has happened or will happen, for the timeline. */
struct zs_status_event {
	zs_time time;
	bool person;           /* done by a person, or to be done by one */
	bool past;
	unsigned number;       /* of what a person does within the timeline, from 1, for marks; else 0 */
	const char *text;
};

/* A record of a key in one state for a while. */
struct zs_status_span {
	size_t key;            /* index in zs_status_timeline.keys */
	unsigned part;         /* 0 DNSKEY, 1 its signature over the DNSKEYs, 2 its signatures over the rest, 3 DS */
	enum zs_record_phase phase;
	zs_time from, to;
};

struct zs_status_timeline {
	zs_time from, to;
	const char *const *keys; /* titles */
	size_t key_count;
	const struct zs_status_span *spans;
	size_t span_count;
	const struct zs_status_event *events; /* in the order of time */
	size_t event_count;
};

struct zs_status {
	const struct zs_zone_config *zone;
	const struct zs_facts *facts;
	zs_time now;
	enum zs_fault fault;     /* 0 fine, 5 a person must act, 4 the chain is in danger; 1, 3 the state cannot be read */
	const char *instruction; /* the one sentence */
	const char *event;       /* what it is about, without dates: the same as long as it is the same event */
	bool act;                /* it asks something of a person */
	zs_time deadline;        /* by when; 0: none */
	const struct zs_status_key *keys;
	size_t key_count;
	const struct zs_plan_reason *reasons; /* of the zone as a whole */
	size_t reason_count;
	zs_time next_due;
	struct zs_status_timeline timeline;   /* empty unless asked for */
};

/* What there is to say about zone, from facts (opened or only read by the caller) at run->now. span: how far the timeline looks
 * ahead; 0: no timeline. */
ZS_MUST_CHECK bool zs_report_status(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, zs_seconds span,
                                    struct zs_status *out);

/* The same for a zone that is in the config no more (zs_facts_strays). False: there is nothing to say, as no signature runs out, or another
 * config that is still there built it. config_path: of the config that does not have it. */
bool zs_report_stray(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const char *config_path,
                     struct zs_status *out);

void zs_report_status_text(struct zs_run *run, const struct zs_status *in, struct zs_buf *out);
void zs_report_status_json(struct zs_run *run, const struct zs_status *in, struct zs_json *into);
/* One line a key: zone, role, tag, algorithm, standing, since, the state of each record, what is next. */
void zs_report_keys_text(struct zs_run *run, const struct zs_status *in, struct zs_buf *out);
/* One self-contained page about all of them, gravest first. */
void zs_report_status_html(struct zs_run *run, const struct zs_status *const *zones, size_t count, struct zs_buf *out);

/* Make the status one of a build that failed, by the first error of run. */
void zs_report_failure(const struct zs_run *run, struct zs_status *status);

/* Run the zone's notify command, with the status as JSON on stdin, if a person must act and was not told yet: once an event, and once
 * more before its deadline. facts remember it; *changed says that they have to be written. False if the command fails; it is then
 * told again by the next run. */
ZS_MUST_CHECK bool zs_report_notify(struct zs_run *run, const struct zs_status *status, struct zs_facts *facts, bool *changed);
/* A build at that time reminds a person; 0: none. */
zs_time zs_report_remind_at(const struct zs_status *status, const struct zs_facts *facts);

#endif
