// SPDX-License-Identifier: Apache-2.0
// PyTorch's types of modules, as coremltools' module_type_configs name them, and the operators that a program has for them.

import Operators
import Options
import Rules

/// Operators that a type of module becomes.
struct ModuleType: Sendable, Equatable {
  let operators: Set<String>
  /// Axes of the weight, where the operator alone does not tell.
  var rank: Int?

  init(_ operators: Set<String>, rank: Int? = nil) {
    self.operators = operators
    self.rank = rank
  }

  func fits(type: String, rank found: Int?) -> Bool {
    operators.contains(type) && (rank == nil || found == nil || rank == found)
  }

  /// Of a module, a function (`torch.add`, `operator.add`, `relu`), or an operator of MIL.
  ///
  /// - Throws: `RuleError.malformed` for a name that is none of them.
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
    guard Catalogue.storable[plain] != nil else {
      throw .malformed(
        problem:
          "module_type_configs: there is no type of module or operator '\(name)'; \(Suggestion.hint(for: name, among: Self.modules.keys.sorted(), called: "modules"))"
      )
    }
    self.init([plain])
  }

  /// Every module that some operator names as its own.
  static let modules: [String: ModuleType] = Catalogue.all.reduce(into: [:]) { modules, op in
    for module in op.foreignNames.torch {
      let others = modules[module.name]?.operators ?? []
      modules[module.name] = ModuleType(others.union([op.signature.name]), rank: module.rank)
    }
  }
}
