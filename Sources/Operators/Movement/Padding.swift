// SPDX-License-Identifier: Apache-2.0
// Padding with a constant, the edge value, or reflection.

import Kernels
import MIL
import Tensors

/// `x` with padding along its last axes.
enum Pad: MovementOperator {
  enum Mode: String, CaseIterable { case constant, reflect, replicate }

  static let signature = Signature(
    "pad",
    [
      Parameter("x", .float.tied("T")), Parameter("pad", .int32), Parameter("mode", .string, .defaultsTo(.string("constant"))),
      Parameter("constant_val", .float.tied("T"), .defaultsTo(.float(0))),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let pad = try call.type("pad")
    guard pad.rank == 1 else { throw call.error("pad has rank \(pad.rank), expected 1") }
    let mode = try mode(call)
    guard let borders = try borders(call, rank: x.rank) else {
      guard pad.dimensions[0].agrees(with: .fixed(2 * x.rank)) else {
        throw call.error("pad, not being constant, must have \(2 * x.rank) elements, found \(pad)")
      }
      return [.tensor(TensorType(x.dtype, Array(repeating: .any, count: x.rank)))]
    }
    for (axis, border) in borders.enumerated() {
      guard let extent = x.dimensions[axis].size, border.before > 0 || border.after > 0 else { continue }
      if mode == .reflect, max(border.before, border.after) >= extent {
        throw call.error("reflects \(max(border.before, border.after)) elements of axis \(axis), which has \(extent)")
      }
      if mode == .replicate, extent == 0 { throw call.error("axis \(axis) is empty: it has no edge to replicate") }
    }
    return [try call.result(x.dtype, zip(x.dimensions, borders).map { $0 + $1.before + $1.after })]
  }

  /// The padding of every axis; `nil` if it is not known.
  static func borders(_ call: Call, rank: Int) throws -> [(before: Int, after: Int)]? {
    guard let pad = try call.integers("pad") else { return nil }
    guard pad.count % 2 == 0, pad.count <= 2 * rank else {
      throw call.error("pad has \(pad.count) elements, expected two for each padded axis of \(rank)")
    }
    guard pad.allSatisfy({ $0 >= 0 }) else { throw call.error("pad is \(pad), expected no negative widths") }
    let untouched = rank - pad.count / 2
    return (0..<rank).map { axis in
      axis < untouched ? (0, 0) : (pad[2 * (axis - untouched)], pad[2 * (axis - untouched) + 1])
    }
  }

  static func mode(_ call: Call) throws -> Mode {
    let name = try call.known(call.string("mode"), "mode")
    guard let mode = Mode(rawValue: name) else {
      throw call.error("mode is \"\(name)\", expected \(Mode.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }
    return mode
  }

  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    let y = StridedView(request.output)
    let mode = try mode(request.call)
    let borders = try request.call.known(borders(request.call, rank: x.rank), "pad")
    var inside = y
    for (axis, border) in borders.enumerated() { inside = inside.sliced(axis, from: border.before, count: x.extents[axis]) }
    var steps: [() -> Void] = []
    if x.count > 0 || mode == .constant {
      let body = StridedCopy(from: x, to: inside)
      steps.append { body.run() }
    }
    // Padding is added axis by axis; each step includes the padding of the previous axes.
    for (axis, border) in borders.enumerated() {
      var slab = y
      for later in (axis + 1)..<max(y.rank, axis + 1) {
        slab = slab.sliced(later, from: borders[later].before, count: x.extents[later])
      }
      let extent = x.extents[axis]
      let end = border.before + extent
      for (start, width) in [(0, border.before), (end, border.after)] where width > 0 {
        let target = slab.sliced(axis, from: start, count: width)
        let isBefore = start == 0
        switch mode {
        case .constant: steps.append(try request.filling(target, with: "constant_val"))
        case .replicate:
          guard extent > 0 else { break }
          let edge = slab.removing(axis, at: isBefore ? border.before : end - 1).repeating(width, at: axis)
          let copy = StridedCopy(from: edge, to: target)
          steps.append { copy.run() }
        case .reflect:
          guard width < extent else { break }
          // The edge element, at which the content is reflected, is not repeated.
          let from = isBefore ? 2 * border.before : end - 2
          let copy = StridedCopy(from: slab.sliced(axis, from: from, count: width, step: -1), to: target)
          steps.append { copy.run() }
        }
      }
    }
    let work = steps
    return Kernel("pad:\(mode.rawValue)") { for step in work { step() } }
  }
}

enum Padding {
  static let operators: [any Operator.Type] = [Pad.self]
}
