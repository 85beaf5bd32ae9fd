// SPDX-License-Identifier: Apache-2.0
// Loops of elementwise functions of two buffers.
#include "ck_binary.h"

#include <math.h>

#include "dispatch.h"

#define MAXIMUM(p, q) ((p) > (q) || (p) != (p) ? (p) : (q))
#define MINIMUM(p, q) ((p) < (q) || (p) != (p) ? (p) : (q))

// Defines the forms name, name_scalar and name_rows over an expression of p (from a) and q (from
// b).
#define BINARY(name, expression)                                                                \
  CK_INLINE void name##_body(float *y, const float *a, const float *b, size_t n) {              \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                                                  \
      float p = a[i], q = b[i];                                                                 \
      y[i] = expression;                                                                        \
    }                                                                                           \
  }                                                                                             \
  CK_DISPATCH(void, name, (float *y, const float *a, const float *b, size_t n), (y, a, b, n))   \
  CK_INLINE void name##_scalar_body(float *y, const float *a, float q, size_t n) {              \
    CK_VECTOR for (size_t i = 0; i < n; i++) {                                                  \
      float p = a[i];                                                                           \
      y[i] = expression;                                                                        \
    }                                                                                           \
  }                                                                                             \
  CK_DISPATCH(void, name##_scalar, (float *y, const float *a, float q, size_t n), (y, a, q, n)) \
  CK_INLINE void name##_rows_body(float *y, const float *a, const float *b, size_t rows,        \
                                  size_t n) {                                                   \
    for (size_t r = 0; r < rows; r++) name##_body(y + r * n, a + r * n, b, n);                  \
  }                                                                                             \
  CK_DISPATCH(void, name##_rows,                                                                \
              (float *y, const float *a, const float *b, size_t rows, size_t n),                \
              (y, a, b, rows, n))

BINARY(ck_add, p + q)
BINARY(ck_sub, p - q)
BINARY(ck_mul, p *q)
BINARY(ck_div, p / q)
BINARY(ck_max, MAXIMUM(p, q))
BINARY(ck_min, MINIMUM(p, q))

CK_INLINE void ck_sub_rscalar_body(float *y, float a, const float *b, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = a - b[i];
}
CK_DISPATCH(void, ck_sub_rscalar, (float *y, float a, const float *b, size_t n), (y, a, b, n))

CK_INLINE void ck_div_rscalar_body(float *y, float a, const float *b, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = a / b[i];
}
CK_DISPATCH(void, ck_div_rscalar, (float *y, float a, const float *b, size_t n), (y, a, b, n))

CK_INLINE void ck_scale_shift_rows_body(float *y, const float *x, const float *scale,
                                        const float *shift, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    float *out = y + r * n;
    const float *in = x + r * n;
    CK_VECTOR for (size_t i = 0; i < n; i++) out[i] = in[i] * scale[i] + shift[i];
  }
}
CK_DISPATCH(void, ck_scale_shift_rows,
            (float *y, const float *x, const float *scale, const float *shift, size_t rows,
             size_t n),
            (y, x, scale, shift, rows, n))

// MARK: powers

void ck_pow(float *y, const float *a, const float *b, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = powf(a[i], b[i]);
}

CK_INLINE void ck_cube_body(float *y, const float *a, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = a[i] * a[i] * a[i];
}
CK_COPIES(void, ck_cube, (float *y, const float *a, size_t n), (y, a, n))
CK_CHOOSE(static void, ck_cube, (float *y, const float *a, size_t n), (y, a, n))

CK_INLINE void ck_root_body(float *y, const float *a, size_t n) {
  // pow(-0, ½) is +0 and pow(-∞, ½) is +∞, unlike the square root.
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] =
      a[i] == -__builtin_inff() ? __builtin_inff() : CK_SQRT(a[i] + 0.0f);
}
CK_COPIES(void, ck_root, (float *y, const float *a, size_t n), (y, a, n))
CK_CHOOSE(static void, ck_root, (float *y, const float *a, size_t n), (y, a, n))

void ck_pow_scalar(float *y, const float *a, float b, size_t n) {
  if (b == 2) {
    ck_mul(y, a, a, n);
  } else if (b == 3) {
    ck_cube(y, a, n);
  } else if (b == 0.5f) {
    ck_root(y, a, n);
  } else if (b == -1) {
    ck_div_rscalar(y, 1, a, n);
  } else {
    for (size_t i = 0; i < n; i++) y[i] = powf(a[i], b);
  }
}

// MARK: comparison and choice

#define COMPARE(name, operator)                                                      \
  CK_INLINE void name##_body(uint8_t *y, const float *a, const float *b, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = a[i] operator b[i];              \
  }                                                                                  \
  CK_DISPATCH(void, name, (uint8_t * y, const float *a, const float *b, size_t n), (y, a, b, n))

COMPARE(ck_equal, ==)
COMPARE(ck_not_equal, !=)
COMPARE(ck_less, <)
COMPARE(ck_less_equal, <=)

CK_INLINE void ck_select_body(float *y, const uint8_t *condition, const float *a, const float *b,
                              size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    float p = a[i], q = b[i];
    y[i] = condition[i] ? p : q;
  }
}
CK_DISPATCH(void, ck_select,
            (float *y, const uint8_t *condition, const float *a, const float *b, size_t n),
            (y, condition, a, b, n))
