// SPDX-License-Identifier: Apache-2.0
// Runs scripts in an interpreter with the module `wane`.

import Foundation
import LuaAPI
import LuaHost

enum Script {
  /// The folder of the examples, with a small model and its data.
  static let examples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples").path

  static let fixtures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures").path

  /// Runs a script with the folders of the examples in `examples` and of Tests/Fixtures in `fixtures`. It may fail
  /// with `assert`.
  @discardableResult
  static func run(_ source: String) throws -> [LuaValue] {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    try interpreter.globals.set("examples", examples)
    try interpreter.globals.set("fixtures", fixtures)
    try interpreter.globals.set("scratch", FileManager.default.temporaryDirectory.path + "/wane-\(UUID().uuidString)")
    return try interpreter.run(source, chunkName: "@script.lua")
  }

  /// The message of the error that a script fails with.
  static func failure(_ source: String) -> String {
    do {
      try run(source)
      return "no error"
    } catch let error as LuaError {
      return error.sentence
    } catch { return "\(error)" }
  }

  /// Loads the digits model as `model` and its test data as `data`.
  static let digits = """
    model = wane.load(examples .. "/digits_cnn.mlpackage")
    local digits = wane.load_npz(examples .. "/digits.npz")
    data = wane.dataset{ inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y, batch_size = 100 }

    """
}
