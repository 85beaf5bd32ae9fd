// SPDX-License-Identifier: Apache-2.0
// The primitive families. Every function returns NULL, and sets wp_last_error, if shapes are
// inconsistent or oneDNN does not support the operation.
//
// Optional tensors and `attributes` may be NULL. Shapes below are in the logical order (N, C,
// spatial…), regardless of strides. On x86, channels-last activations with packed weights are
// fastest.
#pragma once

#include "wp_primitive.h"
#include "wp_tensor.h"

typedef enum { WP_ALGORITHM_DIRECT, WP_ALGORITHM_WINOGRAD, WP_ALGORITHM_AUTO } wp_algorithm;

/// Convolution. Inputs: source [N, I, …], weights [O, I/groups, k…], bias [O] if given. Output [N,
/// O, …]. f32, or u8/s8 source × s8 weights → f32, s32, s8, u8.
wp_primitive *wp_convolution(const wp_tensor *source, const wp_tensor *weights,
                             const wp_tensor *bias, const wp_tensor *destination,
                             const wp_window *window, int64_t groups, wp_algorithm algorithm,
                             const wp_attributes *attributes);

/// The gradient of a convolution with respect to its weights. Inputs: source [N, I, …], gradient of
/// the output [N, O, …]. Outputs: gradient of the weights [O, I/groups, k…], and of the bias [O] if
/// given. The weights' gradient may be packed: see wp_packed_output_size.
wp_primitive *wp_convolution_weight_gradient(const wp_tensor *source, const wp_tensor *weights,
                                             const wp_tensor *bias, const wp_tensor *destination,
                                             const wp_window *window, int64_t groups);

/// The gradient of a convolution with respect to its source. Inputs: gradient of the output [N, O,
/// …], weights [O, I/groups, k…]. Output: gradient of the source [N, I, …].
wp_primitive *wp_convolution_input_gradient(const wp_tensor *destination, const wp_tensor *weights,
                                            const wp_tensor *source, const wp_window *window,
                                            int64_t groups);

/// Transposed convolution. Inputs: source [N, I, …], weights [I, O/groups, k…], bias [O] if given.
/// Output [N, O, …], (in - 1)·stride + dilation·(k - 1) + 1 - pad_begin - pad_end long on each
/// spatial axis.
wp_primitive *wp_deconvolution(const wp_tensor *source, const wp_tensor *weights,
                               const wp_tensor *bias, const wp_tensor *destination,
                               const wp_window *window, int64_t groups,
                               const wp_attributes *attributes);

/// Matrix product over equal ranks ≥ 2. Inputs: a […, M, K], b […, K, N], and optionally a bias,
/// [N] or of the result's rank with each dimension equal to the result's or 1. Output […, M, N].
/// Batch dimensions are equal or 1. A transposed operand has swapped strides. b may be packed.
wp_primitive *wp_matmul(const wp_tensor *a, const wp_tensor *b, const wp_tensor *bias,
                        const wp_tensor *destination, const wp_attributes *attributes);

/// Fully connected layer. Inputs: source [N, I], weights [O, I], bias [O] if given. Output [N, O].
wp_primitive *wp_inner_product(const wp_tensor *source, const wp_tensor *weights,
                               const wp_tensor *bias, const wp_tensor *destination,
                               const wp_attributes *attributes);

/// y = a·bᵀ for floats, where a is [rows, inner], b is [columns, inner], and y is [rows, columns]
/// with a row stride of `stride`. Needs no primitive. Returns false without oneDNN.
bool wp_product_transposed(size_t rows, size_t columns, size_t inner, const float *a,
                           const float *b, float *y, size_t stride);

typedef enum {
  WP_POOL_MAX,
  WP_POOL_AVERAGE_WITH_PADDING,
  WP_POOL_AVERAGE_WITHOUT_PADDING
} wp_pool_kind;

/// Pooling. Input [N, C, …], output [N, C, …]; the end padding is implied by the given size of
/// the output.
wp_primitive *wp_pooling(const wp_tensor *source, const wp_tensor *destination, wp_pool_kind kind,
                         const wp_window *window, const wp_attributes *attributes);

/// Softmax, or its logarithm, along one axis. Input and output have the same shape, and may be
/// the same buffer if the strides are equal.
wp_primitive *wp_softmax(const wp_tensor *source, const wp_tensor *destination, int axis,
                         bool logarithm);
