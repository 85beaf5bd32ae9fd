// SPDX-License-Identifier: Apache-2.0
// Private: decodes 32 columns of a row of tiles to floats, for each instruction set.
//
// A tile has 4 rows and 128 columns; each of its rows is 64 bytes. Byte 4·l + i has the code of
// column 32·i + l in its low half and that of column 32·i + 16 + l in its high half. A load at
// byte offset i therefore has the codes of sixteen columns in the low bits of its lanes, and only
// the high codes need a shift.
#pragma once

#include "ck_gemv.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

enum {
  TILE_ROWS = 4,
  TILE_COLUMNS = 128,
  TILE_ROW_BYTES = 64,
  TILE_BYTES = TILE_ROWS * TILE_ROW_BYTES,
  TILE_MASK_BYTES = TILE_COLUMNS / 8,
  STEP = 32,
};

CK_INLINE size_t tiles_of(size_t columns) { return (columns + TILE_COLUMNS - 1) / TILE_COLUMNS; }
CK_INLINE size_t blocks_of(const ck_tiles *w) { return (w->columns + w->block - 1) / w->block; }

/// The offset of the 64 bytes of a row in a tile.
CK_INLINE size_t row_offset(const ck_tiles *w, size_t row, size_t tile) {
  return ((row / TILE_ROWS * tiles_of(w->columns) + tile) * TILE_ROWS + row % TILE_ROWS) *
         TILE_ROW_BYTES;
}

/// The index of a block's table and scale.
CK_INLINE size_t block_index(const ck_tiles *w, size_t row, size_t column) {
  return (row / TILE_ROWS * blocks_of(w) + column / w->block) * TILE_ROWS + row % TILE_ROWS;
}

/// A mask with as many ones as there are columns left, at most 32.
CK_INLINE uint32_t known_bits(size_t left) { return left >= STEP ? ~0u : (1u << left) - 1; }

/// The columns of a step that exist and are not masked.
CK_INLINE uint32_t ones_of(const uint8_t *mask, size_t left) {
  uint32_t bits = ~0u;
  if (mask) memcpy(&bits, mask, 4);
  return bits & known_bits(left);
}

/// The mask bits of a row, starting at a column; NULL without a mask.
CK_INLINE const uint8_t *mask_of(const ck_tiles *w, size_t row, size_t column) {
  if (!w->mask) return NULL;
  return w->mask + row_offset(w, row, column / TILE_COLUMNS) / 4 + column % TILE_COLUMNS / 8;
}

/// The table of a block. `places` stores premultiplied offsets, and the offset is kept in a
/// register of its own: shifts and vectorized address calculations would occupy the execution
/// ports that lookups need.
CK_INLINE const float *entries_at(const ck_tiles *w, size_t index) {
  size_t place = w->places[index];
  __asm__("" : "+r"(place));
  return (const float *)((const char *)w->tables + 8 * place);
}

// MARK: any processor

CK_INLINE void step_portable(float *out, const ck_tiles *w, size_t row, size_t column) {
  const uint8_t *q =
      w->tiles + row_offset(w, row, column / TILE_COLUMNS) + column % TILE_COLUMNS / STEP;
  size_t index = block_index(w, row, column);
  float entries[16];
  memcpy(entries, entries_at(w, index), sizeof entries);
  if (w->scales)
    for (int i = 0; i < 16; i++)
      entries[i] =
          w->base ? w->base[i] * w->scales[index] + entries[i] : entries[i] * w->scales[index];
  uint32_t ones = ones_of(mask_of(w, row, column), w->columns - column);
  for (int l = 0; l < 16; l++) {
    out[l] = ones >> l & 1 ? entries[q[4 * l] & 15] : 0;
    out[l + 16] = ones >> (l + 16) & 1 ? entries[q[4 * l] >> 4] : 0;
  }
}

#if CK_X86
// MARK: AVX2

typedef struct {
  __m256 low, high;
} table_avx2;

