// SPDX-License-Identifier: Apache-2.0
// Attention that reads keys and values where they lie gives what it gives on copies.

import MIL
import Runtime
import Tensors
import Testing

@Suite("Attention on parts of caches") struct PartialReadingTests {
  /// Attention of six heads over two of keys and values, of which the program selects `used` of eight positions in the second layer.
  private func text(_ queries: Int, used: Int, mask: String) -> String {
    """
    func main<iOS18>(q: tensor<fp32, [1, 6, \(queries), 4]>, k: tensor<fp32, [3, 1, 2, 8, 4]>, v: tensor<fp32, [3, 1, 2, 8, 5]>, m: \(mask)) {
      k1 = slice_by_index(x = k, begin = [1, 0, 0, 0, 0], end = [2, 1, 2, \(used), 4], squeeze_mask = tensor<bool, [5]>([true, false, false, false, false]))
      v1 = slice_by_index(x = v, begin = [1, 0, 0, 0, 0], end = [2, 1, 2, \(used), 5], squeeze_mask = tensor<bool, [5]>([true, false, false, false, false]))
      k2 = expand_dims(x = k1, axes = [2])
      v2 = expand_dims(x = v1, axes = [2])
      k3 = tile(x = k2, reps = [1, 1, 3, 1, 1])
      v3 = tile(x = v2, reps = [1, 1, 3, 1, 1])
      k4 = reshape(x = k3, shape = [1, 6, \(used), 4])
      v4 = reshape(x = v3, shape = [1, 6, \(used), 5])
      y = scaled_dot_product_attention(query = q, key = k4, value = v4, attn_mask = m)
    } -> (y)
    """
  }

  /// By the definition, in double precision.
  private func reference(_ q: Tensor, _ k: Tensor, _ v: Tensor, queries: Int, used: Int, mask: (Int, Int, Int) -> Double) -> [Double] {
    let (qs, ks, vs) = (q.doubles(), k.doubles(), v.doubles())
    var out: [Double] = []
    for h in 0..<6 {
      let head = h / 3
      for l in 0..<queries {
        let scores = (0..<used).map { s -> Double in
          let dot = (0..<4).reduce(0.0) { $0 + qs[(h * queries + l) * 4 + $1] * ks[((2 + head) * 8 + s) * 4 + $1] }
          return dot / 2 + mask(h, l, s)
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exponential($0 - top) }
        let sum = weights.reduce(0, +)
        for e in 0..<5 { out.append((0..<used).reduce(0.0) { $0 + weights[$1] / sum * vs[((2 + head) * 8 + $1) * 5 + e] }) }
      }
    }
    return out
  }

  private func exponential(_ x: Double) -> Double {
    // e^x by squaring, so that the reference needs no library.
    var (term, sum, n) = (1.0, 1.0, 1.0)
    let small = x / 64
    while abs(term) > 1e-20 {
      term *= small / n
      sum += term
      n += 1
    }
    for _ in 0..<6 { sum *= sum }
    return sum
  }

  @Test(arguments: [1, 2, 4, 5, 7, 130], [1, 3, 8]) func equalsTheDefinition(queries: Int, used: Int) throws {
    let (q, k, v) = (random([1, 6, queries, 4], seed: 1), random([3, 1, 2, 8, 4], seed: 2), random([3, 1, 2, 8, 5], seed: 3))
    // A mask for all heads, and one for each.
    for heads in [1, 6] {
      let m = random([1, heads, queries, used], seed: 4)
      let numbers = m.doubles()
      let wanted = reference(q, k, v, queries: queries, used: used) { h, l, s in
        numbers[((heads == 1 ? 0 : h) * queries + l) * used + s]
      }
      let made = try program(text(queries, used: used, mask: "tensor<fp32, [1, \(heads), \(queries), \(used)]>"))
      let executor = try Executor(program: made)
      let inputs = ["q": q, "k": k, "v": v, "m": m]
      let y = try #require(try executor.run(inputs).tensors["y"])
      #expect(distance(y, Tensor(wanted, shape: y.shape)) < 1e-5)
      let rows = try executor.profile(inputs, runs: 1)
      #expect(rows.map(\.operation) == ["scaled_dot_product_attention"])
      // oneDNN's reference loop takes a hundred times as long.
      #expect(rows.allSatisfy { !$0.kernel.hasPrefix("ref") })
    }
  }

  @Test(arguments: [2, 6]) func masksOfBooleans(queries: Int) throws {
    let used = 5
    let (q, k, v) = (random([1, 6, queries, 4], seed: 5), random([3, 1, 2, 8, 4], seed: 6), random([3, 1, 2, 8, 5], seed: 7))
    let bits = (0..<queries * used).map { ($0 * 7 + $0 / 5) % 3 == 0 ? 0 : 1 as Float }
    let wanted = reference(q, k, v, queries: queries, used: used) { _, l, s in bits[l * used + s] > 0 ? 0 : -1000 }
    let made = try program(
      text(queries, used: used, mask: "tensor<fp32, [1, 1, \(queries), \(used)]>")
        .replacing("attn_mask = m", with: "attn_mask = b").replacing("y = scaled", with: "b = cast(x = m, dtype = \"bool\")\n  y = scaled"))
    let y = try #require(try run(made, ["q": q, "k": k, "v": v, "m": Tensor(bits, shape: [1, 1, queries, used])])["y"])
    #expect(distance(y, Tensor(wanted, shape: y.shape)) < 1e-5)
  }
}
