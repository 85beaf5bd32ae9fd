// SPDX-License-Identifier: Apache-2.0
// Packs 4-bit codes as tiles, and decodes tiles to floats.
#include "tiles.h"

// MARK: packing

size_t ck_tiles_bytes(size_t rows, size_t columns) {
  return (rows + TILE_ROWS - 1) / TILE_ROWS * tiles_of(columns) * TILE_BYTES + 4;
}

size_t ck_tiles_mask_bytes(size_t rows, size_t columns) {
  return (rows + TILE_ROWS - 1) / TILE_ROWS * tiles_of(columns) * TILE_ROWS * TILE_MASK_BYTES;
}

void ck_pack_tiles(uint8_t *tiles, const uint8_t *codes, size_t rows, size_t columns) {
  const ck_tiles shape = {.columns = columns};
  memset(tiles, 0, ck_tiles_bytes(rows, columns));
  for (size_t r = 0; r < rows; r++, codes += columns)
    for (size_t k = 0; k < columns; k += STEP) {
      uint8_t *q = tiles + row_offset(&shape, r, k / TILE_COLUMNS) + k % TILE_COLUMNS / STEP;
      size_t count = columns - k < STEP ? columns - k : STEP;
      for (size_t l = 0; l < count; l++)
        q[l % 16 * 4] |= (uint8_t)((codes[k + l] & 15) << (l < 16 ? 0 : 4));
    }
}

void ck_pack_tiles_mask(uint8_t *mask, const uint8_t *flags, size_t rows, size_t columns) {
  memset(mask, 0, ck_tiles_mask_bytes(rows, columns));
  const ck_tiles shape = {.columns = columns};
  for (size_t r = 0; r < rows; r++, flags += columns)
    for (size_t k = 0; k < columns; k++)
      if (flags[k])
        mask[row_offset(&shape, r, k / TILE_COLUMNS) / 4 + k % TILE_COLUMNS / 8] |=
            (uint8_t)(1 << k % 8);
}

// MARK: decoding

static void decode_portable(float *y, const ck_tiles *w, size_t row) {
  for (size_t k = 0; k < w->columns; k += STEP) {
    float values[STEP];
    step_portable(values, w, row, k);
    size_t count = w->columns - k < STEP ? w->columns - k : STEP;
    memcpy(y + k, values, count * sizeof *y);
  }
}

#if CK_X86
CK_TARGET_AVX2 static void decode_avx2(float *y, const ck_tiles *w, size_t row) {
  for (size_t k = 0; k < w->columns; k += STEP) {
    size_t left = w->columns - k;
    __m256 v[4];
    table_avx2 t = load_table_avx2(w, block_index(w, row, k));
    step_avx2(v, w->tiles + row_offset(w, row, k / TILE_COLUMNS) + k % TILE_COLUMNS / STEP, &t,
              ones_of(mask_of(w, row, k), left));
    float values[STEP], *to = left < STEP ? values : y + k;
    for (int i = 0; i < 4; i++) _mm256_storeu_ps(to + 8 * i, v[i]);
    if (left < STEP) memcpy(y + k, values, left * sizeof *y);
  }
}

CK_TARGET_AVX512 static void decode_avx512(float *y, const ck_tiles *w, size_t row) {
  const __m512 base = load_base_avx512(w);
  for (size_t k = 0; k < w->columns; k += STEP) {
    size_t left = w->columns - k, index = block_index(w, row, k);
    uint32_t known = known_bits(left);
    __m512 v[2], table = load_table_avx512(w, index, kind_of(w), base);
    some_avx512(v, w->tiles + row_offset(w, row, k / TILE_COLUMNS) + k % TILE_COLUMNS / STEP, table,
                ones_of(mask_of(w, row, k), left));
    _mm512_mask_storeu_ps(y + k, (__mmask16)known, v[0]);
    _mm512_mask_storeu_ps(y + k + 16, (__mmask16)(known >> 16), v[1]);
  }
}
#endif

static CK_CHOOSE(void, decode, (float *y, const ck_tiles *w, size_t row), (y, w, row))

void ck_decode_tiles(float *y, const ck_tiles *w, size_t first, size_t count) {
  for (size_t r = 0; r < count; r++) decode(y + r * w->columns, w, first + r);
}
