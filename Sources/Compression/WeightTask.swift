// SPDX-License-Identifier: Apache-2.0
// Compresses individual weights in parallel.

import Calibration
import Encodings
import Synchronization
import Tensors
import WeightStorage

/// A weight, the technique to apply, and the data that the technique needs.
struct WeightTask: Sendable {
  let weight: EncodedWeight
  let technique: any Technique
  var context: WeightContext

  struct Outcome: Sendable {
    let weight: EncodedWeight
    /// Relative to the original weight; `nil` for a dry run.
    let snrDB: Double?
    /// Of the layer's output, from the statistics of its input; `nil` without them.
    var outputSNRDB: Double?
    /// Remarks of the technique for the report.
    var remarks: [String] = []
  }

  func run() throws -> Outcome {
    // An encoding that contains floats instead of codes is treated as dense.
    let weight = weight.scheme == [] ? .dense(try weight.decoded()) : weight
    var context = context
    let remarks = Remarks()
    context.remark = { remarks.add($0) }
    let encoded: EncodedWeight
    do { encoded = try technique.compress(weight, context) } catch let error as CalibrationError { throw SkipReason.calibration(error) }
    if technique.replacesStorage { try encoded.check(storableIn: context.opset, name: context.name) }
    guard !context.isDryRun else { return Outcome(weight: encoded, snrDB: nil) }
    return Outcome(
      weight: encoded,
      snrDB: try SignalToNoise.decibels(weight, encoded, checkCancelled: context.checkCancelled),
      outputSNRDB: try outputSNR(weight, encoded), remarks: remarks.all)
  }

  /// The signal-to-noise ratio of the layer's output.
  private func outputSNR(_ weight: EncodedWeight, _ encoded: EncodedWeight) throws -> Double? {
    guard let statistics = context.statistics, let axis = context.outputAxis else { return nil }
    let layout = MatrixLayout(weight.shape, outputAxis: axis)
    guard statistics.size == layout.columns else { return nil }
    let (before, after) = (layout.matrix(try weight.decoded().floats()), layout.matrix(try encoded.decoded().floats()))
    return OutputError.decibels(before, after, statistics.moments)
  }
}

extension WeightTask {
  /// Runs all tasks in parallel and returns the results in order.
  ///
  /// - Parameter progress: called with the number of finished tasks, on the caller's thread.
  /// - Throws: `CompressionError.cancelled` within a few hundredths of a second after `isCancelled` becomes true.
  static func run(
    _ tasks: [WeightTask], unless isCancelled: @escaping @Sendable () -> Bool, progress: (Int) -> Void
  ) throws -> [Result<Outcome, any Error>] {
    let leaders = SharedWeights.leaders(tasks)
    let own = tasks.indices.filter { leaders[$0] == $0 }
    var outcomes: [Int: Result<Outcome, any Error>] = [:]
    for index in own where tasks[index].technique.callsScript {
      if isCancelled() { throw CompressionError.cancelled }
      progress(outcomes.count)
      do { outcomes[index] = .success(try tasks[index].run()) } catch let reason as SkipReason {
        outcomes[index] = .failure(reason)
      }
    }
    let others = own.filter { !tasks[$0].technique.callsScript }
    let before = outcomes.count
    let done = Counter()
    let results = try abandonable(unless: isCancelled, whileWaiting: { progress(before + done.value) }) { abandonment in
      Parallel.map(others.count) { number in
        defer { done.increment() }
        var task = tasks[others[number]]
        task.context.isCancelled = { abandonment.isAbandoned }
        return Result { try task.run() }
      }
    }
    for (index, result) in zip(others, results) { outcomes[index] = result }
    return leaders.map { outcomes[$0] ?? .failure(CompressionError.cancelled) }
  }
}

/// A thread-safe list of remarks.
private final class Remarks: Sendable {
  private let list = Mutex<[String]>([])
  var all: [String] { list.withLock { $0 } }
  func add(_ remark: String) { list.withLock { $0.append(remark) } }
}

/// A thread-safe counter.
private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func increment() { count.wrappingAdd(1, ordering: .relaxed) }
}
