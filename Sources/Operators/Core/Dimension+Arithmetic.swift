// SPDX-License-Identifier: Apache-2.0
// Arithmetic on extents, some of which may be unknown.

import MIL
import Tensors

extension Dimension {
  /// Applies `change` to a known extent; an unknown extent stays unknown.
  func map(_ change: (Int) throws -> Int) rethrows -> Dimension {
    guard let size else { return .any }
    return .fixed(try change(size))
  }

  /// Whether both can be the same extent.
  func agrees(with other: Dimension) -> Bool { size == nil || other.size == nil || size == other.size }

  /// The more specific of two extents that must be equal.
  func known(or other: Dimension) -> Dimension { size == nil ? other : self }

  /// NumPy's broadcast of two extents; `nil` if they are incompatible. An unknown extent gives way to one above 1.
  func broadcast(with other: Dimension) -> Dimension? {
    switch (self, other) {
    case (.fixed(1), _): other
    case (_, .fixed(1)), (_, .unknown): self
    case (.unknown, _): other
    case (.fixed(let m), .fixed(let n)): m == n ? self : nil
    }
  }

  static func + (a: Dimension, b: Dimension) -> Dimension {
    guard let a = a.size, let b = b.size else { return .any }
    return checked(a.addingReportingOverflow(b))
  }

  static func + (a: Dimension, b: Int) -> Dimension { a + .fixed(b) }

  static func * (a: Dimension, b: Int) -> Dimension {
    guard let a = a.size else { return .any }
    return checked(a.multipliedReportingOverflow(by: b))
  }

  /// An overflow gives an invalid extent, which the check of the result type rejects.
  private static func checked(_ result: (partialValue: Int, overflow: Bool)) -> Dimension {
    .fixed(result.overflow ? -1 : result.partialValue)
  }
}

extension Sequence where Element == Dimension {
  /// The product of the extents, `nil` if one is unknown or the product overflows an `Int`.
  var knownProduct: Int? {
    var sizes: [Int] = []
    for dimension in self {
      guard let size = dimension.size else { return nil }
      sizes.append(size)
    }
    return sizes.checkedElementCount
  }

  /// The product of the extents.
  var product: Dimension { knownProduct.map { .fixed($0) } ?? .any }
}

extension Array where Element == Int? {
  /// The values of all dimensions; `nil` if any is unknown.
  var allKnown: [Int]? {
    let known = compactMap { $0 }
    return known.count == count ? known : nil
  }
}
