// SPDX-License-Identifier: Apache-2.0
// The bytes behind tensors: owned memory, or a window into memory that somebody else keeps alive.

import Platform

/// A block of bytes, freed with its last reference.
///
/// Unchecked `Sendable`: bytes change only through `Tensor`'s mutating methods, which first make sure that
/// the storage is uniquely referenced and owned.
package final class TensorStorage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Keeps borrowed bytes alive (a mapped file, say); `nil` when this object owns them.
  private let owner: AnyObject?

  /// Bytes of its own, uninitialized, aligned to 64.
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

  /// A read-only window into bytes that `owner` keeps alive.
  package init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    byteCount = bytes.count
    self.owner = owner
    // An empty window needs a non-null address all the same; it is never read.
    base = UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped)
  }

  /// Whether the bytes may be written when uniquely referenced.
  package var isOwned: Bool { owner == nil }

  deinit {
    if owner == nil { base.deallocate() }
  }
}
