/* pdns_sql.c - the zone as rows of the tables of PowerDNS's generic SQL backends, by SQL that SQLite, PostgreSQL and MySQL all take.
 * `pdnsutil backend-cmd` passes it to the backend, so that one way serves all, with the server's own access to its database.
 *
 * What decides denials: `auth` (may the name's data be signed?) and `ordername` (the place of the name in the chain; its text is the
 * labels below the apex from the right, or the NSEC3 hash). NSEC and NSEC3 records are not rows: PowerDNS makes them. Their RRSIGs
 * are, and have no ordername, else the hashed name of an NSEC3 would be in the chain too. Names that are there only because others
 * are below them are rows without a type. The new rows are laid under a domain of their own, disabled; one transaction makes them the
 * zone's, so that at no time half a zone is served. The zone's former rows go under another domain, and stay until the zone is judged
 * good: while they are there, what the zone has was never judged, and the next exchange drops it instead of taking it for the former. */
#include <stdarg.h>
#include <string.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "publish/publish_private.h"
#include "sign/sign.h"
#include "zone/zone.h"

enum {
	STATEMENT_MAX = 96 << 10,  /* one argument may have 128 KiB */
	COMMAND_STATEMENTS = 8,    /* and all together 2 MiB */
	NAME_ROOM = 4 * ZS_NAME_MAX + 1,
	CONTENT_ROOM = 1 << 20,    /* 64 KiB of RDATA, four characters an octet, doubled */
	SQL_LIMIT = 600            /* seconds */
};

struct feed {
	struct zs_run *run;
	const struct zs_zone_config *config;
	const struct zs_zone *zone;
	const char *beside, *beside_id; /* name of the domain where the rows are laid; its id as SQL */
	const char *former, *former_id; /* the same, where the former rows are; the domain is there while they are kept, be they none */
	struct zs_nsec3_options nsec3_options;
	bool nsec3, is_signed;
	bool plain;               /* PowerDNS signs: it makes DNSKEY and signatures itself */
	struct zs_arena *arena;   /* of one command */
	struct zs_argv argv;
	struct zs_buf statement, content;
	struct zs_arena *texts;   /* of content */
	size_t statements, rows;
	bool ok;
};

static const char *backend_name(enum zs_pdns_backend backend)
{
	static const char *const names[] = { [ZS_PDNS_GSQLITE3] = "gsqlite3", [ZS_PDNS_GPGSQL] = "gpgsql", [ZS_PDNS_GMYSQL] = "gmysql" };
	return names[backend];
}

/* ---- texts ---- */

/* A string of SQL. MySQL takes a backslash as an escape, the others do not, with the settings of dialect(). */
static void put_quoted(struct feed *f, const char *text, size_t len)
{
	zs_buf_octet(&f->statement, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'' || (text[i] == '\\' && f->config->publish->backend == ZS_PDNS_GMYSQL))
			zs_buf_octet(&f->statement, (uint8_t)text[i]);
		zs_buf_octet(&f->statement, (uint8_t)text[i]);
	}
	zs_buf_octet(&f->statement, '\'');
}

/* A label as PowerDNS writes it: lower case, only the dot, the backslash and what is not printable escaped. Returns the end. */
static char *put_label(char *out, const uint8_t *label)
{
	for (unsigned i = 1; i <= label[0]; i++) {
		const uint8_t c = label[i] >= 'A' && label[i] <= 'Z' ? (uint8_t)(label[i] + 32) : label[i];
		if (c == '.' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c > 0x20 && c < 0x7f) {
			*out++ = (char)c;
		} else {
			*out++ = '\\';
			*out++ = (char)('0' + c / 100);
			*out++ = (char)('0' + c / 10 % 10);
			*out++ = (char)('0' + c % 10);
		}
	}
	return out;
}

static const char *name_text(const uint8_t *name, char out[NAME_ROOM])
{
	char *p = out;
	for (const uint8_t *label = name; *label; label += *label + 1) {
		if (label != name)
			*p++ = '.';
		p = put_label(p, label);
	}
	if (p == out)
		*p++ = '.';
	*p = 0;
	return out;
}

