// SPDX-License-Identifier: Apache-2.0
// Private: compiles a loop for each instruction set and selects one at run time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ck_isa.h"

#define CK_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define CK_X86 1
#define CK_TARGET_AVX2 __attribute__((target("avx2,fma,f16c,bmi2,popcnt")))
#define CK_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi2,popcnt")))
#else
#define CK_X86 0
#endif

/// CK_COPIES compiles an inline body `name_body` once for each instruction set; CK_CHOOSE defines
/// `name`, which picks among the copies. CK_DISPATCH does both. The copies may also be written by
/// hand.
#if CK_X86
#define CK_COPIES(result, name, parameters, arguments)                                  \
  static result name##_portable parameters { return name##_body arguments; }            \
  CK_TARGET_AVX2 static result name##_avx2 parameters { return name##_body arguments; } \
  CK_TARGET_AVX512 static result name##_avx512 parameters { return name##_body arguments; }
#define CK_CHOOSE(result, name, parameters, arguments) \
  result name parameters {                             \
    switch (ck_isa()) {                                \
      case CK_AVX512:                                  \
        return name##_avx512 arguments;                \
      case CK_AVX2:                                    \
        return name##_avx2 arguments;                  \
      default:                                         \
        return name##_portable arguments;              \
    }                                                  \
  }
#else
#define CK_COPIES(result, name, parameters, arguments) \
  static result name##_portable parameters { return name##_body arguments; }
#define CK_CHOOSE(result, name, parameters, arguments) \
  result name parameters { return name##_portable arguments; }
#endif
#define CK_DISPATCH(result, name, parameters, arguments) \
  CK_COPIES(result, name, parameters, arguments)         \
  CK_CHOOSE(result, name, parameters, arguments)

/// Precedes a loop whose iterations access only their own elements, even when output and input are
/// one buffer. The compiler warns if it cannot vectorize the loop.
#define CK_VECTOR _Pragma("clang loop vectorize(assume_safety)")

/// The same for a loop that often runs over a few dozen elements only: no unrolling, whose
/// remainder would be scalar.
#define CK_VECTOR_SHORT _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")

// Sixteen lanes, whatever the register width. They stay inside a function: passed by
// value they would change the calling convention.
typedef float ck_f32x16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t ck_i32x16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint8_t ck_u8x16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t ck_i8x16 __attribute__((vector_size(16), aligned(1), may_alias));

/// Per lane: mask (-1 or 0) ? a : b, for vectors of 32-bit lanes.
#define CK_CHOICE(mask, a, b) ((ck_f32x16)(((mask) & (ck_i32x16)(a)) | (~(mask) & (ck_i32x16)(b))))

/// The sum of sixteen lanes, by pairwise halving.
CK_INLINE float ck_sum16(const ck_f32x16 *v) {
  float t[16];
  memcpy(t, v, sizeof t);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; i++) t[i] += t[i + width];
  return t[0];
}

CK_INLINE uint32_t ck_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return u;
}

/// Square root that does not set errno, which would prevent vectorization.
#define CK_SQRT(x) __builtin_elementwise_sqrt(x)

CK_INLINE float ck_float(uint32_t u) {
  float x;
  memcpy(&x, &u, 4);
  return x;
}
