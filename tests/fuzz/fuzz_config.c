/* fuzz_config.c - libFuzzer: any octets as zonesign.yaml. Besides not crashing, what is loaded must keep the promises of
 * config.h, and what is refused must say why, at a place that exists.
 *
 * Seeds: testdata/configs and zonesign.yaml.example.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/zs_fuzz_XXXXXX", path[sizeof directory + 16];

static void remove_directory(void)
{
	unlink(path);
	rmdir(directory);
}

static void write_config(const uint8_t *data, size_t size)
{
	if (!path[0]) {
		if (!mkdtemp(directory))
			abort();
		snprintf(path, sizeof path, "%s/zonesign.yaml", directory);
		atexit(remove_directory);
	}
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !zs_file_write_all(fd, data, size))
		abort();
	close(fd);
}

static void need(bool promise, const char *what)
{
	if (promise)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void check_dane(const struct zs_zone_config *zone)
{
	for (size_t i = 0; i < zone->dane_count; i++) {
		const struct zs_dane_entry *entry = &zone->dane[i];
		need(entry->host_count && entry->port_count && entry->certificate_count && entry->record_count, "an empty dane entry");
		for (size_t k = 0; k < entry->host_count; k++)
			need(entry->hosts[k].mx || zs_name_within(entry->hosts[k].name, zone->name), "a host outside the zone");
		for (size_t k = 0; k < entry->record_count; k++)
			need(entry->records[k].usage <= 3 && entry->records[k].selector <= 1 && entry->records[k].matching <= 2,
			     "an unassigned kind of TLSA");
		need(entry->ttl >= 1 && entry->ttl <= 30 * 86400, "a TTL out of range");
	}
}

static void check_command(const struct zs_command *command)
{
	need(!command->argv || !command->shell, "argv and shell");
	need(!command->argv || (command->argv[0] && command->argv[0][0]), "a command without a program");
}

static void check_policy(const struct zs_policy *policy)
{
	need(policy->name && policy->algorithm, "a policy without a name or algorithm");
	need(policy->validity > policy->refresh + policy->jitter, "validity");
	need(policy->refresh >= policy->propagation_zone + 2 * 86400, "refresh");
	need(policy->rsa_bits >= 2048 && policy->rsa_bits <= 4096, "rsa-bits");
	need(policy->nsec3.iterations <= 50, "iterations");
	need(policy->dnskey_ttl >= 1 && policy->dnskey_ttl <= INT32_MAX && policy->max_zone_ttl <= INT32_MAX, "a TTL");
}

static void check_config(struct zs_run *run, const struct zs_config *config)
{
	need(config->zone_count + config->bad_count > 0 && config->policy_count > 0 && config->file_count > 0, "an empty config");
	for (size_t i = 0; i < config->policy_count; i++)
		check_policy(&config->policies[i]);
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zs_zone_config *zone = &config->zones[i];
		need(zone->file.path && zone->output.path && strcmp(zone->file.path, zone->output.path) != 0, "file and output");
		need(zone->policy && zone->state_dir, "a zone without policy or state");
		need(!i || zs_name_compare(zone[-1].name, zone->name) < 0, "the order of zones");
		need(zs_name_len(zone->name) == zs_name_check(zone->name, ZS_NAME_MAX), "a name that is none");
		need(zs_config_zone(run, config, zone->name_text) == zone, "a zone that is not found by its name");
		check_command(&zone->reload);
		check_command(&zone->notify);
		check_dane(zone);
	}
}

static void check_diags(const struct zs_run *run)
{
	for (const struct zs_diag *diag = run->diags; diag; diag = diag->next) {
		need(diag->message && diag->message[0], "a diagnostic without words");
		for (const char *p = diag->message; *p; p++)
			need((unsigned char)*p >= ' ', "a control octet in a message");
		if (diag->excerpt)
			need(strlen(diag->excerpt) <= 160 && diag->excerpt_column <= strlen(diag->excerpt) + 1, "a caret out of its line");
		need(!diag->line || !diag->path || diag->excerpt, "a line that is not in the file");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	write_config(data, size);
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config = NULL;
	const bool ok = zs_config_load(run, path, &config);
	need(ok == !run->error_count && ok == (config != NULL), "the result is not that of the diagnostics");
	need(ok || run->fault == ZS_INPUT, "the config is at fault");
	if (ok)
		check_config(run, config);
	check_diags(run);
	zs_run_end(run);
	return 0;
}
