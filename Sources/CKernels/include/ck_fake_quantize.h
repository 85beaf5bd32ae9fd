// SPDX-License-Identifier: Apache-2.0
// Fake quantization, and its gradients.
#pragma once

#include <stddef.h>

/// Codes are clamp(round(x / scale) + zero, low, high), with ties rounded to even; zero, low and
/// high are integers within ±256.
typedef struct {
  float scale, zero, low, high;
} ck_grid;

/// y = scale · (code(x) - zero)
void ck_fake_quantize(float *y, const float *x, ck_grid grid, size_t n);

/// dx = dy where the code of x was not clamped, else 0. dx may equal dy.
void ck_fake_quantize_back(float *dx, const float *dy, const float *x, ck_grid grid, size_t n);

/// The same, and adds to *d_scale and *d_zero the gradients of a learned grid (Esser et al. 2020,
/// Bhalgat et al. 2020), unscaled.
void ck_fake_quantize_learn(float *dx, const float *dy, const float *x, ck_grid grid, size_t n,
                            float *d_scale, float *d_zero);
