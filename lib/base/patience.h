/* patience.h - who keeps one waiting costs that time for a few zones, not for all zones of a large run.
 *
 * In a process, which builds one zone at a time: the next run has patience anew.
 */
#ifndef ZS_BASE_PATIENCE_H
#define ZS_BASE_PATIENCE_H

#include <stdbool.h>

#include "base/time.h"

struct zs_patience;

/* With a server, a command or another one that may be silent; whom: its address or name. */
struct zs_patience *zs_patience_with(const char *whom);

/* Is there any left? There is until it was waited for in vain three times in a row. But it may be that it is silent just for the first zones,
 * in each run the same: some of those behind them try all the same, in each hour others, and the first answer ends it. */
bool zs_patience_is_left(struct zs_patience *with, zs_time now);

void zs_patience_note(struct zs_patience *with, bool in_vain);

#endif
