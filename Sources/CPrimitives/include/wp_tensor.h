// SPDX-License-Identifier: Apache-2.0
// Descriptions of shapes, layouts, post-ops and quantization for primitives.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// The maximum rank of a tensor.
#define WP_MAX_RANK 8

/// Element types.
typedef enum { WP_F32, WP_S32, WP_S8, WP_U8 } wp_dtype;

/// A tensor's shape and memory layout. Strides are in elements, not bytes.
typedef struct {
  int rank;
  wp_dtype dtype;
  int64_t dims[WP_MAX_RANK];
  int64_t strides[WP_MAX_RANK];
  /// Weights only: the primitive chooses the layout. `strides` describe the layout that
  /// `wp_pack_weights` reads.
  bool packed;
  /// Weights only: packed in the layout that this primitive chose for its own weights, so that both
  /// share one packed copy; NULL for none. Needs `packed`.
  const struct wp_primitive *packed_like;
} wp_tensor;

/// A tensor with these strides; NULL `strides` mean row-major order. A rank outside 0…8 yields
/// rank -1, which is an error for every primitive.
wp_tensor wp_tensor_strided(wp_dtype dtype, int rank, const int64_t *dims, const int64_t *strides);

/// The same, but packed in the layout that the primitive prefers (once, during planning).
wp_tensor wp_tensor_packed(wp_dtype dtype, int rank, const int64_t *dims, const int64_t *strides);

/// Elementwise functions; `a` and `b` are their parameters.
typedef enum {
  WP_RELU,       ///< x > 0 ? x : a·x
  WP_CLIP,       ///< min(max(x, a), b)
  WP_ELU,        ///< x > 0 ? x : a·(eˣ - 1)
  WP_GELU_ERF,   ///< x·Φ(x)
  WP_GELU_TANH,  ///< the tanh approximation of gelu
  WP_TANH,
  WP_LOGISTIC,     ///< 1 / (1 + e⁻ˣ)
  WP_HARDSWISH,    ///< x·min(max(x / 6 + 1/2, 0), 1)
  WP_HARDSIGMOID,  ///< min(max(a·x + b, 0), 1)
  WP_SQUARE,
  WP_ABS,
  WP_LINEAR,  ///< a·x + b
} wp_eltwise_function;

/// Binary functions with broadcasting: dimensions of the second operand may be 1.
typedef enum { WP_ADD, WP_SUB, WP_MUL, WP_DIV, WP_MAX, WP_MIN } wp_binary_function;

typedef enum {
  WP_POST_ELTWISE,  ///< dst = function(dst)
  WP_POST_SUM,  ///< dst = dst + scale·(previous content of the destination buffer): the residual
                ///< sum, in place
  WP_POST_BINARY,  ///< dst = dst ∘ operand
} wp_post_kind;

/// A post-op of a primitive. The operands of binary post-ops are inputs of the primitive, after
/// its own inputs, in order.
typedef struct {
  wp_post_kind kind;
  wp_eltwise_function function;  ///< eltwise
  float a, b;                    ///< eltwise
  float scale;                   ///< sum
  wp_binary_function binary;     ///< binary
  wp_tensor operand;             ///< binary: same rank as dst, each dimension dst's or 1
} wp_post_op;

wp_post_op wp_post_eltwise(wp_eltwise_function function, float a, float b);
wp_post_op wp_post_sum(float scale);
wp_post_op wp_post_binary(wp_binary_function binary, wp_tensor operand);

/// The post-ops of a primitive, and the scales of an integer one. NULL stands for all zeros.
typedef struct {
  const wp_post_op *post_ops;  ///< applied in order; copied
  int post_op_count;           ///< at most WP_MAX_POST_OPS
  /// Integer primitives: real value = scale·accumulator + bias (bias in float, unscaled), then the
  /// post-ops. 0, 1 (common) or one per output channel; copied.
  const float *scales;
  int scale_count;
  int32_t source_zero_point;       ///< subtracted from every source element
  int32_t destination_zero_point;  ///< added to the result before it is rounded into an integer
                                   ///< destination
} wp_attributes;

#define WP_MAX_POST_OPS 8

/// The sliding window of convolution and pooling; up to three spatial axes, outermost first.
typedef struct {
  int rank;           ///< number of spatial axes, 1…3
  int64_t kernel[3];  ///< pooling only; a convolution takes it from its weights
  int64_t stride[3];
  int64_t dilation[3];  ///< 1 = dense
  int64_t pad_begin[3];
  int64_t pad_end[3];
} wp_window;

/// A window of `rank` axes: kernel 1, stride 1, dilation 1, no padding.
wp_window wp_window_make(int rank);
