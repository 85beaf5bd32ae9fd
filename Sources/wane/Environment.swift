// SPDX-License-Identifier: Apache-2.0
// Warnings about environment variables with invalid values or misspelled names.

import Options

enum Environment {
  /// The variables that the program or its start file reads.
  private static let known = [
    "WANE_THREADS", "WANE_ISA", "WANE_HISTORY", "WANE_INIT", "WANE_VERIFY_PASSES", "WANE_PYTHON",
  ]

  /// A warning for each variable that has no effect.
  static func faults(in environment: [String: String]) -> [String] {
    var faults: [String] = []
    if let text = environment["WANE_THREADS"], !text.isEmpty, !(Int(text).map((1...1024).contains) ?? false) {
      faults.append("WANE_THREADS is '\(text)', expected a number from 1 to 1024; all processors are used")
    }
    for name in environment.keys.sorted() where name.hasPrefix("WANE_") && !known.contains(name) {
      if let nearest = Suggestion.nearest(to: name, among: known) {
        faults.append("the variable \(name) has no effect; did you mean \(nearest)?")
      }
    }
    return faults
  }
}
