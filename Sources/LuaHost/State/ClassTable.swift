// SPDX-License-Identifier: Apache-2.0
// The Swift types for which an interpreter has metatables.

/// The classes for which an interpreter has metatables.
struct ClassTable {
  struct Entry {
    /// The name of the class in scripts.
    let name: String
    let metatable: Int32
  }

  private var ids: [ObjectIdentifier: Int64] = [:]
  private(set) var entries: [Entry] = []
  var recordMetatables: [String: Int32] = [:]
  var listMetatable: Int32?

  func id(of type: Any.Type) -> Int64? { ids[ObjectIdentifier(type)] }

  mutating func add(_ type: Any.Type, _ entry: Entry) {
    ids[ObjectIdentifier(type)] = Int64(entries.count)
    entries.append(entry)
  }
}
