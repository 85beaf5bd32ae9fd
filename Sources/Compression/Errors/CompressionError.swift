// SPDX-License-Identifier: Apache-2.0
// Errors of compression.

import Calibration
import Encodings
import MIL
import Options
import Tensors

/// A recipe that is invalid, or cannot be applied to this program.
package enum CompressionError: Error, Equatable, Sendable {
  /// There is no technique or configuration class with this name.
  case unknownTechnique(name: String, known: [String])
  /// The consumers of a weight have different settings.
  case conflict(
    weight: String, first: String, firstSetting: String, second: String, secondSetting: String)
  /// A combination of techniques that the format does not support.
  case cannotJoin(weight: String, present: EncodingScheme, technique: String, reason: String)
  /// A structured technique was asked for operators that it does not support.
  case unsupportedOperator(technique: String, operatorType: String, supported: [String])
  /// A block size that is incompatible with the weight's rank.
  case blockRank(weight: String, sizes: [Int], shape: Shape)
  /// A user-defined table function returned an invalid result.
  case lutFunction(weight: String, problem: String)
  /// A technique that is written in a script failed, or returned something that does not fit the weight.
  case script(technique: String, weight: String, problem: String)
  /// The technique reads statistics of the weights' inputs, and there are none. `algorithm` is empty if it has no such option.
  case noStatistics(technique: String, algorithm: String, needed: [String])
  /// A replacement does not fit its weight.
  case replacement(weight: String, problem: String)
  /// There is no weight with this name.
  case noWeight(name: String, known: [String])
  /// The caller cancelled the compression.
  case cancelled
}

extension CompressionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownTechnique(let name, let known):
      "there is no technique '\(name)'; \(Suggestion.hint(for: name, among: known, called: "techniques"))"
    case .conflict(let weight, let first, let firstSetting, let second, let secondSetting):
      "\(weight) is shared by \(first) (\(firstSetting)) and \(second) (\(secondSetting)), whose settings differ; "
        + "tied = \"split\" stores it once for each"
    case .cannotJoin(let weight, let present, let technique, let reason):
      "\(weight) is already \(present): \(technique) cannot follow, \(reason); joint = false leaves such weights alone"
    case .unsupportedOperator(let technique, let type, let supported):
      "\(technique): block and n:m sparsity do not support operators of type \(type), only \(supported.joined(separator: " and "))"
    case .blockRank(let weight, let sizes, let shape):
      "\(weight): block_size has \(sizes.count) entries, the weight's shape \(shape) has \(shape.count) axes; give one number, or op_names"
    case .lutFunction(let weight, let problem):
      "\(weight): lut_function \(problem)"
    case .script(let technique, let weight, let problem):
      "technique \(technique), weight \(weight): \(problem)"
    case .noStatistics(let technique, let algorithm, let needed):
      "\(technique)\(algorithm.isEmpty ? "" : ": algorithm \(algorithm)") reads statistics of the weights' inputs (\(needed.joined(separator: ", "))); "
        + "calibration = data gives them, data being a Dataset or model:calibrate(data)"
    case .replacement(let weight, let problem):
      "\(weight): \(problem)"
    case .noWeight(let name, let known):
      "there is no weight '\(name)'; \(Suggestion.hint(for: name, among: known, called: "weights"))"
    case .cancelled:
      "compression was interrupted"
    }
  }
}

/// The reason for skipping a weight.
///
/// The description is a sentence for the report.
package enum SkipReason: Error, Equatable, Sendable {
  case leftAlone(rule: String)
  case notSelected
  case rank(Int)
  case small(count: Int, threshold: Int)
  case elementType(DType)
  case blockOutput
  case unused
  case alreadyCompressed(EncodingScheme)
  case fewStored(Int)
  case unsettledAxes(consumers: [String])
  case indivisible(axis: Int, extent: Int, by: Int, option: String)
  case unnested(axis: Int, groups: Int, blocks: Int)
  case indivisibleGroup(groupSize: Int, clusterDim: Int)
  case groupedConvolution(extent: Int, clusterDim: Int, groups: Int)
  case notFinite(count: Int)
  case tooManyValues(limit: Int)
  case notSparseEnough(found: Double, minimum: Double)
  case blockTooLarge(option: String, size: Int, channels: Int)
  case unstructuredConsumer(String)
  case channelAxis(Int, rank: Int)
  /// A reason that a script gives.
  case script(String)
  case scatteredBlocks(algorithm: String)
  case statisticsSize(found: Int, expected: Int)
  case calibration(CalibrationError)
}

extension SkipReason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .leftAlone(let rule): "\(Self.leftAlonePrefix) (\(rule))"
    case .notSelected: "not selected by `where`"
    case .rank(let rank): "\(Self.rankPrefix)\(rank): only weights with two axes or more are compressed"
    case .small(let count, let threshold):
      "\(count) elements do not exceed weight_threshold \(threshold)"
    case .elementType(let dtype): "its elements are \(dtype), not floats"
    case .blockOutput: "it is an output of its block"
    case .unused: "no operator reads it"
    case .alreadyCompressed(let scheme): "already \(scheme), and joint = false"
    case .fewStored(let count): "only \(count) values are stored for it, too few to compress further"
    case .unsettledAxes(let consumers):
      "its consumers \(consumers.joined(separator: ", ")) disagree on the channel axes; tied = \"split\" stores it once for each"
    case .indivisible(let axis, let extent, let size, let option):
      "axis \(axis): \(extent) is not divisible by \(option) \(size)"
    case .unnested(let axis, let groups, let blocks):
      "axis \(axis): \(groups) groups that share a table and \(blocks) blocks that share a scale do not fit into each other"
    case .indivisibleGroup(let group, let dim):
      "group_size \(group) is not divisible by cluster_dim \(dim)"
    case .groupedConvolution(let extent, let dim, let groups):
      "\(extent) channels in each of \(groups) convolution groups are not divisible by cluster_dim \(dim)"
    case .notFinite(let count): "\(count) of its elements are infinite or not a number"
    case .tooManyValues(let limit): "it has more than \(limit) distinct values"
    case .notSparseEnough(let found, let minimum):
      "sparsity \(Self.short(found)) is below minimum_sparsity_percentile \(Self.short(minimum))"
    case .blockTooLarge(let option, let size, let channels):
      "\(option) \(size) is more than half of its \(channels) channels"
    case .unstructuredConsumer(let consumer):
      "block and n:m sparsity need the weight of a conv or linear, this is \(consumer)"
    case .script(let reason): reason
    case .channelAxis(let axis, let rank): "channel_axis \(axis) is outside its \(rank) axes"
    case .scatteredBlocks(let algorithm):
      "its blocks divide an axis behind the first input axis, which algorithm \(algorithm) does not support"
    case .statisticsSize(let found, let expected):
      "its statistics are of \(found) inputs, its rows have \(expected) elements; they belong to another model"
    case .calibration(let error): error.description
    }
  }

  /// The start of the reason for weights that rules exclude.
  static let leftAlonePrefix = "left alone by the recipe"
  /// The start of the reason for vectors and scalars.
  static let rankPrefix = "rank "

  private static func short(_ value: Double) -> String { "\((value * 10000).rounded() / 10000)" }
}
