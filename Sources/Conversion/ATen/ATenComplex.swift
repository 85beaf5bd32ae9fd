// SPDX-License-Identifier: Apache-2.0
// Complex numbers as pairs of real tensors, and Fourier transforms.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenComplex {
  static let rules: [ATenRule] = [
    .one("view_as_complex") { c in try c.b.complex(c.float()) },
    ATenRule("fft_rfft", "fft_fft", "fft_ifft", "fft_irfft") { c in [try c.transform(c.operand(), [c.int("dim", -1)], [c.int("n")])] },
    ATenRule("fft_rfft2", "fft_fft2", "fft_ifft2", "fft_irfft2") { c in
      [try c.transform(c.operand(), c.ints("dim") ?? [-2, -1], c.ints("s")?.map { $0 })]
    },
    ATenRule("fft_rfftn", "fft_fftn", "fft_ifftn", "fft_irfftn") { c in
      let x = try c.operand()
      let rank = x.items?[0].rank ?? x.rank
      let sizes = try c.ints("s")
      let axes = try c.ints("dim") ?? Array(0..<rank).suffix(sizes?.count ?? rank)
      return [try c.transform(x, Array(axes), sizes?.map { $0 })]
    },
    ATenRule("_fft_r2c", "_fft_c2c", "_fft_c2r") { c in [try c.plainTransform()] },
    .one("stft") { c in try c.shortTimeTransform() },
    .one("real") { c in
      let x = try c.operand()
      return x.items?[0] ?? x
    },
    .one("conj", "_conj") { c in try c.x() },
    .one("fft_fftshift") { c in try c.shifted { $0 / 2 } },
    .one("fft_ifftshift") { c in try c.shifted { ($0 + 1) / 2 } },
  ]

  /// Rules for complex operands, by operator.
  static let complexRules: [String: @Sendable (ATenCall) throws -> Value] = [
    "view_as_real": { c in
      let (p, q) = try c.parts()
      return try c.b.stack([p, q], axis: p.rank)
    },
    "real": { c in try c.parts().0 }, "imag": { c in try c.parts().1 },
    "conj": { c in try c.b.complex(c.parts().0, c.b.negated(c.parts().1)) },
    "_conj": { c in try c.b.complex(c.parts().0, c.b.negated(c.parts().1)) },
    "conj_physical": { c in try c.b.complex(c.parts().0, c.b.negated(c.parts().1)) },
    "abs": { c in
      let (p, q) = try c.parts()
      return try c.b.apply("sqrt", c.b.add(c.b.square(p), c.b.square(q)))
    },
    "angle": { c in
      let (p, q) = try c.parts()
      return try c.b.atan2(q, p)
    },
    "add": { c in
      let (x, y) = (try c.parts(), try c.parts("other"))
      return try c.b.complex(c.b.add(x.0, y.0), c.b.add(x.1, y.1))
    },
    "sub": { c in
      let (x, y) = (try c.parts(), try c.parts("other"))
      return try c.b.complex(c.b.sub(x.0, y.0), c.b.sub(x.1, y.1))
    },
    "mul": { c in
      let (x, y) = (try c.parts(), try c.parts("other"))
      return try c.b.complex(
        c.b.sub(c.b.mul(x.0, y.0), c.b.mul(x.1, y.1)), c.b.add(c.b.mul(x.0, y.1), c.b.mul(x.1, y.0)))
    },
    "div": { c in
      let (x, y) = (try c.parts(), try c.parts("other"))
      let size = try c.b.add(c.b.square(y.0), c.b.square(y.1))
      return try c.b.complex(
        c.b.div(c.b.add(c.b.mul(x.0, y.0), c.b.mul(x.1, y.1)), size), c.b.div(c.b.sub(c.b.mul(x.1, y.0), c.b.mul(x.0, y.1)), size))
    },
    "exp": { c in
      let (p, q) = try c.parts()
      let size = try c.b.apply("exp", p)
      return try c.b.complex(c.b.mul(size, c.b.apply("cos", q)), c.b.mul(size, c.b.apply("sin", q)))
    },
    "neg": { c in try c.b.complex(c.b.negated(c.parts().0), c.b.negated(c.parts().1)) },
  ]

  /// Operators that treat real and imaginary parts alike.
  static let partwise: Set<String> = [
    "view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "t", "movedim", "slice",
    "select",
    "narrow", "expand", "expand_as", "repeat", "flip", "roll", "clone", "contiguous", "alias", "detach", "index_select", "gather", "split",
    "split_with_sizes", "chunk", "unbind", "sum", "mean", "cumsum", "pad", "constant_pad_nd", "resolve_conj", "lift_fresh_copy", "index",
    "diagonal", "unfold", "as_strided",
  ]
}

