// SPDX-License-Identifier: Apache-2.0
// Compares gradients of whole networks with torch (Fixtures/gradients.py).

import DataFiles
import Foundation
import MIL
import ModelPackages
import Operators
import Runtime
import Tensors
import TestSupport
import Testing
import Training

/// The reference results of torch for one package.
struct NetworkReference: Decodable, CustomTestStringConvertible, Sendable {
  struct Gradient: Decodable, Sendable {
    let norm: Double
    let places: [Int]
    let values: [Double]
  }

  let package: String
  let loss: Double
  let outputs: [String]
  let gradients: [String: Gradient]

  var testDescription: String { package }

  static let all: [NetworkReference] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/gradients.json")
    return (try? JSONDecoder().decode([NetworkReference].self, from: Data(contentsOf: file))) ?? []
  }()
}

@Suite struct NetworkGradientTests {
  @Test func referencesAreThere() { #expect(NetworkReference.all.count == 6) }

  @Test(.enabled(if: Zoo.isPresent, "\(Zoo.absence)"), arguments: NetworkReference.all)
  func agreeWithTorch(_ reference: NetworkReference) throws {
    let path = try #require(Zoo.folder) + "/" + reference.package + ".mlpackage"
    let folder = (path as NSString).deletingLastPathComponent + "/io/case0"
    let package = try ModelPackage.load(path)
    let lifted = ParameterLifting(try #require(package.program.function(named: "main")), liftingStatistics: false)
    var inputs: [String: Tensor] = [:]
    for input in lifted.original.inputs { inputs[input.name] = try NPY.read("\(folder)/in_\(input.name).npy") }
    var function = try lifted.function.inferringTypes(
      Dictionary(
        uniqueKeysWithValues: lifted.function.inputs.compactMap { input -> (String, ValueType)? in
          guard let tensor = inputs[input.name], let type = input.type.tensorType else { return nil }
          return (input.name, .tensor(TensorType(type.dtype, tensor.shape)))
        }))
    let emitter = try Emitter(function)
    let parts = try reference.outputs.map { name in
      let output = try emitter.value(name)
      let weights = Tensor((0..<output.shape.elementCount).map { Float(cos(Double($0))) }, shape: output.shape)
      return try (output * emitter.constant(weights)).sum(Array(output.shape.indices)).reshaped([])
    }
    _ = try parts.dropFirst().reduce(parts[0]) { try $0 + $1 }.apply("identity", name: "loss")
    function.block.operations = emitter.operations
    let found = try LossAndGradients(function, of: "loss", by: lifted.parameters, inputs: inputs)
    let loss = Double(try #require(found.values["loss"]?.floats().first))
    #expect(abs(loss - reference.loss) < 1e-3 * max(abs(reference.loss), 1))
    // Gradients that are zero except for rounding (the bias of attention's keys) are compared relative to the other
    // gradients.
    let largest = reference.gradients.values.map(\.norm).max() ?? 0
    var compared = 0
    for (name, expected) in reference.gradients.sorted(by: { $0.key < $1.key }) {
      guard let gradient = found.gradients[name]?.floats() else { continue }
      compared += 1
      let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - expected.norm) < 2e-3 * max(expected.norm, 1e-3 * largest), "\(name): norm \(norm), torch's \(expected.norm)")
      let typical = max(expected.norm, 1e-3 * largest) / Double(gradient.count).squareRoot()
      for (place, value) in try pairs(expected.places, expected.values) {
        let difference = abs(Double(gradient[place]) - value)
        #expect(difference < 5e-3 * max(abs(value), typical), "\(name)[\(place)]: \(gradient[place]), torch's \(value)")
      }
    }
    #expect(compared == lifted.parameters.count, "\(compared) of \(lifted.parameters.count) parameters were compared")
  }
}