/* "c b a" of a.b.c.apex. */
static const char *chain_text(const struct feed *f, const uint8_t *name, char out[NAME_ROOM])
{
	char *p = out;
	for (unsigned left = zs_name_labels(name) - f->zone->apex_labels; left--;) {
		if (p != out)
			*p++ = ' ';
		p = put_label(p, zs_name_skip(name, left));
	}
	*p = 0;
	return out;
}

/* Where the name is in the chain of NSEC or NSEC3; NULL: nowhere. */
static const char *order_text(struct feed *f, const uint8_t *name, bool occluded, bool has_data, char out[NAME_ROOM])
{
	uint8_t hash[ZS_NSEC3_HASH], owner[ZS_NAME_MAX + 33];
	if (occluded || !f->is_signed)
		return NULL;
	if (!f->nsec3)
		return has_data ? chain_text(f, name, out) : NULL;
	if (!zs_sign_nsec3_hash(&f->nsec3_options, name, hash)) {
		if (f->ok)
			f->ok = zs_fail(f->run, "cannot compute an NSEC3 hash (SHA-1 is not available?)");
		return NULL;
	}
	owner[0] = (uint8_t)zs_base32hex_encode(hash, ZS_NSEC3_HASH, (char *)owner + 1);
	memcpy(owner + 33, f->zone->apex, zs_name_len(f->zone->apex));
	if (!zs_zone_rrset(f->zone, zs_zone_find(f->zone, owner, NULL), ZS_TYPE_NSEC3))
		return NULL; /* opt-out leaves it out */
	memcpy(out, owner + 1, 32);
	out[32] = 0;
	return out;
}

/* ---- commands ---- */

/* What a string means, and that one which is too long is an error and not cut, must not depend on how the server is set up. */
static const char *dialect(enum zs_pdns_backend backend)
{
	static const char *const settings[] = { [ZS_PDNS_GPGSQL] = "SET standard_conforming_strings=on", [ZS_PDNS_GMYSQL] = "SET sql_mode='STRICT_ALL_TABLES'" };
	return backend < ZS_COUNT(settings) ? settings[backend] : NULL;
}

static void begin_command(struct feed *f)
{
	f->arena = zs_arena_new();
	f->argv = zs_pdns_tool(f->run, f->arena, f->config->publish, "pdnsutil");
	zs_argv_add(f->arena, &f->argv, "backend-cmd");
	zs_argv_add(f->arena, &f->argv, backend_name(f->config->publish->backend));
	if (dialect(f->config->publish->backend))
		zs_argv_add(f->arena, &f->argv, dialect(f->config->publish->backend));
	f->statement = (struct zs_buf){ .arena = f->arena, .max = CONTENT_ROOM };
	f->statements = 0;
}

static void end_statement(struct feed *f)
{
	if (!f->statement.len)
		return;
	if (f->statement.full && f->ok)
		f->ok = zs_fail(f->run, "a record has more than %d octets of text", CONTENT_ROOM);
	zs_argv_add(f->arena, &f->argv, zs_arena_text(f->arena, (const char *)f->statement.data, f->statement.len));
	f->statement = (struct zs_buf){ .arena = f->arena, .max = CONTENT_ROOM };
	f->statements++;
}

/* Run what there is; what it prints to *out, if that is asked for. */
static bool run_tool(struct feed *f, zs_seconds limit, struct zs_buf *out)
{
	const bool ok = zs_pdns_run(f->run, f->config, &f->argv, "pdnsutil", limit, out);
	if (!ok)
		zs_hint(f->run, "pdnsutil must be able to use the database of PowerDNS (backend %s), whose schema must be that of 4.7 or later, and "
		        "which nobody else may hold locked; if it fails at 'INSERT INTO domains', what is there is not what was laid: another build wrote the same zone, or the database changes what "
		        "it is given. Each run tries again", backend_name(f->config->publish->backend));
	return ok;
}

/* pdnsutil stops at the first statement that fails; an open transaction then ends without effect. */
static bool end_command(struct feed *f)
{
	end_statement(f);
	if (f->ok && f->statements)
		f->ok = run_tool(f, SQL_LIMIT, NULL);
	zs_arena_free(f->arena);
	f->arena = NULL;
	return f->ok;
}

