// SPDX-License-Identifier: Apache-2.0
// Sampling at computed coordinates.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Sampling {
  static let rules: [Rule] = [
    .one("GridSample") { n in try n.gridSample() },
    .one("AffineGrid") { n in
      let theta = try n.x()
      guard let size = try n.constantInts(1, "the size"), size.count == 4 || size.count == 5 else {
        throw Refusal("a size of 4 or 5 extents is needed")
      }
      let spatial = Array(size[2...])
      let aligned = try n.flag("align_corners")
      guard size.allSatisfy({ $0 > 0 }), let count = spatial.checkedElementCount, let all = size.checkedElementCount else {
        throw Refusal("a size of \(size)")
      }
      try Refusal.checkTable(all)
      let strides = spatial.rowMajorStrides
      var base: [Float] = []
      for i in 0..<count {
        for axis in spatial.indices.reversed() {
          let (position, extent) = (Double(i / strides[axis] % spatial[axis]), Double(spatial[axis]))
          base.append(Float(aligned ? (extent > 1 ? 2 * position / (extent - 1) - 1 : 0) : (2 * position + 1) / extent - 1))
        }
        base.append(1)
      }
      let points = Value(constant: Tensor(base, shape: [1, count, spatial.count + 1]))
      let grid = try n.b.matmul(n.b.broadcast(points, to: [size[0], count, spatial.count + 1]), theta, transpose: (false, true))
      return try n.b.reshape(grid, [size[0]] + spatial + [spatial.count])
    },
    .one("RoiAlign") { n in try n.regions() },
    .one("Col2Im") { n in try n.assembled() },
  ]
}

extension Builder {
  func sample(_ x: Value, _ points: Value, mode: String, padding: String, coordinates: String, aligned: Bool) throws -> Value {
    try emit(
      "resample",
      [
        "x": x, "coordinates": points, "sampling_mode": mode, "padding_mode": padding, "padding_value": Float(0),
        "coordinates_mode": coordinates,
        "align_corners": aligned,
      ])
  }
}

extension Node {
  fileprivate func gridSample() throws -> Value {
    let (x, grid) = (try self.x(), try self.x(1))
    let aligned = try flag("align_corners")
    let mode = try string("mode", "linear")
    let padding = try string("padding_mode", "zeros")
    guard ["zeros", "border", "reflection"].contains(padding) else { throw Refusal("padding_mode = \(padding)") }
    if x.rank == 4, mode == "linear" || mode == "bilinear" {
      let border = ["zeros": "constant", "border": "border"][padding] ?? (aligned ? "reflection" : "symmetric")
      return try b.sample(x, grid, mode: "bilinear", padding: border, coordinates: "normalized_minus_one_to_one", aligned: aligned)
    }
    let shape = try x.shape()
    let spatial = Array(shape[2...])
    let out = try Array(grid.shape().dropFirst().dropLast())
    let count = out.elementCount
    let flat = try b.reshape(grid, [shape[0], count, spatial.count])
    // Positions in elements along every axis; the grid's last axis is innermost first.
    let positions = try spatial.indices.map { axis -> Value in
      let coordinate = try b.slice(flat, axis: 2, spatial.count - 1 - axis, spatial.count - axis)
      let extent = Double(spatial[axis])
      let scaled = aligned ? try b.mul(b.add(coordinate, 1), (extent - 1) / 2) : try b.sub(b.mul(b.add(coordinate, 1), extent / 2), 0.5)
      return try b.reshape(scaled, [shape[0], count])
    }
    let pixels = ImagePixels(node: self, x: x, shape: shape, padding: padding, aligned: aligned)
    let sampled = try pixels.sample(positions, mode: mode)
    return try b.reshape(b.transpose(sampled, [0, 2, 1]), [shape[0], shape[1]] + out)
  }

