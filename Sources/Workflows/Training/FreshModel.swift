// SPDX-License-Identifier: Apache-2.0
// Fresh models: what goes in, the network that is written, and the package around it.

import MIL
import ModelPackages
import Models
import Tensors
import Training

/// A model that is being written.
package struct FreshModel {
  /// An input.
  package enum Input {
    /// An array, of these extents behind the batch.
    case array(DType, Shape)
    case picture(ImageFeature)
  }

  private let inputs: [String: Input]
  /// The inputs as the program has them, by name.
  package let types: [NamedType]
  /// What the network is written with.
  package let writer: NetworkWriter

  /// - Parameters:
  ///   - batch: a fixed number of samples; `nil` for any number.
  ///   - seed: of the fresh weights.
  package init(_ inputs: [String: Input], batch: Int?, opset: Opset, seed: UInt64) throws {
    let hasPictures = inputs.values.contains { if case .picture = $0 { true } else { false } }
    guard !hasPictures || batch == nil else { throw WorkflowError.batchOfPictures }
    guard !inputs.isEmpty else { throw WorkflowError.noNetworkInputs }
    // Pictures come one at a time.
    let samples: Dimension = hasPictures ? .fixed(1) : batch.map { .fixed($0) } ?? .any
    self.inputs = inputs
    types = inputs.sorted { $0.key < $1.key }.map { name, input in
      switch input {
      case .array(let dtype, let extents): NamedType(name, .tensor(TensorType(dtype, [samples] + extents.map { .fixed($0) })))
      case .picture(let image):
        NamedType(
          name, .tensor(TensorType(.float32, [1, image.colorSpace.channels, image.size.height, image.size.width].map { .fixed($0) })))
      }
    }
    writer = try NetworkWriter(inputs: types, opset: opset, seed: seed)
  }

  /// The model that gives back these values.
  ///
  /// - Parameter names: as many as there are outputs, where somebody named them.
  package func model(
    outputs: [(name: String, value: NetworkValue)], named names: [String]? = nil, isCancelled: @escaping () -> Bool = { false }
  ) throws -> Model {
    if let names, names.count != outputs.count { throw WorkflowError.outputNames(given: names.count, made: outputs.count) }
    let program = Program(functions: [try writer.function(outputs: outputs)])
    var contents = try ModelPackage(program: program, interface: withPictures(Interface(describing: program)))
    if !writer.dropout.isEmpty { contents.dropoutShares = writer.dropout }
    return try Model(contents: contents, isCancelled: isCancelled)
  }

  /// The interface with pictures in the place of arrays.
  private func withPictures(_ interface: Interface) -> Interface {
    var interface = interface
    for f in interface.functions.indices {
      for i in interface.functions[f].inputs.indices {
        guard case .picture(let image)? = inputs[interface.functions[f].inputs[i].name] else { continue }
        interface.functions[f].inputs[i].kind = .image(image)
      }
    }
    return interface
  }
}