extension Builder {
  /// A complex value.
  func complex(_ real: Value, _ imaginary: Value) throws -> Value { Value(items: [try float(real), try float(imaginary)]) }

  /// The complex value whose parts lie along the last axis.
  func complex(_ x: Value) throws -> Value {
    let last = x.rank - 1
    guard last >= 0, x.dims[last] == 2 else { throw Refusal("a last axis of 2 is expected") }
    func part(_ i: Int) throws -> Value {
      let one = try slice(x, axis: last, i, i + 1)
      return x.rank == 1 ? try reshape(one, []) : try squeeze(one, [last])
    }
    return try complex(part(0), part(1))
  }
}

extension ATenCall {
  /// An operand that may be complex.
  fileprivate func operand(_ name: String = "self") throws -> Value {
    guard let value = try optional(name) else { throw Refusal("the argument \(name) is missing") }
    return value
  }

  /// Real and imaginary part of an operand.
  fileprivate func parts(_ name: String = "self") throws -> (Value, Value) {
    let value = try operand(name)
    if let items = value.items { return (items[0], items[1]) }
    let real = try b.float(value)
    return (real, b.number(0, like: real))
  }

  /// Whether one of the operands is complex.
  var hasComplexOperand: Bool {
    node.inputs.contains { input in
      switch input.value {
      case .tensor(let name): (try? converter.read(name, in: scope))?.items != nil
      case .tensors(let names): names.contains { (try? converter.read($0, in: scope))?.items != nil }
      default: false
      }
    }
  }

  /// The results of an operator with complex operands.
  func lowerComplex(_ name: OperatorName) throws -> [Value]? {
    if let rule = ATenComplex.complexRules[name.base] { return [try rule(self)] }
    if name.base == "cat" || name.base == "stack" || name.base == "concat" {
      let all = try tensorsOrPairs("tensors")
      guard let first = all.first else { throw Refusal("no tensors") }
      let given = try int("dim", 0)
      let isStack = name.base == "stack"
      let axis = given < 0 ? given + first.0.rank + (isStack ? 1 : 0) : given
      func joined(_ parts: [Value]) throws -> Value { try isStack ? b.stack(parts, axis: axis) : b.concat(parts, axis: axis) }
      return [try b.complex(joined(all.map(\.0)), joined(all.map(\.1)))]
    }
    guard ATenComplex.partwise.contains(name.base), let rule = ATenRules.find(name), let first = node.inputs.first,
      case .tensor = first.value, let items = try optional(first.name)?.items
    else { return nil }
    let results = try items.map { part -> [Value] in
      var again = self
      again.base = part
      return try rule.lower(again)
    }
    return try zip(results[0], results[1]).map { try b.complex($0, $1) }
  }

  private func tensorsOrPairs(_ name: String) throws -> [(Value, Value)] {
    guard case .tensors(let names) = argument(name) else { throw Refusal("the argument \(name) is no list of tensors") }
    return try names.map {
      let value = try converter.read($0, in: scope)
      if let items = value.items { return (items[0], items[1]) }
      return (value, b.number(0, like: value))
    }
  }

  // MARK: Transforms

  /// Multiplies an axis by a matrix of `count` rows.
  private func product(_ x: Value, _ axis: Int, _ count: Int, _ extent: Int, _ element: (Int, Int) -> Double) throws -> Value {
    try Refusal.checkTable(count, extent)
    let matrix = Value(
      constant: Tensor((0..<count * extent).map { Float(element($0 / extent, $0 % extent)) }, shape: [count, extent]), label: "dft")
    let last = x.rank - 1
    if x.rank == 1 { return try b.reshape(b.linear(b.reshape(x, [1, extent]), weight: matrix, bias: nil), [count]) }
    return try b.moveAxis(b.linear(b.moveAxis(x, from: axis, to: last), weight: matrix, bias: nil), from: last, to: axis)
  }

