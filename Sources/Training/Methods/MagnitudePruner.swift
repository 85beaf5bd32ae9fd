// SPDX-License-Identifier: Apache-2.0
// Magnitude pruning during training: a mask for the weight, which is recomputed whenever the sparsity increases.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// coremltools' `MagnitudePruner`.
package struct MagnitudePruner: TrainingMethod {
  enum Granularity: String, CaseIterable, Sendable {
    case scalar = "per_scalar"
    case kernel = "per_kernel"
    case channel = "per_channel"
  }

  var scheduler = OptionValue.dictionary(["type": .string("constant"), "begin_step": .integer(0)])
  var initialSparsity = 0.0
  var targetSparsity = 0.5
  var granularity = Granularity.scalar
  var blockSize = 1
  var nmRatio: [Int]?
  var dim = 1
  package var weightThreshold = 0

  package init() {}

  package static let name = "prune"
  package static let configType = "ModuleMagnitudePrunerConfig"
  package static let summary = "Set the smallest weights to zero during training, with increasing sparsity."
  package static let source = "Zhu and Gupta 2017; coremltools.optimize.torch.pruning.MagnitudePruner"
  package static let order = 0
  package static let suffix = WeightSuffix.sparsified
  package static let layers: Set<LayerKind> = [.convolution, .linear, .product]

  package static var options: [Option<Self>] {
    [
      .table(
        "scheduler", \.scheduler,
        "{ type = \"constant\", begin_step = 0 }, or { type = \"polynomial_decay\", update_steps = a list or \"range(a, b, c)\", power = 3 }"
      ),
      .number("initial_sparsity", \.initialSparsity, in: 0...1, "fraction of zeros at the start"),
      .number("target_sparsity", \.targetSparsity, in: 0...1, "fraction of zeros at the end").aliases("sparsity"),
      .choice("granularity", \.granularity, "the unit of pruning: single weights, kernels, output channels"),
      .integer("block_size", \.blockSize, in: 1...Int.max, "number of adjacent output channels that are pruned together"),
      .pair("n_m_ratio", \.nmRatio, in: 0...Int.max, "{n, m}: zero the n smallest of every m weights along dim"),
      .integer("dim", \.dim, in: 0...1, "axis of n:m groups: 1 input channels, 0 output channels"),
      .integer("weight_threshold", \.weightThreshold, in: 0...Int.max, "only weights with more elements are pruned"),
      .only("param_name", .string("weight"), "biases are not pruned"),
    ]
  }

  package func validate() throws(OptionError) {
    func fail(_ problem: String) -> OptionError { .combination(of: Self.name, problem: problem) }
    _ = try SparsityScheduler(scheduler)
    guard let nmRatio else { return }
    guard nmRatio[1] > 0, nmRatio[0] < nmRatio[1] else {
      throw fail("n_m_ratio is {n, m} with n < m, found {\(nmRatio[0]), \(nmRatio[1])}")
    }
    guard blockSize == 1, granularity == .scalar else { throw fail("n_m_ratio excludes block_size and granularity") }
  }

  package func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)? {
    context.others.isEmpty ? (.iOS16, "sparse storage of weights") : (.iOS18, "joint compression")
  }

  package func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform {
    if nmRatio != nil || blockSize > 1 || granularity != .scalar {
      guard weight.outputAxis == 0, weight.inputAxis == 1, weight.shape.count <= 5 else {
        throw MethodSkip("blocks, channels and n:m groups need weights with output channels first, this is \(weight.shape)")
      }
      if blockSize > 1, 2 * blockSize > weight.shape[0] {
        throw MethodSkip("block_size = \(blockSize) is more than half of the \(weight.shape[0]) output channels")
      }
    }
    return MaskTransform(self, weight, try SparsityScheduler(scheduler))
  }
}

/// The mask of a weight.
final class MaskTransform: WeightTransform {
  static let method = MagnitudePruner.name
  static let suffix = MagnitudePruner.suffix
  private let options: MagnitudePruner
  private let weight: TrainedWeight
  private let scheduler: SparsityScheduler
  /// 1 for the elements that stay.
  private var kept: [Float]
  var mask: [Float]? { kept }
  private var sparsity: Double

