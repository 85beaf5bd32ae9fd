// SPDX-License-Identifier: Apache-2.0
// Errors of system calls on files.

import Platform

/// The kind of file at a path, after following symbolic links.
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
  /// The path is not a regular file.
  case notRegular(Action, path: String, kind: FileKind)
  /// The program's own output is redirected to the file.
  case takesOutput(path: String)

  /// The action in the error message: `cannot … PATH`.
  package enum Action: String, Sendable {
    case open, read, map, create, write, close
    case rename = "rename a new file to"
  }

  /// The reason as text: `No such file or directory`.
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

  /// Whether the error occurred while writing.
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
