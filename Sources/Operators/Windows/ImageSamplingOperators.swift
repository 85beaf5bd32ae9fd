// SPDX-License-Identifier: Apache-2.0
// Operators that sample images at computed coordinates: resample, affine, crop_resize.

import Kernels
import MIL
import Tensors

/// Samples the image at given points. x: `[B, C, H1, W1]`, coordinates: `[B, H2, W2, 2]` (x, then y); result `[B, C,
/// H2, W2]`.
enum Resample: Operator {
  static let signature = Signature(
    "resample",
    [
      Parameter("x", .float.tied("T")),
      Parameter(
        "coordinates",
        .only(.int32, .float32).adding(.float16, since: .iOS16).adding(.int8, .uint8, .int16, .uint16, since: .iOS17)),
      Parameter("sampling_mode", .string), Parameter("padding_mode", .string), Parameter("padding_value", .float.tied("T")),
      Parameter("coordinates_mode", .string), Parameter("align_corners", .bool),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x", rank: 4)
    let points = try call.type("coordinates", rank: 4)
    guard points.dimensions[0].agrees(with: x.dimensions[0]), points.dimensions[3].agrees(with: .fixed(2)) else {
      throw call.error("coordinates are \(points), expected two for each point of the \(x.dimensions[0]) images of x")
    }
    return [try call.result(x.dtype, [x.dimensions[0], x.dimensions[1], points.dimensions[1], points.dimensions[2]])]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let (x, y) = (try request.input("x"), request.output)
    try call.requirePixels(x)
    let filter: ImageFilter = try call.choice("sampling_mode")
    let mode: CoordinateMode = try call.choice("coordinates_mode")
    let sampling = ImageSampling(from: x, to: y, filter: filter, border: try border(call))
    let coordinates = try request.input("coordinates").numbers()
    let aligned = try call.known(call.bool("align_corners"), "align_corners")
    let (height, width) = (x.shape[2], x.shape[3])
    let (rows, columns) = (y.shape[2], y.shape[3])
    return Kernel("sampling") {
      sampling.run(source: { $0 }) { image, row, column in
        let at = 2 * ((image * rows + row) * columns + column)
        return (
          mode.position(coordinates(at), extent: width, aligned: aligned),
          mode.position(coordinates(at + 1), extent: height, aligned: aligned)
        )
      }
    }
  }

  private static func border(_ call: Call) throws -> ImageBorder {
    switch try call.known(call.string("padding_mode"), "padding_mode") {
    case "constant": return .padding(try call.number("padding_value"))
    case "border": return .edge
    case "reflection": return .reflection
    case "symmetric": return .symmetric
    case let other: throw call.error("padding_mode must be constant, border, reflection or symmetric, found \(other)")
    }
  }
}

/// The unit of coordinates.
private enum CoordinateMode: String, CaseIterable {
  case pixels = "unnormalized"
  case signed = "normalized_minus_one_to_one"
  case unsigned = "normalized_zero_to_one"

