// SPDX-License-Identifier: Apache-2.0
// The Lua object for differences between two models.

import Evaluation
import LuaHost
import Models
import TextLayout

/// The result of `wane.diff`.
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
    for row in rows { table.append([row.part, row.name, Self.line(row.first), Self.line(row.second)]) }
    return table.text(in: frame, remedy: "print(tostring(difference)) shows all")
  }

  /// The first line, with an ellipsis if there are more.
  private static func line(_ text: String) -> String {
    let lines = text.split(separator: "\n", maxSplits: 1)
    return lines.isEmpty ? "—" : lines.count > 1 ? lines[0] + " …" : String(lines[0])
  }
}

/// A difference.
struct DifferenceRecord: LuaRecord {
  let row: ModelDifference

  static let luaName = "DifferenceRow"
  static let luaDoc = "A difference between two models."
  static let luaFields: [LuaField<DifferenceRecord>] = [
    LuaField("part", "model, input, output, state, metadata, operator or weight") { $0.row.part },
    LuaField("name", "of the input, operator, weight, …") { $0.row.name },
    LuaField("first", "what the first model has; empty for nothing") { $0.row.first },
    LuaField("second", "what the second model has; empty for nothing") { $0.row.second },
  ]
}

enum DifferenceFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "diff", "What differs between two models: target, interface, operators, weights.", Arg("a", "a Model"), Arg("b", "a Model"),
      returns: "a Difference, a sequence of rows; #diff is 0 when nothing differs"
    ) { (a: Model, b: Model) in
      DifferenceObject(try ModelDifference.between(a, b, isCancelled: { Interrupts.isPending }))
    }
  ]
}
