// SPDX-License-Identifier: Apache-2.0
// Lua values that Swift keeps alive.
import CLuaShim
import Foundation

/// A Lua value held in the registry until the last Swift owner lets go.
///
/// Bound to the interpreter's thread like the interpreter itself. It may outlive the interpreter:
/// then it refers to nothing.
package final class LuaReference {
  let handle: Int32
  private let pool: ReferencePool

  /// Takes the value on top of the stack, which is popped.
  init(popping interpreter: Interpreter) {
    pool = interpreter.references
    handle = shim_ref(interpreter.stack)
  }

  deinit { pool.release(handle) }

  /// The interpreter, nil once it is closed.
  package var interpreter: Interpreter? { pool.interpreter }

  /// Identity of a table, function or userdata, for comparing; nil when the interpreter is gone.
  package var identity: UnsafeRawPointer? {
    guard let interpreter else { return nil }
    interpreter.push(self)
    defer { interpreter.pop() }
    return shim_identity(interpreter.stack, -1)
  }
}

/// Releases registry references; from a foreign thread it only notes them, because an error object
/// may be dropped anywhere.
final class ReferencePool: @unchecked Sendable {
  private let lock = NSLock()
  private let thread = pthread_self()
  private var state: OpaquePointer?
  private var deferred: [Int32] = []
  /// Set by the interpreter, and to nil before it goes.
  ///
  /// Not weak: one weak reference would slow every retain of the interpreter, and each call has several.
  unowned(unsafe) var interpreter: Interpreter?

  init(_ state: OpaquePointer) { self.state = state }

  func release(_ handle: Int32) {
    lock.withLock {
      guard let state else { return }
      if pthread_equal(thread, pthread_self()) != 0 {
        shim_unref(state, handle)
        for later in deferred { shim_unref(state, later) }
        deferred.removeAll()
      } else {
        deferred.append(handle)
      }
    }
  }

  /// The state is about to be closed.
  func close() {
    interpreter = nil
    lock.withLock { state = nil }
  }
}
