// SPDX-License-Identifier: Apache-2.0
// Loading and calling from Swift.
import CLuaShim
import Platform

extension Interpreter {
  /// Compiles a text chunk.
  ///
  /// `chunkName` is `@file.lua` for a file, `=stdin` for a fixed label, else the source itself is
  /// quoted in messages. Throws `LuaSyntaxError`.
  package func load(_ source: some Collection<UInt8>, chunkName: String) throws -> LuaClosure {
    let text = Array(source)
    let status = text.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) {
        shim_load(stack, $0.baseAddress, $0.count, chunkName)
      }
    }
    return try loaded(status, source: text)
  }

  /// Compiles a text chunk.
  package func load(_ source: String, chunkName: String) throws -> LuaClosure {
    try load(Array(source.utf8), chunkName: chunkName)
  }

  /// Compiles a script file, or standard input when `path` is nil; a first line `#!…` is skipped.
  ///
  /// Throws `LuaSyntaxError`, or `LuaError` of kind `notFound` when the file cannot be read.
  package func loadFile(_ path: String?) throws -> LuaClosure {
    let status = path.map { shim_load_file(stack, $0) } ?? shim_load_file(stack, nil)
    return try loaded(status, source: status == SHIM_OK ? [] : path.flatMap(Self.contents) ?? [])
  }

  private func loaded(_ status: Int32, source: [UInt8]) throws -> LuaClosure {
    if Int(status) == SHIM_FAILED {
      pop()
      let message = displayed(at: -1)
      pop()
      if message.hasPrefix("cannot ") { throw LuaError(.notFound, message) }
      throw LuaSyntaxError(message: message, source: source, named: foreignNames)
    }
    try check(status)
    return LuaClosure(LuaReference(popping: self))
  }

  /// The bytes of a file that did not compile, for hints on the error; `nil` if it cannot be read again.
  private static func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
  }

  /// Loads and calls a chunk; returns its results.
  @discardableResult
  package func run(_ source: String, chunkName: String = "=script") throws -> [LuaValue] {
    try load(source, chunkName: chunkName).call()
  }

  /// Loads and calls a script file with `arguments` as `...`.
  ///
  /// The caller sets the global `arg`.
  @discardableResult
  package func runFile(_ path: String?, arguments: [String] = []) throws -> [LuaValue] {
    try loadFile(path).call(with: arguments)
  }

  /// Calls the function below `arguments` values on the stack, leaves its results there, and returns their number.
  func callOnStack(arguments: Int, results: Int32 = Int32(SHIM_ALL_RESULTS)) throws -> Int {
    let base = top - Int32(arguments) - 1
    try check(shim_call(stack, Int32(arguments), results))
    return Int(top - base)
  }

  /// Throws the error for a status of the shim, and pops the error value and traceback.
  func check(_ status: Int32) throws {
    switch Int(status) {
    case SHIM_OK: return
    case SHIM_INTERRUPTED: throw LuaInterrupted()
    case SHIM_TERMINATED: throw LuaInterrupted(terminating: true)
    case SHIM_EXHAUSTED: throw LuaLimitReached(instructions: instructionLimit)
    case SHIM_EXITED: throw LuaExit(status: shim_exit_status(stack))
    default:
      let outOfMemory = Int(status) == SHIM_OUT_OF_MEMORY
      let traceback = string(at: -1).map(Traceback.cleaned)
      pop()
      var error = raisedError()
      if outOfMemory { error.kind = .memory }
      if error.traceback == nil, traceback?.isEmpty == false { error.traceback = traceback }
      throw error
    }
  }

  /// Pops the error value on top and returns the error.
  private func raisedError() -> LuaError {
    if let error = error(at: -1) {
      return LuaError(
        kind: error.kind, message: error.message, hint: error.hint, position: error.position,
        traceback: error.traceback, underlying: error.underlying,
        raised: RaisedValue(reference: LuaReference(popping: self)))
    }
    let message = displayed(at: -1)
    return LuaError(
      kind: .script, message: message, hint: kind(at: -1) == SHIM_STRING ? hint(for: message) : nil, underlying: nil,
      raised: RaisedValue(reference: LuaReference(popping: self)))
  }

  /// The text of an error value. It never fails: invalid strings are repaired, and objects are converted with
  /// `tostring`.
  func displayed(at index: Int32) -> String {
    if let bytes = bytes(at: index) { return String(decoding: bytes, as: UTF8.self) }
    let isObject = kind(at: index) >= SHIM_TABLE
    if isObject, !hasMetafield("__tostring", at: index) {
      return "(error object is a \(typeName(at: index)) value)"
    }
    return (try? describe(at: index)) ?? "(error object is a \(typeName(at: index)) value)"
  }

  /// The result of `tostring` for the value at `index`.
  func describe(at index: Int32) throws -> String {
    try check(shim_tostring(stack, index))
    defer { pop() }
    return bytes(at: -1).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func hasMetafield(_ name: String, at index: Int32) -> Bool {
    guard shim_push_metatable(stack, index) else { return false }
    shim_raw_get_field(stack, -1, name)
    defer { pop(2) }
    return !isNil(at: -1)
  }
}

/// Tracebacks in the format of luaL_traceback.
enum Traceback {
  /// The traceback without the frames of the host.
  static func cleaned(_ text: String) -> String {
    let lines = text.split(separator: "\n").filter { $0 != "\t[C]: in ?" }
    return lines.count > 1 ? lines.joined(separator: "\n") : ""
  }
}
