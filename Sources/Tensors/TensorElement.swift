// SPDX-License-Identifier: Apache-2.0
// The Swift types with the memory layout of whole-byte elements.

/// A Swift type with the memory layout of one whole-byte element type.
package protocol TensorElement: Sendable, BitwiseCopyable {
  static var dtype: DType { get }
}

extension Bool: TensorElement { package static var dtype: DType { .bool } }
extension UInt8: TensorElement { package static var dtype: DType { .uint8 } }
extension UInt16: TensorElement { package static var dtype: DType { .uint16 } }
extension UInt32: TensorElement { package static var dtype: DType { .uint32 } }
extension UInt64: TensorElement { package static var dtype: DType { .uint64 } }
extension Int8: TensorElement { package static var dtype: DType { .int8 } }
extension Int16: TensorElement { package static var dtype: DType { .int16 } }
extension Int32: TensorElement { package static var dtype: DType { .int32 } }
extension Int64: TensorElement { package static var dtype: DType { .int64 } }
#if !(os(macOS) && arch(x86_64))
  extension Float16: TensorElement { package static var dtype: DType { .float16 } }
#endif
extension Float: TensorElement { package static var dtype: DType { .float32 } }
extension Double: TensorElement { package static var dtype: DType { .float64 } }