CK_TARGET_AVX2 CK_INLINE table_avx2 load_table_avx2(const ck_tiles *w, size_t index) {
  const float *entries = entries_at(w, index);
  __m256 low = _mm256_loadu_ps(entries), high = _mm256_loadu_ps(entries + 8);
  if (!w->scales) return (table_avx2){low, high};
  __m256 scale = _mm256_set1_ps(w->scales[index]);
  if (w->base)
    return (table_avx2){_mm256_fmadd_ps(_mm256_loadu_ps(w->base), scale, low),
                        _mm256_fmadd_ps(_mm256_loadu_ps(w->base + 8), scale, high)};
  return (table_avx2){_mm256_mul_ps(low, scale), _mm256_mul_ps(high, scale)};
}

CK_TARGET_AVX2 CK_INLINE __m256 lookup_avx2(__m256i k, const table_avx2 *t) {
  // Bit 3 is moved to the sign bit, which selects the operand of the blend.
  return _mm256_blendv_ps(_mm256_permutevar8x32_ps(t->low, k), _mm256_permutevar8x32_ps(t->high, k),
                          _mm256_castsi256_ps(_mm256_slli_epi32(k, 28)));
}

/// Sets the lanes to zero whose bits are zero among the first eight bits of `ones`.
CK_TARGET_AVX2 CK_INLINE __m256 keep_avx2(__m256 v, uint32_t ones) {
  const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  __m256i chosen = _mm256_and_si256(_mm256_set1_epi32((int)ones), bit);
  return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpeq_epi32(chosen, bit)));
}

/// Decodes four groups of eight columns; `codes` points to the first byte of the step in the row.
CK_TARGET_AVX2 CK_INLINE void step_avx2(__m256 *out, const uint8_t *codes, const table_avx2 *t,
                                        uint32_t ones) {
  __m256i p = _mm256_loadu_si256((const __m256i *)codes);
  __m256i q = _mm256_loadu_si256((const __m256i *)(codes + 32));
  out[0] = lookup_avx2(p, t), out[1] = lookup_avx2(q, t);
  out[2] = lookup_avx2(_mm256_srli_epi32(p, 4), t);
  out[3] = lookup_avx2(_mm256_srli_epi32(q, 4), t);
  if (ones == ~0u) return;
  for (int i = 0; i < 4; i++) out[i] = keep_avx2(out[i], ones >> 8 * i);
}

// MARK: AVX-512

/// How the decoded values of a block are computed.
typedef enum { PLAIN, SCALED, CORRECTED } table_kind;

CK_INLINE table_kind kind_of(const ck_tiles *w) {
  return !w->scales ? PLAIN : w->base ? CORRECTED : SCALED;
}

CK_TARGET_AVX512 CK_INLINE __m512 load_table_avx512(const ck_tiles *w, size_t index,
                                                    table_kind kind, __m512 base) {
  __m512 entries = _mm512_loadu_ps(entries_at(w, index));
  if (kind == PLAIN) return entries;
  __m512 scale = _mm512_set1_ps(w->scales[index]);
  return kind == SCALED ? _mm512_mul_ps(entries, scale) : _mm512_fmadd_ps(base, scale, entries);
}

CK_TARGET_AVX512 CK_INLINE __m512 load_base_avx512(const ck_tiles *w) {
  return w->base ? _mm512_loadu_ps(w->base) : _mm512_setzero_ps();
}

/// Decodes two groups of sixteen columns. The permutation only uses the low four bits of each
/// lane.
CK_TARGET_AVX512 CK_INLINE void step_avx512(__m512 *out, const uint8_t *codes, __m512 table) {
  __m512i q = _mm512_loadu_si512(codes);
  out[0] = _mm512_permutexvar_ps(q, table);
  out[1] = _mm512_permutexvar_ps(_mm512_srli_epi32(q, 4), table);
}

/// The same, with zero where the bit of `ones` is zero.
CK_TARGET_AVX512 CK_INLINE void some_avx512(__m512 *out, const uint8_t *codes, __m512 table,
                                            uint32_t ones) {
  __m512i q = _mm512_loadu_si512(codes);
  out[0] = _mm512_maskz_permutexvar_ps((__mmask16)ones, q, table);
  out[1] = _mm512_maskz_permutexvar_ps((__mmask16)(ones >> 16), _mm512_srli_epi32(q, 4), table);
}
#endif
