// SPDX-License-Identifier: Apache-2.0
// Errors of the notebook kernel.

/// Errors of the kernel itself. Errors of cells are part of the replies.
package enum NotebookError: Error, CustomStringConvertible {
  case connectionFile(path: String, problem: String)
  case unsupported(what: String, found: String, allowed: String)
  case socket(what: String, reason: String)
  case kernelSpecification(path: String, reason: String)

  package var description: String {
    switch self {
    case .connectionFile(let path, let problem):
      "the connection file '\(path)' cannot be used: \(problem); Jupyter writes one for every kernel it starts"
    case .unsupported(let what, let found, let allowed):
      "the connection asks for \(what) \"\(found)\", but this kernel knows only \(allowed)"
    case .socket(let what, let reason): "\(what) failed: \(reason)"
    case .kernelSpecification(let path, let reason): "the kernel could not be installed in '\(path)': \(reason)"
    }
  }
}
