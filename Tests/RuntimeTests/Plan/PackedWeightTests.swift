// SPDX-License-Identifier: Apache-2.0
// Weights in every stored form have the same results as their decoded elements, for any activations and any policy.

import MIL
import Operators
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct PackedWeightTests {
  static let rows = 96, columns = 160

  /// `y = x · wᵀ` where an operation on constants produces w.
  private func layer(_ batch: Int, _ form: StoredForm, output: String = "y") -> Program {
    let result = ValueType.tensor(.float32, [batch, Self.rows])
    func operation(_ type: String, _ inputs: [Argument], _ output: String, _ outputType: ValueType) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs, outputs: [NamedType(output, outputType)], attributes: [Attribute("name", Constant(output))])
    }
    return Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [batch, Self.columns]))], opset: .iOS18,
        block: Block(
          operations: form.parts.map { .const($0.0, Constant($0.1)) } + [
            operation(form.type, form.parts.map { Argument($0.0, [.name($0.0)]) }, "w", .tensor(form.dtype, [Self.rows, Self.columns])),
            operation("linear", [Argument("x", [.name("x")]), Argument("weight", [.name("w")])], "y", result),
          ], outputs: [output]))
    ])
  }

  /// Every form with every vector: one row, a few, many; the last row of a batch is the vector, the others are
  /// ordinary.
  @Test(arguments: StoredForm.names, [DType.float16, .float32])
  func givesWhatDecodedWeightsGive(name: String, dtype: DType) throws {
    let form = StoredForm(name, dtype, rows: Self.rows, columns: Self.columns)
    let weight = try #require(try run(layer(1, form, output: "w"), ["x": random([1, Self.columns], seed: 1)])["w"]).floats()
    for batch in [1, 2, 7, 33] {
      for weights in [WeightPolicy.auto, .dense, .packed] {
        let executor = try Executor(program: layer(batch, form), options: RuntimeOptions(weights: weights))
        for activations in Activations.allCases {
          let x = random([batch - 1, Self.columns], seed: 7).floats() + activations.vector(Self.columns)
          let y = try #require(try executor.run(["x": Tensor(x, shape: [batch, Self.columns])]).tensors["y"]).floats()
          for row in [0, batch - 1] {
            let vector = Array(x[row * Self.columns..<(row + 1) * Self.columns])
            for r in 0..<Self.rows {
              let product = DotProduct(weight[r * Self.columns..<(r + 1) * Self.columns], vector)
              let found = y[row * Self.rows + r]
              guard product.agrees(found) else {
                Issue.record("\(weights), \(activations), row \(row) of \(batch), output \(r): \(found), \(product)")
                break
              }
            }
          }
        }
      }
    }
  }

  /// Weights are kept as requested: dense ones are decoded and packed ones are not, for one row and for many.
  @Test(arguments: StoredForm.names, [1, 9]) func policiesAreObeyed(name: String, batch: Int) throws {
    let program = layer(batch, StoredForm(name, .float16, rows: Self.rows, columns: Self.columns))
    func kernel(_ weights: WeightPolicy) throws -> String {
      let x = ["x": random([batch, Self.columns], seed: 7)]
      let rows = try Executor(program: program, options: RuntimeOptions(weights: weights)).profile(x, runs: 1)
      return try #require(rows.first { $0.operation == "linear" }).kernel
    }
    let packed = try kernel(.packed), dense = try kernel(.dense)
    #expect(packed.hasPrefix(batch > 4 ? "panels:" : "gemv:") && packed != "gemv:f32", "\(packed)")
    #expect(try kernel(.auto) == (batch == 1 ? packed : dense))
    #expect(!dense.hasPrefix("panels:") && (dense == "gemv:f32" || !dense.hasPrefix("gemv:")), "\(dense)")
  }
}

/// A weight as an operation on constants.
struct StoredForm {
  let type: String
  let parts: [(String, Tensor)]
  let dtype: DType

  static let names = [
    "int4", "int4, many scales", "int4, wide blocks", "uint4 with offsets", "uint4 with offsets of blocks", "int8", "int8 in blocks",
    "grouped rows", "large scales", "tiny scales", "affine", "table of 1 bit", "table of 2 bits", "table of 4 bits", "tables for rows",
    "table of 6 bits", "table of 8 bits", "sparse", "sparse with 16 values", "sparse with few values",
  ]

