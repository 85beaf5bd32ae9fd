// SPDX-License-Identifier: Apache-2.0
// Reads the arguments of a call in order.
import CLuaShim
import Options

/// Iterates over the arguments of a call of a bound function.
package struct ArgumentReader {
  package let context: LuaContext
  private var next: Int32 = 1

  init(_ context: LuaContext) { self.context = context }

  package var interpreter: Interpreter { context.interpreter }

  /// Whether there are more arguments.
  package var hasMore: Bool { next <= Int32(context.count) }

  /// The stack index of the next argument, which may be greater than the number of given arguments.
  package mutating func advance() -> Int32 {
    defer { next += 1 }
    return next
  }

  /// An error such as `bad argument #1 to 'load' (path: string expected, got no value)`.
  ///
  /// The receiver is not counted. If an object is expected, the hint names a function that returns one.
  package func badArgument(_ index: Int32, named name: String, _ mismatch: LuaMismatch) -> LuaError {
    let number = context.isMethod ? index - 1 : index
    return LuaError(
      .usage,
      "bad argument #\(number) to '\(context.name)' (\(name)\(mismatch.path): \(mismatch.core))",
      hint: mismatch.note == nil ? interpreter.origin(of: mismatch.expected) : nil)
  }

  /// Throws an error for more arguments than are declared; trailing nils are permitted.
  func checkCount(_ arguments: [LuaArgument]) throws {
    if arguments.contains(where: \.isVariadic) { return }
    let selves = context.isMethod ? 1 : 0
    let maximum = arguments.count + selves
    var given = context.count
    while given > maximum, interpreter.isNil(at: Int32(given)) { given -= 1 }
    guard given > maximum else { return }
    let names = arguments.map { argument in
      if case .sequence = argument.type { "{ \(argument.name) }" } else { argument.name }
    }.joined(separator: ", ")
    throw LuaError(
      .usage,
      "\(context.name): at most \(arguments.count) argument\(arguments.count == 1 ? "" : "s") expected, got \(given - selves)",
      hint: "write \(context.name)(\(names))")
  }

  /// The receiver of a method, property or metamethod.
  mutating func receiver<T: LuaBoxed>(_ type: T.Type) throws -> T {
    let index = advance()
    do {
      return try T.read(interpreter, at: index)
    } catch  where error.note != nil {
      throw LuaError(.usage, "\(context.name): \(error.sentence)")
    } catch {
      let letter = error.expected.prefix(1).lowercased()
      let hint =
        context.isMethod
        ? "; did you write \(letter).\(context.name) instead of \(letter):\(context.name)?" : ""
      throw LuaError(.usage, "bad argument #1 to '\(context.name)' (\(error.sentence)\(hint))")
    }
  }
}

extension Interpreter {
  /// A hint with the declared function that returns an object of this class: `a Dataset comes from wane.dataset`.
  func origin(of className: String) -> String? {
    guard catalog.objectClass(named: className) != nil,
      let maker = catalog.functions.first(where: { $0.function.resultType == .object(className) })
    else { return nil }
    return "a \(className) comes from \(maker.path)"
  }
}

extension LuaContext {
  /// Argument `index` as a Swift type.
  ///
  /// Throws the usual "bad argument" error.
  package func read<T: LuaConvertible>(_ index: Int, _ name: String, as type: T.Type) throws -> T {
    do {
      return try T.read(interpreter, at: Int32(index))
    } catch {
      throw ArgumentReader(self).badArgument(Int32(index), named: name, error)
    }
  }
}

extension Arg where A == LuaContext {
  /// Passes the context of the call to the body; it does not correspond to a Lua value.
  package static var context: Arg<LuaContext> { Arg(declared: []) { reader in reader.context } }
}
