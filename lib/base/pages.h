/* pages.h - memory from the system for large blocks, in large pages where it has them.
 *
 * A zone of a million names fills 35,000 pages of 4 KiB, and the first touch of each is a page fault, on virtual machines often two;
 * pages of 2 MiB need 70. A block begins at such a page and is moved in such pages, so growing it does not take them apart.
 */
#ifndef ZS_BASE_PAGES_H
#define ZS_BASE_PAGES_H

#include <stddef.h>

enum { ZS_PAGES_UNIT = 2 << 20 }; /* octets of a large page on x86-64, and on ARM with pages of 4 KiB; elsewhere it is only a unit */

/* size rounded up to units; 0: that is more than there can be. */
size_t zs_pages_size(size_t size);

/* size octets (zs_pages_size gave them), zeroed, at the beginning of a unit. NULL: there is no memory. */
void *zs_pages_new(size_t size);

/* The same block with another size, larger or smaller; it may move. What is new is zeroed. NULL: there is no memory, and the block is
 * as it was. */
void *zs_pages_resize(void *block, size_t old_size, size_t new_size);

void zs_pages_free(void *block, size_t size);

#endif
