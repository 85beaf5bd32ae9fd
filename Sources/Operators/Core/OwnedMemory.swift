// SPDX-License-Identifier: Apache-2.0
// Memory owned by a kernel.

/// Memory that is freed with the kernel that owns it.
final class OwnedMemory {
  let pointer: UnsafeMutablePointer<Float>
  init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }
  deinit { pointer.deallocate() }
}
