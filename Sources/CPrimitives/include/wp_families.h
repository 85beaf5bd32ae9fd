// SPDX-License-Identifier: Apache-2.0
// The primitive families. Every function returns NULL, and sets wp_last_error, when the shapes do
// not fit or oneDNN cannot do it.
//
// Optional tensors and `attributes` may be NULL. Shapes below are in the logical order (N, C,
// spatial…) whatever the strides; on x86 channels-last activations with packed weights are the fast
// ones.
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

/// Matrix product over equal ranks ≥ 2. Inputs: a […, M, K], b […, K, N], bias [N], or of the
/// result's rank with each dimension the result's or 1, if given. Output […, M, N]. Batch
/// dimensions are equal or 1. A transposed operand is one with swapped strides. b may be packed.
wp_primitive *wp_matmul(const wp_tensor *a, const wp_tensor *b, const wp_tensor *bias,
                        const wp_tensor *destination, const wp_attributes *attributes);

/// Fully connected layer. Inputs: source [N, I], weights [O, I], bias [O] if given. Output [N, O].
wp_primitive *wp_inner_product(const wp_tensor *source, const wp_tensor *weights,
                               const wp_tensor *bias, const wp_tensor *destination,
                               const wp_attributes *attributes);

/// y = a·bᵀ, a being [rows, inner], b [columns, inner] and y [rows, columns] with rows `stride` apart, all
/// floats. Needs no primitive. False without oneDNN.
bool wp_product_transposed(size_t rows, size_t columns, size_t inner, const float *a,
                           const float *b, float *y, size_t stride);

typedef enum {
  WP_POOL_MAX,
  WP_POOL_AVERAGE_WITH_PADDING,
  WP_POOL_AVERAGE_WITHOUT_PADDING
} wp_pool_kind;

/// Pooling. Input [N, C, …], output [N, C, …]; end padding is what the output's size implies, as
/// given.
wp_primitive *wp_pooling(const wp_tensor *source, const wp_tensor *destination, wp_pool_kind kind,
                         const wp_window *window, const wp_attributes *attributes);

/// Softmax, or its logarithm, along one axis; input and output of the same shape (may be one buffer
/// if the strides agree).
wp_primitive *wp_softmax(const wp_tensor *source, const wp_tensor *destination, int axis,
                         bool logarithm);

/// Layer normalization over the last axis, the variance being the biased one. Inputs: source […,
/// C], scale [C] if `has_scale`, shift [C] if `has_shift`. Output as the source.
wp_primitive *wp_layer_normalization(const wp_tensor *source, float epsilon, bool has_scale,
                                     bool has_shift);

typedef enum {
  WP_REDUCE_SUM,
  WP_REDUCE_MEAN,
  WP_REDUCE_MIN,
  WP_REDUCE_MAX,
  WP_REDUCE_MUL,
  WP_REDUCE_L1,  ///< Σ|x|
  WP_REDUCE_L2,  ///< √Σx²
} wp_reduce_kind;

/// Reduction: a dimension of the destination is the source's or 1 (reduced). Equal ranks.
wp_primitive *wp_reduction(const wp_tensor *source, const wp_tensor *destination,
                           wp_reduce_kind kind, const wp_attributes *attributes);

/// destination = a ∘ b, equal ranks; dimensions of b may be 1. May run in place over a.
wp_primitive *wp_binary(const wp_tensor *a, const wp_tensor *b, const wp_tensor *destination,
                        wp_binary_function function, const wp_attributes *attributes);

/// One elementwise function; may run in place. WP_HARDSIGMOID needs oneDNN 3; as a post-op it
/// always works.
wp_primitive *wp_eltwise(const wp_tensor *tensor, wp_eltwise_function function, float a, float b);

typedef enum { WP_RESAMPLE_NEAREST, WP_RESAMPLE_LINEAR } wp_resample_kind;

/// Resizes spatial axes with half-pixel centres: source coordinate = (i + 1/2)·in/out - 1/2, edges
/// clamped. A tie of the nearest may go either way.
wp_primitive *wp_resampling(const wp_tensor *source, const wp_tensor *destination,
                            wp_resample_kind kind, const wp_attributes *attributes);

/// Copies between strides and dtypes (f32, s32, s8, u8, bf16), saturating and rounding half to
/// even; `attributes->scales[0]` multiplies.
wp_primitive *wp_reorder(const wp_tensor *source, const wp_tensor *destination,
                         const wp_attributes *attributes);

/// Local response normalization across channels of [N, C, …]: y = x·(k + alpha/size·Σ x²)^-beta,
/// the sum over `size` neighbouring channels.
wp_primitive *wp_lrn(const wp_tensor *tensor, int64_t size, float alpha, float beta, float k);

/// x > 0 ? x : slope·x. Inputs: tensor, slopes (same rank, each dimension the tensor's or 1).
/// Output as the tensor.
wp_primitive *wp_prelu(const wp_tensor *tensor, const wp_tensor *slopes);

typedef enum {
  WP_RNN_TANH,  ///< one gate
  WP_RNN_RELU,  ///< one gate
  WP_LSTM,      ///< four gates in the order input, forget, candidate, output
  WP_GRU,       ///< three gates in the order update, reset, candidate; reset before the recurrent
                ///< product
  WP_GRU_RESET_AFTER,  ///< the same, reset after the recurrent product; bias has a fourth row, the
                       ///< candidate's recurrent bias
} wp_rnn_cell;

typedef enum { WP_RNN_FORWARD, WP_RNN_REVERSE, WP_RNN_BIDIRECTIONAL } wp_rnn_direction;

/// The sizes of a recurrent layer. D below is 2 when bidirectional, else 1; G is the number of
/// gates.
typedef struct {
  wp_rnn_cell cell;
  wp_rnn_direction direction;
  int64_t steps, batch, input, hidden;
  bool initial_state;  ///< state inputs are given; else zero
  bool final_state;    ///< state outputs are wanted
  bool bias;
} wp_rnn_shape;

/// One recurrent layer, f32. Inputs in order:
///   source [steps, batch, input] row-major;
///   if `initial_state`: hidden [D, batch, hidden], for an LSTM then cell [D, batch, hidden];
///   input weights [D, G·hidden, input] and recurrent weights [D, G·hidden, hidden], row-major,
///   both packed: see wp_packed_size; bias [D, G·hidden] ([D, 4·hidden] for WP_GRU_RESET_AFTER) if
///   `bias`.
/// Outputs: [steps, batch, D·hidden]; if `final_state`: hidden [D, batch, hidden], for an LSTM then
/// cell. GRU update follows h' = z·h + (1 - z)·candidate.
wp_primitive *wp_rnn(const wp_rnn_shape *shape);
