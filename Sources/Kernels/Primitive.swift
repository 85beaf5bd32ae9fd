// SPDX-License-Identifier: Apache-2.0
// A oneDNN primitive with its arguments bound: shapes, addresses and packed weights are fixed.

import CPrimitives
import Tensors

/// The reason why a primitive could not be created.
package struct PrimitiveError: Error, CustomStringConvertible {
  package let description: String

  static func last(_ what: String) -> PrimitiveError {
    PrimitiveError(description: "\(what): \(String(cString: wp_last_error()))")
  }
}

/// A oneDNN primitive for fixed buffers.
///
/// Weights that the primitive requires in its own layout are reordered: once, at creation, if they are constant,
/// otherwise at every run.
package final class Primitive {
  private let handle: OpaquePointer
  private let inputs: UnsafeMutablePointer<UnsafeRawPointer?>
  private let outputs: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var packed: [UnsafeMutableRawPointer] = []
  /// Inputs and outputs that change between runs and need the primitive's own layout: the address of the caller's
  /// elements, and the offset of the primitive's copy in scratch memory.
  private var repacked: [(input: Int, from: UnsafeRawPointer, offset: Int)] = []
  private var unpacked: [(output: Int, to: UnsafeMutableRawPointer, offset: Int)] = []
  private var scratchBytes: Int

  /// Binds a primitive made by one of `CPrimitives`' functions.
  ///
  /// - Parameters:
  ///   - what: name of the computation, for errors.
  ///   - constant: inputs whose content is final, so that they can be packed now.
  /// - Throws: `PrimitiveError` when oneDNN cannot create it.
  package init(
    _ what: String, _ handle: OpaquePointer?, inputs: [UnsafeRawPointer], outputs: [UnsafeMutableRawPointer],
    constant: Set<Int> = []
  ) throws {
    guard let handle else { throw PrimitiveError.last(what) }
    self.handle = handle
    self.inputs = .allocate(capacity: max(inputs.count, 1))
    self.outputs = .allocate(capacity: max(outputs.count, 1))
    for (i, p) in inputs.enumerated() { self.inputs[i] = p }
    for (i, p) in outputs.enumerated() { self.outputs[i] = p }
    scratchBytes = wp_scratchpad_size(handle)
    for i in inputs.indices {
      let size = wp_packed_size(handle, Int32(i))
      guard size > 0 else { continue }
      guard constant.contains(i) else {
        repacked.append((i, inputs[i], reserve(size)))
        continue
      }
      let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      packed.append(copy)
      guard wp_pack_weights(handle, Int32(i), inputs[i], copy) else { throw PrimitiveError.last(what) }
      self.inputs[i] = UnsafeRawPointer(copy)
    }
    for i in outputs.indices {
      let size = wp_packed_output_size(handle, Int32(i))
      if size > 0 { unpacked.append((i, outputs[i], reserve(size))) }
    }
  }

  /// Appends space to the scratch memory and returns its offset.
  private func reserve(_ bytes: Int) -> Int {
    let offset = (scratchBytes + 63) / 64 * 64
    scratchBytes = offset + bytes
    return offset
  }

  deinit {
    wp_destroy(handle)
    for copy in packed { copy.deallocate() }
    inputs.deallocate()
    outputs.deallocate()
  }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { scratchBytes }

  /// oneDNN's name of the chosen implementation.
  package var implementation: String { String(cString: wp_implementation(handle)) }

  /// Whether an input was packed into the primitive's own layout when it was created.
  package func isPacked(_ input: Int) -> Bool {
    wp_packed_size(handle, Int32(input)) > 0 && !repacked.contains { $0.input == input }
  }

  package func run(scratch: UnsafeMutableRawPointer) throws {
    for copy in repacked {
      inputs[copy.input] = UnsafeRawPointer(scratch + copy.offset)
      guard wp_pack_weights(handle, Int32(copy.input), copy.from, scratch + copy.offset) else { throw PrimitiveError.last("oneDNN") }
    }
    for copy in unpacked { outputs[copy.output] = scratch + copy.offset }
    guard wp_execute(handle, inputs, outputs, scratch) else { throw PrimitiveError.last("oneDNN") }
    for copy in unpacked {
      guard wp_unpack_output(handle, Int32(copy.output), scratch + copy.offset, copy.to) else { throw PrimitiveError.last("oneDNN") }
    }
  }
}

extension wp_dtype {
  /// oneDNN's dtype for a computed dtype; `nil` if there is none.
  package init?(_ dtype: DType) {
    switch dtype {
    case .float32: self = WP_F32
    case .int32: self = WP_S32
    case .int8: self = WP_S8
    case .uint8: self = WP_U8
    default: return nil
    }
  }
}

extension wp_tensor {
  /// A buffer in oneDNN's form: its shape, and strides that correspond to its axis order.
  package init(_ buffer: Buffer) { self.init(buffer.dtype, shape: buffer.shape, strides: buffer.strides) }

  package init(_ dtype: DType = .float32, shape: Shape, strides: [Int]? = nil) {
    let strides = strides ?? shape.rowMajorStrides
    self = wp_tensor_strided(
      wp_dtype(dtype) ?? WP_F32, Int32(shape.count), shape.map(Int64.init), strides.map(Int64.init))
  }

  /// Constant weights, packed in the layout that the primitive prefers.
  package init(packing shape: Shape, _ dtype: DType = .float32, strides: [Int]? = nil) {
    let strides = strides ?? shape.rowMajorStrides
    self = wp_tensor_packed(wp_dtype(dtype) ?? WP_F32, Int32(shape.count), shape.map(Int64.init), strides.map(Int64.init))
  }
}
