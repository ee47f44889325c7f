/* anchors.c - files of trust anchors and of root hints, before libunbound opens them: it does so late, waits at a FIFO, and of what is
 * wrong it says no more than "out of memory". */
#include <string.h>

#include "base/file.h"
#include "live/ldns.h"
#include "live/live_private.h"

enum { FILE_OCTETS_MAX = 1 << 20 };

/* All of a regular file. NULL with *why. */
static const struct zs_input *read_file(struct zs_run *run, const char *path, const char **why)
{
	struct zs_run *aside = zs_run_begin(); /* what is wrong with the file is no fault of the run: it is a part of what was seen */
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	const bool ok = zs_file_read(aside, run->arena, NULL, path, FILE_OCTETS_MAX, input, NULL);
	*why = ok ? NULL : zs_arena_strdup(run->arena, aside->last->message);
	zs_run_end(aside);
	return ok ? input : NULL;
}

/* Records one by one, as libunbound reads them: its reader and that of ldns are one. */
static const char *read_records(struct zs_run *run, const struct zs_input *input, FILE *in, bool hints)
{
	ldns_rdf *origin = zs_ldns.dname_new_frm_str("."), *before = NULL;
	uint32_t ttl = 3600;
	int line = 1;
	bool has_root = false;
	const char *why = NULL;
	while (!why && !feof(in)) {
		ldns_rr *rr = NULL;
		const int begun = line;
		const ldns_status status = zs_ldns.rr_new_frm_fp_l(&rr, in, &ttl, &origin, &before, &line);
		if (status == LDNS_STATUS_OK && !zs_ldns.rr_get_type(rr))
			why = zs_arena_printf(run->arena, "%s:%d: this is no record: it has no type", input->path, begun);
		else if (status == LDNS_STATUS_OK)
			has_root = has_root || (zs_ldns.rr_get_type(rr) == LDNS_RR_TYPE_NS && !zs_ldns.dname_label_count(zs_ldns.rr_owner(rr)));
		else if (status != LDNS_STATUS_SYNTAX_EMPTY && status != LDNS_STATUS_SYNTAX_TTL && status != LDNS_STATUS_SYNTAX_ORIGIN)
			why = zs_arena_printf(run->arena, "%s:%d: this is no record: %s", input->path, begun, zs_ldns.get_errorstr_by_id(status));
		zs_ldns.rr_free(rr);
	}
	zs_ldns.rdf_deep_free(before);
	zs_ldns.rdf_deep_free(origin);
	return why || has_root || !hints ? why : zs_arena_printf(run->arena, "'%s' has no NS record of the root", input->path);
}

const char *zs_resolver_file_problem(struct zs_run *run, const char *path, bool hints)
{
	const char *why = NULL;
	const struct zs_input *input = path ? read_file(run, path, &why) : NULL;
	if (!input)
		return why;
	FILE *in = input->len ? fmemopen((void *)(uintptr_t)input->text, input->len, "r") : NULL;
	if (!in) /* an empty file of anchors is one without any */
		return hints ? zs_arena_printf(run->arena, "'%s' has no NS record of the root", path) : NULL;
	why = zs_ldns_problem();
	if (!why)
		why = read_records(run, input, in, hints);
	fclose(in);
	return why;
}
