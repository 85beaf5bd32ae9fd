// SPDX-License-Identifier: Apache-2.0
// Values that higher layers store with an interpreter.

/// Values that higher layers store with an interpreter, at most one of each type.
struct Companions {
  private var values: [ObjectIdentifier: Any] = [:]

  subscript<Value>(_ type: Value.Type) -> Value? {
    get { values[ObjectIdentifier(type)] as? Value }
    set { values[ObjectIdentifier(type)] = newValue }
  }
}
