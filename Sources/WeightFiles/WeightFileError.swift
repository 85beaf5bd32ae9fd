// SPDX-License-Identifier: Apache-2.0
// Errors of files with weights.

/// An error in a file of named tensors.
package enum WeightFileError: Error, Equatable {
  /// The bytes do not follow the format.
  case malformed(file: String, place: String, detail: String)
  /// The content is valid, but there is no counterpart for it.
  case unsupported(file: String, detail: String)
  /// A part of a sharded model does not exist.
  case missingShard(index: String, file: String)
  case unknownFormat(String)
}

extension WeightFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let file, let place, let detail): place.isEmpty ? "\(file): \(detail)" : "\(file): \(place): \(detail)"
    case .unsupported(let file, let detail): "\(file): \(detail)"
    case .missingShard(let index, let file): "\(index): the file '\(file)', which it names, does not exist beside it"
    case .unknownFormat(let file):
      "'\(file)' is no file of weights that is known: expected .safetensors, .safetensors.index.json, .pt, .pth, .bin, .ckpt or .gguf"
    }
  }
}
