/* json.c - jansson, with our arena as the owner. A struct zs_json is a json_t. */
#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static json_t *of(struct zs_json *json)
{
	return (json_t *)(void *)json;
}

static struct zs_json *as(json_t *json)
{
	return (struct zs_json *)(void *)json;
}

/* Without memory: as arena.c does. */
static json_t *need(json_t *json)
{
	if (!json) {
		static const char message[] = "zonesign: error: out of memory\n";
		const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
		(void)ignored;
		_exit(1);
	}
	return json;
}

static void release(void *json)
{
	json_decref(json);
}

static struct zs_json *root(struct zs_arena *arena, json_t *json)
{
	zs_arena_defer(arena, release, need(json));
	return as(json);
}

struct zs_json *zs_json_object(struct zs_arena *arena)
{
	return root(arena, json_object());
}

struct zs_json *zs_json_array(struct zs_arena *arena)
{
	return root(arena, json_array());
}

/* text with U+FFFD for each octet that is no UTF-8, in memory of malloc. */
static char *safe_utf8(const char *text, size_t len, size_t *out_len)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *out = malloc(3 * len + 1);
	size_t used = 0;
	if (!out)
		need(NULL);
	for (size_t i = 0; i < len;) {
		const size_t n = zs_text_utf8_len((const unsigned char *)text + i, len - i);
		memcpy(out + used, n ? text + i : replacement, n ? n : 3);
		used += n ? n : 3;
		i += n ? n : 1;
	}
	out[used] = 0;
	*out_len = used;
	return out;
}

static json_t *string(const char *text, size_t len)
{
	if (!text)
		return need(json_null());
	json_t *json = json_stringn(text, len); /* NULL for what is not UTF-8 */
	if (json)
		return json;
	size_t safe_len;
	char *safe = safe_utf8(text, len, &safe_len);
	json = need(json_stringn(safe, safe_len));
	free(safe);
	return json;
}

/* Takes value over. The key is made safe first, so only a lack of memory can stop it. */
static struct zs_json *set(struct zs_json *object, const char *key, json_t *value)
{
	size_t len;
	char *safe = safe_utf8(key, strlen(key), &len);
	if (json_object_set_new(of(object), safe, need(value)) != 0)
		need(NULL);
	free(safe);
	return as(value);
}

struct zs_json *zs_json_set_object(struct zs_json *object, const char *key)
{
	return set(object, key, json_object());
}

struct zs_json *zs_json_set_array(struct zs_json *object, const char *key)
{
	return set(object, key, json_array());
}

void zs_json_set_text(struct zs_json *object, const char *key, const char *text)
{
	set(object, key, string(text, text ? strlen(text) : 0));
}

void zs_json_set_octets(struct zs_json *object, const char *key, const void *text, size_t len)
{
	set(object, key, string(text, len));
}

void zs_json_set_int(struct zs_json *object, const char *key, int64_t value)
{
	set(object, key, json_integer(value));
}

void zs_json_set_bool(struct zs_json *object, const char *key, bool value)
{
	set(object, key, json_boolean(value));
}

void zs_json_set_null(struct zs_json *object, const char *key)
{
	set(object, key, json_null());
}

void zs_json_set_time(struct zs_json *object, const char *key, zs_time time)
{
	char text[ZS_TIME_TEXT];
	zs_json_set_text(object, key, time ? zs_time_text(time, text) : NULL);
}

static struct zs_json *add(struct zs_json *array, json_t *value)
{
	if (json_array_append_new(of(array), need(value)) != 0)
		need(NULL);
	return as(value);
}

struct zs_json *zs_json_add_object(struct zs_json *array)
{
	return add(array, json_object());
}

struct zs_json *zs_json_add_array(struct zs_json *array)
{
	return add(array, json_array());
}

void zs_json_add_text(struct zs_json *array, const char *text)
{
	add(array, string(text, text ? strlen(text) : 0));
}

void zs_json_add_int(struct zs_json *array, int64_t value)
{
	add(array, json_integer(value));
}

void zs_json_add_bool(struct zs_json *array, bool value)
{
	add(array, json_boolean(value));
}

void zs_json_add_null(struct zs_json *array)
{
	add(array, json_null());
}

size_t zs_json_count(const struct zs_json *json)
{
	const json_t *j = (const json_t *)(const void *)json;
	return json_is_array(j) ? json_array_size(j) : json_object_size(j);
}

static int to_buf(const char *text, size_t len, void *out)
{
	zs_buf_add(out, text, len);
	return 0;
}

static void dump(const struct zs_json *json, struct zs_buf *out, size_t flags)
{
	if (json_dump_callback((const json_t *)(const void *)json, to_buf, out, flags) != 0)
		need(NULL);
	zs_buf_octet(out, '\n');
}

void zs_json_dump(const struct zs_json *json, struct zs_buf *out)
{
	dump(json, out, JSON_INDENT(2));
}

void zs_json_dump_line(const struct zs_json *json, struct zs_buf *out)
{
	dump(json, out, 0);
}
