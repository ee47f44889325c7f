/* cases.c - a change of keys as text: one line per event of what is published, who signs, what the parent is asked and has.
 *
 *     cases FILE    the script; the timeline to stdout; 1 if the oracle found a bogus mix
 *
 * A script has lines "DAY[+HOURS] COMMAND ARGUMENT"; a build runs every hour, as cron does. Commands: see obey(). Keys are
 * named by role and number (K KSK, Z ZSK, C CSK), with the algorithm if it is not 13. What the user does begins with '*'.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/timeline/world.h"

enum { HOUR = 3600, DAY = 86400, BEGIN = 1700006400, LINES = 64 }; /* 2023-11-15 00:00 */

struct line {
	zs_time at;
	char command[32], argument[32];
};

struct teller {
	struct world w;
	zs_seconds parent_delay; /* from a new wish to the parent's change; 0: within the hour */
	bool parent_off, newest_only, takes_none;
	struct oracle_set wish;
	zs_time wished;
	zs_time cron_off_until;
	char last[1024], said[512];
};

static const struct zs_key_facts *find_key(const struct teller *t, uint64_t id)
{
	for (size_t i = 0; i < t->w.disk->key_count; i++)
		if (t->w.disk->keys[i].tag == (id & 0xffff))
			return &t->w.disk->keys[i];
	return NULL;
}

static int put_set(const struct teller *t, char *out, size_t room, const char *name, const struct oracle_set *set)
{
	static const char letters[] = "?KZC";
	int len = snprintf(out, room, "%s", name);
	for (size_t i = 0; i < set->count; i++) {
		const struct zs_key_facts *key = find_key(t, set->keys[i].id);
		len += snprintf(out + len, room - (size_t)len, " %c%u", key ? letters[key->role] : '?', (unsigned)(set->keys[i].id & 0xffff));
		if (set->keys[i].algorithm != 13)
			len += snprintf(out + len, room - (size_t)len, "/%u", set->keys[i].algorithm);
	}
	if (!set->count)
		len += snprintf(out + len, room - (size_t)len, " -");
	return len;
}

static void print_date(const struct teller *t)
{
	const zs_seconds since = t->w.now - BEGIN;
	printf("day %3lld %02lld:%02lld  ", (long long)(since / DAY), (long long)(since % DAY / HOUR), (long long)(since % HOUR / 60));
}

static void tell(struct teller *t)
{
	char line[1024];
	size_t len = 0;
	len += (size_t)put_set(t, line + len, sizeof line - len, "DNSKEY", &t->w.served.dnskeys);
	len += (size_t)put_set(t, line + len, sizeof line - len, " | keys by", &t->w.served.key_signers);
	len += (size_t)put_set(t, line + len, sizeof line - len, " | zone by", &t->w.served.zone_signers);
	len += (size_t)put_set(t, line + len, sizeof line - len, " | DS wanted", &t->w.cds);
	(void)put_set(t, line + len, sizeof line - len, " | at the parent", &t->w.ds);
	if (strcmp(line, t->last) != 0) {
		print_date(t);
		printf("%s\n", line);
		strcpy(t->last, line);
	}
	const struct zs_facts *facts = t->w.disk;
	struct zs_run *run = zs_run_begin();
	struct zs_plan *plan;
	run->now = t->w.now;
	if (facts->published.known && zs_rollover_outlook(run, &t->w.policy, facts, &t->w.ttls, &plan)) {
		const char *text = plan->instruction ? plan->instruction : "";
		if (strcmp(text, t->said) != 0) {
			print_date(t);
			printf("  you: %s\n", *text ? text : "nothing to do");
			snprintf(t->said, sizeof t->said, "%s", text);
		}
	}
	zs_run_end(run);
}

static void roll(struct teller *t, const char *what, bool emergency)
{
	const enum zs_roll_kind kind = strcmp(what, "ksk") == 0 ? ZS_ROLL_KSK : strcmp(what, "zsk") == 0 ? ZS_ROLL_ZSK : ZS_ROLL_CSK;
	struct zs_run *run = t->w.disk_run;
	run->now = t->w.now;
	zs_rollover_request(run, world_edit(&t->w), kind, emergency);
}

static void add_standby(struct teller *t)
{
	struct zs_facts *facts = world_edit(&t->w);
	struct zs_key_facts key = { .algorithm = t->w.policy.algorithm, .role = ZS_KSK, .goal_in = true, .standby = true, .created = t->w.now,
		                    .tag = (uint16_t)++t->w.made, .dnskey = { .phase = ZS_HIDDEN }, .krrsig = { .phase = ZS_HIDDEN },
		                    .ds = { .phase = ZS_HIDDEN } };
	zs_put_u32(key.id, (uint32_t)t->w.made);
	ZS_PUSH(t->w.disk_run->arena, facts->keys, facts->key_count, facts->key_room) = key;
}

