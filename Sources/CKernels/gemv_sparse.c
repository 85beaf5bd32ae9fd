// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product for sparse weights: the nonzero values are stored contiguously, and a bit
// mask gives their columns.
#include "ck_gemv.h"
#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { ROWS = 4 };

size_t ck_mask_row_bytes(size_t columns) { return (columns + 15) / 16 * 2; }

// Whether zero weights can be skipped. This requires that x is finite, since 0·x is NaN
// otherwise.
static bool zeros_vanish(const float *x, size_t columns) {
  float sum = 0;
  for (size_t k = 0; k < columns; k++) sum += x[k] * 0;
  return sum == 0;
}

#define BITS_LOOP(name, type, value)                                                     \
  static void name##_portable(float *y, const uint8_t *mask, const type *values,         \
                              const uint64_t *starts, const float *x, const float *bias, \
                              size_t rows, size_t columns) {                             \
    size_t bytes = ck_mask_row_bytes(columns);                                           \
    bool skips = zeros_vanish(x, columns);                                               \
    for (size_t r = 0; r < rows; r++, mask += bytes) {                                   \
      const type *v = values + starts[r];                                                \
      float part[8] = {0};                                                               \
      for (size_t byte = 0; byte < bytes && skips; byte++)                               \
        for (unsigned bits = mask[byte]; bits; bits &= bits - 1, v++) {                  \
          size_t bit = (size_t)__builtin_ctz(bits);                                      \
          part[bit] += (value)*x[8 * byte + bit];                                        \
        }                                                                                \
      for (size_t k = 0; k < columns && !skips; k++) {                                   \
        bool has = mask[k / 8] >> k % 8 & 1;                                             \
        part[k % 8] += (has ? (value) : 0) * x[k];                                       \
        v += has;                                                                        \
      }                                                                                  \
      float sum = ((part[0] + part[1]) + (part[2] + part[3])) +                          \
                  ((part[4] + part[5]) + (part[6] + part[7]));                           \
      y[r] = sum + (bias ? bias[r] : 0);                                                 \
    }                                                                                    \
  }
CK_INLINE float half_value(const uint16_t *half) {
  float x;
  ck_half_to_float(&x, half, 1);
  return x;
}
BITS_LOOP(sparse_float, float, *v)
BITS_LOOP(sparse_half, uint16_t, half_value(v))

#if CK_X86
// Processes sixteen columns at a time: as many values as the mask has ones are expanded to their
// lanes. Processing four rows at a time keeps the dependent population counts of the rows
// independent of each other.
#define EXPAND_LOOP(name, type, decode)                                                           \
  CK_TARGET_AVX512 CK_INLINE void name##_group(float *y, const uint8_t *mask, const type *values, \
                                               const uint64_t *starts, const float *x,            \
                                               size_t group, size_t columns) {                    \
    size_t bytes = ck_mask_row_bytes(columns);                                                    \
    const type *v[ROWS];                                                                          \
    __m512 sum[ROWS];                                                                             \
    for (size_t j = 0; j < group; j++) v[j] = values + starts[j], sum[j] = _mm512_setzero_ps();   \
    for (size_t k = 0; k < columns; k += 16) {                                                    \
      __mmask16 known = columns - k >= 16 ? 0xffff : (__mmask16)((1u << (columns - k)) - 1);      \
      __m512 vector = _mm512_maskz_loadu_ps(known, x + k);                                        \
      for (size_t j = 0; j < group; j++) {                                                        \
        uint16_t bits;                                                                            \
        memcpy(&bits, mask + j * bytes + k / 8, 2);                                               \
        __m512 w = _mm512_maskz_expand_ps(bits, decode(v[j]));                                    \
        sum[j] = _mm512_fmadd_ps(w, vector, sum[j]);                                              \
        v[j] += __builtin_popcount(bits);                                                         \
      }                                                                                           \
    }                                                                                             \
    for (size_t j = 0; j < group; j++) y[j] = _mm512_reduce_add_ps(sum[j]);                       \
  }                                                                                               \
  CK_TARGET_AVX512 static void name##_avx512(float *y, const uint8_t *mask, const type *values,   \
                                             const uint64_t *starts, const float *x,              \
                                             const float *bias, size_t rows, size_t columns) {    \
    size_t bytes = ck_mask_row_bytes(columns), r = 0;                                             \
    for (; r + ROWS <= rows; r += ROWS)                                                           \
      name##_group(y + r, mask + r * bytes, values, starts + r, x, ROWS, columns);                \
    for (; r < rows; r++)                                                                         \
      name##_group(y + r, mask + r * bytes, values, starts + r, x, 1, columns);                   \
    if (bias)                                                                                     \
      for (r = 0; r < rows; r++) y[r] += bias[r];                                                 \
  }
#define FLOATS(p) _mm512_loadu_ps(p)
#define HALVES(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
EXPAND_LOOP(sparse_float, float, FLOATS)
EXPAND_LOOP(sparse_half, uint16_t, HALVES)
#define CHOOSE(name) (ck_isa() == CK_AVX512 ? name##_avx512 : name##_portable)
#else
#define CHOOSE(name) name##_portable
#endif

void ck_gemv_sparse(float *y, const uint8_t *mask, const float *values, const uint64_t *starts,
                    const float *x, const float *bias, size_t rows, size_t columns) {
  CHOOSE(sparse_float)(y, mask, values, starts, x, bias, rows, columns);
}

void ck_gemv_sparse_half(float *y, const uint8_t *mask, const uint16_t *values,
                         const uint64_t *starts, const float *x, const float *bias, size_t rows,
                         size_t columns) {
  CHOOSE(sparse_half)(y, mask, values, starts, x, bias, rows, columns);
}
