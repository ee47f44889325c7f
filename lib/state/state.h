/* state.h - what is known (zs_facts) and what is wanted (zs_plan): plain data that the later stages share.
 *
 * Facts live in state/<zone>/state.yaml, beside the keys and under a lock. They are recorded after the world has
 * changed, so they may lag behind it and never lead it (design: "Order on disk").
 */
#ifndef ZS_STATE_STATE_H
#define ZS_STATE_STATE_H

#include "base/bytes.h"
#include "base/file.h"
#include "base/run.h"
#include "config/config.h"
#include "dns/name.h"

enum zs_key_role { ZS_KSK = 1, ZS_ZSK = 2, ZS_CSK = 3 }; /* bits: 1 signs the DNSKEY RRset, 2 all others */

/* The states of a record in the caches of the world; facts of rollover/. NA: a ZSK has no DS. */
enum zs_record_phase { ZS_NA, ZS_HIDDEN, ZS_RUMOURED, ZS_OMNIPRESENT, ZS_UNRETENTIVE };

struct zs_record_state {
	enum zs_record_phase phase;
	zs_time since; /* the zone with it (unretentive: without it) was served since; 0: decided, not served yet */
	zs_time from;  /* unretentive: it had been served from then on; 0 in all other phases */
	bool complete; /* unretentive: it had been omnipresent, so every set of that time holds it */
	uint32_t version; /* since is 0: serial of the first version that has it (unretentive: that has it no more); 0: in none yet, or not known */
};

struct zs_key_facts {
	uint8_t id[32];           /* SHA-256 of the DNSKEY RDATA, REVOKE clear (G9: a tag is no identity) */
	uint16_t tag;
	uint8_t algorithm;
	enum zs_key_role role;
	bool goal_in;             /* wants in (omnipresent), or out (hidden) */
	bool has_predecessor;
	uint8_t predecessor[32];
	bool was_omnipresent;     /* its DNSKEY was, at some time */
	bool standby;             /* wholly in, and replaces nobody until a roll promotes it */
	bool emergency;           /* its roll does not wait for safety margins, nor for other rolls */
	zs_time created;
	zs_time active;           /* its lifetime counts from then: it signs the zone, or its DS was seen, or it was promoted; 0: not yet */
	zs_time activate;         /* not to sign the zone before; 0: as soon as it may */
	zs_time retired;          /* goal_in became false; 0: still wanted */
	zs_time removed;          /* it was wanted out, and no cache holds any of it since; 0: no */
	bool made_now;            /* not written: this run made its pair of files */
	bool aside;               /* not written: they have not got their names yet (zs_keys_place) */
	struct zs_record_state dnskey, krrsig, zrrsig, ds;
	zs_time ds_seen;          /* every address of the parent that answers shows its DS, without a break, since; 0: no */
	zs_time ds_gone;          /* every address that answers shows no DS of it since, also if there never was one; 0: no. Of a DS that the
	                           * zone took back (ds.phase unretentive) only a look after ds.since counts; the engine sees to that */
};

/* No cache keeps a record longer, whatever TTL an answer gave it: TTLs are capped "on the order of days to weeks", also those with the
 * high bit set (RFC 8767 section 4). Nor can `parent-ds-ttl` be longer. Without a bound one damaged or forged answer, which nothing
 * authenticates where the parent is not signed, would hold every step of a roll up for 68 years. */
enum { ZS_PARENT_TTL_MAX = 30 * 86400 };

/* What the parent showed at the last look. live/ observes, the engine reads. */
struct zs_parent_facts {
	struct zs_bytes *ds;      /* RDATA of the DS RRset: all that any address showed */
	size_t ds_count, ds_room;
	uint32_t ttl;             /* the largest TTL of it that caches may hold: zs_facts_parent_ttl; 0: never seen */
	zs_time lower_since;      /* a lower TTL than that was observed since, without a break; 0: no */
	uint32_t lower;           /* the largest of those lower ones */
	zs_time observed;         /* the last look that was certain; 0: never */
	bool wanted;              /* a move waits for the next look */
	zs_time asked;            /* the last look, with or without an answer; 0: never */
	zs_time agreed;           /* all answers show this one set since, without a break; 0: they do not agree */
	const char *waits_for;    /* why the last look is not certain, for people; NULL: it is */
};

enum zs_roll_kind { ZS_ROLL_KSK, ZS_ROLL_ZSK, ZS_ROLL_CSK };

/* A roll that the user asked for; it leaves the list when the engine begins it. */
struct zs_roll_request {
	enum zs_roll_kind kind;
	bool emergency;
	zs_time time;
};

