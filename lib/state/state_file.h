/* state_file.h - state.yaml, version 1: facts to text and back. Private to state/. */
#ifndef ZS_STATE_STATE_FILE_H
#define ZS_STATE_STATE_FILE_H

#include "state/state.h"

void zs_state_format(const struct zs_facts *facts, struct zs_buf *out);
ZS_MUST_CHECK bool zs_state_parse(struct zs_run *run, const struct zs_input *input, struct zs_facts *facts);

/* What both halves share: words of enumerations, by their values. */
enum { ZS_STATE_ROLL_KINDS = ZS_ROLL_CSK + 1, ZS_STATE_TLSA_ROLES = ZS_TLSA_FOREIGN + 1 };
extern const char *const zs_state_roll_kinds[ZS_STATE_ROLL_KINDS];
extern const char *const zs_state_tlsa_roles[ZS_STATE_TLSA_ROLES];

/* The octet that U+EF80 to U+EFFF at p stands for; else 0. */
static inline unsigned char zs_state_raw_octet(const unsigned char *p)
{
	if (p[0] != 0xee || (p[1] != 0xbe && p[1] != 0xbf) || (p[2] & 0xc0) != 0x80)
		return 0;
	return (unsigned char)((p[1] << 6) | (p[2] & 0x3f));
}

#endif
