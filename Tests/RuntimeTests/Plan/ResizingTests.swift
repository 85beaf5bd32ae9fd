// SPDX-License-Identifier: Apache-2.0
// Plans that are made from a plan for other shapes compute the same bits by the same steps as plans of their own.

import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite("Plans for a range of shapes") struct ResizingTests {
  /// A block of a decoder: two projections, a state with the keys, attention on its used part, and a sum.
  private static let decoder = """
    func main<iOS18>(x: tensor<fp32, [1, ?, 8]>, m: tensor<fp32, [1, 1, ?, ?]>, c: state<tensor<fp32, [2, 1, 2, 40, 4]>>) {
      h = linear(x = x, weight = tensor<fp32, [8, 8]>([WEIGHT]), bias = tensor<fp32, [8]>([0, 1, 2, 3, 4, 5, 6, 7]))
      g = relu(x = h)
      ms = shape(x = m)
      q = slice_by_index(x = ms, begin = [2], end = [3])
      e = slice_by_index(x = ms, begin = [3], end = [4])
      b = sub(x = e, y = q)
      xs = concat(values = (tensor<int32, [1]>([1]), q, tensor<int32, [2]>([2, 4])), axis = 0)
      r = reshape(x = g, shape = xs)
      k = transpose(x = r, perm = [0, 2, 1, 3])
      begin = concat(values = (tensor<int32, [3]>([1, 0, 0]), b, tensor<int32, [1]>([0])), axis = 0)
      end = concat(values = (tensor<int32, [3]>([2, 1, 2]), e, tensor<int32, [1]>([4])), axis = 0)
      r0 = read_state(input = c)
      u = expand_dims(x = k, axes = [0])
      w = slice_update(x = r0, update = u, begin = begin, end = end)
      write_state(input = c, data = w)
      p = slice_by_index(x = w, begin = [1, 0, 0, 0, 0], end = end, squeeze_mask = tensor<bool, [5]>([true, false, false, false, false]))
      a = scaled_dot_product_attention(query = k, key = p, value = p, attn_mask = m)
      t = transpose(x = a, perm = [0, 2, 1, 3])
      zs = concat(values = (tensor<int32, [1]>([1]), q, tensor<int32, [1]>([8])), axis = 0)
      z = reshape(x = t, shape = zs)
      y = add(x = z, y = h)
    } -> (y)
    """.replacing("WEIGHT", with: (0..<64).map { "\(Float(($0 * 29) % 17) / 16 - 0.5)" }.joined(separator: ", "))

  private func inputs(_ queries: Int, _ used: Int) -> [String: Tensor] {
    ["x": random([1, queries, 8], seed: UInt64(used)), "m": random([1, 1, queries, used], seed: 7)]
  }

  @Test(arguments: [RuntimeOptions.Precision.float32, .float16]) func tokensOfAGrowingCache(precision: RuntimeOptions.Precision) throws {
    let made = try program(Self.decoder)
    var options = RuntimeOptions()
    options.precision = precision
    options.verifiesPasses = true
    let one = try Executor(program: made, options: options)
    let state = try #require(one.makeState())
    let reference = try #require(one.makeState())
    var shared: [Int] = []
    // A prompt, then tokens one by one.
    for (queries, used) in [(6, 6)] + (7...40).map({ (1, $0) }) {
      let x = inputs(queries, used)
      let y = try #require(try one.run(x, state: state).tensors["y"])
      let fresh = try Executor(program: made, options: options)
      #expect(try fresh.run(x, state: reference).tensors["y"] == y)
      shared.append(try one.summary(x, state: state).sharedSteps)
      #expect(try plain(one.summary(x, state: state)) == plain(fresh.summary(x, state: reference)))
    }
    #expect(state.read("c") == reference.read("c"))
    // Lengths for which an extent coincides with another one, or whose memory moves, are planned as a whole.
    #expect(shared.count { $0 > 0 } > 25)
  }

  /// The steps of a plan, without the places of values.
  private func plain(_ summary: PlanSummary) -> String { "\(summary.text)".replacing(/@[0-9]+/, with: "") }

  @Test func sizesOfPictures() throws {
    let made = try program(
      """
      func main<iOS15>(x: tensor<fp32, [?, 3, ?, ?]>) {
        c = conv(x = x, weight = tensor<fp32, [4, 3, 3, 3]>([WEIGHT]), pad_type = "same", strides = [2, 2])
        n = batch_norm(x = c, mean = tensor<fp32, [4]>([0, 1, 0, 1]), variance = tensor<fp32, [4]>([1, 2, 3, 4]))
        r = relu(x = n)
        s = shape(x = r)
        hw = slice_by_index(x = s, begin = [2], end = [4])
        u = upsample_nearest_neighbor(x = r, scale_factor_height = 2, scale_factor_width = 2)
        d = conv(x = x, weight = tensor<fp32, [4, 3, 1, 1]>([0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), pad_type = "valid")
        z = add(x = u, y = d)
        y = reduce_mean(x = z, axes = [2, 3], keep_dims = false)
      } -> (y, z)
      """.replacing("WEIGHT", with: (0..<108).map { "\(Float(($0 * 7) % 11) / 8 - 0.6)" }.joined(separator: ", ")))
    var options = RuntimeOptions()
    options.verifiesPasses = true
    let one = try Executor(program: made, options: options)
    // Also smaller ones after larger ones, and sizes with an axis of one element.
    for (n, h, w) in [(2, 12, 16), (2, 14, 18), (5, 20, 22), (2, 10, 10), (1, 10, 12), (1, 14, 2), (2, 12, 16), (3, 3 + 5, 6)] {
      let x = ["x": random([n, 3, h, w], seed: UInt64(h))]
      let fresh = try Executor(program: made, options: options)
      #expect(try one.run(x).tensors == fresh.run(x).tensors, "\(n), \(h), \(w)")
      #expect(try plain(one.summary(x)) == plain(fresh.summary(x)))
    }
  }

  /// The first dimension that is longer is repeated along the other: which of both is repeated changes with the shapes.
  @Test func axesOfOneElementAreAlwaysPlannedAnew() throws {
    let made = try program(
      "func main<iOS15>(x: tensor<fp32, [?, 4]>, y: tensor<fp32, [?, 4]>) { s = add(x = x, y = y) e = exp(x = s) } -> (e)")
    let one = try Executor(program: made)
    for (a, b) in [(3, 3), (1, 3), (3, 1), (1, 1), (5, 5), (5, 1), (4, 4), (7, 7)] {
      let x = ["x": random([a, 4], seed: 1), "y": random([b, 4], seed: 2)]
      #expect(try one.run(x).tensors == Executor(program: made).run(x).tensors, "\(a), \(b)")
    }
    let wrong = ["x": random([3, 4], seed: 1), "y": random([2, 4], seed: 2)]
    #expect(throws: OperatorError.self) { try one.run(wrong) }
  }

  @Test func constantsThatDependOnShapes() throws {
    let made = try program(
      """
      func main<iOS15>(x: tensor<fp32, [?, 4]>) {
        s = shape(x = x)
        n = gather(x = s, indices = 0, axis = 0)
        p = range_1d(start = 0, end = n, step = 1)
        f = cast(x = p, dtype = "fp32")
        c = expand_dims(x = f, axes = [1])
        y = mul(x = x, y = c)
      } -> (y, p)
      """)
    let one = try Executor(program: made)
    for n in [5, 6, 7, 9, 8, 3, 2, 30] {
      let result = try one.run(["x": Tensor(zeros: .float32, [n, 4])]).tensors
      #expect(result["p"]?.integers() == Array(0..<n))
      let x = random([n, 4], seed: 3)
      #expect(try one.run(["x": x]).tensors == Executor(program: made).run(["x": x]).tensors)
    }
  }

  /// Memory stays bounded, whatever the shapes.
  @Test func manyLengthsShareMemory() throws {
    let made = try program(Self.decoder)
    let one = try Executor(program: made)
    let state = try #require(one.makeState())
    for used in 7...40 { _ = try one.run(inputs(1, used), state: state) }
    let last = try one.summary(inputs(1, 40), state: state)
    let alone = try Executor(program: made).summary(inputs(1, 40), state: state)
    #expect(last.arena <= alone.arena + alone.places.count * 4200)
  }
}
