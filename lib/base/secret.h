/* secret.h - memory that holds private keys: cleansed before it is released, never in a core dump. */
#ifndef ZS_BASE_SECRET_H
#define ZS_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* size zeroed octets that are cleansed when the arena ends. */
void *zs_secret_alloc(struct zs_arena *arena, size_t size);
void zs_secret_cleanse(void *data, size_t size);

/* At the start of the program. OpenSSL then leaves its tables to the end of the process instead of freeing each entry, which
 * a build of one small zone would notice; keys are cleansed when their arena ends, as ever. False: it has not got the memory. */
ZS_MUST_CHECK bool zs_secret_begin(void);

/* From here on this process leaves no core dump and cannot be traced by its user's other processes. */
void zs_secret_no_dump(void);

#endif
