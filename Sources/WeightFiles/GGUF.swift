// SPDX-License-Identifier: Apache-2.0
// GGUF: keys and values, a table of tensors, aligned data. Quantized tensors are decoded.

import Files
import Tensors

enum GGUF {
  private static let largestCount = 1 << 24

  /// A type of elements: elements and bytes of a block.
  struct Format {
    let name: String
    let elements: Int
    let bytes: Int
  }

  static let formats: [Int: Format] = [
    0: Format(name: "F32", elements: 1, bytes: 4), 1: Format(name: "F16", elements: 1, bytes: 2),
    2: Format(name: "Q4_0", elements: 32, bytes: 18), 3: Format(name: "Q4_1", elements: 32, bytes: 20),
    6: Format(name: "Q5_0", elements: 32, bytes: 22), 7: Format(name: "Q5_1", elements: 32, bytes: 24),
    8: Format(name: "Q8_0", elements: 32, bytes: 34), 10: Format(name: "Q2_K", elements: 256, bytes: 84),
    11: Format(name: "Q3_K", elements: 256, bytes: 110), 12: Format(name: "Q4_K", elements: 256, bytes: 144),
    13: Format(name: "Q5_K", elements: 256, bytes: 176), 14: Format(name: "Q6_K", elements: 256, bytes: 210),
    15: Format(name: "Q8_K", elements: 256, bytes: 292), 24: Format(name: "I8", elements: 1, bytes: 1),
    25: Format(name: "I16", elements: 1, bytes: 2), 26: Format(name: "I32", elements: 1, bytes: 4),
    27: Format(name: "I64", elements: 1, bytes: 8), 28: Format(name: "F64", elements: 1, bytes: 8),
    30: Format(name: "BF16", elements: 1, bytes: 2),
  ]

  private static let dtypes: [Int: DType] = [
    0: .float32, 1: .float16, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64, 30: .bfloat16,
  ]

  /// Reads the tables; elements are decoded when they are asked for.
  static func read(_ path: String) throws -> WeightFile {
    let file = try MappedFile(path)
    var cursor = Cursor(file: file, path: path)
    guard try cursor.bytes(4).elementsEqual("GGUF".utf8) else { throw cursor.fault("the file does not begin with GGUF") }
    let version = try cursor.integer(4)
    guard version == 2 || version == 3 else { throw cursor.fault("version \(version), expected 2 or 3") }
    let (tensorCount, keyCount) = (try cursor.integer(8), try cursor.integer(8))
    guard tensorCount <= largestCount, keyCount <= largestCount else { throw cursor.fault("\(tensorCount) tensors and \(keyCount) keys") }
    var metadata: [String: String] = [:]
    for _ in 0..<keyCount {
      let key = try cursor.string()
      metadata[key] = try cursor.value(try cursor.integer(4), depth: 0)
    }
    let alignment = metadata["general.alignment"].flatMap(Int.init) ?? 32
    guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else { throw cursor.fault("the alignment is \(alignment)") }
    var tables: [(name: String, shape: [Int], type: Int, offset: Int)] = []
    for _ in 0..<tensorCount {
      let name = try cursor.string()
      let rank = try cursor.integer(4)
      guard rank <= 8 else { throw cursor.fault("tensor '\(name)' has \(rank) axes") }
      // The innermost extent comes first.
      let shape = try (0..<rank).map { _ in try cursor.integer(8) }.reversed()
      tables.append((name, Array(shape), try cursor.integer(4), try cursor.integer(8)))
    }
    let start = (cursor.at + alignment - 1) / alignment * alignment
    var readers: [String: @Sendable () throws -> Tensor] = [:]
    var shapes: [String: Shape] = [:]
    for table in tables {
      let place = "tensor '\(table.name)'"
      guard let format = formats[table.type] else {
        let (name, type) = (table.name, table.type)
        shapes[table.name] = table.shape
        readers[table.name] = {
          throw WeightFileError.unsupported(file: path, detail: "tensor '\(name)' has elements of type \(type), which are not decoded")
        }
        continue
      }
      guard let count = table.shape.checkedElementCount, count < 1 << 46, (table.shape.last ?? 1) % format.elements == 0 else {
        throw WeightFileError.malformed(file: path, place: place, detail: "the shape \(table.shape) does not fit \(format.name)")
      }
      let size = count / format.elements * format.bytes
      guard table.offset <= file.bytes.count, size <= file.bytes.count, start + table.offset + size <= file.bytes.count else {
        throw WeightFileError.malformed(
          file: path, place: place, detail: "it takes \(size) bytes from byte \(table.offset) of the data, beyond the end of the file")
      }
      guard shapes.updateValue(table.shape, forKey: table.name) == nil else {
        throw WeightFileError.malformed(file: path, place: place, detail: "two tensors have this name")
      }
      let range = start + table.offset..<start + table.offset + size
      readers[table.name] = {
        defer { withExtendedLifetime(file) {} }
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        if let dtype = dtypes[table.type] {
          if let base = bytes.baseAddress, Int(bitPattern: base) % (dtype.bits / 8) == 0 {
            return Tensor(dtype: dtype, shape: table.shape, storage: TensorStorage(borrowing: bytes, owner: file))
          }
          return Tensor(dtype: dtype, shape: table.shape, bytes: bytes)
        }
        guard let decode = GGUFBlocks.decoders[format.name] else {
          throw WeightFileError.unsupported(
            file: path, detail: "tensor '\(table.name)' has elements of type \(format.name), which are not decoded")
        }
        var out = [Float](repeating: 0, count: count)
        for block in 0..<count / format.elements {
          decode(UnsafeRawBufferPointer(rebasing: bytes[block * format.bytes..<(block + 1) * format.bytes]), block * format.elements, &out)
        }
        return Tensor(out, shape: table.shape)
      }
    }
    return WeightFile(path: path, names: tables.map(\.name), metadata: metadata, shapes: shapes, readers: readers)
  }

