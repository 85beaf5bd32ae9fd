// SPDX-License-Identifier: Apache-2.0
// Numbers of a kernel's own.

/// Memory freed with the kernel that holds it.
final class OwnedMemory {
  let pointer: UnsafeMutablePointer<Float>
  init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }
  deinit { pointer.deallocate() }
}
