/* config.h - what the user asked for: zonesign.yaml as plain structs, checked, with every path resolved.
 *
 * In:  the YAML file (schema.c has one line per option: name, type, unit, default, range).
 * Out: struct zs_config; each later stage is given its own section, never the whole.
 */
#ifndef ZS_CONFIG_CONFIG_H
#define ZS_CONFIG_CONFIG_H

#include "base/address.h"
#include "base/file.h"
#include "base/run.h"
#include "dns/name.h"

/* A command to run. Either argv (NULL-terminated, run without a shell; "{zone}" inside an argument is replaced) or
 * shell (given to /bin/sh -c as it is). argv NULL and shell NULL: none. */
struct zs_command {
	const char *const *argv;
	const char *shell;
	bool verbatim; /* argv is passed as it is: its text is a zone's content */
	struct zs_source from;
};

enum zs_denial { ZS_DENIAL_NSEC, ZS_DENIAL_NSEC3 };
enum zs_serial_policy { ZS_SERIAL_UNIXTIME, ZS_SERIAL_INCREMENT, ZS_SERIAL_DATE, ZS_SERIAL_KEEP };
enum { ZS_LIFETIME_UNLIMITED = 0 };

struct zs_config_path {
	const char *path; /* resolved: relative to the config file */
	const char *text; /* as written */
	struct zs_source from;
};

/* Where live/ looks for the parent's DS. */
struct zs_observe_options {
	const struct zs_address *servers; /* ask these in place of the parent's name servers */
	size_t server_count;
	bool resolver_system;     /* libunbound asks those of /etc/resolv.conf */
	const struct zs_address *resolvers; /* or these; none: it recurses from the root itself */
	size_t resolver_count;
	struct zs_config_path trust_anchor, root_hints; /* path NULL: IANA's root keys, the built-in root servers */
};

struct zs_nsec3_options {
	bool opt_out;
	uint16_t iterations; /* 0 by default; more than 50 is refused (RFC 9276) */
	uint8_t salt[255];
	uint8_t salt_len;
};

struct zs_policy {
	const char *name;
	struct zs_source from;
	uint8_t algorithm;       /* IANA number */
	unsigned rsa_bits;       /* 2048-4096 */
	bool csk;                /* one key for both roles in place of KSK and ZSK */
	zs_seconds ksk_lifetime, zsk_lifetime, csk_lifetime; /* ZS_LIFETIME_UNLIMITED: never rolls by itself */
	zs_seconds validity, refresh, jitter, inception_offset;
	enum zs_denial denial;
	struct zs_nsec3_options nsec3;
	uint32_t dnskey_ttl;
	uint32_t max_zone_ttl;   /* 0: auto */
	zs_seconds propagation_zone, propagation_parent; /* the value, or the default where observe is set */
	bool observe_zone, observe_parent_propagation;
	zs_seconds parent_ds_ttl, safety;
	bool observe_parent;
	struct zs_observe_options observe;
	bool cds;                /* auto */
	uint8_t zonemd;          /* 0: off; else the hash algorithm: 1 SHA-384, 2 SHA-512 (RFC 8976 section 2.2.3) */
	enum zs_serial_policy serial;
	struct zs_source validity_from, refresh_from, max_zone_ttl_from;
};

/* usage, selector, matching type of a TLSA record: RFC 6698 section 2.1. */
struct zs_tlsa_params {
	uint8_t usage, selector, matching;
	struct zs_source from;
};

enum zs_transport { ZS_TCP, ZS_UDP, ZS_SCTP };

struct zs_dane_port {
	uint16_t port;
	enum zs_transport transport;
	struct zs_source from;
};

struct zs_dane_host {
	const char *text;          /* as written; "mx": every MX target inside the zone */
	bool mx;
	uint8_t name[ZS_NAME_MAX]; /* unless mx */
	struct zs_source from;
};

/* One entry of `dane:`: each host, port, certificate and record kind with each other. */
struct zs_dane_entry {
	const struct zs_dane_host *hosts;
	size_t host_count;
	const struct zs_dane_port *ports;
	size_t port_count;
	const struct zs_config_path *certificates;
	size_t certificate_count;
	const struct zs_tlsa_params *records;
	size_t record_count;
	struct zs_config_path next; /* path NULL: none */
	uint32_t ttl;
	struct zs_source from;
};

/* Records that a section such as `dane:` may ask for, and octets of files that may be read for all of them: a few lines name each
 * host with each port and each file, and a stranger may have written them. */
enum { ZS_MADE_MAX = 10000, ZS_MADE_OCTETS_MAX = 1 << 28 };

/* Records computed from files, besides TLSA: one section of a zone each. */
enum zs_made_kind { ZS_MADE_SSHFP, ZS_MADE_SMIMEA, ZS_MADE_OPENPGPKEY, ZS_MADE_KINDS };

/* A host, or a mail address of the zone. */
struct zs_made_name {
	const char *text;            /* as written */
	const char *local;           /* of an address: what stands before the @, in its own case, unquoted; else NULL */
	size_t local_len;
	uint8_t name[ZS_NAME_MAX];   /* the host, or the domain of the address */
	struct zs_source from;
};

/* One entry of such a section: each name with each file. */
struct zs_made_entry {
	const struct zs_made_name *names;
	size_t name_count;
	const struct zs_config_path *files;
	size_t file_count;
	const struct zs_tlsa_params *records; /* SMIMEA */
	size_t record_count;
	uint32_t ttl;
	struct zs_source from;
};

