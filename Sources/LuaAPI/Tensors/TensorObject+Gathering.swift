// SPDX-License-Identifier: Apache-2.0
// Elements by index or mask, sorting, distinct elements.

import Algebra
import LuaHost
import Options
import Tensors

/// A mask, or indices: a Tensor, a table of integers, or one integer.
struct IndexArgument: LuaConvertible {
  let tensor: Tensor

  static var luaType: LuaType { .union([.object("Tensor"), .table, .integer]) }

  func push(to interpreter: Interpreter) throws { try TensorObject(tensor).push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> IndexArgument {
    let value = try LuaValue.read(interpreter, at: index)
    if case .boolean = value { throw LuaMismatch(expected: luaType.description, found: "boolean") }
    if let object = value.object(TensorObject.self) { return IndexArgument(tensor: object.tensor) }
    guard let tensor = try NestedTable(value)?.exact else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return IndexArgument(tensor: tensor)
  }
}

extension TensorObject {
  private enum SortOptions {
    static let descending = LuaOption("descending", "the largest first", default: false, aliases: ["reverse"])
    static let table = LuaOptionTable("SortOptions", [descending])
  }

  private enum TopOptions {
    static let largest = LuaOption("largest", "the largest elements; otherwise the smallest", default: true)
    static let table = LuaOptionTable("TopKOptions", [largest])
  }

