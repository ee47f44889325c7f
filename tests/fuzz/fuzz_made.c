/* fuzz_made.c - files of keys: the first octet says whose, S: host keys of OpenSSH, else: an OpenPGP key. What is accepted has sound
 * records, and an OpenPGP key is the same read from its own octets. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dane/dane_private.h"
#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(uint16_t type, struct zs_bytes rdata)
{
	struct zs_rdata_error error;
	assert(zs_rdata_check(type, rdata.data, rdata.len, &error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	if (size) {
		const struct zs_input input = { .path = "file", .text = zs_arena_text(run->arena, (const char *)data + 1, size - 1), .len = size - 1 };
		struct zs_openpgp_key key, again;
		struct zs_bytes *made;
		size_t count;
		if (*data == 'S') {
			if (zs_sshfp_parse(run, NULL, &input, &made, &count))
				for (size_t i = 0; i < count; i++)
					check(ZS_TYPE_SSHFP, made[i]);
		} else if (zs_openpgp_parse(run, NULL, &input, "hugh@example.com", &key)) {
			const struct zs_input binary = { .path = "again", .text = (const char *)key.data.data, .len = key.data.len };
			check(ZS_TYPE_OPENPGPKEY, key.data);
			assert(zs_openpgp_parse(run, NULL, &binary, "hugh@example.com", &again));
			assert(zs_bytes_equal(key.data, again.data) && key.user_ids == again.user_ids && key.names_address == again.names_address);
		}
	}
	zs_run_end(run);
	return 0;
}
