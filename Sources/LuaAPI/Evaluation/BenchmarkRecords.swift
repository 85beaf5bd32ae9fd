// SPDX-License-Identifier: Apache-2.0
// Lua records for benchmarks and profiles.

import Evaluation
import LuaHost
import Runtime
import TextLayout
import Workflows

/// The durations of predictions.
struct BenchmarkRecord: LuaRecord {
  let benchmark: Benchmark

  static let luaName = "Benchmark"
  static let luaDoc = "The latency of predictions in seconds."
  static let luaFields: [LuaField<BenchmarkRecord>] = [
    LuaField("median", "half of the runs are at least this fast") { $0.benchmark.latency.median },
    LuaField("p90", "nine runs of ten are at least this fast") { $0.benchmark.latency.p90 },
    LuaField("min", "the fastest run") { $0.benchmark.latency.min },
    LuaField("mean", "the mean of the runs") { $0.benchmark.latency.mean },
    LuaField("runs", "number of runs") { $0.benchmark.latency.runs },
    LuaField("resident", "bytes of memory that the process holds after the runs") { $0.benchmark.resident },
    LuaField("profile", "rows of operators, the slowest first; nil without profile = true") {
      $0.benchmark.profile.map(ProfileRecord.rows)
    },
  ]
  func luaText(in frame: DisplayFrame) -> String? {
    ([DisplayWidth.wrap(benchmark.latency.description, to: frame.columns)]
      + (benchmark.resident.map { ["resident memory \(Quantity.fixed(Double($0) / 1e6, 0)) MB"] } ?? [])
      + (benchmark.profile.map { [ProfileRecord.table($0, in: frame)] } ?? [])).joined(separator: "\n")
  }
}

/// An operator in a profile.
struct ProfileRecord: LuaRecord {
  let row: ProfileRow
  /// The fraction of the total time of all operators.
  let share: Double

  static func rows(_ profile: [ProfileRow]) -> [ProfileRecord] {
    let total = profile.reduce(0) { $0 + $1.seconds }
    return profile.map { ProfileRecord(row: $0, share: total > 0 ? $0.seconds / total : 0) }
  }

  static let luaName = "ProfileRow"
  static let luaDoc = "The time of one operator."
  static let luaFields: [LuaField<ProfileRecord>] = [
    LuaField("operation", "the operator, or reorder for a copy that the plan inserted") { $0.row.operation },
    LuaField("name", "the value it computes") { $0.row.name },
    LuaField("kernel", "the loop or primitive that ran") { $0.row.kernel },
    LuaField("seconds", "mean over the runs") { $0.row.seconds / Double(max($0.row.runs, 1)) },
    LuaField("share", "fraction of the time of all operators, 0 to 1") { $0.share },
    LuaField("flops", "floating-point operations of one run; 0 for data movement") { $0.row.flops },
    LuaField("gflops", "billions of floating-point operations per second") { $0.row.gigaflops },
    LuaField("bytes", "bytes read and written in one run, as 32-bit numbers") { $0.row.bytes },
  ]

  /// The rows as an aligned table, in descending order of time.
  static func table(_ rows: [ProfileRow], in frame: DisplayFrame) -> String {
    var table = Table(columns: [
      Table.Column("operator", .left), Table.Column("value", .left), Table.Column("kernel", .left, dispensable: true),
      Table.Column("time", unit: "µs"),
      Table.Column("share", unit: "%"), Table.Column("speed", unit: "GFLOP/s", dispensable: true),
      Table.Column("moved", unit: "kB", dispensable: true),
    ])
    for record in Self.rows(rows) {
      let row = record.row
      table.append([
        row.operation, row.name, row.kernel, Quantity.fixed(row.seconds / Double(max(row.runs, 1)) * 1e6, 1),
        Quantity.fixed(record.share * 100, 1), row.flops > 0 ? Quantity.fixed(row.gigaflops, 1) : "",
        Quantity.fixed(Double(row.bytes) / 1000, 1),
      ])
    }
    return table.text(in: frame, others: 4, remedy: "benchmark.profile holds all")
  }
}
