// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product for 4-bit codes, each looked up in the table of its block. The decoded
// weights are multiplied and accumulated as floats.
//
// With AVX-512 a table fits in one register, and the four rows of a tile share loads of the
// vector.
#include "tiles.h"

// MARK: any processor

static void gemv_portable(float *y, const ck_tiles *w, size_t first, size_t count, const float *x) {
  for (size_t r = 0; r < count; r++) {
    float part[16] = {0};
    for (size_t k = 0; k < w->columns; k += STEP) {
      float values[STEP];
      step_portable(values, w, first + r, k);
      size_t left = w->columns - k < STEP ? w->columns - k : STEP;
      for (size_t l = 0; l < left; l++) part[l % 16] += values[l] * x[k + l];
    }
    ck_f32x16 sum;
    memcpy(&sum, part, sizeof sum);
    y[r] = ck_sum16(&sum);
  }
}

#if CK_X86
// MARK: AVX2

CK_TARGET_AVX2 CK_INLINE float row_avx2(const ck_tiles *w, size_t row, const float *x,
                                        const float *tail, bool fine) {
  table_avx2 t = {0};
  __m256 sum[4];
  for (int i = 0; i < 4; i++) sum[i] = _mm256_setzero_ps();
  for (size_t k = 0; k < w->columns; k += STEP) {
    size_t left = w->columns - k;
    if (fine || k % w->block == 0) t = load_table_avx2(w, block_index(w, row, k));
    const float *v = left < STEP ? tail : x + k;
    __m256 values[4];
    step_avx2(values, w->tiles + row_offset(w, row, k / TILE_COLUMNS) + k % TILE_COLUMNS / STEP, &t,
              ones_of(mask_of(w, row, k), left));
    for (int i = 0; i < 4; i++)
      sum[i] = _mm256_fmadd_ps(values[i], _mm256_loadu_ps(v + 8 * i), sum[i]);
  }
  float s[8];
  _mm256_storeu_ps(s, _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

CK_TARGET_AVX2 static void gemv_avx2(float *y, const ck_tiles *w, size_t first, size_t count,
                                     const float *x) {
  float tail[STEP] = {0};
  memcpy(tail, x + w->columns / STEP * STEP, w->columns % STEP * sizeof *x);
  if (w->block == STEP)
    for (size_t r = 0; r < count; r++) y[r] = row_avx2(w, first + r, x, tail, true);
  else
    for (size_t r = 0; r < count; r++) y[r] = row_avx2(w, first + r, x, tail, false);
}

// MARK: AVX-512

// The sums of four rows, and their tables if these are valid for several tiles.
typedef struct {
  __m512 low[TILE_ROWS], high[TILE_ROWS], table[TILE_ROWS], base;
} sums;

// Processes one tile. `fine`: there is a table for every 32 columns, starting at block `index`.
// `whole`: the tile has all of its columns.
CK_TARGET_AVX512 CK_INLINE void tile(sums *s, const ck_tiles *w, const uint8_t *codes,
                                     const uint8_t *mask, size_t index, const float *x, size_t left,
                                     bool fine, table_kind kind, bool whole) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < TILE_COLUMNS / STEP; i++) {
    if (!whole && left <= STEP * i) break;
    uint32_t known = whole ? ~0u : known_bits(left - STEP * i);
    __m512 first = _mm512_maskz_loadu_ps((__mmask16)known, x + STEP * i);
    __m512 second = _mm512_maskz_loadu_ps((__mmask16)(known >> 16), x + STEP * i + 16);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < TILE_ROWS; j++) {
      __m512 v[2], table = fine ? load_table_avx512(w, index + TILE_ROWS * i + j, kind, s->base)
                                : s->table[j];
      const uint8_t *q = codes + TILE_ROW_BYTES * j + i;
      if (whole && !mask)
        step_avx512(v, q, table);
      else
        some_avx512(v, q, table,
                    ones_of(mask ? mask + TILE_MASK_BYTES * j + 4 * i : NULL, left - STEP * i));
      s->low[j] = _mm512_fmadd_ps(v[0], first, s->low[j]);
      s->high[j] = _mm512_fmadd_ps(v[1], second, s->high[j]);
    }
  }
}

