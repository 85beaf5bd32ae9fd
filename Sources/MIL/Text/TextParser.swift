// SPDX-License-Identifier: Apache-2.0
// Parser of the text form of programs.

import Tensors

extension Program {
  /// Parses a program from text.
  ///
  /// Beyond what full text contains, the following may be omitted: the opset (`iOS15`; or write it as `<iOS17>`), `[…]` of an
  /// operation (its name is then that of its first output), types of outputs (where `inferring` infers them), types of
  /// literals (`1` is int32, `1.5` fp32, `[1, 2]` a vector) and `const` around a constant: `w = fp32(2)`.
  ///
  /// - Throws: `MILError`, for syntax errors with line and column; any error that `inferring` throws.
  package init(text: String, inferring: OutputTypeInference? = nil) throws {
    var parser = try TextParser(text, inferring)
    self = try parser.program()
  }
}

struct TextParser {
  private var lexer: TextLexer
  var token: TextToken
  private let infer: OutputTypeInference?
  /// The types of the values in scope.
  private var types: [String: ValueType] = [:]
  private var function = ""

  init(_ text: String, _ infer: OutputTypeInference?) throws {
    lexer = TextLexer(text)
    token = try lexer.next()
    self.infer = infer
  }

  // MARK: Tokens

  mutating func advance() throws { token = try lexer.next() }

  func fault(_ expected: String) -> MILError {
    lexer.fault(at: token.offset, expected: expected, found: token.description)
  }

  func isMark(_ mark: String) -> Bool { token.kind == .mark(mark) }
  func isWord(_ word: String) -> Bool { token.kind == .name(word, quoted: false) }

  mutating func accept(_ mark: String) throws -> Bool {
    guard isMark(mark) else { return false }
    try advance()
    return true
  }

  mutating func require(_ mark: String) throws {
    guard try accept(mark) else { throw fault("\"\(mark)\"") }
  }

  mutating func acceptWord(_ word: String) throws -> Bool {
    guard isWord(word) else { return false }
    try advance()
    return true
  }

  mutating func name() throws -> String {
    guard case .name(let name, _) = token.kind else { throw fault("a name") }
    try advance()
    return name
  }

  /// Comma-separated items up to a closing token, which is consumed.
  mutating func list<T>(until close: String, _ item: (inout TextParser) throws -> T) throws -> [T] {
    var items: [T] = []
    while !isMark(close) {
      items.append(try item(&self))
      guard try accept(",") else { break }
    }
    try require(close)
    return items
  }

  // MARK: Structure

  mutating func program() throws -> Program {
    var program = Program(functions: [])
    if try acceptWord("program") {
      try require("(")
      guard case .number(let digits) = token.kind, let version = Int(digits) else {
        throw fault("a version")
      }
      program.version = version
      try advance()
      try require(")")
      program.attributes = try attributes() ?? []
    }
    while token.kind != .end { program.functions.append(try parseFunction()) }
    return program
  }

  private mutating func parseFunction() throws -> Function {
    guard try acceptWord("func") else { throw fault("\"func\"") }
    function = try name()
    var opset = Opset.iOS15.name
    if try accept("<") {
      opset = TextParser.opsetName(try name())
      try require(">")
    }
    var result = Function(
      name: function, inputs: try parameters(), opset: opset, specializations: [])
    result.attributes = try attributes() ?? []
    repeat {
      let own = try acceptWord("opset") ? name() : opset
      types = Dictionary(
        result.inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
      result.specializations.append(Specialization(opset: own, block: try body(inputs: [])))
    } while isWord("opset") || isMark("{")
    return result
  }

  /// `CoreML7` for `iOS17`; any other name is returned unchanged.
  private static func opsetName(_ name: String) -> String {
    Opset.allCases.first { "\($0)" == name }?.name ?? name
  }

  private mutating func parameters() throws -> [NamedType] {
    try require("(")
    return try list(until: ")") { parser in
      let name = try parser.name()
      try parser.require(":")
      return NamedType(name, try parser.type())
    }
  }

  /// `{ operations } -> (outputs)`
  private mutating func body(inputs: [NamedType]) throws -> Block {
    let outer = types
    defer { types = outer }
    for input in inputs { types[input.name] = input.type }
    var block = Block(inputs: inputs)
    try require("{")
    while !isMark("}") {
      block.operations.append(try operation())
      _ = try accept(";")
    }
    try require("}")
    try require("->")
    try require("(")
    block.outputs = try list(until: ")") { try $0.name() }
    block.attributes = try attributes() ?? []
    return block
  }

  private mutating func operation() throws -> Operation {
    var outputs: [(name: String, type: ValueType?)] = []
    // An operation without outputs starts like one whose output has no type: with a name.
    var operatorName: String?
    repeat {
      let type = try isType() ? self.type() : nil
      let name = try self.name()
      if type == nil, outputs.isEmpty, isMark("(") {
        operatorName = name
      } else {
        outputs.append((name, type))
      }
    } while try operatorName == nil && accept(",")
    if operatorName == nil { try require("=") }
    if operatorName == nil, let value = try bareConstant() {
      guard outputs.count == 1 else { throw fault("one output for a constant") }
      types[outputs[0].name] = value.type
      return .const(outputs[0].name, value)
    }
    var operation = Operation(type: try operatorName ?? name(), outputs: [])
    try require("(")
    operation.inputs = try list(until: ")") { try $0.argument() }
    let given = try attributes()
    operation.attributes =
      given ?? [Attribute("name", Constant(outputs.first?.name ?? operation.type))]
    while try acceptWord("block") {
      let inputs = try parameters()
      operation.blocks.append(try body(inputs: inputs))
    }
    operation.outputs = try resolve(outputs, of: operation)
    for output in operation.outputs { types[output.name] = output.type }
    return operation
  }

  /// A constant in operator position: a type or a literal.
  private mutating func bareConstant() throws -> Constant? {
    switch token.kind {
    case .number, .string, .mark("["): return try constant()
    case .name where try isType() || isWord("true") || isWord("false"): return try constant()
    default: return nil
    }
  }

  private func resolve(_ outputs: [(name: String, type: ValueType?)], of operation: Operation)
    throws -> [NamedType]
  {
    let place = MILError.Place(function: function, operation: operation.name)
    if outputs.allSatisfy({ $0.type != nil }) {
      return outputs.compactMap { o in o.type.map { NamedType(o.name, $0) } }
    }
    var sample = operation
    sample.outputs = outputs.compactMap { o in o.type.map { NamedType(o.name, $0) } }
    let inferred = try operation.constantValue.map { [$0.type] } ?? infer?(sample, types) ?? []
    return try outputs.enumerated().map { i, output in
      guard let type = output.type ?? (i < inferred.count ? inferred[i] : nil) else {
        throw MILError.missingType(output.name, place)
      }
      return NamedType(output.name, type)
    }
  }

  private mutating func argument() throws -> Argument {
    let parameter = try name()
    try require("=")
    guard try accept("(") else { return Argument(parameter, [try binding()]) }
    return Argument(parameter, try list(until: ")") { try $0.binding() })
  }

  private mutating func binding() throws -> Binding {
    if let constant = try bareConstant() { return .constant(constant) }
    return .name(try name())
  }

  /// `[name = constant, …]`; `nil` if there are none.
  private mutating func attributes() throws -> [Attribute]? {
    guard try accept("[") else { return nil }
    return try list(until: "]") { parser in
      let name = try parser.name()
      try parser.require("=")
      return Attribute(name, try parser.constant())
    }
  }
}
