// SPDX-License-Identifier: Apache-2.0
// Tensors stored in the program itself: TensorValue of MIL.proto.
//
// Which field holds which element type is coremltools' choice: fp16, the integers of at most 8 bits
// and uint32 are raw little-endian `bytes` (sub-byte types packed), the other integers `ints` or `longInts`.

import MIL
import Tensors
import Wire

extension ProgramDecoder {
  func immediateTensor(_ reader: inout WireReader, _ type: TensorType) throws -> Constant.Payload {
    guard let shape = type.shape else { throw reader.fault("a constant has type \(type), expected a fixed shape") }
    let start = reader.offset
    var result: Constant.Payload?
    while let field = try reader.nextField() {
      guard (1...7).contains(field.number) else { throw reader.refuse(field, in: "TensorValue") }
      try reader.expect(.lengthDelimited, field)
      var values = try reader.message()
      switch (field.number, type.dtype) {
      case (1, .float32), (6, .float64):
        result = .tensor(try rawElements(&values, type.dtype, shape))
      case (7, let dtype) where dtype != .string:
        result = .tensor(try rawElements(&values, type.dtype, shape))
      case (2, let dtype) where (dtype.isInteger && dtype.bits <= 32) || dtype == .bool,
        (3, let dtype) where dtype == .bool,
        (5, let dtype) where dtype.isInteger:
        result = .tensor(try integerElements(&values, dtype, shape))
      case (4, .string): result = .strings(try stringElements(&values, count: shape.elementCount))
      default:
        throw WireFault(
          offset: start,
          detail:
            "a constant of \(type.dtype.name) is written in field \(field.number) of TensorValue")
      }
    }
    if let result { return result }
    guard shape.elementCount == 0 else {
      throw WireFault(offset: start, detail: "a constant of type \(type) is empty")
    }
    return type.dtype == .string ? .strings([]) : .tensor(Tensor(zeros: type.dtype, shape))
  }

  /// `RepeatedFloats`, `RepeatedDoubles` or `RepeatedBytes`: the elements with their layout in memory.
  private func rawElements(_ reader: inout WireReader, _ dtype: DType, _ shape: Shape) throws
    -> Tensor
  {
    let start = reader.offset
    var bytes: [UInt8] = []
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw reader.refuse(field, in: "TensorValue") }
      switch field.type {
      case .lengthDelimited: bytes.append(contentsOf: try reader.rawBytes())
      case .fixed32: withUnsafeBytes(of: try reader.fixed32()) { bytes.append(contentsOf: $0) }
      case .fixed64: withUnsafeBytes(of: try reader.fixed64()) { bytes.append(contentsOf: $0) }
      case .varint: throw reader.fault("raw elements are not numbers of variable length")
      }
    }
    guard bytes.count == dtype.byteCount(shape.elementCount) else {
      throw WireFault(
        offset: start,
        detail:
          "\(bytes.count) bytes for a constant of type \(TensorType(dtype, shape)), which takes \(dtype.byteCount(shape.elementCount))"
      )
    }
    return bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
  }

  private func integerElements(_ reader: inout WireReader, _ dtype: DType, _ shape: Shape) throws
    -> Tensor
  {
    let start = reader.offset
    var values: [Int] = []
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw reader.refuse(field, in: "TensorValue") }
      try reader.repeatedVarints(field) { values.append(Int(truncatingIfNeeded: $0)) }
    }
    guard values.count == shape.elementCount else {
      throw WireFault(
        offset: start,
        detail: "\(values.count) elements in a constant of type \(TensorType(dtype, shape)), expected \(shape.elementCount)")
    }
    if dtype != .int64, let range = dtype.integerRange,
      let outside = values.first(where: { !range.contains($0) })
    {
      throw WireFault(offset: start, detail: "\(outside) is not a value of \(dtype.name)")
    }
    return Tensor(integers: values, dtype: dtype, shape: shape)
  }

  private func stringElements(_ reader: inout WireReader, count: Int) throws -> [String] {
    var strings: [String] = []
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw reader.refuse(field, in: "RepeatedStrings") }
      try reader.expect(.lengthDelimited, field)
      strings.append(try reader.string())
    }
    guard strings.count == count else {
      throw reader.fault("a constant has \(strings.count) strings, expected \(count) by its type")
    }
    return strings
  }
}

extension ProgramEncoder {
  func write(immediate tensor: Tensor, to out: inout WireWriter) {
    switch tensor.dtype {
    case .float32, .float64:
      out.message(tensor.dtype == .float32 ? 1 : 6) { values in
        if tensor.count > 0 { tensor.withBytes { values.rawBytes(1, $0) } }
      }
    case .bool, .int16, .uint16, .int32, .int64, .uint64:
      let number = tensor.dtype == .bool ? 3 : tensor.dtype.bits == 64 ? 5 : 2
      out.message(number) { $0.packedVarints(1, bitPatterns(tensor)) }
    default:
      out.message(7) { values in
        if tensor.count > 0 { tensor.withBytes { values.rawBytes(1, $0) } }
      }
    }
  }

  /// Elements as 64-bit two's complement.
  private func bitPatterns(_ tensor: Tensor) -> [UInt64] {
    if tensor.dtype == .uint64 { return tensor.withElements(of: UInt64.self) { Array($0) } }
    return tensor.integers().map { UInt64(bitPattern: Int64($0)) }
  }
}
