// SPDX-License-Identifier: Apache-2.0
// The result of training as a program, with compressed weights, or with dense weights of the same values.

import Encodings
import MIL
import Operators
import Options
import Runtime
import Tensors
import WeightStorage

/// The result for a weight.
package struct WeightTraining: Sendable {
  package let name: String
  package let method: String
  package let count: Int
  /// The root mean square of the difference between the weight and its stored values.
  package let error: Double
  package let facts: [WeightFact]
}

/// The trained program, and the weights that training methods encoded.
package struct FinalizedProgram: Sendable {
  package let program: Program
  package let weights: [Weight]

  /// The site of a weight in the trained program before encoding, and its encoded form.
  package struct Weight: Sendable {
    package let site: WeightSite
    package let stored: EncodedWeight
  }
}

extension Trainer {
  /// The program as it would be finalized now, with dense weights, for validation.
  package func snapshot() throws -> Program {
    let final = try finalValues()
    return replacing { finished(final.removingNorms(from: $0.storing(final.values))) }
  }

  /// The program with weights encoded as the training methods specify.
  ///
  /// - Throws: `WeightStorageError` for a format that the opset does not support.
  package func finalized() throws -> FinalizedProgram {
    let final = try finalValues()
    let trained = replacing { finished(final.removingNorms(from: $0.storing(final.values.filter { final.encoded[$0.key] == nil }))) }
    let raised = trained.raised(to: .iOS16)
    let index = raised.functions.firstIndex { $0.name == functionName } ?? 0
    let byName = Dictionary(parameters.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    var replacements: [WeightReplacement] = []
    var weights: [FinalizedProgram.Weight] = []
    for site in try raised.weightSites(Catalog.weightTable) where site.function == index {
      guard let parameter = byName[site.valueName], let encoded = final.encoded[site.valueName] else { continue }
      let suffix = parameter.suffix
      replacements.append(WeightReplacement(site: site, parts: [.init(weight: encoded, name: site.operationName + suffix)]))
      weights.append(FinalizedProgram.Weight(site: site, stored: encoded))
    }
    guard !replacements.isEmpty else { return FinalizedProgram(program: trained, weights: weights) }
    let program = try WeightRewrite.apply(replacements, to: raised, opset: raised.opset)
    return FinalizedProgram(program: program, weights: weights)
  }

  private func finished(_ function: Function) -> Function { activations?.finished(function) ?? function }

  private func replacing(_ change: (Function) -> Function) -> Program {
    var program = program
    for i in program.functions.indices where program.functions[i].name == functionName {
      program.functions[i] = change(program.functions[i])
    }
    return program
  }

  /// The current state of the methods for each weight.
  package func report() throws -> [WeightTraining] {
    var all: [WeightTraining] = []
    for parameter in parameters where !parameter.transforms.isEmpty {
      let kept = try parameter.evaluated().floats()
      let own = parameter.settled.floats
      let sum = zip(kept, own).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      all.append(
        WeightTraining(
          name: parameter.name, method: parameter.methods.joined(separator: "+"), count: parameter.count,
          error: (sum / Double(max(parameter.count, 1))).squareRoot(), facts: parameter.transforms.flatMap(\.report)))
    }
    return all
  }
}

extension TrainedParameter {
  /// The names of the applied methods, in order.
  var methods: [String] { transforms.map { type(of: $0).method } }

  /// The suffix of the stored weight's name: that of the method that masks it, or else of the last method.
  fileprivate var suffix: String {
    (transforms.first { $0.mask != nil } ?? transforms.last).map { type(of: $0).suffix } ?? ""
  }
}
