// SPDX-License-Identifier: Apache-2.0
// The implementation of the evaluator's predictor protocol for models.

import Evaluation
import ModelPackages
import Runtime
import Tensors

extension Model: Predictor {
  package var inputNames: [String] { interface.inputs.filter { !$0.isOptional }.map(\.name) }

  package var suppliedInputs: Set<String> { Set(TokenScores(self)?.supplied ?? []) }

  /// The rule for the first axes of the inputs; of a language model, whose other inputs can be supplied, that of the token ids.
  package var batchRule: BatchRule {
    if let language = TokenScores(self), language.isStateful || !language.supplied.isEmpty { return language.batchRule }
    var rule = BatchRule.any
    for feature in interface.inputs {
      // The batch size of image inputs is one.
      guard let array = feature.array else { return .fixed(1) }
      rule = rule.intersected(with: array.batchRule)
    }
    return rule
  }

  package var classNames: [String]? { classLabels?.map(\.description) }

  package var classIDs: [Int]? {
    guard let labels = classLabels, !labels.isEmpty else { return nil }
    let ids = labels.compactMap { if case .integer(let id) = $0 { id } else { nil } }
    return ids.count == labels.count ? ids : nil
  }

  package func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? {
    switch interface.input(named: input)?.kind {
    case .array(let array)?: array.dtype.flatMap { tensor.unfitElement(for: $0) }
    case .image(let image)?: image.colorSpace.unfitPixel(of: tensor)
    default: nil
    }
  }

  /// Warns about 8-bit images that are passed to a floating-point input without scaling, since a package does not
  /// specify the range that the model was trained on.
  package func doubt(about tensor: Tensor, for input: String) -> String? {
    guard let dtype = interface.input(named: input)?.array?.dtype, dtype.isFloat, tensor.dtype == .uint8, tensor.rank >= 3 else {
      return nil
    }
    guard tensor.withElements(of: UInt8.self, { $0.contains { $0 > 1 } }) else { return nil }
    return "input '\(input)' is \(dtype) and is given uint8 values beyond 1 as they are; if the model expects 0 to 1, "
      + "scale them: t:scale(1 / 255), or scale = 1 / 255 of wane.dataset"
  }

  /// A classifier's probabilities become one row of scores; its label is omitted.
  ///
  /// A language model is given the positions and masks that `inputs` lack, and new states for each text.
  package func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    var inputs = inputs
    if let language = TokenScores(self), let tokens = inputs[language.tokenInput] {
      let missing = Set(language.supplied).subtracting(inputs.keys)
      if inputs.count == 1, language.isStateful || !missing.isEmpty { return try language.logits(tokens) }
      inputs.merge(language.values(of: missing, tokens)) { given, _ in given }
    }
    return scores(try predict(inputs.mapValues { ModelInput.tensor($0) }, state: interface.states.isEmpty ? nil : makeState()))
  }

  package var concurrency: Int { interface.states.isEmpty ? options.threads ?? Parallel.threads : 1 }

  package func predict(calls: [[String: Tensor]]) throws -> [[String: Tensor]] {
    let names = Set(inputNames)
    guard interface.states.isEmpty, calls.allSatisfy({ names.isSubset(of: $0.keys) }) else { return try calls.map(predict) }
    return try predict(calls: calls.map { $0.mapValues { ModelInput.tensor($0) } }).map(scores)
  }

  private func scores(_ outputs: [String: OutputValue]) -> [String: Tensor] {
    outputs.compactMapValues { value in
      switch value {
      case .tensor(let tensor): tensor
      case .probabilities(let all): Tensor(all.map { Float($0.probability) }, shape: [1, all.count])
      case .label: nil
      }
    }
  }
}

extension ArrayFeature {
  var batchRule: BatchRule {
    switch flexibility {
    case .fixed: shape.first.map { .fixed($0) } ?? .unbatched
    case .enumerated(let shapes): .oneOf(([shape] + shapes).compactMap(\.first).sorted())
    case .ranges(let ranges): ranges.first.map { .range(max($0.lower, 1)...($0.upper ?? Int.max)) } ?? .unbatched
    }
  }
}

extension BatchRule {
  /// The sizes that both rules permit; a fixed size takes precedence.
  func intersected(with other: BatchRule) -> BatchRule {
    switch (self, other) {
    case (.any, let rule), (let rule, .any): rule
    case (.unbatched, _), (_, .unbatched): .unbatched
    case (.fixed(let n), _), (_, .fixed(let n)): .fixed(n)
    case (.range(let a), .range(let b)):
      a.overlaps(b) ? .range(a.clamped(to: b)) : .fixed(a.lowerBound)
    case (.oneOf(let sizes), .range(let range)), (.range(let range), .oneOf(let sizes)):
      .oneOf(sizes.filter(range.contains))
    case (.oneOf(let a), .oneOf(let b)): .oneOf(a.filter(b.contains))
    }
  }
}