  static let gathering: [LuaMethod] = [
    LuaMethod(
      "at", "One element, or for fewer indices than axes the part there.",
      Arg("position", "an index an axis, from 0; negative from the end"),
      returns: "the element, or a Tensor", type: .union([.number, .boolean, .object("Tensor")]),
      example: "local t = wane.tensor{ {1, 2}, {3, 4} }\nprint(t:at{ 1, 0 }, t:at{ 1 }.shape[1])  --> 3.0\t2"
    ) { (t: TensorObject, position: [Int]) in try t.tensor.part(at: position).numberOrTensor },
    LuaMethod(
      "set", "A copy with other values at a position or where a mask is true.",
      Arg<IndexArgument>("where", "an index an axis, from 0 (fewer for the part there), or a bool Tensor"),
      Arg<OperandArgument>("x", "a number or Tensor that broadcasts to what it replaces; for a mask also one value for each true"),
      returns: "a Tensor",
      example: "local t = wane.tensor{ { 1, 2 }, { 3, 4 } }\nprint(t:set({ 0, 1 }, 9):at{ 0, 1 }, t:set(t:gt(2), 0):sum())  --> 9.0\t3.0"
    ) { (t: TensorObject, place: IndexArgument, x: OperandArgument) in
      try EagerScope.tensor {
        if place.tensor.dtype == .bool { return try t.tensor.replacing(where: place.tensor, with: x.operand) }
        guard place.tensor.rank <= 1 else {
          throw LuaError(
            .usage, "set: a position is a table of integers, a mask a bool Tensor; got \(place.tensor.dtype)\(place.tensor.shape)")
        }
        return try t.tensor.replacing(at: place.tensor.indices(for: "set"), with: x.operand)
      }
    },
    LuaMethod(
      "take", "Positions of an axis by their indices, in any order and number; or, for a mask, the elements where it is true.",
      Arg<IndexArgument>(
        "indices", "indices from 0, negative from the end: a number, a table, a Tensor; or a bool Tensor of the shape of the first axes"),
      Arg<Int?>("axis", "which axis, from 0; by default the elements in row-major order"), returns: "a Tensor",
      example: "local t = wane.tensor{ 10, 20, 30 }\nprint(t:take({ 2, 0 }, 0):at{ 0 }, t:take(t:gt(15)).count)  --> 30.0\t2"
    ) { (t: TensorObject, indices: IndexArgument, axis: Int?) in
      try EagerScope.tensor {
        if indices.tensor.dtype == .bool {
          guard axis == nil else { throw LuaError(.usage, "take: a mask selects among the first axes, without an axis") }
          return try t.tensor.masked(indices.tensor)
        }
        let source = axis == nil ? t.tensor.reshaped([t.tensor.count]) : t.tensor
        return try source.taken(indices.tensor.indices(for: "take"), shape: indices.tensor.shape, axis ?? 0)
      }
    },
    LuaMethod(
      "take_along", "An element for each index along an axis, as argsort returns them.",
      Arg<IndexArgument>("indices", "of the shape of the tensor but for the axis"),
      Arg("axis", "which axis, from 0", default: -1), returns: "a Tensor",
      example: "local t = wane.tensor{ 3, 1, 2 }\nprint(t:take_along(t:argsort()):at{ 0 })  --> 1.0"
    ) { (t: TensorObject, indices: IndexArgument, axis: Int) in try EagerScope.tensor { try t.tensor.takenAlong(indices.tensor, axis) } },
    LuaMethod(
      "sort", "The elements sorted along an axis, stable; NaN last.", Arg("axis", "which axis, from 0", default: -1),
      .options(SortOptions.table),
      returns: "a Tensor of values, and an int32 Tensor of their indices",
      type: .object("Tensor"),
      example:
        "local values, indices = wane.tensor{ 3, 1, 2 }:sort(0, { descending = true })\nprint(values:at{ 0 }, indices:at{ 1 })  --> 3.0\t2"
    ) { (t: TensorObject, axis: Int, options: LuaOptions) in
      let out = try EagerScope.run { try t.tensor.sorted(axis, descending: options[SortOptions.descending]) }
      return LuaResults(TensorObject(out.values), TensorObject(out.indices))
    },
    LuaMethod(
      "argsort", "The indices that sort an axis, stable; NaN last.", Arg("axis", "which axis, from 0", default: -1),
      .options(SortOptions.table),
      returns: "an int32 Tensor", example: "print(wane.tensor{ 3, 1, 2 }:argsort():at{ 0 })  --> 1"
    ) { (t: TensorObject, axis: Int, options: LuaOptions) in
      try EagerScope.tensor { try t.tensor.sortedPositions(axis, descending: options[SortOptions.descending]) }
    },
    LuaMethod(
      "topk", "The k largest elements along an axis, in order.", Arg<Int>("k", "how many"), Arg("axis", "which axis, from 0", default: -1),
      .options(TopOptions.table),
      returns: "a Tensor of values, and an int32 Tensor of their indices", type: .object("Tensor"),
      example: "local values, indices = wane.tensor{ 3, 9, 2 }:topk(2)\nprint(values:at{ 1 }, indices:at{ 0 })  --> 3.0\t1"
    ) { (t: TensorObject, k: Int, axis: Int, options: LuaOptions) in
      let out = try EagerScope.run { try t.tensor.top(k, axis, largest: options[TopOptions.largest]) }
      return LuaResults(TensorObject(out.values), TensorObject(out.indices))
    },
    LuaMethod(
      "unique", "The distinct elements, ascending, and how often each occurs.",
      returns: "a Tensor of values, and an int64 Tensor of counts",
      type: .object("Tensor"),
      example: "local values, counts = wane.tensor{ 2, 1, 2 }:unique()\nprint(values:at{ 1 }, counts:at{ 1 })  --> 2.0\t2"
    ) { (t: TensorObject) in
      let out = try EagerScope.run { try t.tensor.unique() }
      return LuaResults(TensorObject(out.values), TensorObject(out.counts))
    },
    LuaMethod(
      "nonzero", "The indices of the elements that are not 0, one row each.", returns: "an int32 Tensor of shape { elements, rank }",
      example: "print(wane.tensor{ 0, 5, 7 }:nonzero():at{ 1, 0 })  --> 2"
    ) { (t: TensorObject) in try EagerScope.tensor { t.tensor.nonzero() } },
  ]
}
