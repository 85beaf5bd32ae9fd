// SPDX-License-Identifier: Apache-2.0
// Runs the built command for tests.

import CTerminalSupport
import Foundation

/// What a run of the command gave.
package struct CommandResult: Equatable, Sendable {
  package let out: String
  package let err: String
  /// The exit status; 128 + the number for a signal, as in shells.
  package let status: Int32

  package init(out: String, err: String, status: Int32) {
    self.out = out
    self.err = err
    self.status = status
  }
}

package enum WaneCommand {
  /// The built executable, in the folder of the test bundle.
  package static let path: String = {
    let bundles = [CommandLine.arguments[0]] + Bundle.allBundles.map(\.bundlePath)
    let candidates = bundles.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("wane").path
    }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "wane-not-built"
  }()

  /// An environment in which no user files are read or written. Sanitizer options are passed to the command.
  package static func environment(_ extra: [String: String] = [:]) -> [String: String] {
    ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "WANE_HISTORY": "", "WANE_INIT": ""]
      .merging(ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }) { $1 }
      .merging(extra) { $1 }
  }

  /// Runs the command, or another `program`, to completion.
  ///
  /// - Parameter signal: sent after the command has written its first output.
  package static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = environment(),
    folder: String? = nil, program: String = path, signaling signal: Int32? = nil
  ) throws -> CommandResult {
    // Files are used for output, so that a full pipe cannot block either process.
    let scratch = NSTemporaryDirectory() + "wane-run-" + UUID().uuidString
    defer {
      for end in [".in", ".err"] { try? FileManager.default.removeItem(atPath: scratch + end) }
    }
    try Data(input.utf8).write(to: URL(fileURLWithPath: scratch + ".in"))
    try Data().write(to: URL(fileURLWithPath: scratch + ".err"))
    let stdin = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch + ".in"))
    let stderr = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch + ".err"))
    let stdout = Pipe()

    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let settings = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    let process = command_spawn(
      words, settings, folder, stdin.fileDescriptor,
      stdout.fileHandleForWriting.fileDescriptor, stderr.fileDescriptor)
    try stdout.fileHandleForWriting.close()
    var written = Data()
    if let signal {
      written = stdout.fileHandleForReading.availableData
      kill(process, signal)
    }
    written += stdout.fileHandleForReading.readDataToEndOfFile()
    let status = waitForStatus(process)
    return CommandResult(
      out: String(decoding: written, as: UTF8.self),
      err: try String(contentsOfFile: scratch + ".err", encoding: .utf8),
      status: status)
  }
}

/// Waits for a child process and returns its exit status, or 128 + the number of the signal that terminated it.
func waitForStatus(_ process: pid_t) -> Int32 {
  var wait: Int32 = 0
  while waitpid(process, &wait, 0) < 0, errno == EINTR {}
  let signal = wait & 0x7F
  return signal == 0 ? (wait >> 8) & 0xFF : 128 + signal
}
