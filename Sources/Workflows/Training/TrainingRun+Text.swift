// SPDX-License-Identifier: Apache-2.0
// A training run as text: what is trained, what is not, and why.

import Options
import TextLayout
import Training

extension TrainingRun {
  /// The run in one line.
  package var summary: String {
    let methods = trainer.rules.map(\.method)
    return "Trainer of \(model.name): \(trainer.parameterNames.count) parameters, \(trainer.step) steps done"
      + (methods.isEmpty ? "" : ", with \(methods.joined(separator: ", "))")
  }

  /// The run with the kinds of parameters, the constants that are not trained, and the restored norms.
  package func text(in frame: DisplayFrame) -> String {
    let lines = [summary, "trained: \(trained)"] + fixed + norms
    return lines.map { DisplayWidth.wrap($0, to: frame.columns) }.joined(separator: "\n")
  }

  /// `conv weight 21, conv bias 21, linear weight`.
  private var trained: String {
    var kinds: [(name: String, count: Int)] = []
    for constant in trainer.trainedConstants {
      let name = constant.uses.first.map { "\($0.operatorType) \($0.parameter)" } ?? constant.name
      if let i = kinds.firstIndex(where: { $0.name == name }) { kinds[i].count += 1 } else { kinds.append((name, 1)) }
    }
    return kinds.map { $0.count == 1 ? $0.name : "\($0.name) \($0.count)" }.joined(separator: ", ")
  }

  /// A line for each reason. Single numbers of formulas are left out.
  private var fixed: [String] {
    var reasons: [FixedReason] = []
    let shown = trainer.fixedConstants.filter { $0.reason != .scalar }
    for (_, reason) in shown where !reasons.contains(reason) { reasons.append(reason) }
    var hasChoice = false
    let lines = reasons.map { reason in
      let own = shown.filter { $0.reason == reason }.map(\.constant.name)
      let names = Self.listed(own)
      defer { if reason.isChoice { hasChoice = true } }
      return "not trained: \(names): \(reason.description)"
    }
    return lines + (hasChoice ? ["parameters = { patterns of names } decides otherwise"] : [])
  }

  private var norms: [String] {
    guard setup.norms.rule == .restore else { return [] }
    let count = trainer.norms.count
    let skipped = trainer.skippedNorms
    let layers = count + skipped.count
    let source =
      trainer.normSamples > 0 ? "statistics of \(trainer.normSamples) samples" : "statistics come from the data before the first step"
    var lines = [
      count > 0
        ? "norms: batch norms restored behind \(count) of \(layers) convolutions and linear layers; \(source)"
        : layers > 0
          ? "norms: nothing to restore: none of the \(layers) convolutions and linear layers had a batch norm"
          : "norms: nothing to restore: there are no convolutions and linear layers"
    ]
    lines += ReasonGroups(skipped, reason: \.reason).groups.map { group in
      "no norm behind \(Self.listed(group.elements.map(\.layer))): \(group.reason)"
    }
    return lines
  }

  /// The first names, and how many follow.
  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(3).map { DisplayWidth.shorten(DisplayWidth.printable($0), to: 40) }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
