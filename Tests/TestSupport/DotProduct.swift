// SPDX-License-Identifier: Apache-2.0
// Error bounds for products of 32-bit floats, and vectors that reveal less precise arithmetic.

import Tensors

/// Vectors that distinguish exact products from rounded ones.
package enum Activations: String, CaseIterable, Sendable {
  case ordinary, spiky, tiny, denormal, huge, oneHot, infinite, notANumber

  package func vector(_ count: Int) -> [Float] {
    var random = SplitMix64(seed: 17)
    let plain = (0..<count).map { _ in Float(random.normal()) }
    let middle = count * 2 / 3
    func replacing(_ values: [Float], _ value: Float) -> [Float] {
      var copy = values
      copy[middle] = value
      return copy
    }
    switch self {
    case .ordinary: return plain
    case .spiky: return replacing(plain.map { $0 * 0.01 }, 1000)
    case .tiny: return plain.map { $0 * 1e-30 }
    case .denormal: return plain.map { $0 * 1e-20 * 1e-20 }
    case .huge: return replacing(plain.map { $0 * 1e30 }, 3e38)
    case .oneHot: return replacing(Array(repeating: 0, count: count), 1)
    case .infinite: return replacing(plain, -.infinity)
    case .notANumber: return replacing(plain, .nan)
    }
  }
}

/// A sum of products in 64 bits, and a bound for the error of the same sum in 32 bits.
package struct DotProduct: CustomStringConvertible {
  package private(set) var sum: Double
  package private(set) var slack: Double

  package init(_ w: some Collection<Float>, _ x: [Float], bias: Float = 0) {
    sum = Double(bias)
    var size = abs(sum)
    for (w, x) in zip(w, x) {
      sum += Double(w) * Double(x)
      size += abs(Double(w) * Double(x))
    }
    // Each of the n terms is rounded when it is multiplied and when it is added: in eight or more partial sums, whose
    // sum is then computed. A product below the smallest normal number is rounded to a multiple of the smallest
    // subnormal.
    let roundings = Double(x.count) / 8 + 8
    slack = roundings * 0x1p-24 * size + Double(x.count + 8) * 0x1p-150
  }

  package func agrees(_ found: Float) -> Bool {
    if sum.isNaN || found.isNaN { return sum.isNaN && found.isNaN }
    if sum.isInfinite || found.isInfinite { return Float(sum) == found }
    return abs(Double(found) - sum) <= slack
  }

  package var description: String { "expected \(sum) ± \(slack)" }
}
