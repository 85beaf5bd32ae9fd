// SPDX-License-Identifier: Apache-2.0
// Fully connected layers and embeddings.

import MIL
import Options
import Tensors

/// y = x Wᵀ + b over the last axis.
struct LinearLayer: NetworkLayer {
  var outFeatures: Int?
  var bias = true
  var initializer = Initializer.default

  static let name = "linear"
  static let summary = "y = x Wᵀ + b over the last axis."
  static let example = "{ out_features = 10 }"
  static var options: [Option<Self>] {
    [
      .integer("out_features", \.outFeatures, in: 1...Int.max, "size of the output's last axis"),
      .bool("bias", \.bias, "whether to add a bias"),
      .choice("init", \.initializer, "initialization of the weight"),
    ]
  }

  func validate() throws(OptionError) { _ = try Self.required(outFeatures, "out_features") }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 1...5, "[…, features]")
    let shape = [outFeatures ?? 1, try known(x, axis: -1, "last axis")]
    let weight = network.weight("linear_weight", shape, initializer)
    var arguments: [(String, GraphArgument)] = [("x", .value(x)), ("weight", .value(weight))]
    if bias { arguments.append(("bias", .value(network.weight("linear_bias", [shape[0]], .default, fan: Fan(shape))))) }
    return try network.add("linear", arguments, name: "linear")
  }
}

/// Looks up a row of a table for each index.
struct EmbeddingLayer: NetworkLayer {
  var numEmbeddings: Int?
  var embeddingDim: Int?
  var initializer = Initializer.normal

  static let name = "embedding"
  static let summary = "A row of a trainable table for each index."
  static let example = "{ num_embeddings = 1000, embedding_dim = 32 }"
  static var options: [Option<Self>] {
    [
      .integer("num_embeddings", \.numEmbeddings, in: 1...Int.max, "number of rows"),
      .integer("embedding_dim", \.embeddingDim, in: 1...Int.max, "size of a row"),
      .choice("init", \.initializer, "initialization of the table"),
    ]
  }

  func validate() throws(OptionError) {
    _ = try Self.required(numEmbeddings, "num_embeddings")
    _ = try Self.required(embeddingDim, "embedding_dim")
  }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    guard x.type.dtype.isInteger else { throw fault("takes integers, found \(x.type); declare the input with dtype = \"int32\"") }
    let table = network.weight("embedding_weight", [numEmbeddings ?? 1, embeddingDim ?? 1], initializer)
    return try network.add("gather", [("x", .value(table)), ("indices", .value(x)), ("axis", .number(0))], name: "embedding")
  }
}
