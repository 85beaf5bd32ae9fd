// SPDX-License-Identifier: Apache-2.0
// Batch normalization of a [rows, channels] matrix, and its gradient. Each function is one pass.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// sum[c] = Σ (x[r, c] - origin[c]), squares[c] = Σ (x[r, c] - origin[c])². Use it for a few
/// thousand rows at most, since the sums are floats.
void ck_moments(float *sum, float *squares, const float *x, const float *origin, size_t rows,
                size_t channels);

/// y = scale[c]·x + shift[c] (+ addend, if not NULL), then max(y, 0) if `relu`. y may equal x or
/// addend.
void ck_normalize(float *y, const float *x, const float *scale, const float *shift,
                  const float *addend, bool relu, size_t rows, size_t channels);

/// The elements whose gradient is passed: all if every field is NULL; those with y > 0; or those
/// with scale[c]·x + shift[c] > 0.
typedef struct {
  const float *y;
  const float *scale, *shift;
} ck_gate;

/// With g the gated gradient: sum[c] = Σ g, product[c] = Σ g·(x - origin[c]); g is also written
/// to `gated`, if not NULL. Use it for a few thousand rows at most.
void ck_gradient_moments(float *sum, float *product, float *gated, const float *gradient,
                         const float *x, const float *origin, ck_gate gate, size_t rows,
                         size_t channels);

/// dx = a[c]·g + b[c]·x + c[c], where g is the gated gradient. dx may equal the gradient.
void ck_batch_norm_gradient(float *dx, const float *gradient, const float *x, const float *a,
                            const float *b, const float *c, ck_gate gate, size_t rows,
                            size_t channels);
