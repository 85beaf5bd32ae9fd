// SPDX-License-Identifier: Apache-2.0
// Functions of two tensors by hand: broadcasting, integers, zero divisors, fusion.

import Kernels
import MIL
import Operators
import Tensors
import Testing

@Suite("Elementwise binary") struct ElementwiseBinaryTests {
  private func floats(_ type: String, _ x: [Float], _ y: [Float]) throws -> [Float] {
    try output(type, ["x": Tensor(x), "y": Tensor(y)]).floats()
  }
  private func integers(_ type: String, _ x: [Int32], _ y: [Int32]) throws -> [Int] {
    try output(type, ["x": Tensor(x), "y": Tensor(y)]).integers()
  }

  @Test func arithmetic() throws {
    #expect(try floats("add", [1, 2], [3, 5]) == [4, 7])
    #expect(try floats("sub", [1, 2], [3, 5]) == [-2, -3])
    #expect(try floats("mul", [1, 2], [3, 5]) == [3, 10])
    #expect(try floats("real_div", [1, 2, 1], [4, 5, 0]) == [0.25, 0.4, .infinity])
    #expect(try floats("pow", [2, 9, -2], [3, 0.5, 3]) == [8, 3, -8])
    #expect(try floats("maximum", [1, 5], [3, 2]) == [3, 5])
    #expect(try floats("minimum", [1, 5], [3, 2]) == [1, 2])
  }

  /// Quotients are rounded down and remainders have the divisor's sign, exactly: 0.1 as a float is above a tenth.
  @Test func flooredDivision() throws {
    #expect(try floats("floor_div", [7, -7, 7, -7, 1], [2, 2, -2, -2, 0.1]) == [3, -4, -4, 3, 9])
    #expect(try floats("mod", [7, -7, 7, -7, 5.5], [3, 3, -3, -3, 2]) == [1, 2, -2, -1, 1.5])
    #expect(try floats("floor_div", [1, -1], [0, 0]) == [.infinity, -.infinity])
    #expect(try floats("mod", [1], [0])[0].isNaN)
    #expect(try integers("floor_div", [7, -7, 7, -7, 5, .min], [2, 2, -2, -2, 0, -1]) == [3, -4, -4, 3, 0, Int(Int32.min)])
    #expect(try integers("mod", [7, -7, 7, -7, 5, .min], [3, 3, -3, -3, 0, -1]) == [1, 2, -2, -1, 0, 0])
    #expect(try integers("real_div", [7, -7, 5, .min], [2, 2, 0, -1]) == [3, -3, 0, Int(Int32.min)])
  }

  @Test func integersWrap() throws {
    #expect(try integers("add", [.max], [1]) == [Int(Int32.min)])
    #expect(try integers("mul", [65536], [65536]) == [0])
    #expect(try integers("pow", [3, 2, 2, -1, 7], [4, 31, -1, -3, 0]) == [81, Int(Int32.min), 0, -1, 1])
  }

