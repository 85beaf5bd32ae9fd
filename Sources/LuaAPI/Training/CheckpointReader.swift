// SPDX-License-Identifier: Apache-2.0
// The method t:save_checkpoint, and the arguments of wane.resume.

import LuaHost
import Options
import Workflows

enum CheckpointReader {
  private static let loss = LuaOption<LuaValue?>("loss", "the loss again, where it is a function or has a teacher")
  static let table = LuaOptionTable("ResumeOptions", [loss])

  static func resume(_ path: String, _ options: LuaOptions, _ interpreter: Interpreter) throws -> TrainerObject {
    let checkpoint = try Checkpoint(path, isCancelled: { Interrupts.isPending })
    let table = interpreter.newTable()
    for (name, value) in checkpoint.configuration { try table.set(name, LuaOptionValue(value)) }
    let loss = options[loss].flatMap { $0.isNil ? nil : $0 }
    if let loss { try table.set("loss", loss) }
    guard loss != nil || !checkpoint.needsLoss else { throw WorkflowError.lossNotInCheckpoint }
    let read = try LuaOptions.read(table, as: TrainerReader.table, for: "resume")
    let object = try TrainerObject(checkpoint.model, read, interpreter)
    try checkpoint.resume(object.run, compilePattern: LuaPatterns.compiler(interpreter))
    return object
  }
}

extension TrainerObject {
  static let saving: [LuaMethod] = [
    LuaMethod(
      "save_checkpoint", "Save the run, so that wane.resume goes on with the same bits. An old file is replaced when the new one is whole.",
      Arg<PathArgument>("path", "the file"), example: "wane.trainer(model, { lr = 1e-4 }):save_checkpoint(os.tmpname())"
    ) { (t: TrainerObject, path: PathArgument) in try Checkpoint.save(t.run, to: path.path) }
  ]
}

/// An option's value as a Lua value.
struct LuaOptionValue: LuaReturnable {
  let value: OptionValue
  init(_ value: OptionValue) { self.value = value }
  static var luaType: LuaType { .any }

  func push(to interpreter: Interpreter) throws {
    switch value {
    case .null, .function: try LuaValue.nil.push(to: interpreter)
    case .bool(let v): v.push(to: interpreter)
    case .integer(let v): try v.push(to: interpreter)
    case .number(let v): v.push(to: interpreter)
    case .string(let v): v.push(to: interpreter)
    case .list(let all): try all.map { LuaOptionValue($0) }.push(to: interpreter)
    case .dictionary(let fields): try fields.mapValues { LuaOptionValue($0) }.push(to: interpreter)
    }
  }
}
