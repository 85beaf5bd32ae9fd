// SPDX-License-Identifier: Apache-2.0
// States: updates in place, the order of reads and writes, stores that take turns, truncation.

import MIL
import Runtime
import Tensors
import Testing

@Suite("States") struct StateTests {
  /// Writes two rows at the position that the length of the mask gives, as a cache with an axis of layers does, and reads the used part.
  private static let cache = """
    func main<iOS18>(x: tensor<fp32, [1, 2]>, m: tensor<fp32, [?]>, c: state<tensor<fp32, [2, 4, 2]>>) {
      s = shape(x = m)
      n = squeeze(x = s, axes = [0])
      b = sub(x = n, y = 1)
      one = expand_dims(x = b, axes = [0])
      begin0 = concat(values = (tensor<int32, [1]>([0]), one, tensor<int32, [1]>([0])), axis = 0)
      begin1 = concat(values = (tensor<int32, [1]>([1]), one, tensor<int32, [1]>([0])), axis = 0)
      end0 = concat(values = (tensor<int32, [1]>([1]), s, tensor<int32, [1]>([2])), axis = 0)
      end1 = concat(values = (tensor<int32, [1]>([2]), s, tensor<int32, [1]>([2])), axis = 0)
      r0 = read_state(input = c)
      u = expand_dims(x = x, axes = [0])
      w0 = slice_update(x = r0, update = u, begin = begin0, end = end0)
      write_state(input = c, data = w0)
      r1 = read_state(input = c)
      p0 = slice_by_index(x = r1, begin = [0, 0, 0], end = end0)
      t0 = reduce_sum(x = p0, axes = [1], keep_dims = true)
      w1 = slice_update(x = r1, update = t0, begin = begin1, end = end1)
      write_state(input = c, data = w1)
      r2 = read_state(input = c)
      p1 = slice_by_index(x = r2, begin = [1, 0, 0], end = end1)
      y = reduce_sum(x = p1, axes = [0, 1])
    } -> (y)
    """

  private func step(_ executor: Executor, _ state: StateStore, _ x: [Float], _ position: Int) throws -> [Float] {
    let inputs = ["x": Tensor(x, shape: [1, 2]), "m": Tensor([Float](repeating: 0, count: position + 1), shape: [position + 1])]
    return try #require(try executor.run(inputs, state: state).tensors["y"]).floats()
  }

  @Test func stackedCachesAreUpdatedInPlace() throws {
    let executor = try Executor(program: try program(Self.cache))
    let state = try #require(executor.makeState())
    #expect(try step(executor, state, [1, 10], 0) == [1, 10])
    #expect(try step(executor, state, [2, 20], 1) == [4, 40])
    #expect(try step(executor, state, [3, 30], 2) == [10, 100])
    #expect(state.read("c")?.floats() == [1, 10, 2, 20, 3, 30, 0, 0, 1, 10, 3, 30, 6, 60, 0, 0])
    let inputs = ["x": Tensor([Float]([4, 40]), shape: [1, 2]), "m": Tensor([Float](repeating: 0, count: 4), shape: [4])]
    let kernels = try executor.profile(inputs, state: state, runs: 1).map { "\($0.operation) \($0.kernel)" }
    #expect(kernels.filter { $0 == "slice_update copy:in-place" }.count == 2)
    #expect(!kernels.contains { $0.hasPrefix("read_state") || $0.hasPrefix("write_state") })
  }

  @Test func truncatedStatesContinueLikeNewOnes() throws {
    let executor = try Executor(program: try program(Self.cache))
    let state = try #require(executor.makeState())
    for (i, x) in [1, 2, 3].enumerated() { _ = try step(executor, state, [Float(x), 0], i) }
    #expect(state.positionAxes == ["c": 1])
    try state.truncate(1)
    let other = try #require(executor.makeState())
    _ = try step(executor, other, [1, 0], 0)
    #expect(state.read("c")?.floats() == other.read("c")?.floats())
    #expect(try step(executor, state, [7, 0], 1) == step(executor, other, [7, 0], 1))
    #expect(throws: RuntimeError.wrongPosition("c", 5, most: 4)) { try state.truncate(5) }
  }

