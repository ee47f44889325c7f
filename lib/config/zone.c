/* zone.c - the zones of `zones` and of `zones-dir`, and the rules between them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/text.h"
#include "config/schema.h"

enum { NO_FILE = INT_MAX }; /* index of a file that could not be read; not that of the main file */
/* Octets of a file in zones-dir. All of them are in memory at once, as a tree of more than twenty times that, and the tenant who writes one
 * must not fill it. */
enum { ZONE_FILE_MAX = 4 << 20 };
enum { AT_ONCE = 512 }; /* zones whose files a thread looks at: for fewer none is started */

struct zone_list {
	struct zs_zone_config *zones;
	size_t count, room;
};

static void read_registrar(struct zs_loader *loader, const struct zs_yaml *node, struct zs_zone_config *zone)
{
	const char *names[64];
	size_t count = 0;
	if (!zs_want_text(loader, node, "registrar"))
		return;
	for (const char *name; count < ZS_COUNT(names) && (name = zs_registrar_name(count)); count++) {
		names[count] = name;
		if (zs_text_equal(node->text, node->len, name)) {
			zone->registrar = name;
			return;
		}
	}
	zs_error(loader->run, &node->where, "there is no form for registrar '%s'", zs_shown(loader, node->text));
	zs_hint_words(loader, node->text, names, count);
	if (!zs_text_nearest(node->text, names, count))
		zs_hint(loader->run, "'general' shows every field that a registrar may ask for");
}

