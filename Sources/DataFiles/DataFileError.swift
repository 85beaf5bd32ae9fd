// SPDX-License-Identifier: Apache-2.0
// Errors of reading and writing array and image files.

import Files

/// Why a data file could not be read or written. `file` is the path, with `:entry` after it for a member of an archive.
package enum DataFileError: Error, Equatable {
  case cannotOpen(file: String, reason: String)
  case cannotWrite(file: String, reason: String)
  /// The bytes violate the format or contradict each other; `offset` counts from the start of the file or entry.
  case damaged(file: String, offset: Int, problem: String)
  /// The file has another format.
  case notA(format: String, file: String, advice: String)
  /// The format or a feature of it is not supported.
  case unsupported(file: String, what: String, advice: String)
  /// More than the stated limit, or more than the file's size allows.
  case tooLarge(file: String, bytes: Int, limit: Int)
  case noSuchArray(file: String, name: String, present: [String])
  /// An array that the format cannot store.
  case cannotStore(dtype: String, format: String, advice: String)
  case badName(name: String, format: String)
}

extension DataFileError {
  /// Runs `body` and converts a `FileError` to a `DataFileError`.
  static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw error.isOfWriting
        ? DataFileError.cannotWrite(file: error.path, reason: error.reason) : .cannotOpen(file: error.path, reason: error.reason)
    }
  }
}

extension DataFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotOpen(let file, let reason): "cannot read \(file): \(reason)"
    case .cannotWrite(let file, let reason): "cannot write \(file): \(reason)"
    case .damaged(let file, let offset, let problem): "\(file) is damaged at byte \(offset): \(problem)"
    case .notA(let format, let file, let advice): "\(file) is not a \(format) file; \(advice)"
    case .unsupported(let file, let what, let advice): "\(file): \(what) is not supported; \(advice)"
    case .tooLarge(let file, let bytes, let limit):
      "\(file) would take \(bytes) bytes in memory; at most \(limit) are allowed here"
    case .noSuchArray(let file, let name, let present):
      "\(file) has no array \"\(name)\"; it has \(present.isEmpty ? "none" : present.map { "\"\($0)\"" }.joined(separator: ", "))"
    case .cannotStore(let dtype, let format, let advice): "\(format) cannot hold \(dtype) elements; \(advice)"
    case .badName(let name, let format): "\"\(name)\" cannot name an array in \(format): it must be non-empty, unique and free of NUL"
    }
  }
}
