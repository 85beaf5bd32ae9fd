// SPDX-License-Identifier: Apache-2.0
// Compares the traits of operators with manually written tables.

import MIL
import Operators
import Tensors
import Testing

@Suite("Traits") struct TraitsTests {
  /// The names of the operators that satisfy a condition on their traits.
  private static func names(_ condition: (any Operator.Type) -> Bool) -> Set<String> {
    Set(Catalog.all.filter(condition).map { $0.signature.name })
  }

  // MARK: Cost

  private static func flops(_ type: String, _ operands: [String: [Operand]], outputs: [Shape]) throws -> Int {
    let op = try #require(Catalog.find(named: type))
    let operation = Operation(type: type, outputs: [])
    return op.flops(Call(operation: operation, opset: .iOS18, signature: op.signature, operands: operands), outputs: outputs)
  }

  private static func value(_ shape: Shape) -> [Operand] { [Operand(name: "v", type: .tensor(.float32, shape))] }

  @Test func movingDataCountsNothing() {
    let unknown: [Shape] = [[7]]
    let found = Self.names { op in
      op.flops(
        Call(operation: Operation(type: op.signature.name, outputs: []), opset: .iOS18, signature: op.signature, operands: [:]),
        outputs: unknown)
        == 0
    }
    let moving: Set = [
      "argsort", "band_part", "batch_to_space", "cast", "classify", "concat", "cond", "coreml_update_state", "crop", "crop_resize",
      "depth_to_space", "expand_dims", "fill", "fill_like", "flatten2d", "gather", "gather_along_axis", "gather_nd", "identity",
      "list_gather", "list_length", "list_read", "list_scatter", "list_write", "make_list", "non_zero", "one_hot", "pad", "pixel_shuffle",
      "pixel_unshuffle", "random_bernoulli", "random_categorical", "random_normal", "random_uniform", "range_1d", "read_state", "reshape",
      "reshape_like", "reverse", "reverse_sequence", "scatter", "scatter_along_axis", "scatter_nd", "select", "shape", "slice_by_index",
      "slice_by_size", "slice_update", "sliding_windows", "space_to_batch", "space_to_depth", "split", "squeeze", "stack", "tile", "topk",
      "transpose", "while_loop", "write_state",
    ]
    // Products, pooling and reductions depend on the shapes of their inputs, which are unknown here.
    let unread = found.filter {
      $0.hasPrefix("reduce_")
        || ["conv", "conv_transpose", "linear", "matmul", "gru", "lstm", "rnn", "scaled_dot_product_attention"].contains($0)
    }
    #expect(found.subtracting(unread).filter { !$0.hasPrefix("constexpr_") } == moving)
    #expect(Self.names { $0.signature.name.hasPrefix("constexpr_") }.isSubset(of: found))
  }

  @Test func productsAreCountedExactly() throws {
    // 2 · 4 · 3 · 3 for each of the 1 · 8 · 5 · 5 results.
    let conv = try Self.flops("conv", ["x": Self.value([1, 4, 5, 5]), "weight": Self.value([8, 4, 3, 3])], outputs: [[1, 8, 5, 5]])
    #expect(conv == 2 * 36 * 200)
    // 2 · 8 · 2 · 2 for each of the 1 · 4 · 5 · 5 inputs.
    let transposed = try Self.flops(
      "conv_transpose", ["x": Self.value([1, 4, 5, 5]), "weight": Self.value([4, 8, 2, 2])], outputs: [[1, 8, 10, 10]])
    #expect(transposed == 2 * 32 * 100)
    #expect(try Self.flops("linear", ["x": Self.value([3, 7]), "weight": Self.value([5, 7])], outputs: [[3, 5]]) == 2 * 7 * 15)
    let product = ["x": Self.value([7, 3]), "y": Self.value([7, 5]), "transpose_x": [Operand(Tensor(scalar: true))]]
    #expect(try Self.flops("matmul", product, outputs: [[3, 5]]) == 2 * 7 * 15)
    // Scores 2 · 4 · 6 of depth 8, 3 for each, and values of depth 5 from 6 keys.
    let attention = try Self.flops(
      "scaled_dot_product_attention", ["query": Self.value([2, 4, 8]), "key": Self.value([2, 6, 8])], outputs: [[2, 4, 5]])
    #expect(attention == 2 * 48 * 8 + 2 * 40 * 6 + 3 * 48)
    let lstm = ["x": Self.value([9, 2, 3]), "weight_ih": Self.value([16, 3]), "weight_hh": Self.value([16, 4])]
    #expect(try Self.flops("lstm", lstm, outputs: [[9, 2, 4]]) == 2 * 18 * (48 + 64))
    let pool = ["x": Self.value([1, 1, 4, 4]), "kernel_sizes": [Operand(Tensor([Int32(2), 3], shape: [2]))]]
    #expect(try Self.flops("max_pool", pool, outputs: [[1, 1, 2, 2]]) == 4 * 6)
    #expect(try Self.flops("reduce_sum", ["x": Self.value([3, 5])], outputs: [[3]]) == 15)
    #expect(try Self.flops("softmax", ["x": Self.value([3, 5])], outputs: [[3, 5]]) == 60)
    #expect(try Self.flops("add", ["x": Self.value([3, 5]), "y": Self.value([5])], outputs: [[3, 5]]) == 15)
  }

  // MARK: Weights

