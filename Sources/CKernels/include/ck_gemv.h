// SPDX-License-Identifier: Apache-2.0
// Matrix times vector straight from stored weights: y[r] = Σ w[r, k]·x[k] (+ bias[r] unless NULL),
// w being [rows, columns] row-major.
//
// The packed forms read 4-bit weights in their own order; pack them once with ck_pack_nibbles. To
// share rows out over threads, pass the pointers of a range of rows.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Float weights.
void ck_gemv(float *y, const float *w, const float *x, const float *bias, size_t rows,
             size_t columns);

/// Half-precision weights, decoded on the way.
void ck_gemv_half(float *y, const uint16_t *w, const float *x, const float *bias, size_t rows,
                  size_t columns);

/// Bytes of one row of `columns` packed nibbles: 16 for every begun 32 columns.
size_t ck_nibble_row_bytes(size_t columns);

/// Packs indices 0…15, one byte each and [rows, columns], into rows of ck_nibble_row_bytes: in each
/// group of 32 columns byte j holds column j low and column j + 16 high.
void ck_pack_nibbles(uint8_t *packed, const uint8_t *indices, size_t rows, size_t columns);

/// The inverse: indices, one byte each, from packed rows.
void ck_unpack_nibbles(uint8_t *indices, const uint8_t *packed, size_t rows, size_t columns);

/// Palettized weights: w[r, k] = table[index], 16 entries; a table for every `rows_per_table` rows,
/// of whose first one `skipped` < rows_per_table rows come before `packed`.
void ck_gemv_palette4(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                      size_t rows_per_table, const float *x, const float *bias, size_t rows,
                      size_t columns);

/// Palettized weights: w[r, k] = table[codes[r, k]], 256 entries in half precision.
void ck_gemv_palette8(float *y, const uint8_t *codes, const uint16_t *table, const float *x,
                      const float *bias, size_t rows, size_t columns);

/// Blockwise 4-bit weights: w[r, k] = (q - zero_point)·scale of block k / block, q = index taken as
/// unsigned (add 8 to signed ones and to their zero point). `scales` and `zero_points` are [rows,
/// ceil(columns / block)]; block is a multiple of 32. Fastest with blocks of 32 or a multiple of
/// 128.
///
/// Where the processor multiplies bytes the vector is rounded to 16 bits of the largest of each 32
/// elements.
void ck_gemv_blocks4(float *y, const uint8_t *packed, const float *scales, const float *zero_points,
                     size_t block, const float *x, const float *bias, size_t rows, size_t columns);

/// The same for codes of one byte, unsigned (add 128 to signed ones and to their zero point).
void ck_gemv_blocks8(float *y, const uint8_t *codes, const float *scales, const float *zero_points,
                     size_t block, const float *x, const float *bias, size_t rows, size_t columns);

/// Bytes of one row of a mask of `columns` bits: whole 16 bits.
size_t ck_mask_row_bytes(size_t columns);

/// Sparse weights: where the mask (rows of ck_mask_row_bytes, least significant bit first, bits
/// behind the last column zero) has ones, row r takes the next of `values` from starts[r] on.
/// Sixteen elements must follow the last value that a mask takes; they are read and not used.
void ck_gemv_sparse(float *y, const uint8_t *mask, const float *values, const uint64_t *starts,
                    const float *x, const float *bias, size_t rows, size_t columns);
void ck_gemv_sparse_half(float *y, const uint8_t *mask, const uint16_t *values,
                         const uint64_t *starts, const float *x, const float *bias, size_t rows,
                         size_t columns);

/// Palettized weights under a mask: w[r, k] = table[index] where the mask has a one, 0 elsewhere;
/// packed as for ck_gemv_palette4, the mask as for ck_gemv_sparse.
void ck_gemv_masked_palette4(float *y, const uint8_t *packed, const uint8_t *mask,
                             const float *table, const float *x, const float *bias, size_t rows,
                             size_t columns);
