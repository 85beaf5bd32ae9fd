// SPDX-License-Identifier: Apache-2.0
// Types whose properties are set by named options.

/// Something that is set up by named options: a technique, an optimizer, a layer.
package protocol Configurable: Sendable {
  /// What errors call it: the technique's step, the optimizer's name.
  static var name: String { get }
  /// Every option; the only declaration.
  static var options: [Option<Self>] { get }
  /// All options at their defaults.
  init()
  /// Checks options against each other.
  func validate() throws(OptionError)
  /// Options that have no effect beside the others, each with the setting under which it has one: `granularity = "per_block"`.
  var idleOptions: [String: String] { get }
  /// The options of an entry that starts from others, such as those of one operator from those above it.
  ///
  /// An entry whose own options exclude some of the others must leave them out.
  static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue]
}

extension Configurable {
  /// What help, completion and references read of the options.
  package static var declarations: [OptionDeclaration] { options.map(\.declaration) }

  package func validate() throws(OptionError) {}

  package var idleOptions: [String: String] { [:] }

  package static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    base.merging(own) { _, own in own }
  }

  /// The given options, the rest at their defaults.
  ///
  /// - Throws: `OptionError` for an unknown option or a value that is not allowed.
  package init(_ values: [String: OptionValue]) throws(OptionError) {
    self.init()
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let option = Self.options.first(where: { $0.name == name }) else {
        throw .unknown(name, of: Self.name, among: Self.declarations)
      }
      try option.set(&self, value)
    }
    try validate()
  }

  /// The value of every option, by name.
  package var optionValues: [String: OptionValue] {
    Dictionary(Self.options.map { ($0.name, $0.get(self)) }, uniquingKeysWith: { first, _ in first })
  }

  /// The options that differ from their defaults, by name.
  package var changedOptions: [String: OptionValue] {
    let defaults = Self().optionValues
    return optionValues.filter { $0.value != defaults[$0.key] }
  }
}
