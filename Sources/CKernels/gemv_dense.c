// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product for float and half weights. Eight rows at a time share the loads of the
// vector, and their accumulators are reduced together. A row's sum does not depend on its group.
#include "ck_gemv.h"
#include "convert.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { ROWS = 8 };

// MARK: portable

#define GEMV_PORTABLE(name, type, decode)                                                   \
  static void name(float *y, const type *w, const float *x, const float *bias, size_t rows, \
                   size_t columns) {                                                        \
    for (size_t r = 0; r < rows; r++, w += columns) {                                       \
      float part[16] = {0};                                                                 \
      size_t k = 0;                                                                         \
      for (; k + 16 <= columns; k += 16)                                                    \
        for (int j = 0; j < 16; j++) part[j] += decode(w[k + j]) * x[k + j];                \
      for (; k < columns; k++) part[k % 16] += decode(w[k]) * x[k];                         \
      ck_f32x16 sum;                                                                        \
      memcpy(&sum, part, sizeof sum);                                                       \
      y[r] = ck_sum16(&sum) + (bias ? bias[r] : 0);                                         \
    }                                                                                       \
  }

#define SAME(value) (value)
GEMV_PORTABLE(ck_gemv_portable, float, SAME)
GEMV_PORTABLE(ck_gemv_half_portable, uint16_t, ck_half1)

#if CK_X86

// MARK: AVX2 and AVX-512

// The horizontal sums of eight vectors, in order.
CK_TARGET_AVX2 CK_INLINE __m256 sums8(const __m256 *v) {
  __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
  __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
  return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

CK_TARGET_AVX512 CK_INLINE __m256 sums8_wide(const __m512 *v) {
  __m256 halves[ROWS];
  for (int j = 0; j < ROWS; j++)
    halves[j] = _mm256_add_ps(_mm512_castps512_ps256(v[j]), _mm512_extractf32x8_ps(v[j], 1));
  return sums8(halves);
}

CK_TARGET_AVX2 CK_INLINE void store_sums(float *y, __m256 sums, const float *bias, size_t count) {
  float values[ROWS];
  _mm256_storeu_ps(values, sums);
  for (size_t j = 0; j < count; j++) y[j] = values[j] + (bias ? bias[j] : 0);
}

// At most 8 rows; the tail of fewer than WIDTH columns goes through a zero-padded buffer.
#define GEMV_GROUP(name, target, type, vector, WIDTH, zero, load, decode, multiply_add, total)     \
  target CK_INLINE void name##_group(float *y, const type *w, const float *x, const float *bias,   \
                                     size_t count, size_t columns) {                               \
    vector sum[ROWS];                                                                              \
    for (int j = 0; j < ROWS; j++) sum[j] = zero();                                                \
    size_t k = 0;                                                                                  \
    for (; k + WIDTH <= columns; k += WIDTH) {                                                     \
      vector v = load(x + k);                                                                      \
      for (size_t j = 0; j < count; j++)                                                           \
        sum[j] = multiply_add(decode(w + j * columns + k), v, sum[j]);                             \
    }                                                                                              \
    if (k < columns) {                                                                             \
      float tail[WIDTH] = {0};                                                                     \
      memcpy(tail, x + k, (columns - k) * sizeof *x);                                              \
      vector v = load(tail);                                                                       \
      for (size_t j = 0; j < count; j++) {                                                         \
        type weights[WIDTH] = {0};                                                                 \
        memcpy(weights, w + j * columns + k, (columns - k) * sizeof *w);                           \
        sum[j] = multiply_add(decode(weights), v, sum[j]);                                         \
      }                                                                                            \
    }                                                                                              \
    store_sums(y, total(sum), bias, count);                                                        \
  }                                                                                                \
  target static void name(float *y, const type *w, const float *x, const float *bias, size_t rows, \
                          size_t columns) {                                                        \
    size_t r = 0;                                                                                  \
    for (; r + ROWS <= rows; r += ROWS)                                                            \
      name##_group(y + r, w + r * columns, x, bias ? bias + r : NULL, ROWS, columns);              \
    if (r < rows)                                                                                  \
      name##_group(y + r, w + r * columns, x, bias ? bias + r : NULL, rows - r, columns);          \
  }

#define HALVES_AVX2(p) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p)))
#define HALVES_AVX512(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
GEMV_GROUP(ck_gemv_avx2, CK_TARGET_AVX2, float, __m256, 8, _mm256_setzero_ps, _mm256_loadu_ps,
           _mm256_loadu_ps, _mm256_fmadd_ps, sums8)
GEMV_GROUP(ck_gemv_avx512, CK_TARGET_AVX512, float, __m512, 16, _mm512_setzero_ps, _mm512_loadu_ps,
           _mm512_loadu_ps, _mm512_fmadd_ps, sums8_wide)
GEMV_GROUP(ck_gemv_half_avx2, CK_TARGET_AVX2, uint16_t, __m256, 8, _mm256_setzero_ps,
           _mm256_loadu_ps, HALVES_AVX2, _mm256_fmadd_ps, sums8)
GEMV_GROUP(ck_gemv_half_avx512, CK_TARGET_AVX512, uint16_t, __m512, 16, _mm512_setzero_ps,
           _mm512_loadu_ps, HALVES_AVX512, _mm512_fmadd_ps, sums8_wide)
#endif

CK_CHOOSE(void, ck_gemv,
          (float *y, const float *w, const float *x, const float *bias, size_t rows,
           size_t columns),
          (y, w, x, bias, rows, columns))
CK_CHOOSE(void, ck_gemv_half,
          (float *y, const uint16_t *w, const float *x, const float *bias, size_t rows,
           size_t columns),
          (y, w, x, bias, rows, columns))
