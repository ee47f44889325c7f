/* fuzz_tsig.c - the TSIG key file of `publish: update`. */
#include <assert.h>
#include <stdint.h>

#include "live/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	struct zs_tsig_key key;
	const struct zs_input input = { .path = "fuzz", .text = zs_arena_text(run->arena, (const char *)data, size), .len = size };
	const bool ok = zs_live_tsig_parse(run, &input, &key);
	assert(ok ? key.name && key.algorithm && key.secret : run->error_count == 1);
	zs_run_end(run);
	return 0;
}
