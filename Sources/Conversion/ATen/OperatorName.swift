// SPDX-License-Identifier: Apache-2.0
// The names of operators of PyTorch.

/// The name of an operator of PyTorch.
struct OperatorName: Hashable {
  /// `aten`, `torchvision`, `higher_order`, or the module of a Python function, such as `_operator`.
  let namespace: String
  let base: String
  let overload: String

  init(_ target: String) {
    var parts = target.split(separator: ".").map(String.init)
    if parts.starts(with: ["torch", "ops"]) {
      parts.removeFirst(2)
      namespace = parts.first ?? ""
      base = parts.dropFirst().first ?? target
      overload = parts.dropFirst(2).joined(separator: ".")
    } else {
      base = parts.last ?? target
      namespace = parts.dropLast().joined(separator: ".")
      overload = ""
    }
  }

  private init(namespace: String, base: String, overload: String) {
    self.namespace = namespace
    self.base = base
    self.overload = overload
  }

  /// The name with its overload, unless that is the default.
  var full: String { overload.isEmpty || overload == "default" ? base : "\(base).\(overload)" }
  var shown: String { namespace == "aten" ? full : "\(namespace).\(full)" }

  /// For an operator that changes its operand, the operator that computes the new value.
  var functional: OperatorName? {
    guard namespace == "aten" else { return nil }
    if base.hasPrefix("__i"), base.hasSuffix("__"), base != "__invert__", base != "__index__" {
      return OperatorName(namespace: namespace, base: "__" + base.dropFirst(3), overload: overload)
    }
    guard base.hasSuffix("_"), !base.hasSuffix("__") else { return nil }
    return OperatorName(namespace: namespace, base: String(base.dropLast()), overload: overload)
  }
}
