/* pages.c - mappings that begin at a large page. */
#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

size_t zs_pages_size(size_t size)
{
	const size_t unit = ZS_PAGES_UNIT;
	return size > SIZE_MAX - 2 * unit ? 0 : (size + unit - 1) / unit * unit;
}

/* A mapping of one unit more, of which what is before and behind is given back. */
static void *map(size_t size, int protection)
{
	const size_t unit = ZS_PAGES_UNIT;
	char *start = mmap(NULL, size + unit, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	const size_t before = (unit - (uintptr_t)start % unit) % unit;
	char *block = start + before;
	if (before)
		(void)munmap(start, before);
	(void)munmap(block + size, unit - before);
	return block;
}

void *zs_pages_new(size_t size)
{
	void *block = map(size, PROT_READ | PROT_WRITE);
	if (block)
		(void)madvise(block, size, MADV_HUGEPAGE); /* an error where the kernel has none, and all is as without it */
	return block;
}

void *zs_pages_resize(void *block, size_t old_size, size_t new_size)
{
	if (new_size == old_size || mremap(block, old_size, new_size, 0) != MAP_FAILED)
		return block;
	/* a place that counts as no memory: the block brings what it is allowed to, and its pages, along */
	void *place = map(new_size, PROT_NONE);
	if (!place || mremap(block, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED)
		return NULL; /* the place is not given back: after a failure it may be somebody else's already */
	return place;
}

void zs_pages_free(void *block, size_t size)
{
	(void)munmap(block, size);
}
