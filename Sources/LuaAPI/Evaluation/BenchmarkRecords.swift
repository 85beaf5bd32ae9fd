// SPDX-License-Identifier: Apache-2.0
// How long predictions take, in a script's hands.

import Evaluation
import LuaHost
import Runtime

/// How long predictions take.
struct BenchmarkRecord: LuaRecord {
  let latency: LatencyResult
  let profile: [ProfileRow]?

  static let luaName = "Benchmark"
  static let luaDoc = "How long predictions take, in seconds."
  static let luaFields: [LuaField<BenchmarkRecord>] = [
    LuaField("median", "half of the runs are at least this fast") { $0.latency.median },
    LuaField("p90", "nine runs of ten are at least this fast") { $0.latency.p90 },
    LuaField("min", "the fastest run") { $0.latency.min },
    LuaField("mean", "the mean of the runs") { $0.latency.mean },
    LuaField("runs", "number of runs") { $0.latency.runs },
    LuaField("profile", "rows of operators, the slowest first; nil without profile = true") { $0.profile?.map { ProfileRecord(row: $0) } },
  ]
  var luaText: String? { ([latency.description] + (profile.map { [ProfileRecord.table($0)] } ?? [])).joined(separator: "\n") }
}

/// One operator of a profile.
struct ProfileRecord: LuaRecord {
  let row: ProfileRow

  static let luaName = "ProfileRow"
  static let luaDoc = "The time of one operator."
  static let luaFields: [LuaField<ProfileRecord>] = [
    LuaField("operation", "the operator, or what the plan put in") { $0.row.operation },
    LuaField("name", "the value it computes") { $0.row.name },
    LuaField("kernel", "which loop or primitive ran") { $0.row.kernel },
    LuaField("seconds", "mean over the runs") { $0.row.seconds / Double(max($0.row.runs, 1)) },
  ]

  /// The slowest rows as an aligned table.
  static func table(_ rows: [ProfileRow], limit: Int = 20) -> String {
    let total = rows.reduce(0) { $0 + $1.seconds }
    var table = Table(columns: [
      Table.Column("operator", .left), Table.Column("value", .left), Table.Column("kernel", .left), Table.Column("time", unit: "µs"),
      Table.Column("share", unit: "%"),
    ])
    for row in rows.prefix(limit) {
      table.append([
        row.operation, row.name, row.kernel, Quantity.fixed(row.seconds / Double(max(row.runs, 1)) * 1e6, 1),
        Quantity.fixed(total > 0 ? row.seconds / total * 100 : 0, 1),
      ])
    }
    let rest = rows.count - min(rows.count, limit)
    return table.text() + (rest > 0 ? "\n… and \(rest) more" : "")
  }
}
