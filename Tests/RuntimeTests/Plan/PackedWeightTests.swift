// SPDX-License-Identifier: Apache-2.0
// Compressed weights that a program multiplies as they are stored give what decoded weights give.

import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite struct PackedWeightTests {
  static let rows = 96, columns = 160

  /// `y = relu(x · wᵀ)` with w made by an operation on constants.
  private func layer(_ batch: Int, _ type: String, _ parts: [(String, Tensor)], outputs: [String] = ["y"]) -> Program {
    let weight = ValueType.tensor(.float32, [Self.rows, Self.columns])
    let result = ValueType.tensor(.float32, [batch, Self.rows])
    func operation(_ type: String, _ inputs: [Argument], _ output: String, _ outputType: ValueType) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs, outputs: [NamedType(output, outputType)], attributes: [Attribute("name", Constant(output))])
    }
    return Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [batch, Self.columns]))], opset: .iOS18,
        block: Block(
          operations: parts.map { .const($0.0, Constant($0.1)) } + [
            operation(type, parts.map { Argument($0.0, [.name($0.0)]) }, "w", weight),
            operation("linear", [Argument("x", [.name("x")]), Argument("weight", [.name("w")])], "l", result),
            operation("relu", [Argument("x", [.name("l")])], "y", result),
          ], outputs: outputs))
    ])
  }

  private func codes(_ dtype: DType, seed: UInt64) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return Tensor(
      codes: (0..<Self.rows * Self.columns).map { _ in UInt8(truncatingIfNeeded: generator.next()) & UInt8((1 << dtype.bits) - 1) },
      dtype: dtype, shape: [Self.rows, Self.columns])
  }

  private func positive(_ shape: Shape, seed: UInt64) -> Tensor {
    Tensor(random(shape, seed: seed).floats().map { abs($0) * 0.01 + 0.001 }, shape: shape)
  }

  static let forms = [
    "int4", "uint4 with offsets", "int8", "grouped rows", "table of 2 bits", "table of 4 bits", "tables for rows", "table of 8 bits",
    "sparse", "sparse with few values",
  ]

  private func parts(_ form: String) -> (String, [(String, Tensor)]) {
    let (rows, columns) = (Self.rows, Self.columns)
    func blocks(_ dtype: DType, _ scale: Shape, offset: Tensor? = nil) -> (String, [(String, Tensor)]) {
      (
        "constexpr_blockwise_shift_scale",
        [("data", codes(dtype, seed: 1)), ("scale", positive(scale, seed: 2))] + (offset.map { [("offset", $0)] } ?? [])
      )
    }
    func table(_ dtype: DType, _ tables: Int) -> (String, [(String, Tensor)]) {
      let lut = random([tables, 1, 1 << dtype.bits, 1], seed: 3).cast(to: .float16).cast(to: .float32)
      return ("constexpr_lut_to_dense", [("indices", codes(dtype, seed: 4)), ("lut", lut)])
    }
    func sparse(_ values: (Int) -> Float) -> (String, [(String, Tensor)]) {
      let mask = codes(.uint1, seed: 5)
      let count = mask.codes().reduce(0) { $0 + Int($1) }
      return ("constexpr_sparse_to_dense", [("nonzero_data", Tensor((0..<count).map(values))), ("mask", mask)])
    }
    switch form {
    case "int4": return blocks(.int4, [rows, columns / 32])
    case "uint4 with offsets":
      let offset = Tensor(codes: (0..<rows).map { UInt8($0 % 16) }, dtype: .uint4, shape: [rows, 1])
      return blocks(.uint4, [rows, 1], offset: offset)
    case "int8": return blocks(.int8, [rows, 1])
    case "grouped rows": return blocks(.int8, [rows / 4, 1])
    case "table of 2 bits": return table(.uint2, 1)
    case "table of 4 bits": return table(.uint4, 1)
    case "tables for rows": return table(.uint4, rows / 8)
    case "table of 8 bits": return table(.uint8, 1)
    case "sparse":
      let values = random([rows * columns], seed: 6).floats()
      return sparse { values[$0] }
    default: return sparse { Float($0 % 16) - 7.25 }
    }
  }

  /// One row and few go straight, many by panels; the reference decodes, since another operator reads the weight too.
  @Test(arguments: forms, [1, 3, 9]) func agreesWithDecoded(form: String, batch: Int) throws {
    let (type, parts) = parts(form)
    let packed = layer(batch, type, parts)
    let decoded = layer(batch, type, parts, outputs: ["y", "w"])
    let x = ["x": random([batch, Self.columns], seed: 7)]
    let a = try #require(try run(packed, x, options: RuntimeOptions(weights: .packed))["y"])
    let b = try #require(try run(decoded, x)["y"])
    // Elements of x and of tables are rounded to 16 bits of their peak where bytes are multiplied.
    #expect(distance(a, b) < 1e-4)
    let rows = try Executor(program: packed, options: RuntimeOptions(weights: .packed)).profile(x, runs: 1)
    let kernels = rows.map(\.kernel)
    #expect(kernels.contains { $0.hasPrefix(batch > 4 ? "panels:" : "gemv:") }, "\(kernels)")
  }
}
