// SPDX-License-Identifier: Apache-2.0
// The operators of PyTorch that can be converted: one list for each family.

/// The rules of all families.
enum ATenRules {
  static let families: [(name: String, rules: [ATenRule])] = [
    ("Activations", ATenActivations.rules),
    ("Elementwise", ATenElementwise.rules),
    ("Comparisons and integers", ATenComparisons.rules),
    ("Matrix products", ATenMatrices.rules),
    ("Convolution", ATenConvolution.rules),
    ("Pooling", ATenPooling.rules),
    ("Normalization", ATenNormalization.rules),
    ("Reductions", ATenReductions.rules),
    ("Shapes", ATenShapes.rules),
    ("Slices and joins", ATenJoining.rules),
    ("Gathering and scattering", ATenIndexing.rules),
    ("Padding", ATenPadding.rules),
    ("Constants", ATenConstants.rules),
    ("Sorting and selection", ATenSelection.rules),
    ("Resizing and sampling", ATenResizing.rules),
    ("Recurrent layers", ATenRecurrent.rules),
    ("Attention", ATenAttention.rules),
    ("Complex numbers and transforms", ATenComplex.rules),
    ("Random numbers", ATenRandom.rules),
    ("Quantization", ATenQuantization.rules),
    ("Control flow", ATenControl.rules),
    ("Numbers", ATenNumbers.rules),
  ]

  private static let table: [String: ATenRule] = Dictionary(
    families.flatMap(\.rules).flatMap { rule in rule.names.map { ($0, rule) } }, uniquingKeysWith: { first, _ in first })

  /// The rule of an operator: that of its overload, or that of its name.
  static func find(_ name: OperatorName) -> ATenRule? {
    let prefix = spaces[name.namespace] ?? "\(name.namespace)."
    return table["\(prefix)\(name.base).\(name.overload)"] ?? table["\(prefix)\(name.base)"]
  }

  /// Namespaces whose rules have names without them.
  private static let spaces = ["aten": "", "prims": "", "_operator": "_operator.", "dim_order_ops": "", "edge": ""]

  /// Assertions and hints for a compiler, which do nothing.
  static let ignored: Set<String> = [
    "_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range", "sym_constrain_range_for_size", "_print",
    "_set_grad_enabled", "_enter_autocast", "_exit_autocast", "_record_function_enter_new", "_record_function_exit", "check",
    "_functional_assert_async", "_functional_sym_constrain_range",
  ]

  /// Operators whose results share the memory of their first operand, with the base in which one result is replaced.
  static var views: [String: Views.Replace] { Views.all }

  /// Why an operator has no rule.
  static func explanation(_ name: OperatorName) -> String {
    if name.base.hasSuffix("_backward") || name.overload == "out" { return "it is part of training: export the module for inference" }
    switch name.base {
    case "resize", "set", "empty_strided": return "it changes the memory of a tensor"
    case "unique", "_unique", "_unique2", "unique_dim", "unique_consecutive", "histc":
      return "the size of its result depends on the data"
    default: break
    }
    if name.namespace != "aten" { return "the library \(name.namespace) has no such operator that is known" }
    return "the operator has no form"
  }
}
