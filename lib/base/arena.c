/* arena.c - chunks for small objects, a linked list of blocks for large ones.
 *
 * A large block that is released is kept for the next one of its size: a build reads two zones of nearly one size, one after the
 * other, and memory that the kernel gives anew costs a page fault for each 4 KiB, on virtual machines two.
 */
#include "base/arena.h"
#include "base/pages.h"

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A chunk is twice as large as the one before: many arenas of a small zone hold less than a page. */
enum { CHUNK_FIRST = 2 * 1024, CHUNK_MAX = 64 * 1024, LARGE = 64 * 1024, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t used, size;
};

struct large {
	struct large *next, *previous;
	size_t size;   /* octets behind the header */
	size_t mapped; /* octets of its pages, which are its own; 0: it is of malloc */
};

struct list {
	struct large *first, *last;
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct zs_arena {
	struct chunk *chunks;
	struct list large;
	struct deferred *deferred;
};

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { KEPT_MAX = 0 }; /* or it would not notice who uses one that was released */
#define MAPPED SIZE_MAX
#else
enum { KEPT_MAX = 64 };
#define MAPPED ((size_t)2 * ZS_PAGES_UNIT) /* blocks of this size and more have pages of their own */
#endif
/* Released large blocks of all arenas and threads. */
static struct {
	pthread_mutex_t lock;
	struct list blocks; /* the one released last comes first */
	unsigned count;
	size_t size, owed;  /* owed: octets taken from the system since, and not yet given back of these */
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

void zs_arena_begin(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20); /* else it grows with what is freed, and one small object holds all that is below it */
}

static void *need(void *memory)
{
	if (!memory) {
		static const char message[] = "zonesign: error: out of memory: the run ends here, and the next one carries on\n";
		ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
		(void)ignored;
		_exit(1);
	}
	return memory;
}

static size_t header_size(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

static void link_large(struct list *list, struct large *block)
{
	block->previous = NULL;
	block->next = list->first;
	if (block->next)
		block->next->previous = block;
	else
		list->last = block;
	list->first = block;
}

static void unlink_large(struct list *list, struct large *block)
{
	if (block->next)
		block->next->previous = block->previous;
	else
		list->last = block->previous;
	if (block->previous)
		block->previous->next = block->next;
	else
		list->first = block->next;
}

/* Under the lock: the block that was kept for longest goes to `out`, which is freed when the lock is. */
static void drop_oldest(struct list *out)
{
	struct large *block = kept.blocks.last;
	unlink_large(&kept.blocks, block);
	link_large(out, block);
	kept.count--;
	kept.size -= block->size;
}

/* total: octets with the header. NULL: there is no memory. */
static struct large *block_new(size_t total, bool zeroed)
{
	const size_t pages = total >= MAPPED ? zs_pages_size(total) : 0;
	struct large *block = pages ? zs_pages_new(pages) : zeroed ? calloc(1, total) : malloc(total);
	if (block) {
		block->size = total - header_size(sizeof *block);
		block->mapped = pages;
	}
	return block;
}

static void block_free(struct large *block)
{
	if (block->mapped)
		zs_pages_free(block, block->mapped);
	else
		free(block);
}

/* The block, which is in no list, with total octets; it may move. NULL: there is no memory. */
static struct large *block_resize(struct large *block, size_t total)
{
	const size_t header = header_size(sizeof *block), pages = total >= MAPPED || block->mapped ? zs_pages_size(total) : 0;
	if (block->mapped && !pages)
		return NULL;
	if (pages && !block->mapped) {
		struct large *fresh = block_new(total, false);
		if (fresh) {
			memcpy((char *)fresh + header, (char *)block + header, block->size < total - header ? block->size : total - header);
			block_free(block);
		}
		return fresh;
	}
	block = pages ? zs_pages_resize(block, block->mapped, pages) : realloc(block, total);
	if (block) {
		block->size = total - header;
		block->mapped = pages;
	}
	return block;
}

static void free_all(const struct list *list)
{
	for (struct large *l = list->first, *next; l; l = next) {
		next = l->next;
		block_free(l);
	}
}

static void keep(struct large *block)
{
	struct list out = { 0 };
	pthread_mutex_lock(&kept.lock);
	link_large(&kept.blocks, block);
	kept.size += block->size;
	if (++kept.count > KEPT_MAX)
		drop_oldest(&out);
	pthread_mutex_unlock(&kept.lock);
	free_all(&out);
}

/* A kept block of at least size octets, but not of many times as much; NULL if there is none. As many octets as are then taken from the
 * system are given back to it in the oldest blocks, as far as these are no larger: what is kept adds little to the peak. */
static struct large *take(size_t size)
{
	struct large *best = NULL;
	struct list out = { 0 };
	pthread_mutex_lock(&kept.lock);
	for (struct large *l = kept.blocks.first; l; l = l->next)
		if (l->size >= size && l->size / 4 <= size && (!best || l->size < best->size))
			best = l;
	if (best) {
		unlink_large(&kept.blocks, best);
		kept.count--;
		kept.size -= best->size;
	} else {
		kept.owed += size;
		while (kept.count && kept.blocks.last->size <= kept.owed) {
			kept.owed -= kept.blocks.last->size;
			drop_oldest(&out);
		}
		if (!kept.count)
			kept.owed = 0;
	}
	pthread_mutex_unlock(&kept.lock);
	free_all(&out);
	return best;
}

void zs_arena_trim(size_t size)
{
	struct list out = { 0 };
	pthread_mutex_lock(&kept.lock);
	while (kept.size > size)
		drop_oldest(&out);
	pthread_mutex_unlock(&kept.lock);
	free_all(&out);
}

struct zs_arena *zs_arena_new(void)
{
	return need(calloc(1, sizeof(struct zs_arena)));
}

void zs_arena_free(struct zs_arena *arena)
{
	if (!arena)
		return;
	for (struct deferred *d = arena->deferred; d; d = d->next)
		d->release(d->object);
	for (struct chunk *c = arena->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	for (struct large *l = arena->large.first, *next; l; l = next) {
		next = l->next;
		keep(l);
	}
	free(arena);
}

static struct large *large_of(void *data)
{
	return (struct large *)(void *)((char *)data - header_size(sizeof(struct large)));
}

static void *large_alloc(struct zs_arena *arena, size_t size, bool zeroed)
{
	const size_t header = header_size(sizeof(struct large));
	if (size > SIZE_MAX - header)
		need(NULL);
	struct large *block = take(size);
	if (block && zeroed) {
		memset((char *)block + header, 0, size);
	} else if (!block) {
		block = need(block_new(header + size, zeroed));
	}
	link_large(&arena->large, block);
	return (char *)block + header;
}

static struct chunk *add_chunk(struct zs_arena *arena, size_t wanted)
{
	const size_t header = header_size(sizeof *arena->chunks);
	size_t room = arena->chunks ? 2 * arena->chunks->size : CHUNK_FIRST;
	if (room > CHUNK_MAX)
		room = CHUNK_MAX;
	if (room < header + wanted)
		room = header + wanted;
	struct chunk *fresh = need(malloc(room)); /* what is never handed out is never touched */
	*fresh = (struct chunk){ .next = arena->chunks, .used = header, .size = room };
	arena->chunks = fresh;
	return fresh;
}

static void *any_alloc(struct zs_arena *arena, size_t size, bool zeroed)
{
	if (size >= LARGE)
		return large_alloc(arena, size, zeroed);
	const size_t wanted = header_size(size ? size : 1);
	struct chunk *chunk = arena->chunks;
	if (!chunk || chunk->size - chunk->used < wanted)
		chunk = add_chunk(arena, wanted);
	void *memory = (char *)chunk + chunk->used;
	chunk->used += wanted;
	return zeroed ? memset(memory, 0, wanted) : memory;
}

void *zs_arena_alloc(struct zs_arena *arena, size_t size)
{
	return any_alloc(arena, size, true);
}

void *zs_arena_array(struct zs_arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		need(NULL);
	return zs_arena_alloc(arena, count * size);
}

void *zs_arena_grow(struct zs_arena *arena, void *old, size_t old_size, size_t new_size)
{
	const size_t header = header_size(sizeof(struct large));
	if (!old || old_size < LARGE) {
		void *fresh = any_alloc(arena, new_size, false);
		if (old_size)
			memcpy(fresh, old, old_size < new_size ? old_size : new_size);
		return fresh;
	}
	if (new_size < LARGE)
		return old;
	if (new_size > SIZE_MAX - header)
		need(NULL);
	struct large *block = large_of(old), *larger = NULL;
	if (new_size > old_size && new_size <= block->size)
		return old;
	unlink_large(&arena->large, block);
	if (new_size > old_size)
		larger = take(new_size);
	if (larger) {
		memcpy((char *)larger + header, old, old_size);
		keep(block);
		block = larger;
	} else {
		block = need(block_resize(block, header + new_size));
	}
	link_large(&arena->large, block);
	return (char *)block + header;
}

void zs_arena_fault_in(void *from, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	enum { PAGE = 4096 };
	const uintptr_t start = (uintptr_t)from & ~(uintptr_t)(PAGE - 1), end = ((uintptr_t)from + size) & ~(uintptr_t)(PAGE - 1);
	if (end > start)
		(void)madvise((void *)start, end - start, MADV_POPULATE_WRITE); /* before Linux 5.14: an error, and all is as without it */
#else
	(void)from, (void)size;
#endif
}

void zs_arena_release(struct zs_arena *arena, void *block, size_t size)
{
	if (!block || size < LARGE)
		return;
	unlink_large(&arena->large, large_of(block));
	keep(large_of(block));
}

void *zs_arena_push(struct zs_arena *arena, void *array, size_t *room, size_t size)
{
	const size_t grown = *room ? *room * 2 : 16;
	if (grown < *room || grown > SIZE_MAX / size)
		need(NULL);
	void *fresh = zs_arena_grow(arena, array, *room * size, grown * size);
	*room = grown;
	return fresh;
}

char *zs_arena_text(struct zs_arena *arena, const char *text, size_t len)
{
	char *copy = zs_arena_alloc(arena, len + 1);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

char *zs_arena_strdup(struct zs_arena *arena, const char *text)
{
	return zs_arena_text(arena, text, strlen(text));
}

char *zs_arena_vprintf(struct zs_arena *arena, const char *format, va_list args)
{
	char most[256]; /* what most texts have room in */
	va_list again;
	va_copy(again, args);
	const int len = vsnprintf(most, sizeof most, format, again);
	va_end(again);
	if (len < 0)
		return zs_arena_strdup(arena, format);
	if ((size_t)len < sizeof most)
		return zs_arena_text(arena, most, (size_t)len);
	char *text = zs_arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *zs_arena_printf(struct zs_arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = zs_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void zs_arena_defer(struct zs_arena *arena, void (*release)(void *), void *object)
{
	struct deferred *entry = zs_arena_alloc(arena, sizeof *entry);
	*entry = (struct deferred){ .next = arena->deferred, .release = release, .object = object };
	arena->deferred = entry;
}
