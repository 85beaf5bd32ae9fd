// SPDX-License-Identifier: Apache-2.0
// Runs a model over calibration data and observes the range of every float value.

import Calibration
import Encodings
import MIL
import ModelPackages
import Operators
import Runtime
import Synchronization
import Tensors
import WeightStorage

/// A run of a function that returns every float value of its outer block.
final class RangeRun {
  /// The observed values, in the order of the program.
  let names: [String]
  private let executors: [Executor]
  private let calls: [CalibrationCall]
  private let isCancelled: @Sendable () -> Bool

  /// Samples of one call, if the model takes any number: all values of a call are in memory at the same time.
  private static let samplesPerCall = 4

  init(_ model: Model, _ data: CalibrationData, isCancelled: @escaping @Sendable () -> Bool) throws {
    let program = model.contents.program.namingInlineTensors()
    guard let function = program.function(named: model.interface.name) else {
      throw ModelError.cannotCalibrate(reason: "it has no function \(model.interface.name)")
    }
    if let state = function.inputs.first(where: { if case .tensor = $0.type { false } else { true } }) {
      throw ModelError.cannotCalibrate(reason: "its input '\(state.name)' is a \(state.type), which calls would share")
    }
    var values = function.inputs
    for operation in function.block.operations where !operation.isStored { values += operation.outputs }
    names = values.filter { $0.type.tensorType?.dtype.isFloat == true }.map(\.name)
    var whole = function
    let inputs = Set(function.inputs.map(\.name))
    whole.block.outputs = names.filter { !inputs.contains($0) }
    let observed = Program(functions: [whole])
    calls = try model.calls(data, samplesPerCall: Self.samplesPerCall, isCancelled: isCancelled)
    guard !calls.isEmpty else { throw ModelError.cannotCalibrate(reason: "there are no samples") }
    let options = RuntimeOptions(precision: model.options.precision, weights: model.weightPolicy)
    let lanes = max(min(Parallel.threads, calls.count), 1)
    executors = try (0..<lanes).map { _ in try Executor(program: observed, options: options, isCancelled: { isCancelled() }) }
    self.isCancelled = isCancelled
  }

  /// The range of each value.
  func ranges() throws -> [String: ValueRange] {
    let empty = Dictionary(names.map { ($0, ValueRange()) }, uniquingKeysWith: { a, _ in a })
    return try observing(empty) { range, elements in range.add(elements) }
  }

  /// The ranges with histograms over them.
  func addingHistograms(to ranges: [String: ValueRange]) throws -> [String: ValueRange] {
    let empty = ranges.filter { $0.value.count > 0 }.mapValues { Histogram(low: $0.low, high: $0.high) }
    let histograms = try observing(empty) { histogram, elements in histogram.add(elements) }
    var ranges = ranges
    for (name, histogram) in histograms { ranges[name]?.histogram = histogram }
    return ranges
  }

  /// Runs all calls and adds the elements that count to what is known of each value, call by call.
  private func observing<Observed: Sendable>(
    _ start: [String: Observed], _ add: @Sendable (inout Observed, [Float]) -> Void
  ) throws -> [String: Observed] {
    var observed = start
    let inputs = Set(calls[0].feeds.keys)
    for first in stride(from: 0, to: calls.count, by: executors.count) {
      if isCancelled() { throw RuntimeError.interrupted }
      let part = Array(calls[first..<min(first + executors.count, calls.count)])
      let results = Mutex([[String: Tensor]](repeating: [:], count: part.count))
      try Parallel.tryForEach(part.count, lanes: executors.count) { index, lane in
        nonisolated(unsafe) let executor = executors[lane]
        let found = try executor.run(part[index].feeds, outputs: names.filter { !inputs.contains($0) })
        var tensors = part[index].feeds
        for (name, value) in found { if case .tensor(let tensor) = value { tensors[name] = tensor } }
        results.withLock { $0[index] = tensors }
      }
      for (values, call) in zip(results.withLock({ $0 }), part) {
        let present = names.filter { observed[$0] != nil && values[$0] != nil }
        let states = present.compactMap { observed[$0] }
        let updated = Parallel.map(present.count) { number -> Observed in
          var state = states[number]
          if let tensor = values[present[number]] { add(&state, Self.counted(tensor, call.mask)) }
          return state
        }
        for (name, state) in zip(present, updated) { observed[name] = state }
      }
    }
    return observed
  }

  /// The elements at positions that count.
  private static func counted(_ tensor: Tensor, _ mask: PositionMask?) -> [Float] {
    let floats = tensor.floats()
    guard let mask else { return floats }
    if Array(tensor.shape.prefix(mask.extents.count)) == mask.extents, !mask.values.isEmpty {
      // Usual texts: the elements of a position are adjacent.
      let size = floats.count / mask.values.count
      var kept: [Float] = []
      kept.reserveCapacity(floats.count)
      for (position, counts) in mask.values.enumerated() where counts { kept += floats[position * size..<(position + 1) * size] }
      return kept
    }
    guard let keep = mask.keep(Array(tensor.shape)) else { return floats }
    return zip(floats, keep).filter { $0.1 }.map(\.0)
  }
}
