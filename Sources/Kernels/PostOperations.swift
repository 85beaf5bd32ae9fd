// SPDX-License-Identifier: Apache-2.0
// Conversion of post-ops to oneDNN's form.

import CPrimitives
import Tensors

extension UnaryFunction {
  /// The function as a post-op of a primitive; `nil` if oneDNN has none with the same result, or, as for silu, one
  /// that is slower than Wane's own loop after the primitive.
  package var postOperation: wp_post_op? {
    switch self {
    case .relu: wp_post_eltwise(WP_RELU, 0, 0)
    case .leakyRelu(let alpha): wp_post_eltwise(WP_RELU, alpha, 0)
    case .clip(let low, let high): wp_post_eltwise(WP_CLIP, low, high)
    case .elu(let alpha): wp_post_eltwise(WP_ELU, alpha, 0)
    case .geluExact: wp_post_eltwise(WP_GELU_ERF, 0, 0)
    case .geluTanh: wp_post_eltwise(WP_GELU_TANH, 0, 0)
    case .sigmoid: wp_post_eltwise(WP_LOGISTIC, 0, 0)
    case .hardSigmoid(let alpha, let beta): wp_post_eltwise(WP_HARDSIGMOID, alpha, beta)
    // oneDNN 2 supports these parameters only.
    case .hardSwish(let alpha, let beta) where Swift.abs(alpha - 1 / 6) < 1e-6 && beta == 0.5: wp_post_eltwise(WP_HARDSWISH, 0, 0)
    case .tanh: wp_post_eltwise(WP_TANH, 0, 0)
    case .linear(let alpha, let beta): wp_post_eltwise(WP_LINEAR, alpha, beta)
    case .abs: wp_post_eltwise(WP_ABS, 0, 0)
    case .square: wp_post_eltwise(WP_SQUARE, 0, 0)
    default: nil
    }
  }
}

extension BinaryFunction {
  package var postFunction: wp_binary_function? {
    switch self {
    case .add: WP_ADD
    case .subtract: WP_SUB
    case .multiply: WP_MUL
    case .divide: WP_DIV
    case .maximum: WP_MAX
    case .minimum: WP_MIN
    default: nil
    }
  }
}
