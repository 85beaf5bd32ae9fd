// SPDX-License-Identifier: Apache-2.0
// The hint behind an error about a name that is not known.

import Spelling

extension Suggestion {
  /// The hint `did you mean 'x'? (options: a, b)`, or `options: a, b` when nothing is near.
  static func hint(for name: String, among candidates: [String], called plural: String) -> String {
    let list = "\(plural): \(candidates.joined(separator: ", "))"
    guard let nearest = nearest(to: name, among: candidates) else { return list }
    return "did you mean '\(nearest)'? (\(list))"
  }
}
