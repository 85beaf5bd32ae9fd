// SPDX-License-Identifier: Apache-2.0
// Floored quotients and remainders of integers of up to 32 bits.
#include "ck_integer.h"

#include "dispatch.h"

// Quotients of 32-bit integers are computed as doubles, which processors divide several at a time:
// a correctly rounded quotient of two such integers never reaches the next integer. Adding `MAGIC`
// rounds to an integer and leaves it in the low bits, where it wraps as integers do.
#define MAGIC 6755399441055744.0  // 1.5 · 2⁵²

CK_INLINE double floored(double v) {
  double nearest = (v + MAGIC) - MAGIC;
  return nearest > v ? nearest - 1 : nearest;
}

CK_INLINE uint32_t low_bits(double integer) {
  double shifted = integer + MAGIC;
  uint64_t bits;
  memcpy(&bits, &shifted, 8);
  return (uint32_t)bits;
}

CK_INLINE uint32_t quotient(double p, double q) {
  double divisor = q == 0 ? 1 : q;
  uint32_t bits = low_bits(floored(p / divisor));
  return q == 0 ? 0 : bits;
}

CK_INLINE uint32_t remainder_of(double p, double q) {
  double divisor = q == 0 ? 1 : q;
  uint32_t bits = low_bits(p - floored(p / divisor) * divisor);
  return q == 0 ? 0 : bits;
}

#define FLOORED(name, function, T)                                                           \
  CK_INLINE void name##_body(T *y, const T *a, const T *b, size_t n) {                       \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = (T)function((double)a[i], (double)b[i]); \
  }                                                                                          \
  CK_DISPATCH(void, name, (T * y, const T *a, const T *b, size_t n), (y, a, b, n))           \
  CK_INLINE void name##_scalar_body(T *y, const T *a, T b, size_t n) {                       \
    const double q = (double)b;                                                              \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = (T)function((double)a[i], q);            \
  }                                                                                          \
  CK_DISPATCH(void, name##_scalar, (T * y, const T *a, T b, size_t n), (y, a, b, n))         \
  CK_INLINE void name##_rscalar_body(T *y, T a, const T *b, size_t n) {                      \
    const double p = (double)a;                                                              \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = (T)function(p, (double)b[i]);            \
  }                                                                                          \
  CK_DISPATCH(void, name##_rscalar, (T * y, T a, const T *b, size_t n), (y, a, b, n))

#define BOTH(T, suffix)                       \
  FLOORED(ck_floor_div_##suffix, quotient, T) \
  FLOORED(ck_floor_mod_##suffix, remainder_of, T)

BOTH(int32_t, i32)
BOTH(uint32_t, u32)
BOTH(int16_t, i16)
BOTH(uint16_t, u16)
BOTH(int8_t, i8)
BOTH(uint8_t, u8)
