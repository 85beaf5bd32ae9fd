// SPDX-License-Identifier: Apache-2.0
// Pooling over windows and over whole images.

import Options
import Tensors

protocol PoolingLayer: NetworkLayer {
  static var operatorName: String { get }
  var kernelSize: PerAxis { get set }
  var stride: PerAxis? { get set }
  var padding: OptionValue { get set }
}

extension PoolingLayer {
  static var example: String { "{ kernel_size = 2 }" }
  static var options: [Option<Self>] {
    [
      .perAxis("kernel_size", \.kernelSize, in: 1...Int.max, "extent of the window; one number, or one for each axis"),
      .perAxis("stride", \.stride, in: 1...Int.max, "stride of the window; by default kernel_size"),
      .padding("padding", \.padding),
    ]
  }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...5, "[batch, channels, …]")
    let axes = x.rank - 2
    guard let kernel = kernelSize.values(axes: axes),
      let steps = (stride ?? kernelSize).values(axes: axes)
    else { throw fault("kernel_size and stride must be one number, or \(axes) for \(x.type)") }
    var arguments: [(String, GraphArgument)] = [
      ("x", .value(x)), ("kernel_sizes", .numbers(kernel.map(Double.init))), ("strides", .numbers(steps.map(Double.init))),
    ]
    arguments += try WindowPadding(padding, axes: axes, self).arguments
    if Self.operatorName == "avg_pool" { arguments.append(("exclude_padding_from_average", .bool(false))) }
    return try network.add(Self.operatorName, arguments, name: Self.operatorName)
  }
}

struct MaxPoolLayer: PoolingLayer {
  var kernelSize = PerAxis.one(2)
  var stride: PerAxis?
  var padding: OptionValue = .string("valid")
  static let name = "max_pool"
  static let summary = "The largest value of each window."
  static let operatorName = "max_pool"
}

struct AveragePoolLayer: PoolingLayer {
  var kernelSize = PerAxis.one(2)
  var stride: PerAxis?
  var padding: OptionValue = .string("valid")
  static let name = "avg_pool"
  static let summary = "The mean of each window."
  static let operatorName = "avg_pool"
}

/// The mean over all axes after the channels.
struct GlobalAveragePoolLayer: NetworkLayer {
  static let name = "global_avg_pool"
  static let summary = "The mean over all axes after the channels: [batch, channels]."
  static let options: [Option<Self>] = []

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...5, "[batch, channels, …]")
    return try network.add(
      "reduce_mean", [("x", .value(x)), ("axes", .numbers((2..<x.rank).map(Double.init))), ("keep_dims", .bool(false))],
      name: "global_avg_pool")
  }
}
