// SPDX-License-Identifier: Apache-2.0
// The built command, to be run by tests.

import Foundation

/// What a run of the command gave.
package struct CommandResult: Equatable, Sendable {
  package let out: String
  package let err: String
  /// Exit status; 128 + the number for a signal, as shells say.
  package let status: Int32

  package init(out: String, err: String, status: Int32) {
    self.out = out
    self.err = err
    self.status = status
  }
}

package enum WaneCommand {
  /// The built executable, which lies beside the test bundle.
  package static let path: String = {
    let bundles = [CommandLine.arguments[0]] + Bundle.allBundles.map(\.bundlePath)
    let candidates = bundles.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("wane").path
    }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "wane-not-built"
  }()

  /// An environment in which nothing of the user's is read or written.
  package static func environment(_ extra: [String: String] = [:]) -> [String: String] {
    ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "WANE_HISTORY": "", "WANE_INIT": ""]
      .merging(extra) { $1 }
  }

  /// Runs the command to its end.
  ///
  /// - Parameter signal: sent once the command has written its first output.
  package static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = environment(),
    folder: String? = nil, signalling signal: Int32? = nil
  ) throws -> CommandResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    // Files, so that neither side can wait for the other over a full pipe.
    let scratch = NSTemporaryDirectory() + "wane-run-" + UUID().uuidString
    defer { for end in ["in", "err"] { try? FileManager.default.removeItem(atPath: scratch + end) } }
    try Data(input.utf8).write(to: URL(fileURLWithPath: scratch + "in"))
    try Data().write(to: URL(fileURLWithPath: scratch + "err"))
    let out = Pipe()
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch + "in"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch + "err"))
    process.standardOutput = out
    try process.run()
    var written = Data()
    if let signal {
      written = out.fileHandleForReading.availableData
      kill(process.processIdentifier, signal)
    }
    written += out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return CommandResult(
      out: String(decoding: written, as: UTF8.self),
      err: try String(contentsOfFile: scratch + "err", encoding: .utf8),
      status: process.terminationStatus + (isSignal ? 128 : 0))
  }
}
