// SPDX-License-Identifier: Apache-2.0
// PyTorch module types as named in coremltools' module_type_configs, and the corresponding operators.

import Operators
import Options
import Rules

/// The operators that a module type is converted to.
struct ModuleType: Sendable, Equatable {
  let operators: Set<String>
  /// The rank of the weight, if the operator type does not determine it.
  var rank: Int?

  init(_ operators: Set<String>, rank: Int? = nil) {
    self.operators = operators
    self.rank = rank
  }

  func fits(type: String, rank found: Int?) -> Bool {
    operators.contains(type) && (rank == nil || found == nil || rank == found)
  }

  /// The type for the name of a PyTorch module, a function (`torch.add`, `operator.add`, `relu`), or a MIL operator.
  ///
  /// - Throws: `RuleError.malformed` for any other name.
  init(named name: String) throws(RuleError) {
    if let known = Self.modules[name] {
      self = known
      return
    }
    if name == "MultiheadAttention" {
      throw .malformed(
        problem:
          "module_type_configs: a program has no MultiheadAttention; name the linear and matmul operators that it is made of"
      )
    }
    let plain = name.split(separator: ".").last.map(String.init) ?? name
    guard Catalog.storable[plain] != nil else {
      throw .malformed(
        problem:
          "module_type_configs: there is no type of module or operator '\(name)'; \(Suggestion.hint(for: name, among: Self.modules.keys.sorted(), called: "modules"))"
      )
    }
    self.init([plain])
  }

  /// All modules that an operator lists among its PyTorch names.
  static let modules: [String: ModuleType] = Catalog.all.reduce(into: [:]) { modules, op in
    for module in op.foreignNames.torch {
      let others = modules[module.name]?.operators ?? []
      modules[module.name] = ModuleType(others.union([op.signature.name]), rank: module.rank)
    }
  }
}
