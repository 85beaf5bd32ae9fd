// SPDX-License-Identifier: Apache-2.0
// Loops of elementwise functions of one buffer.
#include "ck_unary.h"

#include <math.h>

#include "functions.h"

// Defines the public loop `name` over `expression`, a function of the element v.
#define UNARY(name, expression)                                    \
  CK_INLINE void name##_body(float *y, const float *x, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                     \
      float v = x[i];                                              \
      y[i] = expression;                                           \
    }                                                              \
  }                                                                \
  CK_DISPATCH(void, name, (float *y, const float *x, size_t n), (y, x, n))

// The same with one or two parameters.
#define UNARY1(name, p, expression)                                         \
  CK_INLINE void name##_body(float *y, const float *x, float p, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                              \
      float v = x[i];                                                       \
      y[i] = expression;                                                    \
    }                                                                       \
  }                                                                         \
  CK_DISPATCH(void, name, (float *y, const float *x, float p, size_t n), (y, x, p, n))

#define UNARY2(name, p, q, expression)                                               \
  CK_INLINE void name##_body(float *y, const float *x, float p, float q, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                                       \
      float v = x[i];                                                                \
      y[i] = expression;                                                             \
    }                                                                                \
  }                                                                                  \
  CK_DISPATCH(void, name, (float *y, const float *x, float p, float q, size_t n), (y, x, p, q, n))

UNARY(ck_exp, ck_exp1(v))
UNARY(ck_exp2, ck_exp2_1(v))
UNARY(ck_log, ck_log1(v))
UNARY(ck_tanh, ck_tanh1(v))
UNARY(ck_sigmoid, ck_sigmoid1(v))
UNARY(ck_erf, ck_erf1(v))
UNARY(ck_gelu, ck_gelu1(v))
UNARY(ck_gelu_tanh, ck_gelu_tanh1(v))
UNARY(ck_gelu_sigmoid, ck_gelu_sigmoid1(v))
UNARY(ck_silu, ck_silu1(v))
UNARY(ck_softplus, ck_softplus1(v))

UNARY(ck_abs, ck_abs1(v))
UNARY(ck_square, v *v)
UNARY(ck_sqrt, CK_SQRT(v))
UNARY(ck_floor, ck_floor1(v))
UNARY(ck_ceil, ck_ceil1(v))
UNARY(ck_round, ck_round1(v))
UNARY(ck_sign, v > 0 ? 1.0f : v < 0 ? -1.0f : v != v ? v : 0.0f)
UNARY(ck_relu, v < 0 ? 0.0f : v)

UNARY1(ck_reciprocal, epsilon, 1.0f / (v + epsilon))
UNARY1(ck_rsqrt, epsilon, 1.0f / CK_SQRT(v + epsilon))
UNARY1(ck_leaky_relu, slope, v > 0 ? v : slope * v)
UNARY1(ck_elu, alpha, v > 0 ? v : alpha * ck_expm1_negative(v > 0 ? 0 : v))
UNARY1(ck_threshold_relu, alpha, v < alpha ? 0.0f : v)
UNARY2(ck_clip, low, high, ck_clip1(v, low, high))
UNARY2(ck_linear, alpha, beta, ck_line1(v, alpha, beta))
UNARY2(ck_hard_sigmoid, alpha, beta, ck_clip1(ck_line1(v, alpha, beta), 0, 1))
UNARY2(ck_hard_swish, alpha, beta, v *ck_clip1(ck_line1(v, alpha, beta), 0, 1))

// MARK: sine and cosine

CK_INLINE void ck_sine_body(float *y, const float *x, int32_t quarter, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_sine1(x[i], quarter);
}
CK_COPIES(void, ck_sine, (float *y, const float *x, int32_t quarter, size_t n), (y, x, quarter, n))
CK_CHOOSE(static void, ck_sine, (float *y, const float *x, int32_t quarter, size_t n),
          (y, x, quarter, n))

// Blocks in which every |x| ≤ 8192 use the polynomial; libm reduces larger values (and returns
// NaN for infinity).
static void trigonometric(float *y, const float *x, size_t n, int32_t quarter,
                          float (*exact)(float)) {
  enum { BLOCK = 256 };
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t count = n - i < BLOCK ? n - i : BLOCK;
    bool small = true;
    for (size_t j = 0; j < count; j++) small &= ck_abs1(x[i + j]) <= 8192.0f;
    if (small)
      ck_sine(y + i, x + i, quarter, count);
    else
      for (size_t j = 0; j < count; j++) y[i + j] = exact(x[i + j]);
  }
}

void ck_sin(float *y, const float *x, size_t n) { trigonometric(y, x, n, 0, sinf); }
void ck_cos(float *y, const float *x, size_t n) { trigonometric(y, x, n, 1, cosf); }
