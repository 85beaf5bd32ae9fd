// SPDX-License-Identifier: Apache-2.0
// Differentiable k-means applied to a weight: groups, vectors, scales and tables.

import Encodings
import Options
import Runtime
import Tensors
import WeightArithmetic

final class ClusterTransform: WeightTransform {
  static let method = DKMPalettizer.name
  static let suffix = DKMPalettizer.suffix
  private let options: DKMPalettizer
  private let weight: TrainedWeight
  private let bits: Int
  private let dim: Int
  /// The number of elements in a group: rows times the size of the inner axes.
  private let groupCount: Int
  private let groupTotal: Int
  /// The number of groups that are learned; the others keep their initial tables.
  private let learningTotal: Int
  private var step = 0
  private var groups: [SoftClusters] = []
  /// One scale for each output channel, computed once.
  private var scales: [Float] = []
  /// The indices of the elements that pruning kept, by group; empty if all are kept.
  private var kept: [[Int]] = []
  /// The vectors of all groups by component, and their gradients.
  private let vectors: ExternalBuffer
  private let arrived: ExternalBuffer
  private let results: ExternalBuffer

  /// Whether zeros result from pruning and are excluded from clustering.
  private let isMasked: Bool

  private let checkCancelled: () throws -> Void
  /// The tables that clustering starts from, one for each group; `nil` for those of least squared error.
  private let start: PaletteStart?

  init(
    _ options: DKMPalettizer, _ weight: TrainedWeight, bits: Int, groupRows: Int, isMasked: Bool,
    start: PaletteStart? = nil, checkCancelled: @escaping () throws -> Void
  ) {
    self.start = start
    self.checkCancelled = checkCancelled
    self.isMasked = isMasked
    self.options = options
    self.weight = weight
    self.bits = bits
    dim = options.clusterDim ?? 1
    groupTotal = weight.shape[0] / groupRows
    groupCount = weight.count / groupTotal
    learningTotal = max(1, Int(options.percentagePalettEnable * Double(weight.shape[0] / groupRows)))
    vectors = ExternalBuffer(zeros: .float32, [weight.count])
    arrived = ExternalBuffer(zeros: .float32, [weight.count])
    results = ExternalBuffer(zeros: .float32, [weight.count])
  }

  var isActive: Bool { options.milestone == 0 || step > options.milestone }

  func advance(step: Int, _ weight: UnsafeMutablePointer<Float>) { self.step = step }

  // MARK: Layout

  /// Whether groups are stored in the weight in the form in which they are clustered: scalars, all elements, without
  /// scales.
  private var isPlain: Bool { dim == 1 && kept.isEmpty && scales.isEmpty }

  /// The number of vectors in group `g`.
  private func vectorCount(_ g: Int) -> Int { (kept.isEmpty ? groupCount : kept[g].count) / dim }

  /// The position of component `d` of vector `i` of group `g` in the weight. Vectors run along the output channels.
  private func place(_ g: Int, _ d: Int, _ i: Int) -> Int {
    if !kept.isEmpty { return g * groupCount + kept[g][i] }
    guard dim > 1 else { return g * groupCount + i }
    let inner = weight.count / weight.shape[0]
    return g * groupCount + (i / inner * dim + d) * inner + i % inner
  }

  private func gather(_ w: UnsafePointer<Float>, _ g: Int) {
    let n = vectorCount(g)
    let x = vectors.base + g * groupCount
    let inner = weight.count / weight.shape[0]
    for d in 0..<dim {
      for i in 0..<n {
        let at = place(g, d, i)
        x[d * n + i] = scales.isEmpty ? w[at] : w[at] / scales[at / inner]
      }
    }
  }

  private func scatter(_ from: UnsafePointer<Float>, _ g: Int, to w: UnsafeMutablePointer<Float>, _ factor: (Float) -> Float) {
    let n = vectorCount(g)
    let inner = weight.count / weight.shape[0]
    for d in 0..<dim {
      for i in 0..<n {
        let at = place(g, d, i)
        w[at] = scales.isEmpty ? from[d * n + i] : from[d * n + i] * factor(scales[at / inner])
      }
    }
  }

  private func findKept(_ w: UnsafePointer<Float>) {
    guard isMasked else { return }
    var all: [[Int]] = []
    var isWhole = true
    for g in 0..<groupTotal {
      let own = (0..<groupCount).filter { w[g * groupCount + $0] != 0 }
      isWhole = isWhole && own.count == groupCount
      all.append(own)
    }
    kept = isWhole ? [] : all
  }

  // MARK: Forward and back

  func forward(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) throws {
    guard isActive else {
      out.update(from: w, count: weight.count)
      return
    }
    try prepare(w)
    if isPlain {
      for g in 0..<groupTotal { mix(g, w + g * groupCount, to: out + g * groupCount, groupCount) }
      return
    }
    out.update(repeating: 0, count: weight.count)
    for g in 0..<groupTotal where vectorCount(g) > 0 {
      gather(w, g)
      let base = g * groupCount
      mix(g, vectors.base + base, to: results.base + base, vectorCount(g))
      scatter(results.base + base, g, to: out) { $0 }
    }
  }

