// SPDX-License-Identifier: Apache-2.0
// Shapes, slices and padding.

import Algebra
import LuaHost
import Options
import Tensors

extension TensorObject {
  private enum PadOptions {
    static let widths = LuaOption<LuaValue>(
      required: "widths", "{ before, after } for each axis; one pair, or one number, for all", aliases: ["pad", "pad_width"])
    static let mode = LuaOption(
      "mode", "what the new positions hold", default: "constant", allowed: .strings(Tensor.PaddingMode.allCases.map(\.rawValue)))
    static let value = LuaOption<OperandArgument?>(
      "value", "for mode constant; by default 0", aliases: ["constant_values", "constant_val"])
    static let table = LuaOptionTable("PadOptions", [widths, mode, value])
  }

  static let shaping: [LuaMethod] = [
    LuaMethod(
      "reshape", "The same elements with a different shape.", Arg("shape", "extents; one may be -1"),
      returns: "a Tensor", example: "print(wane.zeros({2, 6}):reshape{ 3, -1 }.shape[2])  --> 4"
    ) { (t: TensorObject, shape: [Int]) in TensorObject(t.tensor.reshaped(try t.resolve(shape))) },
    LuaMethod(
      "transpose", "The axes in another order; reversed if it is left out. Two numbers exchange two axes.",
      Arg<AxesArgument?>("axes", "for each axis of the result its axis now, from 0"),
      Arg<Int?>("with", "the axis to exchange with, if axes is one number"),
      returns: "a Tensor", example: "print(wane.zeros{ 2, 3, 4 }:transpose{ 2, 0, 1 }.shape[1])  --> 4"
    ) { (t: TensorObject, axes: AxesArgument?, with: Int?) in
      try EagerScope.tensor {
        guard let with else { return try t.tensor.transposed(axes?.axes) }
        guard let axes, axes.axes.count == 1 else { throw LuaError(.usage, "transpose: two numbers, or a table of all axes") }
        var order = Array(t.tensor.shape.indices)
        order.swapAt(try t.tensor.axis(axes.axes[0], for: "transpose"), try t.tensor.axis(with, for: "transpose"))
        return try t.tensor.transposed(order)
      }
    },
    LuaMethod(
      "squeeze", "Without axes of extent 1.", Arg<AxesArgument?>("axes", "which axes, from 0; by default all of extent 1"),
      returns: "a Tensor",
      example: "print(wane.zeros{ 1, 3, 1 }:squeeze().shape[1])  --> 3"
    ) { (t: TensorObject, axes: AxesArgument?) in try EagerScope.tensor { try t.tensor.squeezed(axes?.axes) } },
    LuaMethod(
      "unsqueeze", "With axes of extent 1 inserted.", Arg<AxesArgument>("axes", "their places in the result, from 0"), returns: "a Tensor",
      example: "print(wane.zeros{ 3 }:unsqueeze(0).shape[2])  --> 3"
    ) { (t: TensorObject, axes: AxesArgument) in try EagerScope.tensor { try t.tensor.unsqueezed(axes.axes) } },
    LuaMethod(
      "expand", "Repeated along axes of extent 1 and along new axes in front.", Arg<[Int]>("shape", "extents; -1 keeps one"),
      returns: "a Tensor",
      example: "print(wane.tensor{ { 1 }, { 2 } }:expand{ 2, 3 }:at{ 1, 2 })  --> 2.0"
    ) { (t: TensorObject, shape: [Int]) in try EagerScope.tensor { try t.tensor.expanded(to: shape) } },
    LuaMethod(
      "tile", "The whole tensor repeated.", Arg<AxesArgument>("repetitions", "how often along each axis; a number for the last axis"),
      returns: "a Tensor",
      example: "print(wane.tensor{ 1, 2 }:tile(2):at{ 2 })  --> 1.0"
    ) { (t: TensorObject, repetitions: AxesArgument) in try EagerScope.tensor { try t.tensor.tiled(repetitions.axes) } },
    LuaMethod(
      "pad", "With positions added at both ends of axes.", .options(PadOptions.table), returns: "a Tensor",
      example: "print(wane.tensor{ 1, 2, 3 }:pad{ widths = { { 2, 0 } }, mode = \"reflect\" }:at{ 0 })  --> 3.0"
    ) { (t: TensorObject, options: LuaOptions) in
      let widths = try t.widths(options[PadOptions.widths])
      let value = options[PadOptions.value]?.operand ?? .integer(0)
      guard let mode = Tensor.PaddingMode(rawValue: options[PadOptions.mode]), value.tensor == nil else {
        throw LuaError(.usage, "pad: option 'value' must be a number")
      }
      guard mode == .constant || options["value"] == nil else { throw LuaError(.usage, "pad: option 'value' is for mode = \"constant\"") }
      return try EagerScope.tensor { try t.tensor.padded(widths, mode, value) }
    },
    LuaMethod(
      "flip", "Mirrored along axes.", Arg<AxesArgument?>("axes", "which axes, from 0; by default all"), returns: "a Tensor",
      example: "print(wane.tensor{ 1, 2, 3 }:flip(0):to_table()[1])  --> 3.0"
    ) { (t: TensorObject, axes: AxesArgument?) in try EagerScope.tensor { try t.tensor.flipped(axes?.axes) } },
    LuaMethod(
      "roll", "Positions moved along an axis; those beyond the end return at the start.",
      Arg<Int>("shift", "number of positions; negative towards the front"),
      Arg<Int?>("axis", "which axis, from 0; by default all elements in row-major order"), returns: "a Tensor",
      example: "print(wane.tensor{ 1, 2, 3 }:roll(1):at{ 0 })  --> 3.0"
    ) { (t: TensorObject, shift: Int, axis: Int?) in try EagerScope.tensor { try t.tensor.rolled(shift, axis) } },
    LuaMethod(
      "split", "An axis cut into parts.",
      Arg<AxesArgument>("sizes", "the extents of the parts; a number for parts of that extent, the last may be shorter"),
      Arg("axis", "which axis, from 0", default: 0), returns: "a sequence of Tensors; table.unpack gives them as values",
      example: "local a, b = table.unpack(wane.tensor{ 1, 2, 3 }:split{ 1, 2 })\nprint(b:at{ 1 })  --> 3.0"
    ) { (t: TensorObject, sizes: AxesArgument, axis: Int) in
      try EagerScope.run { try t.tensor.split(t.parts(sizes.axes, axis), axis).map { TensorObject($0) } }
    },
    LuaMethod(
      "slice", "Part of an axis. Negative positions count from the end.", Arg("axis", "which axis, from 0"),
      Arg<Int?>("from", "first position, from 0; by default the first, or the last for a negative step"),
      Arg<Int?>("to", "position after the last; by default the end"), Arg("step", "distance of positions; negative backwards", default: 1),
      returns: "a Tensor",
      example: "print(wane.zeros({4, 3}):slice(0, 1, 3).shape[1], wane.tensor{ 1, 2, 3 }:slice(0, nil, nil, -1):at{ 0 })  --> 2\t3.0"
    ) { (t: TensorObject, axis: Int, from: Int?, to: Int?, step: Int) in
      try EagerScope.tensor { try t.tensor.sliced(axis, from: from, to: to, step: step) }
    },
    triangle("tril", "below", keepsUpper: false), triangle("triu", "above", keepsUpper: true),
  ]

