/* json.h - JSON documents to print: objects, arrays and values in the order they were added.
 *
 * Text that is not UTF-8 is made safe (each wrong octet becomes U+FFFD), so a name or a file from a stranger never
 * makes a document fail. Nothing fails here but memory, which ends the process as in arena.h.
 */
#ifndef ZS_BASE_JSON_H
#define ZS_BASE_JSON_H

#include "base/bytes.h"
#include "base/time.h"

struct zs_json; /* an object, an array or a value; given to one place only, by set or add */

/* The root lives in the arena; what is put into it lives with it. */
struct zs_json *zs_json_object(struct zs_arena *arena);
struct zs_json *zs_json_array(struct zs_arena *arena);

/* New members of an object under key. A key that is there already is replaced. The first two return the new part,
 * which belongs to object. text NULL is null; time 0 (not known) is null, else ISO 8601. */
struct zs_json *zs_json_set_object(struct zs_json *object, const char *key);
struct zs_json *zs_json_set_array(struct zs_json *object, const char *key);
void zs_json_set_text(struct zs_json *object, const char *key, const char *text);
void zs_json_set_octets(struct zs_json *object, const char *key, const void *text, size_t len);
void zs_json_set_int(struct zs_json *object, const char *key, int64_t value);
void zs_json_set_bool(struct zs_json *object, const char *key, bool value);
void zs_json_set_null(struct zs_json *object, const char *key);
void zs_json_set_time(struct zs_json *object, const char *key, zs_time time);

/* New elements at the end of an array. */
struct zs_json *zs_json_add_object(struct zs_json *array);
struct zs_json *zs_json_add_array(struct zs_json *array);
void zs_json_add_text(struct zs_json *array, const char *text);
void zs_json_add_int(struct zs_json *array, int64_t value);
void zs_json_add_bool(struct zs_json *array, bool value);
void zs_json_add_null(struct zs_json *array);

size_t zs_json_count(const struct zs_json *json); /* members or elements */

/* The document, indented by two, with a final line end; or in one line, with one. */
void zs_json_dump(const struct zs_json *json, struct zs_buf *out);
void zs_json_dump_line(const struct zs_json *json, struct zs_buf *out);

#endif
