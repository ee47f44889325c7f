/* arena.h - memory that ends together.
 *
 * Everything that a stage makes lives in an arena and is released with it, so stages have no
 * cleanup code. Allocation does not fail: without memory the process says so and exits with 1,
 * which is safe at any instant, because the published zone changes by one rename only.
 * An arena belongs to one thread at a time.
 */
#ifndef ZS_BASE_ARENA_H
#define ZS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"

struct zs_arena;

/* At the start of the program: blocks of a megabyte and more go back to the system when they are freed. */
void zs_arena_begin(void);

/* Blocks of 64 KiB and more that were released are kept for others, of any thread. After a piece of work whose memory nobody needs
 * soon: no more than size octets of them are kept. */
void zs_arena_trim(size_t size);

struct zs_arena *zs_arena_new(void);
void zs_arena_free(struct zs_arena *arena); /* NULL is fine */

/* size octets, zeroed and aligned for any type. size 0 gives a valid, distinct pointer. */
void *zs_arena_alloc(struct zs_arena *arena, size_t size);

/* count * size octets as above; an overflow of the product ends the process. */
void *zs_arena_array(struct zs_arena *arena, size_t count, size_t size);

/* The block at old (old_size octets, or NULL and 0) grown to new_size octets; it may move. The new octets are
 * not zeroed. Blocks of 64 KiB and more are grown in place by the allocator and the old one is given back. */
void *zs_arena_grow(struct zs_arena *arena, void *old, size_t old_size, size_t new_size);

/* Give a block of 64 KiB and more back before the arena ends; smaller ones wait for the arena. */
void zs_arena_release(struct zs_arena *arena, void *block, size_t size);

/* size octets of a block are about to be written for the first time: have the kernel make their pages at once, not one by one as each
 * is written. What is there stays. */
void zs_arena_fault_in(void *from, size_t size);

char *zs_arena_text(struct zs_arena *arena, const char *text, size_t len); /* a NUL-terminated copy */
char *zs_arena_strdup(struct zs_arena *arena, const char *text);
char *zs_arena_printf(struct zs_arena *arena, const char *format, ...) ZS_PRINTF(2, 3);
char *zs_arena_vprintf(struct zs_arena *arena, const char *format, va_list args) ZS_PRINTF(2, 0);

/* Call release(object) when the arena ends; the last one deferred is released first. */
void zs_arena_defer(struct zs_arena *arena, void (*release)(void *), void *object);

/* One more element, zeroed, in a growing array: `ZS_PUSH(arena, list, count, room) = value;` */
#define ZS_PUSH(arena, array, count, room)                                                                 \
	(*((count) == (room) ? (array) = zs_arena_push((arena), (array), &(room), sizeof *(array)) : (array), \
	   memset(&(array)[count], 0, sizeof *(array)), (array) + (count)++))
void *zs_arena_push(struct zs_arena *arena, void *array, size_t *room, size_t size);

#endif
