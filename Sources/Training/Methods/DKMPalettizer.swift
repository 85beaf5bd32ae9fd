// SPDX-License-Identifier: Apache-2.0
// Palettization during training: differentiable k-means, which learns tables and indices together with the weights.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// coremltools' `DKMPalettizer`.
package struct DKMPalettizer: TrainingMethod {
  enum Granularity: String, CaseIterable, Sendable {
    case tensor = "per_tensor"
    case groupedChannel = "per_grouped_channel"
  }
  enum TableType: String, CaseIterable, Sendable {
    case f32, f16, i8, u8
  }
  enum Mode: String, CaseIterable, Sendable {
    case dkm, hard
  }
  enum ActivationType: String, CaseIterable, Sendable {
    case qint8, quint8, float32
  }
  enum Start: String, CaseIterable, Sendable {
    case auto, opt1d
    case plusPlus = "kmeans++"
    case plusPlusOnProcessor = "cpu.kmeans++"
  }
  enum ScaleScheme: String, CaseIterable, Sendable {
    case minMax = "min_max"
    case abs
  }

  var nBits: Int?
  package var weightThreshold = 2048
  var granularity = Granularity.tensor
  var groupSize: Int?
  var channelAxis = 0
  var enablePerChannelScale = false
  var milestone = 0
  var clusterDim: Int?
  var lutDtype = TableType.f32
  var palettTau = 1e-4
  var palettEpsilon = 1e-4
  var kmeansMaxIter = 3
  var pruneThreshold = 1e-7
  var zeroThreshold = 1e-7
  var enforceZero = false
  var palettMode = Mode.dkm
  var scaleScheme = ScaleScheme.minMax
  var quantizeActivations = false
  var dtype = ActivationType.qint8
  var quantMin = -128
  var quantMax = 127
  var palettClusterTol = 0.0
  var percentagePalettEnable = 1.0
  var kmeansInit = Start.auto

  package init() {}

  package static let name = "palettize"
  package static let configType = "ModuleDKMPalettizerConfig"
  package static let summary = "Learn small tables of values for the weights by differentiable k-means."
  package static let source = "Cho et al. 2022; coremltools.optimize.torch.palettization.DKMPalettizer"
  package static let order = 1
  package static let suffix = WeightSuffix.palettized
  package static let layers: Set<LayerKind> = [.convolution, .linear, .product, .embedding]

  package static var options: [Option<Self>] { working + foreign }

  private static var working: [Option<Self>] {
    [
      .integer("n_bits", \.nBits, oneOf: DType.indexWidths, "bits of an index; by default 4 for linear and 2 for other operators")
        .aliases("nbits", "bits"),
      .integer("weight_threshold", \.weightThreshold, in: 0...Int.max, "only weights with more elements are palettized"),
      .choice("granularity", \.granularity, "one table for a weight, or one for each group of output channels"),
      .integer("group_size", \.groupSize, in: 1...Int.max, "with per_grouped_channel: channels that share a table"),
      .integer("channel_axis", \.channelAxis, in: 0...0, "axis of the groups; output channels only"),
      .bool("enable_per_channel_scale", \.enablePerChannelScale, "divide each output channel by a scale first"),
      .integer("milestone", \.milestone, in: 0...Int.max, "step at which clustering starts"),
      .integer("cluster_dim", \.clusterDim, in: 1...Int.max, "length of the table's vectors, along the output channels"),
      .choice("lut_dtype", \.lutDtype, "how the table's values are stored"),
      .number("palett_tau", \.palettTau, in: 1e-12...Double.infinity, "softness of the assignment, in squared weights"),
      .number("palett_epsilon", \.palettEpsilon, in: 0...Double.infinity, "change of the squared error at which iterations end"),
      .integer("kmeans_max_iter", \.kmeansMaxIter, in: 1...100, "iterations of k-means per step"),
      .number("prune_threshold", \.pruneThreshold, in: 0...Double.infinity, "subtracted from squared distances to the first centroid"),
      .number("zero_threshold", \.zeroThreshold, in: 0...1, "minimum weight of a cluster"),
      .bool("enforce_zero", \.enforceZero, "keep one value of the table at zero"),
      .choice("palett_mode", \.palettMode, "soft assignment by distance, or assignment to the nearest value"),
      .choice("per_channel_scaling_factor_scheme", \.scaleScheme, "half the range of a channel, or its largest magnitude"),
      .number(
        "palett_cluster_tol", \.palettClusterTol, in: 0...1, "fraction of the table that may be equal before equal values are separated"),
      .number(
        "percentage_palett_enable", \.percentagePalettEnable, in: 0...1, "fraction of the groups whose tables are learned, the first ones"),
      .bool("quantize_activations", \.quantizeActivations, "also round the inputs of the operators to 8 bits"),
      .choice("dtype", \.dtype, "with quantize_activations: the codes"),
      .integer("quant_min", \.quantMin, in: -128...0, "smallest code of the dtype"),
      .integer("quant_max", \.quantMax, in: 127...255, "largest code of the dtype"),
      .choice("kmeans_init", \.kmeansInit, "any value: the initial table of scalars has the minimum squared error"),
    ]
  }

  /// Options of coremltools that do not apply to programs or processors.
  private static var foreign: [Option<Self>] {
    let memory = "it saves memory of a GPU, or shares work among several"
    let first = "the first table has the least squared error anyway"
    return [
      .only("palett_max_mem", .number(1), memory), .only("palett_min_tsize", .integer(65536), memory),
      .only("palett_unique", .bool(false), memory), .only("palett_shard", .bool(false), memory),
      .only("palett_batch_mode", .bool(false), memory), .only("palett_dist", .bool(false), memory),
      .only("kmeans_batch_threshold", .integer(4), memory),
      .only("kmeans_opt1d_threshold", .integer(1024), first), .only("kmeans_n_init", .integer(10), first),
      .only("kmeans_error_bnd", .number(0), first),
      .only("cluster_permute", .null, "vectors and groups run along the output channels"),
      .only("add_extra_centroid", .bool(false), "indices of n_bits bits cannot address another entry"),
      .only("palett_lambda", .number(0), "it has no effect in coremltools 9"),
      .only("partition_size", .null, "it has been renamed to group_size"),
      .only("cluster_dtype", .null, "it has been renamed to lut_dtype"),
    ]
  }

  package func validate() throws(OptionError) {
    func fail(_ problem: String) -> OptionError { .combination(of: Self.name, problem: problem) }
    switch granularity {
    case .groupedChannel where groupSize == nil: throw fail("per_grouped_channel needs group_size")
    case .tensor where groupSize != nil: throw fail("group_size goes with granularity = \"per_grouped_channel\"")
    default: break
    }
    if (clusterDim ?? 1) > 1, enablePerChannelScale { throw fail("cluster_dim and enable_per_channel_scale exclude each other") }
    let isWhole = (quantMin, quantMax) == (-128, 127) || ((quantMin, quantMax) == (0, 255) && dtype != .qint8)
    guard isWhole else {
      throw fail("quant_min and quant_max must be -128 and 127, or with dtype = \"quint8\" 0 and 255: a program's quantize uses all codes")
    }
  }

  package var activations: LinearQuantizer? {
    guard quantizeActivations else { return nil }
    var rounding = LinearQuantizer()
    rounding.weightDtype = .float32
    rounding.activationDtype =
      switch dtype {
      case .qint8: .qint8
      case .quint8: .quint8
      case .float32: .float32
      }
    if milestone > 0 { rounding.milestones = [0, milestone, -1, -1] }
    return rounding
  }

  package func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)? {
    if !context.others.isEmpty { return (.iOS18, "joint compression") }
    if groupSize != nil { return (.iOS18, "palettization with several tables") }
    if (clusterDim ?? 1) > 1 { return (.iOS18, "palettization with vectors") }
    if enablePerChannelScale { return (.iOS18, "palettization with a per-channel scale") }
    if lutDtype == .i8 || lutDtype == .u8 { return (.iOS18, "palettization with quantized tables") }
    if nBits == 3 { return (.iOS18, "3-bit palettization") }
    return (.iOS16, "palettization")
  }

  package func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform {
    let dim = clusterDim ?? 1
    guard weight.outputAxis == 0 || (dim == 1 && groupSize == nil && !enablePerChannelScale) else {
      throw MethodSkip("groups, vectors and scales need weights with output channels first, this is \(weight.shape)")
    }
    let rows = weight.shape[0]
    let group = groupSize ?? rows
    guard rows % group == 0 else { throw MethodSkip("group_size = \(group) does not divide the \(rows) output channels") }
    guard group % dim == 0, rows / weight.groups % dim == 0 else {
      throw MethodSkip("cluster_dim = \(dim) does not divide the output channels of a group")
    }
    if dim > 1, context.others.contains(MagnitudePruner.name) {
      throw MethodSkip("tables of vectors have no form under a mask; leave cluster_dim at 1 with pruning")
    }
    let bits = nBits ?? (weight.layer == .linear || weight.layer == .product ? 4 : 2)
    guard weight.count / (rows / group) / dim >= 1 << bits else {
      throw MethodSkip("a group has fewer weights than the table has values")
    }
    if let start = context.start, (start.bits, start.dim, start.groupCount) != (bits, dim, rows / group) {
      throw MethodSkip(
        "its tables of \(start.bits) bits for \(start.groupCount) groups are not those of the options, \(bits) bits for \(rows / group)")
    }
    return ClusterTransform(
      self, weight, bits: bits, groupRows: group, isMasked: context.others.contains(MagnitudePruner.name), start: context.start,
      checkCancelled: context.checkCancelled)
  }
}
