// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for indices of one byte into a table of half-precision entries.
//
// With AVX-512 VBMI the table stays in registers, its low and its high bytes apart: 64 look-ups of
// a byte are two instructions, and low and high interleave into halves.
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
    float part[4] = {0};
    size_t k = 0;
    for (; k + 4 <= columns; k += 4)
      for (int j = 0; j < 4; j++) part[j] += entries[codes[k + j]] * x[k + j];
    for (; k < columns; k++) part[0] += entries[codes[k]] * x[k];
    y[r] = (part[0] + part[1]) + (part[2] + part[3]) + (bias ? bias[r] : 0);
  }
}

#if CK_X86
#define VBMI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx2,fma,f16c")))

// One byte of every entry: 256 of them in four registers.
typedef struct {
  __m512i part[4];
} plane;

VBMI CK_INLINE __m512i look_up(const plane *p, __m512i codes, __mmask64 upper) {
  __m512i low = _mm512_permutex2var_epi8(p->part[0], codes, p->part[1]);
  __m512i high = _mm512_permutex2var_epi8(p->part[2], codes, p->part[3]);
  return _mm512_mask_blend_epi8(upper, low, high);
}

#define LOW256(v) _mm512_cvtph_ps(_mm512_castsi512_si256(v))
#define HIGH256(v) _mm512_cvtph_ps(_mm512_extracti64x4_epi64(v, 1))

VBMI static void palette8_vbmi(float *y, const uint8_t *codes, const uint16_t *table,
                               const float *x, const float *bias, size_t rows, size_t columns) {
  uint8_t bytes[2][256];
  for (int i = 0; i < 256; i++)
    bytes[0][i] = (uint8_t)table[i], bytes[1][i] = (uint8_t)(table[i] >> 8);
  plane low, high;
  for (int i = 0; i < 4; i++) {
    low.part[i] = _mm512_loadu_si512(bytes[0] + 64 * i);
    high.part[i] = _mm512_loadu_si512(bytes[1] + 64 * i);
  }
  // Interleaving works within quarters of a register: this order of codes makes it give columns in
  // theirs.
  const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
  for (size_t r = 0; r < rows; r++, codes += columns) {
    __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
    for (size_t k = 0; k < columns; k += GROUP) {
      size_t left = columns - k;
      __mmask64 known = left >= GROUP ? ~0ull : (1ull << left) - 1;
      __m512i q = _mm512_permutexvar_epi64(order, _mm512_maskz_loadu_epi8(known, codes + k));
      __mmask64 upper = _mm512_movepi8_mask(q);
      __m512i l = look_up(&low, q, upper), h = look_up(&high, q, upper);
      __m512i first = _mm512_unpacklo_epi8(l, h), second = _mm512_unpackhi_epi8(l, h);
      a = _mm512_fmadd_ps(LOW256(first), _mm512_maskz_loadu_ps((__mmask16)known, x + k), a);
      b = _mm512_fmadd_ps(HIGH256(first),
                          _mm512_maskz_loadu_ps((__mmask16)(known >> 16), x + k + 16), b);
      c = _mm512_fmadd_ps(LOW256(second),
                          _mm512_maskz_loadu_ps((__mmask16)(known >> 32), x + k + 32), c);
      d = _mm512_fmadd_ps(HIGH256(second),
                          _mm512_maskz_loadu_ps((__mmask16)(known >> 48), x + k + 48), d);
    }
    __m512 sum = _mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d));
    y[r] = _mm512_reduce_add_ps(sum) + (bias ? bias[r] : 0);
  }
}
#endif

void ck_gemv_palette8(float *y, const uint8_t *codes, const uint16_t *table, const float *x,
                      const float *bias, size_t rows, size_t columns) {
#if CK_X86
  if (ck_isa() == CK_AVX512 && __builtin_cpu_supports("avx512vbmi")) {
    palette8_vbmi(y, codes, table, x, bias, rows, columns);
    return;
  }
#endif
  palette8_portable(y, codes, table, x, bias, rows, columns);
}
