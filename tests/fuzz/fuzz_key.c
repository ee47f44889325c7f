/* fuzz_key.c - key files: a public half, a line "---", a private half. What is accepted must be written back and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "keys/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zone[] = "\7example";
	struct zs_run *run = zs_run_begin();
	const char *text = zs_arena_text(run->arena, (const char *)data, size);
	const char *cut = strstr(text, "---\n");
	const struct zs_input public = { .path = "public", .text = text, .len = cut ? (size_t)(cut - text) : strlen(text) };
	struct zs_key key = { 0 };
	if (zs_key_read_public(run, run->arena, &public, zone, &key) && cut) {
		const struct zs_input private = { .path = "private", .text = cut + 4, .len = strlen(cut + 4) };
		if (zs_key_read_private(run, run->arena, &private, &key) && zs_key_prove(run, &key, "fuzz")) {
			struct zs_buf out = { .arena = run->arena, .max = 65536 };
			struct zs_key again = { 0 };
			const char *written = zs_key_public_text(run->arena, &key, zone, 3600);
			const struct zs_input back = { .path = "back", .text = written, .len = strlen(written) };
			assert(zs_key_read_public(run, run->arena, &back, zone, &again));
			assert(zs_key_private_text(run, &key, &out));
			const struct zs_input secret = { .path = "secret", .text = zs_buf_string(&out), .len = out.len };
			assert(zs_key_read_private(run, run->arena, &secret, &again) && zs_key_prove(run, &again, "back"));
		}
	}
	zs_run_end(run);
	return 0;
}
