// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for indices of 4 bits into a table. Four rows at a time share the loads of
// the vector.
#include "ck_gemv.h"

#include "dispatch.h"
#include "gemv_palette_bytes.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { ROWS = 4 };

CK_INLINE void add_bias(float *y, const float *bias, size_t rows) {
  if (bias) CK_VECTOR
    for (size_t r = 0; r < rows; r++) y[r] += bias[r];
}

#if CK_X86
CK_TARGET_AVX2 CK_INLINE float total_avx2(__m256 a, __m256 b) {
  float t[8];
  _mm256_storeu_ps(t, _mm256_add_ps(a, b));
  return ((t[0] + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
}
#define TOTAL_AVX512(a, b) _mm512_reduce_add_ps(_mm512_add_ps(a, b))
#endif

// The vector's last, partial group of 32 columns, filled up with zeros: packed rows are always
// whole groups.
CK_INLINE void fill_tail(float *tail, const float *x, size_t columns) {
  size_t whole = columns / 32 * 32;
  memset(tail, 0, 32 * sizeof *tail);
  memcpy(tail, x + whole, (columns - whole) * sizeof *tail);
}

#define GROUP(x, tail, k, columns) ((k) + 32 <= (columns) ? (x) + (k) : (tail))

static void floats_portable(float *y, const uint8_t *packed, const float *table, const float *x,
                            const float *bias, size_t rows, size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns);
  float tail[32];
  fill_tail(tail, x, columns);
  for (size_t r = 0; r < rows; r++, packed += bytes) {
    float part[16] = {0};
    for (size_t k = 0; k < columns; k += 32) {
      const float *v = GROUP(x, tail, k, columns);
      const uint8_t *q = packed + k / 2;
      for (int j = 0; j < 16; j++)
        part[j] += table[q[j] & 15] * v[j] + table[q[j] >> 4] * v[j + 16];
    }
    ck_f32x16 sum;
    memcpy(&sum, part, sizeof sum);
    y[r] = ck_sum16(&sum);
  }
  add_bias(y, bias, rows);
}

#if CK_X86
CK_TARGET_AVX2 CK_INLINE __m256 lookup8(__m256i k, __m256 low, __m256 high) {
  return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, k), _mm256_permutevar8x32_ps(high, k),
                          _mm256_castsi256_ps(_mm256_slli_epi32(k, 28)));
}

CK_TARGET_AVX2 static void floats_avx2(float *y, const uint8_t *packed, const float *table,
                                       const float *x, const float *bias, size_t rows,
                                       size_t columns) {
  __m256 low = _mm256_loadu_ps(table), high = _mm256_loadu_ps(table + 8);
  size_t bytes = ck_nibble_row_bytes(columns);
  float tail[32];
  fill_tail(tail, x, columns);
  for (size_t r = 0; r < rows; r++, packed += bytes) {
    __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
    for (size_t k = 0; k < columns; k += 32) {
      const float *v = GROUP(x, tail, k, columns);
      __m256i p = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(packed + k / 2)));
      __m256i q = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(packed + k / 2 + 8)));
      a = _mm256_fmadd_ps(lookup8(p, low, high), _mm256_loadu_ps(v), a);
      b = _mm256_fmadd_ps(lookup8(q, low, high), _mm256_loadu_ps(v + 8), b);
      c = _mm256_fmadd_ps(lookup8(_mm256_srli_epi32(p, 4), low, high), _mm256_loadu_ps(v + 16), c);
      d = _mm256_fmadd_ps(lookup8(_mm256_srli_epi32(q, 4), low, high), _mm256_loadu_ps(v + 24), d);
    }
    y[r] = total_avx2(_mm256_add_ps(a, b), _mm256_add_ps(c, d));
  }
  add_bias(y, bias, rows);
}

CK_TARGET_AVX512 CK_INLINE void palette4_group(float *y, const uint8_t *packed, __m512 table,
                                               const float *x, const float *tail, size_t group,
                                               size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns);
  __m512 a[ROWS], b[ROWS];
  for (size_t j = 0; j < group; j++) a[j] = b[j] = _mm512_setzero_ps();
  for (size_t k = 0; k < columns; k += 32) {
    const float *v = GROUP(x, tail, k, columns);
    __m512 first = _mm512_loadu_ps(v), second = _mm512_loadu_ps(v + 16);
    for (size_t j = 0; j < group; j++) {  // vpermps looks at the low four bits of each lane only
      __m512i q =
          _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(packed + j * bytes + k / 2)));
      a[j] = _mm512_fmadd_ps(_mm512_permutexvar_ps(q, table), first, a[j]);
      b[j] = _mm512_fmadd_ps(_mm512_permutexvar_ps(_mm512_srli_epi32(q, 4), table), second, b[j]);
    }
  }
  for (size_t j = 0; j < group; j++) y[j] = TOTAL_AVX512(a[j], b[j]);
}

CK_TARGET_AVX512 static void floats_avx512(float *y, const uint8_t *packed, const float *table,
                                           const float *x, const float *bias, size_t rows,
                                           size_t columns) {
  __m512 t = _mm512_loadu_ps(table);
  size_t bytes = ck_nibble_row_bytes(columns), r = 0;
  float tail[32];
  fill_tail(tail, x, columns);
  for (; r + ROWS <= rows; r += ROWS)
    palette4_group(y + r, packed + r * bytes, t, x, tail, ROWS, columns);
  for (; r < rows; r++) palette4_group(y + r, packed + r * bytes, t, x, tail, 1, columns);
  add_bias(y, bias, rows);
}
#endif

CK_CHOOSE(static void, floats,
          (float *y, const uint8_t *packed, const float *table, const float *x, const float *bias,
           size_t rows, size_t columns),
          (y, packed, table, x, bias, rows, columns))

void ck_gemv_palette4(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                      size_t rows_per_table, const float *x, const float *bias, size_t rows,
                      size_t columns) {
  if (ck_palette4_bytes(y, packed, tables, skipped, rows_per_table, x, bias, rows, columns)) return;
  size_t bytes = ck_nibble_row_bytes(columns), end = rows_per_table - skipped;
  for (size_t r = 0; r < rows; r = end, end += rows_per_table, tables += 16) {
    if (end > rows) end = rows;
    floats(y + r, packed + r * bytes, tables, x, bias ? bias + r : NULL, end - r, columns);
  }
}
