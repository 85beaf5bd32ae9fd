// SPDX-License-Identifier: Apache-2.0
// Matrix products: panels of both factors are packed, so that the inner loop reads memory in order.
#include "cm_product.h"

#include "dispatch.h"

#define CM_UNROLL _Pragma("clang loop unroll(full)")

// Without extensions: registers of 16 bytes, as in SSE2 and NEON.
#define CM_TARGET
#define CM_BYTES 16
#define CM_ROWS 4
#define CM_VECTORS 2
#define CM_NUMBER float
#define CM_NAME(name) cm_float_##name##_portable
#include "product_body.h"
#define CM_NUMBER double
#define CM_NAME(name) cm_double_##name##_portable
#include "product_body.h"

#if CK_X86
#undef CM_TARGET
#undef CM_BYTES
#undef CM_VECTORS
#define CM_TARGET CK_TARGET_AVX2
#define CM_BYTES 32
#define CM_VECTORS 3
#define CM_NUMBER float
#define CM_NAME(name) cm_float_##name##_avx2
#include "product_body.h"
#define CM_NUMBER double
#define CM_NAME(name) cm_double_##name##_avx2
#include "product_body.h"

#undef CM_TARGET
#undef CM_BYTES
#undef CM_ROWS
#define CM_TARGET CK_TARGET_AVX512
#define CM_BYTES 64
#define CM_ROWS 8
#define CM_NUMBER float
#define CM_NAME(name) cm_float_##name##_avx512
#include "product_body.h"
#define CM_NUMBER double
#define CM_NAME(name) cm_double_##name##_avx512
#include "product_body.h"
#endif

#define CM_COPY(name, isa)                                             \
  static inline void cm_multiply_##name##_##isa(const cm_product *p) { \
    cm_##name##_multiply_##isa(p);                                     \
  }
#if CK_X86
#define CM_CHOOSE(name)   \
  CM_COPY(name, portable) \
  CM_COPY(name, avx2)     \
  CM_COPY(name, avx512) CK_CHOOSE(void, cm_multiply_##name, (const cm_product *p), (p))
#else
#define CM_CHOOSE(name)   \
  CM_COPY(name, portable) \
  CK_CHOOSE(void, cm_multiply_##name, (const cm_product *p), (p))
#endif
CM_CHOOSE(float)
CM_CHOOSE(double)
