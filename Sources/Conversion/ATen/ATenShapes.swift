// SPDX-License-Identifier: Apache-2.0
// Shapes and orders of axes in PyTorch; copies and conversions.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenShapes {
  static let rules: [ATenRule] = [
    .one("view", "reshape", "_unsafe_view", "view_copy", "_reshape_alias") { c in
      let x = try c.x()
      guard let sizes = try c.extents(c.has("size") ? "size" : "shape") else {
        guard c.has("dtype") else { return try c.b.reshape(x, []) }
        guard let element = c.declared(), element == x.element else { throw Refusal("it reads the bits of a tensor as another type") }
        return x
      }
      return try c.b.reshaped(x, sizes, c)
    },
    .one("view_as", "reshape_as") { c in try c.b.reshaped(c.x(), c.b.sizes(c.x("other")), c) },
    .one("flatten", "ravel") { c in
      let x = try c.x()
      if x.rank == 0 { return try c.b.reshape(x, [1]) }
      let (first, last) = (try x.axis(c.int("start_dim", 0)), try x.axis(c.int("end_dim", -1)))
      guard first < last else { return x }
      let sizes = try c.b.sizes(x)
      return try c.b.reshaped(x, sizes[..<first] + [c.b.integer(-1)] + sizes[(last + 1)...], c)
    },
    .one("unflatten") { c in
      let x = try c.x()
      let axis = try c.axis(x)
      let sizes = try c.b.sizes(x)
      return try c.b.reshaped(x, sizes[..<axis] + (c.extents("sizes") ?? []) + sizes[(axis + 1)...], c)
    },
    .one("squeeze", "squeeze_copy") { c in
      let x = try c.x()
      let axes = try (c.ints("dim")?.map { x.rank == 0 ? 0 : try x.axis($0) } ?? Array(0..<x.rank)).filter { x.rank > 0 && x.dims[$0] == 1 }
      return axes.count == x.rank ? try c.b.reshape(x, []) : try c.b.squeeze(x, axes)
    },
    .one("unsqueeze", "unsqueeze_copy") { c in
      let x = try c.x()
      let given = try c.int("dim", 0)
      let axis = given < 0 ? given + x.rank + 1 : given
      guard (0...x.rank).contains(axis) else { throw Refusal("axis \(given) does not exist") }
      return try c.b.expandDims(x, [axis])
    },
    .one(
      "permute", "permute_copy", "transpose", "transpose_copy", "t", "t_copy", "swapaxes", "swapdims", "movedim", "moveaxis", "numpy_T",
      "mT",
      "adjoint", "matrix_H"
    ) { c in
      let x = try c.x()
      return try c.b.labeled(c.b.transpose(x, c.order(x.rank)), x.label)
    },
    .one("expand", "expand_copy", "broadcast_to") { c in
      let x = try c.x()
      guard var sizes = try c.extents("size") else { throw Refusal("the sizes are missing") }
      let offset = sizes.count - x.rank
      // −1 keeps the extent.
      for (i, size) in sizes.enumerated() where size.integers()?.first == -1 {
        guard i >= offset else { throw Refusal("a new axis without an extent") }
        sizes[i] = try c.b.extent(x, i - offset)
      }
      return try c.b.expanded(x, sizes)
    },
    .one("expand_as") { c in try c.b.expanded(c.x(), c.b.sizes(c.x("other"))) },
    ATenRule("broadcast_tensors") { c in
      let all = try c.tensors("tensors")
      let shape = try all.reduce(Shape()) { shape, x in
        guard let result = try shape.broadcast(with: x.shape()) else { throw Refusal("shapes that do not match") }
        return result
      }
      return try all.map { try c.b.broadcast($0, to: shape) }
    },
    .one("repeat") { c in
      let x = try c.x()
      guard let repeats = try c.extents("repeats") else { throw Refusal("the repeats are missing") }
      return try c.b.repeated(c.b.withRank(x, repeats.count), repeats)
    },
    .one("tile") { c in
      let x = try c.x()
      guard let repeats = try c.extents("dims") else { throw Refusal("the repeats are missing") }
      let full = Array(repeating: c.b.integer(1), count: Swift.max(x.rank - repeats.count, 0)) + repeats
      return try c.b.repeated(c.b.withRank(x, full.count), full)
    },
    .one("repeat_interleave.self_int", "repeat_interleave.self_Tensor", "repeat_interleave") { c in
      guard c.has("self"), c.has("repeats") else { throw Refusal("the size of its result depends on the data") }
      var x = try c.x()
      guard let counts = try c.x("repeats").integers() else { throw Refusal("repeats must be constant") }
      if !c.has("dim") { x = try c.b.flattened(x) }
      let axis = try c.has("dim") ? c.axis(x) : 0
      guard let extent = x.dims[axis] else {
        guard counts.count == 1, counts[0] > 0 else { throw Refusal("\(counts.count) repeats of an extent that is not fixed") }
        let last = try c.b.mul(c.b.extent(x, axis), c.b.integer(counts[0]))
        return try c.b.gather(x, c.b.floorDiv(c.b.range(last), c.b.integer(counts[0])), axis: axis)
      }
      guard counts.count == 1 || counts.count == extent, counts.allSatisfy({ (0...Refusal.largestTable).contains($0) }) else {
        throw Refusal("\(counts.count) repeats for \(extent) elements")
      }
      try Refusal.checkTable(counts.count == 1 ? counts[0] * extent : counts.reduce(0, +))
      let picks = (0..<extent).flatMap { i in Array(repeating: i, count: counts[counts.count == 1 ? 0 : i]) }
      return try c.b.gather(x, picks, axis: axis)
    },
    .one(
      "clone", "contiguous", "detach", "detach_copy", "alias", "alias_copy", "lift", "lift_fresh", "lift_fresh_copy", "to", "_to_copy",
      "type_as", "_conj_physical", "resolve_conj", "resolve_neg", "_to_dim_order_copy", "_clone_dim_order", "convert_element_type",
      "device_put", "cpu", "pin_memory", "_autocast_to_full_precision", "_autocast_to_reduced_precision"
    ) { c in
      let x = try c.x(c.node.inputs.first?.name ?? "self")
      guard let target = c.declared() else { return x }
      let y = try c.b.converted(x, to: ExportTypes.category(target))
      // Integers wrap around in narrower types; floats are rounded to halves where precision allows it.
      return x.isInteger && target.isInteger ? try c.b.wrapped(y, target) : y
    },
    .one("copy") { c in
      let (x, source) = (try c.x(), try c.x("src"))
      let y = try c.b.converted(source, to: x.category)
      if let shape = x.knownShape {
        return c.declaredSizes(of: "src") == shape.map(Optional.some) && y.mayHave(shape) ? y : try c.b.broadcast(y, to: shape)
      }
      return y.dims == x.dims ? y : try c.b.expanded(y, c.b.sizes(x))
    },
    .one("pixel_shuffle") { c in try c.shuffled("DepthToSpace", "upscale_factor") },
    .one("pixel_unshuffle") { c in try c.shuffled("SpaceToDepth", "downscale_factor") },
    .one("channel_shuffle", "native_channel_shuffle") { c in
      let x = try c.x()
      let groups = try c.int("groups", 1)
      guard x.rank >= 2, groups > 0, let channels = x.dims[1], channels % groups == 0 else {
        throw Refusal("\(groups) groups of \(x.dims.map { $0 ?? -1 })")
      }
      let inner = try c.b.extents(x, Array(2..<x.rank))
      let parts = try c.b.reshape(x, to: [c.b.extent(x, 0), c.b.integer(groups), c.b.integer(channels / groups), inner])
      return try c.b.reshape(c.b.transpose(parts, [0, 2, 1, 3]), to: c.b.sizes(x))
    },
    .one("diagonal", "diagonal_copy", "linalg_diagonal", "diag") { c in
      let x = try c.x(c.has("A") ? "A" : "self")
      let offset = try c.int("offset", c.int("diagonal", 0))
      if x.rank == 1 {
        // The matrix with this diagonal.
        let n = try x.extent(0)
        return try c.b.diagonalMatrix(c.b.reshape(x, [1, n]), n, offset, [n + abs(offset), n + abs(offset)])
      }
      let isLast = c.has("A")
      let (p, q) = (
        try x.axis(c.int("dim1", isLast ? -2 : 0)), try x.axis(c.int("dim2", isLast ? -1 : 1))
      )
      let kept = (0..<x.rank).filter { $0 != p && $0 != q }
      let moved = try c.b.transpose(x, kept + [p, q])
      let shape = try moved.shape()
      let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
      let (row, column) = (Swift.max(-offset, 0), Swift.max(offset, 0))
      let count = Swift.min(rows - row, columns - column)
      guard count > 0 else { throw Refusal("a diagonal without elements") }
      let flat = try c.b.reshape(moved, Array(shape.dropLast(2)) + [rows * columns])
      return try c.b.gather(flat, (0..<count).map { (row + $0) * columns + column + $0 }, axis: flat.rank - 1)
    },
    .one("diag_embed") { c in
      let x = try c.x()
      let (offset, n) = (try c.int("offset", 0), try x.extent(x.rank - 1))
      let rank = x.rank + 1
      func place(_ name: String, _ fallback: Int) throws -> Int {
        let given = try c.int(name, fallback)
        return given < 0 ? given + rank : given
      }
      let (p, q) = (try place("dim1", -2), try place("dim2", -1))
      let size = n + abs(offset)
      let batch = try Array(x.shape().dropLast())
      let matrix = try c.b.diagonalMatrix(x, n, offset, batch + [size, size])
      // The two new axes are last; move them to their places.
      var order = Array(0..<rank - 2)
      for (axis, source) in [(p, rank - 2), (q, rank - 1)].sorted(by: { $0.0 < $1.0 }) { order.insert(source, at: axis) }
      return try c.b.transpose(matrix, order)
    },
    .one("as_strided", "as_strided_copy") { c in
      let x = try c.x()
      guard let sizes = try c.ints("size"), let strides = try c.ints("stride") else { throw Refusal("size and stride are missing") }
      let (offset, shape) = (try c.int("storage_offset", 0), try x.shape())
      guard sizes.count == strides.count, strides.allSatisfy({ $0 >= 0 }), offset >= 0 else {
        throw Refusal("sizes \(sizes) with strides \(strides)")
      }
      try Refusal.checkTable(sizes)
      let places = sizes.rowMajorStrides
      let picks = (0..<sizes.elementCount).map { i in
        sizes.indices.reduce(offset) { $0 + i / places[$1] % sizes[$1] * strides[$1] }
      }
      guard picks.allSatisfy({ (0..<shape.elementCount).contains($0) }) else { throw Refusal("it reads beyond its operand") }
      let flat = try c.b.reshape(x, [shape.elementCount])
      if picks == Array(0..<picks.count), picks.count == shape.elementCount { return try c.b.reshape(x, sizes) }
      return try c.b.reshape(c.b.gather(flat, picks, axis: 0), sizes)
    },
    .one("atleast_1d", "atleast_2d", "atleast_3d") { c in
      let x = try c.x()
      if c.node.target.contains("atleast_3d"), x.rank == 2 { return try c.b.expandDims(x, [2]) }
      if c.node.target.contains("atleast_3d"), x.rank == 1 { return try c.b.expandDims(x, [0, 2]) }
      return try c.b.withRank(x, c.node.target.contains("1d") ? 1 : c.node.target.contains("2d") ? 2 : 3)
    },
  ]
}

