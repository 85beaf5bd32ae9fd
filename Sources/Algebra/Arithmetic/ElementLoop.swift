// SPDX-License-Identifier: Apache-2.0
// Loops of functions of one element, for dtypes and functions that MIL does not have.

import Kernels
import Tensors

/// Elementwise loops over buffers, divided among threads.
enum ElementLoop {
  /// `y = f(x)` for buffers of the same shape.
  @inline(__always)
  static func run<T: BitwiseCopyable, R: BitwiseCopyable>(_ x: Buffer, _ y: Buffer, _ type: T.Type, _ f: (T) -> R) {
    let (p, r) = (x.pointer.assumingMemoryBound(to: T.self), y.pointer.assumingMemoryBound(to: R.self))
    withoutActuallyEscaping(f) { f in
      Chunks.forEach(of: y.count) { for i in $0 { r[i] = f(p[i]) } }
    }
  }
}
