// SPDX-License-Identifier: Apache-2.0
// Options of techniques that a script defines: the default value determines the type.

import Options

/// An option of a technique that a script defines.
package struct ScriptedOption: Sendable {
  package let declaration: OptionDeclaration
  package let standard: OptionValue

  package var name: String { declaration.name }

  /// The option that every technique has.
  package static let weightThreshold = ScriptedOption(
    "weight_threshold", default: .integer(2048), "only weights with more elements are compressed",
    allowed: .range(lower: 0, upper: nil))

  /// - Parameter standard: the default: a boolean, a number, a string or a list; `nil` for an option without one, which
  ///   accepts any value.
  package init(_ name: String, default standard: OptionValue?, _ doc: String, allowed: Allowed? = nil) {
    self.standard = standard ?? .null
    let type: OptionType =
      switch self.standard {
      case .bool: .boolean
      case .integer: .integer
      case .number: .number
      case .string: .string
      case .list, .dictionary: .table
      case .null, .function: .any
      }
    declaration = OptionDeclaration(name, type, doc, default: standard.map { "\($0)" }, allowed: allowed)
  }

  /// The given value as the option's type.
  ///
  /// - Throws: `OptionError` for a value of another type, or one that is not allowed.
  func read(_ value: OptionValue, of owner: String) throws(OptionError) -> OptionValue {
    if value == .null { return standard }
    func wrong(_ expected: String) -> OptionError {
      .wrongKind(option: name, of: owner, expected: expected, found: "\(value.kind) (\(value))")
    }
    var read = value
    switch (standard, value) {
    case (.null, _), (.bool, .bool), (.integer, .integer), (.number, .number), (.string, .string), (.list, .list),
      (.list, .dictionary), (.dictionary, .dictionary), (.dictionary, .list([])):
      break
    case (.integer, .number(let number)):
      guard let whole = Int(exactly: number) else { throw wrong("an integer (its default is \(standard), not \(standard).0)") }
      read = .integer(whole)
    case (.number, .integer(let whole)): read = .number(Double(whole))
    case (.bool, _): throw wrong("true or false")
    case (.integer, _): throw wrong("an integer")
    case (.number, _): throw wrong("a number")
    case (.string, _): throw wrong("a string")
    case (.list, _), (.dictionary, _): throw wrong("a table")
    case (.function, _): throw wrong("a function")
    }
    if let allowed = declaration.allowed, !Self.contains(allowed, read) {
      throw .notAllowed(option: name, of: owner, allowed: "\(allowed)", found: "\(value)")
    }
    return read
  }

  private static func contains(_ allowed: Allowed, _ value: OptionValue) -> Bool {
    switch value {
    case .integer(let number): allowed.contains(Double(number))
    case .number(let number): allowed.contains(number)
    case .string(let text): if case .strings(let names) = allowed { names.contains(text) } else { false }
    default: true
    }
  }
}
