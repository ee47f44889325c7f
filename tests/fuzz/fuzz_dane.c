/* fuzz_dane.c - TLSA records and certificates of strangers. Each piece has two octets of length before it; the first `data[0] % 4` of them are
 * records, the rest the chain. */
#include <assert.h>
#include <stdint.h>

#include "dane/dane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_bytes pieces[8];
	size_t count = 0;
	for (size_t at = 1; at + 2 <= size && count < 8;) {
		const size_t len = zs_get_u16(data + at);
		at += 2;
		pieces[count++] = (struct zs_bytes){ data + at, len < size - at ? len : size - at };
		at += pieces[count - 1].len;
	}
	if (!size)
		return 0;
	const size_t records = (size_t)(data[0] % 4) < count ? (size_t)(data[0] % 4) : count;
	struct zs_run *run = zs_run_begin();
	for (int client = 0; client < 2; client++) {
		const struct zs_dane_case in = { .tlsa = pieces, .tlsa_count = records, .chain = pieces + records, .chain_count = count - records, .roots = pieces + records,
			                         .root_count = count - records, .base = "mail.example.com", .domain = "example.com", .smtp = client, .now = 1796083200 };
		struct zs_dane_prediction out;
		zs_dane_predict(run, &in, &out);
		assert(out.verdict == ZS_DANE_VERIFIED ? out.matched < records && out.usable_count && !out.why : out.why && out.matched == SIZE_MAX);
		assert(records || out.verdict == ZS_DANE_NONE);
	}
	for (size_t i = 0; i < records; i++)
		(void)zs_dane_record_text(run->arena, pieces[i], 4);
	zs_run_end(run);
	return 0;
}
