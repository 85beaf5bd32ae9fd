// SPDX-License-Identifier: Apache-2.0
// Shapes: reading them, changing them.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Shapes {
  static let rules: [Rule] = [
    .one("Identity") { n in
      guard let value = n.optional(0) else { throw Refusal("operand 1 is missing") }
      return value
    },
    Rule("Dropout") { n in
      let x = try n.x()
      let isTraining = n.version >= 12 && n.has(2) ? try n.constant(2, "training_mode").integers().first != 0 : false
      if isTraining, n.has(1) ? try n.constant(1, "the ratio").doubles().first != 0 : true {
        throw Refusal("it drops elements, as in training")
      }
      if n.version < 7, n.attribute("is_test") != nil, try !n.flag("is_test") { throw Refusal("it drops elements, as in training") }
      guard n.wants(1) else { return [x] }
      return [x, try n.b.filled(x.shape(), 1, .bool).typed(.bool)]
    },
    .one("Shape") { n in
      let x = try n.x()
      func clamp(_ position: Int) -> Int { Swift.min(Swift.max(position < 0 ? position + x.rank : position, 0), x.rank) }
      let (start, end) = (clamp(try n.int("start", 0)), clamp(try n.int("end", x.rank)))
      guard start < end else { return Value(constant: Tensor(integers: [], dtype: .int32, shape: [0]), element: .int64) }
      let part = Array(x.dims[start..<end])
      let all = try n.b.shapeVector(x)
      if part.allSatisfy({ $0 != nil }) { return n.b.constant(part.compactMap { $0 }).typed(.int64) }
      return try n.b.slice(all, axis: 0, start, end).knowing(part).typed(.int64)
    },
    .one("Size") { n in
      let x = try n.x()
      if let shape = x.knownShape {
        return Value(constant: Tensor(integers: [shape.elementCount], dtype: .int32, shape: []), element: .int64)
      }
      return try n.b.emit("reduce_prod", ["x": n.b.shapeVector(x), "axes": [0], "keep_dims": false]).typed(.int64)
    },
    .one("Reshape") { n in try n.reshape() },
    .one("Flatten") { n in
      let x = try n.x()
      let given = try n.int("axis", 1)
      let axis = given < 0 ? given + x.rank : given
      guard (0...x.rank).contains(axis) else { throw Refusal("axis \(given) does not exist in a tensor of rank \(x.rank)") }
      if let shape = x.knownShape { return try n.b.reshape(x, [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)]) }
      let inner = x.dims[axis...].compactMap { $0 }
      if inner.count == x.rank - axis { return try n.b.emit("reshape", ["x": x, "shape": [-1, inner.reduce(1, *)]]) }
      let outer = x.dims[..<axis].compactMap { $0 }
      if outer.count == axis { return try n.b.emit("reshape", ["x": x, "shape": [outer.reduce(1, *), -1]]) }
      return try n.b.emit("flatten2d", ["x": x, "axis": axis])
    },
    .one("Squeeze") { n in
      let x = try n.x()
      let axes = try n.axes(x, operand: 1, since: 13) ?? x.shape().enumerated().filter { $0.element == 1 }.map(\.offset)
      guard axes.allSatisfy({ x.dims[$0] == nil || x.dims[$0] == 1 }) else { throw Refusal("an axis to remove has more than one element") }
      guard axes.count < x.rank else { return try n.b.reshape(x, []).knowing(x.partial) }
      return try n.b.squeeze(x, axes)
    },
    .one("Unsqueeze") { n in
      let x = try n.x()
      guard let given = try n.version >= 13 ? n.constantInts(1, "axes") : n.ints("axes") else { throw Refusal("the axes are missing") }
      let rank = x.rank + given.count
      let axes = given.map { $0 < 0 ? $0 + rank : $0 }.sorted()
      guard Set(axes).count == axes.count, axes.allSatisfy({ (0..<rank).contains($0) }) else {
        throw Refusal("axes \(given) for a result of rank \(rank)")
      }
      return try n.b.expandDims(x, axes).knowing(x.rank == 0 ? x.partial : nil)
    },
    .one("Transpose") { n in
      let x = try n.x()
      let order = try n.ints("perm") ?? Array((0..<x.rank).reversed())
      guard order.sorted() == Array(0..<x.rank) else { throw Refusal("perm = \(order) for a tensor of rank \(x.rank)") }
      return try n.b.labeled(n.b.transpose(x, order), x.label)
    },
    .one("Expand") { n in
      let x = try n.x()
      if let target = try? n.constantInts(1, "the shape"), let shape = x.knownShape {
        guard let result = shape.broadcast(with: target) else { throw Refusal("\(shape) cannot be expanded to \(target)") }
        return try n.b.broadcast(x, to: result)
      }
      return try n.b.expand(x, to: n.x(1))
    },
    .one("Tile") { n in
      let x = try n.x()
      if n.version < 6 {
        let axis = try x.axis(n.constantInts(2, "the axis")?.first ?? 0)
        var repeats = Array(repeating: 1, count: x.rank)
        repeats[axis] = try n.constantInts(1, "the number of tiles")?.first ?? 1
        return try n.b.tile(x, repeats)
      }
      if let repeats = try n.x(1).integers() {
        guard repeats.count == x.rank else { throw Refusal("\(repeats.count) repeats for a tensor of rank \(x.rank)") }
        guard repeats.allSatisfy({ $0 > 0 }) else { throw Refusal("a tensor without elements") }
        return try n.b.tile(x, repeats)
      }
      return try n.b.emit("tile", ["x": x, "reps": n.x(1)])
    },
    .one("DepthToSpace") { n in
      let x = try n.x()
      let size = try n.int("blocksize", 1)
      guard x.rank == 4, size > 0, try x.extent(1) % (size * size) == 0 else {
        throw Refusal("blocks of \(size) for \(x.dims.map { $0 ?? -1 })")
      }
      if try n.string("mode", "DCR") == "CRD" {
        return try n.b.asFloat(x) { try n.b.emit("pixel_shuffle", ["x": $0, "upscale_factor": size]) }
      }
      return try n.b.asFloat(x) { try n.b.emit("depth_to_space", ["x": $0, "block_size": size]) }
    },
    .one("SpaceToDepth") { n in
      let x = try n.x()
      let size = try n.int("blocksize", 1)
      guard x.rank == 4, size > 0, x.dims[2...].allSatisfy({ $0.map { $0 % size == 0 } ?? true }) else {
        throw Refusal("blocks of \(size) for \(x.dims.map { $0 ?? -1 })")
      }
      if try n.string("mode", "DCR") == "CRD" {
        guard n.b.opset >= .iOS16 else { throw Refusal("mode = CRD needs iOS16") }
        let factor = Tensor(integers: [size], dtype: .uint32, shape: [])
        return try n.b.asFloat(x) { try n.b.emit("pixel_unshuffle", ["x": $0, "downscale_factor": factor]) }
      }
      return try n.b.asFloat(x) { try n.b.emit("space_to_depth", ["x": $0, "block_size": size]) }
    },
  ]
}

