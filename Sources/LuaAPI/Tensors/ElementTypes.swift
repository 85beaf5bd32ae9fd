// SPDX-License-Identifier: Apache-2.0
// The dtypes that scripts can name.

import LuaHost
import Tensors

enum ElementTypes {
  static let all: [DType] = [.float16, .float32, .float64, .int8, .uint8, .int16, .uint16, .int32, .int64, .bool]
  static let names: [String] = all.map { "\($0)" }

  static func named(_ name: String) throws -> DType {
    guard let found = all.first(where: { "\($0)" == name }) else {
      throw LuaError(.usage, "unknown dtype '\(name)'", hint: "one of \(names.joined(separator: ", "))")
    }
    return found
  }
}