  private func mix(_ g: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ n: Int) {
    if g < learningTotal { groups[g].forward(x, to: y, n) } else { groups[g].assign(x, to: y, n) }
  }

  func backward(_ w: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
    guard isActive else { return }
    if isPlain {
      for g in 0..<learningTotal {
        let base = g * groupCount
        groups[g].backward(w + base, gradient + base, to: results.base + base, groupCount)
      }
      let learning = learningTotal * groupCount
      gradient.update(from: results.base, count: learning)
      (gradient + learning).update(repeating: 0, count: weight.count - learning)
      return
    }
    let inner = weight.count / weight.shape[0]
    for g in 0..<groupTotal {
      let n = vectorCount(g)
      let incoming = arrived.base + g * groupCount
      for d in 0..<dim {
        for i in 0..<n {
          let at = place(g, d, i)
          incoming[d * n + i] = scales.isEmpty ? gradient[at] : gradient[at] * scales[at / inner]
        }
      }
    }
    gradient.update(repeating: 0, count: weight.count)
    for g in 0..<learningTotal where vectorCount(g) > 0 {
      let base = g * groupCount
      groups[g].backward(vectors.base + base, arrived.base + base, to: results.base + base, vectorCount(g))
      scatter(results.base + base, g, to: gradient) { 1 / $0 }
    }
  }

  func evaluate(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) throws {
    let isFirst = groups.isEmpty
    // Evaluation before clustering has started must not start it.
    defer { if isFirst, !isActive { (groups, scales) = ([], []) } }
    try prepare(w)
    let tables = finalTables()
    let inner = weight.count / weight.shape[0]
    for i in 0..<weight.count { out[i] = 0 }
    for (g, indices) in assignments(w).enumerated() {
      for (i, index) in indices.enumerated() {
        for d in 0..<dim {
          let at = place(g, d, i)
          out[at] = tables[g][Int(index) * dim + d] * (scales.isEmpty ? 1 : scales[at / inner])
        }
      }
    }
  }

  private func assignments(_ w: UnsafePointer<Float>) -> [[UInt8]] {
    (0..<groupTotal).map { g in
      gather(w, g)
      let n = vectorCount(g)
      return groups[g].nearest(vectors.base + g * groupCount, n)
    }
  }

  // MARK: Tables

  private func prepare(_ w: UnsafePointer<Float>) throws {
    findKept(w)
    if options.enablePerChannelScale, scales.isEmpty { scales = channelScales(w) }
    guard groups.isEmpty else { return }
    var made: [SoftClusters] = []
    for g in 0..<groupTotal {
      gather(w, g)
      let n = vectorCount(g)
      var start: [Float] = []
      start.reserveCapacity(n * dim)
      for i in 0..<n { for d in 0..<dim { start.append(vectors.base[g * groupCount + d * n + i]) } }
      guard start.allSatisfy(\.isFinite) else {
        throw TrainingError.unsupported(what: "the weight '\(weight.name)'", reason: "it contains infinities or NaN")
      }
      guard start.allSatisfy({ abs($0) <= Self.largest }) else {
        throw TrainingError.unsupported(
          what: "the weight '\(weight.name)'", reason: "it contains numbers beyond 1e15, too large for distances between clusters")
      }
      var table =
        try self.start?.tables[g]
        ?? FirstTable.centroids(start, dim: dim, clusters: 1 << bits, seed: UInt64(g), checkCancelled: checkCancelled)
      if options.enforceZero { Self.putZeroFirst(&table, dim) }
      made.append(clusters(table))
    }
    groups = made
  }

  /// The largest magnitude for which sums of squared differences do not overflow float32.
  private static let largest: Float = 1e15

  private func clusters(_ table: [Float]) -> SoftClusters {
    let made = SoftClusters(
      centroids: table, dim: dim,
      options: SoftClusters.Options(
        tau: Float(options.palettTau), epsilon: Float(options.palettEpsilon), floor: Float(options.zeroThreshold),
        bias: Float(options.pruneThreshold), iterations: options.kmeansMaxIter, fixesZero: options.enforceZero,
        tolerance: Float(options.palettClusterTol), isHard: options.palettMode == .hard))
    switch options.lutDtype {
    case .f32: break
    case .f16: made.grid = { Tensor($0).cast(to: .float16).floats() }
    case .i8, .u8: made.grid = { TableCodes($0).decoded }
    }
    return made
  }

  private func finalTables() -> [[Float]] { groups.map { group in group.grid.map { $0(group.centroids) } ?? group.centroids } }

  private func channelScales(_ w: UnsafePointer<Float>) -> [Float] {
    let inner = weight.count / weight.shape[0]
    return (0..<weight.shape[0]).map { row in
      let values = UnsafeBufferPointer(start: w + row * inner, count: inner)
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      let scale = options.scaleScheme == .minMax ? 0.5 * high - 0.5 * low : max(abs(low), abs(high))
      return scale > 0 ? scale : 1
    }
  }

