// SPDX-License-Identifier: Apache-2.0
// Measures over the elements of a weight.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Adds Σ x² over the finite x to `signal` and Σ (x - y)² to `noise`. Infinities that are equal
/// in x and y do not contribute.
void ck_squared_error(const float *x, const float *y, size_t n, double *signal, double *noise);

/// The same for halves, given by their bits.
void ck_squared_error16(const uint16_t *x, const uint16_t *y, size_t n, double *signal,
                        double *noise);

/// How many of n floats, given by their bits, are infinite or not a number.
size_t ck_count_nonfinite16(const uint16_t *bits, size_t n);
size_t ck_count_nonfinite32(const uint32_t *bits, size_t n);