static const struct zs_policy *find_policy(const struct zs_config *config, const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

static void read_policy(struct zs_loader *loader, const struct zs_yaml *node, struct zs_zone_config *zone)
{
	const struct zs_config *config = loader->config;
	const char *name = zs_option_default(ZS_SECTION_ZONE, "policy");
	if (node && !zs_want_text(loader, node, "policy"))
		return;
	zone->policy = find_policy(config, node ? node->text : name);
	if (zone->policy || !node)
		return;
	zs_error(loader->run, &node->where, "there is no policy '%s'", zs_shown(loader, node->text));
	if (loader->run->last_dropped) /* nobody sees the hint, and thousands of zones may have that mistake */
		return;
	const char **names = zs_arena_array(loader->arena, config->policy_count, sizeof(char *));
	for (size_t i = 0; i < config->policy_count; i++)
		names[i] = config->policies[i].name;
	zs_hint_words(loader, node->text, names, config->policy_count);
}

static const struct zs_publish_options *keep_publish(struct zs_loader *loader, const struct zs_zone_draft *draft)
{
	struct zs_publish_options *kept = zs_arena_alloc(loader->arena, sizeof *kept);
	*kept = draft->publish;
	return kept;
}

static void read_options(struct zs_loader *loader, const struct zs_yaml *map, struct zs_zone_draft *draft)
{
	struct zs_zone_config *zone = &draft->zone;
	const struct zs_yaml *node;
	const struct zs_source *where = map->kind == ZS_YAML_MAP ? &zone->from : &map->where;
	if (!zs_yaml_is_null(map)) {
		if (!zs_want_map(loader, map, zone->name_text))
			return;
		zs_schema_read(loader, ZS_SECTION_ZONE, map, draft);
		if (zs_yaml_get(map, "publish"))
			zone->publish = keep_publish(loader, draft);
	}
	if (!zs_yaml_get(map, "file"))
		zs_error(loader->run, where, "zone '%s' has no 'file'", zone->name_text);
	if (!zs_yaml_get(map, "output") && zone->publish->kind == ZS_PUBLISH_UPDATE)
		zone->output = (struct zs_config_path){ zs_arena_printf(loader->arena, "%s/output", zone->state_dir), "output", zone->from };
	else if (!zs_yaml_get(map, "output"))
		zs_error(loader->run, where, "zone '%s' has no 'output'", zone->name_text);
	read_policy(loader, zs_yaml_get(map, "policy"), zone);
	if ((node = zs_yaml_get(map, "registrar")))
		read_registrar(loader, node, zone);
	if ((node = zs_yaml_get(map, "dane")))
		zs_dane_read(loader, node, zone);
	for (int kind = 0; kind < ZS_MADE_KINDS; kind++)
		if ((node = zs_yaml_get(map, zs_made_section_name((enum zs_made_kind)kind))))
			zs_made_read(loader, (enum zs_made_kind)kind, node, zone);
	zs_publish_check(loader, zs_yaml_get(map, "publish"), zone);
	zs_command_check_zone(loader, &zone->reload, zone->name_text);
	zs_command_check_zone(loader, &zone->notify, zone->name_text);
	zs_command_check_zone(loader, &zone->second_opinion, zone->name_text);
}

static bool of_main(const struct zs_zone_config *zone)
{
	return !zone->file_index;
}

/* What was reported since mark stops this zone and no other. The first that does is kept: the rest may follow from it. */
static void blame(struct zs_loader *loader, struct zs_zone_config *zone, const struct zs_run_mark *mark)
{
	const struct zs_diag *diags = zs_run_take(loader->run, mark);
	if (!zone->wrong)
		zone->wrong = diags;
}

/* What text and map say into *zone; map NULL: only its name is known. */
static void read_zone(struct zs_loader *loader, struct zs_zone_draft *draft, const char *text, const struct zs_source *where,
                      const struct zs_yaml *map)
{
	char shown[ZS_NAME_TEXT], path[ZS_NAME_PATH];
	uint8_t name[ZS_NAME_MAX];
	struct zs_zone_config *zone = &draft->zone;
	zone->from = *where;
	if (!zs_host_read(loader, text, where, "zone", name))
		return;
	zone->name = memcpy(zs_arena_alloc(loader->arena, zs_name_len(name)), name, zs_name_len(name));
	zone->name_text = zs_arena_strdup(loader->arena, zs_name_text(name, shown));
	zone->state_dir = zs_arena_printf(loader->arena, "%s/%s", loader->config->state_dir, zs_name_path(name, path));
	if (map)
		read_options(loader, map, draft);
}

/* ---- zones-dir ---- */

static int hex_digit(char c)
{
	c = zs_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A file's name as zs_name_path writes it ("@", "0%2F25.2.0.192.in-addr.arpa") to the zone's, in zone file text. */
static const char *name_of_path(struct zs_loader *loader, const char *path, size_t len)
{
	struct zs_buf out = { .arena = loader->arena, .max = ZS_NAME_TEXT };
	if (len == 1 && path[0] == '@')
		return ".";
	for (size_t i = 0; i < len; i++) {
		const bool coded = path[i] == '%' && len - i > 2 && hex_digit(path[i + 1]) >= 0 && hex_digit(path[i + 2]) >= 0;
		if (!coded) {
			zs_buf_octet(&out, (uint8_t)path[i]);
			continue;
		}
		zs_buf_printf(&out, "\\%03d", hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2]));
		i += 2;
	}
	return zs_buf_string(&out);
}

static const char *stem_end(const char *name)
{
	static const char suffix[] = ".yaml";
	const size_t len = strlen(name), tail = sizeof suffix - 1;
	return len > tail && strcmp(name + len - tail, suffix) == 0 ? name + len - tail : NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The *.yaml in dir, sorted. */
static const char **list_dir(struct zs_loader *loader, const struct zs_config_path *dir, size_t *count)
{
	const char **names = NULL;
	size_t room = 0;
	DIR *stream = opendir(dir->path);
	if (!stream) {
		zs_error(loader->run, &dir->from, "cannot open directory '%s': %s", dir->path, strerror(errno));
		return NULL;
	}
	*count = 0;
	const struct dirent *entry;
	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		const char *name = entry->d_name;
		const size_t len = strlen(name);
		if (name[0] == '.')
			continue; /* editors keep their copies there */
		if (stem_end(name))
			ZS_PUSH(loader->arena, names, *count, room) = zs_arena_strdup(loader->arena, name);
		else if (len > 4 && strcmp(name + len - 4, ".yml") == 0)
			zs_warn(loader->run, &dir->from, "'%s' in '%s' is not read: zones are in files that end in .yaml",
			        zs_shown(loader, name), dir->path);
	}
	if (errno)
		zs_error(loader->run, &dir->from, "cannot read directory '%s': %s", dir->path, strerror(errno));
	closedir(stream);
	if (*count)
		qsort(names, *count, sizeof *names, by_text);
	return names;
}

