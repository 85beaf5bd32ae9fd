// SPDX-License-Identifier: Apache-2.0
// Names that Core ML accepts.

/// Makes names of programs from names of other formats.
enum ProgramNames {
  private static let reserved: Set<String> = [
    "any", "bool", "program", "func", "tensor", "list", "dict", "tuple", "true", "false", "string", "state", "bf16", "fp16", "fp32", "fp64",
    "int4", "int8", "int16", "int32", "int64", "uint1", "uint2", "uint3", "uint4", "uint6", "uint8", "uint16", "uint32", "uint64",
  ]

  /// The name with characters other than letters, digits and `_` replaced.
  static func sanitized(_ name: String) -> String {
    var out = ""
    for character in name.unicodeScalars.prefix(200) {
      let isAllowed = character.isASCII && (character.properties.isAlphabetic || ("0"..."9").contains(character) || character == "_")
      out.unicodeScalars.append(isAllowed ? character : "_")
    }
    if out.isEmpty { return "value" }
    if let first = out.unicodeScalars.first, ("0"..."9").contains(first) { out = "var_" + out }
    return reserved.contains(out) ? out + "_workaround" : out
  }
}
