// SPDX-License-Identifier: Apache-2.0
// Normalization over some axes to mean 0 and variance 1, with elementwise scale and shift.

import CKernels
import Tensors

/// `y = (x - mean) / √(variance + epsilon) · gamma + beta`, with mean and (biased) variance over the normalized axes, and
/// gamma and beta per element of those axes.
package struct LayerNormalization: Sendable {
  private let axes: ReducedAxes
  private let epsilon: Float
  /// For each element of a group, in memory order, the offset of its gamma and beta; `nil` when these have the same
  /// order.
  private let places: [Int32]?
  private let count: Int

  /// - Parameters:
  ///   - normalized: the program's axes (not negative), ascending.
  ///   - parameter: gamma or beta, whichever is given; both have the same axis order.
  package init(_ x: Buffer, over normalized: [Int], parameter: Buffer?, epsilon: Float) {
    axes = ReducedAxes(x, axes: normalized)
    self.epsilon = epsilon
    count = normalized.map { x.shape[$0] }.reduce(1, *)
    guard let parameter else {
      places = nil
      return
    }
    var places = [0]
    for axis in x.order {
      guard let at = normalized.firstIndex(of: axis) else { continue }
      let stride = parameter.strides[at]
      places = places.flatMap { start in (0..<x.shape[axis]).map { start + $0 * stride } }
    }
    self.places = places.elementsEqual(0..<count) ? nil : places.map { Int32($0) }
  }

  /// Bytes of scratch that `run` needs.
  package var scratchBytes: Int { places == nil ? 0 : 2 * count * MemoryLayout<Float>.stride }

  /// `y` may be `x`; both have the axis order that the loop was built for.
  package func run(
    _ x: UnsafePointer<Float>, gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?,
    to y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) {
    guard count > 0, axes.outputCount > 0 else { return }
    let space = scratch.assumingMemoryBound(to: Float.self)
    let gamma = inMemoryOrder(gamma, space)
    let beta = inMemoryOrder(beta, space + count)
    if axes.isRows {
      rows(x, gamma, beta, y).runAll()
    } else {
      Chunks.forEachRow(of: axes.outputCount, width: count) {
        for index in $0 { scattered(x, gamma, beta, y, at: axes.output(index).input) }
      }
    }
  }

  /// The same over rows, if the elements of a group are contiguous and parameters have their order.
  package func rowLoop(
    _ x: UnsafePointer<Float>, gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, to y: UnsafeMutablePointer<Float>
  ) -> RowLoop? {
    count > 0 && axes.outputCount > 0 && axes.isRows && places == nil ? rows(x, gamma, beta, y) : nil
  }

  private func rows(
    _ x: UnsafePointer<Float>, _ gamma: UnsafePointer<Float>?, _ beta: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>
  ) -> RowLoop {
    let (count, epsilon) = (count, epsilon)
    return RowLoop(rows: axes.outputCount, width: count) {
      let at = $0.lowerBound * count
      ck_layer_norm_rows(y + at, x + at, gamma, beta, epsilon, $0.count, count)
    }
  }

  private func inMemoryOrder(
    _ values: UnsafePointer<Float>?, _ space: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float>? {
    guard let values, let places else { return values }
    for i in 0..<count { space[i] = values[Int(places[i])] }
    return UnsafePointer(space)
  }

  /// A group whose elements are not contiguous.
  private func scattered(
    _ x: UnsafePointer<Float>, _ gamma: UnsafePointer<Float>?, _ beta: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, at start: Int
  ) {
    var sum = 0.0
    for i in 0..<count { sum += Double(x[start + axes.element(i)]) }
    let mean = sum / Double(count)
    var squares = 0.0
    for i in 0..<count {
      let distance = Double(x[start + axes.element(i)]) - mean
      squares += distance * distance
    }
    let scale = 1 / (squares / Double(count) + Double(epsilon)).squareRoot()
    for i in 0..<count {
      let at = start + axes.element(i)
      y[at] = Float((Double(x[at]) - mean) * scale) * (gamma?[i] ?? 1) + (beta?[i] ?? 0)
    }
  }
}
