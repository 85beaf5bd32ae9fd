// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product for 8-bit indices into a table of half-precision entries.
//
// With AVX-512 VBMI the table is kept in registers, with low and high bytes separated: 64 byte
// lookups take two instructions (one if there are at most 64 entries), and interleaving the low
// and high bytes yields halves.
#include "ck_gemv.h"
#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { GROUP = 64 };

static void palette8_portable(float *y, const uint8_t *codes, const uint16_t *table, const float *x,
                              const float *bias, size_t rows, size_t columns) {
  float entries[256];
  ck_half_to_float(entries, table, 256);
  for (size_t r = 0; r < rows; r++, codes += columns) {
    float part[8] = {0};
    size_t k = 0;
    for (; k + 8 <= columns; k += 8)
      for (int j = 0; j < 8; j++) part[j] += entries[codes[k + j]] * x[k + j];
    for (; k < columns; k++) part[k % 8] += entries[codes[k]] * x[k];
    y[r] = ((part[0] + part[1]) + (part[2] + part[3])) +
           ((part[4] + part[5]) + (part[6] + part[7])) + (bias ? bias[r] : 0);
  }
}

#if CK_X86
#define VBMI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx2,fma,f16c")))

// One byte of every entry: 256 bytes in four registers.
typedef struct {
  __m512i part[4];
} plane;

VBMI CK_INLINE __m512i look_up(const plane *p, __m512i codes, __mmask64 upper, bool small) {
  if (small) return _mm512_permutexvar_epi8(codes, p->part[0]);
  __m512i low = _mm512_permutex2var_epi8(p->part[0], codes, p->part[1]);
  __m512i high = _mm512_permutex2var_epi8(p->part[2], codes, p->part[3]);
  return _mm512_mask_blend_epi8(upper, low, high);
}

#define LOW256(v) _mm512_cvtph_ps(_mm512_castsi512_si256(v))
#define HIGH256(v) _mm512_cvtph_ps(_mm512_extracti64x4_epi64(v, 1))

typedef struct {
  plane low, high;
} entries;

// Processes 64 columns; in the last step of a row, only those that are `known`.
VBMI CK_INLINE void step(__m512 *sum, const entries *t, const uint8_t *codes, const float *x,
                         __mmask64 known, bool whole, bool small) {
  // Interleaving works within quarters of a register. This order of the codes yields the columns
  // in their original order.
  const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
  __m512i q = _mm512_permutexvar_epi64(order, _mm512_maskz_loadu_epi8(known, codes));
  __mmask64 upper = small ? 0 : _mm512_movepi8_mask(q);
  __m512i l = look_up(&t->low, q, upper, small), h = look_up(&t->high, q, upper, small);
  __m512i first = _mm512_unpacklo_epi8(l, h), second = _mm512_unpackhi_epi8(l, h);
  __m512 w[4] = {LOW256(first), HIGH256(first), LOW256(second), HIGH256(second)};
  for (int i = 0; i < 4; i++) {
    __mmask16 own = (__mmask16)(known >> 16 * i);
    __m512 v = _mm512_maskz_loadu_ps(own, x + 16 * i);
    sum[i] = whole ? _mm512_fmadd_ps(w[i], v, sum[i]) : _mm512_mask3_fmadd_ps(w[i], v, sum[i], own);
  }
}

VBMI CK_INLINE float row(const entries *t, const uint8_t *codes, const float *x, size_t columns,
                         bool small) {
  __m512 sum[4];
  for (int i = 0; i < 4; i++) sum[i] = _mm512_setzero_ps();
  size_t k = 0;
  for (; k + GROUP <= columns; k += GROUP) step(sum, t, codes + k, x + k, ~0ull, true, small);
  if (k < columns) step(sum, t, codes + k, x + k, (1ull << (columns - k)) - 1, false, small);
  return _mm512_reduce_add_ps(
      _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

VBMI static void palette8_vbmi(float *y, const uint8_t *codes, const uint16_t *table, bool small,
                               const float *x, const float *bias, size_t rows, size_t columns) {
  uint8_t bytes[2][256];
  for (int i = 0; i < 256; i++)
    bytes[0][i] = (uint8_t)table[i], bytes[1][i] = (uint8_t)(table[i] >> 8);
  entries t;
  for (int i = 0; i < 4; i++) {
    t.low.part[i] = _mm512_loadu_si512(bytes[0] + 64 * i);
    t.high.part[i] = _mm512_loadu_si512(bytes[1] + 64 * i);
  }
  for (size_t r = 0; r < rows; r++, codes += columns)
    y[r] = (small ? row(&t, codes, x, columns, true) : row(&t, codes, x, columns, false)) +
           (bias ? bias[r] : 0);
}
#endif

void ck_gemv_palette8(float *y, const uint8_t *codes, const uint16_t *table, size_t entries,
                      const float *x, const float *bias, size_t rows, size_t columns) {
  (void)entries;  // used by the x86 kernel only
#if CK_X86
  if (ck_isa() == CK_AVX512 && __builtin_cpu_supports("avx512vbmi")) {
    palette8_vbmi(y, codes, table, entries <= 64, x, bias, rows, columns);
    return;
  }
#endif
  palette8_portable(y, codes, table, x, bias, rows, columns);
}
