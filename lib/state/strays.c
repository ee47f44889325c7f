/* strays.c - zones that have left the config, and whose state is still there. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "dns/name.h"
#include "state/state.h"

static bool is_bad(const struct zs_config *config, const uint8_t *name)
{
	for (size_t i = 0; i < config->bad_count; i++)
		if (config->bad[i].name && zs_name_equal(config->bad[i].name, name))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return zs_name_compare(((const struct zs_zone_config *)a)->name, ((const struct zs_zone_config *)b)->name);
}

static struct zs_zone_config stray(struct zs_arena *arena, const struct zs_config *config, const char *dir, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	const size_t len = zs_name_len(name), text_len = zs_name_format(name, text);
	return (struct zs_zone_config){ .name = memcpy(zs_arena_alloc(arena, len), name, len), .name_text = zs_arena_text(arena, text, text_len),
		                        .state_dir = zs_arena_printf(arena, "%s/%s", config->state_dir, dir) };
}

bool zs_facts_strays(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config **out, size_t *count)
{
	struct zs_zone_config *list = NULL;
	uint8_t name[ZS_NAME_MAX];
	size_t room = 0;
	*count = 0;
	*out = NULL;
	DIR *dir = opendir(config->state_dir);
	if (!dir)
		return errno == ENOENT || zs_file_dir_failed(run, config->state_dir);
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir)); errno = 0)
		if (zs_name_from_path(entry->d_name, name) && !zs_config_find(config, name) && !is_bad(config, name))
			ZS_PUSH(run->arena, list, *count, room) = stray(run->arena, config, entry->d_name, name);
	const int error = errno;
	closedir(dir);
	if (error)
		return zs_fail(run, "cannot list '%s': %s", config->state_dir, strerror(error));
	if (*count)
		qsort(list, *count, sizeof *list, by_name);
	*out = list;
	return true;
}
