/* command.c - commands to run: a list is argv, a string is split at blanks, {shell: "..."} is a shell. */
#include <string.h>

#include "config/schema.h"

static bool has_placeholder(const struct zs_command *command)
{
	for (size_t i = 0; command->argv && command->argv[i]; i++)
		if (strstr(command->argv[i], "{zone}"))
			return true;
	return false;
}

/* Nothing is quoted or expanded, which is not what someone who knows shells expects. */
static void warn_shell_text(struct zs_loader *loader, const struct zs_yaml *node, const char *what)
{
	const char *p = node->text;
	while (*p) {
		if (strncmp(p, "{zone}", 6) == 0) {
			p += 6;
			continue;
		}
		if (strchr("'\"\\`$|&;<>()*?[]{}~#!", *p)) {
			zs_warn(loader->run, &node->where,
			        "'%c' in '%s' has no meaning: the text is split at blanks, without a shell",
			        *p, what);
			zs_hint(loader->run, "a list passes its arguments as they are: [/path/to/it, \"an argument\"]; a shell is "
			        "run by {shell: \"...\"}");
			return;
		}
		p++;
	}
}

static bool split(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_command *out)
{
	static const char blanks[] = " \t\r\n";
	const char **argv = NULL;
	size_t count = 0, room = 0;
	for (const char *p = node->text + strspn(node->text, blanks); *p; p += strspn(p, blanks)) {
		const size_t len = strcspn(p, blanks);
		ZS_PUSH(loader->arena, argv, count, room) = zs_arena_text(loader->arena, p, len);
		p += len;
	}
	if (!count)
		return zs_error(loader->run, &node->where, "'%s' has no value", what);
	ZS_PUSH(loader->arena, argv, count, room) = NULL;
	warn_shell_text(loader, node, what);
	out->argv = argv;
	return true;
}

static bool from_list(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_command *out)
{
	size_t count = 0;
	const struct zs_yaml *const *nodes = zs_scalars(loader, node, what, &count);
	if (!nodes)
		return false;
	if (!nodes[0]->len)
		return zs_error(loader->run, &nodes[0]->where, "the program of '%s' is empty", what);
	const char **argv = zs_arena_array(loader->arena, count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		argv[i] = nodes[i]->text;
	out->argv = argv;
	return true;
}

static bool from_map(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_command *out)
{
	const struct zs_yaml *shell = zs_yaml_get(node, "shell");
	if (!shell || node->count != 1) {
		zs_error(loader->run, &node->where, "'%s' as a map has the option 'shell' alone", what);
		zs_hint(loader->run, "%s: {shell: \"...\"}", what);
		return false;
	}
	if (!zs_want_text(loader, shell, "shell"))
		return false;
	if (strstr(shell->text, "{zone}")) {
		/* a zone's name may hold any octet: put into a shell's text it would be code */
		zs_error(loader->run, &shell->where, "{zone} is not replaced in a shell's text");
		zs_hint(loader->run, "the name is in the environment: \"$ZONESIGN_ZONE\"");
		return false;
	}
	out->shell = shell->text;
	return true;
}

bool zs_command_read(struct zs_loader *loader, const struct zs_yaml *node, const char *what, struct zs_command *out)
{
	struct zs_command command = { .from = node->where };
	bool ok;
	if (node->kind == ZS_YAML_MAP)
		ok = from_map(loader, node, what, &command);
	else if (node->kind == ZS_YAML_LIST)
		ok = from_list(loader, node, what, &command);
	else
		ok = zs_want_text(loader, node, what) && split(loader, node, what, &command);
	if (ok)
		*out = command;
	return ok;
}

bool zs_command_check_zone(struct zs_loader *loader, const struct zs_command *command, const char *zone_text)
{
	if (zone_text[0] != '-' || !has_placeholder(command))
		return true;
	zs_error(loader->run, &command->from, "zone '%s' begins with '-': as {zone} it would be read as an option",
	         zs_shown(loader, zone_text));
	zs_hint(loader->run, "use {shell: \"...\"} with \"$ZONESIGN_ZONE\" behind a '--'");
	return false;
}
