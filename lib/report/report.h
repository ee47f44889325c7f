/* report.h - what there is to tell about a zone, gathered from its state and its published file. */
#ifndef ZS_REPORT_REPORT_H
#define ZS_REPORT_REPORT_H

#include "ds/ds.h"
#include "state/state.h"

/* What the parent must hold now, from the keys that are in the published file (G5b: never from key files alone).
 * request->not_before is the time before which a first DS must not be given away, 0 once it has come; *first_ds is that
 * time in any case (0: the zone is not served yet). */
ZS_MUST_CHECK bool zs_report_parent(struct zs_run *run, const struct zs_zone_config *zone, struct zs_ds_request *request,
                                    zs_time *first_ds);

#endif