struct zs_published {
	bool known;               /* the zone was published at least once */
	uint32_t serial;
	uint8_t sha256[32];       /* of the output file */
	zs_time time;             /* of the rename */
	zs_time served_since;     /* reload (and confirmation) succeeded; 0: not yet, the next run repeats it */
	const char *waits_for;    /* why it is not confirmed, for people; or NULL */
	uint32_t behind;          /* a server was seen not to have this version, or a later one, ... */
	zs_time behind_since;     /* ... since; 0: no server lags, or nobody looks */
	const char *program;      /* "zonesign 0.1" */
	const char *server;       /* what took it, as zs_publish_target tells; NULL: not known */
	uint8_t content[32];      /* SHA-256 of what "content changed" means: see zone/serial.h */
	zs_time earliest_expiration; /* of the signatures in it */
	uint32_t ttl, dnskey_ttl, negative_ttl; /* its largest TTL, that of its DNSKEY RRset, min(SOA TTL, MINIMUM); 0: not known */
};

enum { ZS_SHAPE_TYPES = 16 };

/* The size of a plain zone, for G11. */
struct zs_shape {
	bool known;
	uint64_t records, delegations;
	uint16_t apex[ZS_SHAPE_TYPES]; /* types at the apex, ascending */
	size_t apex_count;
};

struct zs_intent {
	bool present;             /* a publication is under way, or was interrupted */
	uint32_t serial;
	uint8_t sha256[32];
	uint8_t content[32];
	zs_time earliest_expiration;
	uint32_t ttl, dnskey_ttl, negative_ttl; /* as in zs_published */
	struct zs_shape shape;    /* of the input; not known if the zone is the one last published */
	const char *plan;         /* one line, for people */
};

struct zs_input_facts {
	const char *path;
	struct zs_file_id id;
	uint8_t sha256[32];
};

/* What a record computed from files is for. */
enum zs_tlsa_role {
	ZS_TLSA_CURRENT, /* of a certificate in use */
	ZS_TLSA_NEXT,    /* of the key to come */
	ZS_TLSA_BRIDGE,  /* of one in use, not asked for: stale records have that digest, so all need it */
	ZS_TLSA_STALE,   /* of none any more; it stays until no cache can miss its successor */
	ZS_TLSA_FOREIGN  /* of the zone file, beside ours: it counts when senders choose among digests */
};

struct zs_tlsa_facts {
	uint16_t type;            /* TLSA; or SSHFP, SMIMEA, OPENPGPKEY, which have no role but the first and no dates */
	uint8_t owner[ZS_NAME_MAX];
	struct zs_bytes rdata;
	enum zs_tlsa_role role;
	zs_time since;            /* served since: a reload, and what confirms it, came back then; 0: not yet */
	uint32_t version;         /* since is 0: serial of the first version with it; 0: in none yet, or not known */
	zs_time used;             /* CURRENT: a build first saw it in use then; else 0 */
	zs_time until;            /* BRIDGE, STALE: no file wants it since; else 0 */
};

/* A TTL of the TLSA RRset at owner that caches may hold. */
struct zs_tlsa_ttl {
	uint8_t owner[ZS_NAME_MAX];
	uint32_t ttl;
	bool leaving;             /* the RRset has another one now */
	uint32_t version;         /* leaving, until is 0: serial of the first version without it; 0: in none yet, or not known */
	zs_time until;            /* it counts until then, two of it after it was last served; 0: it may still be served */
};

struct zs_ttl_facts {
	uint32_t ttl;
	bool dnskey;              /* of the DNSKEY RRset; else the largest of all others */
	uint32_t version;         /* until is 0: serial of the first version without it; 0: not known */
	zs_time until;            /* caches may hold a record with it until then; 0: it may still be served */
};

struct zs_override {
	const char *guard, *value;
	zs_time time;
};

/* A signed zone of somebody else in the place of the output, of which the user said that it is to be replaced. */
struct zs_replaced {
	bool present;
	uint32_t serial;
	struct zs_bytes *dnskeys; /* RDATA of its DNSKEY RRset, which caches hold */
	size_t dnskey_count, dnskey_room;
	struct zs_replaced_signer *signers; /* the RRSIGs of its DNSKEY RRset and of its SOA */
	size_t signer_count, signer_room;
};

struct zs_replaced_signer {
	uint16_t covered;         /* type: DNSKEY or SOA */
	uint16_t tag;
	uint8_t algorithm;
};

/* What the notify command was told last. */
struct zs_told {
	const char *event;        /* NULL: nothing that still holds */
	zs_time time;
	bool again;               /* and once more, before the deadline */
};

