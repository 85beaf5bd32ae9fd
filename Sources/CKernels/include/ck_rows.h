// SPDX-License-Identifier: Apache-2.0
// Functions along the rows of a [rows, n] matrix, n ≥ 1. Sums run in 16 partial sums, in the same
// order on every processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// y[r, :] = softmax(x[r, :]). In place allowed. A row of -inf gives nan.
void ck_softmax_rows(float *y, const float *x, size_t rows, size_t n);

/// y = (x - mean) / √(variance + epsilon)·gamma + beta, the variance being the biased one; gamma
/// and beta are [n] or NULL. In place allowed.
void ck_layer_norm_rows(float *y, const float *x, const float *gamma, const float *beta,
                        float epsilon, size_t rows, size_t n);

// One result per row.
void ck_sum_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_squares_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_abs_rows(float *y, const float *x, size_t rows, size_t n);
void ck_max_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< nan if the row holds one
void ck_min_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< nan if the row holds one
void ck_argmax_rows(int32_t *y, const float *x, size_t rows,
                    size_t n);  ///< the first of equals; the first nan if there is one
void ck_argmin_rows(int32_t *y, const float *x, size_t rows, size_t n);  ///< as ck_argmax_rows
