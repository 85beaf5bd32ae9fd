// SPDX-License-Identifier: Apache-2.0
// Attention expanded to matrix products and a softmax, which have gradients.

import MIL
import Tensors

extension ScaledDotProductAttention {
  static let gradient = Gradient.expansion { call, emitter in
    func value(_ parameter: String) throws -> TypedValue { TypedValue(try call.operand(parameter), in: emitter) }
    let query = try value("query")
    let scale = 1 / Float(query.shape[query.rank - 1]).squareRoot()
    var scores = try (query * scale).times(value("key"), transposed: (false, true))
    if call.has("attn_mask") {
      let mask = try value("attn_mask")
      let excluded = try emitter.constant(Tensor(scalar: Float(-1e30)))
      scores = mask.dtype.isFloat ? try scores + mask : try mask.select(scores, excluded)
    }
    return [try scores.apply("softmax", ["axis": -1]).times(value("value"))]
  }
}
