// SPDX-License-Identifier: Apache-2.0
// The dtypes that scripts can name.

import LuaHost
import Tensors

enum ElementTypes {
  /// Codes of fewer than eight bits have one element a code for scripts; they are packed in files.
  static let all: [DType] = [
    .float16, .float32, .float64, .int8, .uint8, .int16, .uint16, .int32, .int64, .bool, .uint1, .uint2, .uint3, .uint4, .uint6, .int4,
  ]
  static let names: [String] = all.map { "\($0)" }

  static func named(_ name: String) throws -> DType {
    guard let found = all.first(where: { "\($0)" == name }) else {
      throw LuaError(.usage, "unknown dtype '\(name)'", hint: "one of \(names.joined(separator: ", "))")
    }
    return found
  }
}
