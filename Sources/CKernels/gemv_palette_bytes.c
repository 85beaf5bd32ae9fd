// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for indices of 4 bits into a table, in integers: the table becomes 16-bit
// fixed point as the vector does, and shuffles of bytes look 64 entries up at once.
//
// With u = 256·h + l for an entry and v = 256·a + b for an element, u·v is 65536·h·a + 256·(h·b +
// l·a)
// + l·b. Entries are u - 32768, so that u is unsigned.
#include "fixedpoint.h"
#include "gemv_palette_bytes.h"

#if CK_X86
typedef struct {
  __m512i high, low;
  float step;
} entries;

VNNI CK_INLINE entries entries_of(const float *table) {
  float peak = 0;
  for (int i = 0; i < 16; i++) peak = ck_abs1(table[i]) > peak ? ck_abs1(table[i]) : peak;
  uint8_t high[16], low[16];
  float inverse = peak > 1e-30f ? 32767 / peak : 0;
  for (int i = 0; i < 16; i++) {
    int u = 32768 + (int)ck_round1(table[i] * inverse);
    high[i] = (uint8_t)(u >> 8), low[i] = (uint8_t)u;
  }
  return (entries){_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)high)),
                   _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)low)), peak / 32767};
}

// A chunk of 128 columns of the vector: two registers of each plane, and its scales by lane.
typedef struct {
  __m512i a[2], b[2];
  __m512 scale;
} chunk;

// Lane by lane of four, Σ u·v of one row's chunk.
VNNI CK_INLINE __m512 chunk_sums(const entries *t, const chunk *x, __m512i codes) {
  const __m512i nibble = _mm512_set1_epi8(15), zero = _mm512_setzero_si512();
  __m512i top = zero, middle = zero, bottom = zero, other = zero;
  for (int half = 0; half < 2; half++) {
    __m512i q = _mm512_and_si512(half ? _mm512_srli_epi16(codes, 4) : codes, nibble);
    __m512i h = _mm512_shuffle_epi8(t->high, q), l = _mm512_shuffle_epi8(t->low, q);
    top = _mm512_dpbusd_epi32(top, h, x->a[half]);
    middle = _mm512_dpbusd_epi32(middle, h, x->b[half]);
    other = _mm512_dpbusd_epi32(other, l, x->a[half]);
    bottom = _mm512_dpbusd_epi32(bottom, l, x->b[half]);
  }
  __m512i rest = _mm512_add_epi32(_mm512_slli_epi32(_mm512_add_epi32(middle, other), 8), bottom);
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(top), _mm512_set1_ps(65536), _mm512_cvtepi32_ps(rest));
}

enum { ROWS = 4 };

VNNI CK_INLINE void step(__m512 *sum, const entries *t, const planes *p, const uint8_t *packed,
                         size_t row_bytes, size_t k, size_t columns, size_t count, bool whole) {
  size_t left = whole ? 128 : columns - k, groups = (left + GROUP - 1) / GROUP;
  chunk x = {{_mm512_loadu_si512(p->high + k), _mm512_loadu_si512(p->high + k + 64)},
             {_mm512_loadu_si512(p->low + k), _mm512_loadu_si512(p->low + k + 64)},
             spread(p->scales + k / GROUP, (int)groups, group_of_lane(4))};
  __mmask64 known = groups == 4 ? ~0ull : (1ull << groups * 16) - 1;
  for (size_t j = 0; j < count; j++) {
    const uint8_t *q = packed + j * row_bytes + k / 2;
    __m512i codes = whole ? _mm512_loadu_si512(q) : _mm512_maskz_loadu_epi8(known, q);
    sum[j] = _mm512_fmadd_ps(chunk_sums(t, &x, codes), x.scale, sum[j]);
  }
}

VNNI CK_INLINE void some_rows(float *y, const entries *t, const planes *p, const uint8_t *packed,
                              float shift, size_t count, size_t columns) {
  size_t row_bytes = (columns + GROUP - 1) / GROUP * 16, k = 0;
  __m512 sum[ROWS];
  for (size_t j = 0; j < count; j++) sum[j] = _mm512_setzero_ps();
  for (; k + 128 <= columns; k += 128) step(sum, t, p, packed, row_bytes, k, columns, count, true);
  if (k < columns) step(sum, t, p, packed, row_bytes, k, columns, count, false);
  for (size_t j = 0; j < count; j++) y[j] = t->step * (_mm512_reduce_add_ps(sum[j]) - shift);
}

VNNI static bool all_rows(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                          size_t rows_per_table, const float *x, size_t rows, size_t columns) {
  size_t groups = (columns + GROUP - 1) / GROUP, bytes = groups * 16;
  planes p = planes_for(columns);
  bool done = split(&p, x, groups, 4);
  if (done) {
    float shift = 0;
    for (size_t g = 0; g < groups; g++) shift += 32768 * p.sums[g];
    size_t r = 0, end = rows_per_table - skipped;
    for (; r < rows; end += rows_per_table, tables += 16) {
      entries t = entries_of(tables);
      if (end > rows) end = rows;
      for (; r + ROWS <= end; r += ROWS)
        some_rows(y + r, &t, &p, packed + r * bytes, shift, ROWS, columns);
      for (; r < end; r++) some_rows(y + r, &t, &p, packed + r * bytes, shift, 1, columns);
    }
  }
  free(p.high);
  return done;
}

bool ck_palette4_bytes(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                       size_t rows_per_table, const float *x, const float *bias, size_t rows,
                       size_t columns) {
  if (!ck_multiplies_bytes()) return false;
  size_t count = (skipped + rows + rows_per_table - 1) / rows_per_table;
  for (size_t i = 0; i < 16 * count; i++)
    if (!(ck_abs1(tables[i]) <= 3e38f)) return false;
  float *vector = padded(x, columns);
  bool done = all_rows(y, packed, tables, skipped, rows_per_table, vector, rows, columns);
  free(vector);
  if (done && bias)
    for (size_t r = 0; r < rows; r++) y[r] += bias[r];
  return done;
}
#else
bool ck_palette4_bytes(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                       size_t rows_per_table, const float *x, const float *bias, size_t rows,
                       size_t columns) {
  (void)y, (void)packed, (void)tables, (void)skipped, (void)rows_per_table;
  (void)x, (void)bias, (void)rows, (void)columns;
  return false;
}
#endif
