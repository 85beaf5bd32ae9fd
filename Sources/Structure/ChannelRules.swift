// SPDX-License-Identifier: Apache-2.0
// How the channels of an operation's outputs follow from those of its operands.

import MIL
import Operators
import ProgramEdits
import Tensors

/// The rules of operators. An operator without a rule fixes all channels that it reads.
enum ChannelRules {
  /// Operators that treat every element alike.
  private static let elementwise: Set<String> = [
    "relu", "relu6", "leaky_relu", "elu", "sigmoid", "sigmoid_hard", "tanh", "scaled_tanh", "silu", "gelu", "erf", "exp", "exp2", "abs",
    "sqrt",
    "square", "rsqrt", "inverse", "log", "clip", "softplus", "softsign", "thresholded_relu", "linear_activation", "cast", "identity",
    "floor",
    "ceil", "round", "sign", "sin", "cos", "logical_not", "threshold", "clamped_relu",
  ]
  private static let binary: Set<String> = ["add", "sub", "mul", "real_div", "maximum", "minimum", "pow", "floor_div", "mod"]
  /// Operators of pixels: axes whose extent stays keep their channels.
  private static let spatial: Set<String> = [
    "avg_pool", "max_pool", "l2_pool", "upsample_nearest_neighbor", "upsample_bilinear", "resize_nearest_neighbor", "resize_bilinear",
    "resize",
    "crop", "crop_resize", "pad", "slice_by_index", "slice_by_size",
  ]
  private static let reductions: Set<String> = [
    "reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_sum_square", "reduce_l2_norm", "reduce_l1_norm", "reduce_prod",
  ]

  static func apply(_ operation: Operation, _ number: Int, to graph: inout ChannelGraph) {
    guard operation.blocks.isEmpty, operation.outputs.allSatisfy({ graph.extents($0.name) != nil }),
      run(operation, number, &graph)
    else { return fix(operation, &graph) }
  }

  /// Nothing that the operation reads can be removed.
  private static func fix(_ operation: Operation, _ graph: inout ChannelGraph) {
    var names: Set<String> = []
    operation.collectReads(&names)
    for name in names.sorted() { graph.fix(name) }
  }

  private static func run(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    let type = operation.type
    guard let output = operation.outputs.first?.name else { return true }
    let x = operation.bindings("x")?.first?.name
    if elementwise.contains(type) {
      guard let x, operation.outputs.count == 1 else { return false }
      graph.set(output, graph.axes(of: x))
      return true
    }
    if binary.contains(type) { return broadcast(operation, number, &graph) }
    if spatial.contains(type) {
      guard let x, let before = graph.extents(x), let after = graph.extents(output), before.count == after.count else { return false }
      return passEqual(x, [output], before, after, &graph)
    }
    if reductions.contains(type) { return reduce(operation, number, &graph) }
    switch type {
    case "conv": return convolve(operation, number, &graph)
    case "linear": return multiply(operation, number, weight: "weight", outputAxis: 0, &graph)
    case "matmul": return product(operation, number, &graph)
    case "batch_norm", "instance_norm", "prelu": return normalizeChannels(operation, number, &graph)
    case "layer_norm", "softmax", "l2_norm": return normalizeAxes(operation, number, &graph)
    case "concat": return concatenate(operation, number, &graph)
    case "split": return split(operation, &graph)
    case "transpose":
      guard let x, let order = graph.integers(operation, number, "perm") else { return false }
      let axes = graph.axes(of: x)
      guard order.count == axes.count else { return false }
      graph.set(output, order.map { axes[$0 < 0 ? $0 + axes.count : $0] })
      return true
    case "reshape", "expand_dims", "squeeze": return reshape(operation, number, &graph)
    case "scaled_dot_product_attention": return attend(operation, &graph)
    default: return false
    }
  }

  // MARK: Elementwise