  /// Adds blocks of columns into an image.
  fileprivate func assembled() throws -> Value {
    let x = try self.x()
    guard let image = try constantInts(1, "the image's shape"), let block = try constantInts(2, "the block's shape"),
      image.count == block.count
    else {
      throw Refusal("the shapes of image and block are needed")
    }
    let count = image.count
    let strides = try ints("strides") ?? Array(repeating: 1, count: count)
    let dilations = try ints("dilations") ?? Array(repeating: 1, count: count)
    let pads = try ints("pads") ?? Array(repeating: 0, count: 2 * count)
    guard strides.count == count, dilations.count == count, pads.count == 2 * count, strides.allSatisfy({ $0 > 0 }) else {
      throw Refusal("strides, dilations and pads do not fit the image")
    }
    guard (image + block + strides + dilations + pads).allSatisfy({ $0 >= 0 && $0 < 1 << 24 }), dilations.allSatisfy({ $0 > 0 }) else {
      throw Refusal("the geometry of the blocks")
    }
    try Refusal.checkTable(image.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue })
    try Refusal.checkTable(block.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue })
    let full: [Int] = (0..<count).map { image[$0] + pads[$0] + pads[count + $0] }
    let steps: [Int] = (0..<count).map { axis in
      let reach = dilations[axis] * (block[axis] - 1) + 1
      return (full[axis] - reach) / strides[axis] + 1
    }
    let shape = try x.shape()
    let (taps, positions) = (block.elementCount, steps.elementCount)
    guard shape.count == 3, taps > 0, shape[1] % taps == 0, shape[2] == positions else {
      throw Refusal("\(shape) is not made of \(taps) × \(positions) elements")
    }
    let channels = shape[1] / taps
    let (fullStrides, tapStrides, stepStrides) = (full.rowMajorStrides, block.rowMajorStrides, steps.rowMajorStrides)
    try Refusal.checkTable(taps, positions)
    let indices = (0..<taps * positions).map { i -> Int in
      let (tap, position) = (i / positions, i % positions)
      return (0..<count).reduce(0) { sum, axis in
        let start: Int = position / stepStrides[axis] % steps[axis] * strides[axis]
        let at: Int = start + tap / tapStrides[axis] % block[axis] * dilations[axis]
        return sum + at * fullStrides[axis]
      }
    }
    let rows = shape[0] * channels
    let updates = try b.transpose(b.reshape(x, [rows, taps * positions]), [1, 0])
    let zeros = try b.filled([full.elementCount, rows], 0, .float32)
    let sums = try b.emit("scatter", ["data": zeros, "indices": b.constant(indices), "updates": updates, "axis": 0, "mode": "add"])
    let whole = try b.reshape(b.transpose(sums, [1, 0]), [shape[0], channels] + full)
    var cuts: [Int: (begin: Int, end: Int?, step: Int)] = [:]
    for axis in 0..<count where pads[axis] > 0 || pads[count + axis] > 0 { cuts[axis + 2] = (pads[axis], pads[axis] + image[axis], 1) }
    return cuts.isEmpty ? whole : try b.slice(whole, cuts)
  }

  /// Regions of images, averaged over a fixed number of sampled points in every cell.
  fileprivate func regions() throws -> Value {
    let (x, boxes, batches) = (try self.x(), try self.x(1), try self.x(2))
    let shape = try x.shape()
    let count = try boxes.extent(0)
    let (height, width) = (try int("output_height", 1), try int("output_width", 1))
    let ratio = try int("sampling_ratio", 0)
    guard height > 0, width > 0, height < 1 << 12, width < 1 << 12, ratio < 1 << 10 else {
      throw Refusal("regions of \(height) × \(width) cells")
    }
    guard ratio > 0 else { throw Refusal("sampling_ratio = 0 depends on the size of every region: export with a fixed sampling_ratio") }
    let scale = try float("spatial_scale", 1)
    let isShifted = version >= 16 ? try string("coordinate_transformation_mode", "half_pixel") == "half_pixel" : false
    let mode = try string("mode", "avg")
    // Positions along one axis: [regions, cells · ratio]
    func corner(_ i: Int) throws -> Value {
      let scaled = try b.mul(b.slice(boxes, axis: 1, i, i + 1), scale)
      return isShifted ? try b.sub(scaled, 0.5) : scaled
    }
    func positions(_ first: Int, _ cells: Int) throws -> Value {
      let start = try corner(first)
      let end = try corner(first + 2)
      var size = try b.sub(end, start)
      if !isShifted { size = try b.maximum(size, 1) }
      let count = cells * ratio
      let steps: [Float] = (0..<count).map { Float($0) + 0.5 }.map { $0 / Float(count) }
      return try b.add(start, b.mul(size, Value(constant: Tensor(steps, shape: [1, count]))))
    }
    let (rows, columns) = (try positions(1, height), try positions(0, width))
    let (m, k) = (height * ratio, width * ratio)
    func grid(_ v: Value, _ shape: [Int]) throws -> Value {
      let spread = try b.broadcast(b.reshape(v, shape), to: [count, m, k])
      return try b.reshape(spread, [count, m * k])
    }
    let (ys, xs) = (try grid(rows, [count, m, 1]), try grid(columns, [count, 1, k]))
    // Points further than one element outside of the image count as 0; closer ones are moved to its edge.
    func inside(_ v: Value, _ extent: Int) throws -> Value {
      try b.and(b.compare("greater_equal", v, -1), b.compare("less_equal", v, Double(extent)))
    }
    let isInside = try b.float(b.and(inside(ys, shape[2]), inside(xs, shape[3])))
    func limited(_ v: Value, _ extent: Int) throws -> Value { try b.minimum(b.maximum(v, 0), Double(extent - 1)) }
    let (py, px) = (try limited(ys, shape[2]), try limited(xs, shape[3]))
    let pixels = shape[2] * shape[3]
    let flat = try b.reshape(b.transpose(x, [0, 2, 3, 1]), [shape[0] * pixels, shape[1]])
    let offset = try b.reshape(b.mul(b.int(batches), Double(pixels)), [count, 1])
    let (y0, x0) = (try b.apply("floor", py), try b.apply("floor", px))
    let (fy, fx) = (try b.sub(py, y0), try b.sub(px, x0))
    var taps: [Value] = []
    for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      let iy = try b.int(b.minimum(b.add(y0, Double(dy)), Double(shape[2] - 1)))
      let ix = try b.int(b.minimum(b.add(x0, Double(dx)), Double(shape[3] - 1)))
      let row = try b.mul(iy, Double(shape[3]))
      let index = try b.add(offset, b.add(row, ix))
      let wy = dy == 1 ? fy : try b.sub(1, fy)
      let wx = dx == 1 ? fx : try b.sub(1, fx)
      let weight = try b.mul(b.mul(wy, wx), isInside)
      taps.append(try b.mul(b.gather(flat, index, axis: 0), b.expandDims(weight, [2])))
    }
    func cells(_ v: Value) throws -> Value { try b.reshape(v, [count, height, ratio, width, ratio * shape[1]]) }
    let result: Value
    if mode == "max" {
      // The maximum is taken over the four weighted corners of every point.
      let best = try taps.dropFirst().reduce(taps[0]) { try b.maximum($0, $1) }
      let inner = try b.max(cells(best), [2], keep: false)
      result = try b.max(b.reshape(inner, [count, height, width, ratio, shape[1]]), [3], keep: false)
    } else {
      let sum = try taps.dropFirst().reduce(taps[0]) { try b.add($0, $1) }
      let inner = try b.mean(cells(sum), [2], keep: false)
      result = try b.mean(b.reshape(inner, [count, height, width, ratio, shape[1]]), [3], keep: false)
    }
    return try b.transpose(result, [0, 3, 1, 2])
  }
}

