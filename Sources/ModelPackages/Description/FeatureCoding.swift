// SPDX-License-Identifier: Apache-2.0
// Converts features from and to protobuf: FeatureDescription of Model.proto, FeatureType of FeatureTypes.proto.

import Tensors
import Wire

extension Feature {
  init(_ reader: inout WireReader) throws {
    self.init("", .unknown)
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.lengthDelimited, field)
        name = try reader.string()
      case 2:
        try reader.expect(.lengthDelimited, field)
        shortDescription = try reader.string()
      case 3:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        try readType(&inner)
      default: try reader.keep(field, in: &unknownFields)
      }
    }
  }

  private mutating func readType(_ reader: inout WireReader) throws {
    while let field = try reader.nextField() {
      switch field.number {
      case 1...8:
        try reader.expect(.lengthDelimited, field)
        let kept = reader
        var inner = try reader.message()
        switch field.number {
        case 1: kind = .int64
        case 2: kind = .double
        case 3: kind = .string
        case 4: kind = .image(try ImageFeature(&inner))
        case 5: kind = .array(try ArrayFeature(&inner))
        case 6: kind = .dictionary(key: try Feature.keyType(&inner, string: 2).key)
        case 7:
          let (element, range) = try Feature.keyType(&inner, string: 3)
          kind = .sequence(element, range)
        default:
          guard let field = try inner.nextField(), field.number == 1 else {
            // A state whose content is not an array.
            reader = kept
            try reader.keep(WireField(number: 8, type: .lengthDelimited), in: &unknownTypeFields)
            kind = .unknown
            continue
          }
          try inner.expect(.lengthDelimited, field)
          var array = try inner.message()
          kind = .state(try ArrayFeature(&array))
        }
      case 1000:
        try reader.expect(.varint, field)
        isOptional = try reader.varint() != 0
      default: try reader.keep(field, in: &unknownTypeFields)
      }
    }
  }

  /// The key type of a dictionary, or the element type of a sequence with its range of lengths.
  private static func keyType(
    _ reader: inout WireReader, string: Int
  ) throws -> (key: KeyType?, range: SizeRange?) {
    var key: KeyType?
    var range: SizeRange?
    while let field = try reader.nextField() {
      guard field.type == .lengthDelimited else { throw reader.refuse(field, in: "FeatureType") }
      var inner = try reader.message()
      switch field.number {
      case 1: key = .int64
      case string: key = .string
      case 101: range = try SizeRange(&inner)
      default: throw reader.refuse(field, in: "FeatureType")
      }
    }
    return (key, range)
  }

  func write(to out: inout WireWriter) {
    out.nonEmptyString(1, name)
    out.nonEmptyString(2, shortDescription)
    out.message(3) { type in
      switch kind {
      case .int64: type.message(1) { _ in }
      case .double: type.message(2) { _ in }
      case .string: type.message(3) { _ in }
      case .image(let image): type.message(4) { image.write(to: &$0) }
      case .array(let array): type.message(5) { array.write(to: &$0) }
      case .dictionary(let key):
        type.message(6) { if let key { $0.message(key == .int64 ? 1 : 2) { _ in } } }
      case .sequence(let element, let range):
        type.message(7) {
          if let element { $0.message(element == .int64 ? 1 : 3) { _ in } }
          if let range { $0.message(101) { range.write(to: &$0) } }
        }
      case .state(let array): type.message(8) { $0.message(1) { array.write(to: &$0) } }
      case .unknown: break
      }
      if isOptional { type.int(1000, 1) }
      type.verbatim(unknownTypeFields)
    }
    out.verbatim(unknownFields)
  }
}

extension SizeRange {
  init(_ reader: inout WireReader) throws {
    self.init(0, 0)
    while let field = try reader.nextField() {
      guard field.type == .varint else { throw reader.refuse(field, in: "SizeRange") }
      switch field.number {
      case 1: lower = try reader.unsigned()
      case 2:
        let value = try reader.int()
        upper = value < 0 ? nil : value
      default: throw reader.refuse(field, in: "SizeRange")
      }
    }
  }

  func write(to out: inout WireWriter) {
    if lower != 0 { out.int(1, lower) }
    if upper != 0 { out.int(2, upper ?? -1) }
  }
}

extension ArrayFeature {
  /// The element types that interface arrays can have.
  package static var dtypes: [DType] { codes.map(\.0) }

  /// `ArrayDataType` of FeatureTypes.proto.
  private static let codes: [(DType, Int)] = [
    (.float32, 65568), (.float64, 65600), (.int32, 131104), (.int8, 131080), (.float16, 65552),
  ]

