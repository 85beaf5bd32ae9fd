// SPDX-License-Identifier: Apache-2.0
// The entry point from Lua to Swift.
import CLuaShim

/// A bound function as held by Lua.
class NativeFunction {
  private unowned let interpreter: Interpreter
  private let name: String
  private let isMethod: Bool
  private let body: (LuaContext) throws -> Int

  init(_ interpreter: Interpreter, name: String, isMethod: Bool, body: @escaping (LuaContext) throws -> Int) {
    self.interpreter = interpreter
    self.name = name
    self.isMethod = isMethod
    self.body = body
  }

  /// Runs the body; returns the number of results on the stack, or a code of the shim.
  fileprivate func run(_ stack: OpaquePointer) -> Int32 {
    let interpreter = interpreter
    let outer = interpreter.stack
    interpreter.stack = stack
    defer { interpreter.stack = outer }
    let context = LuaContext(
      interpreter: interpreter, name: name, isMethod: isMethod, count: Int(shim_top(stack)))
    do {
      return Int32(try body(context))
    } catch {
      return interpreter.raise(error)
    }
  }
}

/// The callback of every bound function.
///
/// Not a top-level closure: those are isolated to the main actor.
private func enterFunction(_ stack: OpaquePointer?, _ context: UnsafeMutableRawPointer?) -> Int32 {
  guard let stack, let context else { return 0 }
  return Unmanaged<NativeFunction>.fromOpaque(context).takeUnretainedValue().run(stack)
}

/// Releases the reference that a box or a Lua function owned.
///
/// It is a C function, so it must not capture anything.
func releaseObject(_ pointer: UnsafeMutableRawPointer?) {
  guard let pointer else { return }
  Unmanaged<AnyObject>.fromOpaque(pointer).release()
}

extension Interpreter {
  func push(_ function: NativeFunction) {
    shim_push_function(
      stack, enterFunction, Unmanaged<AnyObject>.passRetained(function).toOpaque(), releaseObject)
  }

  /// Pushes the value that the trampoline must raise, and returns the code that specifies how.
  fileprivate func raise(_ error: any Error) -> Int32 {
    switch error {
    case is LuaInterrupted, is LuaLimitReached:
      return Int32(SHIM_STOP)
    case let exit as LuaExit:
      shim_set_exit(stack, exit.status)
      return Int32(SHIM_EXIT)
    case let error as LuaError where error.raised?.reference.interpreter === self:
      if let reference = error.raised?.reference { push(reference) }
      if let traceback = error.traceback { push(string: traceback) } else { shim_push_nil(stack) }
      return Int32(SHIM_RERAISE)
    case _ where translateError?(error) is LuaInterrupted:
      return Int32(SHIM_STOP)
    default:
      do {
        try push(described(error))
      } catch {
        push(string: "\(error)")
      }
      return Int32(SHIM_RAISE)
    }
  }

  /// Converts any Swift error to a `LuaError` with the script line.
  private func described(_ error: any Error) -> LuaError {
    var result: LuaError
    if let error = error as? LuaError {
      result = error
    } else if let mismatch = error as? LuaMismatch {
      result = LuaError(.usage, mismatch.sentence)
    } else if let report = (error as? any LuaReportable) ?? translateError?(error) {
      result = LuaError(report.kind, report.message, hint: report.hint, underlying: error)
    } else {
      result = LuaError(.internal, "\(error)", underlying: error)
    }
    if result.position.isEmpty { result.position = scriptPosition }
    return result
  }

  /// `script.lua:12:` for the innermost script line, or the empty string.
  private var scriptPosition: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 160) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      shim_where(stack, start, buffer.count)
      return String(cString: start)
    }
  }
}