  /// The position in pixels. `aligned`: the extremes are the centers of the edge pixels instead of their outer edges.
  func position(_ coordinate: Double, extent: Int, aligned: Bool) -> Double {
    let unit: Double
    switch self {
    case .pixels: return coordinate
    case .signed: unit = (coordinate + 1) / 2
    case .unsigned: unit = coordinate
    }
    return aligned ? unit * Double(extent - 1) : unit * Double(extent) - 0.5
  }
}

/// The image under a linear map: the value at (x, y) is that of the input at (a0 x + a1 y + a2, b0 x + b1 y + b2), all from
/// -1 to 1. x: `[B, C, H1, W1]`, transform_matrix: `[B, 6]` or `[1, 6]`; result `[B, C, output_height, output_width]`.
enum Affine: Operator {
  static let signature = Signature(
    "affine",
    [
      Parameter("x", .float.tied("T")), Parameter("transform_matrix", .float.tied("T")),
      Parameter("output_height", .int32), Parameter("output_width", .int32),
      Parameter("sampling_mode", .string), Parameter("padding_mode", .string), Parameter("padding_value", .float.tied("T")),
      Parameter("coordinates_mode", .string), Parameter("align_corners", .bool),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x", rank: 4)
    let matrix = try call.type("transform_matrix", rank: 2)
    guard matrix.dimensions[1].agrees(with: .fixed(6)),
      matrix.dimensions[0] == .fixed(1) || matrix.dimensions[0].agrees(with: x.dimensions[0])
    else { throw call.error("transform_matrix is \(matrix), expected six numbers, once or for each image of \(x)") }
    for (parameter, only) in [
      ("sampling_mode", "bilinear"), ("padding_mode", "constant"), ("coordinates_mode", CoordinateMode.signed.rawValue),
    ] {
      guard let found = try call.string(parameter), found.lowercased() != only else { continue }
      throw call.error("\(parameter) must be \(only), found \(found)")
    }
    let size = try ["output_height", "output_width"].map { Dimension.fixed(try call.knownInteger($0, atLeast: 1)) }
    return [try call.result(x.dtype, x.dimensions.prefix(2) + size)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let (x, y) = (try request.input("x"), request.output)
    try call.requirePixels(x)
    let matrix = try request.input("transform_matrix")
    let (values, isShared) = (matrix.floats(), matrix.shape[0] == 1)
    let aligned = try call.known(call.bool("align_corners"), "align_corners")
    let sampling = ImageSampling(from: x, to: y, filter: .bilinear, border: .padding(try call.number("padding_value")))
    let (height, width) = (x.shape[2], x.shape[3])
    let (across, down) = (grid(y.shape[3], aligned), grid(y.shape[2], aligned))
    return Kernel("sampling") {
      sampling.run(source: { $0 }) { image, row, column in
        let m = values + (isShared ? 0 : 6 * image)
        let (u, v) = (across[column], down[row])
        return (
          CoordinateMode.signed.position(Double(m[0]) * u + Double(m[1]) * v + Double(m[2]), extent: width, aligned: aligned),
          CoordinateMode.signed.position(Double(m[3]) * u + Double(m[4]) * v + Double(m[5]), extent: height, aligned: aligned)
        )
      }
    }
  }

  /// The points of an axis from -1 to 1; a single point is in the middle.
  private static func grid(_ count: Int, _ aligned: Bool) -> [Double] {
    guard count > 1 || !aligned else { return [0] }
    let extent = Double(count)
    return (0..<count).map { index -> Double in
      let place = Double(index)
      return aligned ? 2 * place / (extent - 1) - 1 : (2 * place + 1) / extent - 1
    }
  }
}

/// Boxes cut out of images and brought to one size, bilinearly; points outside of the image are `pad_value`.
///
/// x: `[B, C, H, W]`. Before iOS17 roi is `[N, 1, 4, 1, 1]`, each box of every image, result `[N, B, C, h, w]`; or
/// `[N, 1, 5, 1, 1]`, the image's index first, result `[N, 1, C, h, w]`. From iOS17 on boxes is `[N, 4]` and box_indices
/// `[N]` (box i is of image i by default), result `[N, C, h, w]`.
enum CropResize: MovementOperator {
  static let signature = Signature(
    "crop_resize",
    [
      Parameter("x", .float.tied("T")),
      Parameter("roi", .float.tied("T"), .optional).withdrawn(in: .iOS17, "which iOS17 replaced with boxes and box_indices"),
      Parameter("boxes", .only(.float16, .float32, .uint16), .optional, since: .iOS17),
      Parameter("box_indices", .only(.uint16, .int32), .optional, since: .iOS17),
      Parameter("target_height", .int32, .defaultsTo(.int(1))), Parameter("target_width", .int32, .defaultsTo(.int(1))),
      Parameter("normalized_coordinates", .bool, .defaultsTo(.bool(false))),
      Parameter("spatial_scale", .only(.float32), .defaultsTo(.float(1))),
      Parameter("box_coordinate_mode", .string, .defaultsTo(.string("CORNERS_HEIGHT_FIRST"))),
      Parameter("sampling_mode", .string, .defaultsTo(.string("DEFAULT"))),
      Parameter("pad_value", .float.tied("T"), .defaultsTo(.float(0)), since: .iOS16),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x", rank: 4)
    let size = try ["target_height", "target_width"].map { Dimension.fixed(try call.knownInteger($0, atLeast: 1)) }
    guard call.opset < .iOS17 else {
      let boxes = try call.type("boxes", rank: 2)
      guard boxes.dimensions[1].agrees(with: .fixed(4)) else { throw call.error("boxes are \(boxes), expected four numbers each") }
      if let indices = try call.optionalType("box_indices") {
        guard indices.rank == 1, indices.dimensions[0].agrees(with: boxes.dimensions[0]) else {
          throw call.error("box_indices are \(indices), expected one for each of \(boxes)")
        }
      } else if let n = boxes.dimensions[0].size, let images = x.dimensions[0].size, n > images {
        throw call.error("there are \(n) boxes for \(images) images; box_indices must specify the image of each box")
      }
      return [try call.result(x.dtype, [boxes.dimensions[0], x.dimensions[1]] + size)]
    }
    let roi = try call.type("roi", rank: 5)
    guard let length = roi.dimensions[2].size, length == 4 || length == 5,
      [1, 3, 4].allSatisfy({ roi.dimensions[$0].agrees(with: .fixed(1)) })
    else { throw call.error("roi is \(roi), expected [N, 1, 4, 1, 1] or [N, 1, 5, 1, 1]") }
    return [try call.result(x.dtype, [roi.dimensions[0], length == 4 ? x.dimensions[0] : .fixed(1), x.dimensions[1]] + size)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let (x, y) = (try request.input("x"), request.output)
    try call.requirePixels(x)
    let boxes = try request.input(call.opset < .iOS17 ? "roi" : "boxes")
    let stride = boxes.shape[call.opset < .iOS17 ? 2 : 1]
    let numbers = boxes.numbers()
    let count = boxes.shape[0]
    let perBox = y.shape.dropLast(3).reduce(1, *) / count
    let indices = request.optionalInput("box_indices")?.numbers()
    let geometry = try BoxGeometry(call, height: x.shape[2], width: x.shape[3])
    let sampling = ImageSampling(from: x, to: y, filter: .bilinear, border: .outside(try call.number("pad_value")))
    let (rows, columns, images) = (y.shape[y.shape.count - 2], y.shape[y.shape.count - 1], x.shape[0])
    return Kernel("sampling") {
      // The image of each box; `nil` for each image in turn.
      let sources = try (0..<count).map { i -> Int? in
        guard call.opset >= .iOS17 || stride == 5 else { return nil }
        let index = stride == 5 ? numbers(i * stride) : indices?(i) ?? Double(i)
        guard index >= 0, index < Double(images) else {
          throw call.error("box \(i) has image index \(index), expected 0 to \(images - 1)")
        }
        return Int(index)
      }
      let frames = (0..<count).map { i in geometry.frame((0..<4).map { numbers(i * stride + stride - 4 + $0) }) }
      sampling.run(source: { sources[$0 / perBox] ?? $0 % perBox }) { image, row, column in
        let frame = frames[image / perBox]
        return (
          frame.across.point(column, of: columns, geometry.mode), frame.down.point(row, of: rows, geometry.mode)
        )
      }
    }
  }
}

/// How the four numbers of a box specify its position.
private struct BoxGeometry {
  enum Order: String, CaseIterable {
    case cornersHeightFirst = "CORNERS_HEIGHT_FIRST"
    case cornersWidthFirst = "CORNERS_WIDTH_FIRST"
    case centerHeightFirst = "CENTER_SIZE_HEIGHT_FIRST"
    case centerWidthFirst = "CENTER_SIZE_WIDTH_FIRST"
  }

  /// An interval between two pixels along an axis, reversed if `start` is greater than `end`.
  struct Span {
    let start: Double
    let end: Double

    func point(_ i: Int, of count: Int, _ mode: SamplingMode) -> Double {
      let length = abs(end - start)
      let offset = min(max(mode.position(i, input: length + 1, output: count), 0), length)
      let point = end < start ? start - offset : start + offset
      // Rounding must not move the last point beyond the edge.
      return min(max(point, min(start, end)), max(start, end))
    }
  }

  let mode: SamplingMode
  private let order: Order
  private let scale: (height: Double, width: Double)

  init(_ call: Call, height: Int, width: Int) throws {
    mode = try call.choice("sampling_mode")
    order = try call.choice("box_coordinate_mode")
    let spatial = try call.known(call.float("spatial_scale"), "spatial_scale")
    let isNormalized = try call.known(call.bool("normalized_coordinates"), "normalized_coordinates")
    scale = isNormalized ? (spatial * Double(height - 1), spatial * Double(width - 1)) : (spatial, spatial)
  }

  func frame(_ box: [Double]) -> (down: Span, across: Span) {
    func corners(_ start: Double, _ end: Double, _ scale: Double) -> Span { Span(start: start * scale, end: end * scale) }
    func centered(_ center: Double, _ size: Double, _ scale: Double) -> Span {
      corners(center - size / 2, center + size / 2, scale)
    }
    switch order {
    case .cornersHeightFirst: return (corners(box[0], box[2], scale.height), corners(box[1], box[3], scale.width))
    case .cornersWidthFirst: return (corners(box[1], box[3], scale.height), corners(box[0], box[2], scale.width))
    case .centerHeightFirst: return (centered(box[0], box[2], scale.height), centered(box[1], box[3], scale.width))
    case .centerWidthFirst: return (centered(box[1], box[3], scale.height), centered(box[0], box[2], scale.width))
    }
  }
}

extension Call {
  /// The enumeration case for a string parameter.
  ///
  /// - Throws: `OperatorError` with the list of cases for any other string.
  func choice<C: RawRepresentable & CaseIterable>(_ parameter: String) throws -> C where C.RawValue == String {
    let name = try known(string(parameter), parameter)
    guard let choice = C(rawValue: name) else {
      throw error("\(parameter) must be one of \(C.allCases.map(\.rawValue).joined(separator: ", ")), found \(name)")
    }
    return choice
  }

  fileprivate func requirePixels(_ x: Buffer) throws {
    guard x.shape[2] > 0, x.shape[3] > 0 else { throw error("x has no pixels: its shape is \(x.shape)") }
  }
}

extension Buffer {
  /// Reads element `i`, in memory order, for any numeric dtype of the buffer.
  fileprivate func numbers() -> (Int) -> Double {
    guard dtype != .float32 else {
      let floats = floats()
      return { Double(floats[$0]) }
    }
    let integers = IndexList(self)
    return { Double(integers[$0]) }
  }
}

/// The family of image sampling.
enum ImageSamplingOperators {
  static let operators: [any Operator.Type] = [Resample.self, Affine.self, CropResize.self]
}

extension Resample { static let gradient = Gradient.sampling }
extension Affine { static let gradient = Gradient.sampling }
extension CropResize { static let gradient = Gradient.sampling }

extension Gradient {
  fileprivate static let sampling = Gradient.none("sampling at given coordinates is not differentiable")
}
