// SPDX-License-Identifier: Apache-2.0
// A method call in table form.

/// The type of `{ "prune", target_sparsity = 0.5 }`: first the name of a method, then its arguments, and its options by name.
package struct StepType: Sendable, Equatable {
  /// The name of the type in annotations.
  package let name: String
  /// The class that declares the methods.
  package let owner: String
  package let methods: [String]

  package init(_ name: String, of owner: String, _ methods: [String]) {
    self.name = name
    self.owner = owner
    self.methods = methods
  }
}
