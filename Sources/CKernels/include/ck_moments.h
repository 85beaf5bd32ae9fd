// SPDX-License-Identifier: Apache-2.0
// Means and sums of squared deviations in double precision.
#pragma once

#include <stddef.h>

/// out[0] = the mean of n ≥ 1 elements, out[1] = Σ (x - mean)².
void ck_wide_moments_f32(double *out, const float *x, size_t n);
void ck_wide_moments_f64(double *out, const double *x, size_t n);

/// For each column: sums[i] += x[i] - origin[i], squares[i] += (x[i] - origin[i])². The buffers do
/// not overlap.
void ck_add_deviations_f32(double *sums, double *squares, const float *x, const double *origin,
                           size_t n);
void ck_add_deviations_f64(double *sums, double *squares, const double *x, const double *origin,
                           size_t n);
