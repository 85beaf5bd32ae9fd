// SPDX-License-Identifier: Apache-2.0
// The header of NumPy's `.npy` format, versions 1 to 3.
//
// Source: NumPy Enhancement Proposal 1 and numpy.lib.format. Magic "\x93NUMPY", two bytes of version, the length of the
// header (two bytes little-endian in version 1, four from version 2 on), then a Python dictionary literal padded with spaces.

import Tensors

/// The array description in a `.npy` header.
package struct NPYHeader: Sendable, Equatable {
  package var dtype: DType
  package var shape: Shape
  package var isBigEndian = false
  /// Whether the order is column-major; irrelevant for ranks 0 and 1.
  package var isFortranOrder = false
  /// Offset of the first element from the start of the file.
  package var dataOffset = 0

  /// Longest header that is accepted; that of a plain array has about a hundred bytes.
  static let longestHeader = 1 << 16
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  package var byteCount: Int { dtype.byteCount(shape.elementCount) }

  package init(dtype: DType, shape: Shape) {
    self.dtype = dtype
    self.shape = shape
  }

  /// Parses the header at the start of `bytes`. The array itself may be outside them: its size is only checked to fit an `Int`.
  ///
  /// - Throws: `damaged` with the offset, or `unsupported` for element types that a tensor cannot hold.
  package init(parsing bytes: UnsafeRawBufferPointer, file: String) throws {
    func damaged(_ offset: Int, _ problem: String) -> DataFileError {
      .damaged(file: file, offset: offset, problem: problem)
    }
    guard bytes.count >= 10 else { throw damaged(bytes.count, "the file ends inside the .npy header") }
    guard bytes.prefix(6).elementsEqual(Self.magic) else {
      let isZip = bytes.prefix(2).elementsEqual("PK".utf8)
      throw DataFileError.notA(
        format: ".npy", file: file,
        advice: isZip ? "it is a zip archive; read it with wane.load_npz" : "it does not start with the .npy signature")
    }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw damaged(6, "unknown .npy version \(version).\(bytes[7])") }
    let start = version == 1 ? 10 : 12
    guard bytes.count >= start else { throw damaged(bytes.count, "the file ends inside the .npy header") }
    let length = (8..<start).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    guard length <= Self.longestHeader else {
      throw damaged(8, "the header has \(length) bytes, expected at most \(Self.longestHeader)")
    }
    guard bytes.count - start >= length else {
      throw damaged(bytes.count, "the file ends inside the .npy header, expected \(start + length) bytes or more")
    }
    let fields = try NPYDictionary(bytes[start..<start + length], file: file)
    (dtype, isBigEndian) = try Self.element(fields.descr, file: file)
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape
    dataOffset = start + length
    guard let count = shape.checkedElementCount, count <= (Int.max - dataOffset) / 8 else {
      throw damaged(start, "the shape \(shape) has more elements than can be counted")
    }
  }

  /// NumPy's type string: byte order, kind, bytes.
  private static func element(_ descr: String, file: String) throws -> (DType, bigEndian: Bool) {
    let order = descr.first
    let ordered = order.map { "<>|=".contains($0) } ?? false
    let types: [String: DType] = [
      "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32,
      "i8": .int64, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]
    guard let dtype = types[String(ordered ? descr.dropFirst() : Substring(descr))] else {
      throw DataFileError.unsupported(
        file: file, what: "the element type '\(descr)'",
        advice: "save it as one of float16, float32, float64, bool or an integer of 8 to 64 bits")
    }
    return (dtype, order == ">" && dtype.bits > 8)
  }

  /// The header as NumPy writes it: version 1, data aligned to 64 bytes.
  package func encoded() throws -> [UInt8] {
    let order = dtype.bits > 8 ? "<" : "|"
    let kind: String
    switch dtype {
    case .bool: kind = "b"
    case .float16, .float32, .float64: kind = "f"
    case .int8, .int16, .int32, .int64: kind = "i"
    case .uint8, .uint16, .uint32, .uint64: kind = "u"
    default:
      throw DataFileError.cannotStore(dtype: "\(dtype)", format: "a .npy file", advice: "cast the tensor first: t:cast \"float32\"")
    }
    return Self.encoded(descr: "\(order)\(kind)\(dtype.bits / 8)", shape: shape)
  }

  /// The header for elements with that NumPy type string.
  static func encoded(descr: String, shape: Shape) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)), }"
    // Magic 6, version 2, length 2; the newline belongs to the header.
    let unpadded = 10 + text.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let length = text.utf8.count + padding + 1
    precondition(length <= UInt16.max, "a shape of \(shape.count) axes")
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
      + [UInt8](repeating: 0x20, count: padding) + [0x0A]
  }
}
