// SPDX-License-Identifier: Apache-2.0
// The signal-to-noise ratio in reports, including infinities and NaN.

import Compression
import Encodings
import Tensors
import Testing

@Suite("Signal to noise") struct SignalToNoiseTests {
  private func decibels(_ before: [Float], _ after: [Float], _ dtype: DType) throws -> Double {
    func weight(_ values: [Float]) -> Tensor { Tensor(values, shape: [1, values.count]).cast(to: dtype) }
    return try SignalToNoise.decibels(.dense(weight(before)), .dense(weight(after)))
  }

  @Test(arguments: [DType.float16, .float32], [1, 3, 9, 40]) func literal(dtype: DType, copies: Int) throws {
    func many(_ values: [Float]) -> [Float] { (0..<copies).flatMap { _ in values } }
    #expect(try decibels(many([3, -4]), many([3, -4]), dtype) == .infinity)
    // 25 / 0.25 is a factor of 100.
    #expect(abs(try decibels(many([3, -4]), many([3, -4.5]), dtype) - 20) < 1e-9)
    #expect(try decibels(many([0, 0]), many([0, 1]), dtype) == -.infinity)
    // An unchanged infinity does not affect the ratio of other elements.
    #expect(try decibels(many([.infinity, 1]), many([.infinity, 1]), dtype) == .infinity)
    #expect(try abs(decibels(many([-.infinity, 1]), many([-.infinity, 2]), dtype)) < 1e-9)
    #expect(try decibels(many([1, 1]), many([1, .infinity]), dtype) == -.infinity)
    #expect(try decibels(many([.infinity, 1]), many([1, 1]), dtype) == -.infinity)
    #expect(try decibels(many([1, 1]), many([1, .nan]), dtype).isNaN)
    #expect(try decibels(many([.nan, 1]), many([0, 1]), dtype).isNaN)
  }
}