// The prefetch distance in bytes: loading from the L3 cache takes longer than processing one
// kilobyte.
enum { AHEAD = 4096 };

CK_INLINE void prefetch(const void *from, size_t ahead) {
  __builtin_prefetch((const void *)((uintptr_t)from + ahead));
}

CK_TARGET_AVX512 CK_INLINE void four_rows(float *y, const ck_tiles *w, size_t row, const float *x,
                                          bool fine, table_kind kind, bool masked) {
  const uint8_t *codes = w->tiles + row_offset(w, row, 0), *mask = mask_of(w, row, 0);
  size_t index = block_index(w, row, 0), next = 0;
  sums s = {.base = load_base_avx512(w)};
  for (int j = 0; j < TILE_ROWS; j++) s.low[j] = s.high[j] = s.table[j] = _mm512_setzero_ps();
  for (size_t k = 0; k < w->columns; k += TILE_COLUMNS, codes += TILE_BYTES) {
    if (!fine && k == next) {
      for (size_t j = 0; j < TILE_ROWS; j++)
        s.table[j] = load_table_avx512(w, index + j, kind, s.base);
      index += TILE_ROWS;
      next += w->block;
    }
    for (int j = 0; j < TILE_ROWS; j++) prefetch(codes + TILE_ROW_BYTES * j, AHEAD);
    if (fine) {
      prefetch(w->places + index, AHEAD / 8);
      if (kind != PLAIN) prefetch(w->scales + index, AHEAD / 4);
    }
    size_t left = w->columns - k;
    const uint8_t *own = masked ? mask : NULL;
    if (left >= TILE_COLUMNS)
      tile(&s, w, codes, own, index, x + k, left, fine, kind, true);
    else
      tile(&s, w, codes, own, index, x + k, left, fine, kind, false);
    if (fine) index += TILE_ROWS * TILE_COLUMNS / STEP;
    if (masked) mask += TILE_ROWS * TILE_MASK_BYTES;
  }
  for (int j = 0; j < TILE_ROWS; j++)
    y[j] = _mm512_reduce_add_ps(_mm512_add_ps(s.low[j], s.high[j]));
}

#define ALL_ROWS(name, fine, kind, masked)                                                   \
  CK_TARGET_AVX512 static void name(float *y, const ck_tiles *w, size_t first, size_t count, \
                                    const float *x) {                                        \
    size_t r = 0;                                                                            \
    for (; r + TILE_ROWS <= count; r += TILE_ROWS)                                           \
      four_rows(y + r, w, first + r, x, fine, kind, masked);                                 \
    if (r == count) return;                                                                  \
    float rest[TILE_ROWS];                                                                   \
    four_rows(rest, w, first + r, x, fine, kind, masked);                                    \
    memcpy(y + r, rest, (count - r) * sizeof *y);                                            \
  }
ALL_ROWS(coarse_rows, false, PLAIN, false)
ALL_ROWS(coarse_scaled_rows, false, SCALED, false)
ALL_ROWS(coarse_corrected_rows, false, CORRECTED, false)
ALL_ROWS(fine_rows, true, PLAIN, false)
ALL_ROWS(fine_scaled_rows, true, SCALED, false)
ALL_ROWS(fine_corrected_rows, true, CORRECTED, false)
ALL_ROWS(masked_rows, false, PLAIN, true)

CK_TARGET_AVX512 static void gemv_avx512(float *y, const ck_tiles *w, size_t first, size_t count,
                                         const float *x) {
  void (*const loops[2][3])(float *, const ck_tiles *, size_t, size_t, const float *) = {
      {coarse_rows, coarse_scaled_rows, coarse_corrected_rows},
      {fine_rows, fine_scaled_rows, fine_corrected_rows}};
  (w->mask ? masked_rows : loops[w->block == STEP][kind_of(w)])(y, w, first, count, x);
}
#endif

static CK_CHOOSE(void, gemv,
                 (float *y, const ck_tiles *w, size_t first, size_t count, const float *x),
                 (y, w, first, count, x))

void ck_gemv_tiles(float *y, const ck_tiles *w, size_t first, size_t count, const float *x,
                   const float *bias) {
  gemv(y, w, first, count, x);
  if (bias)
    for (size_t r = 0; r < count; r++) y[r] += bias[r];
}
