/* state_file.h - state.yaml, version 1: facts to text and back. Private to state/. */
#ifndef ZS_STATE_STATE_FILE_H
#define ZS_STATE_STATE_FILE_H

#include "state/state.h"

void zs_state_format(const struct zs_facts *facts, struct zs_buf *out);
ZS_MUST_CHECK bool zs_state_parse(struct zs_run *run, const struct zs_input *input, struct zs_facts *facts);

#endif