  @Test func broadcasting() throws {
    let column = Tensor([Float(10), 20], shape: [2, 1])
    let row = Tensor([Float(1), 2, 3])
    let sum = try output("add", ["x": column, "y": row])
    #expect(sum.shape == [2, 3] && sum.floats() == [11, 12, 13, 21, 22, 23])
    #expect(try output("sub", ["x": Float(1), "y": row]).floats() == [0, -1, -2])
    #expect(try output("add", ["x": Float(1), "y": Float(2)]).shape == [])
    #expect(try output("mul", ["x": Tensor(zeros: .float32, [0, 3]), "y": row]).shape == [0, 3])
    #expect(
      fault { try output("add", ["x": row, "y": Tensor([Float(1), 2])]) }
        == "add 'y': the shapes do not broadcast: x tensor<fp32, [3]>, y tensor<fp32, [2]>")
    #expect(
      fault { try output("add", ["x": row, "y": Tensor([Int32(1), 2, 3])]) }
        == "add 'y': x is fp32 but y is int32; they must agree")
  }

  @Test func unknownExtents() throws {
    let open = tensorType(.float32, nil, 3, nil)
    #expect(try inferred("add", ["x": open, "y": tensorType(.float32, 4, 1, 1)]) == ["tensor<fp32, [4, 3, ?]>"])
    #expect(try inferred("less", ["x": open, "y": Float(1)]) == ["tensor<bool, [?, 3, ?]>"])
    let any = ValueType.tensor(TensorType(.float32, [.unknown(variadic: true)]))
    #expect(try inferred("mul", ["x": open, "y": any]) == ["tensor<fp32, [...]>"])
  }

  @Test func comparisonsAndTruthValues() throws {
    let x: [Float] = [1, 2, 3, .nan]
    let y: [Float] = [2, 2, 2, .nan]
    #expect(try floats("equal", x, y) == [0, 1, 0, 0])
    #expect(try floats("not_equal", x, y) == [1, 0, 1, 1])
    #expect(try floats("less", x, y) == [1, 0, 0, 0])
    #expect(try floats("less_equal", x, y) == [1, 1, 0, 0])
    #expect(try floats("greater", x, y) == [0, 0, 1, 0])
    #expect(try floats("greater_equal", x, y) == [0, 1, 1, 0])
    #expect(try integers("less", [-5, 3], [2, 2]) == [1, 0])
    let (p, q) = (Tensor([false, false, true, true]), Tensor([false, true, false, true]))
    #expect(try output("logical_and", ["x": p, "y": q]).integers() == [0, 0, 0, 1])
    #expect(try output("logical_or", ["x": p, "y": q]).integers() == [0, 1, 1, 1])
    #expect(try output("logical_xor", ["x": p, "y": q]).integers() == [0, 1, 1, 0])
  }

  @Test func selection() throws {
    let y = try output("select", ["cond": Tensor([true, false], shape: [2, 1]), "a": Tensor([Float(1), 2]), "b": Float(9)])
    #expect(y.shape == [2, 2] && y.floats() == [1, 2, 9, 9])
    #expect(
      fault { try output("select", ["cond": true, "a": Float(1), "b": 2]) }
        == "select 'y': a is fp32 but b is int32; they must agree")
  }

  /// Which operand may be the preceding result, and the permitted shapes of the other.
  @Test func fusing() throws {
    func operand(_ type: String, on parameter: String, _ x: Shape, _ y: Shape) throws -> String? {
      let call = try makeCall(type, ["x": floatType(x), "y": floatType(y)])
      guard case .binary(_, let operand) = try Catalog.find(call.operation).postOperation(call, on: parameter)
      else { return nil }
      return operand
    }
    let image = [2, 3, 4, 5]
    #expect(try operand("add", on: "x", image, image) == "y")
    #expect(try operand("add", on: "y", image, image) == "x")
    #expect(try operand("sub", on: "x", image, []) == "y")
    #expect(try operand("sub", on: "y", image, image) == nil)
    #expect(try operand("mul", on: "x", image, [3, 1, 1]) == "y")
    #expect(try operand("mul", on: "x", image, [5]) == "y")
    #expect(try operand("mul", on: "x", image, [4, 1]) == nil)
    #expect(try operand("mul", on: "x", [3, 1, 1], image) == nil)
    #expect(try operand("pow", on: "x", image, image) == nil)
  }

  private func floatType(_ shape: Shape) -> ValueType { .tensor(TensorType(.float32, shape)) }

  /// Long operands, with and without broadcasting along each axis, compared with single elements.
  @Test(arguments: ["add", "sub", "real_div", "maximum", "pow", "less"])
  func longOperands(_ type: String) throws {
    let shape = [2, 3, 90, 91]
    for other in [shape, [], [3, 1, 1], [91], [90, 1], [2, 1, 90, 1]] {
      let x = noise(shape, seed: 1)
      let y = noise(other, seed: 2)
      for (a, b) in [(x, y), (y, x)] {
        let call = try makeCall(type, ["x": a, "y": b])
        for order in [[0, 1, 2, 3], [0, 2, 3, 1]] {
          let result = try call.evaluate(order: order)[0].floats()
          for i in stride(from: 0, to: result.count, by: 1_201) {
            let one = try output(type, ["x": Float(element(a, i, of: shape)), "y": Float(element(b, i, of: shape))])
            #expect(abs(one.floats()[0] - result[i]) <= 1e-6 * abs(result[i]), "\(other) \(order) \(i)")
          }
        }
      }
    }
  }

  private func noise(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(random.uniform()) + 0.5 }, shape: shape)
  }

  /// The element of a broadcast tensor for the `index`-th element of a result of `shape`.
  private func element(_ tensor: Tensor, _ index: Int, of shape: Shape) -> Float {
    let missing = shape.count - tensor.rank
    let place = tensor.shape.indices.reduce(0) { sum, axis in
      let i = index / shape.rowMajorStrides[axis + missing] % shape[axis + missing]
      return sum + (tensor.shape[axis] == 1 ? 0 : i * tensor.shape.rowMajorStrides[axis])
    }
    return tensor.floats()[place]
  }
}
