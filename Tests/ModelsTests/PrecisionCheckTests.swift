// SPDX-License-Identifier: Apache-2.0

import MIL
import ModelPackages
import Models
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct PrecisionCheckTests {
  private func check(_ lines: String, _ x: [Float], returning y: String = "y", tolerance: Double = 0.01) throws -> PrecisionCheck {
    let text = "func main<iOS16>(x: tensor<fp16, [\(x.count)]>) {\n\(lines)\n} -> (\(y))"
    let program = try Program(text: text) { operation, types in
      let op = try Catalog.find(operation)
      return try op.infer(Call(operation, opset: .iOS16) { name in types[name].map { Operand(name: name, type: $0) } })
    }
    let model = try Model(contents: ModelPackage(program: program))
    return try model.precisionCheck(["x": .tensor(Tensor(x, shape: [x.count]))], tolerance: tolerance)
  }

  /// 300² = 90000 exceeds 65504. Values computed from the infinity are not reported again.
  @Test func overflowIsNamedWhereItBegins() throws {
    let found = try check(
      """
        s = mul(x = x, y = x)
        r = relu(x = s)
        tensor<fp16, [2]> y = add(x = r, y = x)
      """, [300, 2])
    #expect(found.compared == 3)
    #expect(found.rows.map(\.value) == ["s"] && found.rows.map(\.operatorName) == ["mul"])
    let row = try #require(found.rows.first)
    #expect(row.fault == .overflow && row.elements == 1 && row.peak == 90000 && row.deviation == 0)
  }

  /// NaN originates in ∞ − ∞, after an overflow, which is a separate fault.
  @Test func nanOfInfinitiesIsAFaultOfItsOwn() throws {
    let found = try check(
      """
        s = mul(x = x, y = x)
        tensor<fp16, [2]> y = sub(x = s, y = s)
      """, [300, 2])
    #expect(found.rows.map(\.fault) == [.overflow, .nan])
    #expect(found.rows.map(\.value) == ["s", "y"])
  }

  /// 2048 + 1 rounds to 2048 in fp16: the difference 1 becomes 0, a deviation of 100 %.
  @Test func deviationIsRelativeToThePeak() throws {
    let lines = """
        s = add(x = x, y = tensor<fp16, []>(1.0))
        tensor<fp16, [1]> y = sub(x = s, y = x)
      """
    let found = try check(lines, [2048])
    #expect(found.rows.map(\.value) == ["y"] && found.rows.map(\.fault) == [.deviation])
    #expect(found.rows.first?.deviation == 1)
    #expect(try check(lines, [2048], tolerance: 1).rows.isEmpty)
  }

  @Test func nothingToSayOfWhatFits() throws {
    let found = try check("  tensor<fp16, [3]> y = relu(x = x)", [1, -2, 3])
    #expect(found.compared == 1 && found.rows.isEmpty)
  }
}
