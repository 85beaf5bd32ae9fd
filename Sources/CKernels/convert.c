// SPDX-License-Identifier: Apache-2.0
// Conversions between dtypes: half, bfloat16, 8-bit integers.
#include "convert.h"

#include "ck_convert.h"

#if CK_X86
#include <immintrin.h>
#endif

// MARK: half

static void ck_half_to_float_portable(float *y, const uint16_t *x, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_half1(x[i]);
}

static void ck_float_to_half_portable(uint16_t *y, const float *x, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_to_half1(x[i]);
}

static void ck_round_half_portable(float *y, const float *x, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_half1(ck_to_half1(x[i]));
}

#if CK_X86
#define TO_NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

CK_TARGET_AVX2 static void ck_half_to_float_avx2(float *y, const uint16_t *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
  ck_half_to_float_portable(y + i, x + i, n - i);
}

CK_TARGET_AVX512 static void ck_half_to_float_avx512(float *y, const uint16_t *x, size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16)
    _mm512_storeu_ps(y + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(x + i))));
  ck_half_to_float_portable(y + i, x + i, n - i);
}

CK_TARGET_AVX2 static void ck_float_to_half_avx2(uint16_t *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128((__m128i *)(y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), TO_NEAREST));
  ck_float_to_half_portable(y + i, x + i, n - i);
}

CK_TARGET_AVX512 static void ck_float_to_half_avx512(uint16_t *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16)
    _mm256_storeu_si256((__m256i *)(y + i), _mm512_cvtps_ph(_mm512_loadu_ps(x + i), TO_NEAREST));
  ck_float_to_half_portable(y + i, x + i, n - i);
}

CK_TARGET_AVX2 static void ck_round_half_avx2(float *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm256_cvtps_ph(_mm256_loadu_ps(x + i), TO_NEAREST)));
  ck_round_half_portable(y + i, x + i, n - i);
}

CK_TARGET_AVX512 static void ck_round_half_avx512(float *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16)
    _mm512_storeu_ps(y + i, _mm512_cvtph_ps(_mm512_cvtps_ph(_mm512_loadu_ps(x + i), TO_NEAREST)));
  ck_round_half_portable(y + i, x + i, n - i);
}
#endif

CK_CHOOSE(void, ck_half_to_float, (float *y, const uint16_t *x, size_t n), (y, x, n))
CK_CHOOSE(void, ck_float_to_half, (uint16_t * y, const float *x, size_t n), (y, x, n))
CK_CHOOSE(void, ck_round_half, (float *y, const float *x, size_t n), (y, x, n))

// MARK: bfloat16

CK_INLINE void ck_bfloat_to_float_body(float *y, const uint16_t *x, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ck_float((uint32_t)x[i] << 16);
}
CK_DISPATCH(void, ck_bfloat_to_float, (float *y, const uint16_t *x, size_t n), (y, x, n))

CK_INLINE void ck_float_to_bfloat_body(uint16_t *y, const float *x, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    uint32_t u = ck_bits(x[i]), rounded = (u + 0x7fffu + (u >> 16 & 1)) >> 16;
    y[i] = (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? u >> 16 | 0x40u : rounded);
  }
}
CK_DISPATCH(void, ck_float_to_bfloat, (uint16_t * y, const float *x, size_t n), (y, x, n))

// MARK: 8-bit integers

#define DEQUANTIZE(name, type)                                                                   \
  CK_INLINE void name##_body(float *y, const type *x, float scale, float zero_point, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = ((float)x[i] - zero_point) * scale;          \
  }                                                                                              \
  CK_DISPATCH(void, name, (float *y, const type *x, float scale, float zero_point, size_t n),    \
              (y, x, scale, zero_point, n))

DEQUANTIZE(ck_dequantize_int8, int8_t)
DEQUANTIZE(ck_dequantize_uint8, uint8_t)

CK_INLINE float ck_quantize1(float x, float scale, float zero_point, float low, float high) {
  // Below 2²², adding 1.5·2²³ rounds to an integer; larger values are clamped anyway.
  float t = x / scale;
  t = t != t ? 0 : t > 1e6f ? 1e6f : t < -1e6f ? -1e6f : t;
  t = ((t + 12582912.0f) - 12582912.0f) + zero_point;
  return t < low ? low : t > high ? high : t;
}

#define QUANTIZE(name, type, low, high)                                                            \
  CK_INLINE void name##_body(type *y, const float *x, float scale, int32_t zero_point, size_t n) { \
    CK_VECTOR for (size_t i = 0; i < n; i++) y[i] =                                                \
        (type)(int32_t)ck_quantize1(x[i], scale, (float)zero_point, low, high);                    \
  }                                                                                                \
  CK_DISPATCH(void, name, (type * y, const float *x, float scale, int32_t zero_point, size_t n),   \
              (y, x, scale, zero_point, n))

QUANTIZE(ck_quantize_int8, int8_t, -128.0f, 127.0f)
QUANTIZE(ck_quantize_uint8, uint8_t, 0.0f, 255.0f)
