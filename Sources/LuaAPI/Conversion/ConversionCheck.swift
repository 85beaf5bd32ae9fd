// SPDX-License-Identifier: Apache-2.0
// The comparison of a converted model with known results.

import DataFiles
import LuaHost
import Models
import Tensors

/// A value of the option `check` of `wane.convert`.
struct ConversionCheck {
  private let inputs: [String: Tensor]
  private let outputs: [String: Tensor]
  private let tolerance: OutputCheck.Tolerance

  private static let fields = ["inputs", "outputs", "atol", "rtol"]

  /// - Parameter isHalf: whether the program computes in half precision, for which the default tolerances are larger.
  init(_ table: LuaTable, isHalf: Bool, _ interpreter: Interpreter) throws {
    for (key, _) in try table.pairs() where !Self.fields.contains(key.string ?? "") {
      throw LuaError(
        .usage, "convert: check has an unknown field '\(key.string ?? "\(key.integer ?? 0)")'",
        hint: "fields: \(Self.fields.joined(separator: ", "))")
    }
    inputs = try Self.arrays(table, "inputs", interpreter)
    outputs = try Self.arrays(table, "outputs", interpreter)
    func number(_ name: String) throws -> Double? {
      let value = table[name]
      if value.isNil { return nil }
      guard let number = value.number, number >= 0, number.isFinite else {
        throw LuaError(.usage, "convert: check.\(name) must be a number of at least 0")
      }
      return number
    }
    tolerance = try OutputCheck.Tolerance(absolute: number("atol"), relative: number("rtol"), isHalf: isHalf)
  }

  /// The arrays of a file, or of a table.
  private static func arrays(_ table: LuaTable, _ name: String, _ interpreter: Interpreter) throws -> [String: Tensor] {
    let value = table[name]
    if let path = value.string { return try NPZ.read(PathArgument(path, interpreter).path) }
    guard let given = value.table else {
      throw LuaError(.usage, "convert: check.\(name) must be the path of an .npz file, or a table of Tensors by name")
    }
    var arrays: [String: Tensor] = [:]
    for (key, value) in try given.pairs() {
      guard let name = key.string, case .object(let object) = value, let tensor = object as? TensorObject else {
        throw LuaError(.usage, "convert: check.\(name) must be a table of Tensors by name")
      }
      arrays[name] = tensor.tensor
    }
    return arrays
  }

  /// - Throws: `LuaError` that names the output that differs most.
  func run(_ model: Model) throws {
    let rows = try OutputCheck.run(model, inputs: inputs, expected: outputs, tolerance)
    guard let worst = rows.filter({ $0.exceeding > 0 }).max(by: { $0.excess < $1.excess }) else { return }
    throw LuaError(
      .unsupported,
      "convert: the output '\(worst.name)' differs from check.outputs: \(worst.exceeding) of \(worst.count) elements, by up to "
        + "\(worst.largest) at { \(worst.place.map(String.init).joined(separator: ", ")) } (from 0), where \(worst.expected) is expected",
      hint: "atol and rtol permit \(tolerance.description); precision = \"float32\" is closer, model:check_precision finds overflows")
  }
}
