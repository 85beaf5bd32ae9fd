// SPDX-License-Identifier: Apache-2.0
// Blocked Cholesky factorization and inversion of triangular matrices in 64-bit floats.

import Tensors

/// Factorizations of a symmetric positive definite matrix, `size × size`, row-major.
enum UpperFactor {
  private static let block = 48

  /// Replaces the upper triangle by R with A = RᵀR; the part below the diagonal is not used and keeps its content.
  ///
  /// - Returns: whether the matrix is positive definite.
  static func factorize(_ matrix: inout [Double], size: Int) -> Bool {
    matrix.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return true }
      let a = MatrixPart(base, row: size)
      for start in stride(from: 0, to: size, by: block) {
        let width = min(block, size - start)
        guard factorizeDiagonal(a, start, width) else { return false }
        let rest = size - start - width
        guard rest > 0 else { continue }
        // The rows right of the diagonal block: R₁₁ᵀ X = A₁₂.
        let stretch = 256
        nonisolated(unsafe) let a = a
        Parallel.forEach((rest + stretch - 1) / stretch) { number in
          let first = start + width + number * stretch
          solveRows(a, start, width, columns: first..<min(first + stretch, size))
        }
        let panel = a.from(start, start + width)
        MatrixProduct.add(
          panel.transposed, panel, to: a.from(start + width, start + width), rows: rest, columns: rest, depth: width, sign: -1,
          upper: true)
      }
      return true
    }
  }

  private static func factorizeDiagonal(_ a: MatrixPart<Double>, _ start: Int, _ width: Int) -> Bool {
    for k in start..<start + width {
      let row = a.from(k, 0).base
      guard row[k] > 0, row[k].isFinite else { return false }
      let pivot = row[k].squareRoot()
      for j in k..<start + width { row[j] /= pivot }
      for i in k + 1..<max(start + width, k + 1) {
        let target = a.from(i, 0).base
        let factor = row[i]
        for j in i..<start + width { target[j] -= factor * row[j] }
      }
    }
    return true
  }

  private static func solveRows(_ a: MatrixPart<Double>, _ start: Int, _ width: Int, columns: Range<Int>) {
    for k in start..<start + width {
      let row = a.from(k, 0).base
      let pivot = row[k]
      for j in columns { row[j] /= pivot }
      for i in k + 1..<max(start + width, k + 1) {
        let target = a.from(i, 0).base
        let factor = row[i]
        for j in columns { target[j] -= factor * row[j] }
      }
    }
  }

  /// The inverse of an upper triangular matrix; zero below the diagonal.
  static func inverse(_ matrix: [Double], size: Int) -> [Double] {
    var result = [Double](repeating: 0, count: size * size)
    var source = matrix
    source.withUnsafeMutableBufferPointer { source in
      result.withUnsafeMutableBufferPointer { result in
        guard let source = source.baseAddress, let target = result.baseAddress else { return }
        let (r, v) = (MatrixPart(source, row: size), MatrixPart(target, row: size))
        for start in stride(from: 0, to: size, by: block).reversed() {
          let width = min(block, size - start)
          invertDiagonal(r, into: v, start, width)
          let rest = size - start - width
          guard rest > 0 else { continue }
          var sums = [Double](repeating: 0, count: width * rest)
          sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            let sum = MatrixPart(sums, row: rest)
            // V₁₂ = −R₁₁⁻¹ (R₁₂ V₂₂)
            MatrixProduct.add(
              r.from(start, start + width), v.from(start + width, start + width), to: sum, rows: width, columns: rest, depth: rest)
            MatrixProduct.add(
              v.from(start, start), sum, to: v.from(start, start + width), rows: width, columns: rest, depth: width, sign: -1)
          }
        }
      }
    }
    return result
  }

  private static func invertDiagonal(_ r: MatrixPart<Double>, into v: MatrixPart<Double>, _ start: Int, _ width: Int) {
    for i in (start..<start + width).reversed() {
      let row = r.from(i, 0).base
      let target = v.from(i, 0).base
      target[i] = 1
      for k in i + 1..<max(start + width, i + 1) {
        let factor = row[k]
        let below = v.from(k, 0).base
        for j in k..<start + width { target[j] -= factor * below[j] }
      }
      for j in i..<start + width { target[j] /= row[i] }
    }
  }
}