  init(_ name: String, _ dtype: DType, rows: Int, columns: Int) {
    self.dtype = dtype
    func codes(_ dtype: DType, seed: UInt64) -> Tensor {
      var generator = SplitMix64(seed: seed)
      return Tensor(
        codes: (0..<rows * columns).map { _ in UInt8(truncatingIfNeeded: generator.next()) & UInt8((1 << dtype.bits) - 1) },
        dtype: dtype, shape: [rows, columns])
    }
    func scales(_ shape: Shape, _ size: Float = 0.01) -> Tensor {
      Tensor(random(shape, seed: 2).floats().map { abs($0) * size + size / 10 }, shape: shape).cast(to: dtype)
    }
    func blocks(_ codesType: DType, _ scale: Tensor, offset: Tensor? = nil) -> (String, [(String, Tensor)]) {
      (
        "constexpr_blockwise_shift_scale",
        [("data", codes(codesType, seed: 1)), ("scale", scale)] + (offset.map { [("offset", $0)] } ?? [])
      )
    }
    func offsets(_ shape: Shape) -> Tensor {
      Tensor(codes: (0..<shape.elementCount).map { UInt8($0 % 16) }, dtype: .uint4, shape: shape)
    }
    func table(_ codesType: DType, _ tables: Int) -> (String, [(String, Tensor)]) {
      let lut = random([tables, 1, 1 << codesType.bits, 1], seed: 3).cast(to: .float16).cast(to: dtype)
      return ("constexpr_lut_to_dense", [("indices", codes(codesType, seed: 4)), ("lut", lut)])
    }
    func sparse(_ values: (Int) -> Float) -> (String, [(String, Tensor)]) {
      let mask = codes(.uint1, seed: 5)
      let count = mask.codes().reduce(0) { $0 + Int($1) }
      return ("constexpr_sparse_to_dense", [("nonzero_data", Tensor((0..<count).map(values)).cast(to: dtype)), ("mask", mask)])
    }
    (type, parts) =
      switch name {
      case "int4": blocks(.int4, scales([rows / 2, columns / 32]))
      case "int4, many scales": blocks(.int4, scales([rows, columns / 32]))
      case "int4, wide blocks": blocks(.int4, scales([rows, columns / 160]))
      case "uint4 with offsets": blocks(.uint4, scales([rows, 1]), offset: offsets([rows, 1]))
      case "uint4 with offsets of blocks":
        blocks(.uint4, scales([rows, columns / 32]), offset: offsets([rows, columns / 32]))
      case "int8": blocks(.int8, scales([rows, 1]))
      case "int8 in blocks": blocks(.uint8, scales([rows, columns / 32]))
      case "grouped rows": blocks(.int8, scales([rows / 4, 1]))
      // Products up to 60000, near the maximum of half precision, and below its smallest normal number.
      case "large scales": blocks(.int4, Tensor(Array(repeating: 7500, count: rows), shape: [rows, 1]).cast(to: dtype))
      case "tiny scales": blocks(.int8, scales([rows, columns / 32], 1e-6))
      case "affine":
        (
          "constexpr_affine_dequantize",
          [
            ("quantized_data", codes(.uint8, seed: 1)), ("zero_point", Tensor([UInt8(121)]).reshaped([])),
            ("scale", scales([1]).reshaped([])), ("axis", Tensor([Int32(0)]).reshaped([])),
          ]
        )
      case "table of 1 bit": table(.uint1, 1)
      case "table of 2 bits": table(.uint2, 1)
      case "table of 4 bits": table(.uint4, 1)
      case "tables for rows": table(.uint4, rows / 8)
      case "table of 6 bits": table(.uint6, 1)
      case "table of 8 bits": table(.uint8, 1)
      case "sparse":
        {
          let values = random([rows * columns], seed: 6).floats()
          return sparse { values[$0] }
        }()
      case "sparse with 16 values": sparse { Float($0 % 16) - 7.25 }
      default: sparse { Float($0 % 5) - 2.25 }
      }
  }
}
