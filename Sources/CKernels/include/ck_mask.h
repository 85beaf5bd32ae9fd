// SPDX-License-Identifier: Apache-2.0
// Bit masks over elements, least significant bit first: functions that create masks, and that
// compress and expand the elements at set bits.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bit i = |x[i]| > limit; unused bits of the last byte are 0.
void ck_mask_above(uint8_t *mask, const float *x, float limit, size_t n);

/// Bit i is set if x[i] has any bit of `relevant`.
void ck_mask_bits16(uint8_t *mask, const uint16_t *x, uint16_t relevant, size_t n);
void ck_mask_bits32(uint8_t *mask, const uint32_t *x, uint32_t relevant, size_t n);

/// Whether no element is infinite or nan.
bool ck_all_finite(const float *x, size_t n);

/// Packs the elements at the set bits among the first n bits of `mask`; returns their number.
size_t ck_take8(uint8_t *y, const uint8_t *x, const uint8_t *mask, size_t n);
size_t ck_take16(uint16_t *y, const uint16_t *x, const uint8_t *mask, size_t n);
size_t ck_take32(uint32_t *y, const uint32_t *x, const uint8_t *mask, size_t n);

/// The inverse: writes packed elements to the positions of set bits among the first n bits of
/// `mask`, and 0 elsewhere. Returns the number of elements read. The caller must provide enough
/// elements: see ck_count_bits.
size_t ck_put8(uint8_t *y, const uint8_t *x, const uint8_t *mask, size_t n);
size_t ck_put16(uint16_t *y, const uint16_t *x, const uint8_t *mask, size_t n);
size_t ck_put32(uint32_t *y, const uint32_t *x, const uint8_t *mask, size_t n);
