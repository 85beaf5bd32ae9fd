// SPDX-License-Identifier: Apache-2.0
// The error object that scripts catch.

/// The script-side error object of a bound function.
final class LuaErrorObject: LuaBoxed {
  let error: LuaError

  init(_ error: LuaError) { self.error = error }

  static let luaName = "Error"

  static let luaClass = LuaClass(
    LuaErrorObject.self, "What a failed call raises; `tostring(err)` is the sentence.",
    properties: [
      LuaProperty("kind", "one of: usage not_found format unsupported io memory internal") {
        (object: LuaErrorObject) in object.error.kind.rawValue
      },
      LuaProperty("message", "what went wrong") { (object: LuaErrorObject) in
        object.error.message
      },
      LuaProperty("hint", "what to try, or nil") { (object: LuaErrorObject) in
        object.error.hint
      },
      LuaProperty("where", "the script line that called, e.g. \"script.lua:12:\", or \"\"") {
        (object: LuaErrorObject) in object.error.position
      },
    ],
    behaviors: [.toString { (object: LuaErrorObject) in object.error.sentence }])
}

extension Interpreter {
  /// Pushes an error as scripts catch it.
  func push(_ error: LuaError) throws { try LuaErrorObject(error).push(to: self) }

  /// The error of the error object at `index`; `nil` for other values.
  func error(at index: Int32) -> LuaError? { try? LuaErrorObject.read(self, at: index).error }
}
