// SPDX-License-Identifier: Apache-2.0
// Decoding of compressed weights to float.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// y[i] = table[x[i]] for 8-bit indices; `table` has 256 entries, or at least as many as the
/// largest index requires.
void ck_lookup(float *y, const uint8_t *x, const float *table, size_t n);

/// y[i] = (q[i] - zero_points[b])·scales[b] with b = i / block. The codes q are packed with
/// `bits` (1…8) bits each, least significant bit first. `zero_points` may be NULL for zeros.
void ck_decode_blocks_unsigned(float *y, const uint8_t *packed, int bits, const float *scales,
                               const float *zero_points, size_t block, size_t n);

/// Expands values according to a bit mask (least significant bit first): y[i] = bit i ? next
/// value : 0. Returns the number of values read. The caller must provide as many `values` as
/// there are bits set among the first n bits of the mask: see ck_count_bits.
size_t ck_scatter(float *y, const uint8_t *mask, const float *values, size_t n);

/// The number of bits set among the first n of `mask`.
size_t ck_count_bits(const uint8_t *mask, size_t n);
