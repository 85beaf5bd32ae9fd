// SPDX-License-Identifier: Apache-2.0
// Tensors of files in new networks: names, maps, shapes, what is missing.

import Foundation
import Testing

struct WeightFileTests {
  /// `net` is a new network, `tensors` are other elements for its layers by name.
  private static let networks = """
    net = wane.nn.model(
      wane.nn.sequential{ wane.nn.conv2d{ out_channels = 3, kernel_size = 3 }, wane.nn.relu{}, wane.nn.flatten{}, wane.nn.linear{ out_features = 5 } },
      { inputs = { x = { 2, 4, 4 } } })
    tensors = {}
    for _, w in ipairs(net.weights) do tensors[w.name] = w.values:scale(3) end
    tensors.conv_bias = wane.tensor{ 1, 2, 3 }
    tensors.linear_bias = wane.tensor{ 1, 2, 3, 4, 5 }
    path = scratch .. ".safetensors"
    x = wane.zeros{ 1, 2, 4, 4 }
    function read(options)
      wane.save_safetensors(path, tensors)
      local ok, result = pcall(function() return net:with_weights(path, options) end)
      os.remove(path)
      if not ok then error(result, 0) end
      return result
    end
    function same(model)
      local weights = {}
      for _, w in ipairs(model.weights) do weights[w.name] = w.values end
      return (weights.conv_weight - tensors.conv_weight):abs():max() == 0 and (weights.linear_weight - tensors.linear_weight):abs():max() == 0
    end

    """

  private func run(_ code: String) throws { try Script.run(Self.networks + code) }

  private func expectFailure(_ code: String, _ parts: [String]) {
    let failure = Script.failure(Self.networks + code)
    for part in parts { #expect(failure.contains(part), "\(failure)") }
  }

  @Test func aNewNetworkTakesTheTensorsOfAFile() throws {
    try run(
      """
      local loaded = read()
      assert(same(loaded) and not same(net))
      -- Zeros pass the convolution as its bias: [1, 1, 1, 1, 2, …] for every output.
      local y = loaded:predict{ x = x }.output
      local rows = tensors.linear_weight:reshape{ 5, 3, 4 }
      local expected = (rows:sum(2) * wane.tensor{ { 1, 2, 3 } }):sum(1) + tensors.linear_bias
      assert((y:reshape{ 5 } - expected):abs():max() < 1e-4)
      """)
  }

  @Test func aMapRenames() throws {
    try run(
      """
      local plain = tensors
      local function prefixed(prefix)
        tensors = {}
        for name, t in pairs(plain) do tensors[prefix .. name:gsub("_(%a+)$", ".%1")] = t end
      end
      prefixed("module.")
      local loaded = read{ map = function(name) return name:gsub("^module%.", "") end }
      tensors = plain
      assert(same(loaded))
      prefixed("")
      loaded = read()
      tensors = plain
      assert(same(loaded))
      tensors = { a = plain.conv_weight, b = plain.conv_bias, c = plain.linear_weight, d = plain.linear_bias, e = wane.zeros{ 2 } }
      loaded = read{ map = { a = "conv_weight", b = "conv_bias", c = "linear_weight", d = "linear_bias", e = false } }
      tensors = plain
      assert(same(loaded))
      """)
  }

  @Test func aStrictErrorListsEverything() {
    expectFailure("tensors.conv_bias = nil; read()", ["weights without a tensor: conv_bias"])
    expectFailure("tensors.linear_weight = nil; tensors.linear_bias = nil; read()", ["linear_weight", "linear_bias"])
    expectFailure(
      "tensors.extra = wane.zeros{ 2 }; tensors.conv_weight = wane.zeros{ 3, 3 }; tensors.linear_bias = nil; read()",
      ["conv_weight is [3, 2, 3, 3]", "tensors without a weight: extra", "without a tensor: linear_bias"])
    expectFailure("tensors = { something = wane.zeros{ 2 } }; read{ strict = false }", ["no tensor of"])
    expectFailure("read{ map = function(name) return 5 == 5 end }", ["map function must return"])
  }

  @Test func withoutStrictTheRestStays() throws {
    try run(
      """
      tensors.conv_bias, tensors.extra = nil, wane.zeros{ 2 }
      local loaded = read{ strict = false }
      assert(same(loaded))
      """)
  }

  @Test func matricesMayBeTransposed() throws {
    try run(
      """
      local plain = tensors.linear_weight
      tensors.linear_weight = plain:transpose{ 1, 0 }
      local loaded = read()
      tensors.linear_weight = plain
      assert(same(loaded))
      """)
    expectFailure(
      "tensors.linear_weight = tensors.linear_weight:transpose{ 1, 0 }; read{ transpose = 'never' }", ["linear_weight is [5, 12]"])
  }

  @Test func aStateDictionaryAndATrainingFollow() throws {
    try run(
      """
      local loaded = read()
      local t = wane.trainer(loaded, { lr = 0.01 })
      t:step{ inputs = { x = x }, labels = { 2 } }
      assert(not same(t:finalize()))
      """)
  }
}
