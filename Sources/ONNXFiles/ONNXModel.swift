// SPDX-License-Identifier: Apache-2.0
// The content of an ONNX file as values.

import Files

/// A model, as read from a file.
package struct ONNXModel: Sendable {
  package internal(set) var irVersion = 0
  package internal(set) var producer = ""
  package internal(set) var producerVersion = ""
  /// The version of every imported operator set, by domain; the standard domain is "".
  package internal(set) var opsets: [String: Int] = [:]
  package internal(set) var graph = ONNXGraph()
  package internal(set) var functions: [ONNXFunction] = []
  package internal(set) var metadata: [String: String] = [:]
  /// The path of the file.
  package let path: String

  let externalFiles = ExternalFiles()

  package init(path: String) { self.path = path }
}

/// A graph: the model's, or one in an attribute.
package struct ONNXGraph: Sendable {
  package internal(set) var name = ""
  package internal(set) var nodes: [ONNXNode] = []
  package internal(set) var initializers: [ONNXTensor] = []
  package internal(set) var inputs: [ONNXValueInfo] = []
  package internal(set) var outputs: [ONNXValueInfo] = []
  package internal(set) var valueInfo: [ONNXValueInfo] = []

  init() {}

  /// The graph with other nodes.
  package func replacing(nodes: [ONNXNode]) -> ONNXGraph {
    var graph = self
    graph.nodes = nodes
    return graph
  }
}

/// An application of an operator.
package struct ONNXNode: Sendable {
  package internal(set) var name = ""
  package internal(set) var type = ""
  /// The operator's domain; "" is the standard one.
  package internal(set) var domain = ""
  package internal(set) var overload = ""
  /// The names of the operands; "" for one that is left out.
  package internal(set) var inputs: [String] = []
  /// The names of the results; "" for one that is not wanted.
  package internal(set) var outputs: [String] = []
  package internal(set) var attributes: [String: ONNXAttribute] = [:]
  /// The location in the source code from which the model was exported, if the exporter has written it.
  package internal(set) var sourceLine: String?

  init() {}

  /// A node of the standard domain that a graph of another format asks for.
  package init(_ type: String, outputs: [String], attributes: [String: ONNXAttribute]) {
    self.type = type
    self.outputs = outputs
    self.attributes = attributes
  }

  /// A name for messages: the first output, which is unique, unlike the name of the node.
  package var label: String { outputs.first { !$0.isEmpty } ?? (name.isEmpty ? type : name) }

  /// The node with other attributes and operands.
  package func replacing(attributes: [String: ONNXAttribute], inputs: [String]) -> ONNXNode {
    var node = self
    node.attributes = attributes
    node.inputs = inputs
    return node
  }
}

/// The value of an attribute.
package indirect enum ONNXAttribute: Sendable {
  case float(Float)
  case int(Int)
  case string([UInt8])
  case tensor(ONNXTensor)
  case graph(ONNXGraph)
  case floats([Float])
  case ints([Int])
  case strings([[UInt8]])
  case tensors([ONNXTensor])
  case graphs([ONNXGraph])
  /// The value of the calling node's attribute of this name.
  case reference(String)
  /// A kind of attribute that is not used, by its number.
  case other(Int)
}

/// The declared type of a value.
package struct ONNXValueInfo: Sendable {
  package internal(set) var name = ""
  package internal(set) var type: ONNXType?

  init() {}

  package init(_ name: String, _ type: ONNXType?) {
    self.name = name
    self.type = type
  }
}

/// A type of a value.
package indirect enum ONNXType: Sendable {
  /// `nil` for an unknown rank.
  case tensor(ElementType, [ONNXDimension]?)
  case sequence(ONNXType?)
  case optional(ONNXType?)
  /// Another kind of value, by its name.
  case other(String)
}

/// An extent in a declared type.
package enum ONNXDimension: Sendable, Equatable {
  case fixed(Int)
  /// A name, or an expression of names.
  case symbol(String)
  case unknown
}

/// An operator that the file defines by nodes.
package struct ONNXFunction: Sendable {
  package internal(set) var name = ""
  package internal(set) var domain = ""
  package internal(set) var overload = ""
  package internal(set) var inputs: [String] = []
  package internal(set) var outputs: [String] = []
  /// Attributes with a default value.
  package internal(set) var defaults: [String: ONNXAttribute] = [:]
  package internal(set) var nodes: [ONNXNode] = []
  package internal(set) var opsets: [String: Int] = [:]

  init() {}
}
