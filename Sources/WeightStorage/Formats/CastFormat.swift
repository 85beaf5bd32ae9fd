// SPDX-License-Identifier: Apache-2.0
// 16-bit storage of 32-bit floating-point weights: `constexpr_cast`.

import Encodings
import MIL
import Tensors

enum CastFormat: StorageFormat {
  static let operatorTypes = ["constexpr_cast"]

  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm {
    .weight(.cast(try parts.tensor("source_val")))
  }
}

extension WeightWriter {
  func cast(_ half: Tensor, _ result: NamedType) -> [Operation] {
    let inputs = [constant("source_val", half), Argument("output_dtype", [.constant(Constant("fp32"))])]
    return [operation(CastFormat.operatorTypes[0], inputs, result.name, [result])]
  }

  func attributesOfCast(_ half: Tensor, _ result: NamedType) -> Operation {
    attributes(CastFormat.operatorTypes[0], [attribute("source_val", half), Attribute("output_dtype", Constant("fp32"))], result)
  }
}
