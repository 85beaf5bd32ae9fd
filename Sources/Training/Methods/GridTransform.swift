// SPDX-License-Identifier: Apache-2.0
// Quantization-aware training of a weight, with a straight-through estimator for the gradient of rounding.

import CKernels
import Encodings
import Kernels
import Tensors

final class GridTransform: WeightTransform {
  static let method = LinearQuantizer.name
  static let suffix = LinearQuantizer.suffix
  private let options: LinearQuantizer
  private let weight: TrainedWeight
  private let codes: QuantizedDType
  /// Runs of elements that share a grid: outer × channels × inner relative to the output axis.
  private let outer: Int, channels: Int, inner: Int
  private let axis: Int
  private var step = 0
  /// The observed ranges by channel; empty before the first observation.
  private var lows: [Float] = []
  private var highs: [Float] = []
  private let scale: LearnedNumbers
  private let zero: LearnedNumbers

  init(_ options: LinearQuantizer, _ weight: TrainedWeight, _ codes: QuantizedDType) {
    self.options = options
    self.weight = weight
    self.codes = codes
    axis = weight.outputAxis ?? 0
    let shape = weight.shape
    if options.weightPerChannel {
      outer = Shape(shape.prefix(axis)).elementCount
      channels = shape[axis]
      inner = Shape(shape.dropFirst(axis + 1)).elementCount
    } else {
      (outer, channels, inner) = (1, 1, weight.count)
    }
    scale = LearnedNumbers("scale", [Float](repeating: 1, count: channels))
    zero = LearnedNumbers("zero_point", [Float](repeating: 0, count: channels))
  }

  private var isSymmetric: Bool { options.quantizationScheme == .symmetric }
  private var learns: Bool { options.algorithm == .learnable }
  private var phase: QuantizationPhase { options.phase(step) }
  var isActive: Bool { phase.rounds }
  var learnable: [LearnedNumbers] { learns ? (isSymmetric ? [scale] : [scale, zero]) : [] }
  var learned: [LearnedNumbers] { isLearning && phase.rounds ? (isSymmetric ? [scale] : [scale, zero]) : [] }

  func advance(step: Int, _ w: UnsafeMutablePointer<Float>) { self.step = step }

  // MARK: Grids

  private func observe(_ w: UnsafePointer<Float>) {
    var low = [Float](repeating: .infinity, count: channels)
    var high = [Float](repeating: -.infinity, count: channels)
    for o in 0..<outer {
      for c in 0..<channels { ck_bounds(w + (o * channels + c) * inner, inner, &low[c], &high[c]) }
    }
    for c in 0..<channels {
      let old = lows.isEmpty ? (Float.infinity, -Float.infinity) : (lows[c], highs[c])
      (low[c], high[c]) = CodeGrid.merged(old, (low[c], high[c]), momentum: options.weightObserver.momentum)
    }
    (lows, highs) = (low, high)
    setGrids()
  }

  private func setGrids() {
    for c in 0..<channels {
      let grid = codes.grid(low: lows[c], high: highs[c], symmetric: isSymmetric)
      scale.values[c] = grid.scale
      zero.values[c] = grid.zero
    }
  }

  private func grid(_ c: Int) -> ck_grid {
    ck_grid(
      scale: max(scale.values[c], Float.ulpOfOne),
      zero: min(max(zero.values[c].rounded(.toNearestOrEven), codes.low), codes.high), low: codes.low, high: codes.high)
  }

  /// Ranges determine the grid while observers are enabled. Learned grids are initialized with the first range, or,
  /// with milestones, with the last observed one.
  private func lookIfNeeded(_ w: UnsafePointer<Float>) {
    if lows.isEmpty || (phase.observes && !isLearning) { observe(w) }
  }

  private var isLearning: Bool { learns && (options.milestones == nil ? !lows.isEmpty : !phase.observes) }

  private func forEachRun(_ body: (_ at: Int, _ channel: Int) -> Void) {
    for o in 0..<outer { for c in 0..<channels { body((o * channels + c) * inner, c) } }
  }

