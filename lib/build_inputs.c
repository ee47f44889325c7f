/* build_inputs.c - the files a build came from, and whether they are what they were. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "build_private.h"
#include "publish/publish.h"

enum { RACY = 2 }; /* seconds within which a file may change without its times showing it */

bool zs_build_add_input(struct zs_run *run, struct zs_input_facts **list, size_t *count, size_t *room, const char *path)
{
	struct stat status;
	struct zs_input_facts facts = { .path = path };
	bool there;
	if (stat(path, &status) != 0)
		return true; /* its reader will say so */
	facts.id = zs_file_id(&status);
	if (!zs_publish_sha256(run, path, &there, facts.sha256))
		return false;
	if (there)
		ZS_PUSH(run->arena, *list, *count, *room) = facts;
	return true;
}

bool zs_build_zone_inputs(struct zs_run *run, const struct zs_zone *zone, struct zs_input_facts **list, size_t *count, size_t *room)
{
	for (size_t i = 0; i < zone->input_count; i++) {
		uint8_t digest[ZS_HASH_MAX];
		const struct zs_input *input = zone->inputs[i];
		struct zs_input_facts facts = { .path = zs_arena_strdup(run->arena, input->path), .id = zone->input_ids[i] };
		if (input->text && !zs_hash(run, ZS_SHA256, (struct zs_bytes){ (const uint8_t *)input->text, input->len }, digest))
			return false;
		memcpy(facts.sha256, input->text ? digest : zone->sha256, sizeof facts.sha256);
		ZS_PUSH(run->arena, *list, *count, *room) = facts;
	}
	return true;
}

/* Could the file have changed after it was read without its times showing it? */
static bool is_racy(const struct zs_facts *facts, const struct zs_input_facts *input)
{
	const int64_t newest = input->id.mtime_ns > input->id.ctime_ns ? input->id.mtime_ns : input->id.ctime_ns;
	return facts->made_with_now || newest / 1000000000 >= facts->last_build - RACY;
}

bool zs_build_unchanged(struct zs_run *run, const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->input_count; i++) {
		const struct zs_input_facts *input = &facts->inputs[i];
		struct stat status;
		if (stat(input->path, &status) != 0)
			return false;
		const struct zs_file_id id = zs_file_id(&status);
		if (!zs_file_id_equal(&id, &input->id))
			return false;
		uint8_t sha256[32];
		bool there;
		if (is_racy(facts, input)
		    && (!zs_publish_sha256(run, input->path, &there, sha256) || !there || memcmp(sha256, input->sha256, 32) != 0))
			return false;
	}
	return facts->input_count > 0;
}
