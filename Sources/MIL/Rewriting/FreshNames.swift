// SPDX-License-Identifier: Apache-2.0
// Generates unused names.

/// Generates names that are unique in a function.
package struct FreshNames: Sendable {
  private var taken: Set<String>
  private var counters: [String: Int] = [:]

  package init(avoiding taken: Set<String> = []) { self.taken = taken }

  /// Avoids all names in the function, including nested blocks.
  package init(_ function: Function) { self.init(avoiding: UseMap(function).names) }

  package func contains(_ name: String) -> Bool { taken.contains(name) }

  /// Reserves names that the caller has assigned to values.
  package mutating func reserve(_ names: [String]) { taken.formUnion(names) }

  /// `base` itself if it is unused, else `base_1`, `base_2`, ….
  package mutating func take(_ base: String) -> String {
    if taken.insert(base).inserted { return base }
    var number = counters[base] ?? 0
    var name: String
    repeat {
      number += 1
      name = "\(base)_\(number)"
    } while !taken.insert(name).inserted
    counters[base] = number
    return name
  }
}
