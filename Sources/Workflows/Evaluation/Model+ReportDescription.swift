// SPDX-License-Identifier: Apache-2.0
// The description of a model in the HTML report of a comparison: target, interface and weights.

import Compression
import Evaluation
import MIL
import ModelPackages
import Models
import Operators

extension Model {
  /// The target and interface, and a table of weights for each compression step. For a model that was already
  /// compressed when it was loaded, the table describes its stored weights.
  func reportDescription() throws -> ModelDescription {
    typealias Fact = RunEnvironment.Fact
    let weights = try contents.program.weights(Catalog.weightTable)
    var facts = [Fact("target", "\(opset), specification \(contents.specificationVersion)")]
    if contents.program.functions.count > 1 { facts.append(Fact("function", interface.name)) }
    facts += interface.inputs.map { Fact("input \($0.name)", expectation(of: $0)) }
    facts += interface.states.map { Fact("state \($0.name)", expectation(of: $0)) }
    facts += interface.outputs.map { Fact("output \($0.name)", expectation(of: $0)) }
    facts.append(Fact("weights", "\(weights.count): \(Self.schemes(weights))"))
    var described = steps.map { ModelDescription.Step(title: $0.words, weights: CompressionText($0.report).table) }
    if described.isEmpty, weights.contains(where: { "\($0.scheme)" != "dense" }) {
      described = [ModelDescription.Step(title: "Weights as they are stored", weights: ModelText.table(of: weights))]
    }
    return ModelDescription(facts: facts, steps: described)
  }
}
