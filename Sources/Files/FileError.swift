// SPDX-License-Identifier: Apache-2.0
// What the system says about a file that could not be used.

import Platform

/// What stands at a path, links followed.
package enum FileKind: String, Sendable {
  case file, folder, device, socket
  case pipe = "named pipe"

  /// - Parameter mode: `st_mode` of `stat`.
  package init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    default: self = .device
    }
  }
}

/// A file that could not be read or written.
package enum FileError: Error, Equatable {
  /// A system call failed with `code`.
  case failed(Action, path: String, code: Int32)
  /// The path holds something else than a file.
  case notRegular(Action, path: String, kind: FileKind)
  /// The file is the one that this program's own output goes to.
  case takesOutput(path: String)

  /// What was tried, as `cannot … PATH` says it.
  package enum Action: String, Sendable {
    case open, read, map, create, write, close
    case rename = "rename a new file to"
  }

  /// Why, in words: `No such file or directory`.
  package var reason: String {
    switch self {
    case .failed(_, _, let code): String(cString: strerror(code))
    case .notRegular(_, _, .folder): "it is a folder"
    case .notRegular(_, _, let kind): "it is a \(kind.rawValue), not a regular file"
    case .takesOutput: "the output of this program goes there, and would be lost"
    }
  }

  package var path: String {
    switch self {
    case .failed(_, let path, _), .notRegular(_, let path, _), .takesOutput(let path): path
    }
  }

  /// Whether it happened while writing.
  package var isOfWriting: Bool {
    switch self {
    case .failed(let action, _, _), .notRegular(let action, _, _): [.create, .write, .close, .rename].contains(action)
    case .takesOutput: true
    }
  }
}

extension FileError: CustomStringConvertible {
  package var description: String { "cannot \(isOfWriting ? "write" : "read") \(path): \(reason)" }
}
