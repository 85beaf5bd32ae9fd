// SPDX-License-Identifier: Apache-2.0
// Gradients of functions along rows, and of activations that are more expensive than a pass over
// memory.
#include <math.h>

#include "ck_gradient.h"
#include "functions.h"

enum { LANES = 16 };

// Σ expression over i in 16 partial sums.
#define SUM_OF(result, n, expression)                                   \
  do {                                                                  \
    float parts[LANES] = {0};                                           \
    size_t i = 0;                                                       \
    for (; i + LANES <= (n); i += LANES)                                \
      for (size_t j = 0; j < LANES; j++) parts[j] += expression(i + j); \
    result = 0;                                                         \
    for (; i < (n); i++) result += expression(i);                       \
    for (size_t j = 0; j < LANES; j++) result += parts[j];              \
  } while (0)

CK_INLINE void ck_softmax_gradient_rows_body(float *dx, const float *dy, const float *y,
                                             size_t rows, size_t n) {
#define PRODUCT(k) (dy[k] * y[k])
  for (size_t r = 0; r < rows; r++, dx += n, dy += n, y += n) {
    float sum;
    SUM_OF(sum, n, PRODUCT);
    CK_VECTOR for (size_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - sum);
  }
#undef PRODUCT
}
CK_DISPATCH(void, ck_softmax_gradient_rows,
            (float *dx, const float *dy, const float *y, size_t rows, size_t n),
            (dx, dy, y, rows, n))

CK_INLINE void ck_layer_norm_gradient_rows_body(float *dx, float *gamma_sum, float *beta_sum,
                                                const float *dy, const float *x, const float *gamma,
                                                float epsilon, size_t rows, size_t n) {
#define ELEMENT(k) (x[k])
#define SQUARE(k) ((x[k] - mean) * (x[k] - mean))
#define OWN(k) (gamma ? dy[k] * gamma[k] : dy[k])
#define PRODUCT(k) (OWN(k) * (x[k] - mean))
  for (size_t r = 0; r < rows; r++, dx += n, dy += n, x += n) {
    float mean, squares, sum, product;
    SUM_OF(mean, n, ELEMENT);
    mean /= (float)n;
    SUM_OF(squares, n, SQUARE);
    float factor = 1.0f / sqrtf(squares / (float)n + epsilon);
    SUM_OF(sum, n, OWN);
    SUM_OF(product, n, PRODUCT);
    float slope = factor * factor * product / (float)n, level = sum / (float)n;
    CK_VECTOR for (size_t i = 0; i < n; i++) {
      float d = dy[i], centered = x[i] - mean;
      gamma_sum[i] += d * centered * factor;
      beta_sum[i] += d;
      dx[i] = factor * ((gamma ? d * gamma[i] : d) - level - slope * centered);
    }
  }
}
CK_DISPATCH(void, ck_layer_norm_gradient_rows,
            (float *dx, float *gamma_sum, float *beta_sum, const float *dy, const float *x,
             const float *gamma, float epsilon, size_t rows, size_t n),
            (dx, gamma_sum, beta_sum, dy, x, gamma, epsilon, rows, n))

// The derivatives of the gelu variants and of silu.
CK_INLINE float gelu_slope(float x) {
  float density = ck_exp1(-0.5f * x * x) * 0.3989422804f;
  return 0.5f + 0.5f * ck_erf1(x * 0.7071067812f) + x * density;
}

CK_INLINE float gelu_tanh_slope(float x) {
  const float c = 0.7978845608f;
  float square = x * x, t = ck_tanh1(x * c * (1 + 0.044715f * square));
  return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * c * (1 + 3 * 0.044715f * square);
}

CK_INLINE float gelu_sigmoid_slope(float x) {
  float s = ck_sigmoid1(1.702f * x);
  return s * (1 + 1.702f * x * (1 - s));
}

CK_INLINE float silu_slope(float x) {
  float s = ck_sigmoid1(x);
  return s * (1 + x * (1 - s));
}

#define BY_ARGUMENT(name, slope)                                                     \
  CK_INLINE void name##_body(float *dx, const float *dy, const float *x, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) dx[i] = dy[i] * slope(x[i]);            \
  }                                                                                  \
  CK_DISPATCH(void, name, (float *dx, const float *dy, const float *x, size_t n), (dx, dy, x, n))

BY_ARGUMENT(ck_gelu_gradient, gelu_slope)
BY_ARGUMENT(ck_gelu_tanh_gradient, gelu_tanh_slope)
BY_ARGUMENT(ck_gelu_sigmoid_gradient, gelu_sigmoid_slope)
BY_ARGUMENT(ck_silu_gradient, silu_slope)

// Computed from the result.
#define TANH_SLOPE(y) (1 - (y) * (y))
#define SIGMOID_SLOPE(y) ((y) * (1 - (y)))
BY_ARGUMENT(ck_tanh_gradient, TANH_SLOPE)
BY_ARGUMENT(ck_sigmoid_gradient, SIGMOID_SLOPE)
