// SPDX-License-Identifier: Apache-2.0
// Creates new models: the inputs, the network and the package.

import MIL
import ModelPackages
import Models
import Tensors
import Training

/// A new model whose network is being defined.
package struct FreshModel {
  /// The type of an input.
  package enum Input {
    /// An array, with its shape without the batch axis.
    case array(DType, Shape)
    case picture(ImageFeature)
  }

  private let inputs: [String: Input]
  /// The inputs of the program, sorted by name.
  package let types: [NamedType]
  /// The writer that appends the layers.
  package let writer: NetworkWriter

  /// - Parameters:
  ///   - inputs: the inputs by name.
  ///   - batch: the fixed batch size; `nil` for any size. It must be `nil` if an input is an image.
  ///   - seed: the seed for the initial weights.
  /// - Throws: `WorkflowError.batchOfPictures`, `WorkflowError.noNetworkInputs`; the errors of `NetworkWriter`.
  package init(_ inputs: [String: Input], batch: Int?, opset: Opset, seed: UInt64) throws {
    let hasPictures = inputs.values.contains { if case .picture = $0 { true } else { false } }
    guard !hasPictures || batch == nil else { throw WorkflowError.batchOfPictures }
    guard !inputs.isEmpty else { throw WorkflowError.noNetworkInputs }
    // Core ML image inputs have a batch size of 1.
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

  /// The model with the given outputs.
  ///
  /// - Parameters:
  ///   - names: the names requested for the outputs, of which only the number is checked; `nil` if none were requested.
  ///   - isCancelled: the cancellation check of the model.
  /// - Throws: `WorkflowError.outputNames` for a wrong number of names; the errors of `NetworkWriter` and `ModelPackage`.
  package func model(
    outputs: [(name: String, value: NetworkValue)], named names: [String]? = nil, isCancelled: @escaping () -> Bool = { false }
  ) throws -> Model {
    if let names, names.count != outputs.count { throw WorkflowError.outputNames(given: names.count, made: outputs.count) }
    let program = Program(functions: [try writer.function(outputs: outputs)])
    var contents = try ModelPackage(program: program, interface: withPictures(Interface(describing: program)))
    if !writer.dropout.isEmpty { contents.dropoutShares = writer.dropout }
    return try Model(contents: contents, isCancelled: isCancelled)
  }

  /// The interface with image inputs in place of the program's arrays.
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