  init(_ options: MagnitudePruner, _ weight: TrainedWeight, _ scheduler: SparsityScheduler) {
    self.options = options
    self.weight = weight
    self.scheduler = scheduler
    kept = [Float](repeating: 1, count: weight.count)
    sparsity = options.initialSparsity
  }

  var isActive: Bool { true }
  private var isDrawn = false

  func forward(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) {
    if !isDrawn { draw(w) }
    kept.withUnsafeBufferPointer { mask in for i in mask.indices { out[i] = mask[i] * w[i] } }
  }

  func backward(_ w: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
    kept.withUnsafeBufferPointer { mask in for i in mask.indices { gradient[i] *= mask[i] } }
  }

  func evaluate(_ w: UnsafeMutablePointer<Float>, to out: UnsafeMutablePointer<Float>) { forward(w, to: out) }

  func advance(step: Int, _ w: UnsafeMutablePointer<Float>) {
    let target = options.nmRatio.map { Double($0[0]) / Double($0[1]) } ?? options.targetSparsity
    let next = scheduler.sparsity(step: step, previous: sparsity, initial: options.initialSparsity, target: target)
    guard next != sparsity else { return }
    sparsity = next
    draw(w)
  }

  private func draw(_ w: UnsafePointer<Float>) {
    isDrawn = true
    let shape = weight.shape
    if let nm = options.nmRatio {
      let zeros = Int(sparsity * Double(nm[1]))
      if zeros > 0 {
        kept = SparsityMask.structured(w, shape, n: zeros, m: nm[1], along: options.dim)
        return
      }
    }
    let start =
      switch options.granularity {
      case .scalar: shape.count
      case .kernel: shape.count <= 2 ? shape.count : 2
      case .channel: shape.count <= 2 ? shape.count : 1
      }
    kept = SparsityMask.ranked(
      w, shape, unitsFrom: start, block: options.nmRatio == nil ? options.blockSize : 1, sparsity: sparsity)
  }

  func encode(_ weight: Tensor, dtype: DType) throws -> EncodedWeight {
    try EncodedWeight.dense(weight.cast(to: dtype)).pruned(to: Tensor(kept, shape: weight.shape))
  }

  var report: [WeightFact] {
    let rows = weight.shape[0]
    let inner = weight.count / max(rows, 1)
    let emptyRows = (0..<rows).map { row in kept[row * inner..<(row + 1) * inner].allSatisfy { $0 == 0 } }
    let zeros = kept.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    var pairs = 0
    if rows % 2 == 0 {
      for pair in 0..<rows / 2 {
        for i in 0..<inner where kept[2 * pair * inner + i] == 0 && kept[(2 * pair + 1) * inner + i] == 0 { pairs += 1 }
      }
    }
    return [
      WeightFact("structured_weight_sparsity", .number(Double(emptyRows.count { $0 }) / Double(max(rows, 1)))),
      WeightFact("unstructured_weight_sparsity", .number(Double(zeros) / Double(max(kept.count, 1)))),
      WeightFact("block2_weight_sparsity", .number(rows % 2 == 0 ? Double(pairs) / Double(max(kept.count / 2, 1)) : -1)),
    ]
  }

  var state: [String: Tensor] {
    ["mask": Tensor(kept, shape: weight.shape), "sparsity": Tensor([sparsity]), "drawn": Tensor([isDrawn])]
  }

  func restore(_ state: [String: Tensor]) throws {
    kept = try state.floats("mask", count: weight.count)
    sparsity = try state.doubles("sparsity", count: 1)[0]
    isDrawn = try state.doubles("drawn", count: 1)[0] != 0
  }
}

extension [String: Tensor] {
  /// An array of a checkpoint.
  func tensor(_ name: String, count: Int) throws -> Tensor {
    guard let tensor = self[name], tensor.count == count else {
      throw TrainingError.checkpoint(
        problem: "'\(name)' should hold \(count) numbers, found \(self[name].map { "\($0.count)" } ?? "nothing")")
    }
    return tensor
  }
  func floats(_ name: String, count: Int) throws -> [Float] { try tensor(name, count: count).floats() }
  func doubles(_ name: String, count: Int) throws -> [Double] { try tensor(name, count: count).doubles() }
}
