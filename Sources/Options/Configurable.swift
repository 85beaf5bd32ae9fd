// SPDX-License-Identifier: Apache-2.0
// Types whose properties are set by named options.

/// A type that is configured by named options: a technique, an optimizer, a layer.
package protocol Configurable: Sendable {
  /// The name that errors use: the technique's step, the optimizer's name.
  static var name: String { get }
  /// All options. This is their only declaration.
  static var options: [Option<Self>] { get }
  /// Creates a configuration in which every option has its default value.
  init()
  /// Checks combinations of options.
  func validate() throws(OptionError)
  /// The options that have no effect with the current settings, each with the setting that would give it one:
  /// `granularity = "per_block"`.
  var idleOptions: [String: OptionSetting] { get }
  /// The options of an entry that inherits from another, such as the entry of one operator from the global entry.
  ///
  /// An implementation leaves out every inherited option that the entry's own options exclude.
  static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue]
}

extension Configurable {
  /// The declarations of the options, used by help, completion and the reference pages.
  package static var declarations: [OptionDeclaration] { options.map(\.declaration) }

  package func validate() throws(OptionError) {}

  package var idleOptions: [String: OptionSetting] { [:] }

  package static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    base.merging(own) { _, own in own }
  }

  /// Creates a configuration with the given options; all others have their default values.
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
