/* keys.h - the keys of a zone: made, kept as BIND key files, proven against their public half.
 *
 * In:  state/<zone>/keys/K<zone>.+013+12345.key and .private (format v1.3), the facts that name them.
 * Out: a key set for the signer. A key that is missing, unreadable, foreign or damaged stops the build; no new key is
 *      made in its place (G9, G10).
 */
#ifndef ZS_KEYS_KEYS_H
#define ZS_KEYS_KEYS_H

#include "base/bytes.h"
#include "base/run.h"
#include "config/config.h"
#include "state/state.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct zs_zone;

/* Timing metadata of a key file, as BIND names it; 0: not set. */
struct zs_key_times {
	zs_time publish, activate, revoke, inactive, remove;
	zs_time sync; /* SyncPublish: the DS is at the parent since */
};

struct zs_key {
	uint8_t id[32];              /* SHA-256 of the DNSKEY RDATA, REVOKE clear */
	uint16_t flags, tag;
	uint8_t algorithm;
	struct zs_bytes rdata;       /* DNSKEY RDATA */
	struct evp_pkey_st *private; /* ends with the arena; NULL: public half only */
	zs_time created;
	struct zs_key_times times;
};

struct zs_keyset {
	struct zs_arena *arena;
	struct zs_key *keys;
	size_t count, room;
};

/* Load every key that the facts name and that is still in use; with no state yet, adopt the key files that are in the
 * directory, as far as their timing metadata let them: an inactive key is published and does not sign, one that is to be
 * active later waits for that, a revoked or deleted one is left alone. A private half is needed of keys that sign or are
 * wanted in. Key files whose tag the zone never used are named in a warning; however many they are, they and those of keys that
 * are gone do no harm. Facts get the keys that were adopted. */
ZS_MUST_CHECK bool zs_keys_load(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts,
                                struct zs_keyset **out);

/* Make the keys that plan wants made (plan keys without facts->id), write and sync them, and fill in their facts. When
 * it returns true, every private key that the plan uses is safe on disk: a new one aside, until zs_keys_place, because a large zone
 * takes its time to sign, and a run that is ended then would leave a pair that no state knows. */
ZS_MUST_CHECK bool zs_keys_prepare(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts,
                                   struct zs_plan *plan, struct zs_keyset *keys);

/* Give the files of the keys that were made their names; before a state is written that knows these keys. */
ZS_MUST_CHECK bool zs_keys_place(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts);

/* Write such a state: keys and state get their names together, when the contents of all are safe. */
ZS_MUST_CHECK bool zs_keys_record(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts);

/* After a build that failed: remove the pairs that zs_keys_prepare made for these facts, unless the state on disk knows them. Their
 * DNSKEYs were never published, as the state is written before the zone is; a known one may have been, and stays. Without this
 * each try of a build that cannot succeed would leave a pair. What cannot be removed stays, and is not used. */
void zs_keys_discard(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts);

/* The timing metadata of the key files, where they differ by an hour or more from what the facts say now. The facts win.
 * A new key is written with the times that its plan gives it, so that a first build writes each file once. */
ZS_MUST_CHECK bool zs_keys_write_times(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts,
                                       struct zs_keyset *keys);

/* A key of another signer, and what that one did with it: facts as far as they can be known. */
struct zs_import_key {
	struct zs_key key;
	struct zs_key_facts facts;
	const char *from; /* "BIND state", "timing metadata", "Knot", "PowerDNS", for people */
	bool ds_unknown;  /* nothing says whether its DS is at the parent, but that the key is in use */
	bool done;        /* its files tell what was done with it, and not what was meant */
};

/* Where the keys to import are looked for, and what is known of the zone that they sign. */
struct zs_import_source {
	const uint8_t *zone;
	const char *pem_dir;        /* of Knot's PEM files; NULL: "keys" beside the JSON */
	enum zs_key_role role;      /* what a person says of keys whose files do not tell it; 0: the served zone shows it */
	struct zs_replaced served;  /* the zone as it is served now: zs_keys_served */
};

/* Read key files of other signers: K*.key or K*.private with the other half beside it and, of BIND, K*.state; the JSON of Knot's
 * `keymgr -j ZONE list` with its PEM files; the output of `pdnsutil export-zone-key`. A key without times is taken to be in use; DS of keys
 * in use are taken to be at the parent. */
ZS_MUST_CHECK bool zs_keys_import(struct zs_run *run, struct zs_arena *arena, const struct zs_import_source *source, const char *path,
                                  struct zs_import_key **list, size_t *count, size_t *room);
/* The DNSKEYs of a signed zone, and who signs them and its SOA. */
void zs_keys_shown(struct zs_run *run, const struct zs_zone *zone, struct zs_replaced *out);
/* The same of the zone file at path; nothing if it cannot be read. */
void zs_keys_served(struct zs_run *run, const struct zs_zone_config *config, const char *path, struct zs_replaced *out);
/* What the zone uses the key for, whose flags may not be known: it has it with others. A SEP key is a CSK where no other kind is, or where it
 * signs the SOA. 0: the zone does not have it. */
enum zs_key_role zs_keys_shown_role(const struct zs_replaced *served, const struct zs_key *key);
/* Write the files of a key into the zone's keys directory. */
ZS_MUST_CHECK bool zs_keys_write(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_key *key);

/* The key's tag, and the one that it has with the other value of REVOKE, were used here: no new key gets them (G9). */
void zs_key_use_tags(struct zs_run *run, struct zs_facts *facts, const struct zs_key *key);

const struct zs_key *zs_keyset_find(const struct zs_keyset *keys, const uint8_t id[32]); /* or NULL */

/* Below: used by keys/ and its tests. */

/* A new key pair; flags 257 or 256. bits: RSA only. Not on disk yet. */
ZS_MUST_CHECK bool zs_key_make(struct zs_run *run, struct zs_arena *arena, uint8_t algorithm, unsigned bits, uint16_t flags,
                               struct zs_key *out);
/* id, tag, flags and algorithm from RDATA. False, with a diagnostic, if it is no zone key. */
ZS_MUST_CHECK bool zs_key_from_rdata(struct zs_run *run, const struct zs_source *where, struct zs_bytes rdata,
                                     struct zs_key *out);
/* Does the private half fit the public one (G9)? False, with a diagnostic that names `shown`, if not. */
ZS_MUST_CHECK bool zs_key_prove(struct zs_run *run, const struct zs_key *key, const char *shown);

/* BIND's texts. The private one is secret: wipe it after use. */
const char *zs_key_public_text(struct zs_arena *arena, const struct zs_key *key, const uint8_t *zone, uint32_t ttl);
ZS_MUST_CHECK bool zs_key_private_text(struct zs_run *run, const struct zs_key *key, struct zs_buf *out);
ZS_MUST_CHECK bool zs_key_read_public(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                                      const uint8_t *zone, struct zs_key *out);
ZS_MUST_CHECK bool zs_key_read_private(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                                       struct zs_key *key);
/* A private half alone: the public one is computed from it. */
ZS_MUST_CHECK bool zs_key_read_private_alone(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, uint16_t flags,
                                             struct zs_key *out);

#endif
