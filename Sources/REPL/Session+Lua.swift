// SPDX-License-Identifier: Apache-2.0
// Compiles, runs and displays an input.

import LineEditor
import LuaHost

extension Session {
  func run(_ input: LuaInput) throws {
    let chunk = try scope.load(source(of: input), chunkName: Self.chunkName)
    for remark in interpreter.remarks(on: input.text) { self.remark("(\(remark.text))") }
    let start = ContinuousClock.now
    let results = try chunk.call()
    if let first = results.first { remember(first) }
    if !input.isMuted { try show(results) }
    let time = start.duration(to: .now)
    if console.isTerminal, time >= .seconds(Self.notableTime) {
      remark("[\(time.formatted)]")
    }
  }

  /// The input itself, if it is a single chunk; else the lines that are inputs of their own, as in a pasted
  /// transcript, where lines may consist of an expression.
  ///
  /// - Throws: `LuaSyntaxError` if it is neither.
  func parts(of input: LuaInput) throws -> [LuaInput] {
    do {
      _ = try source(of: input)
      return [input]
    } catch let error as LuaSyntaxError where input.text.contains("\n") {
      return try linewise(input.text, elseThrow: error)
    }
  }

  /// Splits a text into the shortest runs of lines that are complete inputs.
  private func linewise(
    _ text: String, elseThrow wholeError: LuaSyntaxError
  ) throws -> [LuaInput] {
    var parts: [LuaInput] = []
    var pending: (text: String, error: LuaSyntaxError)?
    for line in text.split(separator: "\n") {
      let text = (pending.map { $0.text + "\n" } ?? "") + line
      guard case .lua(let input) = SessionInput(text) else { continue }
      do {
        _ = try source(of: input)
        parts.append(input)
        pending = nil
      } catch let error as LuaSyntaxError {
        guard error.incomplete else { throw wholeError }
        pending = (text, error)
      }
    }
    if let pending { throw pending.error }
    return parts
  }

  /// The first form of the input that is valid Lua: an expression, statements followed by an expression whose value
  /// is displayed, or the text itself.
  ///
  /// - Throws: `LuaSyntaxError`: that of the expression form if further lines could complete it, so that a table or a
  ///   sum may continue on the next line; otherwise that of the text.
  private func source(of input: LuaInput) throws -> String {
    let expressionError: LuaSyntaxError
    do {
      _ = try load(input.asExpression)
      return input.asExpression
    } catch let error as LuaSyntaxError {
      expressionError = error
    }
    if input.isExpression { throw expressionError }
    for end in input.shownEnds where (try? load(end.probe)) != nil && (try? load(end.chunk)) != nil { return end.chunk }
    do {
      _ = try load(input.text)
      return input.text
    } catch let error as LuaSyntaxError {
      throw expressionError.incomplete && error.hint == nil ? expressionError : error
    }
  }

  private func load(_ source: String) throws -> LuaClosure {
    try interpreter.load(source, chunkName: Self.chunkName)
  }

  /// Whether a text is a complete input.
  package enum Completeness: Sendable { case complete, incomplete, invalid }

  package func completeness(of typed: String) -> Completeness {
    let text = Self.prompts.stripped(from: typed)
    let input: LuaInput
    switch SessionInput(text) {
    case .lua(let lua): input = lua
    case .leave: return .complete
    case .blank, .help, .shell:
      // There are only comments, one of which may be an unfinished long comment.
      return LuaLexer(text).allSatisfy { $0.kind != .unfinished } ? .complete : .incomplete
    }
    do {
      _ = try parts(of: input)
      return .complete
    } catch {
      return (error as? LuaSyntaxError)?.incomplete == true ? .incomplete : .invalid
    }
  }

  func isComplete(_ text: String) -> Bool { completeness(of: text) != .incomplete }

  /// Stores a value in `_` and the previous one in `__`, unless a script uses those names for itself; `_ = nil`
  /// restores them.
  private func remember(_ value: LuaValue) {
    guard !value.isNil else { return }
    let before = interpreter.globals["_"]
    guard keep(value, as: "_", &lastValue), !before.isNil else { return }
    _ = keep(before, as: "__", &valueBeforeLast)
  }

  private func keep(_ value: LuaValue, as name: String, _ kept: inout ValueIdentity) -> Bool {
    let globals = interpreter.globals
    guard [.nothing, kept].contains(ValueIdentity(globals[name])),
      (try? globals.set(name, value)) != nil
    else { return false }
    kept = ValueIdentity(value)
    return true
  }
}

/// Identifies values without keeping them alive.
enum ValueIdentity: Equatable {
  case nothing
  case boolean(Bool)
  case integer(Int)
  case number(bits: UInt64)
  case string([UInt8])
  case reference(UnsafeRawPointer?)
  case object(ObjectIdentifier)

  init(_ value: LuaValue) {
    switch value {
    case .nil: self = .nothing
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(bits: value.bitPattern)
    case .string(let text): self = .string(Array(text.utf8))
    case .bytes(let bytes): self = .string(bytes)
    case .table(let table): self = .reference(table.reference.identity)
    case .function(let closure): self = .reference(closure.reference.identity)
    case .object(let object): self = .object(ObjectIdentifier(object))
    case .other(let reference, _): self = .reference(reference.identity)
    }
  }
}