  /// The extent of an axis, cut or padded with zeros.
  private func fitted(_ x: Value, _ axis: Int, _ count: Int) throws -> Value {
    let extent = try x.extent(axis)
    if extent >= count { return try b.slice(x, axis: axis, 0, count) }
    return try b.pad(x, (0..<x.rank).map { (0, $0 == axis ? count - extent : 0) })
  }

  private typealias Pair = (re: Value, im: Value?)

  /// One transform along an axis, with a factor.
  private func transformed(_ x: Pair, _ axis: Int, _ n: Int, count: Int, inverse: Bool, factor: Double) throws -> Pair {
    let sign = inverse ? 1.0 : -1.0
    func angle(_ k: Int, _ j: Int) -> Double { 2 * Double.pi * Double(k * j % n) / Double(n) }
    func cosines(_ v: Value) throws -> Value { try product(v, axis, count, n) { factor * cos(angle($0, $1)) } }
    func sines(_ v: Value) throws -> Value { try product(v, axis, count, n) { sign * factor * sin(angle($0, $1)) } }
    guard let im = x.im else { return (try cosines(x.re), try sines(x.re)) }
    return (try b.sub(cosines(x.re), sines(im)), try b.add(sines(x.re), cosines(im)))
  }

  private func factor(_ n: Int, inverse: Bool) throws -> Double {
    switch try string("norm", "backward") {
    case "ortho": return 1 / Double(n).squareRoot()
    case "forward": return inverse ? 1 : 1 / Double(n)
    default: return inverse ? 1 / Double(n) : 1
    }
  }

  /// The transforms of `torch.fft`.
  fileprivate func transform(_ x: Value, _ given: [Int], _ sizes: [Int?]?) throws -> Value {
    let name = OperatorName(node.target).base
    let isInverse = name.contains("_if") || name.contains("_ir")
    let (takesReal, givesReal) = (name.contains("_rfft"), name.contains("irfft"))
    var pair: Pair = try x.items.map { ($0[0], $0[1]) } ?? (b.float(x), nil)
    let axes = try given.map { try pair.re.axis($0) }
    for (i, axis) in axes.enumerated().reversed() {
      let isLast = i == axes.count - 1
      guard isLast else { continue }
      let extent = try pair.re.extent(axis)
      let wanted = sizes.flatMap { $0.indices.contains(i) ? $0[i] : nil }
      if takesReal {
        let n = wanted ?? extent
        pair = (try fitted(pair.re, axis, n), nil)
        pair = try transformed(pair, axis, n, count: n / 2 + 1, inverse: false, factor: factor(n, inverse: false))
      } else if !givesReal {
        let n = wanted ?? extent
        pair = (try fitted(pair.re, axis, n), try pair.im.map { try fitted($0, axis, n) })
        pair = try transformed(pair, axis, n, count: n, inverse: isInverse, factor: factor(n, inverse: isInverse))
      }
    }
    for (i, axis) in axes.enumerated().dropLast() {
      let n = try sizes.flatMap { $0.indices.contains(i) ? $0[i] : nil } ?? pair.re.extent(axis)
      pair = (try fitted(pair.re, axis, n), try pair.im.map { try fitted($0, axis, n) })
      pair = try transformed(pair, axis, n, count: n, inverse: isInverse, factor: factor(n, inverse: isInverse))
    }
    if givesReal, let axis = axes.last {
      let wanted = sizes.flatMap { $0.indices.contains(axes.count - 1) ? $0[axes.count - 1] : nil }
      let n = try wanted ?? 2 * (pair.re.extent(axis) - 1)
      return try realInverse(pair, axis, n, factor(n, inverse: true))
    }
    return try b.complex(pair.re, pair.im ?? b.mul(pair.re, 0))
  }

  /// The real signal of half a spectrum.
  private func realInverse(_ x: Pair, _ axis: Int, _ n: Int, _ factor: Double) throws -> Value {
    let half = n / 2 + 1
    let re = try fitted(x.re, axis, half)
    func weight(_ k: Int) -> Double { k == 0 || (n % 2 == 0 && k == n / 2) ? 1 : 2 }
    func angle(_ j: Int, _ k: Int) -> Double { 2 * Double.pi * Double(k * j % n) / Double(n) }
    let cosines = try product(re, axis, n, half) { factor * weight($1) * cos(angle($0, $1)) }
    guard let imaginary = x.im else { return cosines }
    let im = try fitted(imaginary, axis, half)
    return try b.sub(cosines, product(im, axis, n, half) { factor * weight($1) * sin(angle($0, $1)) })
  }

