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

/// One oneDNN primitive over fixed buffers, which runs on the calling thread.
///
/// Weights that the primitive requires in its own layout are reordered: once, at creation, if they are constant,
/// otherwise at every run.
package final class Primitive {
  private let handle: OpaquePointer
  private let inputs: UnsafeMutablePointer<UnsafeRawPointer?>
  private let outputs: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var packed: [UnsafeMutableRawPointer] = []
  /// The primitive whose packed weights this one reads too.
  private let sibling: Primitive?
  /// Inputs and outputs that change between runs and need the primitive's own layout: the address of the caller's
  /// elements, and the offset of the primitive's copy in memory for copies.
  private var repacked: [(input: Int, from: UnsafeRawPointer, offset: Int)] = []
  private var unpacked: [(output: Int, to: UnsafeMutableRawPointer, offset: Int)] = []
  /// Bytes of scratch memory, aligned to 64, that `execute` needs.
  package let workspaceByteCount: Int
  /// Bytes, aligned to 64, of the copies of inputs that `repack` makes.
  package private(set) var repackedByteCount = 0
  /// Bytes, aligned to 64, of the copies of outputs that `unpack` reads.
  package private(set) var unpackedByteCount = 0

  /// Binds a primitive made by one of `CPrimitives`' functions.
  ///
  /// - Parameters:
  ///   - what: name of the computation, for errors.
  ///   - constant: inputs whose content is final, so that they can be packed now.
  ///   - sibling: a primitive with the same weights, whose packed copy serves here too where both want the same layout.
  /// - Throws: `PrimitiveError` when oneDNN cannot create it.
  package init(
    _ what: String, _ handle: OpaquePointer?, inputs: [UnsafeRawPointer], outputs: [UnsafeMutableRawPointer],
    constant: Set<Int> = [], sharing sibling: Primitive? = nil
  ) throws {
    guard let handle else { throw PrimitiveError.last(what) }
    self.handle = handle
    self.inputs = .allocate(capacity: max(inputs.count, 1))
    self.outputs = .allocate(capacity: max(outputs.count, 1))
    self.sibling = sibling
    for (i, p) in inputs.enumerated() { self.inputs[i] = p }
    for (i, p) in outputs.enumerated() { self.outputs[i] = p }
    workspaceByteCount = wp_scratchpad_size(handle)
    for i in inputs.indices {
      let size = wp_packed_size(handle, Int32(i))
      guard size > 0 else { continue }
      guard constant.contains(i) else {
        repacked.append((i, inputs[i], Self.reserve(size, in: &repackedByteCount)))
        continue
      }
      if let sibling, wp_packs_alike(handle, sibling.handle, Int32(i)) {
        self.inputs[i] = sibling.inputs[i]
        continue
      }
      let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      packed.append(copy)
      packedByteCount += size
      guard wp_pack_weights(handle, Int32(i), inputs[i], copy) else { throw PrimitiveError.last(what) }
      self.inputs[i] = UnsafeRawPointer(copy)
    }
    for i in outputs.indices {
      let size = wp_packed_output_size(handle, Int32(i))
      if size > 0 { unpacked.append((i, outputs[i], Self.reserve(size, in: &unpackedByteCount))) }
    }
  }

  /// Appends space to memory and returns its offset.
  private static func reserve(_ bytes: Int, in total: inout Int) -> Int {
    defer { total += bytes.alignedToLine }
    return total
  }

  deinit {
    wp_destroy(handle)
    for copy in packed { copy.deallocate() }
    inputs.deallocate()
    outputs.deallocate()
  }

  /// The same computation for other buffers, `nil` when out of memory: a handle for another `Primitive`.
  package func copiedHandle() -> OpaquePointer? { wp_copy(handle) }

  /// A handle, for `wp_tensor(packing:like:)`.
  package var weightsLayout: OpaquePointer { handle }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { workspaceByteCount.alignedToLine + repackedByteCount + unpackedByteCount }

  /// oneDNN's name of the chosen implementation.
  package var implementation: String { String(cString: wp_implementation(handle)) }

  /// Whether an input was packed into the primitive's own layout when it was created.
  package func isPacked(_ input: Int) -> Bool {
    wp_packed_size(handle, Int32(input)) > 0 && !repacked.contains { $0.input == input }
  }

  /// Bytes of the packed inputs that it holds itself.
  package private(set) var packedByteCount = 0

  /// Whether a handle wants its second input, the weights, in this primitive's layout.
  package func packsWeights(like handle: OpaquePointer) -> Bool { wp_packs_alike(self.handle, handle, 1) }

  /// oneDNN's name of the implementation of a handle.
  package static func implementation(_ handle: OpaquePointer) -> String { String(cString: wp_implementation(handle)) }

  /// Whether both read changing weights in the same layout.
  package func repacksLike(_ other: Primitive) -> Bool {
    repacked.map(\.input) == other.repacked.map(\.input)
      && repacked.allSatisfy { wp_packs_alike(handle, other.handle, Int32($0.input)) }
  }

  /// Reads an input that is neither packed nor repacked from elsewhere from now on.
  package func bind(input: Int, to pointer: UnsafeRawPointer) { inputs[input] = pointer }

  /// Writes an output elsewhere from now on.
  package func bind(output: Int, to pointer: UnsafeMutableRawPointer) {
    if let i = unpacked.firstIndex(where: { $0.output == output }) {
      unpacked[i].to = pointer
    } else {
      outputs[output] = pointer
    }
  }

  /// Copies changing weights to `memory`, in the primitive's own layout.
  package func repack(to memory: UnsafeMutableRawPointer) throws {
    for copy in repacked {
      guard wp_pack_weights(handle, Int32(copy.input), copy.from, memory + copy.offset) else { throw PrimitiveError.last("oneDNN") }
    }
  }

  /// Runs with inputs that were repacked, and leaves outputs that need unpacking.
  package func execute(
    workspace: UnsafeMutableRawPointer, repacked inputCopies: UnsafeMutableRawPointer, unpacked outputCopies: UnsafeMutableRawPointer
  ) throws {
    for copy in repacked { inputs[copy.input] = UnsafeRawPointer(inputCopies + copy.offset) }
    for copy in unpacked { outputs[copy.output] = outputCopies + copy.offset }
    guard wp_execute(handle, inputs, outputs, workspace) else { throw PrimitiveError.last("oneDNN") }
  }

  /// Copies outputs from `memory`, in the primitive's own layout, to where they belong.
  package func unpack(from memory: UnsafeMutableRawPointer) throws {
    for copy in unpacked {
      guard wp_unpack_output(handle, Int32(copy.output), memory + copy.offset, copy.to) else { throw PrimitiveError.last("oneDNN") }
    }
  }

  package func run(scratch: UnsafeMutableRawPointer) throws {
    let copies = scratch + workspaceByteCount.alignedToLine
    try repack(to: copies)
    try execute(workspace: scratch, repacked: copies, unpacked: copies + repackedByteCount)
    try unpack(from: copies + repackedByteCount)
  }
}

extension Int {
  /// Rounded up to whole cache lines of 64 bytes.
  package var alignedToLine: Int { (self + 63) / 64 * 64 }
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

  /// Weights, packed in the layout that the primitive prefers, or that another primitive preferred for the same weights.
  package init(packing shape: Shape, _ dtype: DType = .float32, strides: [Int]? = nil, like other: Primitive? = nil) {
    let strides = strides ?? shape.rowMajorStrides
    self = wp_tensor_packed(wp_dtype(dtype) ?? WP_F32, Int32(shape.count), shape.map(Int64.init), strides.map(Int64.init))
    packed_like = other?.weightsLayout
  }
}