extension ATenCall {
  /// The order of axes that an operator makes.
  func order(_ rank: Int) throws -> [Int] {
    func counted(_ axis: Int) throws -> Int {
      let result = axis < 0 ? axis + rank : axis
      guard (0..<Swift.max(rank, 1)).contains(result) else { throw Refusal("axis \(axis) does not exist in a tensor of rank \(rank)") }
      return result
    }
    var order = Array(0..<rank)
    let name = OperatorName(node.target).base
    switch name {
    case "permute", "permute_copy":
      order = try (ints("dims") ?? []).map(counted)
    case "t", "t_copy", "numpy_T": order = order.reversed()
    case "mT", "adjoint", "matrix_H":
      guard rank >= 2 else { throw Refusal("a tensor of rank \(rank), expected at least 2") }
      order.swapAt(rank - 2, rank - 1)
    case "movedim", "moveaxis":
      let (sources, targets) = (try (ints("source") ?? []).map(counted), try (ints("destination") ?? []).map(counted))
      guard sources.count == targets.count, Set(sources).count == sources.count, Set(targets).count == targets.count else {
        throw Refusal("the axes \(sources) go to \(targets)")
      }
      var places: [Int?] = Array(repeating: nil, count: rank)
      for (source, target) in zip(sources, targets) { places[target] = source }
      var rest = (0..<rank).filter { !sources.contains($0) }
      order = places.map { $0 ?? rest.removeFirst() }
    default:
      let (p, q) = (
        try counted(int("dim0") ?? int("axis0") ?? 0), try counted(int("dim1") ?? int("axis1") ?? 0)
      )
      if rank > 0 { order.swapAt(p, q) }
    }
    guard order.sorted() == Array(0..<rank) else { throw Refusal("the order \(order) of \(rank) axes") }
    return order
  }

