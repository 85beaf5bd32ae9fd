// SPDX-License-Identifier: Apache-2.0
// An option tied to the property that it sets.

/// One option of `Root`: its declaration, and how a value gets into the property and out of it.
package struct Option<Root: Configurable>: Sendable {
  package private(set) var declaration: OptionDeclaration
  /// Checks a value and stores it.
  let set: @Sendable (inout Root, OptionValue) throws(OptionError) -> Void
  let get: @Sendable (Root) -> OptionValue

  package var name: String { declaration.name }

  /// The same option, which is the answer to these spellings of other libraries.
  package func aliases(_ names: String...) -> Self {
    var option = self
    option.declaration.aliases = names
    return option
  }

  /// - Parameters:
  ///   - expected: the allowed values in words: `an integer of at least 0`.
  ///   - read: the property's value for a given one.
  ///   - write: its reverse.
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

  /// An option that is known, so that files that spell out every default can be read, but has one value.
  ///
  /// - Parameter reason: why there are no others; a part of a sentence.
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
