// SPDX-License-Identifier: Apache-2.0
// An operator of PyTorch and how it is converted; the call that is being converted.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

/// Operators of PyTorch with the same form.
struct ATenRule: Sendable {
  /// Names without a namespace; with an overload (`pow.Scalar`) for that overload alone.
  let names: [String]
  let lower: @Sendable (ATenCall) throws -> [Value]

  init(_ names: String..., lower: @escaping @Sendable (ATenCall) throws -> [Value]) {
    self.names = names
    self.lower = lower
  }

  /// A rule with one result.
  static func one(_ names: String..., lower: @escaping @Sendable (ATenCall) throws -> Value) -> ATenRule {
    ATenRule(names: names) { [try lower($0)] }
  }

  private init(names: [String], lower: @escaping @Sendable (ATenCall) throws -> [Value]) {
    self.names = names
    self.lower = lower
  }

  /// Rules that apply one operator of MIL to a float.
  static func floats(_ pairs: [(String, String)]) -> [ATenRule] {
    pairs.map { name, type in ATenRule(names: [name]) { c in [try c.b.apply(type, c.float("self"))] } }
  }
}

/// A category of element types: what a program distinguishes.
enum ElementCategory: Int, Comparable {
  case bool, int, float

  static func < (a: ElementCategory, b: ElementCategory) -> Bool { a.rawValue < b.rawValue }

  var dtype: DType { self == .bool ? .bool : self == .int ? .int32 : .float32 }
}

extension Value {
  /// Whether every extent that is known is that of the shape.
  func mayHave(_ shape: Shape) -> Bool { rank == shape.count && zip(dims, shape).allSatisfy { $0 == nil || $0 == $1 } }

  var category: ElementCategory { isBool ? .bool : isInteger ? .int : .float }
}

/// Converts the graphs that are arguments of operators, and knows the values of names.
protocol ExportInlining: GraphInlining {
  var builder: Builder { get }
  /// The current value of a name.
  ///
  /// - Throws: `MissingValue` if a node that was refused makes it; `ConversionError` if nothing does.
  func read(_ name: String, in scope: ExportScope) throws -> Value
  /// Converts a graph that is an argument, and returns its outputs.
  func inline(_ graph: ExportGraph, inputs: [Value]) throws -> [Value]
}

/// A call of an operator, with its arguments by name.
struct ATenCall {
  let node: ExportNode
  let converter: any ExportInlining
  let scope: ExportScope
  /// Replaces the first operand, when a view is computed anew from its changed base.
  var base: Value?

  var b: Builder { converter.builder }

  func argument(_ name: String) -> ExportArgument? {
    guard let found = node.inputs.first(where: { $0.name == name })?.value else { return nil }
    if case .none = found { return nil }
    return found
  }

  func has(_ name: String) -> Bool { argument(name) != nil }

  // MARK: Results

  /// The declared element type of a result; `nil` if the file does not state it.
  func declared(_ index: Int = 0) -> ElementType? {
    let names = node.outputNames
    guard names.indices.contains(index), let type = scope.graph.tensors[names[index]] else { return nil }
    return ExportTypes.elements[type.dtype]
  }

  /// Whether anything reads a result.
  func isUsed(_ output: Int) -> Bool {
    let names = node.outputNames
    return names.indices.contains(output) && scope.read.contains(names[output])
  }

  /// The category of the first result.
  var category: ElementCategory? { declared().map(ExportTypes.category) }

  /// The declared sizes of the first result; `nil` where they depend on a symbol.
  var declaredSizes: [Int?]? { node.outputNames.first.flatMap(sizes) }

  /// The declared sizes of an operand.
  func declaredSizes(of name: String) -> [Int?]? {
    guard case .tensor(let value)? = argument(name) else { return nil }
    return sizes(value)
  }

  private func sizes(_ value: String) -> [Int?]? {
    scope.graph.tensors[value]?.sizes.map { if case .fixed(let size) = $0 { size } else { nil } }
  }

  /// The declared sizes of the first result, if none depends on a symbol.
  var declaredShape: Shape? {
    guard let name = node.outputNames.first, let type = scope.graph.tensors[name] else { return nil }
    let sizes = type.sizes.compactMap { if case .fixed(let size) = $0 { size } else { nil } }
    return sizes.count == type.sizes.count ? sizes : nil
  }

  // MARK: Operands

  /// A tensor, or a number as a constant.
  func optional(_ name: String) throws -> Value? {
    if let base, node.inputs.first?.name == name { return base }
    return try argument(name).flatMap { try value($0) }
  }

