// SPDX-License-Identifier: Apache-2.0
// Gradients of elementwise functions and of pooling: dx from dy. dx has the size of the
// function's input, dy that of its output.
#pragma once

#include <stddef.h>

/// dx = y > 0 ? dy : 0, where y is the result of relu (or its argument). dx may equal dy.
void ck_relu_gradient(float *dx, const float *dy, const float *y, size_t n);

// dx = dy·f'(x). dx may equal dy.
void ck_gelu_gradient(float *dx, const float *dy, const float *x, size_t n);
void ck_gelu_tanh_gradient(float *dx, const float *dy, const float *x, size_t n);
void ck_gelu_sigmoid_gradient(float *dx, const float *dy, const float *x, size_t n);
void ck_silu_gradient(float *dx, const float *dy, const float *x, size_t n);

// The same with f' computed from y = f(x).
void ck_tanh_gradient(float *dx, const float *dy, const float *y, size_t n);
void ck_sigmoid_gradient(float *dx, const float *dy, const float *y, size_t n);

/// dx = y·(dy - Σ dy·y) for each row of [rows, n], where y is the result of softmax. dx may equal
/// dy.
void ck_softmax_gradient_rows(float *dx, const float *dy, const float *y, size_t rows, size_t n);

/// The gradient of ck_layer_norm_rows; gamma is [n] or NULL. The gradients of gamma and beta are
/// added to gamma_sum and beta_sum [n]. dx may equal dy.
void ck_layer_norm_gradient_rows(float *dx, float *gamma_sum, float *beta_sum, const float *dy,
                                 const float *x, const float *gamma, float epsilon, size_t rows,
                                 size_t n);

/// Pooling over the three spatial axes of one image, outermost first, with channels innermost.
typedef struct {
  size_t channels;
  size_t input[3], output[3];  ///< extents
  size_t kernel[3], step[3], pad[3];
} ck_pool;

/// dx of one image: each window's dy is added to the first of its elements that equals y.
void ck_max_pool_gradient(float *dx, const float *dy, const float *x, const float *y,
                          const ck_pool *pool);

/// dx of one image: each window's dy is divided evenly among its elements, including padding
/// unless `exclude_padding`.
void ck_avg_pool_gradient(float *dx, const float *dy, const ck_pool *pool, int exclude_padding);
