// SPDX-License-Identifier: Apache-2.0
// Softmax, normalizations and reductions along rows.
#include "ck_rows.h"

#include <math.h>

#include "functions.h"

// A sum over one row of an expression of v (a vector or a number), in sixteen partial sums.
#define ROW_SUM(result, x, n, expression)          \
  {                                                \
    ck_f32x16 partial = {0};                       \
    size_t k = 0;                                  \
    for (; k + 16 <= (n); k += 16) {               \
      ck_f32x16 v = *(const ck_f32x16 *)((x) + k); \
      partial += expression;                       \
    }                                              \
    float rest = 0;                                \
    for (; k < (n); k++) {                         \
      float v = (x)[k];                            \
      rest += expression;                          \
    }                                              \
    result = ck_sum16(&partial) + rest;            \
  }

// The maximum or minimum of a row; NaN if the row has one.
#define ROW_EXTREME(name, operator)                \
  CK_INLINE float name(const float *x, size_t n) { \
    float best = x[0];                             \
    bool bad = false;                              \
    size_t k = 0;                                  \
    if (n >= 16) {                                 \
      ck_f32x16 m = *(const ck_f32x16 *)x;         \
      ck_i32x16 nans = m != m;                     \
      for (k = 16; k + 16 <= n; k += 16) {         \
        ck_f32x16 v = *(const ck_f32x16 *)(x + k); \
        nans |= v != v;                            \
        m = CK_CHOICE(v operator m, v, m);         \
      }                                            \
      best = m[0];                                 \
      for (int j = 0; j < 16; j++) {               \
        best = m[j] operator best ? m[j] : best;   \
        bad |= nans[j] != 0;                       \
      }                                            \
    }                                              \
    for (; k < n; k++) {                           \
      bad |= x[k] != x[k];                         \
      best = x[k] operator best ? x[k] : best;     \
    }                                              \
    return bad ? CK_NAN : best;                    \
  }

ROW_EXTREME(row_max, >)
ROW_EXTREME(row_min, <)

// MARK: softmax

CK_INLINE void ck_softmax_rows_body(float *y, const float *x, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, y += n, x += n) {
    float top = row_max(x, n), sum;
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_exp1(x[i] - top);
    ROW_SUM(sum, y, n, v)
    float scale = 1.0f / sum;
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] *= scale;
  }
}
CK_DISPATCH(void, ck_softmax_rows, (float *y, const float *x, size_t rows, size_t n),
            (y, x, rows, n))

// MARK: normalizations

CK_INLINE void ck_layer_norm_rows_body(float *y, const float *x, const float *gamma,
                                       const float *beta, float epsilon, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, y += n, x += n) {
    float sum, squares;
    ROW_SUM(sum, x, n, v)
    float mean = sum / (float)n;
    ROW_SUM(squares, x, n, (v - mean) * (v - mean))
    float scale = 1.0f / sqrtf(squares / (float)n + epsilon);
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale;
    if (gamma) CK_VECTOR
      for (size_t i = 0; i < n; i++) y[i] *= gamma[i];
    if (beta) CK_VECTOR
      for (size_t i = 0; i < n; i++) y[i] += beta[i];
  }
}
CK_DISPATCH(void, ck_layer_norm_rows,
            (float *y, const float *x, const float *gamma, const float *beta, float epsilon,
             size_t rows, size_t n),
            (y, x, gamma, beta, epsilon, rows, n))

// MARK: reductions

#define REDUCE_ROWS(name, statement)                                            \
  CK_INLINE void name##_body(float *y, const float *x, size_t rows, size_t n) { \
    for (size_t r = 0; r < rows; r++, x += n) statement                         \
  }                                                                             \
  CK_DISPATCH(void, name, (float *y, const float *x, size_t rows, size_t n), (y, x, rows, n))

REDUCE_ROWS(ck_sum_rows, ROW_SUM(y[r], x, n, v))
REDUCE_ROWS(ck_sum_squares_rows, ROW_SUM(y[r], x, n, v *v))
REDUCE_ROWS(ck_sum_abs_rows, ROW_SUM(y[r], x, n, __builtin_elementwise_abs(v)))
REDUCE_ROWS(ck_max_of_rows, y[r] = row_max(x, n);)
REDUCE_ROWS(ck_min_of_rows, y[r] = row_min(x, n);)

// The index of the first element equal to `value`, where NaN equals NaN. It must exist.
CK_INLINE int32_t index_of(const float *x, size_t n, float value) {
  size_t i = 0;
  if (value == value)
    while (i < n && x[i] != value) i++;
  else
    while (i < n && x[i] == x[i]) i++;
  return (int32_t)i;
}

CK_INLINE void ck_argmax_rows_body(int32_t *y, const float *x, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, x += n) y[r] = index_of(x, n, row_max(x, n));
}
CK_DISPATCH(void, ck_argmax_rows, (int32_t * y, const float *x, size_t rows, size_t n),
            (y, x, rows, n))

CK_INLINE void ck_argmin_rows_body(int32_t *y, const float *x, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, x += n) y[r] = index_of(x, n, row_min(x, n));
}
CK_DISPATCH(void, ck_argmin_rows, (int32_t * y, const float *x, size_t rows, size_t n),
            (y, x, rows, n))
