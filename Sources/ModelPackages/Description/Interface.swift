// SPDX-License-Identifier: Apache-2.0
// The description of a model: the features of its functions, and metadata.

/// The inputs, outputs and states of a function.
package struct FunctionInterface: Hashable, Sendable {
  package var name: String
  package var inputs: [Feature]
  package var outputs: [Feature]
  package var states: [Feature]
  /// The output with the label of the best class; empty if the function is not a classifier.
  package var predictedFeatureName: String
  /// The output with every class's probability.
  package var predictedProbabilitiesName: String
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8] = []

  package init(
    name: String = "main", inputs: [Feature] = [], outputs: [Feature] = [], states: [Feature] = [],
    predictedFeatureName: String = "", predictedProbabilitiesName: String = ""
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.states = states
    self.predictedFeatureName = predictedFeatureName
    self.predictedProbabilitiesName = predictedProbabilitiesName
  }

  package func input(named name: String) -> Feature? { inputs.first { $0.name == name } }
  package func output(named name: String) -> Feature? { outputs.first { $0.name == name } }
}

/// The metadata of a model.
package struct Metadata: Hashable, Sendable {
  package var shortDescription = ""
  package var version = ""
  package var author = ""
  package var license = ""
  package var userDefined: [String: String] = [:]
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8] = []

  package init() {}
}

/// A model's description.
package struct Interface: Hashable, Sendable {
  /// The functions, at least one. A description without a list of functions describes a single one, `main`.
  package var functions: [FunctionInterface]
  /// The function that runs by default.
  package var defaultFunctionName: String
  /// Whether the file lists functions (specification version 9) or describes a single one.
  package var listsFunctions: Bool
  /// `nil` if the file has none.
  package var metadata: Metadata?
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8] = []

  package init(
    functions: [FunctionInterface], defaultFunctionName: String = "main",
    listsFunctions: Bool = false,
    metadata: Metadata? = nil
  ) {
    self.functions = functions
    self.defaultFunctionName = defaultFunctionName
    self.listsFunctions = listsFunctions
    self.metadata = metadata
  }

  /// The function with the given name, or the default one.
  package func function(named name: String? = nil) -> FunctionInterface? {
    let name = name ?? defaultFunctionName
    return functions.first { $0.name == name }
  }
}
