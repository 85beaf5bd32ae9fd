// SPDX-License-Identifier: Apache-2.0
// Folds what scales and shifts channels into the weights of the convolution before it.
//
//   y = batch_norm(conv(x, w, b))   becomes   y = conv(x, w · scale, b · scale + shift)

import MIL
import Operators
import Tensors

extension Graph {
  /// Rewrites convolutions with constant weights that are followed by an affine operator on channels.
  mutating func foldScalesIntoWeights() {
    let producer = producers()
    var uses = useCounts()
    var gone = Set<Int>()
    var node = producer
    for index in nodes.indices {
      guard case .operator(let affine) = nodes[index].work, let x = nodes[index].inputs["x"]?.first, uses[x] == 1,
        let at = node[x], case .operator(let linear) = nodes[at].work, nodes[at].post.isEmpty,
        let map = (affine as? any ChannelAffine.Type)?.channelMap(nodes[index].call),
        let weighted = linear as? any ChannelWeighted.Type,
        let output = nodes[index].outputs.first,
        let folded = weighted.scaled(nodes[at].call, by: map)
      else { continue }
      nodes[at].call = folded
      for (parameter, operands) in folded.operands {
        guard let tensor = operands.first?.constant?.tensor, parameter == "weight" || parameter == "bias" else { continue }
        nodes[at].inputs[parameter] = [add(operands.first?.name ?? parameter, tensor.dtype, tensor.shape, constant: tensor)]
      }
      uses += Array(repeating: 0, count: values.count - uses.count)
      node += Array(repeating: nil, count: values.count - node.count)
      nodes[at].outputs = [output]
      node[output] = at
      gone.insert(index)
    }
    nodes = nodes.indices.filter { !gone.contains($0) }.map { nodes[$0] }
  }
}
