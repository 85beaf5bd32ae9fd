// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM, for scripts and for long Swift loops.
import CLuaShim

/// The process-wide interrupt flag; any thread may read it at any time.
package enum Interrupts {
  /// Whether Ctrl-C or SIGTERM waits to be honoured.
  package static var isPending: Bool { shim_interrupt_pending() }

  /// Has further SIGINTs wait with one that is not honoured yet, instead of ending the process: for hosts that a
  /// person does not end by Ctrl-C.
  package static func bePatient() { shim_set_interrupt_patience(true) }

  /// Throws `LuaInterrupted` when an interrupt waits; for loops of bound functions.
  package static func check() throws(LuaInterrupted) {
    if isPending { throw LuaInterrupted() }
  }

  /// Has the signal handler also set `flag` to 1, and to 0 once the interrupt is over, so that code
  /// that does not know this module can poll.
  ///
  /// `flag` must live as long as the process. At most 8.
  @discardableResult
  package static func watch(_ flag: UnsafeMutablePointer<sig_atomic_t>) -> Bool {
    shim_watch_interrupt(flag)
  }
}

extension Interpreter {
  /// Directs SIGINT and SIGTERM to this interpreter: the running call from Swift ends by throwing
  /// `LuaInterrupted`, whatever the script catches, and the state stays usable.
  ///
  /// A second signal while the first is not honoured yet has its default effect. Only one
  /// interpreter has the signals.
  ///
  /// With `restartingSystemCalls` false a blocking read of the host returns on a signal (for prompts).
  package func installInterrupts(restartingSystemCalls: Bool = true) {
    shim_install_signals(stack, restartingSystemCalls)
  }

  /// Gives the signals back to whoever had them before.
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

  /// Forgets an interrupt that came while nothing ran; otherwise the next call honours it at once.
  package func clearInterrupt() { shim_clear_interrupt(stack) }
}
