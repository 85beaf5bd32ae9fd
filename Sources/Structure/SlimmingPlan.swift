// SPDX-License-Identifier: Apache-2.0
// Which channels of a function are removed.

import Algebra
import MIL
import Tensors

/// How channels are chosen.
package struct SlimmingOptions: Sendable {
  /// The part of the channels of each group that is removed, 0 to below 1.
  package var ratio: Double
  /// The numbers of channels that stay are multiples of this, where the group has as many.
  package var multiple = 1
  /// Whether channels that several operations produce together (residual sums) may be removed.
  package var includesShared = true

  package init(ratio: Double) { self.ratio = ratio }
}

/// Channels that are scored against each other: those that the same operations produce.
struct ChannelGroup {
  /// The classes, in the order of the first producer's channels, with the members of each.
  var classes: [Int] = []
  var producers: Set<Int> = []
}

extension ChannelGraph {
  /// The groups of removable channels, in program order: what an operation produces, nothing fixes, and a weight consumes.
  func groups(including shared: Bool) -> [ChannelGroup] {
    var consumed: Set<Int> = []
    for member in consumers { for channel in member.channels { consumed.insert(root(channel)) } }
    var makers: [Int: Set<Int>] = [:]
    var order: [Int] = []
    for member in producers {
      for channel in member.channels {
        let root = root(channel)
        if makers[root] == nil { order.append(root) }
        makers[root, default: []].insert(member.operation)
      }
    }
    var groups: [ChannelGroup] = []
    var positions: [Set<Int>: Int] = [:]
    for channel in order where !isFixed(channel) && consumed.contains(channel) {
      guard let operations = makers[channel], shared || operations.count == 1 else { continue }
      if positions[operations] == nil {
        positions[operations] = groups.count
        groups.append(ChannelGroup(producers: operations))
      }
      if let at = positions[operations] { groups[at].classes.append(channel) }
    }
    return groups
  }

  /// The importance of each class: the mean, over the weights that produce or consume its channels, of their squared norm relative
  /// to the weight's other channels. With mean squares of activations, consumers count alone, as what they add to their outputs.
  ///
  /// - Parameter activations: the moments of a value along an axis; `nil` to score by the weights.
  func scores(_ activations: ((_ value: String, _ axis: Int) -> ChannelMoments?)?) throws -> [Int: Double] {
    var sums: [Int: Double] = [:]
    var counts: [Int: Int] = [:]
    func add(_ member: Member, _ factors: [Double]?) throws {
      guard let weight = tensor(member.weight) else { return }
      let others = weight.shape.indices.filter { $0 != member.axis }
      var norms = try weight.cast(to: .float32).mapped(.square).reduced(.sum, others).doubles()
      guard norms.count == member.channels.count else { return }
      if let factors, factors.count == norms.count { for i in norms.indices { norms[i] *= factors[i] } }
      let mean = norms.reduce(0, +) / Double(max(norms.count, 1))
      guard mean > 0 else { return }
      for (channel, norm) in zip(member.channels, norms) {
        sums[root(channel), default: 0] += norm / mean
        counts[root(channel), default: 0] += 1
      }
    }
    if activations == nil { for member in producers { try add(member, nil) } }
    for member in consumers {
      guard let input = member.input else { continue }
      try add(member, activations.flatMap { $0(input.name, input.axis)?.squares })
    }
    for (root, count) in counts { sums[root] = (sums[root] ?? 0) / Double(max(count, 1)) }
    return sums
  }

  /// The classes that are removed: of each group those with the lowest scores.
  func removed(_ options: SlimmingOptions, _ scores: [Int: Double]) -> Set<Int> {
    var removed: Set<Int> = []
    for group in groups(including: options.includesShared) {
      let count = group.classes.count
      var kept = count - Int(options.ratio * Double(count))
      let multiple = max(options.multiple, 1)
      if kept % multiple != 0 { kept = min(count, (kept + multiple - 1) / multiple * multiple) }
      kept = max(1, kept)
      let ranked = group.classes.enumerated().sorted { a, b in
        (scores[a.element] ?? 0, -a.offset) < (scores[b.element] ?? 0, -b.offset)
      }
      removed.formUnion(ranked.prefix(count - kept).map(\.element))
    }
    return removed
  }
}
