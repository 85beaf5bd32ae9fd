// SPDX-License-Identifier: Apache-2.0
// Normalizations by hand, their parameters and errors.

import MIL
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Normalization") struct NormalizationTests {
  /// One image of two channels: 1, 3 and 10, 30.
  private let x = Tensor([Float(1), 3, 10, 30], shape: [1, 2, 2])

  @Test func batch() throws {
    let mean = Tensor([Float(1), 10])
    let variance = Tensor([Float(3), 255])
    let plain = try output("batch_norm", ["x": x, "mean": mean, "variance": variance, "epsilon": Float(1)])
    #expect(plain.floats() == [0, 1, 0, 1.25])
    let scaled = try output(
      "batch_norm",
      ["x": x, "mean": mean, "variance": variance, "gamma": Tensor([Float(2), 1]), "beta": Tensor([Float(5), 6]), "epsilon": Float(1)])
    #expect(scaled.floats() == [5, 7, 6, 7.25])
  }

  @Test func batchAsAChannelMap() throws {
    let inputs: KeyValuePairs<String, any Bindable> = [
      "x": x, "mean": Tensor([Float(1), 10]), "variance": Tensor([Float(3), 99]), "beta": Tensor([Float(5), 6]), "epsilon": Float(1),
    ]
    let call = try makeCall("batch_norm", inputs)
    let named = try Catalog.find(call.operation)
    let op = try #require(named as? any ChannelAffine.Type)
    let found = op.channelMap(call)
    let map = try #require(found)
    #expect(map.scale == [0.5, 0.1] && map.shift == [4.5, 5])
    let open = try makeCall("batch_norm", ["x": x, "mean": tensorType(.float32, 2), "variance": Tensor([Float(3), 99])])
    let none = op.channelMap(open) == nil
    #expect(none)
  }

  @Test func instance() throws {
    // Means 2 and 20, deviations 1 and 10.
    let y = try output("instance_norm", ["x": x, "gamma": Tensor([Float(3), 4]), "beta": Tensor([Float(1), 2]), "epsilon": Float(0)])
    #expect(y.floats() == [-2, 4, -2, 6])
    #expect(try output("instance_norm", ["x": x, "epsilon": Float(3)]).floats()[0] == -0.5)
  }

  @Test func layer() throws {
    let rows = try output("layer_norm", ["x": x, "axes": [-1], "epsilon": Float(0)])
    #expect(rows.floats() == [-1, 1, -1, 1])
    let columns = try output(
      "layer_norm",
      [
        "x": Tensor([Float(1), 10, 3, 30], shape: [2, 2]), "axes": [0], "gamma": Tensor([Float(1), 5]), "beta": Tensor([Float(0), 7]),
        "epsilon": Float(0),
      ])
    #expect(columns.floats() == [-1, -1, 12, 12])
    let all = try output("layer_norm", ["x": Tensor([Float(2), 4]), "epsilon": Float(3)])
    #expect(all.floats() == [-0.5, 0.5])
  }

  @Test func length() throws {
    let y = try output("l2_norm", ["x": Tensor([Float(3), 4, 0, 6, 8, 0], shape: [2, 1, 1, 3]), "epsilon": Float(0)])
    for (a, b) in try pairs(y.floats(), [0.6, 0.8, 0, 0.6, 0.8, 0] as [Float]) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func neighbors() throws {
    let x = Tensor([Float(1), 2, 3, 4], shape: [1, 4, 1])
    // One neighbor on each side: 1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16, divided by three.
    let odd = try output("local_response_norm", ["x": x, "size": 3, "alpha": Float(3), "beta": Float(1), "k": Float(1)])
    let expected = zip(x.floats(), [6, 15, 30, 26] as [Float]).map { $0 / $1 }
    let deep = try output(
      "local_response_norm", ["x": x.reshaped(x.shape + [1]), "size": 3, "alpha": Float(3), "beta": Float(1), "k": Float(1)])
    #expect(deep.floats() == odd.floats())
    #expect(odd.floats() == expected)
    // A window of even size has one more element before than after.
    let even = try output("local_response_norm", ["x": x, "size": 2, "alpha": Float(2), "beta": Float(1), "k": Float(0)])
    let reaching = zip(x.floats(), [1, 5, 13, 25] as [Float]).map { $0 / $1 }
    #expect(even.floats() == reaching)
  }

  @Test func parametersOfAnotherTypeSinceIOS17() throws {
    let half = x.cast(to: .float16)
    let y = try output("instance_norm", opset: .iOS17, ["x": half, "gamma": Tensor([Float(1), 1]), "epsilon": Float(0)])
    #expect(y.dtype == .float16 && y.floats() == [-1, 1, -1, 1])
    #expect(
      fault { try output("instance_norm", ["x": half, "gamma": Tensor([Float(1), 1])]) }
        == "instance_norm 'y': gamma is fp32 but x is fp16; they must agree")
  }

  @Test func faults() {
    let flat = Tensor([Float(1), 2], shape: [1, 2])
    let two = Tensor([Float(1), 2])
    #expect(
      fault { try output("batch_norm", ["x": flat, "mean": two, "variance": two]) }
        == "batch_norm 'y': x must have rank 3 to 5, found tensor<fp32, [1, 2]>")
    #expect(
      fault { try output("batch_norm", ["x": x, "mean": two, "variance": Tensor([Float(1)])]) }
        == "batch_norm 'y': variance must have one value for each of the 2 channels of x, found 1")
    #expect(
      fault { try output("layer_norm", ["x": x, "axes": [1, 2], "gamma": two]) }
        == "layer_norm 'y': gamma must have the extents of the normalized axes, tensor<fp32, [2, 2]>, found tensor<fp32, [2]>")
    #expect(fault { try output("l2_norm", ["x": flat]) } == "l2_norm 'y': x must have rank at least 3, found tensor<fp32, [1, 2]>")
    #expect(
      fault { try output("local_response_norm", ["x": x, "size": 0]) }
        == "local_response_norm 'y': size must be at least 1, found 0")
  }

  /// Channels-last layout and large planes: the result of an image does not depend on other images in the batch.
  @Test func largeImages() throws {
    var random = SplitMix64(seed: 5)
    let large = Tensor((0..<2 * 70 * 30 * 31).map { _ in Float(random.normal()) * 3 + 10 }, shape: [2, 70, 30, 31])
    for (type, parameters) in [("instance_norm", [:]), ("l2_norm", [:]), ("layer_norm", ["axes": [2, 3]])] as [(String, [String: [Int]])] {
      let plain = try parameters["axes"].map { try makeCall(type, ["x": large, "axes": $0]) } ?? makeCall(type, ["x": large])
      let expected = try plain.evaluate()[0].floats()
      for order in [[0, 2, 3, 1], [1, 0, 2, 3]] {
        let result = try plain.evaluate(order: order)[0].floats()
        #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(type) \(order)")
      }
    }
  }
}