  /// The transforms that core ATen has: axes, a kind of normalization, a direction.
  fileprivate func plainTransform() throws -> Value {
    let x = try operand()
    var pair: Pair = try x.items.map { ($0[0], $0[1]) } ?? (b.float(x), nil)
    let axes = try (ints("dim") ?? []).map { try pair.re.axis($0) }
    let isForward = try flag("forward", true)
    let name = OperatorName(node.target).base
    let isReal = name == "_fft_c2r"
    let last = try axes.last.map { isReal ? try int("last_dim_size", 1) : try pair.re.extent($0) } ?? 1
    let count = try axes.dropLast().map { try pair.re.extent($0) }.reduce(last, *)
    // 0: none, 1: by the square root of the number of elements, 2: by the number.
    let kind = try int("normalization", 0)
    var factor = kind == 0 ? 1 : kind == 1 ? 1 / Double(count).squareRoot() : 1 / Double(count)
    for (i, axis) in axes.enumerated() where !(isReal && i == axes.count - 1) {
      let n = try pair.re.extent(axis)
      let isHalf = try i == axes.count - 1 && name == "_fft_r2c" && flag("onesided", true)
      pair = try transformed(pair, axis, n, count: isHalf ? n / 2 + 1 : n, inverse: !isForward, factor: factor)
      factor = 1
    }
    if isReal, let axis = axes.last { return try realInverse(pair, axis, last, factor) }
    return try b.complex(pair.re, pair.im ?? b.mul(pair.re, 0))
  }

  fileprivate func shifted(_ amount: (Int) -> Int) throws -> Value {
    let x = try self.x()
    return try axes(x).reduce(x) { y, axis in
      let extent = try y.extent(axis)
      let by = amount(extent)
      if by == 0 || by == extent { return y }
      return try b.concat([b.slice(y, axis: axis, extent - by, extent), b.slice(y, axis: axis, 0, extent - by)], axis: axis)
    }
  }

  /// The short-time Fourier transform: a convolution with windowed waves.
  fileprivate func shortTimeTransform() throws -> Value {
    var x = try float()
    let n = try int("n_fft", 1)
    let hop = try int("hop_length", n / 4)
    let length = try int("win_length", n)
    guard n > 0, hop > 0, length > 0, length <= n else { throw Refusal("n_fft = \(n), hop_length = \(hop), win_length = \(length)") }
    let isSingle = x.rank == 1
    if isSingle { x = try b.expandDims(x, [0]) }
    if try flag("center") {
      let mode = try string("pad_mode", "reflect")
      x = try b.squeeze(b.pad(b.expandDims(x, [1]), [(0, 0), (0, 0), (n / 2, n / 2)], mode: mode), [1])
    }
    guard let window = try optional("window")?.tensor()?.floats() ?? Optional(Array(repeating: 1, count: length)), window.count == length
    else {
      throw Refusal("its window must be constant, with \(length) elements")
    }
    let start = (n - length) / 2
    let bins = try flag("onesided", true) ? n / 2 + 1 : n
    let factor = try flag("normalized") ? 1 / Double(n).squareRoot() : 1
    try Refusal.checkTable(2 * bins, n)
    func waves(_ wave: (Double) -> Double) -> [Float] {
      (0..<bins * n).map { i in
        let (k, j) = (i / n, i % n)
        guard (start..<start + length).contains(j) else { return 0 }
        return Float(factor * Double(window[j - start]) * wave(2 * Double.pi * Double(k * j % n) / Double(n)))
      }
    }
    let kernel = Value(constant: Tensor(waves(cos) + waves { -sin($0) }, shape: [2 * bins, 1, n]), label: "stft")
    let frames = try standard1("Conv", [b.expandDims(x, [1]), kernel], ["strides": .ints([hop])])
    let parts = try b.split(frames, [bins, bins], axis: 1).map { isSingle ? try b.squeeze($0, [0]) : $0 }
    return try b.complex(parts[0], parts[1])
  }
}
