// SPDX-License-Identifier: Apache-2.0
// Statistics of the elements of a weight.
#include "ck_error.h"

#include "ck_convert.h"
#include "dispatch.h"

typedef float f32x8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef double f64x8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t i64x8 __attribute__((vector_size(64), aligned(8), may_alias));

/// The lanes of `v` where all bits of `mask` are set, and zero elsewhere.
#define LANES(mask, v) ((f64x8)((mask) & (i64x8)(v)))

// An infinity that is unchanged is not an error. It is excluded from the signal too, where it
// would make every other error negligible.
CK_INLINE void ck_squared_error_body(const float *x, const float *y, size_t n, double *signal,
                                     double *noise) {
  f64x8 signal8 = {0}, noise8 = {0};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    f64x8 a = __builtin_convertvector(*(const f32x8 *)(x + i), f64x8);
    f64x8 b = __builtin_convertvector(*(const f32x8 *)(y + i), f64x8);
    f64x8 d = a - b;
    signal8 += LANES(a - a == 0, a * a);
    noise8 += LANES(a != b, d * d);
  }
  for (int j = 0; j < 8; j++) {
    *signal += signal8[j];
    *noise += noise8[j];
  }
  for (; i < n; i++) {
    double a = x[i], b = y[i];
    if (a - a == 0) *signal += a * a;
    if (a != b) *noise += (a - b) * (a - b);
  }
}
CK_DISPATCH(void, ck_squared_error,
            (const float *x, const float *y, size_t n, double *signal, double *noise),
            (x, y, n, signal, noise))

void ck_squared_error16(const uint16_t *x, const uint16_t *y, size_t n, double *signal,
                        double *noise) {
  enum { STRETCH = 1024 };
  float a[STRETCH], b[STRETCH];
  for (size_t i = 0; i < n; i += STRETCH) {
    size_t count = n - i < STRETCH ? n - i : STRETCH;
    ck_half_to_float(a, x + i, count);
    ck_half_to_float(b, y + i, count);
    ck_squared_error(a, b, count, signal, noise);
  }
}

// Counts in blocks whose counts fit the width of the elements, so that lanes stay narrow.
#define COUNT_NONFINITE(name, type, exponent)                        \
  CK_INLINE size_t name##_body(const type *bits, size_t n) {         \
    enum { STRETCH = 32768 };                                        \
    size_t total = 0;                                                \
    for (size_t from = 0; from < n; from += STRETCH) {               \
      size_t count = n - from < STRETCH ? n - from : STRETCH;        \
      type found = 0;                                                \
      CK_VECTOR for (size_t i = 0; i < count; i++) found =           \
          (type)(found + ((bits[from + i] & exponent) == exponent)); \
      total += found;                                                \
    }                                                                \
    return total;                                                    \
  }                                                                  \
  CK_DISPATCH(size_t, name, (const type *bits, size_t n), (bits, n))

COUNT_NONFINITE(ck_count_nonfinite16, uint16_t, 0x7c00u)
COUNT_NONFINITE(ck_count_nonfinite32, uint32_t, 0x7f800000u)