/* The file's document, or NULL. *index: of config->files. */
static const struct zs_yaml *parse_zone_file(struct zs_loader *loader, const struct zs_config_path *dir, const char *path,
                                             struct zs_input *input, size_t *index)
{
	const struct zs_yaml *root = NULL;
	struct zs_file_id id;
	if (!zs_check_owner(loader, path)
	    || !zs_file_read(loader->run, loader->arena, &dir->from, path, ZONE_FILE_MAX, input, &id))
		return NULL;
	*index = zs_config_add_file(loader, input, &id);
	return zs_yaml_parse(loader->run, loader->arena, input, &root) ? root : NULL;
}

/* A file that is wrong, perhaps half written, is a zone too: others must not take its name. */
static void read_zone_file(struct zs_loader *loader, struct zone_list *list, const struct zs_config_path *dir,
                           const char *name)
{
	const struct zs_run_mark mark = zs_run_mark(loader->run);
	struct zs_input *input = zs_arena_alloc(loader->arena, sizeof *input);
	const char *text = name_of_path(loader, name, (size_t)(stem_end(name) - name));
	input->path = zs_arena_printf(loader->arena, "%s/%s", dir->path, name);
	struct zs_zone_draft draft = loader->zone;
	struct zs_zone_config *zone = &draft.zone;
	zone->file_index = NO_FILE;
	const struct zs_source file = { .input = input };
	const struct zs_yaml *root = parse_zone_file(loader, dir, input->path, input, &zone->file_index);
	read_zone(loader, &draft, text, &file, root);
	if (!zs_run_ok_since(loader->run, mark.error_count))
		blame(loader, zone, &mark);
	ZS_PUSH(loader->arena, list->zones, list->count, list->room) = *zone;
}

static void read_zones_dir(struct zs_loader *loader, const struct zs_yaml *node, struct zone_list *list)
{
	struct zs_config_path dir;
	size_t count = 0;
	if (!zs_path_read(loader, node, "zones-dir", &dir))
		return;
	const char **names = list_dir(loader, &dir, &count);
	for (size_t i = 0; i < count; i++)
		read_zone_file(loader, list, &dir, names[i]);
}

/* ---- what is there ---- */

/* A zone's file and output as they are on disk. */
struct look {
	struct zone_list *list;
	bool *one_file; /* of each zone: both paths lead to one file */
};

static void look_at_files(void *context, unsigned thread, size_t from, size_t to)
{
	const struct look *look = context;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		struct zs_zone_config *zone = &look->list->zones[i];
		struct stat file, output;
		if (!zone->file.path || !zone->output.path || lstat(zone->output.path, &output) != 0)
			continue;
		zone->output_link = S_ISLNK(output.st_mode);
		look->one_file[i] = (!zone->output_link || stat(zone->output.path, &output) == 0) && stat(zone->file.path, &file) == 0
		                 && output.st_dev == file.st_dev && output.st_ino == file.st_ino;
	}
}

/* output over file would destroy what the user wrote, whatever links lead there. */
static void check_outputs(struct zs_loader *loader, struct zone_list *list)
{
	struct look look = { .list = list, .one_file = zs_arena_array(loader->arena, list->count, sizeof(bool)) };
	zs_pool_run(loader->run->jobs, list->count, AT_ONCE, look_at_files, &look);
	for (size_t i = 0; i < list->count; i++) {
		struct zs_zone_config *zone = &list->zones[i];
		if (!zone->file.path || !zone->output.path
		    || (!look.one_file[i] && strcmp(zs_path_clean(loader->arena, zone->file.path), zs_path_clean(loader->arena, zone->output.path)) != 0))
			continue;
		const struct zs_run_mark mark = zs_run_mark(loader->run);
		zs_error(loader->run, &zone->output.from, "output '%s' is the zone file itself", zs_shown(loader, zone->output.text));
		zs_hint(loader->run, "the signed zone would replace the file that you edit");
		if (!of_main(zone))
			blame(loader, zone, &mark);
	}
}

/* ---- between zones ---- */

