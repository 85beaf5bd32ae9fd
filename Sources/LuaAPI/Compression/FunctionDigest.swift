// SPDX-License-Identifier: Apache-2.0
// A digest of a Lua function, by which a model's history tells versions of a technique apart.

import CCrypto
import LuaHost

enum FunctionDigest {
  /// The SHA-256 of a function's compiled code without line numbers, in hexadecimal digits: the same for the same source
  /// with other comments, blank lines or chunk names.
  ///
  /// - Throws: `LuaError` if the function is not written in Lua.
  static func of(_ function: LuaClosure, _ interpreter: Interpreter) throws -> String {
    guard let code = interpreter.compiledCode(of: function) else {
      throw LuaError(.usage, "technique: compress must be a function written in Lua")
    }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let computed = EVP_Digest(code, code.count, &digest, &count, EVP_sha256(), nil)
    precondition(computed == 1, "libcrypto computes no SHA-256")
    return digest.prefix(Int(count)).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
  }
}
