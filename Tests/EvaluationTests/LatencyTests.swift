// SPDX-License-Identifier: Apache-2.0
// Order statistics by hand, and alternation between models.

import Evaluation
import Testing

@Suite struct LatencyTests {
  @Test func statistics() {
    let result = LatencyResult(durations: [0.004, 0.001, 0.003, 0.002, 0.010], warmup: 2)
    #expect(result.median == 0.003)
    #expect(result.min == 0.001)
    #expect(abs(result.mean - 0.004) < 1e-15)
    // Index 3.6 of the sorted: 0.004 + 0.6 · 0.006.
    #expect(abs(result.p90 - 0.0076) < 1e-15)
    #expect(result.description == "median 3.00 ms, p90 7.60 ms, min 1.00 ms, mean 4.00 ms over 5 runs (2 warm-up)")
    #expect(LatencyResult(durations: [1, 2], warmup: 0).median == 1.5)
  }

  @Test func candidatesTakeTurnsForthAndBack() throws {
    var order = ""
    var time = 0.0
    let bodies: [() throws -> Void] = [
      {
        order += "a"; time += 1
      },
      {
        order += "b"; time += 2
      },
      {
        order += "c"; time += 4
      },
    ]
    let results = try Latency.interleaved(runs: 3, warmup: 1, bodies, now: { time })
    #expect(order == "abccbaabccba")
    #expect(results.map(\.durations) == [[1, 1, 1], [2, 2, 2], [4, 4, 4]])
    #expect(results.allSatisfy { $0.warmup == 1 && $0.runs == 3 })
  }

  @Test func stopping() {
    var calls = 0
    #expect(failure { _ = try Latency.interleaved([{ calls += 1 }], isCancelled: { calls == 2 }) } == .cancelled)
    #expect(calls == 2)
    #expect(failure { _ = try Latency.interleaved(runs: 0, [{}]) } == .badOption(name: "runs", value: "0", allowed: "1 and above"))
  }

  @Test func aSingleBody() throws {
    var calls = 0
    let result = try Latency.interleaved(runs: 4, warmup: 2, [{ calls += 1 }])[0]
    #expect(calls == 6 && result.runs == 4)
    #expect(result.durations.allSatisfy { $0 >= 0 })
  }
}
