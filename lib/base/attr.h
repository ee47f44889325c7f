/* attr.h - what we ask the compiler to check for us. */
#ifndef ZS_BASE_ATTR_H
#define ZS_BASE_ATTR_H

#define ZS_MUST_CHECK __attribute__((warn_unused_result))
#define ZS_PRINTF(text, first) __attribute__((__format__(printf, text, first)))
#define ZS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
