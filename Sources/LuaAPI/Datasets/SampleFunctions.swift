// SPDX-License-Identifier: Apache-2.0
// Samples that Lua functions make or change.

import DataFiles
import Evaluation
import LuaHost
import Options
import Tensors

/// Calls functions of a script for single samples.
struct SampleFunction {
  let function: LuaClosure
  let interpreter: Interpreter
  /// The names of the classes that labels may be; `nil` for labels that are numbers or Tensors.
  let classes: [String]?
  /// What the function is called in errors.
  let role: String

  private static let form = "return { inputs = { name = Tensor }, labels = … }"

  /// The sample that the function makes for an index, counted from 0; the function counts from 1.
  func sample(_ index: Int) throws -> Sample {
    let table = try result(function.call(index + 1), index)
    guard let inputs = table["inputs"].table else {
      throw fault("inputs must be a table of Tensors by name, got \(interpreter.typeName(of: table["inputs"]))", index)
    }
    return Sample(inputs: try tensors(inputs, index), labels: try label(table["labels"], index))
  }

  /// The sample that the function makes of another. What the result does not have stays as it is; `labels = false` removes labels.
  func changed(_ sample: Sample, _ index: Int) throws -> Sample {
    let given = interpreter.newTable()
    try given.set("inputs", sample.inputs.mapValues { TensorObject($0) })
    if let labels = sample.labels {
      switch (labels.rank, labels.dtype.isFloat) {
      case (0, false): try given.set("labels", labels.integers()[0])
      case (0, true): try given.set("labels", labels.doubles()[0])
      default: try given.set("labels", TensorObject(labels))
      }
    }
    try given.set("index", index + 1)
    let table = try result(function.call(given), index)
    var changed = sample
    if !table["inputs"].isNil {
      guard let inputs = table["inputs"].table else {
        throw fault("inputs must be a table of Tensors by name, got \(interpreter.typeName(of: table["inputs"]))", index)
      }
      changed.inputs = try tensors(inputs, index)
    }
    if table["labels"].boolean == false {
      changed.labels = nil
    } else if let label = try label(table["labels"], index) {
      // Labels that come back as they were keep their dtype.
      changed.labels =
        sample.labels.flatMap { old in old.rank == 0 && label.rank == 0 ? try? label.converted(to: old.dtype) : nil } ?? label
    }
    return changed
  }

  private func result(_ values: [LuaValue], _ index: Int) throws -> LuaTable {
    guard let table = values.first?.table else {
      throw fault("expected a table, got \(values.first.map { interpreter.typeName(of: $0) } ?? "nothing")", index)
    }
    for (key, _) in try table.pairs() where !["inputs", "labels", "index"].contains(key.string) {
      throw fault("unknown field '\(try interpreter.describe(key))'", index)
    }
    return table
  }

  private func tensors(_ table: LuaTable, _ index: Int) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (key, value) in try table.pairs() {
      guard let name = key.string else { throw fault("inputs are Tensors by name, found one without", index) }
      if let image = value.object(ImageObject.self) {
        let planes = image.image.planes()
        tensors[name] = planes.reshaped(Array(planes.shape.dropFirst()))
        continue
      }
      do {
        guard let tensor = try NestedTable.tensor(value) else {
          throw LuaMismatch(expected: "Tensor", found: interpreter.typeName(of: value))
        }
        tensors[name] = tensor
      } catch let mismatch as LuaMismatch {
        throw fault("input '\(name)': \(mismatch.sentence)", index)
      }
    }
    return tensors
  }

  private func label(_ value: LuaValue, _ index: Int) throws -> Tensor? {
    switch value {
    case .nil: return nil
    case .string(let name):
      guard let classes else {
        throw fault("the label '\(name)' is a name, and there are no classes", index, "classes = { \"\(name)\", … }")
      }
      guard let place = classes.firstIndex(of: name) else {
        throw fault(
          "the label '\(name)' is not one of the \(classes.count) classes", index,
          Suggestion.hint(for: name, among: classes, called: "classes"))
      }
      return Tensor(scalar: Int32(place))
    case .integer(let number):
      if let classes, !classes.indices.contains(number) {
        throw fault("the label \(number) is not from 0 to \(classes.count - 1), the positions of the classes", index)
      }
      return Int32(exactly: number).map { Tensor(scalar: $0) } ?? Tensor(scalar: Int64(number))
    case .number(let number): return Tensor(scalar: Float(number))
    default:
      do {
        guard let tensor = try NestedTable.tensor(value) else {
          throw LuaMismatch(expected: "number or Tensor", found: interpreter.typeName(of: value))
        }
        return tensor
      } catch let mismatch as LuaMismatch {
        throw fault("labels: \(mismatch.sentence)", index)
      }
    }
  }

  private func fault(_ problem: String, _ index: Int, _ hint: String? = nil) -> LuaError {
    LuaError(.usage, "\(role): sample \(index + 1): \(problem)", hint: hint ?? Self.form)
  }
}
