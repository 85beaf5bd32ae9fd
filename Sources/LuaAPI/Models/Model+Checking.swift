// SPDX-License-Identifier: Apache-2.0
// The method model:check, which finds problems with fp16.

import Evaluation
import LuaHost
import Models
import TextLayout

extension Model {
  private enum CheckOptions {
    static let inputs = LuaOption<[String: InputArgument]?>("inputs", "the inputs; by default random")
    static let tolerance = LuaOption(
      "tolerance", "the largest acceptable difference, relative to a value's largest magnitude", default: 0.02)
    static let table = LuaOptionTable("CheckOptions", [inputs, tolerance])
  }

  static let checking: [LuaMethod] = [
    LuaMethod(
      "check", "Compare predictions in fp32 with predictions rounded to fp16 as on devices, and find the values that differ.",
      .options(CheckOptions.table), returns: "a PrecisionCheck",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local check = model:check{ inputs = { image = wane.zeros{ 1, 1, 8, 8 } } }
        print(#check.rows)  --> 0
        """
    ) { (m: Model, options: LuaOptions) in
      let inputs = try options[CheckOptions.inputs]?.mapValues(\.input) ?? m.randomInputs()
      return CheckRecord(check: try m.precisionCheck(inputs, tolerance: options[CheckOptions.tolerance]))
    }
  ]
}

/// The result of a check.
struct CheckRecord: LuaRecord {
  let check: PrecisionCheck

  static let luaName = "PrecisionCheck"
  static let luaDoc = "Where overflow, NaN or a large deviation begins when every operator rounds to fp16."
  static let luaFields: [LuaField<CheckRecord>] = [
    LuaField("compared", "number of fp16 values that were compared") { $0.check.compared },
    LuaField("rows", "values with faults, in program order") { $0.check.rows.map { FaultRecord(row: $0) } },
  ]
  func luaText(in frame: DisplayFrame) -> String? {
    guard check.compared > 0 else { return "no fp16 values: a device computes this program in 32 bits" }
    guard !check.rows.isEmpty else { return "fp16 holds all \(check.compared) values" }
    var table = Table(columns: [
      Table.Column("operator", .left), Table.Column("value", .left), Table.Column("fault", .left), Table.Column("elements"),
      Table.Column("peak"), Table.Column("deviation", unit: "%"),
    ])
    for row in check.rows {
      table.append([
        row.operatorName, row.value, row.fault.rawValue, "\(row.elements)", Quantity.significant(row.peak, 3),
        Quantity.fixed(row.deviation * 100, 1),
      ])
    }
    return table.text(in: frame, remedy: "check.rows holds all")
  }
}

/// A value with an fp16 fault.
struct FaultRecord: LuaRecord {
  let row: PrecisionCheck.Row

  static let luaName = "PrecisionFault"
  static let luaDoc = "A value with a fault that none of the values has from which it is computed."
  static let luaFields: [LuaField<FaultRecord>] = [
    LuaField("op_type", "the operator") { $0.row.operatorName },
    LuaField("name", "the value") { $0.row.value },
    LuaField("fault", "nan, overflow or deviation") { $0.row.fault.rawValue },
    LuaField("elements", "number of elements with the fault") { $0.row.elements },
    LuaField("peak", "largest magnitude of the value in 32 bits") { $0.row.peak },
    LuaField("deviation", "largest difference between finite elements, relative to peak") { $0.row.deviation },
  ]
}