static void statement(struct feed *f, const char *format, ...) ZS_PRINTF(2, 3);
static void statement(struct feed *f, const char *format, ...)
{
	va_list args;
	end_statement(f);
	va_start(args, format);
	zs_buf_text(&f->statement, zs_arena_vprintf(f->arena, format, args));
	va_end(args);
	end_statement(f);
}

/* The id of a domain, within a statement. */
static const char *id_of(struct feed *f, const char *name)
{
	const struct zs_buf open = f->statement;
	f->statement = (struct zs_buf){ .arena = f->arena, .max = CONTENT_ROOM };
	put_quoted(f, name, strlen(name));
	const char *out = zs_arena_printf(f->arena, "(SELECT id FROM domains WHERE name=%s)", zs_buf_string(&f->statement));
	f->statement = open;
	return out;
}

static const char *zone_id(struct feed *f)
{
	char name[NAME_ROOM];
	return id_of(f, name_text(f->config->name, name));
}

static bool begin(struct feed *f, struct zs_run *run, const struct zs_zone_config *config)
{
	uint8_t digest[ZS_HASH_MAX];
	char hex[2 * 16 + 1] = "";
	*f = (struct feed){ .run = run, .config = config, .ok = true };
	if (!zs_hash(run, ZS_SHA256, (struct zs_bytes){ config->name, zs_name_len(config->name) }, digest))
		return false;
	zs_hex_encode(digest, 16, hex);
	f->beside = zs_arena_printf(run->arena, "%s.zonesign.invalid", hex); /* RFC 6761 section 6.4: nobody can have that zone */
	f->beside_id = zs_arena_printf(run->arena, "(SELECT id FROM domains WHERE name='%s')", f->beside);
	f->former = zs_arena_printf(run->arena, "%s.former.zonesign.invalid", hex);
	f->former_id = zs_arena_printf(run->arena, "(SELECT id FROM domains WHERE name='%s')", f->former);
	begin_command(f);
	return true;
}

/* ---- rows ---- */

/* content NULL: a name without records. */
static void put_row(struct feed *f, const char *name, const char *type, uint32_t ttl, uint32_t prio, const char *content, size_t len, const char *order,
                    bool auth)
{
	if (f->statement.len && f->statement.len + 2 * len > STATEMENT_MAX - 4096) /* quoted; names and numbers are less than that */
		end_statement(f);
	if (f->statements >= COMMAND_STATEMENTS) {
		(void)end_command(f);
		begin_command(f);
	}
	zs_buf_text(&f->statement, f->statement.len ? "," : "INSERT INTO records (domain_id,name,type,content,ttl,prio,disabled,ordername,auth) VALUES ");
	zs_buf_printf(&f->statement, "(%s,", f->beside_id);
	put_quoted(f, name, strlen(name));
	if (content) {
		zs_buf_printf(&f->statement, ",'%s',", type);
		put_quoted(f, content, len);
		zs_buf_printf(&f->statement, ",%u,%u,TRUE,", ttl, prio);
	} else {
		zs_buf_text(&f->statement, ",NULL,NULL,NULL,NULL,TRUE,");
	}
	if (order)
		put_quoted(f, order, strlen(order));
	else
		zs_buf_text(&f->statement, "NULL");
	zs_buf_text(&f->statement, auth ? ",TRUE)" : ",FALSE)");
	f->rows++;
}

static bool is_row(const struct feed *f, uint16_t type)
{
	return type != ZS_TYPE_NSEC && type != ZS_TYPE_NSEC3 && type != ZS_TYPE_NSEC3PARAM
	    && !(f->plain && (type == ZS_TYPE_RRSIG || type == ZS_TYPE_DNSKEY));
}

