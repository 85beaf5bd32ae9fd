// SPDX-License-Identifier: Apache-2.0
// Looks up producers and readers of values while a pattern is matched.

import MIL
import Operators
import Tensors

/// The operations of a function's outermost block, by the values that they make.
struct Matcher {
  let operations: [Operation]
  private let makers: [String: Int]
  private let readers: [String: [Int]]
  private let pinned: Set<String>
  private var types: [String: ValueType] = [:]

  init(_ function: Function) {
    operations = function.block.operations
    for input in function.inputs { types[input.name] = input.type }
    for operation in operations { for output in operation.outputs { types[output.name] = output.type } }
    var makers: [String: Int] = [:]
    var readers: [String: [Int]] = [:]
    var pinned = Set(function.block.outputs)
    for (i, operation) in operations.enumerated() {
      for output in operation.outputs { makers[output.name] = i }
      for argument in operation.inputs { for case .name(let name) in argument.bindings { readers[name, default: []].append(i) } }
      for block in operation.blocks { Self.collect(block, &pinned) }
    }
    self.makers = makers
    self.readers = readers
    self.pinned = pinned
  }

  /// Values that nested blocks read cannot be changed.
  private static func collect(_ block: Block, _ names: inout Set<String>) {
    names.formUnion(block.outputs)
    for operation in block.operations {
      for argument in operation.inputs { for case .name(let name) in argument.bindings { names.insert(name) } }
      for inner in operation.blocks { collect(inner, &names) }
    }
  }

  /// The operation that makes a value, if it has that type.
  func maker(_ name: String?, _ type: String) -> (index: Int, operation: Operation)? {
    guard let name, let index = makers[name], operations[index].type == type else { return nil }
    return (index, operations[index])
  }

  /// The only operation that reads a value; `nil` if there are others, or if the value is an output.
  func onlyReader(_ name: String) -> (index: Int, operation: Operation)? {
    guard !pinned.contains(name), let all = readers[name], all.count == 1 else { return nil }
    return (all[0], operations[all[0]])
  }

  /// The type of a value of the outermost block.
  func type(_ name: String) -> ValueType? { types[name] }

  func readers(of name: String) -> [Int] { readers[name] ?? [] }
  func isPinned(_ name: String) -> Bool { pinned.contains(name) }

  /// The constant bound to a parameter.
  func constant(_ operation: Operation, _ parameter: String) -> Tensor? {
    guard let binding = operation.bindings(parameter)?.first else { return nil }
    return constant(binding)
  }

  func constant(_ binding: Binding) -> Tensor? {
    switch binding {
    case .constant(let constant): return constant.tensor
    case .name(let name):
      guard let index = makers[name] else { return nil }
      return operations[index].constantValue?.tensor
    }
  }

  /// The single number bound to a parameter.
  func number(_ operation: Operation, _ parameter: String) -> Double? {
    guard let tensor = constant(operation, parameter), tensor.count == 1 else { return nil }
    return tensor.doubles()[0]
  }

  /// For an operation with `x` and `y` of which one is a single number: the other operand's name and the number.
  func withNumber(_ operation: Operation) -> (name: String, number: Double)? {
    guard operation.type == "mul" || operation.type == "add" || operation.type == "real_div" || operation.type == "sub" else { return nil }
    let (x, y) = (operation.bindings("x")?.first, operation.bindings("y")?.first)
    if let name = x?.name, let number = number(operation, "y") { return (name, number) }
    if operation.type == "mul" || operation.type == "add", let name = y?.name, let number = number(operation, "x") { return (name, number) }
    return nil
  }

  /// The other operand of a binary operation that reads this value.
  func other(_ operation: Operation, than name: String) -> Binding? {
    let (x, y) = (operation.bindings("x")?.first, operation.bindings("y")?.first)
    if x?.name == name { return y }
    return y?.name == name ? x : nil
  }
}

extension Operation {
  /// The name bound to a parameter.
  func operand(_ parameter: String) -> String? { bindings(parameter)?.first?.name }

  /// An operation with the results of another one.
  static func replacing(_ old: Operation, _ type: String, _ inputs: [Argument]) -> Operation {
    Operation(
      type: type, inputs: inputs.sorted { $0.parameter < $1.parameter }, outputs: old.outputs,
      attributes: old.attributes.filter { $0.name == "name" })
  }
}