  private static func putZeroFirst(_ table: inout [Float], _ dim: Int) {
    func norm(_ k: Int) -> Float { table[k * dim..<(k + 1) * dim].reduce(0) { $0 + $1 * $1 } }
    let nearest = (0..<table.count / dim).min { norm($0) < norm($1) } ?? 0
    for d in 0..<dim {
      table[nearest * dim + d] = table[d]
      table[d] = 0
    }
  }

  // MARK: Storing

  func encode(_ given: Tensor, dtype: DType) throws -> EncodedWeight {
    let isFirst = groups.isEmpty
    defer { if isFirst, !isActive { (groups, scales) = ([], []) } }
    var copy = given.floats()
    return try copy.withUnsafeMutableBufferPointer { w in
      guard let w = w.baseAddress else { throw MethodSkip("the weight is empty") }
      try prepare(w)
      let indices = assignments(w)
      guard let width = DType(indexBits: bits) else { throw MethodSkip("indices cannot have \(bits) bits") }
      var shape = weight.shape
      if dim > 1 { shape[0] /= dim }
      var codes = [UInt8](repeating: 0, count: shape.elementCount)
      for g in 0..<groupTotal {
        for (i, index) in indices[g].enumerated() { codes[kept.isEmpty ? g * groupCount / dim + i : place(g, 0, i)] = index }
      }
      var counts = Shape(repeating: 1, count: shape.count)
      counts[0] = groupTotal
      let table = Tensor(finalTables().flatMap { $0 }, shape: counts + [1 << bits, dim]).cast(to: dtype)
      let codesTensor = Tensor(codes: codes, dtype: width, shape: shape)
      let encoded = EncodedWeight.palette(indices: codesTensor, lut: try stored(table, dtype), vectorAxis: dim > 1 ? 0 : nil)
      guard !kept.isEmpty else { return encoded }
      let mask = UnsafeBufferPointer(start: w, count: weight.count).map { Float($0 == 0 ? 0 : 1) }
      return try encoded.pruned(to: Tensor(mask, shape: weight.shape))
    }
  }

  /// The table in the dtype in which it is stored, multiplied by the channel scales, if any.
  private func stored(_ table: Tensor, _ dtype: DType) throws -> EncodedWeight {
    if !scales.isEmpty {
      var shape = Shape(repeating: 1, count: weight.shape.count)
      shape[0] = scales.count
      return try .blockwise(tables: table, scale: Tensor(scales, shape: shape).cast(to: dtype), offset: nil)
    }
    guard options.lutDtype == .i8 || options.lutDtype == .u8 else { return .dense(table) }
    let parts = groups.map { TableCodes($0.centroids) }
    var scaleShape = Shape(repeating: 1, count: table.shape.count)
    scaleShape[0] = groupTotal
    let isSigned = options.lutDtype == .i8
    let codes = Tensor(
      integers: parts.flatMap(\.codes).map { isSigned ? $0 : $0 + 127 }, dtype: isSigned ? .int8 : .uint8, shape: table.shape)
    return .blockwise(
      data: .dense(codes),
      scale: Tensor(parts.map { FiniteScale.rounded($0.scale, codes: -127...127, zeroPoint: 0, dtype) }, shape: scaleShape).cast(to: dtype),
      offset: isSigned ? nil : Tensor(integers: [Int](repeating: 127, count: groupTotal), dtype: .uint8, shape: scaleShape))
  }

  // MARK: Words and checkpoints

  var report: [WeightFact] {
    [
      WeightFact("num_clusters", .integer(1 << bits)), WeightFact("cluster_dim", .integer(dim)),
      WeightFact("lut_dtype", .text(options.lutDtype.rawValue)), WeightFact("active", .flag(isActive)),
    ]
  }

  var state: [String: Tensor] {
    var state = ["step": Tensor([Int64(step)])]
    if !groups.isEmpty { state["centroids"] = Tensor(groups.flatMap(\.centroids)) }
    if !scales.isEmpty { state["scales"] = Tensor(scales) }
    return state
  }

  func restore(_ state: [String: Tensor]) throws {
    step = Int(try state.doubles("step", count: 1)[0])
    if state["scales"] != nil { scales = try state.floats("scales", count: weight.shape[0]) }
    guard state["centroids"] != nil else { return }
    let size = dim << bits
    let all = try state.floats("centroids", count: size * groupTotal)
    groups = (0..<groupTotal).map { clusters(Array(all[$0 * size..<($0 + 1) * size])) }
  }
}

/// A table as signed 8-bit codes with one scale.
struct TableCodes {
  let codes: [Int]
  let scale: Float

  init(_ table: [Float]) {
    let peak = table.reduce(0) { max($0, abs($1)) }
    // The quotient underflows to zero if the peak is subnormal.
    let scale = peak / 127 > 0 ? peak / 127 : 1
    self.scale = scale
    codes = table.map { Int(min(max(($0 / scale).rounded(.toNearestOrEven), -127), 127)) }
  }

  var decoded: [Float] { codes.map { Float($0) * scale } }
}
