// SPDX-License-Identifier: Apache-2.0
// One number for all axes, or one number for each axis.

/// Extents along axes, for kernels, strides and blocks.
package enum PerAxis: Sendable, Equatable {
  /// The same extent for all axes that the option applies to.
  case one(Int)
  case each([Int])

  /// The extent of each of `axes` axes; `nil` if the number of given extents differs.
  package func values(axes: Int) -> [Int]? {
    switch self {
    case .one(let n): [Int](repeating: n, count: axes)
    case .each(let all): all.count == axes ? all : nil
    }
  }
}
