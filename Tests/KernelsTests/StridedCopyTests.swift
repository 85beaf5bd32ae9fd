// SPDX-License-Identifier: Apache-2.0
// Strided copies compared with copies of single elements.

import Kernels
import Tensors
import Testing

@Suite("Strided copies") struct StridedCopyTests {
  /// Bytes that are as distinct as possible.
  private static func memory(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
    for i in 0..<count { memory[i] = UInt8(truncatingIfNeeded: i &* 167 &+ i >> 8) }
    return memory
  }

  /// Copies by index, and compares what `StridedCopy` did to a second destination.
  private func check(_ extents: Shape, _ source: [Int], _ destination: [Int], elementSize: Int) {
    func span(_ strides: [Int]) -> Int { zip(extents, strides).reduce(elementSize) { $0 + max($1.0 - 1, 0) * abs($1.1) } }
    func start(_ strides: [Int]) -> Int { zip(extents, strides).reduce(0) { $1.1 < 0 ? $0 + max($1.0 - 1, 0) * -$1.1 : $0 } }
    let from = Self.memory(span(source))
    let to = Self.memory(span(destination))
    let expected = Self.memory(span(destination))
    defer { for p in [from, to, expected] { p.deallocate() } }
    let counts = extents.rowMajorStrides
    for i in 0..<extents.elementCount {
      var (a, b) = (start(source), start(destination))
      for axis in extents.indices {
        let at = i / counts[axis] % extents[axis]
        a += at * source[axis]
        b += at * destination[axis]
      }
      for byte in 0..<elementSize { expected[b + byte] = from[a + byte] }
    }
    let copy = StridedCopy(
      from: StridedView(base: from + start(source), elementSize: elementSize, extents: extents, strides: source),
      to: StridedView(base: to + start(destination), elementSize: elementSize, extents: extents, strides: destination))
    copy.run()
    let same = (0..<span(destination)).allSatisfy { to[$0] == expected[$0] }
    #expect(same, "\(extents) \(source) \(destination) × \(elementSize)")
  }

  @Test(arguments: [1, 2, 4])
  func everyPermutation(elementSize: Int) {
    var random = SplitMix64(seed: 11)
    for rank in 0...5 {
      for _ in 0..<40 {
        let extents = (0..<rank).map { _ in [1, 2, 3, 4, 5, 8, 9][Int(random.next() % 7)] }
        let a = Array(0..<rank).shuffled(using: &random)
        let b = Array(0..<rank).shuffled(using: &random)
        func strides(_ order: [Int]) -> [Int] {
          let stored = extents.permuted(by: order).rowMajorStrides
          return order.inversePermutation.map { stored[$0] * elementSize }
        }
        check(extents, strides(a), strides(b), elementSize: elementSize)
      }
    }
  }

  @Test(arguments: [1, 2, 4])
  func gapsRepeatsAndReversals(elementSize: Int) {
    var random = SplitMix64(seed: 12)
    for _ in 0..<200 {
      let rank = 1 + Int(random.next() % 4)
      let extents = (0..<rank).map { _ in Int(random.next() % 6) }
      // The destination has gaps; the source may repeat, skip and run backwards.
      var destination = [Int](repeating: 0, count: rank)
      var step = elementSize
      for axis in Array(0..<rank).shuffled(using: &random) {
        destination[axis] = step
        step *= max(extents[axis], 1) + Int(random.next() % 2)
      }
      let source = (0..<rank).map { _ in (Int(random.next() % 9) - 4) * elementSize }
      check(extents, source, destination, elementSize: elementSize)
    }
  }

  /// Sizes near those of transposition tiles, and sizes large enough for several threads.
  @Test(arguments: [[31, 33], [32, 64], [5, 100], [3, 1000], [1, 7], [700, 900], [900, 700]])
  func exchanges(_ shape: Shape) {
    for size in [1, 2, 4] { check(shape, [size, shape[0] * size], [shape[1] * size, size], elementSize: size) }
  }

  @Test func channelsLastAndBack() {
    for shape in [[2, 3, 17, 19], [1, 2, 5, 5], [1, 3, 40, 50], [3, 4, 7, 9], [1, 64, 9, 9], [4, 8, 128, 130]] {
      let order = Layout.channelsLast(4)
      let plain = shape.rowMajorStrides.map { $0 * 4 }
      let stored = shape.permuted(by: order).rowMajorStrides
      let last = order.inversePermutation.map { stored[$0] * 4 }
      check(shape, plain, last, elementSize: 4)
      check(shape, last, plain, elementSize: 4)
    }
  }

  @Test func viewsSelectElements() {
    let tensor = Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4])
    func taken(_ change: (StridedView) -> StridedView) -> [Float] {
      var out: [Float] = []
      tensor.withBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        let view = change(StridedView(Buffer(dtype: .float32, shape: tensor.shape, pointer: UnsafeMutableRawPointer(mutating: base))))
        var result = Tensor(zeros: .float32, view.extents)
        result.withMutableBytes { raw in
          guard let to = raw.baseAddress else { return }
          StridedCopy(from: view, to: StridedView(Buffer(dtype: .float32, shape: view.extents, pointer: to))).run()
        }
        out = result.floats()
      }
      return out
    }
    #expect(taken { $0.removing(0, at: 1).sliced(1, from: 3, count: 2, step: -2) } == [15, 13, 19, 17, 23, 21])
    #expect(taken { $0.removing(0).removing(1, at: 2).reversed(0) } == [10, 6, 2])
    #expect(taken { $0.removing(2).repeating(2, at: 1) } == [0, 4, 8, 0, 4, 8, 12, 16, 20, 12, 16, 20])
    #expect(taken { $0.removing(0).removing(0).windows(0, size: 3, step: 1) } == [0, 1, 2, 1, 2, 3])
    #expect(taken { $0.removing(0).removing(0).splitting(0, into: [2, 2]).permuted(by: [1, 0]) } == [0, 2, 1, 3])
  }

  @Test(arguments: [(1, 0xAB), (2, 0xABCD), (4, 0xDEAD_BEEF)])
  func fills(size: Int, pattern: Int) {
    let memory = Self.memory(60)
    defer { memory.deallocate() }
    let view = StridedView(base: memory, elementSize: size, extents: [3, 5], strides: [20, size])
    StridedFill(view, pattern: UInt32(pattern)).run()
    for row in 0..<3 {
      for byte in 0..<20 {
        let at = row * 20 + byte
        let expected = byte < 5 * size ? UInt8(truncatingIfNeeded: pattern >> (8 * (byte % size))) : UInt8(truncatingIfNeeded: at &* 167)
        #expect(memory[at] == expected)
      }
    }
  }
}
