// SPDX-License-Identifier: Apache-2.0
// Errors of reading, writing and verifying packages.

import Files
import Platform

/// The reason why a package could not be read or written.
package enum PackageError: Error, Equatable {
  /// The path does not exist.
  case notFound(String)
  /// The path is not a package; `what` describes it, `advice` is a hint.
  case notAPackage(path: String, what: String, advice: String)
  /// The package's model is not an ML Program; `kind` is Core ML's name of the model type.
  case notAProgram(file: String, kind: String)
  /// A file does not follow its format.
  case malformed(file: String, offset: Int, detail: String)
  /// The parts of a model are inconsistent.
  case inconsistent(file: String, detail: String)
  /// The manifest is valid JSON, but has invalid content.
  case manifest(file: String, detail: String)
  /// A path inside the package refers, or could refer, to a location outside of it.
  case unsafePath(String, in: String)
  /// A file that the manifest or the program refers to is missing.
  case missing(String, neededBy: String)
  case notARegularFile(String)
  /// The file exists, and overwriting was not requested.
  case alreadyExists(String)
  /// The value cannot be represented in the file format.
  case unwritable(String)
  /// A system call failed.
  case system(String, path: String, code: Int32)
}

extension PackageError {
  /// Converts a system error for a file of a package.
  init(_ error: FileError) {
    switch error {
    case .failed(let action, let path, let code): self = .system(action.rawValue, path: path, code: code)
    case .notRegular(_, let path, _), .takesOutput(let path): self = .notARegularFile(path)
    }
  }
}

extension PackageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound(let path): "\(path.isEmpty ? "\"\"" : path): there is no such file or folder"
    case .notAPackage(let path, let what, let advice):
      "\(path) is \(what), not an .mlpackage; \(advice)"
    case .notAProgram(let file, let kind):
      "\(file) holds a model of kind \(kind); Wane reads ML Programs only"
    case .malformed(let file, let offset, let detail): "\(file), byte \(offset): \(detail)"
    case .manifest(let file, let detail), .inconsistent(let file, let detail): "\(file): \(detail)"
    case .unsafePath(let name, let place):
      "\(place): the path \"\(name)\" is invalid: expected a path without links that stays within the package"
    case .missing(let path, let needer): "\(path) is missing; \(needer) refers to it"
    case .notARegularFile(let path): "\(path) is not a regular file"
    case .alreadyExists(let path):
      "\(path) exists already; overwrite = true replaces it"
    case .unwritable(let detail): "cannot save: \(detail)"
    case .system(let call, let path, let code):
      "cannot \(call) \(path): \(String(cString: strerror(code)))"
    }
  }
}