  private static func broadcast(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let output = operation.outputs.first?.name, let after = graph.extents(output) else { return false }
    var result = [ChannelAxis](repeating: nil, count: after.count)
    // Axes with channels first, so that constants can follow them.
    for parameter in ["x", "y"] where graph.constant(operation, number, parameter) == nil {
      guard let name = operation.bindings(parameter)?.first?.name, let extents = graph.extents(name) else { return false }
      let axes = graph.axes(of: name)
      for (i, axis) in axes.enumerated() {
        let at = i + after.count - axes.count
        guard at >= 0 else { return false }
        if extents[i] == 1, after[at] != 1 { graph.fix(axis) } else if let axis { result[at] = graph.join(result[at], axis) }
      }
    }
    for parameter in ["x", "y"] {
      let constant = graph.constant(operation, number, parameter)
      let name = operation.bindings(parameter)?.first?.name
      guard let extents = constant?.tensor.shape ?? name.flatMap({ graph.extents($0)?.map { $0 ?? 0 } }) else { return false }
      for (i, extent) in extents.enumerated() where extent != 1 {
        let at = i + after.count - extents.count
        guard let channels = result[at] else { continue }
        if let constant {
          if extent == channels.count { graph.cut(constant.place, i, with: channels, by: number) } else { graph.fix(channels) }
        } else if let name, graph.axes(of: name)[i] == nil {
          // The other operand has values of its own here.
          graph.fix(channels)
        }
      }
    }
    graph.set(output, result)
    return true
  }

  private static func passEqual(
    _ x: String, _ outputs: [String], _ before: [Int?], _ after: [Int?], _ graph: inout ChannelGraph
  ) -> Bool {
    var axes = graph.axes(of: x)
    for i in axes.indices where axes[i] != nil && before[i] != after[i] {
      graph.fix(axes[i])
      axes[i] = nil
    }
    for output in outputs { graph.set(output, axes) }
    return true
  }

  private static func reduce(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let output = operation.outputs.first?.name else { return false }
    let axes = graph.axes(of: x)
    let reduced = (graph.integers(operation, number, "axes") ?? Array(axes.indices)).map { $0 < 0 ? $0 + axes.count : $0 }
    let keeps = graph.constant(operation, number, "keep_dims")?.tensor.integers().first == 1
    for axis in reduced where axes.indices.contains(axis) { graph.fix(axes[axis]) }
    graph.set(output, axes.indices.compactMap { i -> ChannelAxis? in reduced.contains(i) ? (keeps ? .some(nil) : nil) : .some(axes[i]) })
    return true
  }

  // MARK: Products

  private static func convolve(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let weight = graph.constant(operation, number, "weight"),
      let output = operation.outputs.first?.name, let rank = graph.extents(output)?.count, rank >= 3
    else { return false }
    let shape = weight.tensor.shape
    let groups = graph.constant(operation, number, "groups")?.tensor.integers().first ?? 1
    let bias = graph.constant(operation, number, "bias")
    guard bias != nil || operation.bindings("bias") == nil else { return false }
    var result = [ChannelAxis](repeating: nil, count: rank)
    let input = graph.axes(of: x)
    for axis in input.indices where axis != 1 { graph.fix(input[axis]) }
    let channels: [Int]
    if groups == 1 {
      graph.consume(number, weight.place, 1, x, 1)
      channels = graph.make(shape[0])
      graph.produce(number, weight.place, 0, channels)
    } else if groups == shape[0], shape[1] == 1 {
      guard let own = input[1], own.count == shape[0] else { return true }
      channels = own
      graph.cut(weight.place, 0, with: own, by: number)
      graph.count(groupsOf: number, own)
    } else {
      return false
    }
    if let bias { graph.cut(bias.place, 0, with: channels, by: number) }
    result[1] = channels
    graph.set(output, result)
    return true
  }

