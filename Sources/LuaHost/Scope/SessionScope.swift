// SPDX-License-Identifier: Apache-2.0
// Keeps local variables of a session alive after the input that declared them.
import CLuaShim

/// Makes the inputs of a session behave like consecutive parts of one block.
///
/// A local variable in the outermost block of an input is visible in later inputs, as if all inputs were one chunk: later inputs
/// and functions that captured it share the variable, a later declaration of the same name hides it, and `<const>` is enforced. It
/// does not become a global. Variables declared before an error are kept. `<close>` variables are closed when the session ends.
///
/// Implementation: after each `local` statement, on the same line, a call is inserted that passes a closure capturing the variable.
/// The next input is compiled inside declarations of the same names, and its upvalues are then joined with the captured variables.
package final class SessionScope {
  private struct Variable {
    /// A function whose first upvalue is the variable.
    let keeper: LuaClosure
    let isConstant: Bool
  }

  private struct Declaration {
    let name: String
    let isConstant: Bool
    let isClosing: Bool
  }

  /// A compiled input.
  package struct Chunk {
    fileprivate let function: LuaClosure
    /// Whether it was compiled as a function inside declarations.
    fileprivate let isWrapped: Bool

    /// Runs the input.
    ///
    /// - Throws: the errors of `LuaClosure.call`. Tracebacks describe the input as the main chunk.
    package func call() throws -> [LuaValue] {
      if let interpreter = function.reference.interpreter {
        try interpreter.reserve(4)
        interpreter.push(function.reference)
        shim_set_main_chunk(interpreter.stack)
      }
      do {
        return try function.call()
      } catch var error as LuaError where isWrapped {
        error.traceback = error.traceback.map(Self.renamed)
        throw error
      }
    }

    /// The traceback in which the outermost frame, which is the input itself, is named as the main chunk.
    private static func renamed(_ traceback: String) -> String {
      var lines = traceback.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard let last = lines.indices.last, let start = lines[last].firstRange(of: "in function <") else { return traceback }
      lines[last] = lines[last][..<start.lowerBound] + "in main chunk"
      return lines.joined(separator: "\n")
    }
  }

  private unowned let interpreter: Interpreter
  private var variables: [String: Variable] = [:]
  private var closing: [(name: String, value: LuaValue)] = []

  /// The maximum number of names in one declaration. Lua allows 200 local variables in a function.
  private static let declarationLimit = 150

  package init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// The names that are visible to the next input.
  package var names: [String] { Array(variables.keys) }

  /// The value of a variable; `nil` if there is no variable with the name.
  package func value(named name: String) -> LuaValue? {
    guard let variable = variables[name], (try? variable.keeper.push(to: interpreter)) != nil else { return nil }
    defer { interpreter.pop() }
    guard shim_push_upvalue(interpreter.stack, -1, 1) else { return nil }
    defer { interpreter.pop() }
    return LuaValue(interpreter, at: -1)
  }

  // MARK: Compiling

  /// Compiles an input.
  ///
  /// - Throws: `LuaSyntaxError`, with the message that Lua reports for the unmodified text.
  package func load(_ source: String, chunkName: String) throws -> Chunk {
    let plain = try interpreter.load(source, chunkName: chunkName)
    let names = Set(LuaLexer(source).filter { $0.kind == .name }.map { String($0.text) })
    let visible = variables.keys.filter(names.contains).sorted()
    // Keeping a local `_ENV` would make the globals, including the prompt's own functions, permanently inaccessible.
    let statements = LuaStatementReader.locals(of: source).filter { $0.names.allSatisfy { $0.text != "_ENV" } }
    guard !visible.isEmpty || !statements.isEmpty else { return Chunk(function: plain, isWrapped: false) }

    var hook = "_keep"
    while names.contains(hook) || variables[hook] != nil { hook += "_" }
    let (body, declarations) = Self.handingOver(source, statements, hook)
    let wrapper = try interpreter.load(wrapped(body, visible, hook), chunkName: chunkName)
    guard let function = try wrapper.call(keeper(of: declarations)).first?.function else {
      throw LuaError(.internal, "the input could not be compiled within the session")
    }
    try join(function)
    return Chunk(function: function, isWrapped: true)
  }

  /// The text with a call of `hook` after each local statement, on the same line.
  private static func handingOver(
    _ source: String, _ statements: [LocalStatement], _ hook: String
  ) -> (text: String, declarations: [Declaration]) {
    var text = ""
    var declarations: [Declaration] = []
    var start = source.startIndex
    for statement in statements {
      for name in statement.names {
        // The variable is closed at the end of the session, not at the end of this input, so it is declared as `<const>`.
        guard name.attribute == "close", let attribute = name.attribute else { continue }
        text += source[start..<attribute.startIndex] + "const"
        start = attribute.endIndex
      }
      text += source[start..<statement.end]
      start = statement.end
      for name in statement.names {
        declarations.append(
          Declaration(name: name.text, isConstant: name.attribute != nil, isClosing: name.attribute == "close"))
        text += " \(hook)(\(declarations.count),function()return \(name.text) end);"
      }
    }
    return (text + source[start...], declarations)
  }

  /// A chunk that returns `body` as a function inside declarations of the names. The first line of the chunk is the
  /// first line of the body.
  private func wrapped(_ body: String, _ names: [String], _ hook: String) -> String {
    var text = "local \(hook)=... "
    var levels = 0
    for start in stride(from: 0, to: names.count, by: Self.declarationLimit) {
      if levels > 0 { text += "return(function() " }
      let declared = names[start..<min(start + Self.declarationLimit, names.count)]
      text += "local " + declared.map { $0 + (variables[$0]?.isConstant == true ? "<const>" : "") }.joined(separator: ",") + " "
      levels += 1
    }
    return text + "return function(...) " + body + "\nend" + String(repeating: " end)()", count: max(0, levels - 1))
  }

  /// Replaces the upvalues of a compiled input with the variables of the session.
  private func join(_ function: LuaClosure) throws {
    try interpreter.reserve(8)
    let stack = interpreter.stack
    try function.push(to: interpreter)
    defer { interpreter.pop() }
    var number: Int32 = 1
    while let name = shim_upvalue_name(stack, -1, number) {
      if let variable = variables[String(cString: name)] {
        try variable.keeper.push(to: interpreter)
        shim_join_upvalue(stack, -2, number, -1, 1)
        interpreter.pop()
      }
      number += 1
    }
  }

  // MARK: Declaring

  /// The function that an input calls after each declaration.
  private func keeper(of declarations: [Declaration]) -> LuaClosure {
    interpreter.function("local") { [unowned self] context in
      guard let index = context.value(1).integer, declarations.indices.contains(index - 1),
        let function = context.value(2).function
      else { return LuaResults() }
      try declare(declarations[index - 1], function)
      return LuaResults()
    }
  }

  private func declare(_ declaration: Declaration, _ function: LuaClosure) throws {
    let value = try function.call().first ?? .nil
    if declaration.isClosing, !value.isNil, value.boolean != false {
      guard interpreter.metatable(of: value)?["__close"].isNil == false else {
        throw LuaError(
          .usage, "variable '\(declaration.name)' got a non-closable value",
          hint: "<close> is for values with __close, such as files and models; leave it out")
      }
      closing.append((declaration.name, value))
    }
    try function.push(to: interpreter)
    let isCaptured = shim_upvalue_name(interpreter.stack, -1, 1) != nil
    interpreter.pop()
    // A compile-time constant is not captured as a variable; the function returns it directly.
    let kept = isCaptured ? function : try variable(holding: value)
    variables[declaration.name] = Variable(keeper: kept, isConstant: declaration.isConstant)
  }

  private func variable(holding value: LuaValue) throws -> LuaClosure {
    let make = try interpreter.load("local value = ... return function() return value end", chunkName: "=local")
    guard let function = try make.call(value).first?.function else {
      throw LuaError(.internal, "a constant could not be kept")
    }
    return function
  }

  /// Closes the `<close>` variables in reverse order, like Lua at the end of a block.
  ///
  /// - Returns: the errors that closing raised.
  package func close() -> [any Error] {
    var errors: [any Error] = []
    while let last = closing.popLast() {
      guard let handler = interpreter.metatable(of: last.value)?["__close"].function else { continue }
      do { try handler.call(last.value, LuaValue.nil) } catch { errors.append(error) }
    }
    return errors
  }
}

extension Interpreter {
  /// The scope of the session, if there is one.
  package var scope: SessionScope? {
    get { companions[SessionScope.self] }
    set { companions[SessionScope.self] = newValue }
  }

  /// The value of a name at the prompt: that of a local of the session, or else of a global.
  package func variable(named name: String) -> LuaValue { scope?.value(named: name) ?? globals[name] }

  /// The names of the locals of the session and of the globals.
  package var variableNames: [String] {
    let globals = ((try? globals.pairs()) ?? []).compactMap(\.key.string)
    return Array(Set(globals + (scope?.names ?? [])))
  }
}
