// SPDX-License-Identifier: Apache-2.0
// A node that is being converted: operands, attributes, constants.

import MIL
import ONNXFiles
import Operators
import Tensors

/// Converts the graphs that are attributes of nodes.
protocol GraphInlining: AnyObject {
  var model: ONNXModel { get }
  /// Converts a graph in a scope of its own, and returns its outputs.
  ///
  /// - Throws: `Refusal` if one of its nodes cannot be converted.
  func inline(_ graph: ONNXGraph, inputs: [Value], in scope: Scope) throws -> [Value]
  /// Whether indices are taken to be nonnegative.
  func trusts(_ indices: Value) -> Bool
}

/// A node of the source graph, with its operands.
struct Node {
  let source: ONNXNode
  /// The version of the operator set that the node belongs to.
  let version: Int
  /// The operands; `nil` for those that are left out.
  let inputs: [Value?]
  let b: Builder
  let converter: any GraphInlining
  let scope: Scope

  var type: String { source.type }

  /// The number of results that are wanted, counted to the last one.
  var outputCount: Int { (source.outputs.lastIndex { !$0.isEmpty } ?? -1) + 1 }

  func wants(_ output: Int) -> Bool { source.outputs.indices.contains(output) && !source.outputs[output].isEmpty }

  // MARK: Operands

  func has(_ index: Int) -> Bool { inputs.indices.contains(index) && inputs[index] != nil }

  func optional(_ index: Int) -> Value? { inputs.indices.contains(index) ? inputs[index] : nil }

  /// A required operand.
  func x(_ index: Int = 0) throws -> Value {
    guard let value = optional(index) else { throw Refusal("operand \(index + 1) is missing") }
    guard value.items == nil else { throw Refusal("operand \(index + 1) is a sequence") }
    return value
  }

  /// All operands.
  func all() throws -> [Value] { try inputs.indices.map { try x($0) } }

  /// An operand that must be known.
  func constant(_ index: Int, _ what: String) throws -> Tensor {
    let value = try x(index)
    if let tensor = try value.tensor() { return tensor }
    if let known = value.integers() { return Tensor(integers: known, dtype: .int32, shape: value.rank == 0 ? [] : [known.count]) }
    if let decoded = try value.quantized?.decoded() { return decoded }
    throw Refusal("\(what) must be constant, but depends on the model's inputs: give them in constants")
  }

  /// An operand of integers that must be known; `nil` if it is left out.
  func constantInts(_ index: Int, _ what: String) throws -> [Int]? {
    guard let value = optional(index) else { return nil }
    if let known = value.integers() { return known }
    return try constant(index, what).integers()
  }

  // MARK: Attributes

  func attribute(_ name: String) -> ONNXAttribute? { source.attributes[name] }

  func int(_ name: String) throws -> Int? {
    switch attribute(name) {
    case nil: return nil
    case .int(let value): return value
    default: throw Refusal("the attribute \(name) is not an integer")
    }
  }

  func int(_ name: String, _ fallback: Int) throws -> Int { try int(name) ?? fallback }

  func flag(_ name: String, _ fallback: Bool = false) throws -> Bool { try int(name).map { $0 != 0 } ?? fallback }

  func ints(_ name: String) throws -> [Int]? {
    switch attribute(name) {
    case nil: return nil
    case .ints(let values): return values
    case .int(let value): return [value]
    default: throw Refusal("the attribute \(name) is not a list of integers")
    }
  }

  func float(_ name: String) throws -> Double? {
    switch attribute(name) {
    case nil: return nil
    case .float(let value): return Double(value)
    case .int(let value): return Double(value)
    default: throw Refusal("the attribute \(name) is not a number")
    }
  }

  func float(_ name: String, _ fallback: Double) throws -> Double { try float(name) ?? fallback }

  func floats(_ name: String) throws -> [Double]? {
    switch attribute(name) {
    case nil: return nil
    case .floats(let values): return values.map(Double.init)
    default: throw Refusal("the attribute \(name) is not a list of numbers")
    }
  }

  func string(_ name: String) throws -> String? {
    switch attribute(name) {
    case nil: return nil
    case .string(let bytes): return String(decoding: bytes, as: UTF8.self)
    default: throw Refusal("the attribute \(name) is not a string")
    }
  }

  func string(_ name: String, _ fallback: String) throws -> String { try string(name) ?? fallback }

  func strings(_ name: String) throws -> [String]? {
    switch attribute(name) {
    case nil: return nil
    case .strings(let values): return values.map { String(decoding: $0, as: UTF8.self) }
    default: throw Refusal("the attribute \(name) is not a list of strings")
    }
  }

  func graph(_ name: String) throws -> ONNXGraph {
    guard case .graph(let graph) = attribute(name) else { throw Refusal("the attribute \(name) is not a graph") }
    return graph
  }

  /// An element type in an attribute.
  func elementType(_ name: String) throws -> ElementType? {
    guard let code = try int(name) else { return nil }
    guard let type = ElementType(rawValue: code) else { throw Refusal("\(code) is not a known element type") }
    return type
  }

  /// Axes in an attribute, or since `version` in an operand; `nil` if there are none.
  func axes(_ x: Value, operand index: Int, since: Int) throws -> [Int]? {
    let given = version >= since ? try constantInts(index, "axes") : try ints("axes")
    return try given?.map { try x.axis($0) }
  }
}

/// An operator of the source, and how it is converted.
struct Rule: Sendable {
  let name: String
  let domain: String
  let lower: @Sendable (Node) throws -> [Value]

  init(_ name: String, domain: String = "", _ lower: @escaping @Sendable (Node) throws -> [Value]) {
    self.name = name
    self.domain = domain
    self.lower = lower
  }

  /// A rule with one result.
  static func one(_ name: String, domain: String = "", _ lower: @escaping @Sendable (Node) throws -> Value) -> Rule {
    Rule(name, domain: domain) { [try lower($0)] }
  }
}

/// The values that are visible in a graph.
final class Scope {
  private var values: [String: Value] = [:]
  private var initializers: [String: ONNXTensor] = [:]
  private let parent: Scope?
  /// The values that a refused node would have made.
  var missing: Set<String> = []
  let opsets: [String: Int]

  init(parent: Scope? = nil, opsets: [String: Int]) {
    self.parent = parent
    self.opsets = opsets
  }

  func bind(_ name: String, _ value: Value) { values[name] = value }
  func bind(_ tensor: ONNXTensor) { initializers[tensor.name] = tensor }
  func hasInitializer(_ name: String) -> Bool { initializers[name] != nil }

  /// The value; `nil` if it is not defined.
  func value(_ name: String, in model: ONNXModel) throws -> Value? {
    if let value = values[name] { return value }
    if let tensor = initializers[name] {
      let value = Value(constant: try tensor.tensor(in: model), element: tensor.element, label: name)
      values[name] = value
      return value
    }
    return try parent?.value(name, in: model)
  }

  func isMissing(_ name: String) -> Bool { missing.contains(name) || parent?.isMissing(name) ?? false }
}
