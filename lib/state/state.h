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
	zs_time since; /* the zone with it was served since; 0: decided, not served yet */
};

struct zs_key_facts {
	uint8_t id[32];           /* SHA-256 of the DNSKEY RDATA, REVOKE clear (G9: a tag is no identity) */
	uint16_t tag;
	uint8_t algorithm;
	enum zs_key_role role;
	bool goal_in;             /* wants in (omnipresent), or out (hidden) */
	bool has_predecessor;
	uint8_t predecessor[32];
	bool was_omnipresent;
	zs_time created;
	struct zs_record_state dnskey, krrsig, zrrsig, ds;
	zs_time ds_seen;          /* the DS was seen at the parent since; 0: not seen */
};

struct zs_published {
	bool known;               /* the zone was published at least once */
	uint32_t serial;
	uint8_t sha256[32];       /* of the output file */
	zs_time time;             /* of the rename */
	zs_time served_since;     /* reload (and confirmation) succeeded; 0: not yet, the next run repeats it */
	const char *program;      /* "zonesign 0.1" */
	uint8_t content[32];      /* SHA-256 of what "content changed" means: see zone/serial.h */
	zs_time earliest_expiration; /* of the signatures in it */
};

struct zs_intent {
	bool present;             /* a publication is under way, or was interrupted */
	uint32_t serial;
	uint8_t sha256[32];
	uint8_t content[32];
	zs_time earliest_expiration;
	const char *plan;         /* one line, for people */
};

struct zs_input_facts {
	const char *path;
	struct zs_file_id id;
	uint8_t sha256[32];
};

struct zs_tlsa_facts {
	uint8_t owner[ZS_NAME_MAX];
	struct zs_bytes rdata;
	zs_time since, until;     /* published since; wanted until (0: still wanted) */
};

struct zs_ttl_facts {
	uint32_t ttl;
	zs_time until;            /* caches may hold a record with it until then */
};

struct zs_override {
	const char *guard, *value;
	zs_time time;
};

struct zs_facts {
	const char *dir;          /* state/<zone> */
	int dir_fd;               /* -1: there is no directory yet */
	int lock_fd;              /* held while it is open; -1: read only */
	uint8_t zone[ZS_NAME_MAX];
	bool fresh;               /* there was no state.yaml */
	bool made_with_now;       /* a run with --now wrote it */
	zs_time last_build;       /* clock of the last build that wrote */
	struct zs_published published;
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
	struct zs_ttl_facts *ttls;
	size_t ttl_count, ttl_room;
	struct zs_override *overrides;
	size_t override_count, override_room;
};

/* A key as the plan wants it used. Everything that decides which key signs what is here and nowhere else. */
struct zs_plan_key {
	struct zs_key_facts *facts;
	bool publish;      /* in the DNSKEY RRset */
	bool sign_dnskeys; /* signs DNSKEY, CDS and CDNSKEY */
	bool sign_zone;    /* signs all other RRsets */
	bool cds;          /* its CDS and CDNSKEY are published */
};

struct zs_plan {
	struct zs_plan_key *keys;
	size_t key_count, key_room;
	zs_time next_due;       /* a run at or after it has something to do */
	zs_time first_ds;       /* the DS must not be given to the parent before; 0: not known yet */
	const char *instruction; /* one sentence for the user, or NULL */
	bool first_signing;     /* there was no key: new ones are made */
};

/* Open state/<zone>: make it if missing, lock it (waiting up to 60 s, then ZS_NOT_YET), read state.yaml. */
ZS_MUST_CHECK bool zs_facts_open(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out);
/* Read without lock and without making anything, for commands that only look. */
ZS_MUST_CHECK bool zs_facts_read(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts **out);
/* Write state.yaml aside and rename it. */
ZS_MUST_CHECK bool zs_facts_write(struct zs_run *run, const struct zs_facts *facts);
/* Release the lock and close. */
void zs_facts_close(struct zs_facts *facts);

struct zs_key_facts *zs_facts_key(struct zs_facts *facts, const uint8_t id[32]); /* or NULL */

/* Is tag (or its revoked form) one that this zone ever used? */
bool zs_facts_tag_used(const struct zs_facts *facts, uint16_t tag);
void zs_facts_use_tag(struct zs_run *run, struct zs_facts *facts, uint16_t tag);

const char *zs_role_text(enum zs_key_role role);        /* "ksk" */
const char *zs_phase_text(enum zs_record_phase phase);  /* "rumoured" */

#endif
