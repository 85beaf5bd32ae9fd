// SPDX-License-Identifier: Apache-2.0
// Matrix-vector products with stored weights: y[r] = Σ w[r, k]·x[k] (+ bias[r] unless NULL),
// where w is [rows, columns] in row-major order.
//
// Every kernel multiplies by the exact decoded weights and accumulates in floats, so outliers,
// infinities and NaN in x have the same effect as with decoded weights. To divide the work
// between threads, pass ranges of rows.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Float weights.
void ck_gemv(float *y, const float *w, const float *x, const float *bias, size_t rows,
             size_t columns);

/// Half-precision weights, decoded during the product.
void ck_gemv_half(float *y, const uint16_t *w, const float *x, const float *bias, size_t rows,
                  size_t columns);

enum { CK_TILE_PLACE = 8, CK_MOST_TABLES = 65536 / CK_TILE_PLACE };

/// 4-bit codes in tiles, each looked up in the table of its block: w[r, k] = scale·table[code],
/// or, with a base, scale·base[code] + table[code].
typedef struct {
  const uint8_t *tiles;    ///< written by ck_pack_tiles
  const uint8_t *mask;     ///< written by ck_pack_tiles_mask: w is 0 where it is 0; NULL: none
  const float *tables;     ///< 16 entries each
  const uint16_t *places;  ///< CK_TILE_PLACE times the index of each block's table:
                           ///< [ceil(rows / 4), blocks, 4 rows]
  const float *scales;     ///< one for each block, in the same order; NULL: ones
  const float *base;       ///< 16 entries, with scales; NULL: none
  size_t block;  ///< columns in a block: 32 or a multiple of 128; with a mask, all columns and no
                 ///< scales
  size_t columns;
} ck_tiles;

/// The size in bytes of the tiles, and of their mask.
size_t ck_tiles_bytes(size_t rows, size_t columns);
size_t ck_tiles_mask_bytes(size_t rows, size_t columns);

/// Packs codes 0…15, given as bytes in [rows, columns].
void ck_pack_tiles(uint8_t *tiles, const uint8_t *codes, size_t rows, size_t columns);

/// Packs a mask given as bytes that are zero or nonzero.
void ck_pack_tiles_mask(uint8_t *mask, const uint8_t *flags, size_t rows, size_t columns);

/// Computes `count` rows starting at `first`, a multiple of 4; y and bias start at that row.
void ck_gemv_tiles(float *y, const ck_tiles *w, size_t first, size_t count, const float *x,
                   const float *bias);

/// Decodes the weights of `count` rows to [count, columns].
void ck_decode_tiles(float *y, const ck_tiles *w, size_t first, size_t count);

/// 8-bit codes: w[r, k] = (code - zero_point)·scale of block k / block; `scales` and
/// `zero_points` are [rows, ceil(columns / block)].
typedef struct {
  const uint8_t *codes;  ///< written by ck_pack_bytes
  const float *scales, *zero_points;
  size_t block;  ///< a multiple of 16, or all columns
  size_t columns;
  bool normal;  ///< no w is a subnormal half
  bool halves;  ///< w is rounded to half precision: scales are halves, zero points integers below
                ///< 2048, and no w overflows half precision
} ck_bytes;

/// The size in bytes of the packed codes.
size_t ck_packed_bytes(size_t rows, size_t columns);

/// Packs codes 0…255 in [rows, columns]. For signed codes, add 128 to the codes and zero points.
void ck_pack_bytes(uint8_t *packed, const uint8_t *codes, size_t rows, size_t columns);

void ck_gemv_bytes(float *y, const ck_bytes *w, size_t first, size_t count, const float *x,
                   const float *bias);
void ck_decode_bytes(float *y, const ck_bytes *w, size_t first, size_t count);

/// Palettized weights: w[r, k] = table[codes[r, k]], in half precision. The table has 256
/// elements, of which the first `entries` are used.
void ck_gemv_palette8(float *y, const uint8_t *codes, const uint16_t *table, size_t entries,
                      const float *x, const float *bias, size_t rows, size_t columns);

/// The size in bytes of one row of a mask of `columns` bits, rounded up to 16 bits.
size_t ck_mask_row_bytes(size_t columns);

/// Sparse weights: where the mask (rows of ck_mask_row_bytes, least significant bit first, zero
/// after the last column) has ones, row r uses consecutive `values` starting at starts[r].
/// Sixteen elements must follow the last value; they are read but not used.
void ck_gemv_sparse(float *y, const uint8_t *mask, const float *values, const uint64_t *starts,
                    const float *x, const float *bias, size_t rows, size_t columns);
void ck_gemv_sparse_half(float *y, const uint8_t *mask, const uint16_t *values,
                         const uint64_t *starts, const float *x, const float *bias, size_t rows,
                         size_t columns);
