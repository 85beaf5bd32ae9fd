// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of one float buffer. The output may be the input. Infinities, NaN and
// subnormals are handled correctly.
#pragma once

#include <stddef.h>

// Vectorized polynomials, with the maximum relative error over the whole range.
void ck_exp(float *y, const float *x, size_t n);      ///< 2e-7
void ck_exp2(float *y, const float *x, size_t n);     ///< 2e-7
void ck_log(float *y, const float *x, size_t n);      ///< natural logarithm; 2e-7
void ck_tanh(float *y, const float *x, size_t n);     ///< 2e-7
void ck_sigmoid(float *y, const float *x, size_t n);  ///< 3e-7
void ck_erf(float *y, const float *x, size_t n);      ///< 2e-7
void ck_gelu(float *y, const float *x, size_t n);  ///< x·Φ(x); 4e-7 + 1e-7·x², in the left tail
                                                   ///< too, where 1 + erf would have no digit left
void ck_gelu_tanh(float *y, const float *x,
                  size_t n);  ///< x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
void ck_gelu_sigmoid(float *y, const float *x, size_t n);  ///< x·sigmoid(1.702·x)
void ck_silu(float *y, const float *x, size_t n);          ///< x·sigmoid(x); 4e-7
void ck_softplus(float *y, const float *x, size_t n);      ///< ln(1 + eˣ), without overflow; 4e-7
void ck_sin(float *y, const float *x, size_t n);  ///< absolute error 2e-7; |x| > 8192 through libm
void ck_cos(float *y, const float *x, size_t n);  ///< as ck_sin

// Exact, or correctly rounded.
void ck_abs(float *y, const float *x, size_t n);
void ck_square(float *y, const float *x, size_t n);
void ck_sqrt(float *y, const float *x, size_t n);
void ck_floor(float *y, const float *x, size_t n);
void ck_ceil(float *y, const float *x, size_t n);
void ck_round(float *y, const float *x, size_t n);  ///< ties to even
void ck_sign(float *y, const float *x, size_t n);   ///< -1, 0 or 1; nan stays nan
void ck_relu(float *y, const float *x, size_t n);   ///< nan stays nan

// With parameters.
void ck_reciprocal(float *y, const float *x, float epsilon, size_t n);  ///< 1 / (x + epsilon)
void ck_rsqrt(float *y, const float *x, float epsilon, size_t n);       ///< 1 / √(x + epsilon)
void ck_leaky_relu(float *y, const float *x, float slope, size_t n);    ///< x > 0 ? x : slope·x
void ck_elu(float *y, const float *x, float alpha, size_t n);  ///< x > 0 ? x : alpha·(eˣ - 1)
void ck_clip(float *y, const float *x, float low, float high,
             size_t n);  ///< min(max(x, low), high); nan stays nan
void ck_linear(float *y, const float *x, float alpha, float beta, size_t n);  ///< alpha·x + beta
void ck_hard_sigmoid(float *y, const float *x, float alpha, float beta,
                     size_t n);  ///< min(max(alpha·x + beta, 0), 1)
void ck_hard_swish(float *y, const float *x, float alpha, float beta,
                   size_t n);  ///< x·min(max(alpha·x + beta, 0), 1)
void ck_threshold_relu(float *y, const float *x, float alpha, size_t n);  ///< x ≥ alpha ? x : 0
