/* keys.c - the list of a zone's keys. */
#include <stdio.h>
#include <string.h>

#include "report/report_private.h"

void zs_report_keys_text(struct zs_run *run, const struct zs_status *in, struct zs_buf *out)
{
	char since[ZS_TIME_TEXT];
	for (size_t i = 0; i < in->key_count; i++) {
		const struct zs_status_key *key = &in->keys[i];
		const struct zs_key_facts *f = key->facts;
		const char *next = zs_report_next_text(run, key);
		zs_buf_printf(out, "%s %s %u %s %s %s", in->zone->name_text, zs_role_text(f->role), f->tag, key->algorithm, key->standing,
		              key->since ? zs_time_text(key->since, since) : "-");
		zs_buf_printf(out, " dnskey=%s krrsig=%s zrrsig=%s ds=%s", zs_phase_text(f->dnskey.phase), zs_phase_text(f->krrsig.phase),
		              zs_phase_text(f->zrrsig.phase), zs_phase_text(f->ds.phase));
		zs_buf_printf(out, "%s%s\n", next ? "; " : "", next ? next : "");
	}
}
