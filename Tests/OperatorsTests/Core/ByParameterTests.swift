// SPDX-License-Identifier: Apache-2.0
// Operands are in signature order, regardless of the order of binding.

import MIL
import Operators
import Tensors
import Testing

@Suite struct ByParameterTests {
  @Test func keepsTheOrderOfInsertion() {
    var map: ByParameter<Int> = ["c": 1, "a": 2, "b": 3]
    #expect(map.keys == ["c", "a", "b"] && map.values == [1, 2, 3])
    map["a"] = 7
    map["c"] = nil
    map["d"] = 4
    map["nothing"] = nil
    #expect(map.map { "\($0.key)\($0.value)" } == ["a7", "b3", "d4"])
    map.merge(["b": 9, "e": 5])
    #expect(map.mapValues { $0 * 2 }.values == [14, 18, 8, 10])
    #expect(map["missing"] == nil && map["e"] == 5)
  }

  /// batch_norm: x, mean, variance, gamma, beta, epsilon. Unknown parameters come last, sorted by name.
  @Test func callsFollowTheSignature() throws {
    let signature = try #require(Catalog.find(named: "batch_norm")).signature
    let operand = [Operand(Tensor(scalar: Float(1)))]
    let names = ["zeta", "epsilon", "beta", "variance", "alpha", "x", "mean"]
    for rotation in names.indices {
      let rotated = Array(names[rotation...] + names[..<rotation])
      let call = Call(
        operation: Operation(type: "batch_norm", outputs: []), opset: .iOS16, signature: signature,
        operands: ByParameter(rotated.map { (key: $0, value: operand) }))
      #expect(call.operands.keys == ["x", "mean", "variance", "beta", "epsilon", "alpha", "zeta"])
    }
  }
}
