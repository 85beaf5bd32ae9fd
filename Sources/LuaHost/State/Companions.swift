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

extension Interpreter {
  /// A value that a target above keeps with the interpreter, by its type; `nil` until it is set.
  package subscript<Value>(companion type: Value.Type) -> Value? {
    get { companions[type] }
    set { companions[type] = newValue }
  }
}
