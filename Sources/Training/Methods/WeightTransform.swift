// SPDX-License-Identifier: Apache-2.0
// The protocol for compressing a weight during training: a forward pass before each step, a backward pass after it.

import Encodings
import MIL
import Operators
import Tensors

/// A method applied to a weight.
///
/// The trainer stores the weight in 32 bits. Transforms, applied in sequence, compute the values that the step uses,
/// and propagate the gradient back. `evaluate` computes the values of the finalized model.
package protocol WeightTransform: AnyObject {
  /// The name of the method, and the suffix that is appended to the name of the stored weight.
  static var method: String { get }
  static var suffix: String { get }
  /// The entries of `report` for the weight.
  var report: [WeightFact] { get }
  /// Whether the transform is currently active.
  var isActive: Bool { get }
  /// Numbers that the optimizer can update in addition to the weight: learned scales.
  var learnable: [LearnedNumbers] { get }
  /// The numbers that the optimizer updates at the next step.
  var learned: [LearnedNumbers] { get }

  /// 1 for the elements that stay and 0 for those that the stored weight omits; `nil` if the transform omits none.
  var mask: [Float]? { get }

  /// Computes the weight for the next step. It may update internal state such as ranges and centroids.
  func forward(_ weight: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>) throws
  /// Converts the gradient of the result to the gradient of the argument; `weight` is the argument of the last
  /// `forward`.
  func backward(_ weight: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>)
  /// Computes the weight of the finalized model.
  func evaluate(_ weight: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>) throws
  /// Called after an optimizer step; `step` is the number of completed steps. `weight` is the next argument of
  /// `forward`.
  func advance(step: Int, _ weight: UnsafeMutablePointer<Float>)
  /// Encodes the weight for the finalized model.
  ///
  /// - Parameter weight: the result of the preceding transforms.
  func encode(_ weight: Tensor, dtype: DType) throws -> EncodedWeight

  /// The state that is needed to resume with bit-identical results.
  var state: [String: Tensor] { get }
  func restore(_ state: [String: Tensor]) throws
}

extension WeightTransform {
  package var learnable: [LearnedNumbers] { [] }
  package var learned: [LearnedNumbers] { [] }
  package var mask: [Float]? { nil }
}

/// An entry of a report.
package struct WeightFact: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case number(Double)
    case integer(Int)
    case text(String)
    case flag(Bool)
  }
  package let name: String
  package let value: Value

  package init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// Numbers with a gradient.
package final class LearnedNumbers {
  package let name: String
  package var values: [Float]
  package var gradient: [Float]

  package init(_ name: String, _ values: [Float]) {
    self.name = name
    self.values = values
    gradient = [Float](repeating: 0, count: values.count)
  }
}

/// The weight as passed to methods.
package struct TrainedWeight {
  package let name: String
  package let shape: Shape
  package let operatorType: String
  /// The axes of output and input channels, if all consumers agree.
  package let outputAxis: Int?
  package let inputAxis: Int?
  package let groups: Int

  package var count: Int { shape.elementCount }
  /// The kind of layer that the weight belongs to.
  var layer: LayerKind? { Catalog.weightTable[operatorType].layer }

  package init(name: String, shape: Shape, operatorType: String, outputAxis: Int?, inputAxis: Int?, groups: Int = 1) {
    self.name = name
    self.shape = shape
    self.operatorType = operatorType
    self.outputAxis = outputAxis
    self.inputAxis = inputAxis
    self.groups = groups
  }
}

/// The reason why a method skips a weight.
package struct MethodSkip: Error, Equatable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

extension Tensor {
  /// A copy of numbers in memory.
  static func copying(_ numbers: UnsafePointer<Float>, _ shape: Shape) -> Tensor {
    Tensor(Array(UnsafeBufferPointer(start: numbers, count: shape.elementCount)), shape: shape)
  }
}
