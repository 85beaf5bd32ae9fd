// SPDX-License-Identifier: Apache-2.0
// Writing operations one after the other.

/// Appends operations to a block under construction, with names that are unique.
///
/// Types are the caller's to give; the layer that knows operators infers them.
package struct Builder: Sendable {
  package private(set) var operations: [Operation] = []
  private var names: FreshNames

  /// - Parameter names: where fresh names come from; those of the function that the operations are for.
  package init(names: FreshNames = FreshNames()) { self.names = names }

  /// Appends an operation and gives its outputs.
  ///
  /// - Parameter name: of the operation and its output, made unique; outputs after the first get `name_1`, ….
  @discardableResult
  package mutating func add(
    _ type: String, _ inputs: [Argument], outputs types: [ValueType], name: String? = nil,
    attributes: [Attribute] = [], blocks: [Block] = []
  ) -> [NamedType] {
    let base = names.take(name ?? type)
    let outputs = types.enumerated().map { i, type in
      NamedType(i == 0 ? base : names.take("\(base)_\(i)"), type)
    }
    operations.append(
      Operation(
        type: type, inputs: inputs, outputs: outputs, blocks: blocks,
        attributes: [Attribute("name", Constant(base))] + attributes))
    return outputs
  }

  /// Appends a `const` operation and gives its output.
  @discardableResult
  package mutating func constant(_ value: Constant, name: String = "const") -> NamedType {
    let name = names.take(name)
    operations.append(.const(name, value))
    return NamedType(name, value.type)
  }

  /// Appends an operation as it is. Its outputs' names must be the caller's own or fresh.
  package mutating func append(_ operation: Operation) { operations.append(operation) }

  /// A name like `base` that no value has.
  package mutating func freshName(_ base: String) -> String { names.take(base) }
}

extension Argument {
  /// One value by name.
  package init(_ parameter: String, _ value: String) { self.init(parameter, [.name(value)]) }

  /// One value by what made it.
  package init(_ parameter: String, _ value: NamedType) {
    self.init(parameter, [.name(value.name)])
  }

  /// A constant in place.
  package init(_ parameter: String, _ value: Constant) { self.init(parameter, [.constant(value)]) }
}
