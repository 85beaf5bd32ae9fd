// SPDX-License-Identifier: Apache-2.0
// Means and squared deviations in double precision.
#include "ck_moments.h"

#include "dispatch.h"

typedef double ck_f64x8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef float ck_f32x8 __attribute__((vector_size(32), aligned(4), may_alias));

// Sums an expression of v, eight doubles or one, over n elements of x, in 32 partial sums.
#define WIDE_SUM(result, x, n, LANES, expression)                                \
  {                                                                              \
    ck_f64x8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                             \
    size_t k = 0;                                                                \
    for (; k + 32 <= (n); k += 32) {                                             \
      ck_f64x8 v = __builtin_convertvector(*(const LANES *)((x) + k), ck_f64x8); \
      s0 += expression;                                                          \
      v = __builtin_convertvector(*(const LANES *)((x) + k + 8), ck_f64x8);      \
      s1 += expression;                                                          \
      v = __builtin_convertvector(*(const LANES *)((x) + k + 16), ck_f64x8);     \
      s2 += expression;                                                          \
      v = __builtin_convertvector(*(const LANES *)((x) + k + 24), ck_f64x8);     \
      s3 += expression;                                                          \
    }                                                                            \
    double rest = 0;                                                             \
    for (; k < (n); k++) {                                                       \
      double v = (double)(x)[k];                                                 \
      rest += expression;                                                        \
    }                                                                            \
    s0 = (s0 + s1) + (s2 + s3);                                                  \
    result = rest;                                                               \
    for (int j = 0; j < 8; j++) result += s0[j];                                 \
  }

#define MOMENTS(T, suffix, LANES)                                                               \
  CK_INLINE void ck_wide_moments_##suffix##_body(double *out, const T *x, size_t n) {           \
    double sum, squares;                                                                        \
    const double origin = (double)x[0];                                                         \
    WIDE_SUM(sum, x, n, LANES, v - origin)                                                      \
    const double mean = origin + sum / (double)n;                                               \
    WIDE_SUM(squares, x, n, LANES, (v - mean) * (v - mean))                                     \
    out[0] = mean;                                                                              \
    out[1] = squares;                                                                           \
  }                                                                                             \
  CK_DISPATCH(void, ck_wide_moments_##suffix, (double *out, const T *x, size_t n), (out, x, n)) \
  CK_INLINE void ck_add_deviations_##suffix##_body(double *sums, double *squares, const T *x,   \
                                                   const double *origin, size_t n) {            \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                                                  \
      double d = (double)x[i] - origin[i];                                                      \
      sums[i] += d;                                                                             \
      squares[i] += d * d;                                                                      \
    }                                                                                           \
  }                                                                                             \
  CK_DISPATCH(void, ck_add_deviations_##suffix,                                                 \
              (double *sums, double *squares, const T *x, const double *origin, size_t n),      \
              (sums, squares, x, origin, n))

MOMENTS(float, f32, ck_f32x8)
MOMENTS(double, f64, ck_f64x8)
