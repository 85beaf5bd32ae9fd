// SPDX-License-Identifier: Apache-2.0

import MIL
import Operators
import Runtime
import Tensors
import Testing

/// Compares the types that a program declares with those that its operators produce.
@Suite struct DeclaredTypeTests {
  private let x = ["x": Tensor([Float]([1, -2, 3, -4]), shape: [2, 2])]

  @Test(arguments: [
    ("tensor<fp32, [2, 7]> y = relu(x = x)", "relu 'y': 'y' is declared tensor<fp32, [2, 7]>, but is tensor<fp32, [2, 2]>"),
    ("tensor<fp32, [4]> y = relu(x = x)", "relu 'y': 'y' is declared tensor<fp32, [4]>, but is tensor<fp32, [2, 2]>"),
    ("tensor<fp16, [2, 2]> y = relu(x = x)", "relu 'y': 'y' is declared tensor<fp16, [2, 2]>, but is tensor<fp32, [2, 2]>"),
    ("tensor<int32, [3]> y = shape(x = x)", "shape 'y': 'y' is declared tensor<int32, [3]>, but is tensor<int32, [2]>"),
    (
      "tensor<fp32, [9]> y = add(x = [1.0, 2.0], y = 1.0)",
      "add 'y': 'y' is declared tensor<fp32, [9]>, but is tensor<fp32, [2]>"
    ),
  ])
  func contradictionsAreNamed(_ line: String, _ sentence: String) throws {
    let program = try program("func main<iOS16>(x: tensor<fp32, [2, 2]>) {\n  \(line)\n} -> (y)")
    #expect {
      try run(program, x)
    } throws: {
      "\($0)" == sentence
    }
  }

  /// Unknown extents in declared types match any extent.
  @Test(arguments: ["tensor<fp32, [?, 2]>", "tensor<fp32, [?, ?]>", "tensor<fp32, [2, ?]>"])
  func openExtentsHoldForAny(_ type: String) throws {
    let program = try program("func main<iOS16>(x: tensor<fp32, [2, 2]>) {\n  \(type) y = relu(x = x)\n} -> (y)")
    #expect(try run(program, x)["y"]?.floats() == [1, 0, 3, 0])
  }

  /// The declared extent of non_zero is unknown; the reshape after it is planned when it is known: 2 positions with 2
  /// axes are 4.
  @Test func whatFollowsFromValuesIsCheckedWhenItIsKnown() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2, 2]>) {
        r = relu(x = x)
        tensor<int32, [?, 2]> n = non_zero(x = r)
        tensor<int32, [5]> y = reshape(x = n, shape = [-1])
      } -> (y)
      """)
    #expect {
      try run(program, x)
    } throws: {
      "\($0)" == "reshape 'y': 'y' is declared tensor<int32, [5]>, but is tensor<int32, [4]>"
    }
  }
}
