// SPDX-License-Identifier: Apache-2.0
// One number for all axes, or one for each.

/// Extents along axes: of kernels, strides, blocks.
package enum PerAxis: Sendable, Equatable {
  /// The same for all axes, or for those that its reader means.
  case one(Int)
  case each([Int])

  /// A number for each of so many axes; `nil` when another number of them was given.
  package func values(axes: Int) -> [Int]? {
    switch self {
    case .one(let n): [Int](repeating: n, count: axes)
    case .each(let all): all.count == axes ? all : nil
    }
  }
}
