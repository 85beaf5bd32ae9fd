// SPDX-License-Identifier: Apache-2.0
// Linear quantization of weights: ranges and codes of blocks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Extends low…high to include all of x.
void ck_bounds(const float *x, size_t n, float *low, float *high);

/// Extends low[i]…high[i] to include x[i].
void ck_bounds_each(const float *x, size_t n, float *low, float *high);

/// y[i] = clamp(round(x[i] / scale) + shift, low, high), rounded half to even; 0 where the quotient
/// is NaN. With `half`, quotients are rounded to 16 bits first. `low` and `high` are within
/// ±256.
void ck_quantize(uint8_t *y, const float *x, float scale, float shift, float low, float high,
                 bool half, size_t n);

/// The same with a scale and a shift per element.
void ck_quantize_each(uint8_t *y, const float *x, const float *scale, const float *shift, float low,
                      float high, bool half, size_t n);
