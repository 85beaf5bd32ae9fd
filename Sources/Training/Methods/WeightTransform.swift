// SPDX-License-Identifier: Apache-2.0
// What a compression method does with one weight while it is trained: forward before each step, back after it.

import Encodings
import MIL
import Operators
import Tensors

/// One method at work on one weight.
///
/// The trainer keeps the weight itself in 32 bits; transforms, one after the other, make of it what the step computes
/// with, and lead the gradient back. `evaluate` makes of it what the finished model will hold.
package protocol WeightTransform: AnyObject {
  /// The method's name, and what a weight's name gets appended when it is stored so.
  static var method: String { get }
  static var suffix: String { get }
  /// What `report` says of the weight.
  var report: [WeightFact] { get }
  /// Whether the transform does anything yet.
  var isActive: Bool { get }
  /// Numbers that the optimizer may move beside the weight: scales that are learned.
  var learnable: [LearnedNumbers] { get }
  /// Those of them that it moves at the next step.
  var learned: [LearnedNumbers] { get }

  /// The weight as the next step uses it. It may change what it keeps: ranges, centroids.
  func forward(_ weight: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>) throws
  /// The gradient of the result becomes the gradient of the argument; `weight` is what the last `forward` took.
  func backward(_ weight: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>)
  /// The weight as the finished model holds it.
  func evaluate(_ weight: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>) throws
  /// After an optimizer step; `step` is the number of steps done. `weight` is what `forward` will take.
  func advance(step: Int, _ weight: UnsafeMutablePointer<Float>)
  /// The weight as the finished model stores it.
  ///
  /// - Parameter weight: what earlier transforms made of it.
  func encode(_ weight: Tensor, dtype: DType) throws -> EncodedWeight

  /// What must be kept to go on later with the same bits.
  var state: [String: Tensor] { get }
  func restore(_ state: [String: Tensor]) throws
}

extension WeightTransform {
  package var learnable: [LearnedNumbers] { [] }
  package var learned: [LearnedNumbers] { [] }
}

/// One line of a report.
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

/// A weight as methods see it.
package struct TrainedWeight {
  package let name: String
  package let shape: Shape
  package let operatorType: String
  /// Axes of output and input channels, where all readers agree.
  package let outputAxis: Int?
  package let inputAxis: Int?
  package let groups: Int

  package var count: Int { shape.elementCount }
  /// The kind of layer that the weight belongs to.
  var layer: LayerKind? { Catalogue.weightTable[operatorType].layer }

  package init(name: String, shape: Shape, operatorType: String, outputAxis: Int?, inputAxis: Int?, groups: Int = 1) {
    self.name = name
    self.shape = shape
    self.operatorType = operatorType
    self.outputAxis = outputAxis
    self.inputAxis = inputAxis
    self.groups = groups
  }
}

/// Why a method leaves a weight alone.
package struct MethodSkip: Error, Equatable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

extension Tensor {
  /// Numbers as they lie in memory.
  static func copying(_ numbers: UnsafePointer<Float>, _ shape: Shape) -> Tensor {
    Tensor(Array(UnsafeBufferPointer(start: numbers, count: shape.elementCount)), shape: shape)
  }
}
