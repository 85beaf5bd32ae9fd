// SPDX-License-Identifier: Apache-2.0
// Corrects biases for the mean error that compressed weights cause.

import Calibration
import Compression
import Encodings
import Evaluation
import MIL
import ModelPackages
import Operators
import Runtime
import Tensors
import WeightStorage

extension Model {
  /// The model whose biases make up for the mean error of the outputs of its layers: b += (W − Ŵ) · E[x], with the weights W
  /// of the reference and the mean of the inputs that this model computes on the data (Finkelstein et al. 2019).
  ///
  /// Layers without a bias stay as they are.
  ///
  /// - Parameter reference: the model before compression; weights belong together by name.
  /// - Returns: the model and the names of the layers that were corrected.
  /// - Throws: `ModelError.nothingToCorrect`; the errors of `calibrated`.
  package func correctingBiases(
    _ data: CalibrationData, reference: Model, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> (model: Model, layers: [String]) {
    let statistics = try calibrated(data, collecting: [.secondMoments], isCancelled: isCancelled)
    var program = contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == interface.name }) else { throw ModelError.nothingToCorrect }
    let source = CollectedInputs(
      statistics, program, index, try StagedRun(program.functions[index], [], options: .init(), isCancelled: { false }))
    let originals = Dictionary(
      try reference.weightEntries().filter { $0.function == reference.interface.name }.map { ($0.name, $0.weight) },
      uniquingKeysWith: { a, _ in a })
    var block = program.functions[index].block
    var corrected: [String] = []
    for site in try program.weightSites(Catalog.weightTable) where site.function == index && site.consumers.count == 1 && site.path.isEmpty
    {
      let consumer = site.consumers[0]
      guard let original = originals[site.name], original.shape == site.weight.shape, original != site.weight,
        let axis = site.channelAxes.output, let channels = source.channels(site, consumer),
        let position = block.operations.firstIndex(where: { $0.outputs.contains { $0.name == consumer.outputName } }),
        let name = block.operations[position].bindings("bias")?.first?.name,
        let at = block.operations.firstIndex(where: { $0.outputs.first?.name == name }),
        let bias = block.operations[at].constantValue?.tensor, block.readers(of: name) == 1
      else { continue }
      let layout = MatrixLayout(site.weight.shape, outputAxis: axis)
      guard channels.first?.size == layout.columns, bias.count == layout.rows else { continue }
      let (before, after) = (layout.matrix(try original.decoded().floats()), layout.matrix(try site.weight.decoded().floats()))
      let height = max(layout.rows / channels.count, 1)
      var values = bias.floats()
      for row in 0..<layout.rows {
        let means = channels[row / height].means
        var shift = 0.0
        for j in 0..<layout.columns {
          shift += (Double(before[row * layout.columns + j]) - Double(after[row * layout.columns + j])) * means[j]
        }
        values[row] += Float(shift)
      }
      block.operations[at] = .const(name, Constant(Tensor(values, shape: bias.shape).cast(to: bias.dtype)))
      corrected.append(consumer.operatorName)
    }
    guard !corrected.isEmpty else { throw ModelError.nothingToCorrect }
    program.functions[index].block = block
    let words = try "correct_bias(\"\(data.dataset.digest)\") -- \(corrected.count) layers"
    return (try edited(program, words: words), corrected)
  }
}

/// The statistics of the inputs of weights.
private struct CollectedInputs {
  private let statistics: ModelStatistics
  private let inputs: WeightInputs

  init(_ statistics: ModelStatistics, _ program: Program, _ index: Int, _ run: StagedRun) {
    self.statistics = statistics
    inputs = WeightInputs(program.functions[index].block, function: index, run)
  }

  func channels(_ site: WeightSite, _ consumer: Consumer) -> [ChannelStatistics]? {
    guard case .success(let input)? = inputs.input(site, consumer)?.found else { return nil }
    return statistics.entries[input.key]?.channels
  }
}

extension Block {
  /// How often a value is read.
  fileprivate func readers(of name: String) -> Int {
    var count = outputs.count { $0 == name }
    forEachOperation { _, operation in
      count += operation.inputs.reduce(0) { $0 + $1.bindings.count { $0.name == name } }
    }
    return count
  }
}
