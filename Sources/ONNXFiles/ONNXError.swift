// SPDX-License-Identifier: Apache-2.0
// Errors of ONNX files.

/// An error in an ONNX file or in one of its external data files.
package enum ONNXError: Error, Equatable {
  case notFound(String)
  /// The bytes do not follow the format.
  case malformed(file: String, offset: Int?, detail: String)
  /// The content is valid, but there is no counterpart for it.
  case unsupported(file: String, detail: String)
  /// An external data file does not exist.
  case missingData(tensor: String, location: String, folder: String)
  /// An external data file is not within the model's folder.
  case unsafePath(tensor: String, location: String)
  /// An external data file cannot be read.
  case unreadable(tensor: String, detail: String)
}

extension ONNXError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound(let path): "\(path) does not exist"
    case .malformed(let file, let offset, let detail):
      offset.map { "\(file), byte \($0): \(detail)" } ?? "\(file): \(detail)"
    case .unsupported(let file, let detail): "\(file): \(detail)"
    case .missingData(let tensor, let location, let folder):
      "tensor '\(tensor)' is in the file '\(location)', which is not in \(folder)"
    case .unsafePath(let tensor, let location):
      "tensor '\(tensor)' is in '\(location)', which is not a path within the model's folder"
    case .unreadable(let tensor, let detail): "tensor '\(tensor)': \(detail)"
    }
  }
}
