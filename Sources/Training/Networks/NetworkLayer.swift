// SPDX-License-Identifier: Apache-2.0
// The protocol of layers: options, and the operations that a layer emits.

import MIL
import Options
import Tensors

/// A layer of a network: a value that emits its operations, with new weights, for a given input.
///
/// To add one, define a type in the file of its family and add it to `Layers.all`. Its Lua function, options, help
/// and reference are derived from it. Options have PyTorch's names; input sizes are inferred from the input.
package protocol NetworkLayer: Configurable {
  /// The first line of help.
  static var summary: String { get }
  /// The arguments of an example: `{ out_channels = 8, kernel_size = 3 }`; empty for layers without.
  static var example: String { get }
  /// - Throws: `TrainingError.layer` or `OperatorError` if the layer is incompatible with `x`.
  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue
}

extension NetworkLayer {
  package static var example: String { "" }

  func fault(_ problem: String) -> TrainingError { .layer(name: Self.name, problem: problem) }

  /// The extent of an axis, which the layer requires to be known.
  func known(_ x: NetworkValue, axis: Int, _ what: String) throws -> Int {
    guard let size = x.extent(axis) else { throw fault("needs to know the \(what) of its input, which is \(x.type)") }
    return size
  }

  /// - Parameter ranks: the permitted ranks.
  func check(_ x: NetworkValue, ranks: ClosedRange<Int>, _ form: String) throws {
    guard ranks.contains(x.rank) else { throw fault("takes \(form), found \(x.type)") }
  }

  /// A required option.
  static func required<Value>(_ value: Value?, _ option: String) throws(OptionError) -> Value {
    guard let value else { throw .combination(of: name, problem: "\(option) must be given") }
    return value
  }
}

package enum Layers {
  /// All named layers.
  package static let all: [any NetworkLayer.Type] = [
    LinearLayer.self,
    Conv1dLayer.self, Conv2dLayer.self, Conv3dLayer.self,
    ConvTransposeLayer.self,
    BatchNormLayer.self, LayerNormLayer.self, RMSNormLayer.self,
    EmbeddingLayer.self,
    LSTMLayer.self, GRULayer.self,
    MultiHeadAttentionLayer.self, RotaryLayer.self, SwiGLULayer.self,
    DropoutLayer.self,
    MaxPoolLayer.self, AveragePoolLayer.self, GlobalAveragePoolLayer.self,
    FlattenLayer.self, ReshapeLayer.self,
    ReluLayer.self, GeluLayer.self, SigmoidLayer.self, TanhLayer.self,
    SiluLayer.self, LeakyReluLayer.self, SoftmaxLayer.self,
  ]
}
