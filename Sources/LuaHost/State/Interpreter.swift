// SPDX-License-Identifier: Apache-2.0
// One Lua state, owned by one thread.
import CLuaShim
import TextLayout

/// A Lua 5.4 interpreter with the standard libraries, text chunks only.
///
/// Not `Sendable`: the thread that made it is the only one that may use it. Bound functions run on
/// that thread and may call back; nested Swift↔Lua calls end in the Lua error "C stack overflow" at a
/// depth of about 190.
package final class Interpreter {
  /// Options for creating a state.
  package struct Options: Sendable {
    /// The maximum size of Lua's heap in bytes while Lua runs; 0 for no limit.
    package var memoryLimit: Int = 0
    /// Whether `require` may load C modules.
    package var cModules: Bool = false
    /// The maximum number of Lua VM instructions for a call from Swift; 0 for no limit.
    ///
    /// Loops run about twice as slow with a limit. A call that exceeds it ends with `LuaLimitReached`.
    package var instructionLimit: Int = 0

    package init(memoryLimit: Int = 0, cModules: Bool = false, instructionLimit: Int = 0) {
      self.memoryLimit = memoryLimit
      self.cModules = cModules
      self.instructionLimit = instructionLimit
    }
  }

  /// Converts errors of other modules to reports; called for errors that are not `LuaReportable`.
  package var translateError: ((any Error) -> (any LuaReportable)?)?

  /// Receives values that functions display, such as charts; without a presenter they are printed as text.
  package var presenter: ((LuaPresentation) -> Void)?

  /// The size of the screen for displayed values. It is unlimited if output is a file or a pipe.
  package var screen: () -> DisplayFrame = { .output() }

  /// Whether the host is displaying a value, as the prompt does.
  package var isShowing = false

  /// The frame for the text being requested: the screen for `print` and the prompt, unlimited for `tostring`.
  package var frame: DisplayFrame { isShowing || shim_is_printing(stack) ? screen() : .whole }

  /// Hints for names of other languages and libraries. Hints for names of Lua's own take precedence.
  package var foreignNames: [String: String] = [:]

  /// The number of the current input in an interactive session; `nil` for scripts.
  package var input: Int?
  /// The number of the input whose interrupt was cleared.
  var inputOfTakenInterrupt: Int?

  /// Receives each remark once; `nil` prints remarks on standard error.
  package var remarkWriter: ((String) -> Void)?
  /// The remarks that have been made.
  var remarks: Set<String> = []

  /// The files that scripts may access through bound functions.
  package var fileAccess = FileAccess.everywhere

  /// The main state, or the coroutine that called the current bound function.
  var stack: OpaquePointer
  package private(set) var isOpen = true
  let references: ReferencePool
  var classes = ClassTable()
  /// The values that declarations and sessions store with the interpreter.
  var companions = Companions()

  private let main: OpaquePointer
  let instructionLimit: Int

  /// Throws `LuaError` of kind `memory` if memory for a state is insufficient.
  package init(_ options: Options = Options()) throws {
    guard let state = shim_open(options.memoryLimit) else {
      throw LuaError(.memory, "not enough memory for a Lua state")
    }
    main = state
    stack = state
    instructionLimit = options.instructionLimit
    references = ReferencePool(state)
    references.interpreter = self
    try check(shim_open_libraries(state, options.cModules))
    shim_set_instruction_limit(state, Int64(options.instructionLimit))
  }

  deinit { close() }

  /// Closes the state and releases every box; references become empty.
  ///
  /// Returns the number of bytes that remain allocated, which is 0. Closing again has no effect. Must not be called
  /// from a bound function.
  @discardableResult
  package func close() -> Int {
    guard isOpen else { return 0 }
    isOpen = false
    references.close()
    return shim_close(main)
  }

  // MARK: Memory

  /// The peak size of Lua's heap in bytes.
  package var memoryPeak: Int { shim_memory_peak(main) }
  /// The number of bytes that live boxes own outside Lua's heap.
  package var externalBytes: Int { shim_external_bytes(main) }
  /// Boxes neither collected nor closed.
  package var liveBoxes: Int { shim_live_boxes(main) }
  /// Sets the number of external bytes below which new boxes never trigger a collection (initially 256 MiB).
  package func setExternalFloor(_ bytes: Int) { shim_set_external_floor(main, bytes) }
  /// Runs a full garbage collection.
  package func collectGarbage() { shim_collect(main) }
}
