// SPDX-License-Identifier: Apache-2.0
// The content of a file of torch.export as values.

import Files

/// A program that torch.export has saved.
package struct ExportedProgram: Sendable {
  package let path: String
  package internal(set) var torchVersion = ""
  /// TRAINING, ATEN or EDGE.
  package internal(set) var dialect = ""
  package internal(set) var graph = ExportGraph()
  package internal(set) var inputs: [ExportInput] = []
  package internal(set) var outputs: [ExportOutput] = []
  /// Bounds of symbols; `nil` for one that is not bounded.
  package internal(set) var ranges: [String: (lower: Int?, upper: Int?)] = [:]
  /// Names of the outputs that the user sees, where the module returns a dictionary.
  package internal(set) var outputNames: [String?] = []
  /// Parameters, buffers and constants by their names in the module.
  package internal(set) var tensors: [String: TorchTensor] = [:]
  /// Names that are stored as objects instead of tensors, with the reason why they are not read.
  package internal(set) var refused: [String: String] = [:]

  init(path: String) { self.path = path }
}

/// A graph: the program's, or one in an argument.
package struct ExportGraph: Sendable {
  package internal(set) var inputs: [ExportArgument] = []
  package internal(set) var outputs: [ExportArgument] = []
  package internal(set) var nodes: [ExportNode] = []
  /// The types of tensors by value.
  package internal(set) var tensors: [String: ExportTensorType] = [:]

  init() {}
}

/// A call of an operator.
package struct ExportNode: Sendable {
  /// As in the file, such as `torch.ops.aten.conv2d.default`.
  package let target: String
  /// Arguments with their names; arguments that are left out have their default.
  package let inputs: [(name: String, value: ExportArgument)]
  package let outputs: [ExportArgument]
  /// The location in the source code, if the file has it.
  package let sourceLine: String?

  /// The names of the results; a list contributes all of its elements.
  package var outputNames: [String] { outputs.flatMap(\.names) }

  /// A name for messages.
  package var label: String { outputNames.first ?? target }
}

/// An argument or a result.
package indirect enum ExportArgument: Sendable {
  case none
  case tensor(String)
  case tensors([String])
  case optionalTensors([String?])
  case int(Int)
  case float(Double)
  case bool(Bool)
  case string(String)
  case list([ExportArgument])
  /// An integer, a number or a condition that is computed.
  case symbol(String)
  case scalarType(Int)
  case memoryFormat(Int)
  case graph(ExportGraph)
  /// Devices, layouts and what else does not matter for values.
  case irrelevant
  /// A kind of argument that is not known.
  case other(String)

  /// The names of the values in it.
  package var names: [String] {
    switch self {
    case .tensor(let name), .symbol(let name): [name]
    case .tensors(let names): names
    case .optionalTensors(let names): names.map { $0 ?? "" }
    case .list(let items): items.flatMap(\.names)
    default: []
    }
  }
}

/// The declared type of a tensor.
package struct ExportTensorType: Sendable {
  /// The number of the element type in the file.
  package let dtype: Int
  package let sizes: [ExportExtent]
  /// `nil` for strides that depend on symbols.
  package let strides: [Int]?

  /// Whether the elements lie in the order of the axes, as far as the file tells.
  package var isContiguous: Bool {
    guard let strides, strides.count == sizes.count else { return true }
    var expected = 1
    for (size, stride) in zip(sizes, strides).reversed() {
      guard case .fixed(let extent) = size else { return true }
      if extent != 1, stride != expected { return false }
      expected *= extent
    }
    return true
  }
}

/// An extent.
package enum ExportExtent: Sendable, Equatable {
  case fixed(Int)
  /// A symbol or an expression of symbols, with the extent of the example.
  case symbolic(String, hint: Int?)
}

/// An input of the graph.
package struct ExportInput: Sendable {
  package enum Kind: Sendable, Equatable {
    case parameter(String)
    case buffer(String)
    case constant(String)
    case user
    /// An argument of the module that is baked in.
    case fixed
    /// An object or a token, by its kind.
    case other(String)
  }

  package let name: String
  package let kind: Kind
}

/// An output of the graph.
package struct ExportOutput: Sendable {
  package enum Kind: Sendable, Equatable {
    case user
    /// The new content of a buffer.
    case bufferMutation(String)
    case inputMutation(String)
    case other(String)
  }

  package let value: ExportArgument
  package let kind: Kind
}
