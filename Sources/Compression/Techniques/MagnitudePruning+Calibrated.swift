// SPDX-License-Identifier: Apache-2.0
// Pruning by the error of the layer's output: Wanda and SparseGPT.

import Calibration
import Encodings
import Tensors
import WeightArithmetic

extension MagnitudePruning {
  /// The options of feedback; groups of adjacent columns do not survive a permutation.
  private var usedFeedback: FeedbackOptions {
    var options = feedback.options
    if nmRatio != nil { options.byActivation = false }
    return options
  }

  package func prepare(_ statistics: WeightStatistics) {
    if usesFeedback { _ = try? statistics.factors(usedFeedback) }
  }

  /// A mask with as many zeros as the algorithm will make; only the number is right.
  func foretoldMask(_ tensor: Tensor, _ context: WeightContext) throws -> Tensor {
    let layout = MatrixLayout(tensor.shape, outputAxis: try context.axes().output)
    if let nmRatio {
      let inputs = tensor.shape[try context.axes().input]
      guard 2 * nmRatio[1] <= inputs else {
        throw SkipReason.blockTooLarge(option: "m of n_m_ratio", size: nmRatio[1], channels: inputs)
      }
    }
    let matrix = layout.matrix(tensor)
    if algorithm == .sparseGPT, nmRatio == nil {
      // Feedback makes other elements of the weight differ from zero.
      let zeros = SparseGPT.zeros(rows: layout.rows, columns: layout.columns, targetSparsity ?? 0, width: feedback.processingGroupSize)
      return Tensor(codes: (0..<tensor.count).map { $0 < zeros ? UInt8(0) : 1 }, dtype: .uint1, shape: tensor.shape)
    }
    let pattern: ZeroPattern = nmRatio.map { .structured(zeros: $0[0], every: $0[1]) } ?? .fraction(targetSparsity ?? 0)
    let mask = Wanda.mask(matrix, [Array(repeating: 1, count: matrix.columns)], pattern)
    let kept = Tensor(codes: layout.elements(mask), dtype: .uint1, shape: tensor.shape)
    return algorithm == .sparseGPT ? kept : kept.intersection(tensor.nonzeroMask())
  }

  func calibrated(
    _ weight: EncodedWeight, _ storage: PrunedStorage, _ statistics: WeightStatistics, _ context: WeightContext
  ) throws -> EncodedWeight {
    let tensor = storage.tensor
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    let layout = MatrixLayout(tensor.shape, outputAxis: try context.axes().output)
    var matrix = layout.matrix(tensor)
    guard statistics.size == matrix.columns else {
      throw SkipReason.statisticsSize(found: statistics.size, expected: matrix.columns)
    }
    var moments = statistics.moments
    var order: [Int]?
    if let nmRatio {
      let inputs = tensor.shape[try context.axes().input]
      guard 2 * nmRatio[1] <= inputs else {
        throw SkipReason.blockTooLarge(option: "m of n_m_ratio", size: nmRatio[1], channels: inputs)
      }
      // Groups lie along the input channels, so these become adjacent.
      let window = matrix.columns / max(inputs, 1)
      if window > 1 {
        let channelsLast = (0..<matrix.columns).map { $0 % inputs * window + $0 / inputs }
        order = channelsLast
        moments = moments.map { $0.permuted(channelsLast) }
        matrix.values = Self.permuted(matrix.values, matrix.columns, channelsLast)
      }
    }
    let factor = BinaryScale(matrix.values)
    matrix = factor.scaled(matrix)
    let pattern: ZeroPattern = nmRatio.map { .structured(zeros: $0[0], every: $0[1]) } ?? .fraction(targetSparsity ?? 0)
    var values = matrix.values
    var mask: [UInt8]
    if algorithm == .wanda {
      mask = Wanda.mask(matrix, moments.map(\.diagonal), pattern)
    } else {
      let options = usedFeedback
      let factors = try order == nil ? statistics.factors(options) : FeedbackFactors(moments, options)
      let made = try SparseGPT.prune(matrix, factors, pattern, options: options) {
        try context.checkCancelled()
      } remark: {
        context.remark($0)
      }
      mask = made.mask ?? made.values.map { $0 == 0 ? 0 : 1 }
      values = factor.unscaled(made.values)
    }
    if let order {
      var back = order
      for (position, column) in order.enumerated() { back[column] = position }
      values = Self.permuted(values, matrix.columns, back)
      mask = Self.permuted(mask, matrix.columns, back)
    }
    let kept = Tensor(codes: layout.elements(mask), dtype: .uint1, shape: tensor.shape)
    guard algorithm == .sparseGPT else { return try storage.keeping(kept.intersection(tensor.nonzeroMask())) }
    guard weight.scheme == [] else {
      context.remark("its codes stay as they are: sparse_gpt corrects weights that are not compressed yet")
      return try storage.keeping(kept.intersection(tensor.nonzeroMask()))
    }
    // Corrections can exceed the dtype only near its limits.
    let most: Float = tensor.dtype == .float16 ? 65504 : .greatestFiniteMagnitude
    for i in values.indices { values[i] = mask[i] == 0 ? 0 : min(max(values[i], -most), most) }
    let corrected = Tensor(layout.elements(values), shape: tensor.shape).cast(to: tensor.dtype)
    return try PrunedStorage(.dense(corrected)).keeping(kept.intersection(corrected.nonzeroMask()))
  }

  /// The columns `order[0]`, `order[1]`, … of a matrix.
  private static func permuted<Element>(_ values: [Element], _ columns: Int, _ order: [Int]) -> [Element] {
    values.indices.map { values[$0 / columns * columns + order[$0 % columns]] }
  }
}