  /// Reads integers and strings, and checks that they are within the file.
  private struct Cursor {
    let file: MappedFile
    let path: String
    var at = 0

    init(file: MappedFile, path: String) {
      self.file = file
      self.path = path
    }

    func fault(_ detail: String) -> WeightFileError { .malformed(file: path, place: "byte \(at)", detail: detail) }

    mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
      guard count >= 0, count <= file.bytes.count - at else { throw fault("\(count) bytes are missing: the file is truncated") }
      defer { at += count }
      return UnsafeRawBufferPointer(rebasing: file.bytes[at..<at + count])
    }

    mutating func integer(_ size: Int) throws -> Int {
      let value = try bytes(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard let number = Int(exactly: value) else { throw fault("a number that is too large") }
      return number
    }

    mutating func string() throws -> String { String(decoding: try bytes(try integer(8)), as: UTF8.self) }

    /// A value as text; lists are skipped.
    mutating func value(_ type: Int, depth: Int) throws -> String {
      let sizes = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
      switch type {
      case 8: return try string()
      case 9:
        guard depth < 8 else { throw fault("lists are nested too deeply") }
        let (inner, count) = (try integer(4), try integer(8))
        if let size = sizes[inner] {
          guard count <= file.bytes.count / size else { throw fault("a list of \(count) elements") }
          _ = try bytes(count * size)
        } else {
          guard count <= file.bytes.count else { throw fault("a list of \(count) elements") }
          for _ in 0..<count { _ = try value(inner, depth: depth + 1) }
        }
        return "[\(count)]"
      default:
        guard let size = sizes[type] else { throw fault("the type \(type) of a value is not known") }
        let raw = try bytes(size)
        let bits = raw.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch type {
        case 6: return "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
        case 12: return "\(Double(bitPattern: bits))"
        case 1: return "\(Int8(truncatingIfNeeded: bits))"
        case 3: return "\(Int16(truncatingIfNeeded: bits))"
        case 5: return "\(Int32(truncatingIfNeeded: bits))"
        case 11: return "\(Int64(bitPattern: bits))"
        default: return "\(bits)"
        }
      }
    }
  }
}
