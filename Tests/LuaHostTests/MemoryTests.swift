// SPDX-License-Identifier: Apache-2.0
// Nothing leaks, limits are enforced, and large objects speed up garbage collection.
import LuaHost
import Testing

@Suite struct MemoryTests {
  @Test func objectsDieWithTheirLastReference() throws {
    let sample = try Sample()
    try sample.run(
      "for i = 1, 100 do local c = crate(tostring(i)) pcall(c.fail, c) pcall(c.pack, c, {nbits = 5}) end"
    )
    sample.interpreter.collectGarbage()
    #expect(sample.census.alive == 0)
    #expect(sample.interpreter.liveBoxes == 0)
    try sample.run("kept = crate 'kept'")
    sample.interpreter.collectGarbage()
    #expect(sample.census.alive == 1)
    #expect(sample.interpreter.close() == 0, "bytes the allocator still counts")
    #expect(sample.census.alive == 0)
    #expect(sample.interpreter.close() == 0)
  }

  @Test func referencesMayOutliveTheInterpreter() throws {
    var table: LuaTable?
    do {
      let sample = try Sample()
      table = try sample.run("return {1, 2}")[0].table
      #expect(table?.count == 2)
    }
    #expect(table?.reference.identity == nil)
    #expect(table?.count == 0)
    #expect(throws: LuaError.self) { try table?.pairs() }
  }

  @Test func referencesAreReleased() throws {
    let sample = try Sample()
    do {
      let crate = try sample.run("return {crate 'a'}")[0]
      sample.interpreter.collectGarbage()
      #expect(sample.census.alive == 1)
      withExtendedLifetime(crate) {}
    }
    sample.interpreter.collectGarbage()
    #expect(sample.census.alive == 0)
  }

  @Test func theLimitRaisesAndTheStateStaysUsable() throws {
    let sample = try Sample(.init(memoryLimit: 32 << 20))
    let error = sample.error("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end")
    #expect(error?.kind == .memory)
    #expect(
      try sample.run("return select(2, pcall(string.rep, 'x', 1e9))")[0].string?.contains("memory")
        == true)
    #expect(sample.interpreter.memoryPeak <= 32 << 20)
    #expect(try sample.run("return 1")[0].integer == 1)
  }

  @Test func swiftMayExceedTheLimitWithoutBeingJumpedOver() throws {
    let sample = try Sample(.init(memoryLimit: 32 << 20))
    let census = sample.census
    try sample.interpreter.globals.set(
      "hog",
      sample.interpreter.function("hog") { _ in
        let local = Crate("local", census: census)
        return withExtendedLifetime(local) {
          LuaResults(LuaBytes([UInt8](repeating: 65, count: 64 << 20)))
        }
      })
    #expect(try sample.run("return #hog()")[0].integer == 64 << 20)
    #expect(sample.census.alive == 0)
  }

  @Test func heavyObjectsPressTheCollector() throws {
    let sample = try Sample()
    sample.interpreter.setExternalFloor(64 << 20)
    let peak = try sample.run(
      "local peak = 0 for i = 1, 2000 do crate('x', 1 << 20) peak = math.max(peak, alive()) end return peak"
    )
    #expect(try #require(peak[0].integer) <= 65)
    sample.interpreter.collectGarbage()
    #expect(sample.interpreter.externalBytes == 0)
  }

  @Test func liveObjectsRaiseTheThreshold() throws {
    let sample = try Sample()
    sample.interpreter.setExternalFloor(10 << 20)
    try sample.run("kept = {} for i = 1, 100 do kept[i] = crate('x', 1 << 20) end")
    #expect(sample.interpreter.externalBytes == 100 << 20)
    #expect(sample.interpreter.liveBoxes == 100)
  }

  @Test func closingAScopeReleasesAtOnce() throws {
    let sample = try Sample()
    try sample.run("do local c <close> = crate('x', 1 << 20) end")
    #expect(sample.census.alive == 0)
    #expect(sample.interpreter.externalBytes == 0)
  }

  @Test func finalizersOfScriptsMayTouchDeadObjects() throws {
    let sample = try Sample()
    try sample.run(
      """
      setmetatable({}, {__gc = function(t) pcall(function() return dead.name end) end})
      dead = crate 'x'
      setmetatable({crate 'y'}, {__gc = function(t) revived = t[1] end})
      """)
    try sample.run("dead = nil collectgarbage() collectgarbage()")
    #expect(sample.error("return revived.name")?.message == "name: crate is closed")
    #expect(sample.interpreter.close() == 0)
    #expect(sample.census.alive == 0)
  }
}
