/* fuzz_yaml.c - any octets as YAML: what the reader of simple texts takes is what libyaml makes of them, places included.
 *
 * Seeds: testdata/configs and zonesign.yaml.example.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool promise, const struct zs_source *where, const char *what)
{
	if (promise)
		return;
	fprintf(stderr, "broken: %s at line %u, column %u\n", what, where->line, where->column);
	abort();
}

static bool same_place(const struct zs_source *a, const struct zs_source *b)
{
	return a->line == b->line && a->column == b->column && a->width == b->width;
}

static void compare(const struct zs_yaml *a, const struct zs_yaml *b)
{
	need(same_place(&a->where, &b->where), &a->where, "the place");
	need(a->kind == b->kind && a->count == b->count && a->size == b->size && a->height == b->height, &a->where, "the shape");
	if (a->kind == ZS_YAML_SCALAR)
		need(a->len == b->len && a->quoted == b->quoted && strcmp(a->text, b->text) == 0, &a->where, "the text");
	for (uint32_t i = 0; i < a->count; i++) {
		const struct zs_yaml_entry *x = &a->entries[i], *y = &b->entries[i];
		need(!x->key == !y->key && (!x->key || (strcmp(x->key, y->key) == 0 && same_place(&x->key_where, &y->key_where))), &x->value->where, "the key");
		compare(x->value, y->value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_input input = { .path = "a.yaml", .text = (const char *)data, .len = size };
	struct zs_yaml_builder plain = { .run = run, .arena = run->arena, .input = &input, .quiet = true };
	const struct zs_source start = { .line = 1 };
	const struct zs_yaml *full = NULL;
	const bool taken = zs_yaml_read_plain(&plain);
	need(!run->error_count, &start, "silence");
	const bool right = zs_yaml_parse_full(run, run->arena, &input, &full);
	need(!taken || right, &start, "a text that libyaml refuses");
	if (taken)
		compare(plain.root, full);
	zs_run_end(run);
	return 0;
}