static void put_set(struct feed *f, const struct zs_owner *owner, const struct zs_rrset *set, const char *name, const char *order)
{
	char type[ZS_TYPE_TEXT];
	const bool cut = owner->flags & ZS_OWNER_CUT, signature = set->type == ZS_TYPE_RRSIG;
	const bool auth = signature || (!(owner->flags & ZS_OWNER_OCCLUDED) && (!cut || set->type == ZS_TYPE_DS));
	zs_type_powerdns_text(set->type, type);
	for (uint32_t i = 0; i < set->count && f->ok; i++) {
		struct zs_bytes rdata = zs_rrset_rdata(f->zone, set, i);
		/* the preference of MX and the priority of SRV have a column of their own */
		const bool prio = set->type == ZS_TYPE_MX || set->type == ZS_TYPE_SRV;
		f->content.len = 0;
		zs_rdata_format_powerdns(set->type, rdata.data, rdata.len, &f->content);
		const char *content = zs_buf_string(&f->content);
		if (prio)
			content += strcspn(content, " ") + 1;
		put_row(f, name, type, set->ttl, prio ? zs_get_u16(rdata.data) : 0, content, strlen(content),
		        signature ? NULL : order, auth);
	}
}

/* Does the name at index have more than an NSEC3 and its signature? */
static bool has_rows(const struct feed *f, uint32_t index)
{
	const struct zs_zone *zone = f->zone;
	const struct zs_owner *owner = &zone->owners[index];
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++)
		if (is_row(f, zone->rrsets[i].type) && !(zone->rrsets[i].type == ZS_TYPE_RRSIG && zone->rrsets[i].covered == ZS_TYPE_NSEC3))
			return true;
	return false;
}

/* Is there anything but unsigned delegations below the name, which is at `place` or would be? */
static bool has_signed_below(const struct feed *f, const uint8_t *name, uint32_t place)
{
	const struct zs_zone *zone = f->zone;
	for (; place < zone->owner_count && zs_name_within(zs_owner_name(zone, &zone->owners[place]), name); place++)
		if (has_rows(f, place) && !(zone->owners[place].flags & ZS_OWNER_OCCLUDED)
		    && (!(zone->owners[place].flags & ZS_OWNER_CUT) || zs_zone_rrset(zone, place, ZS_TYPE_DS)))
			return true;
	return false;
}

/* The names above owner that are there only because of what is below them; last: the owner before it, or NULL. */
static void put_enclosers(struct feed *f, const uint8_t *last, const uint8_t *owner)
{
	char name[NAME_ROOM], order[NAME_ROOM];
	for (unsigned up = zs_name_labels(owner) - f->zone->apex_labels; up-- > 1;) {
		const uint8_t *encloser = zs_name_skip(owner, up);
		uint32_t place;
		const uint32_t found = zs_zone_find(f->zone, encloser, &place);
		if ((last && zs_name_within(last, encloser)) || (found != ZS_NO_OWNER && has_rows(f, found)))
			continue; /* it has its row */
		const char *chained = order_text(f, encloser, false, false, order);
		/* PowerDNS takes a name without auth to have no NSEC3 */
		put_row(f, name_text(encloser, name), NULL, 0, 0, NULL, 0, chained, chained || has_signed_below(f, encloser, place));
	}
}

static void put_owners(struct feed *f)
{
	const uint8_t *last = NULL;
	for (uint32_t i = 0; i < f->zone->owner_count && f->ok; i++) {
		const struct zs_owner *owner = &f->zone->owners[i];
		const uint8_t *wire = zs_owner_name(f->zone, owner);
		const bool occluded = owner->flags & ZS_OWNER_OCCLUDED, data = has_rows(f, i);
		char name[NAME_ROOM], order[NAME_ROOM];
		if (data && !occluded && i) { /* the apex is no encloser */
			put_enclosers(f, last, wire);
			last = wire;
		}
		name_text(wire, name);
		const char *place = order_text(f, wire, occluded || !data, data, order);
		for (uint32_t n = owner->first; n < owner->first + owner->rrset_count; n++)
			if (is_row(f, f->zone->rrsets[n].type))
				put_set(f, owner, &f->zone->rrsets[n], name, place);
	}
}

