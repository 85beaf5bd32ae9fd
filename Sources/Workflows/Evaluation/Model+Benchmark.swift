// SPDX-License-Identifier: Apache-2.0
// Measures the latency of predictions.

import Evaluation
import Models
import Platform
import Runtime

/// The latency of predictions, the memory, and a profile by operator.
package struct Benchmark {
  package let latency: LatencyResult
  /// The resident memory of the process after the runs, in bytes; `nil` if the system does not report it.
  package let resident: Int?
  /// The time of each operator, slowest first; `nil` without profiling.
  package let profile: [ProfileRow]?
}

/// The options of a benchmark.
package struct BenchmarkOptions {
  package var runs = 50
  package var warmup = 5
  /// The inputs of the predictions; `nil` for random inputs.
  package var inputs: [String: ModelInput]?
  /// The number of threads; `nil` for that of the model.
  package var threads: Int?
  package var profiles = false

  package init() {}

  /// The maximum number of profiled runs, because profiling times every operator.
  fileprivate static let profiledRuns = 20
}

extension Model {
  /// Measures the latency of predictions.
  ///
  /// - Parameters:
  ///   - isCancelled: the cancellation check, called before every prediction.
  ///   - progress: called after every prediction with the number of completed predictions and the total, including warmup.
  /// - Throws: `EvaluationError.cancelled`, and the errors of `Model.predict`.
  package func benchmark(
    _ options: BenchmarkOptions, isCancelled: () -> Bool = { false }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Benchmark {
    let inputs = try options.inputs ?? randomInputs()
    let state = try makeState()
    // Primitives are divided among threads when they are created, so a different number of threads needs new plans.
    let model = try options.threads.map { try fresh(threads: $0) } ?? self
    var done = 0
    let latency = try withoutActuallyEscaping(progress) { progress in
      try Latency.interleaved(
        runs: options.runs, warmup: options.warmup,
        [
          {
            _ = try model.predict(inputs, state: state)
            done += 1
            progress(done, options.runs + options.warmup)
          }
        ], isCancelled: isCancelled)[0]
    }
    let runs = min(options.runs, BenchmarkOptions.profiledRuns)
    let profile = options.profiles ? try model.profile(inputs, state: state, runs: runs) : nil
    return Benchmark(latency: latency, resident: ResidentMemory.bytes, profile: profile)
  }
}
