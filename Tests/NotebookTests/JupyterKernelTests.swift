// SPDX-License-Identifier: Apache-2.0
// Tests the kernel with Jupyter's own client. Skipped if Python has no jupyter_client.

import Foundation
import TerminalSupport
import Testing

/// A Python that can drive kernels.
enum JupyterClient {
  static let absence: Comment = "no Python with jupyter_client (pip install jupyter_client, or name one in WANE_PYTHON)"

  static let python: String? = {
    let environment = ProcessInfo.processInfo.environment
    let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/python3" }
    return ([environment["WANE_PYTHON"]].compactMap { $0 } + folders + ["/usr/bin/python3"]).first { candidate in
      FileManager.default.isExecutableFile(atPath: candidate)
        && (try? WaneCommand.run(["-c", "import jupyter_client"], program: candidate).status) == 0
    }
  }()

  static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/client.py").path
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
}

@Suite(.enabled(if: JupyterClient.python != nil, JupyterClient.absence))
struct JupyterKernelTests {
  @Test(arguments: ["message", "signal"])
  func servesANotebook(interruptMode: String) throws {
    let result = try WaneCommand.run(
      [JupyterClient.script, WaneCommand.path, JupyterClient.repository, interruptMode],
      environment: WaneCommand.environment(["HOME": NSTemporaryDirectory()]), program: try #require(JupyterClient.python))
    #expect(result.status == 0 && result.out.hasSuffix("done\n"), "\(result.out)\n\(result.err)")
  }

  /// Jupyter finds the installed kernel and starts it.
  @Test func isFoundWhereItIsInstalled() throws {
    let folder = NSTemporaryDirectory() + "wane-jupyter-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let environment = WaneCommand.environment(["JUPYTER_DATA_DIR": folder, "HOME": folder])
    let installed = try WaneCommand.run(["--install-kernel"], environment: environment)
    #expect(installed == CommandResult(out: "installed in \(folder)/kernels/wane\n", err: "", status: 0))
    let script = """
      from jupyter_client.manager import start_new_kernel
      manager, client = start_new_kernel(kernel_name="wane", startup_timeout=240)
      client.execute_interactive("print(6 * 7)", timeout=240)
      manager.shutdown_kernel()
      """
    let result = try WaneCommand.run(["-c", script], environment: environment, program: try #require(JupyterClient.python))
    #expect(result.out == "42\n", "\(result.err)")
  }
}