/* The domains, and what PowerDNS is to know beside the records. */
static void put_domains(struct feed *f)
{
	const char *const names[] = { name_text(f->config->name, (char[NAME_ROOM]){ 0 }), f->beside };
	const char *nsec3 = zs_pdns_nsec3(f->arena, f->zone);
	for (size_t i = 0; i < ZS_COUNT(names); i++) {
		zs_buf_text(&f->statement, "INSERT INTO domains (name,type) SELECT ");
		put_quoted(f, names[i], strlen(names[i]));
		zs_buf_printf(&f->statement, ",'NATIVE' FROM (SELECT 1 AS one) AS t WHERE NOT EXISTS %s", id_of(f, names[i]));
		end_statement(f);
	}
	statement(f, "DELETE FROM records WHERE domain_id=%s", f->beside_id);
	statement(f, "DELETE FROM domainmetadata WHERE domain_id=%s", f->beside_id);
	if (f->is_signed && !f->plain)
		statement(f, "INSERT INTO domainmetadata (domain_id,kind,content) VALUES (%s,'PRESIGNED','1')", f->beside_id);
	if (nsec3)
		statement(f, "INSERT INTO domainmetadata (domain_id,kind,content) VALUES (%s,'NSEC3PARAM','%s')", f->beside_id, nsec3);
}

static void read_denial(struct feed *f)
{
	const struct zs_rrset *param = zs_zone_apex_rrset(f->zone, ZS_TYPE_NSEC3PARAM);
	f->is_signed = zs_zone_apex_rrset(f->zone, ZS_TYPE_DNSKEY) != NULL;
	f->nsec3 = f->is_signed && param;
	if (!f->nsec3)
		return;
	const struct zs_bytes p = zs_rrset_rdata(f->zone, param, 0);
	f->nsec3_options.iterations = zs_get_u16(p.data + 2);
	f->nsec3_options.salt_len = p.data[4];
	memcpy(f->nsec3_options.salt, p.data + 5, p.data[4]);
}

/* A zone that PowerDNS fetches from somewhere would soon be again what it finds there. And a database that somebody holds locked is found
 * before a statement waits for it that may need its time. */
static bool is_ours_to_feed(struct zs_run *run, const struct zs_zone_config *config)
{
	static const char *const heads[] = { "UPDATE domains SET type=type WHERE name=", "SELECT type FROM domains WHERE name=" };
	char name[NAME_ROOM];
	struct feed f;
	if (!begin(&f, run, config))
		return false;
	struct zs_buf out = { .arena = f.arena, .max = STATEMENT_MAX };
	zs_buf_octet(&out, '\n');
	name_text(config->name, name);
	for (size_t i = 0; i < ZS_COUNT(heads); i++) {
		zs_buf_text(&f.statement, heads[i]);
		put_quoted(&f, name, strlen(name));
		end_statement(&f);
	}
	bool ok = run_tool(&f, ZS_RELOAD_LIMIT, &out);
	/* a line for each row, its values in quotes */
	if (ok && (strcasestr(zs_buf_string(&out), "\n'SLAVE'") || strcasestr(zs_buf_string(&out), "\n'SECONDARY'"))) {
		ok = zs_fail(run, "PowerDNS has '%s' as a secondary, and would replace what it is given by what it finds at its primary", config->name_text);
		zs_hint(run, "if it is to have the zone from here: 'pdnsutil set-kind %s native'. Each run tries again", zs_pdns_zone(run->arena, config));
	}
	zs_arena_free(f.arena);
	return ok;
}

bool zs_pdns_sql_lay(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone, size_t *rows)
{
	struct feed f;
	if (!is_ours_to_feed(run, config) || !begin(&f, run, config))
		return false;
	f.zone = zone;
	f.texts = zs_arena_new();
	f.content = (struct zs_buf){ .arena = f.texts, .max = CONTENT_ROOM };
	f.plain = config->publish->server_signs;
	read_denial(&f);
	put_domains(&f);
	if (end_command(&f)) {
		begin_command(&f);
		put_owners(&f);
		if (f.content.full && f.ok)
			f.ok = zs_fail(run, "a record has more than %d octets of text", CONTENT_ROOM);
		(void)end_command(&f);
	}
	zs_arena_free(f.texts);
	*rows = f.rows;
	return f.ok;
}

/* Fails if `condition` holds, by a name that would be there twice: the transaction ends without effect. */
static void refuse_if(struct feed *f, const char *condition)
{
	char name[NAME_ROOM];
	name_text(f->config->name, name);
	zs_buf_text(&f->statement, "INSERT INTO domains (name,type) SELECT ");
	put_quoted(f, name, strlen(name));
	zs_buf_printf(&f->statement, ",'NATIVE' FROM (SELECT 1 AS one UNION ALL SELECT 2) AS t WHERE %s", condition);
	end_statement(f);
}

