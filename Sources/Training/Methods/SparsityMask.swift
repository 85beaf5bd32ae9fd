// SPDX-License-Identifier: Apache-2.0
// Selection of the weights to keep, as in coremltools' magnitude pruner.

import Encodings
import Tensors
import WeightArithmetic
import WeightStorage

/// Computes pruning masks.
enum SparsityMask {
  /// Ones for the elements that stay: of all units (scalars, kernels, channels, or blocks of them along the first axis)
  /// the ⌈N (1 − sparsity)⌉ of largest norm, and all that equal the last of them.
  ///
  /// - Parameters:
  ///   - start: axes of a unit begin here; the rank for single scalars.
  ///   - block: units along the first axis that share their fate, by their common norm.
  static func ranked(_ weight: UnsafePointer<Float>, _ shape: Shape, unitsFrom start: Int, block: Int, sparsity: Double) -> [Float] {
    let size = Shape(shape.dropFirst(start)).elementCount
    let units = Shape(shape.prefix(start)).elementCount
    let numbers = UnsafeBufferPointer(start: weight, count: units * size)
    let exponent = size > 1 || block > 1 ? SquareRange.exponent(numbers) : 0
    guard exponent == 0 else {
      var scaled = Array(numbers)
      SquareRange.scale(&scaled, by: exponent)
      return ranked(scaled, shape, unitsFrom: start, block: block, sparsity: sparsity)
    }
    var norms = [Float](unsafeUninitializedCapacity: units) { norms, filled in
      filled = units
      for unit in 0..<units {
        if size == 1 {
          norms[unit] = abs(weight[unit])
        } else {
          var sum: Float = 0
          for i in unit * size..<(unit + 1) * size { sum += weight[i] * weight[i] }
          norms[unit] = sum.squareRoot()
        }
      }
    }
    if block > 1 { shareNorms(&norms, rows: shape[0], block: block) }
    // In 32 bits, as torch computes it.
    let kept = Int((Float(units) * Float(1 - sparsity)).rounded(.up))
    let limit = kept == 0 ? Float.infinity : largest(kept, of: norms)
    return [Float](unsafeUninitializedCapacity: units * size) { mask, filled in
      filled = units * size
      for unit in 0..<units {
        let stays: Float = norms[unit] >= limit ? 1 : 0
        for i in unit * size..<(unit + 1) * size { mask[i] = stays }
      }
    }
  }

  /// Replaces norms by the norm of each run of `block` rows; the last run may be shorter.
  private static func shareNorms(_ norms: inout [Float], rows: Int, block: Int) {
    let inner = norms.count / max(rows, 1)
    for first in stride(from: 0, to: rows, by: block) {
      let members = first..<min(first + block, rows)
      for column in 0..<inner {
        var sum: Float = 0
        for row in members { sum += norms[row * inner + column] * norms[row * inner + column] }
        let norm = sum.squareRoot()
        for row in members { norms[row * inner + column] = norm }
      }
    }
  }

  /// The k-th largest of nonnegative numbers, by counting their upper bits, then the lower bits.
  static func largest(_ k: Int, of numbers: [Float]) -> Float {
    var candidates = numbers.map(\.bitPattern)
    var rank = k
    for shift in [20, 8, 0] {
      let width = shift == 20 ? 12 : shift == 8 ? 12 : 8
      var counts = [Int](repeating: 0, count: 1 << width)
      let low = UInt32(1 << width - 1)
      for bits in candidates { counts[Int(bits >> UInt32(shift) & low)] += 1 }
      var bin = counts.count - 1
      while bin > 0, counts[bin] < rank {
        rank -= counts[bin]
        bin -= 1
      }
      candidates.removeAll { Int($0 >> UInt32(shift) & low) != bin }
    }
    return candidates.first.map { Float(bitPattern: $0) } ?? 0
  }

  /// Sets the n smallest of every m adjacent elements along an axis to zero.
  static func structured(_ weight: UnsafePointer<Float>, _ shape: Shape, n: Int, m: Int, along axis: Int) -> [Float] {
    var values = Array(UnsafeBufferPointer(start: weight, count: shape.elementCount))
    // Existing zeros must be distinguishable from pruned elements.
    for i in values.indices where values[i] == 0 { values[i] = .leastNonzeroMagnitude }
    NeighborSparsity.zeroSmallest(n, ofEvery: m, in: &values, shape, along: axis)
    for i in values.indices { values[i] = values[i] == 0 ? 0 : 1 }
    return values
  }
}

extension EncodedWeight {
  /// The weight with zeros where the mask has them; values that are zero by themselves are not stored either.
  ///
  /// - Parameter mask: of the weight's shape, 0 where nothing stays.
  /// - Throws: `MethodSkip` for values that are not finite, `EncodingError` when stored parts do not fit.
  func pruned(to mask: Tensor) throws -> EncodedWeight {
    let values = try decoded()
    let strange = values.nonFiniteCount()
    guard strange == 0 else { throw MethodSkip("\(strange) of its elements are infinite or not a number") }
    return try keeping(mask.nonzeroMask().intersection(values.nonzeroMask()), of: values)
  }
}
