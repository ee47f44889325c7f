/* fuzz_cache.c - a signature cache that somebody else wrote, its checksum mended: looked at, searched, never read beyond. */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "sign/sign_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t apex[] = "\7example";
static char dir[] = "/tmp/zonesign-fuzz-XXXXXX";

static void remove_dir(void)
{
	rmdir(dir);
}

static int directory(void)
{
	static int fd = -1;
	if (fd < 0) {
		assert(mkdtemp(dir));
		atexit(remove_dir);
		fd = open(dir, O_RDONLY | O_DIRECTORY);
	}
	assert(fd >= 0);
	return fd;
}

/* Magic, checksum and zone right, so that what follows is looked at. */
static void write_cache(struct zs_run *run, int dir_fd, const uint8_t *data, size_t size)
{
	enum { HEAD = 64, ZONE = 32 };
	uint8_t *file = zs_arena_alloc(run->arena, HEAD + ZONE + size), digest[ZS_HASH_MAX], zone[ZS_HASH_MAX];
	memcpy(file, "zonesign signatures, version 1\n", 31);
	assert(zs_hash(run, ZS_SHA256, (struct zs_bytes){ apex, sizeof apex }, zone));
	memcpy(file + HEAD, zone, ZONE);
	if (size)
		memcpy(file + HEAD + ZONE, data, size);
	assert(zs_hash(run, ZS_SHA256, (struct zs_bytes){ file + HEAD, ZONE + size }, digest));
	assert(zs_hash(run, ZS_SHA256, (struct zs_bytes){ digest, 32 }, digest));
	memcpy(file + 32, digest, 32);
	const int fd = openat(dir_fd, "signatures", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0 && write(fd, file, HEAD + ZONE + size) == (ssize_t)(HEAD + ZONE + size));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	struct zs_zone zone = { .arena = run->arena };
	const int dir_fd = directory();
	size_t proofs;
	memcpy(zone.apex, apex, sizeof apex);
	write_cache(run, dir_fd, data, size);
	struct zs_signatures *known = zs_signatures_open(run, run->arena, dir_fd, &zone);
	const uint8_t (*list)[32] = zs_signatures_proofs(known, &proofs);
	uint8_t sum = 0;
	for (size_t i = 0; i < proofs; i++)
		sum ^= list[i][31];
	if (known) {
		struct zs_signer signer = { .signature_len = 64 };
		memcpy(signer.id, data + 8, 32); /* the first key of the file: it is one, or known were NULL */
		const struct zs_known_key *key = zs_signatures_key(known, &signer);
		for (unsigned i = 0; i < 256; i++) {
			const struct zs_reuse_times times = { .now = 1000, .refresh = 10 };
			uint8_t lookup[ZS_LOOKUP_LEN] = { (uint8_t)i, (uint8_t)(i * 7) }, slot[1024];
			struct zs_sign_job job = { 0 };
			memset(slot, sum, sizeof slot);
			if (zs_sign_reuse(key, lookup, &times, &job, slot))
				assert((int32_t)(job.expiration - 1000) > 10 && (int32_t)(job.inception - 1000) <= 0);
		}
		zs_signatures_close_entries(known);
	}
	unlinkat(dir_fd, "signatures", 0);
	zs_run_end(run);
	return 0;
}
