// SPDX-License-Identifier: Apache-2.0
// The folder where Jupyter finds this kernel.

import Files
import Foundation

/// Installs the kernel for the current user.
package enum KernelSpecification {
  private struct Document: Encodable {
    let argv: [String]
    var display_name = "Wane (Lua)"
    var language = "lua"
    var interrupt_mode = "message"
  }

  /// Jupyter's user data folder: `JUPYTER_DATA_DIR`, else `~/Library/Jupyter` on macOS and `jupyter` below
  /// `XDG_DATA_HOME` elsewhere.
  ///
  /// - Returns: `nil` if the environment specifies no home folder.
  package static func dataFolder(environment: [String: String]) -> String? {
    if let folder = environment["JUPYTER_DATA_DIR"], !folder.isEmpty { return folder }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    #if os(macOS)
      return home.map { $0 + "/Library/Jupyter" }
    #else
      if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") { return folder + "/jupyter" }
      return home.map { $0 + "/.local/share/jupyter" }
    #endif
  }

  /// Writes `kernels/wane` below Jupyter's folder.
  ///
  /// - Parameter executable: absolute path of the executable that Jupyter starts.
  /// - Returns: the folder that was written.
  /// - Throws: `NotebookError.kernelSpecification`.
  package static func install(executable: String, environment: [String: String]) throws(NotebookError) -> String {
    guard let data = dataFolder(environment: environment) else {
      throw .kernelSpecification(path: "~", reason: "HOME is not set; name a folder in JUPYTER_DATA_DIR")
    }
    let folder = data + "/kernels/wane"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let document = try encoder.encode(Document(argv: [executable, "--jupyter", "{connection_file}"]))
      try FileReplacement.replace(folder + "/kernel.json", with: String(decoding: document, as: UTF8.self) + "\n")
      try FileReplacement.replace(folder + "/logo-svg.svg", with: logo)
    } catch {
      throw .kernelSpecification(path: folder, reason: error.localizedDescription)
    }
    return folder
  }

  /// A waning moon.
  private static let logo = """
    <svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">
    <circle cx="32" cy="32" r="30" fill="#1b2a4a"/>
    <path d="M40 8 A25 25 0 1 0 40 56 A30 30 0 0 1 40 8 Z" fill="#f5e6a8"/>
    </svg>

    """
}
