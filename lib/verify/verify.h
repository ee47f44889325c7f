/* verify.h - the last word before a signed zone is published: is every record of this file one that validators
 * will take?
 *
 * In:  the finished file, read back from disk; what is known from outside (the DS at the parent, keys of an algorithm
 *      rollover, the serial we meant to write); proofs of signatures that an earlier run verified.
 * Out: yes, or every reason why not, as refusals that name guard, owner, type and value; proofs for the next run.
 *
 * Written from the RFCs, apart from sign/: zone cuts, empty non-terminals, canonical form, type bitmaps, DS and NSEC3
 * hashes and ZONEMD are computed here again. Nothing is sampled: every RRset, signature and NSEC(3) is judged.
 * The guards are those of the README's table:
 *
 *     G1  every signature verifies             G7  every algorithm signs everything
 *     G2  what must be signed is, no more      G12 the zone's content obeys the rules
 *     G3  signatures last long enough          G16 limits that validators have
 *     G4  NSEC or NSEC3 says what is there     G17 the serial is the expected one
 *     G5  a DS or CDS leads to a key in it     G20 ZONEMD is right
 */
#ifndef ZS_VERIFY_VERIFY_H
#define ZS_VERIFY_VERIFY_H

#include "base/run.h"
#include "dns/answer.h"
#include "zone/zone.h"

enum { ZS_PROOF_LEN = 32, ZS_VERIFY_KEYS_MAX = 64 };

struct zs_verify_options {
	const uint8_t *apex;             /* wire name; NULL: the owner of the first SOA */
	zs_time now;
	bool strict;                     /* before a publication: what is only unwise is refused too. Else (the command
	                                  * verify) unwise content and signatures that begin within the hour are warnings */
	bool allow_unsigned;             /* a zone without any DNSSEC record passes: only its content is judged */
	const struct zs_bytes *ds;       /* RDATA of the DS that must lead into the zone; none: not judged */
	size_t ds_count;
	const struct zs_bytes *extra_keys; /* DNSKEY RDATA whose signatures may be there though the key is not */
	size_t extra_key_count;
	bool has_serial;
	uint32_t serial;                 /* the SOA must have */
	zs_seconds refresh;              /* G3: no signature may expire sooner, else the signer is at fault; 0: not judged */
	zs_seconds margin;               /* G3: max TTL + propagation; 0: not judged */
	uint32_t max_ttl;                /* 0: no limit */
	uint8_t zonemd;                  /* a ZONEMD with this hash algorithm must be there; 0: none need be */
	bool accept_g5, accept_g12, accept_g16; /* the user accepts what these guards would refuse, of G5 the CDS: warnings instead */
	bool content_told;               /* no warnings about the plain zone (G12): who checked it has told them, with their lines */
	unsigned jobs;                   /* threads; 0: run->jobs */
	const uint8_t (*proofs)[ZS_PROOF_LEN]; /* known, sorted; or NULL */
	size_t proof_count;
	bool want_proofs;                /* collect the proofs of this run */
};

struct zs_verify_result {
	bool is_signed;
	uint32_t serial;
	uint64_t record_count;
	size_t rrset_count;              /* that had to be signed */
	size_t verified_count;           /* signatures verified by their key */
	size_t reused_count;             /* signatures verified by a known proof */
	zs_time earliest_expiration;     /* 0: no signature */
	const struct zs_bytes *dnskeys;  /* RDATA of the DNSKEY RRset */
	size_t dnskey_count;
	bool nsec3, opt_out;             /* NSEC3 in use; at least one NSEC3 has the opt-out flag */
	const uint8_t (*proofs)[ZS_PROOF_LEN]; /* sorted, one per good signature, if wanted */
	size_t proof_count;
};

/* Judge the zone file open at fd; path is for messages. Two stages of run: it is read (reread, before a publication), and
 * verified. Everything in *out lives in arena. False if anything was refused; *out then has what was found, without proofs. */
ZS_MUST_CHECK bool zs_verify_fd(struct zs_run *run, struct zs_arena *arena, int fd, const char *path,
                                const struct zs_verify_options *options, struct zs_verify_result *out);

