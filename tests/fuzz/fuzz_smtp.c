/* fuzz_smtp.c - what a stranger's mail server says up to STARTTLS. A zero octet ends a turn: what was to be said is then sent. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "live/look_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	struct zs_smtp smtp = { 0 };
	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(data + at, 0, size - at);
		const size_t len = end ? (size_t)(end - data) - at : size - at;
		const enum zs_smtp_state before = smtp.state;
		const size_t used = zs_smtp_feed(run->arena, &smtp, (const char *)data + at, len);
		assert(used <= len && smtp.line_len <= sizeof smtp.line);
		assert(used == len || smtp.state == ZS_SMTP_READY || smtp.state == ZS_SMTP_FAILED);
		assert(smtp.state >= before);
		assert((smtp.state == ZS_SMTP_FAILED) == (smtp.why != NULL));
		assert(!smtp.say || smtp.state == ZS_SMTP_EHLO || smtp.state == ZS_SMTP_STARTTLS);
		for (const char *p = smtp.why ? smtp.why : ""; *p; p++)
			assert(*p >= 32 && *p < 127);
		if (end)
			smtp.say = NULL;
		at += len + 1;
	}
	zs_run_end(run);
	return 0;
}
