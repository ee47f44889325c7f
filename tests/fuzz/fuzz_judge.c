/* fuzz_judge.c - answers of strangers at judgement: two octets of a type, a name, and the message. The keys are those of testdata/verify,
 * so that seeds can be right and what is made of them nearly right. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "live/live.h"
#include "verify/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zone[] = "\7example";
	static const char *const keys[] = { "700tcvSJcp4cHUwITqG4ozKPnuZOSf9gx4AUhYyJRHw=", "c78nLdjNgpP/ASZ/9FgvqQ3FGkLXfc10QcVoWLQZpFs=" };
	uint8_t rdata[2][48] = { { 1, 0, 3, 15 }, { 1, 1, 3, 15 } };
	struct zs_bytes dnskeys[2];
	size_t bad;
	const size_t name_len = size > 2 ? zs_name_check(data + 2, size - 2) : 0;
	if (!name_len)
		return 0;
	for (size_t i = 0; i < 2; i++)
		dnskeys[i] = (struct zs_bytes){ rdata[i], 4 + (size_t)zs_base64_decode(keys[i], strlen(keys[i]), rdata[i] + 4, &bad) };
	struct zs_run *run = zs_run_begin();
	struct zs_answer answer;
	struct zs_answer_verdict verdict;
	const struct zs_answer_trust trust = { .zone = zone, .dnskeys = dnskeys, .dnskey_count = 2, .now = 1790000000 };
	const struct zs_bytes wire = { data + 2 + name_len, size - 2 - name_len };
	if (zs_live_message(run->arena, wire, data + 2, zs_get_u16(data), &answer)) {
		zs_verify_answer(run, run->arena, &answer, &trust, &verdict);
		assert(verdict.state == ZS_ANSWER_SECURE || verdict.why);
		assert(verdict.state != ZS_ANSWER_SECURE || (verdict.signature_count && verdict.expires > trust.now && verdict.kind != ZS_ANSWER_NONE));
		struct zs_answer_trust found = { .zone = zone, .now = trust.now };
		if (zs_verify_trust(run, run->arena, &answer, NULL, 0, &found, &verdict))
			assert(found.dnskey_count);
	}
	zs_run_end(run);
	return 0;
}