  func value(_ argument: ExportArgument) throws -> Value? {
    switch argument {
    case .none: return nil
    case .tensor(let name), .symbol(let name): return try converter.read(name, in: scope)
    case .int(let number):
      return Value(constant: Tensor(integers: [number], dtype: .int64, shape: []), element: .int64)
    case .float(let number): return Value(constant: Tensor(scalar: Float(number)), element: .float)
    case .bool(let flag): return Value(constant: Tensor(scalar: flag), element: .bool)
    default: throw Refusal("an argument is no tensor")
    }
  }

  /// A required operand.
  func x(_ name: String = "self") throws -> Value {
    guard let value = try optional(name) else { throw Refusal("the argument \(name) is missing") }
    guard value.items == nil else { throw Refusal("\(name) is complex") }
    return value
  }

  /// A required operand as a float.
  func float(_ name: String = "self") throws -> Value { try b.float(x(name)) }

  /// A required operand in the category of the result.
  func matched(_ name: String = "self") throws -> Value {
    let value = try x(name)
    return try category.map { try b.converted(value, to: $0) } ?? value
  }

  /// Whether the argument is a plain number instead of a tensor.
  func isNumber(_ name: String) -> Bool {
    switch argument(name) {
    case .int, .float, .bool, .symbol: true
    default: false
    }
  }

  /// A list of tensors.
  func tensors(_ name: String) throws -> [Value] {
    switch argument(name) {
    case .tensors(let names):
      if let base, node.inputs.first?.name == name { return [base] }
      return try names.map { try converter.read($0, in: scope) }
    case .optionalTensors(let names): return try names.compactMap { $0 }.map { try converter.read($0, in: scope) }
    case .list(let items) where items.isEmpty: return []
    default: throw Refusal("the argument \(name) is no list of tensors")
    }
  }

  /// A list of tensors, some of which are left out.
  func optionalTensors(_ name: String) throws -> [Value?] {
    switch argument(name) {
    case .optionalTensors(let names): try names.map { try $0.map { try converter.read($0, in: scope) } }
    case .tensors(let names): try names.map { try converter.read($0, in: scope) }
    default: throw Refusal("the argument \(name) is no list of tensors")
    }
  }

  // MARK: Known arguments

  /// A number that must be known.
  func number(_ name: String) throws -> Double? {
    switch argument(name) {
    case nil: return nil
    case .int(let value): return Double(value)
    case .float(let value): return value
    case .bool(let value): return value ? 1 : 0
    case .tensor, .symbol:
      guard let known = try x(name).tensor(), known.count == 1 else { throw Refusal("\(name) must be constant, but depends on the inputs") }
      return known.doubles()[0]
    default: throw Refusal("the argument \(name) is no number")
    }
  }

  func number(_ name: String, _ fallback: Double) throws -> Double { try number(name) ?? fallback }

  func int(_ name: String) throws -> Int? {
    guard let value = try anyInt(name) else { return nil }
    guard (-(1 << 31)...(1 << 31)).contains(value) else { throw Refusal("\(name) = \(value), which does not fit 32 bits") }
    return value
  }

  private func anyInt(_ name: String) throws -> Int? {
    switch argument(name) {
    case nil: return nil
    case .int(let value): return value
    case .bool(let value): return value ? 1 : 0
    case .symbol, .tensor:
      guard let known = try x(name).integers()?.first else {
        throw Refusal("\(name) must be constant, but depends on the inputs: give their sizes in dims or inputs")
      }
      return known
    case .list(let items) where items.count == 1: return try ints(name)?.first
    default: throw Refusal("the argument \(name) is no integer")
    }
  }

  func int(_ name: String, _ fallback: Int) throws -> Int { try int(name) ?? fallback }

  func flag(_ name: String, _ fallback: Bool = false) throws -> Bool {
    switch argument(name) {
    case nil: return fallback
    case .bool(let value): return value
    case .int(let value): return value != 0
    default: throw Refusal("the argument \(name) is neither true nor false")
    }
  }

  func string(_ name: String, _ fallback: String) throws -> String {
    switch argument(name) {
    case nil: return fallback
    case .string(let value): return value
    default: throw Refusal("the argument \(name) is no string")
    }
  }

  /// Integers that must be known; a single one counts as a list.
  func ints(_ name: String) throws -> [Int]? {
    guard let values = try extents(name) else { return nil }
    return try values.map { value in
      guard let known = value.integers()?.first else {
        throw Refusal("\(name) must be constant, but depends on the inputs: give their sizes in dims or inputs")
      }
      guard (-(1 << 31)...(1 << 31)).contains(known) else { throw Refusal("\(name) = \(known), which does not fit 32 bits") }
      return known
    }
  }

