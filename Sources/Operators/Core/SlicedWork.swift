// SPDX-License-Identifier: Apache-2.0
// A kernel as slices that need not run at once: those of consecutive kernels may alternate.

import Kernels
import Tensors

/// The slices of a kernel, with the memory that each of them reads and writes.
package struct SlicedWork {
  /// Addresses of one slice, or more than those.
  package struct Access {
    package let reads: [Range<UInt>]
    package let writes: Range<UInt>

    package init(reads: [Range<UInt>], writes: Range<UInt>) { (self.reads, self.writes) = (reads, writes) }
  }

  package let accesses: [Access]
  /// Bytes of scratch memory, aligned to 64, of each slice that runs.
  package let scratchByteCount: Int
  /// Runs one slice. Slices that run at once have scratch memory of their own.
  package let run: (_ slice: Int, _ scratch: UnsafeMutableRawPointer) throws -> Void

  package init(
    _ accesses: [Access], scratchByteCount: Int, run: @escaping (_ slice: Int, _ scratch: UnsafeMutableRawPointer) throws -> Void
  ) {
    (self.accesses, self.scratchByteCount, self.run) = (accesses, scratchByteCount, run)
  }
}

extension SlicedWork.Access {
  /// All that a request reads and writes.
  init(_ request: KernelRequest) {
    self.init(
      reads: (request.inputs.flatMap(\.value) + request.post.compactMap(\.operand)).map(\.addresses), writes: request.output.addresses)
  }

  /// A slice that computes these elements of the output, in memory order, from these elements of other buffers.
  init(_ request: KernelRequest, output: Range<Int>, reading reads: [(buffer: Buffer, elements: Range<Int>)]) {
    self.init(reads: reads.map { $0.buffer.addresses(of: $0.elements) }, writes: request.output.addresses(of: output))
  }

  /// A slice of a request that computes these elements of the output, in memory order, from those of x.
  ///
  /// Operands of the output's shape are read like it is written, all others as a whole.
  init(_ request: KernelRequest, output: Range<Int>, x: Buffer, elements: Range<Int>) {
    let others = request.inputs.flatMap(\.value).filter { $0.pointer != x.pointer }
    let operands = request.post.compactMap(\.operand).map { operand in
      operand.shape == request.output.shape ? operand.addresses(of: output) : operand.addresses
    }
    self.init(reads: [x.addresses(of: elements)] + others.map(\.addresses) + operands, writes: request.output.addresses(of: output))
  }
}

extension Buffer {
  fileprivate var addresses: Range<UInt> { addresses(of: 0..<count) }

  /// The addresses of elements, in memory order.
  fileprivate func addresses(of elements: Range<Int>) -> Range<UInt> {
    let base = UInt(bitPattern: pointer)
    return base + UInt(dtype.byteCount(elements.lowerBound))..<base + UInt(dtype.byteCount(elements.upperBound))
  }
}
