// SPDX-License-Identifier: Apache-2.0
// Padding of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenPadding {
  static let rules: [ATenRule] =
    [.one("pad") { c in try c.padded(c.x(), mode: c.string("mode", "constant"), value: c.number("value", 0)) }]
    + (1...3).flatMap { axes -> [ATenRule] in
      [
        .one("reflection_pad\(axes)d") { c in try c.padded(c.x(), mode: "reflect", value: 0) },
        .one("replication_pad\(axes)d") { c in try c.padded(c.x(), mode: "replicate", value: 0) },
      ]
    } + [.one("_pad_circular") { c in try c.padded(c.x(), mode: "circular", value: 0) }]
}

extension ATenCall {
  /// Pads; PyTorch lists the widths from the last axis on.
  func padded(_ x: Value, mode: String, value: Double) throws -> Value {
    guard let widths = try ints(has("pad") ? "pad" : "padding"), widths.count % 2 == 0, widths.count <= 2 * x.rank else {
      throw Refusal("the widths do not fit a tensor of rank \(x.rank)")
    }
    var (before, after) = (Array(repeating: 0, count: x.rank), Array(repeating: 0, count: x.rank))
    for i in 0..<widths.count / 2 { (before[x.rank - 1 - i], after[x.rank - 1 - i]) = (widths[2 * i], widths[2 * i + 1]) }
    let names = ["constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"]
    guard let name = names[mode] else { throw Refusal("mode = \(mode)") }
    // Extents that are not fixed: MIL pads the last two axes of floats without knowing them.
    let isNative = mode == "constant" || (mode != "circular" && zip(before, after).dropLast(2).allSatisfy { $0 == 0 && $1 == 0 })
    if x.knownShape == nil, isNative, (before + after).allSatisfy({ $0 >= 0 }), x.isFloat {
      return try b.pad(
        x, Array(zip(before, after)).map { (before: $0.0, after: $0.1) }, mode: mode == "reflect" ? "reflect" : mode, value: Float(value))
    }
    let number = x.isBool ? try b.int(x) : x
    let y = try standard1("Pad", [number, constant(before + after), b.number(value, like: number)], ["mode": .string(Array(name.utf8))])
    return x.isBool ? try b.truth(y) : y
  }
}
