// SPDX-License-Identifier: Apache-2.0
// Finds a name that occurs twice.

/// The first name that an earlier item also has; `nil` if all differ.
///
/// A few items are compared pairwise, which allocates nothing; many use a set, so that a file cannot make this quadratic.
package func firstRepeated<T>(_ items: [T], _ name: (T) -> String) -> String? {
  guard items.count > 8 else {
    for i in items.indices.dropFirst() {
      let current = name(items[i])
      if items[..<i].contains(where: { name($0) == current }) { return current }
    }
    return nil
  }
  var seen: Set<String> = []
  return items.lazy.map(name).first { !seen.insert($0).inserted }
}
