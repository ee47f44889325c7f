/* ds.h - what the parent must hold, in the words of whoever is to be told: a registrar's form, records, EPP, data.
 *
 * In:  the keys that the plan wants trusted at the parent, and those that it no longer wants.
 * Out: text. A field is one line and never wrapped, so that it can be copied whole. The digest is always SHA-256:
 *      one DS per key, digest type 2 (RFC 9904's registry: 1 must not be made, 4 is optional and trips some forms).
 */
#ifndef ZS_DS_DS_H
#define ZS_DS_DS_H

#include "base/bytes.h"
#include "base/json.h"
#include "base/run.h"

enum zs_ds_format {
	ZS_DS_FORM,       /* to be typed into the registrar's form */
	ZS_DS_RECORDS,    /* DS records */
	ZS_DS_DNSKEY,     /* DNSKEY records */
	ZS_DS_CDS,        /* CDS records; nothing wanted and something to remove: the delete set of RFC 8078 */
	ZS_DS_CDNSKEY,
	ZS_DS_JSON,
	ZS_DS_CSV,        /* RFC 4180, with a header line where nothing is in the buffer yet */
	ZS_DS_EPP,        /* an RFC 5910 <update> command */
	ZS_DS_EPP_CREATE  /* the <extension> to put into a domain's <create> command */
};

struct zs_ds_request {
	const uint8_t *zone; /* wire name */
	uint32_t ttl;        /* of the records written */
	const struct zs_bytes *wanted; /* DNSKEY RDATA, each with a DS at the parent from now on; all of them */
	size_t wanted_count;
	/* Those that have their DS at the parent already, as far as is known. Of the wanted ones forms and CSV say "keep", and EPP
	 * does not add them again, which servers refuse. Of those to go JSON alone tells it: they are deleted whether seen or not. */
	const struct zs_bytes *present;
	size_t present_count;
	const struct zs_bytes *removed; /* DNSKEY RDATA whose DS is to go */
	size_t removed_count;
	const char *registrar; /* a name of zs_registrar_name(), or NULL: "general" */
	zs_time not_before;    /* 0: at once */
	bool not_served;       /* no time can be told yet: no server has the zone for certain */
	const char *waits_for; /* ... because of this; or NULL: the reload has not succeeded */
	zs_time ended;         /* the signatures of the zone in service ended then: a DS would make validators refuse it; 0: they hold */
	bool insecure;         /* the zone is published unsigned, as its owner wants: nothing is to be there */
};

/* "form", "ds", "dnskey", "cds", "cdnskey", "json", "csv", "epp", "epp-create"; NULL past the end. */
const char *zs_ds_format_name(size_t index);
bool zs_ds_format_parse(const char *text, enum zs_ds_format *out);

/* request in format, appended to out. False, with a diagnostic, for a key that is none, an unknown registrar, or if
 * OpenSSL refuses a digest; out may then hold a part. */
ZS_MUST_CHECK bool zs_ds_write(struct zs_run *run, const struct zs_ds_request *request, enum zs_ds_format format,
                               struct zs_buf *out);

/* The same data as ZS_DS_JSON into an object of the caller's document. */
ZS_MUST_CHECK bool zs_ds_json(struct zs_run *run, const struct zs_ds_request *request, struct zs_json *into);

/* The registrar's name as it writes it ("AWS Route 53 Domains"), or NULL. name NULL: that of "general". */
const char *zs_ds_registrar_title(const char *name);

#endif
