// SPDX-License-Identifier: Apache-2.0
// The gradients of pooling.

import CKernels
import Kernels
import MIL
import Tensors

/// The gradient of a max pool's input: each window's gradient goes to the first of its largest elements.
///
/// x: `[N, C, *D]`; y, gradient: `[N, C, *D_out]`; `pad`: begin padding of each spatial axis; result: as x.
enum MaxPoolGradient: Operator {
  static let signature = Signature(
    "training_max_pool_gradient",
    [.x, Parameter("y", .float.tied("T")), Parameter("gradient", .float.tied("T"))] + PoolingGradients.window)
  static var layout: LayoutPolicy { .channelsLastInputs(["x", "y", "gradient"], outputs: true) }
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, y) = (try request.input("x"), try request.input("y"))
    let (gradient, out) = (try request.input("gradient"), request.output)
    let pool = try PoolingGradients.geometry(request.call, input: x.shape, output: y.shape)
    let (from, maxima, dy, dx) = (x.floats(), y.floats(), gradient.floats(), out.floats())
    let (images, small, large) = (x.shape[0], y.count / max(x.shape[0], 1), x.count / max(x.shape[0], 1))
    return Kernel("loop") {
      withUnsafePointer(to: pool) { pool in
        Chunks.forEachRow(of: images, width: large) { range in
          for n in range { ck_max_pool_gradient(dx + n * large, dy + n * small, from + n * large, maxima + n * small, pool) }
        }
      }
    }
  }
}

/// The gradient of an average pool's input.
///
/// gradient: `[N, C, *D_out]`; `pad`: begin padding of each spatial axis; result: `input_shape`, `[N, C, *D]`.
enum AvgPoolGradient: Operator {
  static let signature = Signature(
    "training_avg_pool_gradient",
    [Parameter("gradient", .float), Parameter("input_shape", .int32)] + PoolingGradients.window
      + [Parameter("exclude_padding_from_average", .bool, .defaultsTo(.bool(false)))])
  static var layout: LayoutPolicy { .channelsLast }
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let gradient = try call.type("gradient")
    let shape = try call.knownIntegers("input_shape", count: gradient.rank)
    return [try call.result(gradient.dtype, shape.map { .fixed($0) })]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (gradient, out) = (try request.input("gradient"), request.output)
    let pool = try PoolingGradients.geometry(request.call, input: out.shape, output: gradient.shape)
    let excludes: Int32 = try request.call.bool("exclude_padding_from_average") == true ? 1 : 0
    let (dy, dx, images) = (gradient.floats(), out.floats(), out.shape[0])
    let (small, large) = (gradient.count / max(images, 1), out.count / max(images, 1))
    return Kernel("loop") {
      withUnsafePointer(to: pool) { pool in
        Chunks.forEachRow(of: images, width: large) { range in
          for n in range { ck_avg_pool_gradient(dx + n * large, dy + n * small, pool, excludes) }
        }
      }
    }
  }
}

/// The family of pooling gradients.
enum PoolingGradients {
  fileprivate static let window = [
    Parameter("kernel_sizes", .int32), Parameter("strides", .int32), Parameter("pad", .int32),
  ]

  /// The window over three spatial axes; missing axes have extent 1.
  fileprivate static func geometry(_ call: Call, input: Shape, output: Shape) throws -> ck_pool {
    let rank = input.count - 2
    func three(_ values: [Int], _ filler: Int) -> (Int, Int, Int) {
      let all = Array(repeating: filler, count: 3 - rank) + values
      return (all[0], all[1], all[2])
    }
    return ck_pool(
      channels: input[1], input: three(Array(input.dropFirst(2)), 1), output: three(Array(output.dropFirst(2)), 1),
      kernel: three(try call.knownIntegers("kernel_sizes", count: rank), 1),
      step: three(try call.knownIntegers("strides", count: rank), 1), pad: three(try call.knownIntegers("pad", count: rank), 0))
  }

  static let operators: [any Operator.Type] = [AvgPoolGradient.self, MaxPoolGradient.self]
}
