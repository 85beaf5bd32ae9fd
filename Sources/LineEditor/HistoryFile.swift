// SPDX-License-Identifier: Apache-2.0
// The history file: one input per line, shared by all running sessions.

import Files
import Platform

/// A text file with one entry per line; line breaks within an entry are written as `\n`, backslashes as `\\`.
///
/// Sessions append under `flock`, so that no entries are lost. A file that has grown well beyond the limit is
/// rewritten and atomically replaced when it is next read. Mode 0600.
package struct HistoryFile: Sendable {
  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// The file that the environment specifies.
  ///
  /// `WANE_HISTORY` is its path; an empty value or `/dev/null` means none. The default is `wane/history` in the XDG
  /// state folder.
  /// - Returns: `nil` for no history file.
  package init?(environment: [String: String]) {
    if let named = environment["WANE_HISTORY"] {
      guard !named.isEmpty, named != "/dev/null" else { return nil }
      path = named
    } else if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
      path = folder + "/wane/history"
    } else if let home = environment["HOME"], !home.isEmpty {
      path = home + "/.local/state/wane/history"
    } else {
      return nil
    }
  }

  /// Reads the entries; a missing file is an empty history.
  ///
  /// - Throws: `LineEditorError.history` if the file cannot be read or rewritten.
  package func load(limit: Int = 10_000) throws(LineEditorError) -> History {
    guard access(path, F_OK) == 0 else { return History(limit: limit) }
    let descriptor = try openLocked(O_RDONLY)
    defer { close(descriptor) }
    let lines = try read(descriptor).split(separator: UInt8(ascii: "\n"))
    let history = History(lines.map(Self.decoded), limit: limit)
    if lines.count > limit + limit / 4 { try replace(with: history) }
    return history
  }

  /// Appends an entry to the file, and creates the file and its folder if necessary.
  ///
  /// - Throws: `LineEditorError.history` if it cannot be written.
  package func append(_ entry: String) throws(LineEditorError) {
    makeFolder()
    let descriptor = try openLocked(O_WRONLY | O_APPEND | O_CREAT)
    defer { close(descriptor) }
    try write(Self.encoded(entry) + "\n", to: descriptor)
  }

  static func encoded(_ entry: String) -> String {
    var line = ""
    for scalar in entry.unicodeScalars {
      switch scalar {
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  static func decoded(_ line: some Sequence<UInt8>) -> String {
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in line {
      if isEscaped {
        bytes.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

// System calls.
extension HistoryFile {
  /// Opens and locks the file. The file is opened again if it was replaced while waiting for the lock.
  private func openLocked(_ flags: Int32) throws(LineEditorError) -> Int32 {
    while true {
      // Opening must not block on a pipe, and the mode of a device must not be changed.
      let descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o600)
      guard descriptor >= 0 else { throw failure("open") }
      var held = stat()
      guard fstat(descriptor, &held) == 0, FileKind(mode: held.st_mode) == .file else {
        close(descriptor)
        throw .history(action: "open", path: path, reason: "it is not a regular file")
      }
      _ = fchmod(descriptor, 0o600)
      var result: Int32
      repeat { result = flock(descriptor, LOCK_EX) } while result != 0 && errno == EINTR
      var named = stat()
      // On a file system without locks the history works without locking.
      let isCurrent =
        result != 0 || fstat(descriptor, &held) != 0 || stat(path, &named) != 0
        || (held.st_ino == named.st_ino && held.st_dev == named.st_dev)
      if isCurrent { return descriptor }
      close(descriptor)
    }
  }

  private func read(_ descriptor: Int32) throws(LineEditorError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("read")
      }
      bytes += chunk[..<count]
    }
  }

  private func write(_ text: String, to descriptor: Int32) throws(LineEditorError) {
    guard writeAll(text, to: descriptor) else { throw failure("write") }
  }

  private func replace(with history: History) throws(LineEditorError) {
    do {
      try FileReplacement.replace(path, with: history.entries.map { Self.encoded($0) + "\n" }.joined())
    } catch {
      throw .history(action: "rewrite", path: path, reason: (error as? FileError)?.reason ?? "\(error)")
    }
  }

  private func makeFolder() {
    var end = path.startIndex
    while let slash = path[end...].dropFirst().firstIndex(of: "/") {
      _ = mkdir(String(path[..<slash]), 0o700)
      end = slash
    }
  }

  private func failure(_ action: String) -> LineEditorError {
    .history(action: action, path: path, reason: String(cString: strerror(errno)))
  }
}
