/* fuzz_answer.c - answers of strangers to the question for a DS and for a SOA: an octet says under which chain, the rest is the message. */
#include <assert.h>
#include <stdint.h>

#include "live/live_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zone[] = "\1a\4test";
	static const uint8_t key[68] = { 1, 1, 3, 13, 7 };
	if (!size)
		return 0;
	struct zs_run *run = zs_run_begin();
	struct zs_chain_keys keys = { .zone = zone + 2, .chain = (enum zs_chain)(data[0] % 4), .keys = { { key, sizeof key } }, .key_count = 1,
		                      .now = 1796083200 };
	struct zs_server_view view = { 0 };
	uint32_t serial;
	const char *why;
	const struct zs_bytes answer = { data + 1, size - 1 };
	zs_answer_read(run, answer, zone, &keys, &view);
	assert(view.reply == ZS_REPLY_ANSWERED || view.reply == ZS_REPLY_LAME);
	assert(view.reply == ZS_REPLY_ANSWERED || (!view.ds_count && view.why));
	assert(!view.validated || keys.chain == ZS_CHAIN_SECURE);
	for (size_t i = 0; i < view.ds_count; i++)
		assert(view.ds[i].len > 4 && (!i || zs_bytes_compare(view.ds[i - 1], view.ds[i]) < 0));
	if (!zs_answer_serial(answer, zone, &serial, &why))
		assert(why);
	zs_run_end(run);
	return 0;
}