  private static func triangle(_ name: String, _ word: String, keepsUpper: Bool) -> LuaMethod {
    LuaMethod(
      name, "The elements on and \(word) a diagonal of the last two axes; the others are 0.",
      Arg("diagonal", "which: 0 the main one, positive above it", default: 0), returns: "a Tensor",
      example: "print(wane.ones{ 2, 2 }:\(name)():at{ \(keepsUpper ? "1, 0" : "0, 1") })  --> 0.0"
    ) { (t: TensorObject, diagonal: Int) in try EagerScope.tensor { try t.tensor.triangle(keepsUpper: keepsUpper, diagonal, for: name) } }
  }

  /// The extents of parts: as given, or of one extent.
  private func parts(_ sizes: [Int], _ axis: Int) throws -> [Int] {
    guard sizes.count == 1, let size = sizes.first else { return sizes }
    let n = tensor.shape[try tensor.axis(axis, for: "split")]
    guard size > 0 else { throw LuaError(.usage, "split: the size of parts must be at least 1, got \(size)") }
    return stride(from: 0, to: max(n, 1), by: size).map { min(size, n - $0) }
  }

  private func widths(_ value: LuaValue) throws -> [(before: Int, after: Int)] {
    func pair(_ value: LuaValue) -> (before: Int, after: Int)? {
      if let width = value.integer { return (width, width) }
      guard let table = value.table, table.count == 2, let before = table[1].integer, let after = table[2].integer else { return nil }
      return (before, after)
    }
    if let one = pair(value) { return Array(repeating: one, count: tensor.rank) }
    let all = value.table.map { table in (0..<table.count).map { pair(table[$0 + 1]) } } ?? []
    let pairs = all.compactMap { $0 }
    guard !all.isEmpty || tensor.rank == 0, pairs.count == all.count, pairs.count == tensor.rank else {
      throw LuaError(
        .usage, "pad: option 'widths' must have a pair of integers for each of the \(tensor.rank) axes of shape \(tensor.shape)",
        hint: "widths = { \(tensor.shape.map { _ in "{ 1, 1 }" }.joined(separator: ", ")) }")
    }
    return pairs
  }

  private func resolve(_ shape: [Int]) throws -> Shape {
    let open = shape.indices.filter { shape[$0] == -1 }
    let known = shape.filter { $0 != -1 }.checkedElementCount
    guard open.count <= 1, let known else {
      throw LuaError(.usage, "reshape: extents must not be negative, but one may be -1; got \(shape)")
    }
    var out = shape
    if let i = open.first { out[i] = known == 0 ? 0 : tensor.count / known }
    guard out.checkedElementCount == tensor.count else {
      throw LuaError(.usage, "reshape: \(tensor.shape) has \(tensor.count) elements, \(shape) does not")
    }
    return out
  }
}
