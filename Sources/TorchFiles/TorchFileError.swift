// SPDX-License-Identifier: Apache-2.0
// Errors of files that PyTorch wrote.

/// An error in a file of PyTorch: an exported program or a dictionary of weights.
package enum TorchFileError: Error, Equatable {
  /// The bytes do not follow the format. The place is an entry of the archive, with a path or an offset in it.
  case malformed(file: String, place: String, detail: String)
  /// The content is valid, but there is no counterpart for it.
  case unsupported(file: String, detail: String, hint: String?)

  /// A line that helps to continue.
  package var hint: String? {
    if case .unsupported(_, _, let hint) = self { hint } else { nil }
  }
}

extension TorchFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let file, let place, let detail): place.isEmpty ? "\(file): \(detail)" : "\(file): \(place): \(detail)"
    case .unsupported(let file, let detail, _): "\(file): \(detail)"
    }
  }
}
