// SPDX-License-Identifier: Apache-2.0
// Chains: steps in slices compute what they compute one after the other, whatever the threads and however memory is reused.

import Operators
import Runtime
import Tensors
import Testing

@Suite("Chains") struct ChainTests {
  /// Memory of a chain, and the steps of a random program over it: each step writes one array, an element from some elements of others.
  private final class Machine {
    struct Step {
      let from: [Int]
      let to: Int
      /// Elements before and after its own that an element reads.
      let reach: Int
      let slices: Int
    }

    static let extent = 48
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 6 * extent)
    let steps: [Step]

    init(seed: UInt64) {
      var random = SplitMix64(seed: seed)
      steps = (0..<12).map { _ in
        let to = Int(random.next() % 6)
        // An element may read its own place only where it is the only one that does.
        let others = (0..<6).filter { $0 != to }
        return Step(
          from: [others[Int(random.next() % 5)], others[Int(random.next() % 5)]], to: to, reach: Int(random.next() % 4),
          slices: 1 + Int(random.next() % 9))
      }
      reset()
    }

    deinit { memory.deallocate() }

    func reset() { for i in 0..<6 * Self.extent { memory[i] = Float(i % 13) / 8 } }

    func run(_ step: Step, _ range: Range<Int>) {
      for i in range {
        var sum: Float = 0.25
        for array in step.from {
          for j in max(0, i - step.reach)...min(Self.extent - 1, i + step.reach) {
            sum += memory[array * Self.extent + j] / Float(1 + abs(i - j))
          }
        }
        memory[step.to * Self.extent + i] = sum / 4
      }
    }

    func work(_ step: Step) -> SlicedWork {
      func addresses(_ array: Int, _ range: Range<Int>) -> Range<UInt> {
        let base = UInt(bitPattern: memory + array * Self.extent)
        return base + UInt(4 * range.lowerBound)..<base + UInt(4 * range.upperBound)
      }
      let length = (Self.extent + step.slices - 1) / step.slices
      let ranges = stride(from: 0, to: Self.extent, by: length).map { $0..<min(Self.extent, $0 + length) }
      let accesses = ranges.map { range in
        let read = max(0, range.lowerBound - step.reach)..<min(Self.extent, range.upperBound + step.reach)
        return SlicedWork.Access(reads: step.from.map { addresses($0, read) }, writes: addresses(step.to, range))
      }
      return SlicedWork(accesses, scratchByteCount: 64) { slice, _ in self.run(step, ranges[slice]) }
    }

    var content: [Float] { Array(UnsafeBufferPointer(start: memory, count: 6 * Self.extent)) }
  }

  @Test(arguments: [1, 2, 3, 8]) func equalsStepsInTurn(threads: Int) throws {
    let before = Parallel.threads
    Parallel.threads = threads
    defer { Parallel.threads = before }
    for seed in 0..<60 {
      let machine = Machine(seed: UInt64(seed))
      for step in machine.steps { machine.run(step, 0..<Machine.extent) }
      let expected = machine.content
      let chain = Chain(machine.steps.map(machine.work))
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: max(chain.scratchByteCount, 64), alignment: 64)
      defer { scratch.deallocate() }
      for _ in 0..<4 {
        machine.reset()
        try chain.run(scratch: scratch) { false }
        try #require(machine.content == expected, "seed \(seed)")
      }
    }
  }

  @Test func interruptsAndErrors() {
    struct Failure: Error {}
    let access = SlicedWork.Access(reads: [], writes: 64..<128)
    let works = (0..<3).map { step in
      SlicedWork([access, access], scratchByteCount: 0) { slice, _ in if step == 1, slice == 1 { throw Failure() } }
    }
    let chain = Chain(works)
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    defer { scratch.deallocate() }
    #expect(throws: Failure.self) { try chain.run(scratch: scratch) { false } }
    #expect(throws: RuntimeError.self) { try chain.run(scratch: scratch) { true } }
  }
}