static bool obey(struct teller *t, const struct line *line)
{
	const char *c = line->command, *a = line->argument;
	const long number = strtol(a, NULL, 10);
	struct zs_policy *p = &t->w.policy;
	struct zs_facts *facts = world_edit(&t->w);
	if (strcmp(c, "roll") == 0 || strcmp(c, "emergency") == 0)
		roll(t, a, *c == 'e');
	else if (strcmp(c, "algorithm") == 0)
		p->algorithm = (uint8_t)number;
	else if (strcmp(c, "csk") == 0)
		p->csk = *a == 'y';
	else if (strcmp(c, "zsk-lifetime") == 0)
		p->zsk_lifetime = number * DAY;
	else if (strcmp(c, "ksk-lifetime") == 0)
		p->ksk_lifetime = number * DAY;
	else if (strcmp(c, "csk-lifetime") == 0)
		p->csk_lifetime = number * DAY;
	else if (strcmp(c, "ttl") == 0)
		t->w.ttls.largest = (uint32_t)number;
	else if (strcmp(c, "dnskey-ttl") == 0)
		p->dnskey_ttl = (uint32_t)number;
	else if (strcmp(c, "parent-ttl") == 0)
		world_parent_ttl(&t->w, (uint32_t)number);
	else if (strcmp(c, "parent-delay") == 0)
		t->parent_delay = number * HOUR;
	else if (strcmp(c, "parent") == 0)
		t->parent_off = strcmp(a, "off") == 0, t->newest_only = strcmp(a, "newest") == 0, t->takes_none = strcmp(a, "none") == 0;
	else if (strcmp(c, "unsign") == 0)
		facts->unsign = *a == 'y' ? t->w.now : 0;
	else if (strcmp(c, "abandon") == 0)
		zs_rollover_abandon(facts, t->w.now), t->w.oracle.forgiven = true;
	else if (strcmp(c, "standby") == 0)
		add_standby(t);
	else if (strcmp(c, "cron-off") == 0)
		t->cron_off_until = t->w.now + number * DAY;
	else
		return false;
	facts->next_due = t->w.now;
	if (!facts->published.known)
		world_was_unsigned(&t->w);
	print_date(t);
	printf("* %s %s\n", c, a);
	return true;
}

static void parent_lives(struct teller *t)
{
	if (!oracle_set_equal(&t->wish, &t->w.cds)) {
		t->wish = t->w.cds;
		t->wished = t->w.now;
	}
	if (!t->parent_off && t->w.now - t->wished >= t->parent_delay)
		world_parent_obeys(&t->w, t->takes_none ? TAKE_NONE : t->newest_only ? TAKE_NEWEST : TAKE_ALL);
}

static size_t read_script(FILE *in, struct line *lines, zs_time *end)
{
	char text[256];
	size_t count = 0;
	*end = BEGIN + 10 * DAY;
	while (fgets(text, sizeof text, in)) {
		long day = 0, hour = 0;
		char command[32] = "", argument[32] = "";
		if (*text == '#' || *text == '\n')
			continue;
		if (sscanf(text, "%ld+%ld %31s %31s", &day, &hour, command, argument) < 3 && sscanf(text, "%ld %31s %31s", &day, command, argument) < 2)
			exit(2);
		if (strcmp(command, "end") == 0)
			*end = BEGIN + day * DAY;
		else if (count < LINES)
			lines[count] = (struct line){ .at = BEGIN + day * DAY + hour * HOUR }, strcpy(lines[count].command, command),
			strcpy(lines[count++].argument, argument);
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct line lines[LINES];
	struct teller t = { .said = "" };
	zs_time end;
	FILE *in = argc > 1 ? fopen(argv[1], "r") : NULL;
	if (!in)
		return 2;
	const size_t count = read_script(in, lines, &end);
	size_t next = 0;
	fclose(in);
	world_begin(&t.w, BEGIN);
	for (; t.w.now <= end; t.w.now += HOUR) {
		for (; next < count && lines[next].at <= t.w.now; next++)
			if (!obey(&t, &lines[next]))
				return 2;
		if (t.w.now >= t.cron_off_until && world_is_due(&t.w) && !world_build(&t.w, KILL_NONE))
			return 1;
		tell(&t);
		parent_lives(&t);
		tell(&t);
		if (t.w.oracle.forgiven && t.w.disk->abandoned == 0 && t.w.disk->published.known && !oracle_is_bogus_from(&t.w.oracle, t.w.now)) {
			print_date(&t);
			printf("  the chain is whole again, in every cache\n");
			t.w.oracle.forgiven = false;
		}
	}
	printf("%s\n", t.w.oracle.bogus ? t.w.oracle.why : "no cache ever had a bogus mix");
	const bool ok = !t.w.oracle.bogus;
	world_end(&t.w);
	return !ok;
}
