// SPDX-License-Identifier: Apache-2.0
// PyTorch's types of modules, as coremltools' module_type_configs name them, and the operators that a program has for them.

import Operators
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
          "module_type_configs: a program has no MultiheadAttention but the linear and matmul operators that it is made of; name those, or their weights"
      )
    }
    let plain = name.split(separator: ".").last.map(String.init) ?? name
    guard Catalogue.find(named: plain) != nil, !plain.hasPrefix("training_") else {
      throw .malformed(
        problem:
          "module_type_configs: there is no type of module or operator '\(name)'; known modules are \(Self.modules.keys.sorted().joined(separator: ", "))"
      )
    }
    self.init([plain])
  }

  static let modules: [String: ModuleType] = [
    "Linear": ModuleType(["linear", "matmul"]),
    "Conv1d": ModuleType(["conv"], rank: 3), "Conv2d": ModuleType(["conv"], rank: 4), "Conv3d": ModuleType(["conv"], rank: 5),
    "ConvTranspose1d": ModuleType(["conv_transpose"], rank: 3), "ConvTranspose2d": ModuleType(["conv_transpose"], rank: 4),
    "ConvTranspose3d": ModuleType(["conv_transpose"], rank: 5),
    "Embedding": ModuleType(["gather"]),
    "LSTM": ModuleType(["lstm"]), "GRU": ModuleType(["gru"]), "RNN": ModuleType(["rnn"]),
    "BatchNorm1d": ModuleType(["batch_norm"]), "BatchNorm2d": ModuleType(["batch_norm"]), "BatchNorm3d": ModuleType(["batch_norm"]),
    "LayerNorm": ModuleType(["layer_norm"]),
    "ReLU": ModuleType(["relu"]), "ReLU6": ModuleType(["relu6"]), "LeakyReLU": ModuleType(["leaky_relu"]), "PReLU": ModuleType(["prelu"]),
    "ELU": ModuleType(["elu"]), "GELU": ModuleType(["gelu"]), "SiLU": ModuleType(["silu"]), "Sigmoid": ModuleType(["sigmoid"]),
    "Tanh": ModuleType(["tanh"]), "Softmax": ModuleType(["softmax"]),
    "MaxPool1d": ModuleType(["max_pool"]), "MaxPool2d": ModuleType(["max_pool"]), "MaxPool3d": ModuleType(["max_pool"]),
    "AvgPool1d": ModuleType(["avg_pool"]), "AvgPool2d": ModuleType(["avg_pool"]), "AvgPool3d": ModuleType(["avg_pool"]),
    "AdaptiveAvgPool2d": ModuleType(["avg_pool", "reduce_mean"]),
  ]
}
