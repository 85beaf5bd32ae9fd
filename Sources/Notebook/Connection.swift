// SPDX-License-Identifier: Apache-2.0
// The connection file that Jupyter passes to a kernel.

import Foundation

/// The addresses and signing key of a kernel.
package struct Connection: Decodable, Sendable {
  let transport: String
  let ip: String
  let shellPort, iopubPort, stdinPort, controlPort, hbPort: Int
  let key: String
  let signatureScheme: String

  private enum CodingKeys: String, CodingKey {
    case transport, ip, key
    case shellPort = "shell_port"
    case iopubPort = "iopub_port"
    case stdinPort = "stdin_port"
    case controlPort = "control_port"
    case hbPort = "hb_port"
    case signatureScheme = "signature_scheme"
  }

  /// - Throws: `NotebookError` if the file cannot be read or requests something unsupported.
  package init(file path: String) throws(NotebookError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .connectionFile(path: path, problem: "it cannot be read")
    }
    do {
      self = try JSONDecoder().decode(Connection.self, from: data)
    } catch {
      throw .connectionFile(path: path, problem: "its JSON does not have the expected structure (\(Self.words(error)))")
    }
    for port in [shellPort, iopubPort, stdinPort, controlPort, hbPort] where !(1...65535).contains(port) {
      throw .connectionFile(path: path, problem: "\(port) is not a port, expected 1 to 65535")
    }
    guard ["tcp", "ipc"].contains(transport) else {
      throw .unsupported(what: "the transport", found: transport, allowed: "tcp and ipc")
    }
    guard key.isEmpty || signatureScheme == "hmac-sha256" else {
      throw .unsupported(what: "the signature scheme", found: signatureScheme, allowed: "hmac-sha256")
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no field \"\(key.stringValue)\""
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "field \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" is of the wrong type"
    default: "it is damaged"
    }
  }

  /// The address of a port in ZeroMQ's notation.
  func endpoint(_ port: Int) -> String {
    transport == "ipc" ? "ipc://\(ip)-\(port)" : "tcp://\(ip):\(port)"
  }
}
