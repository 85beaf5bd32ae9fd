// SPDX-License-Identifier: Apache-2.0
// The documented types of options, arguments, properties and results.

/// A type in the notation of Lua annotations: `integer`, `string[]`, `number?`, `"a"|"b"`, `Model`.
package indirect enum OptionType: Sendable, Equatable, CustomStringConvertible {
  case any, `nil`, boolean, integer, number, string, table, function
  /// A declared class or record, by name.
  case object(String)
  /// A table of declared options.
  case options(String)
  case sequence(OptionType)
  /// A sequence whose elements can also be looked up by name.
  case keyedSequence(OptionType)
  /// A table with keys of one type and values of another.
  case dictionary(OptionType, OptionType)
  /// An iterator function for a generic `for` loop over values of the given type.
  case iterator(OptionType)
  case optional(OptionType)
  /// One of the given strings.
  case enumeration([String])
  case union([OptionType])
  /// A table with a fixed number of elements, each with its own type.
  case tuple([OptionType])
  /// A method call in table form.
  case step(StepType)
  /// A function that Wane calls.
  case callback([Parameter], returns: OptionType)

  /// A parameter of a callback.
  package struct Parameter: Sendable, Equatable {
    package let name: String
    package let type: OptionType

    package init(_ name: String, _ type: OptionType) {
      self.name = name
      self.type = type
    }
  }

  package var description: String {
    switch self {
    case .any: "any"
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .table: "table"
    case .function: "function"
    case .object(let name), .options(let name): name
    case .sequence(let element): "\(element.grouped)[]"
    case .keyedSequence(let element): "\(element.grouped)[]|table<string, \(element)>"
    case .dictionary(let key, let value): "table<\(key), \(value)>"
    case .iterator(let element): "fun(): \(element.grouped)?"
    case .optional(let wrapped): "\(wrapped.grouped)?"
    case .enumeration(let names): names.map { "\"\($0)\"" }.joined(separator: "|")
    case .union(let types): types.map(\.description).joined(separator: "|")
    case .tuple(let types): "{ \(types.enumerated().map { "[\($0 + 1)]: \($1)" }.joined(separator: ", ")) }"
    case .step(let step): step.name
    case .callback(let parameters, let result):
      "fun(\(parameters.map { "\($0.name): \($0.type)" }.joined(separator: ", ")))" + (result == .nil ? "" : ": \(result)")
    }
  }

  private var grouped: String {
    switch self {
    case .enumeration, .union, .keyedSequence, .iterator, .callback: "(\(self))"
    default: description
    }
  }

  /// The text of the type, with the list of allowed values in place of the type if the list is closed.
  package func text(allowing allowed: Allowed?) -> String {
    switch (self, allowed) {
    case (.string, .strings(let names)?): "\(OptionType.enumeration(names))"
    case (.sequence(.string), .strings(let names)?): "\(OptionType.sequence(.enumeration(names)))"
    case (.any, .strings(let names)?): "\(OptionType.enumeration(names))|any"
    case (.integer, .integers(let values)?): values.map(String.init).joined(separator: "|")
    case (.union(let types), .strings?):
      types.map { $0.text(allowing: allowed) }.joined(separator: "|")
    default: description
    }
  }

  /// The type of the elements of a list or table; `nil` for types without elements.
  package var element: OptionType? {
    switch self {
    case .sequence(let element), .keyedSequence(let element), .dictionary(_, let element): element
    case .optional(let wrapped): wrapped.element
    default: nil
    }
  }

  /// The names of all declared classes and records that the type refers to.
  package var objectNames: [String] {
    switch self {
    case .object(let name): [name]
    case .optional(let wrapped): wrapped.objectNames
    case .union(let types): types.flatMap(\.objectNames)
    default: []
    }
  }

  /// The alternatives of a union; the type itself if it is not a union.
  package var alternatives: [OptionType] {
    switch self {
    case .union(let types): types.flatMap(\.alternatives)
    case .optional(let wrapped): wrapped.alternatives
    default: [self]
    }
  }

  /// The type without its outer optional.
  package var unwrapped: OptionType {
    if case .optional(let wrapped) = self { wrapped } else { self }
  }
}
