// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two float buffers. The output may be either input.
//
// There are three variants: equal lengths; `_scalar`, whose second operand is one number
// (`_rscalar`: the first operand); `_rows`, whose second operand is one row that is repeated: a
// and y are [rows, n], b is [n].
#pragma once

#include <stddef.h>
#include <stdint.h>

void ck_add(float *y, const float *a, const float *b, size_t n);
void ck_sub(float *y, const float *a, const float *b, size_t n);
void ck_mul(float *y, const float *a, const float *b, size_t n);
void ck_div(float *y, const float *a, const float *b, size_t n);
void ck_max(float *y, const float *a, const float *b, size_t n);  ///< nan if either is
void ck_min(float *y, const float *a, const float *b, size_t n);  ///< nan if either is
void ck_pow(float *y, const float *a, const float *b, size_t n);  ///< libm's powf

void ck_add_scalar(float *y, const float *a, float b, size_t n);
void ck_sub_scalar(float *y, const float *a, float b, size_t n);
void ck_mul_scalar(float *y, const float *a, float b, size_t n);
void ck_div_scalar(float *y, const float *a, float b, size_t n);
void ck_max_scalar(float *y, const float *a, float b, size_t n);
void ck_min_scalar(float *y, const float *a, float b, size_t n);
void ck_pow_scalar(float *y, const float *a, float b,
                   size_t n);  ///< squares, cubes, roots and reciprocals without powf

void ck_sub_rscalar(float *y, float a, const float *b, size_t n);
void ck_div_rscalar(float *y, float a, const float *b, size_t n);

void ck_add_rows(float *y, const float *a, const float *b, size_t rows, size_t n);
void ck_sub_rows(float *y, const float *a, const float *b, size_t rows, size_t n);
void ck_mul_rows(float *y, const float *a, const float *b, size_t rows, size_t n);
void ck_div_rows(float *y, const float *a, const float *b, size_t rows, size_t n);
void ck_max_rows(float *y, const float *a, const float *b, size_t rows, size_t n);
void ck_min_rows(float *y, const float *a, const float *b, size_t rows, size_t n);

/// y[r, c] = x[r, c]·scale[c] + shift[c]: batch normalization with channels last.
void ck_scale_shift_rows(float *y, const float *x, const float *scale, const float *shift,
                         size_t rows, size_t n);

/// Comparisons return 1 or 0; for NaN only ck_not_equal is true.
void ck_equal(uint8_t *y, const float *a, const float *b, size_t n);
void ck_not_equal(uint8_t *y, const float *a, const float *b, size_t n);
void ck_less(uint8_t *y, const float *a, const float *b, size_t n);
void ck_less_equal(uint8_t *y, const float *a, const float *b, size_t n);

/// y[i] = condition[i] ? a[i] : b[i], where any nonzero byte is true.
void ck_select(float *y, const uint8_t *condition, const float *a, const float *b, size_t n);
