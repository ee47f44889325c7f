/* unbound.h - libunbound, opened when it is first needed: see late.c. */
#ifndef ZS_LIVE_UNBOUND_H
#define ZS_LIVE_UNBOUND_H

#include <unbound.h>

#define ZS_UNBOUND_FUNCTIONS(X)                                                                                          \
	X(cancel) X(ctx_add_ta) X(ctx_add_ta_file) X(ctx_async) X(ctx_create) X(ctx_debugout) X(ctx_delete) X(ctx_resolvconf) \
	X(ctx_set_fwd) X(ctx_set_option) X(ctx_set_stub) X(ctx_zone_remove) X(fd) X(process) X(resolve_async) X(resolve_free) \
	X(strerror)

/* Its functions, without their "ub_". */
struct zs_unbound {
#define ZS_UNBOUND_MEMBER(name) __typeof__(ub_##name) *name;
	ZS_UNBOUND_FUNCTIONS(ZS_UNBOUND_MEMBER)
#undef ZS_UNBOUND_MEMBER
};

/* The same for all threads, as long as the process lives. NULL with *why (which stays too) if it cannot be opened. */
const struct zs_unbound *zs_unbound(const char **why);

#endif