/* Why builds do not take the input as it is now. */
enum zs_failure_kind {
	ZS_FAILURE_NONE,
	ZS_FAILURE_INPUT,       /* zone file, config of the zone, key file: exit status 3 */
	ZS_FAILURE_CERTIFICATE, /* a certificate alone: all else is published */
	ZS_FAILURE_REFUSED,     /* by a guard: 4 */
	ZS_FAILURE_FAILED,      /* disk, crypto, network: 1 */
	ZS_FAILURE_LATER,       /* 5 */
	ZS_FAILURE_STOPPED      /* 3 or 4, and builds do not renew the signatures of what is in service either: a key file, another output */
};

enum { ZS_FAILURE_TEXT = 300 }; /* octets of its message that are kept */

/* What the last build came to, as long as none has taken the input. */
struct zs_failure {
	enum zs_failure_kind kind;
	zs_time since;            /* builds fail like this since */
	const char *reason;       /* its first error with its place, one printable line; NULL with ZS_FAILURE_NONE alone */
};

struct zs_facts {
	const char *dir;          /* state/<zone> */
	int dir_fd;               /* -1: there is no directory yet */
	int lock_fd;              /* held while it is open; -1: read only */
	uint8_t zone[ZS_NAME_MAX];
	bool fresh;               /* there was no state.yaml, or one of builds that all failed: of what people were told, and no more */
	bool made_with_now;       /* a run with --now wrote it */
	zs_time warned;           /* what is odd about the zone and its policy was told then; 0: there was nothing */
	zs_time last_build;       /* clock of the last build that wrote */
	struct zs_published published;
	bool taken_over;          /* another signer served the zone when its keys were imported, and nothing was published since */
	uint32_t taken_over_serial; /* of what it served: secondaries may have that */
	struct zs_intent intent;
	struct zs_input_facts *inputs;
	size_t input_count, input_room;
	zs_time next_due;
	struct zs_key_facts *keys;
	size_t key_count, key_room;
	uint16_t *tags_used;
	size_t tag_count, tag_room;
	struct zs_tlsa_facts *tlsa;
	size_t tlsa_count, tlsa_room;
	struct zs_tlsa_ttl *tlsa_ttls;
	size_t tlsa_ttl_count, tlsa_ttl_room;
	struct zs_ttl_facts *ttls;
	size_t ttl_count, ttl_room;
	struct zs_override *overrides;
	size_t override_count, override_room;
	struct zs_parent_facts parent;
	struct zs_told told;
	struct zs_failure failure;
	struct zs_roll_request *rolls; /* asked for, not begun; oldest first */
	size_t roll_count, roll_room;
	uint8_t algorithm;        /* `roll --to`: in place of the policy's algorithm, as long as that is ... */
	uint8_t instead_of;       /* ... this; 0 both: the policy's counts */
	zs_time unsign;           /* the user wants the zone insecure since; 0: no */
	struct zs_shape shape;    /* of what is published */
	const char *tlsa_unmatched; /* not written: why G19 refuses what this build would publish; or NULL */
	struct zs_replaced replaced; /* not written */
	bool discarded;           /* not written: an intent that was not carried out was found, and dropped. What it was to publish is among the
	                           * records without a date, and a reload of what is in place must not give it one */
	zs_time abandoned;        /* `roll --abandon-chain`: the rules are waived until the new DS is everywhere; 0: no */
};

/* A key as the plan wants it used. Everything that decides which key signs what is here and nowhere else. */
struct zs_plan_key {
	struct zs_key_facts *facts;
	bool publish;      /* in the DNSKEY RRset */
	bool sign_dnskeys; /* signs DNSKEY, CDS and CDNSKEY */
	bool sign_zone;    /* signs all other RRsets */
	bool cds;          /* its CDS and CDNSKEY are published */
};

/* Why a move was not made. */
struct zs_plan_reason {
	const struct zs_key_facts *key; /* NULL: of the zone as a whole */
	const char *text;       /* a sentence without full stop */
	zs_time when;           /* the move is due then; 0: no time can be told */
};

struct zs_plan {
	struct zs_plan_key *keys;
	size_t key_count, key_room;
	struct zs_plan_reason *reasons;
	size_t reason_count, reason_room;
	zs_time next_due;       /* a run at or after it has something to do; 0: none is known */
	zs_time first_ds;       /* the DS must not be given to the parent before; 0: not known yet */
	const char *instruction; /* what a person must do, a sentence with full stop, or NULL */
	bool ask_parent;        /* a move waits for what the parent shows */
	bool step_due;          /* a move that was decided is in no zone that is served: the next build makes it */
	bool unsigned_zone;     /* publish without DNSSEC records: the user wants it, and no cache holds a DS */
	bool cds_delete;        /* CDS and CDNSKEY say "remove all" (RFC 8078 section 4) */
};

