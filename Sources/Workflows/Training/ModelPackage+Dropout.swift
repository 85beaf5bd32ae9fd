// SPDX-License-Identifier: Apache-2.0
// Stores dropout rates in the user metadata of a package.

import ModelPackages

extension ModelPackage {
  private static let dropoutKey = "wane.dropout"

  /// The dropout rates, in [0, 1), by the name of the `identity` operation that training replaces. Invalid entries of the
  /// metadata are ignored.
  package var dropoutShares: [String: Double] {
    get {
      var shares: [String: Double] = [:]
      for part in (userMetadata[Self.dropoutKey] ?? "").split(separator: " ") {
        let fields = part.split(separator: "=")
        if fields.count == 2, let share = Double(fields[1]), (0..<1).contains(share) { shares[String(fields[0])] = share }
      }
      return shares
    }
    set { userMetadata[Self.dropoutKey] = newValue.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
  }
}
