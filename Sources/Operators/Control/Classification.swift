// SPDX-License-Identifier: Apache-2.0
// The `classify` operator. The runtime executes it on the host, because labels are not tensors.

import MIL
import Tensors

/// The label with the highest probability, and a dictionary from every label to its probability.
enum Classify: RuntimeOperator {
  static let signature = Signature(
    "classify", [Parameter("probabilities", .only(.float32)), Parameter("classes", .only(.string, .int64))])
  static var execution: Execution { .label }

  static func infer(_ call: Call) throws -> [ValueType] {
    let probabilities = try call.type("probabilities")
    let classes = try call.operand("classes")
    let (label, count) = try labels(classes.type, call)
    guard label == .string || label == .int64 else { throw call.error("classes are \(label.name), expected strings or int64") }
    if let count, let expected = probabilities.dimensions.knownProduct, count != expected {
      throw call.error("classes has \(count) labels, expected one for each of the \(expected) probabilities")
    }
    return [.scalar(label), .dictionary(key: .scalar(label), value: .scalar(.float64))]
  }

  /// Type and number of the labels, for a list or a vector of labels.
  private static func labels(_ type: ValueType, _ call: Call) throws -> (DType, Int?) {
    switch type {
    case .list(let element, let length):
      guard let dtype = element.tensorType?.dtype else { throw call.error("classes must be labels, found \(type)") }
      return (dtype, length.size)
    case .tensor(let tensor): return (tensor.dtype, tensor.dimensions.knownProduct)
    default: throw call.error("classes must be a list of labels, found \(type)")
    }
  }
}

enum Classification {
  static let operators: [any Operator.Type] = [Classify.self]
}

extension Classify { static let gradient = Gradient.none("its results are labels") }
