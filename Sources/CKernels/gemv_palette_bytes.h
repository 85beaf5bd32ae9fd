// SPDX-License-Identifier: Apache-2.0
// Private: products with a table of 16 in integers.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// y[r] = Σ table[index]·x[k], plus bias unless NULL. False, with nothing done, where the processor or
/// the numbers (not finite) do not allow it.
bool ck_palette4_bytes(float *y, const uint8_t *packed, const float *table, const float *x,
                       const float *bias, size_t rows, size_t columns);
