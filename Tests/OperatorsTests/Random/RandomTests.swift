// SPDX-License-Identifier: Apache-2.0
// Random operators: deterministic with a seed, different without, with the correct distribution.

import MIL
import Operators
import Tensors
import Testing

@Suite("Random operators") struct RandomTests {
  private func draw(_ type: String, _ inputs: KeyValuePairs<String, any Bindable>) throws -> [Float] { try output(type, inputs).floats() }

  private func average(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

  private func share(of value: Float, in values: [Float]) -> Float { average(values.map { $0 == value ? 1 : 0 }) }

  @Test(arguments: ["random_uniform", "random_normal", "random_bernoulli"])
  func seeds(_ type: String) throws {
    let first = try draw(type, ["shape": [40, 5], "seed": 7])
    #expect(try draw(type, ["shape": [40, 5], "seed": 7]) == first)
    #expect(try draw(type, ["shape": [40, 5], "seed": 8]) != first)
    #expect(try draw(type, ["shape": [40, 5]]) != draw(type, ["shape": [40, 5], "seed": -1]))
    #expect(try Catalog.find(makeCall(type, ["shape": [1]]).operation).hasEffect)
  }

  @Test func distributions() throws {
    let count = 40_000
    let uniform = try draw("random_uniform", ["shape": [count], "low": Float(2), "high": Float(4), "seed": 1])
    #expect(uniform.allSatisfy { $0 >= 2 && $0 < 4 })
    #expect(abs(average(uniform) - 3) < 0.02)
    let normal = try draw("random_normal", ["shape": [count], "mean": Float(1), "stddev": Float(2), "seed": 1])
    let mean = average(normal)
    let variance = average(normal.map { ($0 - mean) * ($0 - mean) })
    #expect(abs(mean - 1) < 0.05)
    #expect(abs(variance - 4) < 0.15)
    let coins = try draw("random_bernoulli", ["shape": [count], "prob": Float(0.25), "seed": 1])
    #expect(coins.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(abs(average(coins) - 0.25) < 0.01)
    #expect(try draw("random_uniform", ["shape": [3], "low": Float(1), "high": Float(1)]) == [1, 1, 1])
  }

  @Test func categories() throws {
    let weights = Tensor([Float(1), 0, 3, 0, 5, 0], shape: [2, 3])
    let drawn = try output("random_categorical", ["x": weights, "mode": "probs", "size": 8_000, "seed": 3])
    #expect(drawn.shape == [2, 8_000] && drawn.dtype == .float32)
    let (first, second) = (drawn.rows(0..<1).floats(), drawn.rows(1..<2).floats())
    #expect(abs(share(of: 2, in: first) - 0.75) < 0.02)
    #expect(!first.contains(1))
    #expect(second.allSatisfy { $0 == 1 })
    let logits = try draw("random_categorical", ["x": Tensor([Float(500), -500, 500]), "size": 2_000, "seed": 3])
    #expect(abs(share(of: 0, in: logits) - 0.5) < 0.05)
    #expect(!logits.contains(1))
  }

  @Test func typesAndShapes() throws {
    let half = Tensor(scalar: Float(0.5)).cast(to: .float16)
    #expect(try inferred("random_bernoulli", ["shape": [2, 3], "prob": half]) == ["tensor<fp16, [2, 3]>"])
    #expect(try inferred("random_normal", ["shape": [2, 3]]) == ["tensor<fp32, [2, 3]>"])
    #expect(try inferred("random_uniform", ["shape": tensorType(.int32, 3)]) == ["tensor<fp32, [?, ?, ?]>"])
    #expect(try inferred("random_uniform", ["shape": tensorType(.int32, nil)]) == ["tensor<fp32, [...]>"])
    #expect(try inferred("random_categorical", ["x": tensorType(.float16, nil, 4)]) == ["tensor<fp16, [?, 1]>"])
  }

  @Test func faults() {
    #expect(fault { try draw("random_normal", ["shape": [2, 0]]) } == "random_normal 'y': shape must be positive extents, found [2, 0]")
    #expect(
      fault { try draw("random_categorical", ["x": Tensor([Float(1)]), "mode": "odds"]) }
        == "random_categorical 'y': mode must be logits or probs, found odds")
    #expect(
      fault { try draw("random_categorical", ["x": Tensor([Float(1)]), "size": 0]) }
        == "random_categorical 'y': size must be at least 1, found 0")
  }
}
