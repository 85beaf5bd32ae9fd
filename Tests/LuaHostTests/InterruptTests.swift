// SPDX-License-Identifier: Apache-2.0
// Ctrl-C at any point of a script: the call ends, the state remains usable, and nothing leaks.
import Foundation
import LuaHost
import Testing

@Suite(.serialized) struct InterruptTests {
  /// A sample whose `go()` sends this process a signal from another thread after a short delay.
  func sample(_ signal: Int32 = SIGINT) throws -> Sample {
    let sample = try Sample()
    sample.interpreter.installInterrupts()
    try sample.interpreter.globals.set(
      "go",
      sample.interpreter.function("go") { _ in
        Thread.detachNewThread {
          usleep(20_000)
          kill(getpid(), signal)
        }
        return LuaResults()
      })
    return sample
  }

  static let places: [(where: String, source: String)] = [
    ("loop", "go() while true do end"),
    ("pcall loop", "go() while true do pcall(function() while true do end end) end"),
    ("pcall of a failing function", "go() while true do pcall(error, 'x') end"),
    (
      "xpcall",
      "go() while true do xpcall(function() while true do end end, function() return 1 end) end"
    ),
    ("xpcall handler", "go() xpcall(error, function() while true do end end)"),
    (
      "xpcall handler replaces it",
      "go() xpcall(function() while true do end end, function() error('mine') end)"
    ),
    ("coroutine.wrap", "go() coroutine.wrap(function() while true do end end)()"),
    (
      "coroutine.resume",
      "go() while true do coroutine.resume(coroutine.create(function() while true do end end)) end"
    ),
    (
      "pcall in a coroutine",
      "go() coroutine.wrap(function() pcall(function() while true do end end) end)()"
    ),
    (
      "nested coroutines",
      "go() coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()"
    ),
    (
      "coroutine.close",
      """
      go() local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end)
      coroutine.resume(co) coroutine.close(co)
      """
    ),
    (
      "close handler that fails",
      """
      go() while true do pcall(function()
        local x <close> = setmetatable({}, {__close = function() error('masked') end}) while true do end end) end
      """
    ),
    (
      "sort comparator",
      "go() while true do table.sort({5, 3, 1, 4}, function(a, b) for i = 1, 100 do end return a < b end) end"
    ),
    (
      "metamethod",
      "go() local t = setmetatable({}, {__index = function() while true do end end}) return t.x"
    ),
    (
      "gsub callback",
      "go() while true do string.gsub('abc', '.', function() for i = 1, 100 do end end) end"
    ),
    // A single one, since others would continue after the interrupt.
    ("finalizer", "go() while true do setmetatable({}, {__gc = function() if not spun then spun = true while true do end end end}) end"),
    (
      "finalizer of a full collection",
      "go() setmetatable({}, {__gc = function() while true do pcall(function() while true do end end) end end}) collectgarbage()"
    ),
    (
      "finalizer under Swift",
      "go() for i = 1, 1e9 do setmetatable({}, {__gc = function() if not spun then spun = true while true do end end end}) crate('x') end"
    ),
    (
      "finalizer set in debug",
      "go() while true do debug.setmetatable({}, {__gc = function() if not spun then spun = true while true do end end end}) end"
    ),
    ("find that backtracks", "go(); ('a'):rep(40):find(('a*'):rep(30) .. 'b')"),
    ("match that backtracks", "go(); ('a'):rep(40):match(('(a*)'):rep(30) .. 'b')"),
    ("gsub that backtracks", "go(); ('a'):rep(40):gsub(('a-'):rep(30) .. 'b', '')"),
    ("gmatch that backtracks", "go() for w in ('a'):rep(40):gmatch(('a?'):rep(60) .. 'b') do end"),
    ("many short matches", "go() while true do ('abc'):find('%w') end"),
    ("plain find", "go() local s = ('a'):rep(1 << 20) while true do s:find(('a'):rep(1 << 19) .. 'b', 1, true) end"),
    (
      "sort in C", "go() local t = {} for i = 1, 1 << 18 do t[i] = i end while true do table.sort(t) end"
    ),
    ("table.move", "go() table.move({}, 1, 1 << 50, 2)"),
    ("load reader", "go() while true do load(function() while true do end end) end"),
    ("Swift that polls", "go() sample.spin()"),
    ("Swift that polls, pcall", "go() while true do pcall(sample.spin) end"),
    ("callback under Swift", "go() sample.call(function() while true do end end)"),
    (
      "callback whose error Swift swallows",
      "go() while true do sample.swallow(function() while true do end end) end"
    ),
    (
      "callback under Swift in a coroutine",
      "go() coroutine.wrap(function() sample.call(function() while true do end end) end)()"
    ),
    ("require", "go() package.preload.x = function() while true do end end require 'x'"),
    ("iterator of Swift", "go() for k in pairs(crate 'x') do while true do end end"),
    ("tostring of an object", "go() while true do tostring(crate 'x') end"),
  ]

