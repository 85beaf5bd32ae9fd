// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM, for scripts and for long Swift loops.
import CLuaShim

/// The process-wide interrupt flag; any thread may read it at any time.
package enum Interrupts {
  /// Whether a SIGINT or SIGTERM is pending.
  package static var isPending: Bool { shim_interrupt_pending() }

  /// Merges further SIGINTs with a pending one instead of ending the process, for hosts that the user does not end
  /// with Ctrl-C.
  package static func bePatient() { shim_set_interrupt_patience(true) }

  /// Throws `LuaInterrupted` if an interrupt is pending; for loops of bound functions.
  package static func check() throws(LuaInterrupted) {
    if isPending { throw LuaInterrupted() }
  }

  /// Makes the signal handler also set `flag` to 1, and to 0 when the interrupt has been handled, so that code that
  /// does not depend on this module can poll it.
  ///
  /// `flag` must remain valid until the process ends. At most 8 flags are supported.
  @discardableResult
  package static func watch(_ flag: UnsafeMutablePointer<sig_atomic_t>) -> Bool {
    shim_watch_interrupt(flag)
  }
}

extension Interpreter {
  /// Directs SIGINT and SIGTERM to this interpreter: the running call from Swift ends by throwing
  /// `LuaInterrupted`, whatever the script catches, and the state stays usable.
  ///
  /// A second signal before the first has been handled has its default effect. Only one
  /// interpreter has the signals.
  ///
  /// With `restartingSystemCalls` false a blocking read of the host returns on a signal (for prompts).
  package func installInterrupts(restartingSystemCalls: Bool = true) {
    shim_install_signals(stack, restartingSystemCalls)
  }

  /// Restores the previous signal handlers.
  package func removeInterrupts() { shim_remove_signals(stack) }

  /// Clears a SIGINT, for functions that return partial results instead of raising an error.
  ///
  /// - Returns: whether there was a SIGINT. Other reasons to stop (SIGTERM, a limit) are not cleared.
  package func takeInterrupt() -> Bool { shim_take_interrupt(stack) }

  /// Clears a SIGINT once per input of an interactive session. A second SIGINT ends the input, and `checkTaken`
  /// prevents further work that would ignore the first.
  package func takeInterruptOfInput() -> Bool {
    guard let input, inputOfTakenInterrupt != input, takeInterrupt() else { return false }
    inputOfTakenInterrupt = input
    return true
  }

  /// - Throws: `LuaInterrupted` if a SIGINT was cleared during the current input, so that a loop in the input ends.
  package func checkTaken() throws(LuaInterrupted) {
    if let input, inputOfTakenInterrupt == input { throw LuaInterrupted() }
  }

  /// Clears an interrupt that occurred while no call was running; otherwise the next call would be interrupted
  /// immediately.
  package func clearInterrupt() { shim_clear_interrupt(stack) }
}
