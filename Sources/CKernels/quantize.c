// SPDX-License-Identifier: Apache-2.0
// Linear quantization of weights: ranges and codes of blocks.
#include "ck_quantize.h"

#include "ck_convert.h"
#include "dispatch.h"

CK_INLINE void ck_bounds_body(const float *x, size_t n, float *low, float *high) {
  ck_f32x16 low16 = {0}, high16 = {0};
  low16 += *low;
  high16 += *high;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    ck_f32x16 v = *(const ck_f32x16 *)(x + i);
    low16 = CK_CHOICE(v < low16, v, low16);
    high16 = CK_CHOICE(v > high16, v, high16);
  }
  float least = *low, most = *high;
  for (int j = 0; j < 16; j++) {
    least = low16[j] < least ? low16[j] : least;
    most = high16[j] > most ? high16[j] : most;
  }
  for (; i < n; i++) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
  }
  *low = least;
  *high = most;
}
CK_DISPATCH(void, ck_bounds, (const float *x, size_t n, float *low, float *high), (x, n, low, high))

CK_INLINE void ck_bounds_each_body(const float *x, size_t n, float *low, float *high) {
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    low[i] = x[i] < low[i] ? x[i] : low[i];
    high[i] = x[i] > high[i] ? x[i] : high[i];
  }
}
CK_DISPATCH(void, ck_bounds_each, (const float *x, size_t n, float *low, float *high),
            (x, n, low, high))

CK_INLINE float ck_code1(float quotient, float shift, float low, float high) {
  // Values are clamped before rounding, since adding 1.5·2²³ rounds correctly only within ±2²².
  // Clamped values have the same codes.
  float near = quotient < -1024 ? -1024 : quotient > 1024 ? 1024 : quotient;
  float code = (near + 12582912.0f) - 12582912.0f + shift;
  code = code < low ? low : code > high ? high : code;
  return code == code ? code : 0;
}

// Quotients stay in the L1 cache between division, rounding and conversion to codes.
#define QUANTIZE_LOOP(scale_of, shift_of)                                               \
  enum { STRETCH = 2048 };                                                              \
  float quotients[STRETCH];                                                             \
  for (size_t from = 0; from < n; from += STRETCH) {                                    \
    size_t count = n - from < STRETCH ? n - from : STRETCH;                             \
    CK_VECTOR for (size_t i = 0; i < count; i++) quotients[i] = x[from + i] / scale_of; \
    if (half) ck_round_half(quotients, quotients, count);                               \
    CK_VECTOR for (size_t i = 0; i < count; i++) y[from + i] =                          \
        (uint8_t)(int32_t)ck_code1(quotients[i], shift_of, low, high);                  \
  }

CK_INLINE void ck_quantize_body(uint8_t *y, const float *x, float scale, float shift, float low,
                                float high, bool half, size_t n) {
  QUANTIZE_LOOP(scale, shift)
}
CK_DISPATCH(void, ck_quantize,
            (uint8_t * y, const float *x, float scale, float shift, float low, float high,
             bool half, size_t n),
            (y, x, scale, shift, low, high, half, n))

CK_INLINE void ck_quantize_each_body(uint8_t *y, const float *x, const float *scale,
                                     const float *shift, float low, float high, bool half,
                                     size_t n) {
  QUANTIZE_LOOP(scale[from + i], shift[from + i])
}
CK_DISPATCH(void, ck_quantize_each,
            (uint8_t * y, const float *x, const float *scale, const float *shift, float low,
             float high, bool half, size_t n),
            (y, x, scale, shift, low, high, half, n))
