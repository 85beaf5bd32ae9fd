// SPDX-License-Identifier: Apache-2.0
// The reason why a node has no form in an ML Program.

/// A node, or a case of an operator, that cannot be expressed.
struct Refusal: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
