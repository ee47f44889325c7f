/* build_inputs.c - the files a build came from, and whether they are what they were. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "build_private.h"
#include "publish/publish.h"

enum { RACY = 2 }; /* seconds within which a file may change without its times showing it */

/* The digest of a file of the user; false if it cannot be read, which its reader reports, as what it is: an input that is wrong. */
static bool digest_of(const char *path, const struct stat *status, uint8_t sha256[32], struct zs_file_id *id)
{
	struct zs_run *quiet = zs_run_begin();
	bool there = false;
	const bool ok = S_ISREG(status->st_mode) && zs_publish_sha256(quiet, path, &there, sha256, id) && there;
	zs_run_end(quiet);
	return ok;
}

/* What the state should know of a file: stat values and hash. */
static void add_input(struct zs_run *run, struct zs_input_facts **list, size_t *count, size_t *room, const char *path)
{
	struct stat status;
	struct zs_file_id id;
	struct zs_input_facts facts = { .path = path };
	const bool there = stat(path, &status) == 0;
	/* its reader will say so, or does without; then it is an input all the same, and counts as changed once it is there */
	if (!there && errno != ENOENT)
		return;
	if (there)
		facts.id = zs_file_id(&status);
	if (there && !digest_of(path, &status, facts.sha256, &id))
		memset(facts.sha256, 0, sizeof facts.sha256); /* no file has that one */
	else if (there && zs_file_id_equal(&id, &facts.id))
		facts.id.settled = id.settled;
	ZS_PUSH(run->arena, *list, *count, *room) = facts;
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
	return !input->id.settled && (facts->made_with_now || newest / 1000000000 >= facts->last_build - RACY);
}

bool zs_build_add_config(struct zs_run *run, struct zs_input_facts **list, size_t *count, size_t *room,
                         const struct zs_config_file *file)
{
	struct zs_input_facts facts = { .path = file->path, .id = file->id };
	if (!zs_config_file_hash(run, file, facts.sha256))
		return false;
	ZS_PUSH(run->arena, *list, *count, *room) = facts;
	return true;
}

bool zs_build_inputs_before(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone, struct zs_input_facts **list,
                            size_t *count, size_t *room)
{
	bool ok = zs_build_add_config(run, list, count, room, config->files);
	if (ok && zone->file_index)
		ok = zs_build_add_config(run, list, count, room, &config->files[zone->file_index]);
	for (size_t d = 0; d < zone->dane_count; d++) {
		const struct zs_dane_entry *entry = &zone->dane[d];
		for (size_t i = 0; i < entry->certificate_count; i++)
			add_input(run, list, count, room, entry->certificates[i].path);
		if (entry->next.path)
			add_input(run, list, count, room, entry->next.path);
	}
	for (int kind = 0; kind < ZS_MADE_KINDS; kind++)
		for (size_t e = 0; e < zone->made[kind].count; e++)
			for (size_t i = 0; i < zone->made[kind].entries[e].file_count; i++)
				add_input(run, list, count, room, zone->made[kind].entries[e].files[i].path);
	return ok;
}

static struct zs_input_facts *find_output(const struct zs_facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->input_count; i++)
		if (strcmp(facts->inputs[i].path, path) == 0)
			return &facts->inputs[i];
	return NULL;
}

void zs_build_add_output(struct zs_run *run, struct zs_facts *facts, const struct zs_file_id *id, const uint8_t sha256[32], const char *path)
{
	struct zs_input_facts output = { .path = path, .id = *id }, *former = find_output(facts, path);
	memcpy(output.sha256, sha256, sizeof output.sha256);
	if (former) /* a rescue keeps the inputs of before */
		*former = output;
	else
		ZS_PUSH(run->arena, facts->inputs, facts->input_count, facts->input_room) = output;
}

void zs_build_keep_output(struct zs_run *run, const struct zs_facts *facts, const char *path, struct zs_input_facts **list, size_t *count, size_t *room)
{
	const struct zs_input_facts *output = find_output(facts, path);
	if (output)
		ZS_PUSH(run->arena, *list, *count, *room) = *output;
}

bool zs_build_output_is_there(const struct zs_building *b)
{
	return access(b->zone_config->output.path, F_OK) == 0;
}

bool zs_build_output_is_ours(const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	struct stat status;
	const struct zs_input_facts *output = find_output(facts, zone->output.path);
	if (!output || stat(output->path, &status) != 0 || memcmp(output->sha256, facts->published.sha256, 32) != 0)
		return false;
	const struct zs_file_id id = zs_file_id(&status);
	return zs_file_id_equal(&id, &output->id);
}

static const struct zs_config_file *config_file(const struct zs_config *config, const struct zs_zone_config *zone, const char *path)
{
	const struct zs_config_file *own = &config->files[zone->file_index];
	return strcmp(path, config->files->path) == 0 ? config->files : strcmp(path, own->path) == 0 ? own : NULL;
}

/* A file of the config was read already, so it is not looked at again. */
static bool config_unchanged(struct zs_run *run, const struct zs_facts *facts, const struct zs_input_facts *input,
                             const struct zs_config_file *file)
{
	uint8_t sha256[32];
	return zs_file_id_equal(&file->id, &input->id)
	    && (!is_racy(facts, input) || (zs_config_file_hash(run, file, sha256) && memcmp(sha256, input->sha256, 32) == 0));
}

bool zs_build_unchanged(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config *zone,
                        const struct zs_facts *facts)
{
	unsigned config_seen = 0;
	for (size_t i = 0; i < facts->input_count; i++) {
		const struct zs_input_facts *input = &facts->inputs[i];
		const struct zs_config_file *file = config_file(config, zone, input->path);
		struct stat status;
		if (file) {
			config_seen++;
			if (!config_unchanged(run, facts, input, file))
				return false;
			continue;
		}
		if (strcmp(input->path, zone->output.path) == 0)
			continue; /* zs_build_output_is_ours */
		const bool there_now = stat(input->path, &status) == 0;
		if (!input->id.ino && !there_now && errno == ENOENT)
			continue; /* it was not there, and is not */
		if (!there_now)
			return false;
		const struct zs_file_id id = zs_file_id(&status);
		if (!zs_file_id_equal(&id, &input->id))
			return false;
		uint8_t sha256[32];
		if (is_racy(facts, input) && (!digest_of(input->path, &status, sha256, NULL) || memcmp(sha256, input->sha256, 32) != 0))
			return false;
	}
	/* also false if another config is read than at the last build */
	return config_seen == (zone->file_index ? 2 : 1);
}