/// Elements of images at computed positions.
private struct ImagePixels {
  let node: Node
  let x: Value
  let shape: [Int]
  let padding: String
  let aligned: Bool

  private var b: Builder { node.b }
  private var spatial: [Int] { Array(shape[2...]) }

  /// - Parameter positions: `[N, P]` for each spatial axis, in elements.
  /// - Returns: `[N, P, C]`
  func sample(_ positions: [Value], mode: String) throws -> Value {
    let order = [0] + Array(2..<shape.count) + [1]
    let flat = try b.reshape(b.transpose(x, order), [shape[0], spatial.elementCount, shape[1]])
    let positions =
      try mode == "nearest" || mode == "cubic" || mode == "bicubic" ? positions : positions.enumerated().map { try bounded($1, $0) }
    if mode == "nearest" { return try pixel(flat, positions.enumerated().map { try b.apply("round", bounded($1, $0)) }) }
    let isCubic = mode == "cubic" || mode == "bicubic"
    guard isCubic || mode == "linear" || mode == "bilinear" || mode == "trilinear" else { throw Refusal("mode = \(mode)") }
    guard !isCubic || spatial.count == 2 else { throw Refusal("cubic sampling of \(spatial.count) axes") }
    let offsets = isCubic ? [-1, 0, 1, 2] : [0, 1]
    let floors = try positions.map { try b.apply("floor", $0) }
    let fractions = try zip(positions, floors).map { try b.sub($0, $1) }
    let weights = try fractions.map { t in try offsets.map { try isCubic ? cubic(t, $0) : $0 == 1 ? t : b.sub(1, t) } }
    var sum: Value?
    let combinations = Array(repeating: offsets.count, count: spatial.count)
    for i in 0..<combinations.elementCount {
      let picks = combinations.rowMajorStrides.map { i / $0 % offsets.count }
      let taps = try picks.enumerated().map { axis, pick in try b.add(floors[axis], Double(offsets[pick])) }
      let weight = try picks.enumerated().dropFirst().reduce(weights[0][picks[0]]) { try b.mul($0, weights[$1.offset][$1.element]) }
      let term = try b.mul(pixel(flat, taps), b.expandDims(weight, [2]))
      sum = try sum.map { try b.add($0, term) } ?? term
    }
    return sum ?? flat
  }

