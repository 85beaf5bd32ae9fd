// SPDX-License-Identifier: Apache-2.0
// Functions along the rows of a [rows, n] matrix, n ≥ 1. Sums run in 16 partial sums, in the same
// order on every processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// y[r, :] = softmax(x[r, :]). In place allowed. A row of -inf gives nan.
void ck_softmax_rows(float *y, const float *x, size_t rows, size_t n);

/// y[r, :] = ln softmax(x[r, :]). In place allowed.
void ck_log_softmax_rows(float *y, const float *x, size_t rows, size_t n);

/// y = (x - mean) / √(variance + epsilon)·gamma + beta, the variance being the biased one; gamma
/// and beta are [n] or NULL. In place allowed.
void ck_layer_norm_rows(float *y, const float *x, const float *gamma, const float *beta,
                        float epsilon, size_t rows, size_t n);

/// y = x / √(mean(x²) + epsilon)·gamma; gamma is [n] or NULL. In place allowed.
void ck_rms_norm_rows(float *y, const float *x, const float *gamma, float epsilon, size_t rows,
                      size_t n);

/// y = x / √(Σx² + epsilon), coremltools' l2_norm. In place allowed.
void ck_l2_norm_rows(float *y, const float *x, float epsilon, size_t rows, size_t n);

// One result per row.
void ck_sum_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_squares_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_abs_rows(float *y, const float *x, size_t rows, size_t n);
void ck_max_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< nan if the row holds one
void ck_min_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< nan if the row holds one
void ck_argmax_rows(int32_t *y, const float *x, size_t rows,
                    size_t n);  ///< the first of equals; the first nan if there is one
void ck_argmin_rows(int32_t *y, const float *x, size_t rows, size_t n);  ///< as ck_argmax_rows

/// y[c] = Σ over rows of x[r, c].
void ck_sum_columns(float *y, const float *x, size_t rows, size_t n);
