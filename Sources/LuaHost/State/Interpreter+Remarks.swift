// SPDX-License-Identifier: Apache-2.0
// Remarks of functions in addition to their results.

import Foundation

extension Interpreter {
  /// Prints a remark on standard error. Repeated remarks are printed once.
  package func remark(_ text: String) {
    guard remarks.insert(text).inserted else { return }
    if let remarkWriter { return remarkWriter(text) }
    FileHandle.standardError.write(Data("note: \(text)\n".utf8))
  }

  /// Prints a message on standard error, every time.
  package func tell(_ text: String) {
    if let remarkWriter { return remarkWriter(text) }
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
