// SPDX-License-Identifier: Apache-2.0
// Functions along the rows of a [rows, n] matrix, n ≥ 1. Sums are computed as 16 partial sums, in
// the same order on every processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// y[r, :] = softmax(x[r, :]). y may equal x. A row of -inf yields NaN.
void ck_softmax_rows(float *y, const float *x, size_t rows, size_t n);

/// y = (x - mean) / √(variance + epsilon)·gamma + beta, with the biased variance; gamma and beta
/// are [n] or NULL. y may equal x.
void ck_layer_norm_rows(float *y, const float *x, const float *gamma, const float *beta,
                        float epsilon, size_t rows, size_t n);

// One result per row.
void ck_sum_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_squares_rows(float *y, const float *x, size_t rows, size_t n);
void ck_sum_abs_rows(float *y, const float *x, size_t rows, size_t n);
void ck_max_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< NaN if the row has one
void ck_min_of_rows(float *y, const float *x, size_t rows, size_t n);  ///< NaN if the row has one
void ck_argmax_rows(int32_t *y, const float *x, size_t rows,
                    size_t n);  ///< the first of equals; the first nan if there is one
void ck_argmin_rows(int32_t *y, const float *x, size_t rows, size_t n);  ///< as ck_argmax_rows
