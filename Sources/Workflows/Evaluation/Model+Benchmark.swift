// SPDX-License-Identifier: Apache-2.0
// How long predictions of a model take.

import Evaluation
import Models
import Platform
import Runtime

/// How long predictions take, and where the time goes.
package struct Benchmark {
  package let latency: LatencyResult
  /// Bytes of memory that the process holds after the runs.
  package let resident: Int?
  /// The time of every operator, the slowest first; `nil` when nobody asked.
  package let profile: [ProfileRow]?
}

/// How predictions are timed.
package struct BenchmarkOptions {
  package var runs = 50
  package var warmup = 5
  /// What to predict; `nil` for random numbers.
  package var inputs: [String: ModelInput]?
  /// `nil` for the present number.
  package var threads: Int?
  package var profiles = false

  package init() {}

  /// Runs that a profile takes at most: it counts every operator of each.
  fileprivate static let profiledRuns = 20
}

extension Model {
  /// Measures how long a prediction takes.
  ///
  /// - Parameter progress: told of runs done and of all.
  package func benchmark(
    _ options: BenchmarkOptions, isCancelled: () -> Bool = { false }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Benchmark {
    let inputs = try options.inputs ?? randomInputs()
    let state = try makeState()
    // Prepared anew when the number of threads differs: primitives are split when they are made.
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