/* What PowerDNS is to know beside the records: it goes where they go. */
static const char metadata[] = "kind IN ('PRESIGNED','NSEC3PARAM','NSEC3NARROW')";

/* Another build of the zone waits at the row of its domain until this one is through, so that all statements find the same kept rows. */
static void begin_transaction(struct feed *f)
{
	char name[NAME_ROOM];
	name_text(f->config->name, name);
	statement(f, "BEGIN");
	zs_buf_text(&f->statement, "UPDATE domains SET type=type WHERE name=");
	put_quoted(f, name, strlen(name));
	end_statement(f);
}

bool zs_pdns_sql_exchange(struct zs_run *run, const struct zs_zone_config *config, size_t rows)
{
	struct feed f;
	if (!begin(&f, run, config))
		return false;
	const char *zone = zone_id(&f), *beside = f.beside_id, *former = f.former_id;
	begin_transaction(&f);
	/* what somebody had disabled would be enabled if the zone came back; what was never judged is not to come back */
	statement(&f, "DELETE FROM records WHERE domain_id=%s AND (disabled=TRUE OR EXISTS %s)", zone, former);
	statement(&f, "DELETE FROM domainmetadata WHERE domain_id=%s AND %s AND EXISTS %s", zone, metadata, former);
	statement(&f, "INSERT INTO domains (name,type) SELECT '%s','NATIVE' FROM (SELECT 1 AS one) AS t WHERE NOT EXISTS %s", f.former, former);
	/* MySQL assigns from the left to the right: disabled first, by the domain before */
	statement(&f, "UPDATE records SET disabled=CASE domain_id WHEN %s THEN TRUE ELSE FALSE END, domain_id=CASE domain_id WHEN %s THEN %s ELSE %s END "
	          "WHERE domain_id IN (%s,%s)", zone, zone, former, zone, zone, beside);
	statement(&f, "UPDATE domainmetadata SET domain_id=CASE domain_id WHEN %s THEN %s ELSE %s END WHERE domain_id IN (%s,%s) AND %s",
	          zone, former, zone, zone, beside, metadata);
	/* a pdnsutil of a build that was killed lives on, and another build may use the database: both write beside the zone too */
	refuse_if(&f, zs_arena_printf(f.arena, "NOT EXISTS %s", beside));
	refuse_if(&f, zs_arena_printf(f.arena, "(SELECT count(*) FROM records WHERE domain_id=%s)<>%zu", zone, rows));
	statement(&f, "COMMIT");
	return end_command(&f);
}

static void drop_beside(struct feed *f)
{
	statement(f, "DELETE FROM records WHERE domain_id IN (%s,%s)", f->beside_id, f->former_id);
	statement(f, "DELETE FROM domainmetadata WHERE domain_id IN (%s,%s)", f->beside_id, f->former_id);
	statement(f, "DELETE FROM domains WHERE name IN ('%s','%s')", f->beside, f->former);
}

bool zs_pdns_sql_put_back(struct zs_run *run, const struct zs_zone_config *config)
{
	struct feed f;
	if (!begin(&f, run, config))
		return false;
	const char *zone = zone_id(&f);
	begin_transaction(&f);
	refuse_if(&f, zs_arena_printf(f.arena, "NOT EXISTS %s", f.former_id)); /* another build put it back, or found its own zone good */
	statement(&f, "DELETE FROM records WHERE domain_id=%s", zone);
	statement(&f, "DELETE FROM domainmetadata WHERE domain_id=%s AND %s", zone, metadata);
	statement(&f, "UPDATE records SET disabled=FALSE, domain_id=%s WHERE domain_id=%s", zone, f.former_id);
	statement(&f, "UPDATE domainmetadata SET domain_id=%s WHERE domain_id=%s", zone, f.former_id);
	drop_beside(&f);
	statement(&f, "COMMIT");
	return end_command(&f);
}

bool zs_pdns_sql_clear(struct zs_run *run, const struct zs_zone_config *config)
{
	struct feed f;
	if (!begin(&f, run, config))
		return false;
	begin_transaction(&f);
	drop_beside(&f);
	statement(&f, "COMMIT");
	return end_command(&f);
}
