// SPDX-License-Identifier: Apache-2.0
// Work in slices: the values of the definition, and the same bits from any number of threads.

import MIL
import Runtime
import Tensors
import Testing

/// Serialized, for the number of threads is the process's.
@Suite("Slices", .serialized) struct SliceTests {
  static let windows = [
    ConvolutionWindow(x: [1, 16, 40, 40], outputs: 32),
    ConvolutionWindow(x: [1, 16, 41, 37], outputs: 32, strides: [2, 2]),
    ConvolutionWindow(x: [1, 16, 41, 37], outputs: 48, strides: [3, 1], pad: [0, 2, 1, 0]),
    ConvolutionWindow(x: [1, 16, 50, 40], outputs: 32, pad: [2, 2, 2, 2], dilations: [2, 2]),
    ConvolutionWindow(x: [1, 32, 64, 64], outputs: 64, kernel: [1, 1], pad: [0, 0, 0, 0]),
    ConvolutionWindow(x: [1, 64, 112, 112], outputs: 64, groups: 64),
    ConvolutionWindow(x: [1, 64, 57, 112], outputs: 64, kernel: [5, 5], strides: [2, 2], pad: [2, 2, 2, 2], groups: 64),
    ConvolutionWindow(x: [2, 16, 40, 40], outputs: 32),
    ConvolutionWindow(x: [9, 16, 20, 20], outputs: 32, groups: 2),
    ConvolutionWindow(x: [1, 3, 128, 128], outputs: 24, strides: [2, 2]),
    ConvolutionWindow(x: [1, 160, 14, 14], outputs: 128),
    ConvolutionWindow(x: [1, 128, 7, 7], outputs: 208),
    // Tiles of 2×2 and 4×4, of one image and of several, of whole and of partial blocks of channels.
    ConvolutionWindow(x: [1, 64, 56, 54], outputs: 64),
    ConvolutionWindow(x: [3, 72, 29, 15], outputs: 80, pad: [0, 0, 2, 1]),
    ConvolutionWindow(x: [1, 136, 13, 14], outputs: 144, pad: [1, 2, 0, 0]),
    ConvolutionWindow(x: [1, 320, 7, 7], outputs: 96, kernel: [1, 1], pad: [0, 0, 0, 0]),
    // Windows that see only padding: at the top and bottom, at the sides, at the top, between the taps of a dilated window.
    ConvolutionWindow(x: [1, 64, 8, 300], outputs: 64, kernel: [3, 3], pad: [9, 9, 1, 1]),
    ConvolutionWindow(x: [1, 16, 6, 6], outputs: 64, pad: [1, 1, 4, 4]),
    ConvolutionWindow(x: [1, 16, 6, 6], outputs: 64, pad: [5, 0, 0, 0]),
    ConvolutionWindow(x: [1, 16, 1, 6], outputs: 64, kernel: [2, 3], pad: [2, 2, 1, 1], dilations: [3, 1]),
  ]

  func with<R>(threads: Int, _ body: () throws -> R) rethrows -> R {
    let before = Parallel.threads
    Parallel.threads = threads
    defer { Parallel.threads = before }
    return try body()
  }

