// SPDX-License-Identifier: Apache-2.0
// Compares the outputs of a model with known ones.

import ModelPackages
import Runtime
import Tensors

/// A comparison of a model's outputs with known ones.
package enum OutputCheck {
  /// A difference is permitted up to `absolute` + `relative` · |expected|.
  package struct Tolerance: Sendable {
    /// Without one, a part of the output's largest magnitude.
    let absolute: Double?
    let relative: Double
    private let ofPeak: Double

    /// - Parameter isHalf: whether the model computes in half precision, for which the defaults are larger.
    package init(absolute: Double?, relative: Double?, isHalf: Bool) {
      self.absolute = absolute
      self.relative = relative ?? (isHalf ? 1e-2 : 1e-4)
      ofPeak = isHalf ? 1e-2 : 1e-4
    }

    func absolute(_ peak: Double) -> Double { absolute ?? ofPeak * peak }

    package var description: String { "\(absolute.map { "\($0)" } ?? "\(ofPeak) of the peak") + \(relative) · |expected|" }
  }

  /// The comparison of one output.
  package struct Row: Sendable {
    package let name: String
    package let count: Int
    /// The number of elements that differ by more than is permitted.
    package let exceeding: Int
    /// The largest difference; infinite where only one of both is a finite number.
    package let largest: Double
    /// Where it is, and what is expected there.
    package let place: [Int]
    package let expected: Double
    /// The largest difference in units of what is permitted.
    package let excess: Double
  }

  /// Runs the model and compares every output that is expected.
  ///
  /// - Parameters:
  ///   - inputs: arrays by the names of the model's inputs.
  ///   - expected: arrays by the names of outputs.
  /// - Throws: `OutputCheckError` for names and shapes that do not fit; the errors of `predict`.
  package static func run(
    _ model: Model, inputs: [String: Tensor], expected: [String: Tensor], _ tolerance: Tolerance
  ) throws -> [Row] {
    let names = model.interface.outputs.map(\.name)
    guard !expected.isEmpty else { throw OutputCheckError.nothingExpected(known: names) }
    for name in expected.keys.sorted() where !names.contains(name) { throw OutputCheckError.unknown(kind: "output", name, known: names) }
    let own = model.interface.inputs.map(\.name)
    for name in inputs.keys.sorted() where !own.contains(name) { throw OutputCheckError.unknown(kind: "input", name, known: own) }
    let results = try model.predict(inputs.mapValues { ModelInput.tensor($0) }, state: model.makeState())
    return try names.compactMap { name in
      guard let wanted = expected[name] else { return nil }
      guard case .tensor(let found)? = results[name] else { throw OutputCheckError.noArray(name) }
      let shape = wanted.rank == 0 ? [1] : wanted.shape
      guard found.shape == shape else { throw OutputCheckError.shape(name, found: found.shape, expected: wanted.shape) }
      return compare(name, found.doubles(), wanted.doubles(), shape, tolerance)
    }
  }

  private static func compare(_ name: String, _ found: [Double], _ wanted: [Double], _ shape: Shape, _ tolerance: Tolerance) -> Row {
    let absolute = tolerance.absolute(wanted.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 })
    var (exceeding, worst, excess, largest) = (0, 0, 0.0, 0.0)
    for i in found.indices where found[i] != wanted[i] && !(found[i].isNaN && wanted[i].isNaN) {
      let isFinite = found[i].isFinite && wanted[i].isFinite
      let difference = isFinite ? (found[i] - wanted[i]).magnitude : .infinity
      let permitted = isFinite ? absolute + tolerance.relative * wanted[i].magnitude : 0
      if difference > permitted { exceeding += 1 }
      let ratio = difference / max(permitted, .leastNormalMagnitude)
      if ratio > excess { (worst, excess, largest) = (i, ratio, difference) }
    }
    let strides = shape.rowMajorStrides
    return Row(
      name: name, count: found.count, exceeding: exceeding, largest: largest,
      place: shape.indices.map { worst / max(strides[$0], 1) % shape[$0] }, expected: wanted.isEmpty ? 0 : wanted[worst], excess: excess)
  }
}

/// Known results that do not fit the model.
package enum OutputCheckError: Error, Equatable {
  case unknown(kind: String, String, known: [String])
  case nothingExpected(known: [String])
  case noArray(String)
  case shape(String, found: Shape, expected: Shape)
}

extension OutputCheckError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknown(let kind, let name, let known):
      "check: there is no \(kind) '\(name)', expected one of \(known.joined(separator: ", "))"
    case .nothingExpected(let known): "check: no results are given for the outputs \(known.joined(separator: ", "))"
    case .noArray(let name): "check: the output '\(name)' is no array"
    case .shape(let name, let found, let expected): "check: the output '\(name)' has the shape \(found), expected \(expected)"
    }
  }
}
