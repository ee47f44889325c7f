/* fuzz_state.c - state.yaml: what is accepted is written back as it was, and the engine makes a plan of whatever it says. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "rollover/rollover.h"
#include "state/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parse(struct zs_run *run, const char *text, size_t len, struct zs_facts *out)
{
	static const uint8_t zone[] = "\1a\7example";
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	*input = (struct zs_input){ .path = "state.yaml", .text = text, .len = len };
	*out = (struct zs_facts){ .dir_fd = -1, .lock_fd = -1 };
	memcpy(out->zone, zone, sizeof zone);
	return zs_state_parse(run, input, out);
}

static const char *format(struct zs_run *run, const struct zs_facts *facts)
{
	struct zs_buf *text = zs_arena_alloc(run->arena, sizeof *text);
	*text = (struct zs_buf){ .arena = run->arena, .max = 64 << 20 };
	zs_state_format(facts, text);
	return zs_buf_string(text);
}

/* From any facts at all the engine comes to a plan, and then to the same one again. */
static void plan(struct zs_run *run, struct zs_facts *facts, bool csk)
{
	const struct zs_policy policy = { .algorithm = csk ? 15 : 13, .csk = csk, .zsk_lifetime = 864000, .csk_lifetime = 864000, .dnskey_ttl = 3600,
		                          .propagation_zone = 3600, .propagation_parent = 3600, .parent_ds_ttl = 86400, .safety = 3600, .cds = true };
	const struct zs_ttls ttls = { .largest = 86400, .negative = 300 };
	const struct zs_roll_event *events;
	struct zs_plan *first, *second;
	size_t count;
	if (!zs_rollover_plan(run, &policy, facts, &ttls, &first))
		return;
	assert(zs_rollover_plan(run, &policy, facts, &ttls, &second));
	assert(first->key_count == second->key_count && first->unsigned_zone == second->unsigned_zone);
	for (size_t i = 0; i < first->key_count; i++)
		assert(first->keys[i].publish == second->keys[i].publish && first->keys[i].sign_zone == second->keys[i].sign_zone);
	(void)!zs_rollover_simulate(run, &policy, facts, &ttls, (zs_seconds)40 * 86400, &events, &count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zs_run *run = zs_run_begin();
	struct zs_facts facts, again;
	run->now = 1796083200 + 5 * 86400; /* days after the states of the corpus */
	if (parse(run, zs_arena_text(run->arena, (const char *)data, size), size, &facts) && facts.key_count < 32) {
		const char *text = format(run, &facts);
		assert(parse(run, text, strlen(text), &again));
		assert(strcmp(text, format(run, &again)) == 0);
		plan(run, zs_facts_copy(run->arena, &facts), false);
		plan(run, zs_facts_copy(run->arena, &facts), true);
	}
	zs_run_end(run);
	return 0;
}
