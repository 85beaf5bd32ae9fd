// SPDX-License-Identifier: Apache-2.0
// An option bound to the property that it sets.

/// One option of `Root`: its declaration and the conversions between its value and the property.
package struct Option<Root: Configurable>: Sendable {
  package private(set) var declaration: OptionDeclaration
  /// Validates a value and stores it in the property.
  let set: @Sendable (inout Root, OptionValue) throws(OptionError) -> Void
  let get: @Sendable (Root) -> OptionValue

  package var name: String { declaration.name }

  /// A copy of the option with alternative spellings from other libraries. They are not accepted; the error for them
  /// suggests this option.
  package func aliases(_ names: String...) -> Self {
    var option = self
    option.declaration.aliases = names
    return option
  }

  /// - Parameters:
  ///   - expected: a description of the allowed values: `an integer of at least 0`.
  ///   - read: converts an option value to the property's value.
  ///   - write: converts the property's value to an option value.
  init<Value>(
    _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ type: OptionType, _ allowed: Allowed? = nil,
    expected: String, _ doc: String,
    read: @escaping @Sendable (OptionValue) -> OptionReading<Value>, write: @escaping @Sendable (Value) -> OptionValue
  ) {
    let standard = write(Root()[keyPath: path])
    declaration = OptionDeclaration(
      name, type, doc, default: standard == .null ? nil : "\(standard)", allowed: allowed)
    get = { write($0[keyPath: path]) }
    set = { (root, value) throws(OptionError) in
      switch read(value) {
      case .value(let v): root[keyPath: path] = v
      case .wrongKind: throw .wrongKind(option: name, of: Root.name, expected: expected, found: "\(value.kind) (\(value))")
      case .notAllowed: throw .notAllowed(option: name, of: Root.name, allowed: expected, found: "\(value)")
      }
    }
  }

  /// An option that accepts only one value. It exists so that files that list every default can be read.
  ///
  /// - Parameter reason: why no other value is supported; a clause for the error message.
  package static func only(_ name: String, _ value: OptionValue, _ reason: String) -> Self {
    let declaration = OptionDeclaration(
      name, .any, "only \(value): \(reason)", default: value == .null ? nil : "\(value)")
    return Self(declaration: declaration) { (_, given) throws(OptionError) in
      guard given.equals(value) else {
        throw .combination(of: Root.name, problem: "\(name) can only be \(value), found \(given): \(reason)")
      }
    } get: { _ in
      value
    }
  }

  private init(
    declaration: OptionDeclaration, set: @escaping @Sendable (inout Root, OptionValue) throws(OptionError) -> Void,
    get: @escaping @Sendable (Root) -> OptionValue
  ) {
    self.declaration = declaration
    self.set = set
    self.get = get
  }
}