/* The zone asks the parent to have the key's DS, and nobody has seen it there; or to have it no more, and nobody has seen it gone since. */
bool zs_facts_ds_to_come(const struct zs_key_facts *key);
bool zs_facts_ds_to_go(const struct zs_key_facts *key);
/* It may be at the parent and is wanted there, but nobody knows of it: it is asked for when no cache holds the zone unsigned. */
bool zs_facts_ds_put_off(const struct zs_key_facts *key);
/* Is a version of the zone known to be, or to have been, in service at every server? */
bool zs_facts_was_served(const struct zs_facts *facts);
/* Is what is published not signed? */
bool zs_facts_is_unsigned(const struct zs_facts *facts);

/* The clock had run ahead and was put back: nothing that the facts have happened later than now. */
void zs_facts_not_later(struct zs_facts *facts, zs_time now);

/* Is a record of that phase in the zone? */
static inline bool zs_in_zone(enum zs_record_phase phase)
{
	return phase == ZS_RUMOURED || phase == ZS_OMNIPRESENT;
}

/* Has a zone with serial `oldest`, or a later one, what came with that version? False if that is not known. */
static inline bool zs_version_is_in(uint32_t version, uint32_t oldest)
{
	return version && oldest - version < 0x80000000u; /* RFC 1982 */
}

/* The version of what has no date and is about to be published with that serial: the one known, if that was published, or this one. A serial
 * that was published before tells nothing: 0. */
uint32_t zs_facts_version(const struct zs_facts *facts, uint32_t known, uint32_t serial);

/* Is the DNSKEY in the zone that is replaced? And does a key of that algorithm and tag sign its RRset of type covered (DNSKEY, or SOA
 * for all others) there? */
bool zs_facts_replaced_has(const struct zs_facts *facts, struct zs_bytes rdata);
bool zs_facts_replaced_signs(const struct zs_facts *facts, uint8_t algorithm, uint16_t tag, uint16_t covered);
bool zs_replaced_signs(const struct zs_replaced *replaced, uint8_t algorithm, uint16_t tag, uint16_t covered);

/* Open state/<zone>: make it if missing, lock it (waiting up to 60 s, then ZS_NOT_YET), read state.yaml.
 * Unless it is given, run->now is the time after the wait. */
ZS_MUST_CHECK bool zs_facts_open(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out);
/* Read without lock and without making anything, for commands that only look. */
ZS_MUST_CHECK bool zs_facts_read(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out);
/* The zones that have a directory in the state and no place in the config, in the order of their names. Their config is their name and
 * that directory, no more. */
ZS_MUST_CHECK bool zs_facts_strays(struct zs_run *run, const struct zs_config *config, const struct zs_zone_config **out, size_t *count);
/* Write state.yaml aside and rename it. False also if what would be written could not be read again; then nothing is. */
ZS_MUST_CHECK bool zs_facts_write(struct zs_run *run, const struct zs_facts *facts);
/* Its two steps, for what has to come between them; or the first alone, and taken back. */
ZS_MUST_CHECK bool zs_facts_write_aside(struct zs_run *run, const struct zs_facts *facts);
ZS_MUST_CHECK bool zs_facts_place(struct zs_run *run, const struct zs_facts *facts);
void zs_facts_remove_aside(struct zs_run *run, const struct zs_facts *facts);
/* Release the lock and close. */
void zs_facts_close(struct zs_facts *facts);

/* Is it wanted by a plan, but not made yet (it has no id)? */
bool zs_key_is_unmade(const struct zs_key_facts *key);
/* A copy of what the engine reads and moves, in arena; the rest is shared. */
struct zs_facts *zs_facts_copy(struct zs_arena *arena, const struct zs_facts *facts);

struct zs_key_facts *zs_facts_key(struct zs_facts *facts, const uint8_t id[32]); /* or NULL */

/* Is tag (or its revoked form) one that this zone ever used? */
bool zs_facts_tag_used(const struct zs_facts *facts, uint16_t tag);
void zs_facts_use_tag(struct zs_run *run, struct zs_facts *facts, uint16_t tag);

/* Take note of the TTL of the parent's DS RRset in an authoritative answer at now, up to ZS_PARENT_TTL_MAX. A larger one counts at once; a lower one
 * when no cache can hold the larger any more: `propagation` and the larger TTL after the lower one was first observed. */
void zs_facts_parent_ttl(struct zs_facts *facts, uint32_t ttl, zs_seconds propagation, zs_time now);

/* Why the clock of the run cannot be that of the last build, for people: it went back, or ahead by more than a year (G17). NULL: it can. */
const char *zs_facts_clock_jump(const struct zs_run *run, const struct zs_facts *facts);

const char *zs_failure_text(enum zs_failure_kind kind); /* "input"; "none" */
const char *zs_role_text(enum zs_key_role role);        /* "ksk" */
const char *zs_phase_text(enum zs_record_phase phase);  /* "rumoured" */

#endif
