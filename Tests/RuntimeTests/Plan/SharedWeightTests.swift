// SPDX-License-Identifier: Apache-2.0
// Packed weights are shared by the plans for all shapes and by all executors: bytes are counted.

import MIL
import Runtime
import Tensors
import Testing

@Suite struct SharedWeightTests {
  private let width = 96

  private func values(_ shape: Shape, seed: UInt64, dtype: String = "fp32") -> String {
    "tensor<\(dtype), \(shape)>(\(random(shape, seed: seed).floats().map { ($0 * 64).rounded() / 64 }))"
  }

  /// Products by both operators with weights of both types, and an activation between them.
  private func layers() throws -> Program {
    try program(
      """
      func main<iOS18>(x: tensor<fp32, [1, ?, \(width)]>) {
        a = linear(x = x, weight = \(values([2 * width, width], seed: 1)))
        b = gelu(x = a)
        c = linear(x = b, weight = \(values([width, 2 * width], seed: 2)))
        d = add(x = c, y = x)
        y = matmul(x = d, y = \(values([width, width], seed: 3)))
      } -> (y)
      """)
  }

  @Test func lengthsAndExecutors() throws {
    let program = try layers()
    let copy = 5 * width * width * MemoryLayout<Float>.size
    let constants = SharedConstants()
    for _ in 0..<2 {
      let executors = try (0..<2).map { _ in try Executor(program: program, constants: constants) }
      for length in [16, 100, 33, 640, 2] {
        let x = random([1, length, width], seed: UInt64(length))
        let alone = try #require(try run(program, ["x": x])["y"])
        for executor in executors {
          let y = try #require(try executor.run(["x": x]).tensors["y"])
          #expect(distance(y, alone) < 1e-6, "length \(length)")
        }
        // oneDNN may read the second operand of a matmul as it is stored, without a copy.
        #expect((copy * 4 / 5...copy + copy / 4).contains(constants.byteCount), "length \(length): \(constants.byteCount)")
      }
    }
    // Plans have gone, and their weights with them.
    #expect(constants.byteCount == 0)
  }

  /// A convolution that is transformed for tiles, and one by the definition, over images of several sizes and numbers.
  @Test(arguments: [[3, 3], [5, 5]]) func images(kernel: [Int]) throws {
    let shape: Shape = [64, 64] + kernel
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [?, 64, ?, ?]>) {
        y = conv(x = x, weight = \(values(shape, seed: 1)), pad_type = "same")
      } -> (y)
      """)
    let constants = SharedConstants()
    let executor = try Executor(program: program, constants: constants)
    var bytes: [Int] = []
    for size: Shape in [[1, 64, 24, 24], [2, 64, 24, 24], [1, 64, 24, 40], [3, 64, 32, 24]] {
      let x = random(size, seed: 4)
      let y = try #require(try executor.run(["x": x]).tensors["y"])
      #expect(y == (try run(program, ["x": x])["y"]))
      bytes.append(constants.byteCount)
    }
    #expect(bytes[0] > 0 && bytes.allSatisfy { $0 == bytes[0] }, "\(bytes)")
  }

  /// Equal shapes with other values are other weights.
  @Test func otherValues() throws {
    let constants = SharedConstants()
    let x = random([8, 64], seed: 1)
    var outputs: [Tensor] = []
    var executors: [Executor] = []
    for seed: UInt64 in [2, 3] {
      let program = try program(
        """
        func main<iOS18>(x: tensor<fp32, [8, 64]>) {
          y = linear(x = x, weight = \(values([64, 64], seed: seed)))
        } -> (y)
        """)
      let executor = try Executor(program: program, constants: constants)
      outputs.append(try #require(try executor.run(["x": x]).tensors["y"]))
      #expect(outputs.last == (try run(program, ["x": x])["y"]))
      executors.append(executor)
    }
    #expect(outputs[0] != outputs[1])
    #expect(constants.byteCount >= 2 * 64 * 64 * MemoryLayout<Float>.size)
  }
}
