// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for weights under a mask: the values lie one after another, a bit for each
// column says which it has.
#include "ck_gemv.h"
#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { ROWS = 4 };

size_t ck_mask_row_bytes(size_t columns) { return (columns + 15) / 16 * 2; }

#define BITS_LOOP(name, type, value)                                                     \
  static void name##_portable(float *y, const uint8_t *mask, const type *values,         \
                              const uint64_t *starts, const float *x, const float *bias, \
                              size_t rows, size_t columns) {                             \
    size_t bytes = ck_mask_row_bytes(columns);                                           \
    for (size_t r = 0; r < rows; r++, mask += bytes) {                                   \
      const type *v = values + starts[r];                                                \
      float sum = 0;                                                                     \
      for (size_t byte = 0; byte < bytes; byte++)                                        \
        for (unsigned bits = mask[byte]; bits; bits &= bits - 1, v++)                    \
          sum += (value)*x[8 * byte + (size_t)__builtin_ctz(bits)];                      \
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
// Sixteen columns at a time: as many values as the mask has ones move to their lanes. Four rows
// keep the chains of counting ones apart.
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

CK_INLINE void ck_gemv_masked_palette4_body(float *y, const uint8_t *packed, const uint8_t *mask,
                                            const float *table, const float *x, const float *bias,
                                            size_t rows, size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns), mask_bytes = ck_mask_row_bytes(columns);
  for (size_t r = 0; r < rows; r++, packed += bytes, mask += mask_bytes) {
    float sum = 0;
    for (size_t k = 0; k < columns; k++) {
      uint8_t q = packed[k / 32 * 16 + k % 16];
      float w = table[k % 32 < 16 ? q & 15 : q >> 4];
      sum += mask[k / 8] >> k % 8 & 1 ? w * x[k] : 0;
    }
    y[r] = sum + (bias ? bias[r] : 0);
  }
}

#if CK_X86
// Thirty-two columns of a row, or, unless they are `whole`, the first sixteen.
CK_TARGET_AVX512 CK_INLINE void masked_step(const uint8_t *packed, const uint8_t *mask,
                                            __m512 table, __m512 first, __m512 second, bool whole,
                                            __m512 *a, __m512 *b) {
  uint16_t ones[2] = {0};
  memcpy(ones, mask, whole ? 4 : 2);
  __m512i q = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)packed));
  __m512 low = _mm512_maskz_permutexvar_ps(ones[0], q, table);
  __m512 high = _mm512_maskz_permutexvar_ps(ones[1], _mm512_srli_epi32(q, 4), table);
  *a = _mm512_fmadd_ps(low, first, *a);
  *b = _mm512_fmadd_ps(high, second, *b);
}

CK_TARGET_AVX512 CK_INLINE void masked_group(float *y, const uint8_t *packed, const uint8_t *mask,
                                             __m512 table, const float *x, size_t group,
                                             size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns), mask_bytes = ck_mask_row_bytes(columns);
  __m512 a[ROWS], b[ROWS];
  for (size_t j = 0; j < group; j++) a[j] = b[j] = _mm512_setzero_ps();
  size_t k = 0;
  for (; k + 32 <= columns; k += 32) {
    __m512 first = _mm512_loadu_ps(x + k), second = _mm512_loadu_ps(x + k + 16);
    for (size_t j = 0; j < group; j++)
      masked_step(packed + j * bytes + k / 2, mask + j * mask_bytes + k / 8, table, first, second,
                  true, &a[j], &b[j]);
  }
  if (k < columns) {
    uint32_t known = (1u << (columns - k)) - 1;
    __m512 first = _mm512_maskz_loadu_ps((__mmask16)known, x + k);
    __m512 second = _mm512_maskz_loadu_ps((__mmask16)(known >> 16), x + k + 16);
    for (size_t j = 0; j < group; j++)
      masked_step(packed + j * bytes + k / 2, mask + j * mask_bytes + k / 8, table, first, second,
                  columns - k > 16, &a[j], &b[j]);
  }
  for (size_t j = 0; j < group; j++) y[j] = _mm512_reduce_add_ps(_mm512_add_ps(a[j], b[j]));
}

CK_TARGET_AVX512 static void ck_gemv_masked_palette4_avx512(float *y, const uint8_t *packed,
                                                            const uint8_t *mask, const float *table,
                                                            const float *x, const float *bias,
                                                            size_t rows, size_t columns) {
  __m512 t = _mm512_loadu_ps(table);
  size_t bytes = ck_nibble_row_bytes(columns), mask_bytes = ck_mask_row_bytes(columns), r = 0;
  for (; r + ROWS <= rows; r += ROWS)
    masked_group(y + r, packed + r * bytes, mask + r * mask_bytes, t, x, ROWS, columns);
  for (; r < rows; r++)
    masked_group(y + r, packed + r * bytes, mask + r * mask_bytes, t, x, 1, columns);
  if (bias)
    for (r = 0; r < rows; r++) y[r] += bias[r];
}
#endif

void ck_gemv_masked_palette4(float *y, const uint8_t *packed, const uint8_t *mask,
                             const float *table, const float *x, const float *bias, size_t rows,
                             size_t columns) {
#if CK_X86
  if (ck_isa() == CK_AVX512) {
    ck_gemv_masked_palette4_avx512(y, packed, mask, table, x, bias, rows, columns);
    return;
  }
#endif
  ck_gemv_masked_palette4_body(y, packed, mask, table, x, bias, rows, columns);
}
