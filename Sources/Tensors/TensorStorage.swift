// SPDX-License-Identifier: Apache-2.0
// The memory of tensors: owned, or borrowed from another owner.

import Platform

/// A block of bytes, freed with its last reference.
///
/// Unchecked `Sendable`: bytes change only through `Tensor`'s mutating methods, which first make sure that
/// the storage is uniquely referenced and owned.
package final class TensorStorage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Keeps borrowed bytes alive (such as a mapped file); `nil` if this object owns them.
  private let owner: AnyObject?

  /// Allocates uninitialized bytes, aligned to 64.
  package init(byteCount: Int) {
    self.byteCount = byteCount
    self.owner = nil
    guard byteCount >= 4 * Self.hugePage else {
      base = .allocate(byteCount: max(byteCount, 1), alignment: 64)
      return
    }
    base = .allocate(byteCount: byteCount, alignment: Self.hugePage)
    // With 4 KB pages, page faults would take longer than most loops that fill an allocation of this size.
    adviseHugePages(base, byteCount)
  }

  private static let hugePage = 1 << 21

  /// A read-only view of bytes that `owner` keeps alive.
  package init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    byteCount = bytes.count
    self.owner = owner
    // An empty view needs a non-null address, which is never read.
    base = UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped)
  }

  /// Whether the bytes may be written if they are uniquely referenced.
  package var isOwned: Bool { owner == nil }

  deinit {
    if owner == nil { base.deallocate() }
  }
}