  @Test(arguments: places)
  func endsTheCall(place: String, source: String) throws {
    let sample = try sample()
    #expect(throws: LuaInterrupted.self, "\(place)") {
      try sample.run("local held = crate 'held' " + source)
    }
    #expect(!Interrupts.isPending)
    // every kind of use still works
    #expect(
      try sample.run("return select(2, pcall(function() return 41 + 1 end))")[0].integer == 42)
    #expect(
      try sample.text("return coroutine.wrap(function() return crate('a').name end)()") == "a")
    sample.interpreter.collectGarbage()
    #expect(sample.census.alive == 0)
    #expect(sample.interpreter.close() == 0)
  }

  @Test func closeHandlersRun() throws {
    let sample = try sample()
    #expect(throws: LuaInterrupted.self) {
      try sample.run(
        """
        log = {}
        local function guard(name)
          return setmetatable({}, {__close = function() log[#log + 1] = name end})
        end
        local a <close> = guard 'a'
        local held <close> = crate 'held'
        go()
        coroutine.wrap(function() local b <close> = guard 'b' while true do end end)()
        """)
    }
    #expect(try sample.text("return table.concat(log, ' ')") == "b a")
    #expect(sample.census.alive == 0, "closed by the scope, not by the collector")
  }

  @Test func aBoundFunctionInACloseHandlerRuns() throws {
    let sample = try sample()
    #expect(throws: LuaInterrupted.self) {
      try sample.run(
        """
        local x <close> = setmetatable({}, {__close = function() sum = sample.add(1, 2) sum = sum + 1 end})
        go() while true do end
        """)
    }
    #expect(try sample.run("return sum")[0].integer == 4)
  }

  @Test func terminationIsToldApart() throws {
    let sample = try sample(SIGTERM)
    let error = #expect(throws: LuaInterrupted.self) {
      try sample.run("go() while true do pcall(error) end")
    }
    #expect(error?.terminating == true)
  }

  @Test func anInterruptBetweenCallsWaits() throws {
    let sample = try sample()
    kill(getpid(), SIGINT)
    while !Interrupts.isPending { usleep(100) }
    #expect(throws: LuaInterrupted.self) { try sample.run("return 1") }
    kill(getpid(), SIGINT)
    while !Interrupts.isPending { usleep(100) }
    sample.interpreter.clearInterrupt()
    #expect(try sample.run("return 1")[0].integer == 1)
  }

  /// An interrupt while the arguments of a function are read must not look like the end of a table.
  @Test func tablesAreReadToTheirEnd() throws {
    let sample = try sample()
    var seen = 0
    try sample.interpreter.globals.set(
      "read",
      sample.interpreter.function("read") { context in
        kill(getpid(), SIGINT)
        while !Interrupts.isPending { usleep(100) }
        seen = try context.value(1).table?.pairs().count ?? 0
        return LuaResults()
      })
    #expect(throws: LuaInterrupted.self) { try sample.run("read{ a = 1, b = 2, c = 3 }") }
    #expect(seen == 3)
  }

  @Test func watchedFlagsFollow() throws {
    let sample = try sample()
    let flag = Self.flag
    #expect(Interrupts.watch(flag))
    #expect(flag.pointee == 0)
    var seen: sig_atomic_t = 0
    try sample.interpreter.globals.set(
      "wait",
      sample.interpreter.function("wait") { _ in
        while !Interrupts.isPending { usleep(100) }
        seen = flag.pointee
        throw LuaInterrupted()
      })
    #expect(throws: LuaInterrupted.self) { try sample.run("go() wait()") }
    #expect(seen == 1 && flag.pointee == 0)
  }

  /// It is never freed, since the signal handler may write to it until the process ends.
  nonisolated(unsafe) static let flag: UnsafeMutablePointer<sig_atomic_t> = {
    let flag = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: 1)
    flag.initialize(to: 0)
    return flag
  }()

  @Test func secondSignalHasItsDefaultEffect() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      let interpreter = try Interpreter()
      interpreter.installInterrupts()
      let stubborn = interpreter.function("stubborn") { _ in
        kill(getpid(), SIGINT)
        while !Interrupts.isPending { usleep(100) }
        kill(getpid(), SIGINT)
        while true { usleep(1000) }
      }
      try stubborn.call()
    }
  }

  /// oneDNN's generated code stores data below the stack pointer, which a handler on the same stack would overwrite.
  /// Interrupting a training step a hundred times with `scripts/interrupts --leaks` used to crash.
  @Test func theHandlerHasAStackOfItsOwn() throws {
    let sample = try sample()
    var action = sigaction()
    sigaction(SIGINT, nil, &action)
    #expect(action.sa_flags & SA_ONSTACK != 0)
    var stack = stack_t()
    sigaltstack(nil, &stack)
    #expect(stack.ss_flags & Int32(SS_DISABLE) == 0 && stack.ss_size >= 1 << 16)
    sample.interpreter.removeInterrupts()
  }

  @Test func exitUnwindsEverything() throws {
    let sample = try sample()
    let error = #expect(throws: LuaExit.self) {
      try sample.run(
        """
        local held <close> = crate 'held'
        pcall(function() coroutine.wrap(function() sample.call(function() os.exit(7) end) end)() end)
        """)
    }
    #expect(error?.status == 7)
    #expect(sample.census.alive == 0)
    #expect(throws: LuaExit.self) { try sample.run("os.exit(true)") }
    #expect(#expect(throws: LuaExit.self) { try sample.run("os.exit(false)") }?.status == 1)
    #expect(try sample.run("return 1")[0].integer == 1)
  }
}