/* As qsort; most lists are written in order, and elements of a kilobyte are then not moved about. */
static void sort(void *list, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	const char *element = list;
	for (size_t i = 1; i < count; i++, element += size)
		if (compare(element, element + size) > 0) {
			qsort(list, count, size, compare);
			return;
		}
}

static int by_name(const void *a, const void *b)
{
	const struct zs_zone_config *x = a, *y = b;
	return zs_name_compare(x->name, y->name);
}

static const char *place_text(struct zs_loader *loader, const struct zs_source *where)
{
	if (!where->line)
		return where->input->path;
	return zs_arena_printf(loader->run->arena, "%s:%u", where->input->path, where->line);
}

static void say_twice(struct zs_loader *loader, const struct zs_zone_config *zone, const struct zs_zone_config *other)
{
	zs_error(loader->run, &zone->from, "zone '%s' is there twice, also at %s", zone->name_text, place_text(loader, &other->from));
}

/* Zones in canonical order; one state directory belongs to each name, so this finds two of those as well. */
static void check_names(struct zs_loader *loader, const struct zone_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct zs_zone_config *one = &list->zones[i - 1], *other = &list->zones[i];
		if (!one->name_text || !other->name_text || !zs_name_equal(one->name, other->name))
			continue;
		if (of_main(one) && of_main(other)) {
			say_twice(loader, other, one);
			continue;
		}
		const struct zs_run_mark mark = zs_run_mark(loader->run);
		say_twice(loader, one, other);
		blame(loader, one, &mark);
		say_twice(loader, other, one);
		blame(loader, other, &mark);
	}
}

/* A file as it is written or read: its directory, by whatever links lead there, and its name in it. */
struct use {
	const char *path;  /* clean */
	const char *name;  /* in path, behind the last slash */
	uint64_t dev, ino; /* of the directory; 0: it is not there yet, path tells it */
	struct zs_zone_config *zone;
	const struct zs_config_path *from; /* as the user wrote it */
	bool written;
};

static int by_text_of_path(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int place_compare(const struct use *x, const struct use *y)
{
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->ino ? strcmp(x->name, y->name) : strcmp(x->path, y->path);
}

/* By place; what is written first. */
static int by_place(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	const int order = place_compare(x, y);
	if (order)
		return order;
	return x->written != y->written ? y->written - x->written : zs_name_compare(x->zone->name, y->zone->name);
}

static void say_one_output(struct zs_loader *loader, const struct use *first, const struct use *other, const struct use *at)
{
	zs_error(loader->run, &at->from->from, "zones '%s' and '%s' have one output, '%s'", first->zone->name_text, other->zone->name_text,
	         zs_shown(loader, at->from->text));
	zs_hint(loader->run, "the other one is at %s", place_text(loader, at == first ? &other->from->from : &first->from->from));
}

static void check_pair(struct zs_loader *loader, const struct use *first, const struct use *other)
{
	const struct zs_run_mark mark = zs_run_mark(loader->run);
	if (!first->written || first->zone == other->zone || zs_name_equal(first->zone->name, other->zone->name))
		return;
	if (!other->written) {
		zs_error(loader->run, &first->from->from, "output '%s' is the zone file of '%s'", zs_shown(loader, first->from->text),
		         other->zone->name_text);
		if (!of_main(first->zone) || !of_main(other->zone))
			blame(loader, first->zone, &mark); /* the other may be built: its file is not written */
		return;
	}
	if (of_main(first->zone) && of_main(other->zone)) {
		say_one_output(loader, first, other, other);
		return;
	}
	say_one_output(loader, first, other, first);
	blame(loader, first->zone, &mark);
	say_one_output(loader, first, other, other);
	blame(loader, other->zone, &mark);
}

static struct use use_of(struct zs_loader *loader, struct zs_zone_config *zone, const struct zs_config_path *from)
{
	char *real = from == &zone->output && zone->output_link ? realpath(from->path, NULL) : NULL;
	const char *path = zs_path_clean(loader->arena, real ? real : from->path);
	free(real);
	return (struct use){ .path = path, .name = zs_file_base(path), .zone = zone, .from = from, .written = from != &zone->file };
}

/* Two paths may lead to one directory. Sorted by path, each directory is looked at about once. */
static void find_dirs(struct use *uses, size_t count)
{
	for (size_t i = 0, before = 0; i < count; before = i++) {
		struct use *u = &uses[i];
		const size_t len = (size_t)(u->name - u->path);
		char dir[PATH_MAX];
		struct stat info;
		if (i && (size_t)(uses[before].name - uses[before].path) == len && memcmp(uses[before].path, u->path, len) == 0) {
			u->dev = uses[before].dev;
			u->ino = uses[before].ino;
			continue;
		}
		if (len >= sizeof dir)
			continue;
		memcpy(dir, u->path, len);
		dir[len] = 0;
		if (stat(len ? dir : ".", &info) == 0) {
			u->dev = (uint64_t)info.st_dev;
			u->ino = (uint64_t)info.st_ino;
		}
	}
}

static void check_paths(struct zs_loader *loader, const struct zone_list *list)
{
	struct use *uses = zs_arena_array(loader->arena, 3 * list->count, sizeof *uses);
	size_t count = 0;
	for (int kind = 0; kind < 3; kind++) /* all files, then all outputs: often in order so */
		for (size_t i = 0; i < list->count; i++) {
			struct zs_zone_config *zone = &list->zones[i];
			const struct zs_config_path *paths[] = { &zone->file, &zone->output, &zone->publish->file /* PowerDNS reads there what we write */ };
			if (paths[kind]->path && !zone->wrong)
				uses[count++] = use_of(loader, zone, paths[kind]);
		}
	if (!count)
		return;
	sort(uses, count, sizeof *uses, by_text_of_path);
	find_dirs(uses, count);
	sort(uses, count, sizeof *uses, by_place);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (place_compare(&uses[first], &uses[i]) != 0)
			first = i;
		else
			check_pair(loader, &uses[first], &uses[i]);
	}
}

