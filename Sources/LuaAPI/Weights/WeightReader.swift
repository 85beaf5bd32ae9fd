// SPDX-License-Identifier: Apache-2.0
// What a script's function returns for a weight.

import Encodings
import LuaHost

/// A weight that a script's function returned.
enum WeightResult {
  /// The results of the function as an encoding; `nil` if they leave the weight as it is.
  ///
  /// - Parameter role: the function's name in errors.
  static func read(_ results: [LuaValue], _ role: String, _ interpreter: Interpreter) throws -> EncodedWeight? {
    guard let first = results.first, !first.isNil else { return nil }
    if let encoded = first.object(EncodedObject.self) { return encoded.weight }
    if let tensor = first.object(TensorObject.self) { return .dense(tensor.tensor) }
    throw LuaError(
      .usage, "\(role) must return an Encoded, a Tensor, or nil, got \(interpreter.typeName(of: first))",
      hint: first.table == nil ? nil : "wane.encode makes an Encoded of parts, wane.tensor a Tensor of a table")
  }
}
