// SPDX-License-Identifier: Apache-2.0
// Convolutions over one, two and three axes, and transposed convolutions.

import Options
import Tensors

/// The options that all convolutions share.
struct ConvolutionOptions: Sendable {
  var outChannels: Int?
  var kernelSize: PerAxis?
  var stride = PerAxis.one(1)
  var padding: OptionValue = .string("valid")
  var dilation = PerAxis.one(1)
  var groups = 1
  var bias = true
  var initializer = Initializer.default
}

protocol ConvolutionLayer: NetworkLayer {
  static var axes: Int { get }
  static var isTransposed: Bool { get }
  var convolution: ConvolutionOptions { get set }
}

extension ConvolutionLayer {
  static var isTransposed: Bool { false }
  static var example: String { "{ out_channels = 8, kernel_size = 3 }" }

  static var options: [Option<Self>] {
    [
      .integer("out_channels", \.convolution.outChannels, in: 1...Int.max, "channels of the output"),
      .perAxis("kernel_size", \.convolution.kernelSize, in: 1...Int.max, "extent of the kernel; one number, or one for each axis"),
      .perAxis("stride", \.convolution.stride, in: 1...Int.max, "stride of the kernel"),
      .padding("padding", \.convolution.padding),
      .perAxis("dilation", \.convolution.dilation, in: 1...Int.max, "distance between the kernel's elements"),
      .integer("groups", \.convolution.groups, in: 1...Int.max, "number of channel groups"),
      .bool("bias", \.convolution.bias, "whether to add a bias"),
      .choice("init", \.convolution.initializer, "initialization of the kernel"),
    ]
  }

  func validate() throws(OptionError) {
    _ = try Self.required(convolution.outChannels, "out_channels")
    guard convolution.kernelSize?.values(axes: Self.axes) != nil else {
      throw .combination(of: Self.name, problem: "kernel_size must be a number, or \(Self.axes) of them, each at least 1")
    }
  }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    let axes = Self.axes
    try check(x, ranks: axes + 2...axes + 2, "[batch, channels, \(axes) spatial ax\(axes == 1 ? "is" : "es")]")
    let channels = try known(x, axis: 1, "channels")
    let out = convolution.outChannels ?? 1
    let groups = convolution.groups
    guard channels % groups == 0, out % groups == 0 else {
      throw fault("groups = \(groups) must divide the numbers of channels, \(channels) of the input and \(out) of the output")
    }
    func sizes(_ size: PerAxis, _ option: String) throws -> [Int] {
      guard let all = size.values(axes: axes) else { throw fault("\(option) must be one number or \(axes)") }
      return all
    }
    let kernel = try sizes(convolution.kernelSize ?? .one(1), "kernel_size")
    let shape = Self.isTransposed ? [channels, out / groups] + kernel : [out, channels / groups] + kernel
    // As in PyTorch, fan-in is computed from the second axis, also for transposed convolutions.
    let fan = Fan(shape)
    let kind = Self.isTransposed ? "conv_transpose" : "conv"
    let weight = network.weight("\(kind)_weight", shape, convolution.initializer, fan: fan)
    var arguments: [(String, GraphArgument)] = [
      ("x", .value(x)), ("weight", .value(weight)), ("strides", .numbers(try sizes(convolution.stride, "stride").map(Double.init))),
      ("dilations", .numbers(try sizes(convolution.dilation, "dilation").map(Double.init))), ("groups", .number(Double(groups))),
    ]
    arguments += try WindowPadding(convolution.padding, axes: axes, self).arguments
    if convolution.bias { arguments.append(("bias", .value(network.weight("\(kind)_bias", [out], .default, fan: fan)))) }
    return try network.add(kind, arguments, name: kind)
  }
}

struct Conv1dLayer: ConvolutionLayer {
  var convolution = ConvolutionOptions()
  static let name = "conv1d"
  static let summary = "Convolution over one axis; input [batch, channels, length]."
  static let axes = 1
}

struct Conv2dLayer: ConvolutionLayer {
  var convolution = ConvolutionOptions()
  static let name = "conv2d"
  static let summary = "Convolution over two axes; input [batch, channels, height, width]."
  static let axes = 2
}

struct Conv3dLayer: ConvolutionLayer {
  var convolution = ConvolutionOptions()
  static let name = "conv3d"
  static let summary = "Convolution over three axes; input [batch, channels, depth, height, width]."
  static let axes = 3
}

struct ConvTransposeLayer: ConvolutionLayer {
  var convolution = ConvolutionOptions()
  static let name = "conv_transpose"
  static let summary = "Transposed convolution over two axes; input [batch, channels, height, width]."
  static let example = "{ out_channels = 8, kernel_size = 2, stride = 2 }"
  static let axes = 2
  static let isTransposed = true
}

/// `"same"`, `"valid"`, or the number of zeros on both sides of each axis.
struct WindowPadding {
  let arguments: [(String, GraphArgument)]

  init(_ value: OptionValue, axes: Int, _ layer: some NetworkLayer) throws {
    func both(_ sizes: [Int]) -> [(String, GraphArgument)] {
      [("pad_type", .text("custom")), ("pad", .numbers(sizes.flatMap { [Double($0), Double($0)] }))]
    }
    switch value {
    case .string(let name) where name == "same" || name == "valid": arguments = [("pad_type", .text(name))]
    case .integer(let n) where n >= 0: arguments = n == 0 ? [("pad_type", .text("valid"))] : both([Int](repeating: n, count: axes))
    case .list(let all):
      let sizes = all.compactMap { if case .integer(let n) = $0, n >= 0 { n } else { nil } }
      guard sizes.count == axes, all.count == axes else { throw layer.fault("padding must be \(axes) numbers of at least 0") }
      arguments = both(sizes)
    default: throw layer.fault("padding must be \"same\", \"valid\", a number, or one for each axis, found \(value)")
    }
  }
}