  @Test func trainableParameters() {
    var found: [String: Set<String>] = [:]
    for op in Catalog.all {
      for parameter in op.weights.parameters where parameter.training != .statistic {
        found[op.signature.name, default: []].insert(parameter.name)
      }
    }
    let recurrent: Set = ["weight_ih", "weight_hh", "bias"]
    #expect(
      found == [
        "conv": ["weight", "bias"], "conv_transpose": ["weight", "bias"], "linear": ["weight", "bias"],
        "batch_norm": ["gamma", "beta"], "instance_norm": ["gamma", "beta"], "layer_norm": ["gamma", "beta"], "prelu": ["alpha"],
        "softplus_parametric": ["alpha", "beta"], "matmul": ["x", "y"], "add": ["x", "y"], "sub": ["x", "y"], "mul": ["x", "y"],
        "einsum": ["values"], "gather": ["x"], "gather_along_axis": ["x"], "gather_nd": ["x"], "rnn": recurrent, "gru": recurrent,
        "lstm": recurrent.union(["weight_ih_back", "weight_hh_back", "bias_back", "peephole"]),
      ])
    #expect(Self.names { $0.weights.parameters.contains { $0.training == .learnedUnlessScalar } } == ["matmul", "add", "sub", "mul"])
    #expect(Self.names { $0.weights.parameters.contains { $0.training == .statistic } } == ["batch_norm"])
  }

  /// A trait with the name of a nonexistent parameter would have no effect.
  @Test func traitsNameParametersThatThereAre() {
    for op in Catalog.all {
      let known = Set(op.signature.parameters.map(\.name))
      let traits = op.weights
      var named = traits.parameters.map(\.name) + traits.parameters.compactMap(\.axes.transposition) + op.activations.quantized
      if let groups = traits.groups { named.append(groups) }
      if op.activations.sharesRange || op.activations.isCopy || op.activations.isSoftmax { named.append("x") }
      #expect(known.isSuperset(of: named), "\(op.signature.name): \(named)")
    }
  }

  @Test func layers() {
    let table = Catalog.weightTable
    #expect(table.operators(of: Set(LayerKind.allCases)) == ["conv", "conv_transpose", "gather", "linear", "matmul"])
    #expect(table.operators(of: [.convolution, .linear]) == ["conv", "linear"])
    #expect(table["relu"] == WeightTraits() && table["unheard_of"] == WeightTraits())
    #expect(table["conv"].groups == "groups" && table["conv_transpose"].groups == "groups" && table["linear"].groups == nil)
  }

  // MARK: Activations

  @Test func activations() {
    let quantized = Dictionary(
      uniqueKeysWithValues: Catalog.all.map { ($0.signature.name, $0.activations.quantized) }.filter { !$0.1.isEmpty })
    #expect(
      quantized == [
        "conv": ["x"], "conv_transpose": ["x"], "linear": ["x"], "matmul": ["x", "y"], "add": ["x", "y"], "mul": ["x", "y"],
        "avg_pool": ["x"], "max_pool": ["x"],
      ])
    #expect(Self.names { $0.activations.needsAllQuantized } == ["add", "mul"])
    #expect(
      Self.names { $0.activations.sharesRange } == [
        "max_pool", "reshape", "transpose", "squeeze", "expand_dims", "slice_by_index", "slice_by_size", "identity",
      ])
    #expect(Self.names { $0.activations.isNonNegative } == ["relu", "relu6", "sigmoid", "softmax", "square", "abs", "exp"])
    #expect(Self.names { $0.activations.isCopy } == ["identity", "cast"])
    #expect(Self.names { $0.activations.isSoftmax } == ["softmax"])
    #expect(Self.names { $0.activations.codes != nil } == ["quantize", "dequantize", "max_pool"])
  }

  // MARK: Foreign names

  @Test func modulesOfPyTorch() {
    var found: [String: Set<String>] = [:]
    for op in Catalog.all {
      for module in op.foreignNames.torch {
        found[module.name, default: []].insert(op.signature.name + (module.rank.map { " \($0)" } ?? ""))
      }
    }
    #expect(
      found == [
        "Linear": ["linear", "matmul"], "Conv1d": ["conv 3"], "Conv2d": ["conv 4"], "Conv3d": ["conv 5"],
        "ConvTranspose1d": ["conv_transpose 3"], "ConvTranspose2d": ["conv_transpose 4"], "ConvTranspose3d": ["conv_transpose 5"],
        "Embedding": ["gather"], "LSTM": ["lstm"], "GRU": ["gru"], "RNN": ["rnn"], "BatchNorm1d": ["batch_norm"],
        "BatchNorm2d": ["batch_norm"], "BatchNorm3d": ["batch_norm"], "LayerNorm": ["layer_norm"], "ReLU": ["relu"], "ReLU6": ["relu6"],
        "LeakyReLU": ["leaky_relu"], "PReLU": ["prelu"], "ELU": ["elu"], "GELU": ["gelu"], "SiLU": ["silu"], "Sigmoid": ["sigmoid"],
        "Tanh": ["tanh"], "Softmax": ["softmax"], "MaxPool1d": ["max_pool"], "MaxPool2d": ["max_pool"], "MaxPool3d": ["max_pool"],
        "AvgPool1d": ["avg_pool"], "AvgPool2d": ["avg_pool"], "AvgPool3d": ["avg_pool"], "AdaptiveAvgPool2d": ["avg_pool", "reduce_mean"],
      ])
  }

  /// Each ONNX name belongs to a single operator.
  @Test func typesOfONNXAreUnambiguous() {
    let types = Catalog.all.flatMap { $0.foreignNames.onnx }
    #expect(types.count > 20 && Set(types).count == types.count)
  }

  @Test func parametersThatWereWithdrawn() {
    let found = Catalog.all.flatMap { op in
      op.signature.parameters.compactMap { p in p.withdrawal.map { "\(op.signature.name).\(p.name) \($0.opset)" } }
    }
    #expect(found.sorted() == ["crop_resize.roi \(Opset.iOS17)", "non_maximum_suppression.score_threshold \(Opset.iOS17)"])
  }
}
