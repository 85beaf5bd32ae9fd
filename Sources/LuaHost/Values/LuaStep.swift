// SPDX-License-Identifier: Apache-2.0
// A method call written as a table.

/// The type of `{ "prune", target_sparsity = 0.5 }`: the method name, then its arguments, and its options by name.
package struct LuaStep: Sendable, Equatable {
  /// Its name in annotations.
  package let name: String
  /// The class that has the methods.
  package let owner: String
  package let methods: [String]

  package init(_ name: String, of owner: String, _ methods: [String]) {
    self.name = name
    self.owner = owner
    self.methods = methods
  }

  /// The declaration of one of the methods.
  func method(_ name: String?, _ catalogue: LuaCatalogue) -> LuaFunction? {
    guard let name, methods.contains(name) else { return nil }
    return catalogue.objectClass(named: owner)?.method(name)
  }
}