  init(_ reader: inout WireReader) throws {
    self.init(nil, [])
    while let field = try reader.nextField() {
      switch (field.number, field.type) {
      case (1, .varint), (1, .lengthDelimited):
        try ArrayFeature.readShape(&reader, field, into: &shape)
      case (2, .varint):
        let code = try reader.int()
        dtype = ArrayFeature.codes.first { $0.1 == code }?.0
        guard dtype != nil || code == 0 else {
          throw reader.fault("\(code) is not the code of an array's element type")
        }
      case (21, .lengthDelimited):
        var inner = try reader.message()
        flexibility = .enumerated(try ArrayFeature.shapes(&inner))
      case (31, .lengthDelimited):
        var inner = try reader.message()
        var ranges: [SizeRange] = []
        while let field = try inner.nextField() {
          guard field.number == 1, field.type == .lengthDelimited else {
            throw inner.refuse(field, in: "ShapeRange")
          }
          var range = try inner.message()
          ranges.append(try SizeRange(&range))
        }
        flexibility = .ranges(ranges)
      case (41, .varint): defaultValue = .int(Int32(truncatingIfNeeded: try reader.varint()))
      case (51, .fixed32): defaultValue = .float(Float(bitPattern: try reader.fixed32()))
      case (61, .fixed64): defaultValue = .double(Double(bitPattern: try reader.fixed64()))
      default: try reader.keep(field, in: &unknownFields)
      }
    }
  }

  private static func readShape(
    _ reader: inout WireReader, _ field: WireField, into shape: inout Shape
  ) throws {
    try reader.repeatedVarints(field) { shape.append(Int(truncatingIfNeeded: $0)) }
    var extent = 8
    for size in shape {
      let (product, overflow) = extent.multipliedReportingOverflow(by: max(size, 1))
      guard size >= 0, !overflow else { throw reader.fault("\(shape) is not a shape") }
      extent = product
    }
  }

  private static func shapes(_ reader: inout WireReader) throws -> [Shape] {
    var shapes: [Shape] = []
    while let field = try reader.nextField() {
      guard field.number == 1, field.type == .lengthDelimited else {
        throw reader.refuse(field, in: "EnumeratedShapes")
      }
      var inner = try reader.message()
      var shape: Shape = []
      while let field = try inner.nextField() {
        guard field.number == 1 else { throw inner.refuse(field, in: "Shape") }
        try readShape(&inner, field, into: &shape)
      }
      shapes.append(shape)
    }
    return shapes
  }

  func write(to out: inout WireWriter) {
    out.packedVarints(1, shape.map { UInt64($0) })
    if let code = ArrayFeature.codes.first(where: { $0.0 == dtype })?.1 { out.int(2, code) }
    switch flexibility {
    case .fixed: break
    case .enumerated(let shapes):
      out.message(21) {
        for shape in shapes { $0.message(1) { $0.packedVarints(1, shape.map { UInt64($0) }) } }
      }
    case .ranges(let ranges):
      out.message(31) { for range in ranges { $0.message(1) { range.write(to: &$0) } } }
    }
    switch defaultValue {
    case .int(let value): out.int(41, Int(value))
    case .float(let value): out.fixed32(51, value.bitPattern)
    case .double(let value): out.fixed64(61, value.bitPattern)
    case nil: break
    }
    out.verbatim(unknownFields)
  }
}

extension ImageFeature {
  init(_ reader: inout WireReader) throws {
    self.init(Size(width: 0, height: 0), .unspecified)
    while let field = try reader.nextField() {
      switch (field.number, field.type) {
      case (1, .varint): size.width = try reader.unsigned()
      case (2, .varint): size.height = try reader.unsigned()
      case (3, .varint):
        let code = try reader.int()
        guard let space = ColorSpace(rawValue: code) else {
          throw reader.fault("\(code) is not the code of a color space")
        }
        colorSpace = space
      case (21, .lengthDelimited):
        var inner = try reader.message()
        var sizes: [Size] = []
        while let field = try inner.nextField() {
          guard field.number == 1, field.type == .lengthDelimited else {
            throw inner.refuse(field, in: "EnumeratedImageSizes")
          }
          var one = try inner.message()
          sizes.append(try ImageFeature.imageSize(&one))
        }
        flexibility = .enumerated(sizes)
      case (31, .lengthDelimited):
        var inner = try reader.message()
        var width = SizeRange(0, 0)
        var height = SizeRange(0, 0)
        while let field = try inner.nextField() {
          guard field.number == 1 || field.number == 2, field.type == .lengthDelimited else {
            throw inner.refuse(field, in: "ImageSizeRange")
          }
          var range = try inner.message()
          if field.number == 1 {
            width = try SizeRange(&range)
          } else {
            height = try SizeRange(&range)
          }
        }
        flexibility = .ranges(width: width, height: height)
      default: try reader.keep(field, in: &unknownFields)
      }
    }
  }

  private static func imageSize(_ reader: inout WireReader) throws -> Size {
    var size = Size(width: 0, height: 0)
    while let field = try reader.nextField() {
      switch (field.number, field.type) {
      case (1, .varint): size.width = try reader.unsigned()
      case (2, .varint): size.height = try reader.unsigned()
      default: throw reader.refuse(field, in: "ImageSize")
      }
    }
    return size
  }

  func write(to out: inout WireWriter) {
    func write(_ size: Size, to out: inout WireWriter) {
      if size.width != 0 { out.int(1, size.width) }
      if size.height != 0 { out.int(2, size.height) }
    }
    write(size, to: &out)
    if colorSpace != .unspecified { out.int(3, colorSpace.rawValue) }
    switch flexibility {
    case .fixed: break
    case .enumerated(let sizes):
      out.message(21) { for size in sizes { $0.message(1) { write(size, to: &$0) } } }
    case .ranges(let width, let height):
      out.message(31) {
        $0.message(1) { width.write(to: &$0) }
        $0.message(2) { height.write(to: &$0) }
      }
    }
    out.verbatim(unknownFields)
  }
}
