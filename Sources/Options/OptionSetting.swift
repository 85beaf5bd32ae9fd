// SPDX-License-Identifier: Apache-2.0
// A value of an option, as errors suggest it.

/// An option that is set to a value: `granularity = "per_block"`.
package struct OptionSetting: Equatable, Sendable, CustomStringConvertible {
  package let option: String
  package let value: String

  package init(_ option: String, _ value: String) {
    self.option = option
    self.value = value
  }

  package var description: String { "\(option) = \"\(value)\"" }
}
