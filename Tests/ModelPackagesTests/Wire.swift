// SPDX-License-Identifier: Apache-2.0
// A protobuf writer for tests, which can write invalid files.

import Foundation

/// Builds messages field by field.
struct Wire {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var out: [UInt8] = []
    var rest = value
    repeat {
      let byte = UInt8(rest & 0x7F)
      rest >>= 7
      out.append(rest == 0 ? byte : byte | 0x80)
    } while rest != 0
    return out
  }

  func int(_ field: Int, _ value: Int) -> Wire {
    Wire(
      bytes: bytes + Wire.varint(UInt64(field) << 3) + Wire.varint(UInt64(bitPattern: Int64(value)))
    )
  }

  func data(_ field: Int, _ content: [UInt8]) -> Wire {
    Wire(
      bytes: bytes + Wire.varint(UInt64(field) << 3 | 2) + Wire.varint(UInt64(content.count))
        + content)
  }

  func string(_ field: Int, _ text: String) -> Wire { data(field, Array(text.utf8)) }

  func message(_ field: Int, _ inner: Wire) -> Wire { data(field, inner.bytes) }

  func raw(_ more: [UInt8]) -> Wire { Wire(bytes: bytes + more) }

  /// An entry of a map.
  func entry(_ field: Int, _ key: String, _ value: Wire) -> Wire {
    message(field, Wire().string(1, key).message(2, value))
  }
}

extension Wire {
  /// The type of a tensor by its dtype's code in MIL.proto.
  static func tensorType(_ code: Int, _ shape: [Int]) -> Wire {
    let type = shape.reduce(Wire().int(1, code).int(2, shape.count)) {
      $0.message(3, Wire().message(1, Wire().int(1, $1)))
    }
    return Wire().message(1, type)
  }

  /// A `const` operation `c` of that value.
  static func const(type: Wire, _ value: Wire) -> Wire {
    Wire().string(1, "const")
      .message(3, Wire().string(1, "c").message(2, type))
      .entry(5, "val", value)
  }

  /// A model file with one function of these operations.
  static func model(_ operations: [Wire], output: String = "c", extra: Wire = Wire()) -> Wire {
    let block = operations.reduce(Wire()) { $0.message(3, $1) }.string(2, output)
    let function = Wire().string(2, "CoreML7").entry(3, "CoreML7", block)
    return Wire().int(1, 8).message(2, Wire()).raw(extra.bytes)
      .message(502, Wire().int(1, 1).entry(2, "main", function))
  }
}

/// Writes packages file by file.
enum RawPackage {
  static let manifest = """
    {"fileFormatVersion": "1.0.0", "itemInfoEntries": {
      "m": {"author": "com.apple.CoreML", "description": "", "name": "model.mlmodel", "path": "com.apple.CoreML/model.mlmodel"},
      "w": {"author": "com.apple.CoreML", "description": "", "name": "weights", "path": "com.apple.CoreML/weights"}},
     "rootModelIdentifier": "m"}
    """

  /// Writes a package and returns its path.
  static func write(
    _ model: [UInt8], weights: [UInt8]? = nil, manifest: String = manifest, to path: String
  ) throws {
    let folder = path + "/Data/com.apple.CoreML"
    try FileManager.default.createDirectory(
      atPath: folder + "/weights", withIntermediateDirectories: true)
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: path + "/Manifest.json"))
    try Data(model).write(to: URL(fileURLWithPath: folder + "/model.mlmodel"))
    if let weights {
      try Data(weights).write(to: URL(fileURLWithPath: folder + "/weights/weight.bin"))
    }
  }

  static func modelFile(_ path: String) -> String { path + "/Data/com.apple.CoreML/model.mlmodel" }
  static func weightFile(_ path: String) -> String {
    path + "/Data/com.apple.CoreML/weights/weight.bin"
  }

  static func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
