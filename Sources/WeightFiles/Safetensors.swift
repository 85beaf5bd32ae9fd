// SPDX-License-Identifier: Apache-2.0
// Safetensors: a JSON header with types, shapes and offsets, then the elements.

import Files
import Tensors
import TextFormats

package enum Safetensors {
  private static let largestHeader = 100_000_000
  private static let metadataKey = "__metadata__"

  static let dtypes: [String: DType] = [
    "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32, "I32": .int32, "U64": .uint64, "I64": .int64,
    "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64, "F8_E4M3": .float8E4M3FN, "F8_E5M2": .float8E5M2,
  ]

  /// Bits of types that have no counterpart, whose sizes are checked all the same.
  private static let otherBits = ["F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64]

  private struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    let range: Range<Int>
  }

  /// Reads the header; elements stay mapped.
  static func read(_ path: String) throws -> WeightFile {
    let file = try MappedFile(path)
    let bytes = file.bytes
    func fault(_ place: String, _ detail: String) -> WeightFileError { .malformed(file: path, place: place, detail: detail) }
    guard bytes.count >= 8 else { throw fault("", "the file has \(bytes.count) bytes, so it has no header") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= UInt64(largestHeader), length <= UInt64(bytes.count - 8) else {
      throw fault("byte 0", "the header has \(length) bytes, but the file has \(bytes.count)")
    }
    let start = 8 + Int(length)
    guard length > 0, bytes[8] == UInt8(ascii: "{") else { throw fault("byte 8", "the header does not begin with {") }
    var text = Array(bytes[8..<start])
    while text.last == UInt8(ascii: " ") { text.removeLast() }
    let header: JSONValue
    do {
      header = try JSONValue(text: text)
    } catch {
      throw fault("header", error.description)
    }
    guard case .object(let members) = header else { throw fault("header", "expected an object") }
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    for member in members {
      if member.name == metadataKey {
        guard case .object(let items) = member.value else { throw fault(metadataKey, "expected an object") }
        for item in items {
          guard case .string(let text) = item.value else { throw fault("\(metadataKey).\(item.name)", "expected a string") }
          metadata[item.name] = text
        }
      } else {
        entries.append(try entry(member, fault))
      }
    }
    try check(entries, size: bytes.count - start, fault)
    var readers: [String: @Sendable () throws -> Tensor] = [:]
    for entry in entries { readers[entry.name] = { try tensor(entry, in: file, from: start) } }
    return WeightFile(
      path: path, names: entries.map(\.name), metadata: metadata,
      shapes: Dictionary(entries.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first }), readers: readers)
  }

  private static func entry(_ member: JSONValue.Member, _ fault: (String, String) -> WeightFileError) throws -> Entry {
    let place = "tensor '\(member.name)'"
    guard case .object(let fields) = member.value else { throw fault(place, "expected an object") }
    func field(_ name: String) throws -> JSONValue {
      guard let value = fields.first(where: { $0.name == name })?.value else { throw fault(place, "the field \(name) is missing") }
      return value
    }
    func integers(_ name: String) throws -> [Int] {
      guard case .array(let items) = try field(name) else { throw fault(place, "\(name) must be a list of integers") }
      return try items.map {
        guard case .integer(let number) = $0, number >= 0 else {
          throw fault(place, "\(name) must be a list of integers that are not negative")
        }
        return number
      }
    }
    guard case .string(let type) = try field("dtype") else { throw fault(place, "dtype must be a string") }
    let (shape, offsets) = (try integers("shape"), try integers("data_offsets"))
    guard offsets.count == 2, offsets[0] <= offsets[1] else { throw fault(place, "data_offsets \(offsets) are no range") }
    guard let bits = dtypes[type]?.bits ?? otherBits[type] else { throw fault(place, "the type \(type) is not known") }
    guard shape.count <= 64, let count = shape.checkedElementCount, count <= Int.max / 64 else {
      throw fault(place, "the shape \(shape) is too large")
    }
    guard offsets[1] - offsets[0] == (count * bits + 7) / 8 else {
      throw fault(place, "\(offsets[1] - offsets[0]) bytes, expected \((count * bits + 7) / 8) for \(type)\(shape)")
    }
    return Entry(name: member.name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// Checks that the tensors cover the data without holes and overlaps.
  private static func check(_ entries: [Entry], size: Int, _ fault: (String, String) -> WeightFileError) throws {
    var end = 0
    for entry in entries.sorted(by: { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }) {
      guard entry.range.lowerBound == end else {
        throw fault(
          "tensor '\(entry.name)'",
          "it begins at byte \(entry.range.lowerBound) of the data, \(entry.range.lowerBound < end ? "within another tensor" : "after a hole"), expected \(end)"
        )
      }
      end = entry.range.upperBound
    }
    guard end == size else { throw fault("", "the tensors take \(end) bytes, but \(size) follow the header") }
  }

  private static func tensor(_ entry: Entry, in file: MappedFile, from start: Int) throws -> Tensor {
    guard let dtype = dtypes[entry.type] else {
      throw WeightFileError.unsupported(
        file: file.path, detail: "tensor '\(entry.name)' has elements of type \(entry.type), which have no counterpart")
    }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start + entry.range.lowerBound..<start + entry.range.upperBound])
    defer { withExtendedLifetime(file) {} }
    if bytes.isEmpty { return Tensor(zeros: dtype, entry.shape) }
    if dtype == .bool { return Tensor(bytes.map { $0 != 0 }, shape: entry.shape) }
    if let base = bytes.baseAddress, Int(bitPattern: base) % max(dtype.bits / 8, 1) == 0 {
      return Tensor(dtype: dtype, shape: entry.shape, storage: TensorStorage(borrowing: bytes, owner: file))
    }
    return Tensor(dtype: dtype, shape: entry.shape, bytes: bytes)
  }

  // MARK: Writing

  /// The bytes before the elements, and the order in which the tensors follow.
  ///
  /// Larger types come first, so that every tensor is aligned; the header is padded to 8 bytes.
  /// - Throws: `WeightFileError.unsupported` for a dtype that the format does not have.
  package static func header(
    _ tensors: [String: Tensor], metadata: [String: String], path: String
  ) throws -> (header: [UInt8], order: [String]) {
    let names = Dictionary(dtypes.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    let order = tensors.keys.sorted {
      let (a, b) = (tensors[$0]?.dtype.bits ?? 0, tensors[$1]?.dtype.bits ?? 0)
      return (b, $0) < (a, $1)
    }
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      members.append(.init(metadataKey, .object(metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })))
    }
    var offset = 0
    for name in order {
      guard let tensor = tensors[name] else { continue }
      guard name != metadataKey else {
        throw WeightFileError.unsupported(file: path, detail: "a tensor cannot have the name \(metadataKey)")
      }
      guard let type = names[tensor.dtype] else {
        throw WeightFileError.unsupported(
          file: path, detail: "'\(name)' has elements of type \(tensor.dtype), which safetensors does not have")
      }
      let end = offset + tensor.byteCount
      members.append(
        .init(
          name,
          .object([
            .init("dtype", .string(type)), .init("shape", .array(tensor.shape.map { .integer($0) })),
            .init("data_offsets", .array([.integer(offset), .integer(end)])),
          ])))
      offset = end
    }
    var text = Array(JSONValue.object(members).text().utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> UInt64(8 * $0)) }
    return (length + text, order)
  }
}
