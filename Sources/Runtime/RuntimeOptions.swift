// SPDX-License-Identifier: Apache-2.0
// How a program is run.

/// Choices that hold for every prediction of an executor.
package struct RuntimeOptions: Sendable, Hashable {
  package enum Precision: String, Sendable, CaseIterable {
    /// fp16 programs are computed in fp32.
    case float32
    /// Every fp16 value is rounded to fp16 after its operator, as a device would: overflow shows.
    case float16
  }

  package var precision: Precision

  package init(precision: Precision = .float32) { self.precision = precision }
}