  @Test func storesTakeTurnsAndMoveBetweenExecutors() throws {
    let made = try program(Self.cache)
    let (first, second) = (try Executor(program: made), try Executor(program: made))
    let (a, b) = (try #require(first.makeState()), try #require(first.makeState()))
    _ = try step(first, a, [1, 0], 0)
    let saved = a.copy()
    #expect(try step(first, b, [5, 0], 0) == [5, 0])
    #expect(try step(first, a, [2, 0], 1) == [4, 0])
    #expect(try step(second, a, [3, 0], 2) == [10, 0])
    #expect(try step(first, b, [6, 0], 1) == [16, 0])
    #expect(try step(second, saved, [2, 0], 1) == [4, 0])
    a.reset()
    #expect(a.read("c")?.floats().allSatisfy { $0 == 0 } == true)
    #expect(try step(first, a, [9, 0], 0) == [9, 0])
    try a.write("c", Tensor([Float](repeating: 1, count: 16), shape: [2, 4, 2]))
    #expect(try step(first, a, [1, 1], 1) == [3, 3])
    #expect(throws: RuntimeError.self) { try a.write("c", Tensor([Float](repeating: 1, count: 16), shape: [4, 4])) }
    #expect(throws: RuntimeError.self) { try a.write("d", Tensor([Float]([1]), shape: [1])) }
  }

  /// A value that was read keeps its content when the state is written.
  @Test func valuesKeepWhatWasRead() throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [2]>, s: state<tensor<fp32, [2]>>) {
        old = read_state(input = s)
        sum = add(x = old, y = x)
        write_state(input = s, data = sum)
        new = read_state(input = s)
        back = sub(x = new, y = old)
        twice = mul(x = old, y = 2.0)
      } -> (old, back, twice)
      """)
    let executor = try Executor(program: program)
    let state = try #require(executor.makeState())
    for i in 0..<3 {
      let made = try executor.run(["x": Tensor([Float]([1, 5]))], state: state).tensors
      #expect(made["old"]?.floats() == [Float(i), Float(5 * i)])
      #expect(made["back"]?.floats() == [1, 5])
      #expect(made["twice"]?.floats() == [Float(2 * i), Float(10 * i)])
    }
    #expect(state.read("s")?.floats() == [3, 15])
    #expect(throws: RuntimeError.noPositions("s")) { try state.truncate(1) }
  }

  @Test func statesMayExchangeTheirContents() throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [2]>, a: state<tensor<fp32, [2]>>, b: state<tensor<fp32, [2]>>) {
        p = read_state(input = a)
        q = read_state(input = b)
        write_state(input = b, data = p)
        r = add(x = q, y = x)
        write_state(input = a, data = r)
        y = sub(x = p, y = q)
      } -> (y, p)
      """)
    let executor = try Executor(program: program)
    let state = try #require(executor.makeState())
    var (a, b): ([Float], [Float]) = ([0, 0], [0, 0])
    for i in 0..<4 {
      let x: [Float] = [Float(i + 1), Float(10 * i)]
      let made = try executor.run(["x": Tensor(x)], state: state).tensors
      #expect(made["y"]?.floats() == zip(a, b).map { $0 - $1 })
      #expect(made["p"]?.floats() == a)
      (a, b) = (zip(b, x).map { $0 + $1 }, a)
      #expect(state.read("a")?.floats() == a && state.read("b")?.floats() == b)
    }
  }

  /// Only what becomes the state's content may take its place.
  @Test func otherValuesDoNotTakeThePlaceOfAState() throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [2]>, s: state<tensor<fp32, [2]>>) {
        old = read_state(input = s)
        y = exp(x = old)
        z = relu(x = y)
        kept = mul(x = x, y = 3.0)
        write_state(input = s, data = kept)
      } -> (z)
      """)
    let executor = try Executor(program: program)
    let state = try #require(executor.makeState())
    #expect(try executor.run(["x": Tensor([Float]([0, 0]))], state: state).tensors["z"]?.floats() == [1, 1])
    _ = try executor.run(["x": Tensor([Float]([1, 2]))], state: state)
    #expect(state.read("s")?.floats() == [3, 6])
  }

  @Test func constantsAndViewsAsContent() throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [2, 2]>, s: state<tensor<fp32, [2, 2]>>, t: state<tensor<fp32, [2]>>) {
        old = read_state(input = s)
        turned = transpose(x = old, perm = [1, 0])
        sum = add(x = turned, y = x)
        again = transpose(x = sum, perm = [1, 0])
        write_state(input = s, data = again)
        write_state(input = t, data = tensor<fp32, [2]>([4, 5]))
        y = read_state(input = t)
      } -> (sum, y)
      """)
    let executor = try Executor(program: program)
    let state = try #require(executor.makeState())
    let x = Tensor([Float]([1, 2, 3, 4]), shape: [2, 2])
    _ = try executor.run(["x": x], state: state)
    #expect(state.read("s")?.floats() == [1, 3, 2, 4])
    let made = try executor.run(["x": x], state: state).tensors
    #expect(made["sum"]?.floats() == [2, 4, 6, 8])
    #expect(made["y"]?.floats() == [4, 5] && state.read("t")?.floats() == [4, 5])
    #expect(state.read("s")?.floats() == [2, 6, 4, 8])
  }
}
