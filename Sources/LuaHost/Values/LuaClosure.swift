// SPDX-License-Identifier: Apache-2.0
// Lua functions that Swift calls.
import CLuaShim
import Options

/// A reference to a Lua function.
///
/// It must only be called on the interpreter's thread. Errors of the script, interrupts and `os.exit` are thrown as
/// `LuaError`, `LuaInterrupted` and `LuaExit`; bound functions rethrow them.
package struct LuaClosure {
  package let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  /// Calls with `arguments` and returns all results.
  @discardableResult
  package func call(_ arguments: any LuaReturnable...) throws -> [LuaValue] {
    try call(with: arguments)
  }

  /// Calls with `arguments` and returns all results.
  @discardableResult
  package func call(with arguments: [any LuaReturnable]) throws -> [LuaValue] {
    try invoke(arguments) { interpreter, count in
      try interpreter.reserve(4)
      return (0..<count).map { LuaValue(interpreter, at: Int32($0 - count)) }
    }
  }

  /// Calls the function with `arguments` and converts the first result.
  ///
  /// Throws `LuaError` of kind `usage` if the function returned a value of a different type; `role` names the
  /// function in the message.
  package func call<R: LuaConvertible>(
    _ arguments: any LuaReturnable..., returning: R.Type, role: String = "callback", wanted: String? = nil
  ) throws -> R {
    try invoke(arguments) { interpreter, count in
      let first = interpreter.top - Int32(count) + 1
      do {
        return try R.read(interpreter, at: first)
      } catch let error as LuaMismatch {
        let expected = wanted ?? R.luaType.description.withArticle
        throw LuaError(
          .usage, "the \(role) must return \(expected)" + (error.note.map { ": \($0)" } ?? ", got \(error.found)\(error.path)"))
      }
    }
  }

  private func invoke<T>(
    _ arguments: [any LuaReturnable], _ body: (Interpreter, Int) throws -> T
  ) throws -> T {
    guard let interpreter = reference.interpreter else {
      throw LuaError(.internal, "the interpreter is closed")
    }
    let level = interpreter.top
    defer { interpreter.pop(interpreter.top - level) }
    try interpreter.reserve(arguments.count + 8)
    interpreter.push(reference)
    for argument in arguments { try argument.push(to: interpreter) }
    let count = try interpreter.callOnStack(arguments: arguments.count)
    return try body(interpreter, count)
  }
}

extension Interpreter {
  /// The compiled code of a function, without line numbers and names of variables; `nil` if it is not written in Lua.
  package func compiledCode(of function: LuaClosure) -> [UInt8]? {
    guard (try? function.push(to: self)) != nil else { return nil }
    defer { pop() }
    let size = shim_compiled_code(stack, -1, nil, 0)
    guard size > 0 else { return nil }
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { shim_compiled_code(stack, -1, $0.baseAddress, size) }
    }
  }
}

extension LuaClosure: LuaConvertible {
  package static var luaType: LuaType { .function }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> LuaClosure {
    guard interpreter.kind(at: index) == SHIM_FUNCTION else {
      throw mismatch(interpreter, at: index)
    }
    try interpreter.reserve(4)
    return LuaClosure(interpreter.reference(at: index))
  }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.push(checked: reference)
  }
}
