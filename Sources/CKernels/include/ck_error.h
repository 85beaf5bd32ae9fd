// SPDX-License-Identifier: Apache-2.0
// Statistics of the elements of a weight.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Adds Σ x² over the finite x to `signal` and Σ (x - y)² to `noise`. Infinities that are equal
/// in x and y do not contribute.
void ck_squared_error(const float *x, const float *y, size_t n, double *signal, double *noise);

/// The same for halves, given as bits.
void ck_squared_error16(const uint16_t *x, const uint16_t *y, size_t n, double *signal,
                        double *noise);

/// The number of infinities and NaN among n floats, given as bits.
size_t ck_count_nonfinite16(const uint16_t *bits, size_t n);
size_t ck_count_nonfinite32(const uint32_t *bits, size_t n);
