// SPDX-License-Identifier: Apache-2.0
// What the system says about a file that could not be used.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that could not be read or written.
package enum FileError: Error, Equatable {
  /// A system call failed with `code`.
  case failed(Action, path: String, code: Int32)
  /// The path holds something else than a file.
  case notRegular(path: String, isFolder: Bool)

  /// What was tried, as `cannot … PATH` says it.
  package enum Action: String, Sendable {
    case open, read, map, create, write, close
    case rename = "rename a new file to"
  }

  /// Why, in words: `No such file or directory`.
  package var reason: String {
    switch self {
    case .failed(_, _, let code): String(cString: strerror(code))
    case .notRegular(_, let isFolder): isFolder ? "it is a folder" : "it is not a regular file"
    }
  }

  package var path: String {
    switch self {
    case .failed(_, let path, _), .notRegular(let path, _): path
    }
  }

  /// Whether it happened while writing.
  package var isOfWriting: Bool {
    switch self {
    case .failed(let action, _, _): [.create, .write, .close, .rename].contains(action)
    case .notRegular: false
    }
  }
}

extension FileError: CustomStringConvertible {
  package var description: String { "cannot \(isOfWriting ? "write" : "read") \(path): \(reason)" }
}
