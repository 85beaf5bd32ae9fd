// SPDX-License-Identifier: Apache-2.0
// MIL's image resizing: the last two axes of a tensor, to a size or by a factor.

import Kernels
import MIL
import Tensors

/// An operator that resizes the last two axes of `x: [*D, H, W]`.
protocol ResizeOperator: Operator {
  /// Height and width of the result, `nil` if not known yet.
  static func size(_ call: Call, _ x: TensorType) throws -> [Int?]
  /// The interpolation table of one axis; 0 is height, 1 is width.
  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable
}

extension ResizeOperator {
  static var layout: LayoutPolicy { .channelsLast }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard x.rank >= 2 else { throw call.error("x must have rank 2 or more, found \(x)") }
    let size = try size(call, x)
    for n in size { if let n, n < 1 { throw call.error("the new size \(size.map { $0 ?? 0 }) is not positive") } }
    return [.tensor(TensorType(x.dtype, x.dimensions.dropLast(2) + size.map { $0.map { .fixed($0) } ?? .any }))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let y = request.output
    let rank = x.shape.count
    let tables = try (0..<2).map {
      try table(request.call, axis: $0, input: x.shape[rank - 2 + $0], output: y.shape[rank - 2 + $0])
    }
    let interpolation = Interpolation(from: x, to: y, height: tables[0], width: tables[1])
    return Kernel("interpolation") { interpolation.run() }
  }

  fileprivate static func scales(_ call: Call) throws -> [Double] {
    try ["scale_factor_height", "scale_factor_width"].map { try call.known(call.float($0), $0) }
  }

  fileprivate static func scaled(_ call: Call, _ x: TensorType) throws -> [Int?] {
    try zip(x.dimensions.suffix(2), scales(call)).map { d, scale in
      d.size.map { Int(saturating: (Double($0) * scale).rounded(.down)) }
    }
  }

  fileprivate static func target(_ call: Call) throws -> [Int?] {
    [try call.integer("target_size_height"), try call.integer("target_size_width")]
  }
}

extension Domain {
  fileprivate static let scale = Domain.only(.float32, .int32)
}

/// Nearest, by scale factors: `y[i] = x[floor(i · H1 / H2)]`; the factor is recomputed from the sizes.
enum UpsampleNearestNeighbor: ResizeOperator {
  static let signature = Signature(
    "upsample_nearest_neighbor",
    [
      Parameter("x", .float),
      Parameter("scale_factor_height", .scale, .defaultsTo(.int(1))),
      Parameter("scale_factor_width", .scale, .defaultsTo(.int(1))),
    ])
  static func size(_ call: Call, _ x: TensorType) throws -> [Int?] { try scaled(call, x) }
  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable {
    InterpolationTable(below: input, output: output)
  }
}

/// Nearest, to a size: `y[i] = x[floor(i · H1 / H2)]`.
enum ResizeNearestNeighbor: ResizeOperator {
  static let signature = Signature(
    "resize_nearest_neighbor",
    [Parameter("x", .float), Parameter("target_size_height", .int32), Parameter("target_size_width", .int32)])
  static func size(_ call: Call, _ x: TensorType) throws -> [Int?] { try target(call) }
  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable {
    InterpolationTable(below: input, output: output)
  }
}

/// Bilinear, by scale factors; the factor is recomputed from the sizes. iOS16 also supports half-pixel centers.
enum UpsampleBilinear: ResizeOperator {
  static let signature = Signature(
    "upsample_bilinear",
    [
      Parameter("x", .float),
      Parameter("scale_factor_height", .scale, .defaultsTo(.int(1))),
      Parameter("scale_factor_width", .scale, .defaultsTo(.int(1))),
      Parameter("align_corners", .bool, .defaultsTo(.bool(true))),
      Parameter("half_pixel_centers", .bool, .optional, since: .iOS16),
    ])
  static func size(_ call: Call, _ x: TensorType) throws -> [Int?] { try scaled(call, x) }
  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable {
    let aligned = try call.known(call.bool("align_corners"), "align_corners")
    let halfPixel = try call.bool("half_pixel_centers") ?? !aligned
    guard !(aligned && halfPixel) else { throw call.error("align_corners and half_pixel_centers exclude each other") }
    let mode: SamplingMode = aligned ? .strictAlignCorners : halfPixel ? .unalignCorners : .default
    return InterpolationTable(linear: mode, input: input, output: output)
  }
}

/// Bilinear, to a size.
enum ResizeBilinear: ResizeOperator {
  static let signature = Signature(
    "resize_bilinear",
    [
      Parameter("x", .float),
      Parameter("target_size_height", .int32, .defaultsTo(.int(1))),
      Parameter("target_size_width", .int32, .defaultsTo(.int(1))),
      Parameter("sampling_mode", .string, .defaultsTo(.string("DEFAULT"))),
    ])
  static func size(_ call: Call, _ x: TensorType) throws -> [Int?] { try target(call) }
  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable {
    InterpolationTable(linear: try call.choice("sampling_mode"), input: input, output: output)
  }
}

/// To a size that may be computed at run time; resizes up to the last two axes, 0 keeps an extent. Integers: nearest only.
enum Resize: ResizeOperator {
  static let signature = Signature(
    "resize", since: .iOS17,
    [
      Parameter("x", .number),
      Parameter("shape", .only(.int32, .int16, .uint16, .uint32)),
      Parameter("resized_dims", .uint32),
      Parameter("interpolation_mode", .string, .defaultsTo(.string("LINEAR"))),
      Parameter("sampling_mode", .string, .defaultsTo(.string("DEFAULT"))),
    ])

  static func size(_ call: Call, _ x: TensorType) throws -> [Int?] {
    let count = try call.known(call.integer("resized_dims"), "resized_dims")
    guard count <= 2, x.rank >= 2 else {
      throw call.error("resized_dims is \(count), expected at most 2, and x of rank 2 or more, found \(x)")
    }
    let old = x.dimensions.suffix(2).map(\.size)
    guard let shape = try call.integers("shape") else { return (0..<2).map { $0 >= 2 - count ? nil : old[$0] } }
    guard shape.count >= count else { throw call.error("shape is \(shape), expected at least resized_dims, \(count), elements") }
    return (0..<2).map { i in
      guard i >= 2 - count else { return old[i] }
      let wanted = shape[shape.count - 2 + i]
      return wanted == 0 ? old[i] : wanted
    }
  }

  static func table(_ call: Call, axis: Int, input: Int, output: Int) throws -> InterpolationTable {
    let mode: SamplingMode = try call.choice("sampling_mode")
    switch try call.known(call.string("interpolation_mode"), "interpolation_mode") {
    case "LINEAR":
      guard try call.type("x").dtype.isFloat else { throw call.error("x must be floats to be interpolated, found \(try call.type("x"))") }
      return InterpolationTable(linear: mode, input: input, output: output)
    case "NEAREST_NEIGHBOR": return InterpolationTable(nearest: mode, input: input, output: output)
    case let other: throw call.error("interpolation_mode must be LINEAR or NEAREST_NEIGHBOR, found \(other)")
    }
  }
}

/// The family of resizing operators.
enum Resizing {
  static let operators: [any Operator.Type] = [
    UpsampleNearestNeighbor.self, ResizeNearestNeighbor.self, UpsampleBilinear.self, ResizeBilinear.self, Resize.self,
  ]
}
