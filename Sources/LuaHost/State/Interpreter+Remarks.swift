// SPDX-License-Identifier: Apache-2.0
// What functions say beside their results.

import Foundation

extension Interpreter {
  /// Tells a remark on standard error, at the first time only.
  package func remark(_ text: String) {
    guard remarks.insert(text).inserted else { return }
    if let remarkWriter { return remarkWriter(text) }
    FileHandle.standardError.write(Data("note: \(text)\n".utf8))
  }

  /// Tells something on standard error, every time.
  package func tell(_ text: String) {
    if let remarkWriter { return remarkWriter(text) }
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
