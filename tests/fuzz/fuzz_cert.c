/* fuzz_cert.c - certificate files: whatever they hold, every record of them is right or refused. */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dane/dane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t host[] = "\4mail\7example";
	const struct zs_dane_port port = { .port = 25 };
	struct zs_run *run = zs_run_begin();
	struct zs_dane_file file;
	char path[64];
	const int fd = memfd_create("cert", MFD_CLOEXEC);
	assert(fd >= 0 && zs_file_write_all(fd, data, size));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (zs_dane_file_read(run, NULL, path, &file))
		for (uint8_t i = 0; i < 24; i++) {
			const struct zs_tlsa_params params = { .usage = i / 6, .selector = i / 3 % 2, .matching = i % 3 };
			struct zs_bytes rdata;
			if (zs_dane_tlsa(run, &file, &params, "fuzz", &rdata)) {
				assert(rdata.len > 3 && (params.matching != 1 || rdata.len == 35) && (params.matching != 2 || rdata.len == 67));
				zs_dane_lint(run, NULL, &file, &params, &port, host, "fuzz");
			}
		}
	close(fd);
	zs_run_end(run);
	return 0;
}
