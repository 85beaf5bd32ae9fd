// SPDX-License-Identifier: Apache-2.0
// Finds a name that occurs twice.

/// The first name that an earlier item has too; `nil` where all differ.
///
/// Few items are compared pair by pair, which needs no memory; many go through a set, so that no file can make this slow.
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
