// SPDX-License-Identifier: Apache-2.0
// The error of rounding numbers to affine codes.
#pragma once

#include <stddef.h>

/// The sum of importance · (w − ŵ)² with ŵ = scale · (clamp(round(w / scale) + zero, 0, top) −
/// zero).
///
/// `importance` may be NULL, which is 1 everywhere.
double cm_affine_error(const float *w, const float *importance, size_t n, float scale, float zero,
                       float top);
