// SPDX-License-Identifier: Apache-2.0
// The `classify` operation of a classifier, which converts probabilities to a label.

import MIL
import Operators
import Tensors

extension ClassLabel {
  /// The labels of a block's classifier, in the order of its probabilities; `nil` if the block has no classifier.
  package static func labels(of block: Block) throws -> [ClassLabel]? { try Classifier(block)?.classes }
}

/// The `classify` operation of a block: its probabilities, its labels and its outputs.
struct Classifier {
  private let probabilities: String
  let classes: [ClassLabel]
  private let labelOutput: String
  private let tableOutput: String?

  /// The block's classifier; `nil` if it has none.
  init?(_ block: Block) throws {
    let labeling = block.operations.last { operation in if case .label = Catalog.known(operation)?.execution { true } else { false } }
    guard let operation = labeling else { return nil }
    guard let source = operation.bindings("probabilities")?.first?.name, let label = operation.outputs.first else {
      throw OperatorError(operatorName: operation.type, operationName: operation.name, problem: "the input probabilities is missing")
    }
    let binding = operation.bindings("classes")?.first
    let constant: Constant? =
      switch binding {
      case .constant(let value): value
      case .name(let name): block.operations.first { $0.outputs.first?.name == name }?.constantValue
      case nil: nil
      }
    guard let constant else {
      throw OperatorError(operatorName: operation.type, operationName: operation.name, problem: "the input classes is missing")
    }
    switch constant.payload {
    case .strings(let names): classes = names.map { .string($0) }
    case .tensor(let ids): classes = ids.integers().map { .integer($0) }
    case .list(let items):
      classes = items.compactMap { item in
        item.string.map { .string($0) } ?? item.tensor?.integers().first.map { .integer($0) }
      }
    default:
      throw OperatorError(
        operatorName: operation.type, operationName: operation.name, problem: "classes must be strings or integers")
    }
    probabilities = source
    labelOutput = label.name
    tableOutput = operation.outputs.count > 1 ? operation.outputs[1].name : nil
  }

  /// The tensor that an output is read from; `nil` for outputs that the classifier does not produce.
  func source(of output: String) -> String? {
    output == labelOutput || output == tableOutput ? probabilities : nil
  }

  /// The classifier's output of that name; `nil` for other names.
  func output(_ name: String, from tensor: Tensor) -> OutputValue? {
    let values = tensor.doubles()
    if name == labelOutput {
      // Ties go to the first label.
      var best = 0
      for i in values.indices where values[i] > values[best] { best = i }
      return best < classes.count ? .label(classes[best]) : nil
    }
    guard name == tableOutput else { return nil }
    return .probabilities(zip(classes, values).map { ($0, $1) })
  }
}