  fileprivate func shuffled(_ type: String, _ factor: String) throws -> Value {
    let x = try self.x()
    guard x.rank >= 3 else { throw Refusal("a tensor of rank \(x.rank), expected at least 3") }
    let sizes = try b.sizes(x)
    let flat = x.rank == 4 ? x : try b.reshape(x, to: [b.extents(x, Array(0..<x.rank - 3))] + sizes.suffix(3))
    let y = try standard1(type, [flat], ["blocksize": .int(int(factor, 1)), "mode": .string(Array("CRD".utf8))])
    return x.rank == 4 ? y : try b.reshape(y, to: sizes.dropLast(3) + b.sizes(y).suffix(3))
  }
}

extension Builder {
  /// Reshapes to extents that may be computed.
  func reshaped(_ x: Value, _ sizes: [Value], _ c: ATenCall) throws -> Value {
    if sizes.isEmpty { return try reshape(x, []) }
    var sizes = sizes
    // What the file declares is known, whatever the extents are computed from.
    if let declared = c.declaredSizes, declared.count == sizes.count, x.knownShape == nil {
      sizes = zip(sizes, declared).map { size, extent in extent.map { integer($0) } ?? size }
      let unknown = declared.indices.filter { declared[$0] == nil }
      if unknown.count == 1 { sizes[unknown[0]] = integer(-1) }
    }
    let open = sizes.indices.filter { sizes[$0].integers() == nil }
    // The reshape itself can find out one extent.
    if open.count == 1, !sizes.contains(where: { $0.integers()?.first == -1 }) { sizes[open[0]] = integer(-1) }
    let known = sizes.compactMap { $0.integers()?.first }
    if known.count == sizes.count, known.contains(0) { throw Refusal("a tensor without elements, of shape \(known)") }
    return try c.standard1("Reshape", [x, vector(sizes)], ["allowzero": .int(1)])
  }

  /// Matrices of zeros with the last axis of `x` on a diagonal.
  fileprivate func diagonalMatrix(_ x: Value, _ n: Int, _ offset: Int, _ shape: [Int]) throws -> Value {
    let size = n + abs(offset)
    try Refusal.checkTable(size, size)
    // Element (r, c) takes element r of `x` if c = r + offset.
    let (row, column) = (Swift.max(-offset, 0), Swift.max(offset, 0))
    var mask = Array(repeating: false, count: size * size)
    for i in 0..<n { mask[(row + i) * size + column + i] = true }
    let extended = try asFloat(x) { x in
      try pad(x, Array(repeating: (0, 0), count: x.rank - 1) + [(row, size - n - row)])
    }
    let rows = try expandDims(extended, [x.rank])
    let full = try broadcast(shape.count == 2 ? reshape(rows, [size, 1]) : rows, to: shape)
    return try select(Value(constant: Tensor(mask, shape: [size, size])), full, number(0, like: full))
  }
}
