// SPDX-License-Identifier: Apache-2.0
// Fake quantization: rounds numbers to the values that their codes represent.
#include "ck_fake_quantize.h"

#include "dispatch.h"

/// x / scale rounded half to even, plus zero; clamped such that rounding by adding 1.5·2²³ is
/// valid.
CK_INLINE float free_code(float x, float inverse, float zero) {
  float q = x * inverse;
  q = q < -4096 ? -4096 : q > 4096 ? 4096 : q;
  return (q + 12582912.0f) - 12582912.0f + zero;
}

CK_INLINE float clamped(float code, float low, float high) {
  return code < low ? low : code > high ? high : code;
}

CK_INLINE void ck_fake_quantize_body(float *y, const float *x, ck_grid grid, size_t n) {
  float inverse = 1 / grid.scale;
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    float code = clamped(free_code(x[i], inverse, grid.zero), grid.low, grid.high);
    y[i] = (code - grid.zero) * grid.scale;
  }
}
CK_DISPATCH(void, ck_fake_quantize, (float *y, const float *x, ck_grid grid, size_t n),
            (y, x, grid, n))

CK_INLINE void ck_fake_quantize_back_body(float *dx, const float *dy, const float *x, ck_grid grid,
                                          size_t n) {
  float inverse = 1 / grid.scale;
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    float code = free_code(x[i], inverse, grid.zero);
    dx[i] = ((code < grid.low) | (code > grid.high)) ? 0 : dy[i];
  }
}
CK_DISPATCH(void, ck_fake_quantize_back,
            (float *dx, const float *dy, const float *x, ck_grid grid, size_t n),
            (dx, dy, x, grid, n))

CK_INLINE void ck_fake_quantize_learn_body(float *dx, const float *dy, const float *x, ck_grid grid,
                                           size_t n, float *d_scale, float *d_zero) {
  enum { LANES = 32 };
  float inverse = 1 / grid.scale, a[LANES] = {0}, b[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) CK_VECTOR for (int l = 0; l < LANES; l++) {
      float q = x[i + l] * inverse, free = free_code(x[i + l], inverse, grid.zero);
      float code = clamped(free, grid.low, grid.high);
      float inside = free == code ? 1.0f : 0.0f, slope = dy[i + l];
      a[l] += slope * (code - grid.zero - inside * q);
      b[l] += slope * (inside - 1);
      dx[i + l] = free == code ? slope : 0;
    }
  for (; i < n; i++) {
    float free = free_code(x[i], inverse, grid.zero), code = clamped(free, grid.low, grid.high);
    float inside = free == code ? 1.0f : 0.0f, slope = dy[i];
    a[0] += slope * (code - grid.zero - inside * x[i] * inverse);
    b[0] += slope * (inside - 1);
    dx[i] = free == code ? slope : 0;
  }
  for (int l = 0; l < LANES; l++) {
    *d_scale += a[l];
    *d_zero += b[l] * grid.scale;
  }
}
CK_DISPATCH(void, ck_fake_quantize_learn,
            (float *dx, const float *dy, const float *x, ck_grid grid, size_t n, float *d_scale,
             float *d_zero),
            (dx, dy, x, grid, n, d_scale, d_zero))
