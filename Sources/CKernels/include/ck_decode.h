// SPDX-License-Identifier: Apache-2.0
// Decoding of compressed weights to float.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// y[i] = table[x[i]] for indices of one byte; `table` has 256 entries, or as many as the largest
/// index needs.
void ck_lookup(float *y, const uint8_t *x, const float *table, size_t n);

/// y[i] = (q[i] - zero_points[b])·scales[b] with b = i / block. The codes q are packed with
/// `bits` (1…8) bits each, least significant bit first. `zero_points` may be NULL for zeros.
void ck_decode_blocks_unsigned(float *y, const uint8_t *packed, int bits, const float *scales,
                               const float *zero_points, size_t block, size_t n);

/// Spreads values over a bit mask (least significant bit first): y[i] = bit i ? next value : 0.
/// Returns how many values were taken. The caller makes sure that `values` holds as many as the
/// mask has bits set among its first n: see ck_count_bits.
size_t ck_scatter(float *y, const uint8_t *mask, const float *values, size_t n);

/// The number of bits set among the first n of `mask`.
size_t ck_count_bits(const uint8_t *mask, size_t n);
