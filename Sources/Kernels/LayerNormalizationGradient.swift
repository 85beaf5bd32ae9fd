// SPDX-License-Identifier: Apache-2.0
// The gradient of layer normalization over rows.

import CKernels

/// Rows of `width` elements, each normalized to mean 0 and variance 1.
package struct LayerNormalizationGradient {
  private let width: Int
  private let rows: Int
  private let chunk: Int
  private let epsilon: Float

  package init(width: Int, rows: Int, epsilon: Float) {
    self.width = width
    self.rows = rows
    chunk = max(1, Chunks.grain / max(width, 1))
    self.epsilon = epsilon
  }

  private var chunks: Int { (rows + chunk - 1) / chunk }

  package var scratchBytes: Int { 2 * chunks * width * MemoryLayout<Float>.stride }

  /// The gradients of x, gamma and beta from the gradient of the result. `dx` may be `gradient`.
  package func run(
    _ gradient: UnsafePointer<Float>, _ x: UnsafePointer<Float>, gamma: UnsafePointer<Float>?, to dx: UnsafeMutablePointer<Float>,
    gammaGradient: UnsafeMutablePointer<Float>, betaGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) {
    // Each chunk has its own sums, added in order, so that results do not depend on the number of threads.
    let sums = scratch.assumingMemoryBound(to: Float.self)
    sums.update(repeating: 0, count: 2 * chunks * width)
    Chunks.forEach(of: rows, grain: chunk) { range in
      var first = range.lowerBound
      while first < range.upperBound {
        let count = min(range.upperBound - first, chunk)
        let own = sums + 2 * (first / chunk) * width
        let at = first * width
        ck_layer_norm_gradient_rows(dx + at, own, own + width, gradient + at, x + at, gamma, epsilon, count, width)
        first += count
      }
    }
    gammaGradient.update(repeating: 0, count: width)
    betaGradient.update(repeating: 0, count: width)
    for chunk in 0..<chunks {
      ck_add(gammaGradient, gammaGradient, sums + 2 * chunk * width, width)
      ck_add(betaGradient, betaGradient, sums + (2 * chunk + 1) * width, width)
    }
  }
}
