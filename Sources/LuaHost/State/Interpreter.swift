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
  /// How a state is made.
  package struct Options: Sendable {
    /// Bytes Lua's own heap may take while Lua runs; 0 for no limit.
    package var memoryLimit: Int = 0
    /// Whether `require` may load C modules.
    package var cModules: Bool = false
    /// Instructions of Lua's machine that one call from Swift may take; 0 for no limit.
    ///
    /// Counting slows loops about twofold. The call beyond the limit ends with `LuaLimitReached`.
    package var instructionLimit: Int = 0

    package init(memoryLimit: Int = 0, cModules: Bool = false, instructionLimit: Int = 0) {
      self.memoryLimit = memoryLimit
      self.cModules = cModules
      self.instructionLimit = instructionLimit
    }
  }

  /// Turns errors of other modules into reports; asked for errors that are not `LuaReportable`.
  package var translateError: ((any Error) -> (any LuaReportable)?)?

  /// Takes what functions show of their own accord, pictures for instance; without one it is printed as text.
  package var presenter: ((LuaPresentation) -> Void)?

  /// The room where values are shown, when asked for: a terminal's; without bounds where output is a file or a pipe.
  package var screen: () -> DisplayFrame = { .output() }

  /// Whether the host shows a value itself, as a prompt does.
  package var isShowing = false

  /// What the text that is being asked for should keep to: the screen for `print` and the prompt, nothing for `tostring`.
  package var frame: DisplayFrame { isShowing || shim_is_printing(stack) ? screen() : .whole }

  /// Names that people of other languages and libraries write, and what to write here; asked after those of Lua's own.
  package var foreignNames: [String: String] = [:]

  /// Which input of a conversation runs; `nil` for scripts.
  package var input: Int?
  /// The input of which an interrupt was taken.
  var inputOfTakenInterrupt: Int?

  /// Takes remarks, once each; without one they go to standard error.
  package var remarkWriter: ((String) -> Void)?
  /// The remarks that were made.
  var remarks: Set<String> = []

  /// The files that bound functions let a script use.
  package var fileAccess = FileAccess.everywhere

  /// The main state, or the coroutine that called the bound function now running.
  var stack: OpaquePointer
  package private(set) var isOpen = true
  let references: ReferencePool
  var classes = ClassTable()
  /// What declarations and sessions keep with the interpreter.
  var companions = Companions()

  private let main: OpaquePointer
  let instructionLimit: Int

  /// Throws `LuaError` of kind `memory` when there is no room for a state.
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
  /// Returns the bytes that the allocator still counts, which is 0. Closing again does nothing.
  /// Must not be called from a bound function.
  @discardableResult
  package func close() -> Int {
    guard isOpen else { return 0 }
    isOpen = false
    references.close()
    return shim_close(main)
  }

  // MARK: Memory

  /// The most bytes that Lua's own heap has held so far.
  package var memoryPeak: Int { shim_memory_peak(main) }
  /// Bytes that live boxes said they hold outside Lua's heap.
  package var externalBytes: Int { shim_external_bytes(main) }
  /// Boxes neither collected nor closed.
  package var liveBoxes: Int { shim_live_boxes(main) }
  /// External bytes below which a new box never forces a collection (256 MiB at first).
  package func setExternalFloor(_ bytes: Int) { shim_set_external_floor(main, bytes) }
  /// A full collection.
  package func collectGarbage() { shim_collect(main) }
}
