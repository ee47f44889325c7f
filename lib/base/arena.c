/* arena.c - chunks for small objects, a linked list of blocks for large ones. */
#include "base/arena.h"

#include <malloc.h>
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
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct zs_arena {
	struct chunk *chunks;
	struct large *large;
	struct deferred *deferred;
};

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
	for (struct large *l = arena->large, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	free(arena);
}

static void link_large(struct zs_arena *arena, struct large *block)
{
	block->previous = NULL;
	block->next = arena->large;
	if (block->next)
		block->next->previous = block;
	arena->large = block;
}

static void unlink_large(struct zs_arena *arena, struct large *block)
{
	if (block->next)
		block->next->previous = block->previous;
	if (block->previous)
		block->previous->next = block->next;
	else
		arena->large = block->next;
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
	struct large *block = need(zeroed ? calloc(1, header + size) : malloc(header + size));
	link_large(arena, block);
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
	struct chunk *fresh = need(calloc(1, room));
	*fresh = (struct chunk){ .next = arena->chunks, .used = header, .size = room };
	arena->chunks = fresh;
	return fresh;
}

void *zs_arena_alloc(struct zs_arena *arena, size_t size)
{
	if (size >= LARGE)
		return large_alloc(arena, size, true);
	const size_t wanted = header_size(size ? size : 1);
	struct chunk *chunk = arena->chunks;
	if (!chunk || chunk->size - chunk->used < wanted)
		chunk = add_chunk(arena, wanted);
	void *memory = (char *)chunk + chunk->used;
	chunk->used += wanted;
	return memory;
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
		void *fresh = new_size < LARGE ? zs_arena_alloc(arena, new_size) : large_alloc(arena, new_size, false);
		if (old_size)
			memcpy(fresh, old, old_size < new_size ? old_size : new_size);
		return fresh;
	}
	if (new_size < LARGE)
		return old;
	if (new_size > SIZE_MAX - header)
		need(NULL);
	struct large *block = large_of(old);
	unlink_large(arena, block);
	block = need(realloc(block, header + new_size));
	link_large(arena, block);
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
	unlink_large(arena, large_of(block));
	free(large_of(block));
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
	va_list again;
	va_copy(again, args);
	const int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return zs_arena_strdup(arena, format);
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
