// SPDX-License-Identifier: Apache-2.0
// What a layer is: options, and the operations that it writes.

import MIL
import Options
import Tensors

/// A layer of a network: a value that writes its operations, with fresh weights, after a given value.
///
/// To add one: a type in its family's file, and its place in `Layers.all`. Its Lua function, options, help and reference
/// follow. Options have PyTorch's names; sizes of inputs follow from what the layer is put behind.
package protocol NetworkLayer: Configurable {
  /// First line of help.
  static var summary: String { get }
  /// The arguments of an example: `{ out_channels = 8, kernel_size = 3 }`; empty for layers without.
  static var example: String { get }
  /// - Throws: `TrainingError.layer` or `OperatorError` when the layer does not fit behind `x`.
  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue
}

extension NetworkLayer {
  package static var example: String { "" }

  func fault(_ problem: String) -> TrainingError { .layer(name: Self.name, problem: problem) }

  /// The extent of an axis that the layer must know.
  func known(_ x: NetworkValue, axis: Int, _ what: String) throws -> Int {
    guard let size = x.extent(axis) else { throw fault("needs to know the \(what) of its input, which is \(x.type)") }
    return size
  }

  /// - Parameter ranks: allowed numbers of axes.
  func check(_ x: NetworkValue, ranks: ClosedRange<Int>, _ form: String) throws {
    guard ranks.contains(x.rank) else { throw fault("takes \(form), found \(x.type)") }
  }

  /// An option that must be given.
  static func required<Value>(_ value: Value?, _ option: String) throws(OptionError) -> Value {
    guard let value else { throw .combination(of: name, problem: "\(option) must be given") }
    return value
  }
}

package enum Layers {
  /// Every layer with a name of its own.
  package static let all: [any NetworkLayer.Type] = [
    LinearLayer.self,
    Conv1dLayer.self, Conv2dLayer.self, Conv3dLayer.self,
    ConvTransposeLayer.self,
    BatchNormLayer.self, LayerNormLayer.self,
    EmbeddingLayer.self,
    LSTMLayer.self, GRULayer.self,
    MultiHeadAttentionLayer.self,
    DropoutLayer.self,
    MaxPoolLayer.self, AveragePoolLayer.self, GlobalAveragePoolLayer.self,
    FlattenLayer.self, ReshapeLayer.self,
    ReluLayer.self, GeluLayer.self, SigmoidLayer.self, TanhLayer.self,
    SiluLayer.self, LeakyReluLayer.self, SoftmaxLayer.self,
  ]
}
