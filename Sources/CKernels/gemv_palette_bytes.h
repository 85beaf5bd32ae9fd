// SPDX-License-Identifier: Apache-2.0
// Private: products with a table of 16 in integers.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The product of ck_gemv_palette4. False, with nothing done, where the processor or
/// the numbers (not finite) do not allow it.
bool ck_palette4_bytes(float *y, const uint8_t *packed, const float *tables, size_t skipped,
                       size_t rows_per_table, const float *x, const float *bias, size_t rows,
                       size_t columns);