extension Node {
  fileprivate func reshape() throws -> Value {
    let x = try self.x()
    let keepsZero = try flag("allowzero")
    let target = version < 5 ? try ints("shape").map { $0.map(Optional.some) } : nil
    let known: [Int?]? = try target ?? self.x(1).integers()?.map(Optional.some) ?? self.x(1).partial
    if let known {
      var wanted: [Int?] = known.enumerated().map { i, extent in
        extent == 0 && !keepsZero ? (x.dims.indices.contains(i) ? x.dims[i] : 0) : extent
      }
      // One unknown extent can be left to the reshape.
      if wanted.count(where: { $0 == nil }) == 1, !wanted.contains(-1), let open = wanted.firstIndex(where: { $0 == nil }) {
        wanted[open] = -1
      }
      let resolved = wanted.compactMap { $0 }
      if resolved.count == wanted.count {
        guard !resolved.contains(0) else { throw Refusal("a tensor without elements, of shape \(resolved)") }
        guard resolved.count(where: { $0 < 0 }) <= 1, resolved.allSatisfy({ $0 >= -1 }) else {
          throw Refusal("the shape \(known.map { $0 ?? -1 })")
        }
        if let shape = x.knownShape, let open = resolved.firstIndex(of: -1) {
          var complete = resolved
          complete[open] = 1
          let rest = complete.elementCount
          guard rest > 0, shape.elementCount % rest == 0 else { throw Refusal("\(shape) cannot be reshaped to \(resolved)") }
          complete[open] = shape.elementCount / rest
          return try b.labeled(b.reshape(x, complete), x.label)
        }
        if let shape = x.knownShape, shape.elementCount != resolved.elementCount {
          throw Refusal("\(shape) cannot be reshaped to \(resolved)")
        }
        return try b.labeled(b.reshape(x, resolved), x.label).knowing(x.partial)
      }
    }
    return try b.emit("reshape", ["x": x, "shape": b.int(self.x(1))])
  }
}

extension Builder {
  /// Broadcasts to a shape that is known at run time only.
  func expand(_ x: Value, to shape: Value) throws -> Value {
    guard let rank = shape.dims[0] else { throw Refusal("the number of axes of the shape must be known") }
    let full = try withRank(x, rank)
    if let shape = shape.partial, full.rank == rank, zip(full.dims, shape).allSatisfy({ $0 != nil && $0 == $1 }) { return full }
    // Multiplying by ones broadcasts in both directions.
    if full.isBool {
      let ones = try emit("fill", ["shape": shape, "value": Tensor(scalar: true)])
      return try and(full, ones)
    }
    let ones = try emit(
      "fill", ["shape": int(shape), "value": full.isFloat ? Tensor(scalar: Float(1)) : Tensor(integers: [1], dtype: .int32, shape: [])])
    return try mul(full, ones)
  }
}