  /// A list of integers, repeated to a number of axes if there is one; `fallback` if it is left out or empty.
  func ints(_ name: String, count: Int, _ fallback: Int) throws -> [Int] {
    let given = try ints(name) ?? []
    if given.isEmpty { return Array(repeating: fallback, count: count) }
    if given.count == 1 { return Array(repeating: given[0], count: count) }
    guard given.count == count else { throw Refusal("\(name) has \(given.count) elements, expected \(count)") }
    return given
  }

  /// Integers, some of which may be computed.
  func extents(_ name: String) throws -> [Value]? {
    switch argument(name) {
    case nil: return nil
    case .list(let items):
      return try items.map { item in
        guard let value = try value(item) else { throw Refusal("the argument \(name) is no list of integers") }
        return value
      }
    case .int, .symbol, .tensor: return [try x(name)]
    default: throw Refusal("the argument \(name) is no list of integers")
    }
  }

  /// Numbers that must be known.
  func numbers(_ name: String) throws -> [Double]? {
    switch argument(name) {
    case nil: return nil
    case .list(let items):
      return try items.map { item in
        switch item {
        case .float(let value): return value
        case .int(let value): return Double(value)
        default: throw Refusal("the argument \(name) is no list of numbers")
        }
      }
    case .float(let value): return [value]
    case .int(let value): return [Double(value)]
    default: throw Refusal("the argument \(name) is no list of numbers")
    }
  }

  /// An axis, counted from the front.
  func axis(_ x: Value, _ name: String = "dim", _ fallback: Int = 0) throws -> Int {
    try x.axis(int(name, fallback))
  }

  /// Axes; all of them if the argument is left out or empty.
  func axes(_ x: Value, _ name: String = "dim") throws -> [Int] {
    guard let given = try ints(name), !given.isEmpty else { return Array(0..<x.rank) }
    return x.rank == 0 ? [] : try given.map { try x.axis($0) }
  }

  // MARK: Standard operators

  /// Converts a node of ONNX's standard operators, whose rules do what this operator needs.
  ///
  /// - Parameter outputs: which results are wanted.
  func standard(_ type: String, _ inputs: [Value?], _ attributes: [String: ONNXAttribute] = [:], outputs: Int = 1) throws -> [Value] {
    guard let rule = OperatorRules.table[":\(type)"] else { throw Refusal("the operator is not known") }
    return try rule.lower(plain(type, inputs, attributes, outputs: outputs))
  }

  /// A node of ONNX's standard operators.
  func plain(_ type: String, _ inputs: [Value?], _ attributes: [String: ONNXAttribute] = [:], outputs: Int = 1) -> Node {
    let source = ONNXNode(type, outputs: (0..<outputs).map { "\($0)" }, attributes: attributes)
    return Node(
      source: source, version: GraphConverter.newestOpset, inputs: inputs, b: b, converter: converter, scope: Scope(opsets: [:]))
  }

  func standard1(_ type: String, _ inputs: [Value?], _ attributes: [String: ONNXAttribute] = [:]) throws -> Value {
    try standard(type, inputs, attributes)[0]
  }

  func constant(_ values: [Int]) -> Value { b.constant(values) }
}

extension Builder {
  /// The value in a category. A number is true if it is not 0.
  func converted(_ x: Value, to category: ElementCategory) throws -> Value {
    if x.category == category { return x }
    if category == .bool { return try compare("not_equal", x, 0) }
    if category == .int, x.isFloat {
      // A constant such as 1e10 is clamped like any other number that is too large.
      return try cast(x, .int32)
    }
    return try cast(x, category.dtype)
  }

  /// Two values in the higher of their categories.
  func promoted(_ x: Value, _ y: Value) throws -> (Value, Value) {
    let category = Swift.max(x.category, y.category)
    return (try converted(x, to: category), try converted(y, to: category))
  }

  func truth(_ x: Value) throws -> Value { try converted(x, to: .bool) }
}

/// Element types of exported programs.
enum ExportTypes {
  static let elements: [Int: ElementType] = [
    1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 6: .float16, 7: .float, 8: .double, 10: .complex64, 11: .complex128, 12: .bool,
    13: .bfloat16, 28: .uint16, 29: .float8e4m3fn, 30: .float8e5m2, 34: .uint32, 35: .uint64,
  ]

  static func category(_ element: ElementType) -> ElementCategory {
    element == .bool ? .bool : element.isInteger ? .int : .float
  }

  static func isComplex(_ element: ElementType) -> Bool { element == .complex64 || element == .complex128 }
}
