/* dane_private.h - what the makers of records share. A maker turns one section of the config and the files it names into
 * records of the zone: one function, one file, one line in the table of insert.c. Private to dane/.
 *
 * A file that cannot be used is reported (ZS_INPUT) and leaves what was published at its owners, zs_maker_keep. */
#ifndef ZS_DANE_DANE_PRIVATE_H
#define ZS_DANE_DANE_PRIVATE_H

#include "dane/dane.h"

struct zs_making {
	struct zs_run *run;
	const struct zs_zone_config *config;
	struct zs_zone *zone;
	const struct zs_facts *before;  /* what was published */
	struct zs_tlsa_facts *records;  /* what is in the zone now, with what is known of it */
	size_t count, room;
	struct zs_tlsa_ttl *ttls;
	size_t ttl_count;
	const char *unmatched;          /* G19: a certificate in use would be authenticated by no record; or NULL */
	size_t octets;                  /* of the files, as often as they were read */
	bool exhausted;                 /* what the config asks for is beyond ZS_MADE_MAX or ZS_MADE_OCTETS_MAX: it is said, and no more is made */
	bool files_ok;                  /* no file was in the way */
	bool ok;                        /* nothing makes the zone itself wrong */
};

typedef void zs_maker(struct zs_making *m);
zs_maker zs_make_tlsa, zs_make_sshfp, zs_make_smimea, zs_make_openpgpkey;

/* len octets of a file are read once more; false: they are too many, and m->exhausted. */
bool zs_maker_may_read(struct zs_making *m, const struct zs_source *from, size_t len);
/* A file of certificates or a key. False, with the error said, if it cannot be used. */
bool zs_maker_read_file(struct zs_making *m, const struct zs_config_path *path, struct zs_dane_file *out);
/* Add a record to the zone and to m->records; one that is there already is not added again. */
void zs_maker_add(struct zs_making *m, uint16_t type, const uint8_t *owner, uint32_t ttl, struct zs_bytes rdata);
/* What was published at owner goes on, and m->files_ok is false. */
void zs_maker_keep(struct zs_making *m, uint16_t type, const uint8_t *owner, uint32_t ttl);
/* The delegation at or above name, or NULL. */
const uint8_t *zs_dane_cut(const struct zs_zone *zone, const uint8_t *name);
/* May records of ours be at owner: no delegation above, no CNAME there? Else m->ok is false. */
bool zs_maker_may_own(struct zs_making *m, const struct zs_source *from, const uint8_t *owner);
/* "<56 hex digits of SHA-256(local part)>.LABEL.domain", RFC 7929 section 3 and RFC 8162 section 3: no letter is folded. */
bool zs_maker_mail_owner(struct zs_making *m, const struct zs_made_name *name, const char *label, uint8_t out[ZS_NAME_MAX]);

/* judge.c, for schedule.c. The kind of a TLSA RDATA; ZS_TLSA_KINDS: none that clients know. */
unsigned zs_tlsa_kind(struct zs_bytes rdata);
bool zs_tlsa_has_kind(const struct zs_tlsa_key *key, unsigned kind);
bool zs_tlsa_is_at(const struct zs_tlsa_facts *record, const uint8_t *owner);
const struct zs_tlsa_facts *zs_tlsa_find(const struct zs_facts *facts, const uint8_t *owner, struct zs_bytes rdata); /* or NULL */
/* `safety` before: by the TTLs that counted then it is decided what leaves. With those of now, records would leave in the instant in
 * which a larger TTL ends and the gate opens, and the server would have no time to switch. */
struct zs_tlsa_timing zs_tlsa_a_while_ago(const struct zs_tlsa_timing *timing);
/* The largest TTL that caches may hold the RRset with. */
zs_seconds zs_tlsa_largest_ttl(const struct zs_facts *facts, const uint8_t *owner, zs_time now);

/* An OpenPGP key as a file holds it: binary or in ASCII armour. */
struct zs_openpgp_key {
	struct zs_bytes data;     /* the transferable public key, binary: RFC 9580 section 10.1 */
	unsigned user_ids, attributes;
	bool names_address;       /* one of the user ids has the address */
};
ZS_MUST_CHECK bool zs_openpgp_parse(struct zs_run *run, const struct zs_source *where, const struct zs_input *input, const char *address,
                                    struct zs_openpgp_key *out);

/* The host keys of an OpenSSH .pub file: SSHFP RDATA with SHA-256. Errors name the line. */
ZS_MUST_CHECK bool zs_sshfp_parse(struct zs_run *run, const struct zs_source *where, const struct zs_input *input, struct zs_bytes **out,
                                  size_t *count);

#endif
