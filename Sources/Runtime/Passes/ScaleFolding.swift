// SPDX-License-Identifier: Apache-2.0
// Folds scaling and shifting of channels into the weights of the preceding convolution.
//
//   y = batch_norm(conv(x, w, b))   becomes   y = conv(x, w · scale, b · scale + shift)

import MIL
import Operators
import Tensors

extension Graph {
  /// Rewrites convolutions with constant weights that are followed by an affine operator on channels.
  mutating func foldScalesIntoWeights() {
    var index = UseDefIndex(self)
    var gone = Set<Int>()
    for here in nodes.indices {
      guard case .operator(let affine) = nodes[here].work, let x = nodes[here].inputs["x"]?.first, index.uses[x] == 1,
        let at = index.producer[x], case .operator(let linear) = nodes[at].work, nodes[at].post.isEmpty,
        let map = (affine as? any ChannelAffine.Type)?.channelMap(nodes[here].call),
        let weighted = linear as? any ChannelWeighted.Type,
        let output = nodes[here].outputs.first,
        let folded = weighted.scaled(nodes[at].call, by: map)
      else { continue }
      nodes[at].call = folded
      for (parameter, operands) in folded.operands {
        guard let tensor = operands.first?.constant?.tensor, parameter == "weight" || parameter == "bias" else { continue }
        nodes[at].inputs[parameter] = [add(operands.first?.name ?? parameter, tensor.dtype, tensor.shape, constant: tensor)]
      }
      index.grow(to: values.count)
      nodes[at].outputs = [output]
      index.setProducer(of: output, to: at)
      gone.insert(here)
    }
    removeNodes(gone)
  }
}