  /// A product of the last axis with a constant matrix.
  private static func multiply(
    _ operation: Operation, _ number: Int, weight parameter: String, outputAxis: Int, _ graph: inout ChannelGraph
  ) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let weight = graph.constant(operation, number, parameter),
      weight.tensor.rank == 2, let output = operation.outputs.first?.name, let rank = graph.extents(output)?.count, rank >= 1
    else { return false }
    let bias = graph.constant(operation, number, "bias")
    guard bias != nil || operation.bindings("bias") == nil else { return false }
    var result = graph.axes(of: x)
    guard result.count == rank else { return false }
    graph.consume(number, weight.place, 1 - outputAxis, x, rank - 1)
    let channels = graph.make(weight.tensor.shape[outputAxis])
    graph.produce(number, weight.place, outputAxis, channels)
    if let bias { graph.cut(bias.place, 0, with: channels, by: number) }
    result[rank - 1] = channels
    graph.set(output, result)
    return true
  }

  private static func product(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    func flag(_ parameter: String) -> Bool { graph.constant(operation, number, parameter)?.tensor.integers().first == 1 }
    let (tx, ty) = (flag("transpose_x"), flag("transpose_y"))
    if let y = graph.constant(operation, number, "y"), y.tensor.rank == 2, !tx {
      return multiply(operation, number, weight: "y", outputAxis: ty ? 0 : 1, &graph)
    }
    guard let x = operation.bindings("x")?.first?.name, let y = operation.bindings("y")?.first?.name,
      let output = operation.outputs.first?.name,
      graph.constant(operation, number, "x") == nil, graph.constant(operation, number, "y") == nil
    else { return false }
    let (a, b) = (graph.axes(of: x), graph.axes(of: y))
    guard a.count == b.count, a.count >= 2, let p = graph.extents(x), let q = graph.extents(y) else { return false }
    let n = a.count
    let (ak, am) = tx ? (n - 2, n - 1) : (n - 1, n - 2)
    let (bk, bn) = ty ? (n - 1, n - 2) : (n - 2, n - 1)
    var result = [ChannelAxis](repeating: nil, count: n)
    for i in 0..<n - 2 {
      guard p[i] == q[i], (a[i] == nil) == (b[i] == nil) else {
        graph.fix(a[i])
        graph.fix(b[i])
        continue
      }
      result[i] = graph.join(a[i], b[i])
    }
    if a[ak] == nil || b[bk] == nil {
      graph.fix(a[ak])
      graph.fix(b[bk])
    } else {
      _ = graph.join(a[ak], b[bk])
    }
    (result[n - 2], result[n - 1]) = (a[am], b[bn])
    graph.set(output, result)
    return true
  }

  private static func attend(_ operation: Operation, _ graph: inout ChannelGraph) -> Bool {
    guard let q = operation.bindings("query")?.first?.name, let k = operation.bindings("key")?.first?.name,
      let v = operation.bindings("value")?.first?.name, let output = operation.outputs.first?.name
    else { return false }
    let (a, b, c) = (graph.axes(of: q), graph.axes(of: k), graph.axes(of: v))
    guard a.count == b.count, b.count == c.count, a.count >= 3 else { return false }
    let n = a.count
    if let mask = operation.bindings("attn_mask")?.first?.name { graph.fix(mask) }
    var result = [ChannelAxis](repeating: nil, count: n)
    for i in 0..<n - 2 {
      let all = [a[i], b[i], c[i]]
      // A mask with heads of its own would have to be cut too.
      let hasMask = operation.bindings("attn_mask") != nil && i == n - 3
      guard all.allSatisfy({ $0 != nil }) || all.allSatisfy({ $0 == nil }), !hasMask || maskIsShared(operation, i, n, graph) else {
        for axis in all { graph.fix(axis) }
        continue
      }
      result[i] = graph.join(graph.join(a[i], b[i]), c[i])
    }
    // The scale is that of the query's extent, and keys and values have the same positions.
    for axis in [a[n - 1], b[n - 1], a[n - 2], b[n - 2], c[n - 2]] { graph.fix(axis) }
    result[n - 1] = c[n - 1]
    graph.set(output, result)
    return true
  }

  private static func maskIsShared(_ operation: Operation, _ axis: Int, _ rank: Int, _ graph: ChannelGraph) -> Bool {
    guard let binding = operation.bindings("attn_mask")?.first else { return true }
    let shape: [Int?]?
    switch binding {
    case .constant(let constant): shape = constant.tensor?.shape.map { $0 }
    case .name(let name): shape = graph.extents(name)
    }
    guard let shape else { return false }
    let at = axis - (rank - shape.count)
    return at < 0 || shape[at] == 1
  }

  // MARK: Norms

  /// Statistics of each channel, or parameters for each.
  private static func normalizeChannels(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let output = operation.outputs.first?.name else { return false }
    let axes = graph.axes(of: x)
    guard axes.count >= 2 else { return false }
    for parameter in ["mean", "variance", "gamma", "beta", "alpha"] where operation.bindings(parameter) != nil {
      guard let constant = graph.constant(operation, number, parameter) else { return false }
      if constant.tensor.count > 1 || axes[1]?.count == 1 { graph.cut(constant.place, 0, with: axes[1], by: number) }
    }
    graph.set(output, axes)
    return true
  }

  /// Statistics over axes, whose channels all count.
  private static func normalizeAxes(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let output = operation.outputs.first?.name else { return false }
    var axes = graph.axes(of: x)
    let given = graph.integers(operation, number, operation.type == "softmax" ? "axis" : "axes") ?? [-1]
    let over = operation.type == "l2_norm" ? Array(axes.indices) : given.map { $0 < 0 ? $0 + axes.count : $0 }
    for axis in over where axes.indices.contains(axis) {
      graph.fix(axes[axis])
      axes[axis] = nil
    }
    graph.set(output, axes)
    return true
  }

  // MARK: Movement

  private static func concatenate(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    let names = operation.bindings("values")?.compactMap(\.name) ?? []
    guard let output = operation.outputs.first?.name, let rank = graph.extents(output)?.count, !names.isEmpty,
      names.count == operation.bindings("values")?.count, let given = graph.integers(operation, number, "axis")?.first,
      graph.constant(operation, number, "interleave")?.tensor.integers().first ?? 0 == 0
    else { return false }
    let axis = given < 0 ? given + rank : given
    let all = names.map { graph.axes(of: $0) }
    guard all.allSatisfy({ $0.count == rank }) else { return false }
    var result = [ChannelAxis](repeating: nil, count: rank)
    for i in 0..<rank where all.contains(where: { $0[i] != nil }) {
      if i == axis {
        var channels: [Int] = []
        for (name, axes) in zip(names, all) {
          if let own = axes[i] {
            channels += own
          } else {
            guard let extent = graph.extents(name)?[i] else { return false }
            let others = graph.make(extent)
            graph.fix(others)
            channels += others
          }
        }
        result[i] = channels
      } else if all.allSatisfy({ $0[i] != nil }) {
        for axes in all { result[i] = graph.join(result[i], axes[i]) }
      } else {
        for axes in all { graph.fix(axes[i]) }
      }
    }
    graph.set(output, result)
    return true
  }

  private static func split(_ operation: Operation, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let before = graph.extents(x), let first = operation.outputs.first,
      let after = graph.extents(first.name), after.count == before.count
    else { return false }
    return passEqual(x, operation.outputs.map(\.name), before, after, &graph)
  }

  /// Axes that are split into several or merged into one: `[C, H·W]`, or heads of a fixed size.
  private static func reshape(_ operation: Operation, _ number: Int, _ graph: inout ChannelGraph) -> Bool {
    guard let x = operation.bindings("x")?.first?.name, let output = operation.outputs.first?.name, let before = graph.extents(x),
      let after = graph.extents(output)
    else { return false }
    let axes = graph.axes(of: x)
    guard axes.contains(where: { $0 != nil }) else { return true }
    if operation.type == "reshape", graph.constant(operation, number, "shape") == nil { return false }
    guard let segments = Self.segments(before, after) else { return false }
    var result = [ChannelAxis](repeating: nil, count: after.count)
    for (from, to) in segments {
      let known = from.filter { axes[$0] != nil }
      guard let axis = known.first, let channels = axes[axis] else { continue }
      let inner = from.filter { $0 > axis }.reduce(1) { $0 * (before[$1] ?? 1) }
      let outer = from.filter { $0 < axis }.reduce(1) { $0 * (before[$1] ?? 1) }
      let targets = to.filter { after[$0] != 1 }
      if known.count == 1, targets.count == 1 {
        result[targets[0]] = (0..<outer).flatMap { _ in channels.flatMap { Array(repeating: $0, count: inner) } }
      } else if known.count == 1, inner == 1, outer == 1, let first = targets.first, let count = after[first], channels.count % count == 0 {
        // A block of channels becomes one index of the first axis: heads.
        let size = channels.count / count
        for block in 0..<count {
          for i in 1..<max(size, 2) where i < size { graph.join(channels[block * size], channels[block * size + i]) }
        }
        result[first] = (0..<count).map { channels[$0 * size] }
      } else {
        for axis in known { graph.fix(axes[axis]) }
      }
    }
    graph.set(output, result)
    if operation.type == "reshape" { graph.reshape(number, to: result) }
    return true
  }

  /// Axes of the operand and of the result with equal products, in order; `nil` if open extents hide them.
  private static func segments(_ before: [Int?], _ after: [Int?]) -> [(from: [Int], to: [Int])]? {
    var result: [(from: [Int], to: [Int])] = []
    var (i, j) = (0, 0)
    while i < before.count || j < after.count {
      if i < before.count, j < after.count, before[i] == nil, after[j] == nil {
        result.append(([i], [j]))
        (i, j) = (i + 1, j + 1)
        continue
      }
      var (from, to): ([Int], [Int]) = ([], [])
      var (p, q) = (1, 1)
      repeat {
        if i < before.count, from.isEmpty || p < q {
          guard let extent = before[i], extent > 0 else { return nil }
          p *= extent
          from.append(i)
          i += 1
        } else if j < after.count, to.isEmpty || q < p {
          guard let extent = after[j], extent > 0 else { return nil }
          q *= extent
          to.append(j)
          j += 1
        } else if p != q {
          return nil
        }
      } while p != q || i < before.count && from.isEmpty || j < after.count && to.isEmpty
      result.append((from, to))
    }
    return result
  }
}
