// SPDX-License-Identifier: Apache-2.0
// The methods model:flops, model:memory_plan and model:plan_text, which describe a prediction without running it.

import Evaluation
import LuaHost
import Models
import Runtime
import TextLayout

extension Model {
  private enum PlanOptions {
    static let inputs = LuaOption<[String: InputArgument]?>(
      "inputs", "inputs whose shapes are planned for; by default the default shapes")
    static let table = LuaOptionTable("PlanOptions", [inputs])
  }

  static let planning: [LuaMethod] = [
    LuaMethod(
      "flops", "Floating-point operations of a prediction, a multiplication and an addition counting as two.",
      .options(PlanOptions.table), returns: "a number; bodies of loops and branches are not counted",
      example: "print(model:flops() / 1e9, \"GFLOP\")"
    ) { (m: Model, options: LuaOptions) in try m.planSummary(m.planned(options)).flops },
    LuaMethod(
      "memory_plan", "The memory locations and lifetimes of the values in a prediction.",
      .options(PlanOptions.table), returns: "a MemoryPlan", example: "print(model:memory_plan())"
    ) { (m: Model, options: LuaOptions) in MemoryPlanRecord(plan: try m.planSummary(m.planned(options))) },
    LuaMethod(
      "plan_text",
      "The steps of a prediction: kernels, fused post-ops, dtypes, axis orders, memory locations.",
      .options(PlanOptions.table), returns: "a text, a line for each step; its numbers are those of memory_plan",
      example: "print(model:plan_text())"
    ) { (m: Model, options: LuaOptions) in try m.planSummary(m.planned(options)).text.description },
  ]

  private func planned(_ options: LuaOptions) throws -> [String: ModelInput] {
    try options[PlanOptions.inputs]?.mapValues(\.input) ?? randomInputs()
  }
}

/// The memory of a prediction.
struct MemoryPlanRecord: LuaRecord {
  let plan: PlanSummary

  static let luaName = "MemoryPlan"
  static let luaDoc = "The memory of a prediction's values; weights are not among them."
  static let luaFields: [LuaField<MemoryPlanRecord>] = [
    LuaField("bytes", "bytes of the arena that all values share") { $0.plan.arena },
    LuaField("unshared", "bytes without sharing memory") { $0.plan.unshared },
    LuaField("steps", "number of steps") { $0.plan.steps },
    LuaField("values", "rows of values, by offset") { $0.plan.places.map { PlaceRecord(place: $0) } },
  ]
  func luaText(in frame: DisplayFrame) -> String? {
    var table = Table(columns: [
      Table.Column("value", .left), Table.Column("offset", unit: "B"), Table.Column("size", unit: "B"), Table.Column("first step"),
      Table.Column("last step"),
    ])
    for place in plan.places.sorted(by: { $0.bytes > $1.bytes }) {
      table.append([place.name, "\(place.offset)", "\(place.bytes)", "\(place.first)", "\(place.last)"])
    }
    let head = "\(plan.arena) bytes for \(plan.places.count) values in \(plan.steps) steps (\(plan.unshared) without sharing)"
    return DisplayWidth.wrap(head, to: frame.columns) + "\n" + table.text(in: frame, others: 2, remedy: "plan.values holds all")
  }
}

/// The memory location of a value.
struct PlaceRecord: LuaRecord {
  let place: PlanSummary.Place

  static let luaName = "MemoryPlace"
  static let luaDoc = "The memory location and lifetime of a value."
  static let luaFields: [LuaField<PlaceRecord>] = [
    LuaField("name", "the value") { $0.place.name },
    LuaField("offset", "bytes from the start of the arena") { $0.place.offset },
    LuaField("bytes", "its size") { $0.place.bytes },
    LuaField("first", "the step that computes it; -1 for inputs") { $0.place.first },
    LuaField("last", "the last step that reads it") { $0.place.last },
  ]
}
