// SPDX-License-Identifier: Apache-2.0
// The functions wane.tensor, wane.zeros and wane.random.

import LuaHost
import Options
import Tensors

enum TensorFunctions {
  /// The maximum number of elements that a script may request; larger numbers are probably typing errors.
  private static let limit = 1 << 31

  private enum RandomOptions {
    static let seed = LuaOption("seed", "seed of the random numbers", default: 0)
    static let dtype = LuaOption("dtype", "element type", default: "float32", allowed: .oneOf("float16", "float32", "float64"))
    static let table = LuaOptionTable("RandomOptions", [seed, dtype])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "tensor", "A tensor from nested tables of numbers, or from its shape, dtype and elements.",
      Arg<LuaValue>("values", "nested tables of numbers, or { shape =, dtype =, data = } with all elements in one sequence"),
      returns: "a Tensor, float32 unless dtype says otherwise",
      example: "print(wane.tensor{ shape = {2, 2}, dtype = \"int32\", data = {1, 2, 3, 4} }:at{ 1, 1 })  --> 4"
    ) { (value: LuaValue) in TensorObject(try make(value)) },
    LuaFunction(
      "zeros", "A tensor of zeros.", Arg("shape", "extents"),
      Arg("dtype", "element type", default: "float32", allowed: .strings(ElementTypes.names)), returns: "a Tensor",
      example: "print(wane.zeros({2, 3}).count)  --> 6"
    ) { (shape: [Int], dtype: String) in
      TensorObject(Tensor(zeros: try ElementTypes.named(dtype), try checked(shape, "zeros")))
    },
    LuaFunction(
      "random", "A tensor of normally distributed numbers (mean 0, deviation 1).", Arg("shape", "extents"),
      .options(RandomOptions.table), returns: "a Tensor",
      example: "print(wane.random({4}, { seed = 7 }) == wane.random({4}, { seed = 7 }))  --> true"
    ) { (shape: [Int], options: LuaOptions) in
      let shape = try checked(shape, "random")
      var generator = SplitMix64(seed: UInt64(bitPattern: Int64(options[RandomOptions.seed])))
      let values = try (0..<shape.elementCount).map { i in
        if i % 65536 == 0 { try Interrupts.check() }
        return Float(generator.normal())
      }
      return TensorObject(Tensor(values, shape: shape).cast(to: try ElementTypes.named(options[RandomOptions.dtype])))
    },
  ]

  private static func checked(_ shape: [Int], _ function: String) throws -> Shape {
    guard let count = shape.checkedElementCount, count <= limit else {
      throw LuaError(.usage, "\(function): shape \(shape) must have extents not below 0 and at most \(limit) elements")
    }
    return shape
  }

  private static func make(_ value: LuaValue) throws -> Tensor {
    do {
      guard let table = value.table, let key = try table.pairs().compactMap(\.key.string).min() else {
        guard let tensor = try plain(value) else {
          throw LuaError(.usage, "tensor: a table of numbers expected, got \(value.isNil ? "nothing" : "something else")")
        }
        return tensor
      }
      return try make(table, with: key)
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "tensor: \(mismatch.sentence)")
    }
  }

  /// A float32 tensor, or a bool tensor for booleans.
  private static func plain(_ value: LuaValue) throws -> Tensor? {
    if let object = value.object(TensorObject.self) { return object.tensor }
    guard let table = try NestedTable(value) else { return nil }
    if let integers = table.integers, let index = integers.firstIndex(where: { Int(exactly: Float($0)) != $0 }) {
      throw LuaError(
        .usage, "tensor: the integer \(integers[index]) is no float32, which holds whole numbers up to 16777216 exactly",
        hint: "wane.tensor{ dtype = \"int64\", data = { … } }")
    }
    return try table.isBoolean ? table.exact : converted(table.exact, to: .float32)
  }

  private static func make(_ table: LuaTable, with key: String) throws -> Tensor {
    let known = ["shape", "dtype", "data"]
    if let unknown = try table.pairs().compactMap(\.key.string).filter({ !known.contains($0) }).min() {
      throw LuaError(
        .usage, "tensor: unknown field '\(unknown)'",
        hint: Suggestion.nearest(to: unknown, among: known).map { "did you mean '\($0)'?" } ?? "fields: \(known.joined(separator: ", "))")
    }
    let value = table["data"]
    guard table.count == 0, let data = try value.object(TensorObject.self)?.tensor ?? NestedTable(value)?.exact else {
      throw LuaError(
        .usage, "tensor: with '\(key)' the elements are given as data = { … }", hint: "wane.zeros(shape, dtype) makes one of zeros")
    }
    let dtype = try table["dtype"].isNil ? .float32 : ElementTypes.named(table["dtype"].string ?? "")
    var shape = data.shape
    if let given = table["shape"].table {
      shape = try given.numbers().map { number in
        guard let extent = Int(exactly: number) else {
          throw LuaError(.usage, "tensor: shape has \(number), expected an integer of at least 0")
        }
        return extent
      }
    } else if !table["shape"].isNil {
      throw LuaError(.usage, "tensor: shape must be a table of extents")
    }
    guard try checked(shape, "tensor").elementCount == data.count else {
      throw LuaError(.usage, "tensor: shape \(shape) takes \(shape.elementCount) elements, data has \(data.count)")
    }
    return try converted(data.reshaped(shape), to: dtype)
  }

  private static func converted(_ data: Tensor, to dtype: DType) throws -> Tensor {
    do {
      return try data.converted(to: dtype)
    } catch {
      throw LuaError(
        .usage, "tensor: \(error)",
        hint: dtype == .float32 ? "dtype = \"float64\" holds more" : "t:cast \"\(dtype)\" of a Tensor clamps and truncates instead")
    }
  }
}
