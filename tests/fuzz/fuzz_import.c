/* fuzz_import.c - key files of other signers as keys import reads them, by content: private halves alone, Knot's JSON, and rubbish. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "keys/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zone[] = "\1a\7example";
	static const struct zs_import_source source = { .zone = zone, .pem_dir = "/nonexistent", .role = ZS_CSK };
	char path[64];
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct zs_run *run = zs_run_begin();
	struct zs_import_key *keys = NULL;
	size_t count = 0, room = 0;
	const bool ok = zs_keys_import(run, run->arena, &source, path, &keys, &count, &room);
	assert(ok || run->error_count);
	for (size_t i = 0; i < count; i++)
		assert(keys[i].key.private && zs_key_prove(run, &keys[i].key, "fuzz"));
	zs_run_end(run);
	close(fd);
	return 0;
}