/* Those that are wrong to config->bad, the others stay, in their order. */
static void put_apart(struct zs_loader *loader, struct zone_list *list)
{
	struct zs_bad_zone *bad = NULL;
	size_t kept = 0, count = 0, room = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct zs_zone_config *zone = &list->zones[i];
		if (!zone->wrong) {
			if (kept != i)
				list->zones[kept] = *zone;
			kept++;
			continue;
		}
		struct zs_bad_zone *one = &ZS_PUSH(loader->arena, bad, count, room);
		one->name_text = zone->name_text;
		one->diags = zone->wrong;
		one->name = zone->name;
	}
	loader->config->zones = list->zones;
	loader->config->zone_count = kept;
	loader->config->bad = bad;
	loader->config->bad_count = count;
}

void zs_zones_read(struct zs_loader *loader, const struct zs_yaml *root)
{
	static const uint8_t root_name[1] = { 0 }; /* of a zone whose name is wrong */
	struct zone_list list = { 0 };
	const unsigned errors = loader->run->error_count;
	zs_schema_defaults(loader, ZS_SECTION_ZONE, &loader->zone);
	loader->zone.zone.name = root_name;
	loader->zone.zone.publish = keep_publish(loader, &loader->zone);
	const struct zs_yaml *zones = zs_yaml_get(root, "zones"), *dir = zs_yaml_get(root, "zones-dir");
	if (zones && zs_want_map(loader, zones, "zones"))
		for (uint32_t i = 0; i < zones->count; i++) {
			struct zs_zone_draft draft = loader->zone;
			read_zone(loader, &draft, zones->entries[i].key, &zones->entries[i].key_where, zones->entries[i].value);
			if (draft.zone.name_text)
				ZS_PUSH(loader->arena, list.zones, list.count, list.room) = draft.zone;
		}
	if (dir)
		read_zones_dir(loader, dir, &list);
	check_outputs(loader, &list);
	if (list.count) {
		sort(list.zones, list.count, sizeof *list.zones, by_name);
		check_names(loader, &list);
		check_paths(loader, &list);
	} else if (zs_run_ok_since(loader->run, errors)) {
		const struct zs_source file = { .input = loader->main };
		zs_error(loader->run, &file, "the config has no zones");
		zs_hint(loader->run, "`zonesign init FILE...` writes a config from zone files");
	}
	put_apart(loader, &list);
}