  // MARK: Forward and back

  func forward(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) {
    if phase.observes || phase.rounds { lookIfNeeded(w) }
    guard phase.rounds else {
      out.update(from: w, count: weight.count)
      return
    }
    forEachRun { at, c in ck_fake_quantize(out + at, w + at, grid(c), inner) }
  }

  func backward(_ w: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
    guard phase.rounds else { return }
    if learns {
      for c in 0..<channels { (scale.gradient[c], zero.gradient[c]) = (0, 0) }
      forEachRun { at, c in
        ck_fake_quantize_learn(gradient + at, gradient + at, w + at, grid(c), inner, &scale.gradient[c], &zero.gradient[c])
      }
      let factor = 1 / (Float(weight.count / channels) * codes.high).squareRoot()
      for c in 0..<channels {
        scale.gradient[c] *= factor
        zero.gradient[c] *= factor
      }
      return
    }
    forEachRun { at, c in ck_fake_quantize_back(gradient + at, gradient + at, w + at, grid(c), inner) }
  }

  func evaluate(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) {
    let isFirst = lows.isEmpty
    // Evaluation before observers are enabled must not affect the ranges.
    defer { if isFirst { (lows, highs) = ([], []) } }
    if isFirst { observe(w) }
    forEachRun { at, c in ck_fake_quantize(out + at, w + at, grid(c), inner) }
  }

  func encode(_ given: Tensor, dtype: DType) throws -> EncodedWeight {
    let isFirst = lows.isEmpty
    defer { if isFirst { (lows, highs) = ([], []) } }
    let values = given.floats()
    var integers = [Int](repeating: 0, count: weight.count)
    values.withUnsafeBufferPointer { w in
      guard let w = w.baseAddress else { return }
      if isFirst { observe(w) }
      var rounded = [Float](repeating: 0, count: inner)
      forEachRun { at, c in
        let grid = grid(c)
        ck_fake_quantize(&rounded, w + at, grid, inner)
        for i in 0..<inner { integers[at + i] = Int(saturating: Double((rounded[i] / grid.scale).rounded() + grid.zero)) }
      }
    }
    var shape = Shape(repeating: 1, count: weight.shape.count)
    if options.weightPerChannel { shape[axis] = channels }
    let grids = (0..<channels).map(grid)
    let scales = Tensor(grids.map { FiniteScale.rounded($0.scale, codes: $0.low...$0.high, zeroPoint: $0.zero, dtype) }, shape: shape)
      .cast(to: dtype)
    let zeros = grids.map { Int(saturating: Double($0.zero)) }
    let offset = zeros.allSatisfy { $0 == 0 } && codes.isSigned ? nil : Tensor(integers: zeros, dtype: codes.dtype, shape: shape)
    return .blockwise(data: .dense(Tensor(integers: integers, dtype: codes.dtype, shape: weight.shape)), scale: scales, offset: offset)
  }

  // MARK: Words and checkpoints

  var report: [WeightFact] {
    [
      WeightFact("algorithm", .text(options.algorithm.rawValue)), WeightFact("qscheme", .text(options.quantizationScheme.rawValue)),
      WeightFact("per_channel", .flag(options.weightPerChannel)), WeightFact("dtype", .text(codes.dtype.name)),
      WeightFact("qmin", .integer(Int(codes.low))), WeightFact("qmax", .integer(Int(codes.high))),
    ]
  }

  var state: [String: Tensor] {
    var state = ["step": Tensor([Int64(step)]), "scale": Tensor(scale.values), "zero_point": Tensor(zero.values)]
    if !lows.isEmpty { (state["low"], state["high"]) = (Tensor(lows), Tensor(highs)) }
    return state
  }

  func restore(_ state: [String: Tensor]) throws {
    step = Int(try state.doubles("step", count: 1)[0])
    scale.values = try state.floats("scale", count: channels)
    zero.values = try state.floats("zero_point", count: channels)
    guard state["low"] != nil else { return }
    lows = try state.floats("low", count: channels)
    highs = try state.floats("high", count: channels)
  }
}
