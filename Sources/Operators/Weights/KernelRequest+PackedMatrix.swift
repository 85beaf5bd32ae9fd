// SPDX-License-Identifier: Apache-2.0
// One packed copy of a compressed weight for all operators and plans that read it.

import Encodings
import Kernels

extension KernelRequest {
  /// The packed form of the compressed weight bound to a parameter, shared by name with all operators that read the weight. Its value is
  /// `nil` if the kernels do not support the encoding. The kernel keeps the object, so that later plans find it.
  func packedMatrix(_ parameter: String, _ encoded: EncodedWeight) throws -> Shared<PackedMatrix?> {
    func packed() throws -> Shared<PackedMatrix?> { Shared(try PackedMatrix(encoded)) }
    guard let name = call.operands[parameter]?.first?.name else { return try packed() }
    return try scratch.weights.value(of: .init(constant: name, purpose: "codes"), packed)
  }
}
