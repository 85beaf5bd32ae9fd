// SPDX-License-Identifier: Apache-2.0
// What a layer is: options, and the operations that it writes.

import Compression
import MIL
import Tensors

/// A layer of a network: a value that writes its operations, with fresh weights, after a given value.
///
/// To add one: a type in its family's file, and its row in `Layers.all`. Its Lua function, options, help and reference
/// follow. Options have PyTorch's names; sizes of inputs follow from what the layer is put behind.
package protocol NetworkLayer: Optioned {
  /// First line of help.
  static var summary: String { get }
  /// The arguments of an example: `{ out_channels = 8, kernel_size = 3 }`; empty for layers without.
  static var example: String { get }
  /// - Throws: `TrainingError.layer` or `OperatorError` when the layer does not fit behind `x`.
  func emit(_ x: GraphValue, into network: NetworkWriter) throws -> GraphValue
}

extension NetworkLayer {
  package static var example: String { "" }

  func fault(_ problem: String) -> TrainingError { .layer(name: Self.name, problem: problem) }

  /// The extent of an axis that the layer must know.
  func known(_ x: GraphValue, axis: Int, _ what: String) throws -> Int {
    guard let size = x.extent(axis) else { throw fault("needs to know the \(what) of its input, which is \(x.type)") }
    return size
  }

  /// - Parameter ranks: allowed numbers of axes.
  func check(_ x: GraphValue, ranks: ClosedRange<Int>, _ form: String) throws {
    guard ranks.contains(x.rank) else { throw fault("takes \(form), found \(x.type)") }
  }

  /// An option that must be given.
  static func required<Value>(_ value: Value?, _ option: String) throws(CompressionError) -> Value {
    guard let value else { throw .options(technique: name, problem: "\(option) must be given") }
    return value
  }
}

/// A layer as a row of the list.
package struct LayerRow: Sendable {
  package let name: String
  package let summary: String
  package let example: String
  package let options: [OptionDeclaration]
  package let make: @Sendable ([String: RecipeValue]) throws -> any NetworkLayer

  init<L: NetworkLayer>(_ type: L.Type) {
    name = L.name
    summary = L.summary
    example = L.example
    options = L.options.map(\.declaration)
    make = { try L($0) }
  }
}

package enum Layers {
  /// Every layer with a name of its own.
  package static let all: [LayerRow] = [
    LayerRow(LinearLayer.self),
    LayerRow(Conv1dLayer.self), LayerRow(Conv2dLayer.self), LayerRow(Conv3dLayer.self),
    LayerRow(ConvTransposeLayer.self),
    LayerRow(BatchNormLayer.self), LayerRow(LayerNormLayer.self),
    LayerRow(EmbeddingLayer.self),
    LayerRow(LSTMLayer.self), LayerRow(GRULayer.self),
    LayerRow(MultiHeadAttentionLayer.self),
    LayerRow(DropoutLayer.self),
    LayerRow(MaxPoolLayer.self), LayerRow(AveragePoolLayer.self), LayerRow(GlobalAveragePoolLayer.self),
    LayerRow(FlattenLayer.self), LayerRow(ReshapeLayer.self),
    LayerRow(ReluLayer.self), LayerRow(GeluLayer.self), LayerRow(SigmoidLayer.self), LayerRow(TanhLayer.self),
    LayerRow(SiluLayer.self), LayerRow(LeakyReluLayer.self), LayerRow(SoftmaxLayer.self),
  ]
}
