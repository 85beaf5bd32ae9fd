// SPDX-License-Identifier: Apache-2.0
// Lua values kept alive by Swift.
import CLuaShim
import Foundation

/// A Lua value stored in the registry until the last Swift owner releases it.
///
/// It must be used on the interpreter's thread, like the interpreter itself. It may outlive the interpreter, after
/// which it refers to nothing.
package final class LuaReference {
  let handle: Int32
  private let pool: ReferencePool

  /// Pops the value on top of the stack and takes ownership of it.
  init(popping interpreter: Interpreter) {
    pool = interpreter.references
    handle = shim_ref(interpreter.stack)
  }

  deinit { pool.release(handle) }

  /// The interpreter; nil after it has been closed.
  package var interpreter: Interpreter? { pool.interpreter }

  /// The identity of a table, function or userdata for comparison; nil after the interpreter has been closed.
  package var identity: UnsafeRawPointer? {
    guard let interpreter else { return nil }
    interpreter.push(self)
    defer { interpreter.pop() }
    return shim_identity(interpreter.stack, -1)
  }
}

/// Releases registry references; a release from another thread is deferred, because the last owner of
/// an error object may be on any thread.
final class ReferencePool: @unchecked Sendable {
  private let lock = NSLock()
  private let thread = pthread_self()
  private var state: OpaquePointer?
  private var deferred: [Int32] = []
  /// Set by the interpreter, and reset to nil before it is deallocated.
  ///
  /// Not weak: a weak reference would slow every retain of the interpreter, and each call has several.
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

  /// Called before the state is closed.
  func close() {
    interpreter = nil
    lock.withLock { state = nil }
  }
}