/* The same for a zone that was read with ZS_DNSSEC_KEEP and strict_rrsets. */
ZS_MUST_CHECK bool zs_verify_zone(struct zs_run *run, struct zs_arena *arena, const struct zs_zone *zone,
                                  const struct zs_verify_options *options, struct zs_verify_result *out);

/* One answer of a server, as a validator of the zone's keys sees it. */
enum zs_answer_state {
	ZS_ANSWER_SECURE,
	ZS_ANSWER_INSECURE, /* proven to be without proof: an unsigned delegation, opt-out, too many iterations */
	ZS_ANSWER_BOGUS     /* validators answer SERVFAIL */
};
enum zs_answer_kind {
	ZS_ANSWER_NONE,       /* an error code, or nothing that answers the question */
	ZS_ANSWER_POSITIVE,   /* data, perhaps behind CNAMEs and DNAMEs */
	ZS_ANSWER_ALIAS,      /* a CNAME or DNAME that leads out of the zone, where the answer ends */
	ZS_ANSWER_NODATA,     /* the name exists, the type does not */
	ZS_ANSWER_NXDOMAIN,
	ZS_ANSWER_DELEGATION  /* a referral to a zone below: SECURE with DS, INSECURE without */
};

struct zs_answer_trust {
	const uint8_t *zone;            /* apex, wire name */
	const struct zs_bytes *dnskeys; /* RDATA of its DNSKEY RRset, which the caller trusts; none: every answer is INSECURE */
	size_t dnskey_count;
	zs_time now;                    /* for the times of signatures */
};

struct zs_answer_verdict {
	enum zs_answer_state state;
	enum zs_answer_kind kind;
	bool wildcard;           /* made from one: RFC 4592; or, of NODATA, the wildcard has not this type */
	const uint8_t *name;     /* what kind is about: the name asked for, or where the aliases in the zone end */
	const uint8_t *wildcard_name; /* of POSITIVE with wildcard: "*.example." */
	const char *why;         /* BOGUS or INSECURE: the cause in words; or NULL */
	const char *rfc;         /* the section that why rests on; or NULL */
	int ede;                 /* of BOGUS and INSECURE: the info code of RFC 8914 that a validator would send; -1: none fits */
	zs_time expires;         /* the earliest expiration among the signatures that count; 0: none */
	size_t signature_count;  /* signatures that were verified */
};

/* Judge an answer by RFC 4035 section 5, RFC 5155 section 8, RFC 6672 and RFC 6840. Written apart from query/ and sign/. Answers are
 * hostile: the work is bounded (signatures tried, records, aliases followed). Memory from arena. */
void zs_verify_answer(struct zs_run *run, struct zs_arena *arena, const struct zs_answer *answer, const struct zs_answer_trust *trust,
                      struct zs_answer_verdict *out);

/* Which keys may an answer to (zone, DNSKEY) be trusted for? All of its DNSKEY RRset, if a key that one of these DS (RDATA) names has
 * signed it (RFC 4035 section 5.2); with ds_count 0, if any key of its own has. trust->zone and now go in, the keys come out; *out is
 * the verdict on the RRset, and false if it is not SECURE. */
bool zs_verify_trust(struct zs_run *run, struct zs_arena *arena, const struct zs_answer *answer, const struct zs_bytes *ds, size_t ds_count,
                     struct zs_answer_trust *trust, struct zs_answer_verdict *out);

/* Bits of the exponent of an RSA key in DNSKEY RDATA; 0: another algorithm, or a key that verifies nothing. Seen with 9.18: BIND takes
 * none above 35 bits, for it the zone has no key; Knot and ldns take what OpenSSL takes. */
enum { ZS_EXPONENT_BITS_MAX = 35 };
unsigned zs_verify_exponent_bits(struct zs_bytes dnskey);

/* More of these G16 refuses: DNSKEYs, signatures of an RRset for each algorithm of the zone, octets of the answer with the DNSKEYs. */
enum { ZS_DNSKEYS_MAX = 8, ZS_SIGNATURES_MAX = 4, ZS_DNSKEY_ANSWER_MAX = 4096 };

/* RFC 8914 section 4: "DNSSEC Bogus" of 6; "unknown" for what is not registered. */
const char *zs_ede_text(int code);

#endif
