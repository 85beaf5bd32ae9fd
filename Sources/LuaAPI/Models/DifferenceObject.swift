// SPDX-License-Identifier: Apache-2.0
// What differs between two models, in a script's hands.

import Evaluation
import LuaHost
import Models
import TextLayout

/// The outcome of `wane.diff`.
final class DifferenceObject: LuaBoxed {
  private let rows: [ModelDifference]

  init(_ rows: [ModelDifference]) { self.rows = rows }

  static var luaName: String { "Difference" }

  static let luaClass = LuaClass(
    DifferenceObject.self, "What differs between two models: a sequence of rows, empty when nothing does.",
    behaviors: [
      .toString(in: DisplayFrame.self) { (d: DifferenceObject, frame: DisplayFrame) in d.text(in: frame) },
      .length { (d: DifferenceObject) in d.rows.count },
      .index { (d: DifferenceObject, i: Int) in d.rows.indices.contains(i - 1) ? DifferenceRecord(row: d.rows[i - 1]) : nil },
    ])

  private func text(in frame: DisplayFrame) -> String {
    guard !rows.isEmpty else { return "no difference" }
    var table = Table(columns: [
      Table.Column("part", .left), Table.Column("name", .left), Table.Column("first", .left), Table.Column("second", .left),
    ])
    for row in rows {
      let (first, second) = Self.differing(row)
      table.append([row.part, row.name, first, second])
    }
    return table.text(in: frame, remedy: "print(tostring(difference)) shows all")
  }

  /// What each model has in a line; of weights of one type and shape only what differs.
  private static func differing(_ row: ModelDifference) -> (String, String) {
    let (first, second) = (line(row.first), line(row.second))
    guard row.part == "weight", let end = first.firstIndex(of: "]"), second.hasPrefix(first[...end]) else { return (first, second) }
    return (String(first[end...].dropFirst(2)), String(second.dropFirst(first[...end].count + 1)))
  }

  /// The first line, and a sign that there are more.
  private static func line(_ text: String) -> String {
    let lines = text.split(separator: "\n", maxSplits: 1)
    return lines.isEmpty ? "—" : lines.count > 1 ? lines[0] + " …" : String(lines[0])
  }
}

/// One thing that differs.
struct DifferenceRecord: LuaRecord {
  let row: ModelDifference

  static let luaName = "DifferenceRow"
  static let luaDoc = "One thing that two models do not have in common."
  static let luaFields: [LuaField<DifferenceRecord>] = [
    LuaField("part", "model, input, output, state, metadata, operator or weight") { $0.row.part },
    LuaField("name", "of the input, operator, weight, …") { $0.row.name },
    LuaField("first", "what the first model has; empty for nothing") { $0.row.first },
    LuaField("second", "what the second model has; empty for nothing") { $0.row.second },
  ]
}