  /// The weight of the element at an offset from the floor of the position.
  private func cubic(_ t: Value, _ offset: Int) throws -> Value {
    let a = -0.75
    let distance = offset <= 0 ? try b.add(t, Double(-offset)) : try b.sub(Double(offset), t)
    if offset == 0 || offset == 1 {
      return try b.add(b.mul(b.mul(b.sub(b.mul(distance, a + 2), a + 3), distance), distance), 1)
    }
    return try b.sub(b.mul(b.add(b.mul(b.sub(b.mul(distance, a), 5 * a), distance), 8 * a), distance), 4 * a)
  }

  /// A position after border handling, except for zeros.
  private func bounded(_ v: Value, _ axis: Int) throws -> Value {
    let extent = Double(spatial[axis])
    switch padding {
    case "border": return try b.minimum(b.maximum(v, 0), extent - 1)
    case "reflection":
      let (low, high) = aligned ? (0, extent - 1) : (-0.5, extent - 0.5)
      let range = high - low
      guard range > 0 else { return try b.mul(v, 0) }
      // A triangle wave.
      let shifted = try b.sub(v, low)
      let period = b.number(2 * range, like: v)
      let phase = try b.sub(shifted, b.mul(b.apply("floor", b.div(shifted, period)), period))
      let folded = try b.sub(range, b.apply("abs", b.sub(phase, range)))
      return try b.minimum(b.maximum(b.add(folded, low), 0), extent - 1)
    default: return v
    }
  }

  private func pixel(_ flat: Value, _ positions: [Value]) throws -> Value {
    var index: Value?
    var inside: Value?
    let strides = spatial.rowMajorStrides
    for (axis, position) in positions.enumerated() {
      let extent = Double(spatial[axis])
      let bounded = try padding == "zeros" ? position : self.bounded(position, axis)
      if padding == "zeros" {
        let isInside = try b.and(b.compare("greater_equal", position, 0), b.compare("less_equal", position, extent - 1))
        inside = try inside.map { try b.and($0, isInside) } ?? isInside
      }
      let whole = try b.mul(b.int(b.minimum(b.maximum(bounded, 0), extent - 1)), Double(strides[axis]))
      index = try index.map { try b.add($0, whole) } ?? whole
    }
    guard let index, b.opset >= .iOS16 else { throw Refusal("it needs iOS16") }
    let picked = try b.emit("gather", ["x": flat, "indices": index, "axis": 1, "batch_dims": 1])
    guard let inside else { return picked }
    return try b.mul(picked, b.expandDims(b.float(inside), [2]))
  }
}