struct zs_made_section {
	const struct zs_made_entry *entries;
	size_t count;
};

/* A file of the config, as it was when it was read. */
struct zs_config_file {
	const char *path;
	const struct zs_input *input; /* its text stays */
	struct zs_file_id id;
	struct zs_config_hash *hash;  /* for zs_config_file_hash: made when it is first asked for, which is rare */
};

/* What becomes of the zone once it is published. */
enum zs_publish_kind {
	ZS_PUBLISH_COMMAND,  /* `reload:` alone, or nothing */
	ZS_PUBLISH_NSD, ZS_PUBLISH_KNOT, ZS_PUBLISH_BIND, ZS_PUBLISH_POWERDNS,
	ZS_PUBLISH_UPDATE    /* the zone is signed elsewhere: only our records go there, by dynamic update (RFC 2136) */
};
enum zs_pdns_backend { ZS_PDNS_GSQLITE3, ZS_PDNS_GPGSQL, ZS_PDNS_GMYSQL, ZS_PDNS_BIND };

struct zs_publish_options {
	enum zs_publish_kind kind;
	struct zs_source from;
	struct zs_command program;         /* bind.rndc: what the reload's arguments follow; argv NULL: the usual one */
	struct zs_config_path config;      /* nsd, knot: of their servers; path NULL: the default of their tools */
	struct zs_config_path socket;      /* knot.socket: the same */
	struct zs_config_path pid_file;    /* nsd: SIGHUP to the process of this file in place of nsd-control; path NULL: no */
	enum zs_pdns_backend backend;      /* powerdns */
	struct zs_config_path config_dir;  /* of its tools; path NULL: their default */
	const char *config_name;           /* or NULL */
	struct zs_config_path file;        /* backend bind: what PowerDNS reads */
	bool server_signs;                 /* powerdns.signs: it gets the keys and the plain zone */
	struct zs_config_path key;         /* update: the TSIG key */
	const struct zs_address *servers;  /* where the server answers; the first counts */
	size_t server_count;
	zs_seconds wait;                   /* for the new serial there */
};

struct zs_zone_config {
	const char *name_text;     /* absolute, final dot */
	const uint8_t *name;
	struct zs_source from;
	size_t file_index;         /* of config->files: where it stands. 0 is the main file */
	struct zs_config_path file, output;
	const struct zs_policy *policy;
	const char *registrar;     /* canonical name of registrar names' table, or NULL */
	const struct zs_dane_entry *dane;
	size_t dane_count;
	struct zs_made_section made[ZS_MADE_KINDS];
	struct zs_command reload, notify, second_opinion;
	const struct zs_publish_options *publish; /* never NULL; one for all zones that have no `publish:` */
	const struct zs_address *servers; /* of the zone, for `propagation: {zone: observe}`; none: its NS */
	size_t server_count;
	bool include_any;
	bool output_link;          /* the output is a symlink: what it leads to is replaced */
	const char *state_dir;     /* state/<zone>, resolved */
	const struct zs_diag *wrong; /* while the config is loaded: what stops this zone alone; NULL in config->zones */
};

/* A zone that has no config: its file of zones-dir is wrong, or is at odds with another zone. It stops no other. */
struct zs_bad_zone {
	const char *name_text;     /* absolute, final dot; NULL: the file's name is no name of a zone */
	const uint8_t *name;
	const struct zs_diag *diags; /* why; for zs_run_report */
};

struct zs_config {
	const struct zs_input *input;
	const char *state_dir;     /* resolved */
	const struct zs_policy *policies;
	size_t policy_count;
	const struct zs_zone_config *zones; /* in canonical order of name */
	size_t zone_count;
	const struct zs_bad_zone *bad; /* not among zones; in canonical order */
	size_t bad_count;
	const struct zs_config_file *files; /* the config file and the files of zones-dir */
	size_t file_count;
};

/* Load `path`. All errors of it are reported; false if there was one. What is wrong in a file of zones-dir is not reported but
 * kept in *out with its zone, as long as the main file is right. */
ZS_MUST_CHECK bool zs_config_load(struct zs_run *run, const char *path, const struct zs_config **out);

/* SHA-256 of the file's text. */
ZS_MUST_CHECK bool zs_config_file_hash(struct zs_run *run, const struct zs_config_file *file, uint8_t out[32]);

/* The zone of that name, or NULL. */
const struct zs_zone_config *zs_config_find(const struct zs_config *config, const uint8_t *name);

/* The zone that the user typed ("example.com", with or without the final dot), or NULL: with what is wrong in its file, or with
 * a usage error and "did you mean". */
const struct zs_zone_config *zs_config_zone(struct zs_run *run, const struct zs_config *config, const char *text);

/* Report what is wrong with the bad zone of that name; false if there is none. */
bool zs_config_report_bad(struct zs_run *run, const struct zs_config *config, const uint8_t *name);

/* Is policy's refresh at least max_ttl (of the record owner_text type_text) + propagation.zone + 2d? Else an error that
 * names the record and the values that would do. */
bool zs_policy_check_ttl(struct zs_run *run, const struct zs_policy *policy, uint32_t max_ttl, const char *owner_text,
                         const char *type_text);

/* "sshfp", "smimea", "openpgpkey": the section's name in zonesign.yaml. */
const char *zs_made_section_name(enum zs_made_kind kind);

/* Registrars that ds/ has a form for; canonical names, lower case ("gandi", "name.com"). NULL past the end. */
const char *zs_registrar_name(size_t index);

#endif