  /// The outputs of 1, 2, 3 and 16 threads, which are the same.
  func sameBits(_ program: Program, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
    let alone = try with(threads: 1) { try run(program, inputs) }
    for threads in [2, 3, 16] {
      for _ in 0..<3 {
        let found = try with(threads: threads) { try run(program, inputs) }
        for (name, tensor) in alone { #expect(found[name] == tensor, "\(name), \(threads) threads") }
      }
    }
    return alone
  }

  func list(_ values: [Int]) -> String { "[" + values.map(String.init).joined(separator: ", ") + "]" }

  /// Constant weights with a residual sum and a relu behind, and weights that are an input.
  @Test(arguments: windows) func convolutions(_ w: ConvolutionWindow) throws {
    let shape = [w.outputs, w.x[1] / w.groups] + w.kernel
    // Few digits, so that the text has the same numbers.
    let weight = Tensor(random(shape, seed: 1).floats().map { ($0 * 64).rounded() / 64 }, shape: shape)
    let (output, window) = (w.output, w.text)
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, \(list(w.x))>, r: tensor<fp32, \(list(output))>, w: tensor<fp32, \(list(shape))>) {
        y = conv(x = x, weight = tensor<fp32, \(list(shape))>(\(weight.floats())), \(window))
        s = add(x = y, y = r)
        z = relu(x = s)
        v = conv(x = x, weight = w, \(window))
      } -> (z, v)
      """)
    let (x, r) = (random(w.x, seed: 2), random(output, seed: 3))
    let found = try sameBits(program, ["x": x, "r": r, "w": weight])
    var expected = [Double](repeating: 0, count: output.elementCount)
    let (values, taps) = (x.doubles(), weight.doubles())
    w.forEachProduct { expected[$2] += values[$0] * taps[$1] }
    let bound = 1e-6 * Double(weight.count / w.outputs)
    let (z, v) = (try #require(found["z"]).doubles(), try #require(found["v"]).doubles())
    let added = r.doubles()
    for i in expected.indices where abs(v[i] - expected[i]) > bound || abs(z[i] - max(0, added[i] + expected[i])) > bound {
      Issue.record("element \(i): \(v[i]) and \(z[i]), expected \(expected[i]) and \(max(0, added[i] + expected[i]))")
      break
    }
  }

  /// `y[i] = Σ x[i, k] · w[k]` over rows enough for several slices; one column of each is checked in 64 bits.
  @Test(arguments: [[640, 96], [2, 320, 96], [100, 96]]) func fullyConnectedLayers(_ shape: Shape) throws {
    let weight = Tensor(random([192, 96], seed: 1).floats().map { ($0 * 64).rounded() / 64 }, shape: [192, 96])
    let output: Shape = Array(shape.dropLast()) + [192]
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, \(list(shape))>, r: tensor<fp32, \(list(output))>, w: tensor<fp32, [192, 96]>) {
        y = linear(x = x, weight = tensor<fp32, [192, 96]>(\(weight.floats())))
        z = add(x = y, y = r)
        v = linear(x = x, weight = w)
        u = matmul(x = x, y = w, transpose_y = true)
      } -> (z, v, u)
      """)
    let (x, r) = (random(shape, seed: 2), random(output, seed: 3))
    let found = try sameBits(program, ["x": x, "r": r, "w": weight])
    let (a, b, s) = (x.doubles(), weight.doubles(), r.doubles())
    let z = try #require(found["z"]).doubles()
    let v = try #require(found["v"]).doubles()
    let u = try #require(found["u"]).doubles()
    for row in 0..<a.count / 96 {
      let column = row * 7 % 192
      var expected = 0.0
      for k in 0..<96 { expected += a[row * 96 + k] * b[column * 96 + k] }
      let at = row * 192 + column
      #expect(abs(v[at] - expected) < 1e-4 && abs(u[at] - expected) < 1e-4 && abs(z[at] - expected - s[at]) < 1e-4)
    }
  }

  /// Sixteen heads that share a mask, against the same heads one by one.
  @Test func attention() throws {
    func text(_ heads: Int) -> String {
      let q = "tensor<fp32, [1, \(heads), 96, 32]>"
      return """
        func main<iOS18>(q: \(q), k: \(q), v: \(q), m: tensor<fp32, [96, 96]>) {
          y = scaled_dot_product_attention(query = q, key = k, value = v, attn_mask = m)
        } -> (y)
        """
    }
    let (q, k, v) = (random([1, 16, 96, 32], seed: 1), random([1, 16, 96, 32], seed: 2), random([1, 16, 96, 32], seed: 3))
    let mask = random([96, 96], seed: 4)
    let y = try #require(try sameBits(program(text(16)), ["q": q, "k": k, "v": v, "m": mask])["y"]).floats()
    let one = try program(text(1))
    let size = 96 * 32
    func head(_ tensor: Tensor, _ h: Int) -> Tensor { Tensor(Array(tensor.floats()[h * size..<(h + 1) * size]), shape: [1, 1, 96, 32]) }
    for h in 0..<16 {
      let inputs = ["q": head(q, h), "k": head(k, h), "v": head(v, h), "m": mask]
      let alone = try #require(try run(one, inputs)["y"]).floats()
      let difference = alone.indices.map { abs(alone[$0] - y[h * size + $0]) }.max() ?? 1
      #expect(difference < 1e-5, "head \(h)")
    }
  }

  /// Pools whose rows overlap and lie partly in the padding, against the same image cut in two by hand.
  @Test(arguments: ["max_pool", "avg_pool"]) func pools(_ name: String) throws {
    let more = name == "avg_pool" ? ", exclude_padding_from_average = true" : ""
    func pool(_ rows: Int, _ pad: [Int]) throws -> Program {
      try program(
        """
        func main<iOS18>(x: tensor<fp32, [1, 64, \(rows), 96]>) {
          y = \(name)(x = x, kernel_sizes = [3, 3], strides = [1, 1], pad_type = "custom", pad = \(list(pad))\(more))
        } -> (y)
        """)
    }
    let x = random([1, 64, 96, 96], seed: 5)
    let y = try #require(try sameBits(pool(96, [1, 1, 1, 1]), ["x": x])["y"])
    let values = x.floats()
    // Rows 40 to 59 from rows 39 to 60.
    var rows: [Float] = []
    for c in 0..<64 { rows += values[(c * 96 + 39) * 96..<(c * 96 + 61) * 96] }
    let middle = Tensor(rows, shape: [1, 64, 22, 96])
    let part = try #require(try run(pool(22, [0, 0, 1, 1]), ["x": middle])["y"]).floats()
    let whole = y.floats()
    let size = 20 * 96
    for c in 0..<64 {
      let expected = whole[(c * 96 + 40) * 96..<(c * 96 + 60) * 96]
      #expect(part[c * size..<(c + 1) * size].elementsEqual(expected), "channel \(c)")
    }
  }

  @Test func normsAndReductions() throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, [40, 64, 128]>) {
        n = layer_norm(x = x, axes = [-1], epsilon = 0.00001)
        s = softmax(x = n, axis = -1)
        t = reduce_sum(x = s, axes = [0], keep_dims = false)
        m = reduce_mean(x = x, axes = [0, 1, 2], keep_dims = false)
        e = exp(x = x)
      } -> (n, s, t, m, e)
      """)
    _ = try sameBits(program, ["x": random([40, 64, 128], seed: 1)])
  }
}
