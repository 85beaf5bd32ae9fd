// SPDX-License-Identifier: Apache-2.0
// The values of the finalized model, with restored norms folded into the layers before them where their form allows it.

import Encodings
import MIL
import Operators
import Runtime
import Tensors
import WeightStorage

/// The constants of the finalized model.
struct FinalValues {
  /// The elements of all trained constants as they will be decoded.
  var values: [String: Tensor] = [:]
  /// The encoded weights.
  var encoded: [String: EncodedWeight] = [:]
  /// The norms that are folded, or have no statistics yet.
  var folded: [RestoredNorm] = []

  func removingNorms(from function: Function) -> Function { folded.reduce(function) { $0.removing($1) } }
}

extension Trainer {
  /// The values that the model would be finalized with now.
  func finalValues() throws -> FinalValues {
    var final = FinalValues()
    for parameter in parameters {
      let encoded = try parameter.encoded()
      final.encoded[parameter.name] = encoded
      final.values[parameter.name] = try encoded?.decoded() ?? parameter.settled.tensor
    }
    for (name, buffer) in statistics { final.values[name] = buffer.tensor }
    for norm in constants.norms {
      if normSamples == 0 { final.folded.append(norm) } else { try fold(norm, in: &final) }
    }
    return final
  }

  /// Folds a norm into the weight and bias of its layer: into the values of a plain or sparse weight, into the scales of codes. Behind
  /// a weight without a scale for each channel, such as a table, the norm stays.
  private func fold(_ norm: RestoredNorm, in final: inout FinalValues) throws {
    guard let map = norm.map(final.values, constantsOf: constants), let weight = final.values[norm.weight] else { return }
    let stored = byName(norm.weight)?.storedType ?? norm.dtype
    let factors = map.factors
    let bias = Tensor(map.bias).cast(to: norm.dtype)
    guard factors.allSatisfy(\.isFinite), bias.floats().allSatisfy(\.isFinite) else { return keep(norm, in: &final) }
    if let encoded = final.encoded[norm.weight] {
      guard let folded = encoded.multiplied(by: factors, axis: norm.axis, groups: norm.groups) else { return keep(norm, in: &final) }
      final.encoded[norm.weight] = folded
      final.values[norm.weight] = try folded.decoded()
    } else {
      guard let folded = weight.multiplied(by: factors, axis: norm.axis, groups: norm.groups),
        folded.cast(to: stored).floats().allSatisfy(\.isFinite)
      else {
        return keep(norm, in: &final)
      }
      final.values[norm.weight] = folded
    }
    final.values[norm.bias] = bias
    final.folded.append(norm)
  }

  private func byName(_ name: String) -> TrainedParameter? { parameters.first { $0.name == name } }

  /// Leaves the norm in the model. If its statistics do not fit the program's dtype, gamma and beta take them over.
  private func keep(_ norm: RestoredNorm, in final: inout FinalValues) {
    let names = [norm.gamma, norm.beta, norm.mean, norm.variance]
    let values = names.compactMap { final.values[$0] }
    guard values.count == names.count, !values.allSatisfy({ $0.fits(norm.dtype) }),
      let map = norm.map(final.values, bias: Array(repeating: 0, count: norm.channels))
    else { return }
    let one = (1 - norm.storedEpsilon).squareRoot()
    final.values[norm.gamma] = Tensor(map.factors)
    final.values[norm.beta] = Tensor(map.bias)
    final.values[norm.mean] = Tensor([Float](repeating: 0, count: norm.channels))
    final.values[norm.variance] = Tensor([Float](repeating: one * one, count: norm.channels))
  }
}

extension RestoredNorm {
  /// The norm as a factor for each channel and the bias of its layer.
  fileprivate func map(_ values: [String: Tensor], constantsOf constants: TrainedConstants) -> (factors: [Float], bias: [Float])? {
    constants.start(of: bias).flatMap { map(values, bias: $0.floats()) }
  }

  fileprivate func map(_ values: [String: Tensor], bias: [Float]) -> (factors: [Float], bias: [Float])? {
    guard let gamma = values[gamma]?.floats(), let beta = values[beta]?.floats(), let mean = values[mean]?.floats(),
      let variance = values[variance]?.floats()
    else { return nil }
    let epsilon = Double(storedEpsilon)
    var factors: [Float] = []
    var shifts: [Float] = []
    for c in 0..<channels {
      let factor = Double(gamma[c]) / (Double(variance[c]) + epsilon).squareRoot()
      factors.append(Float(factor))
      shifts.append(Float((Double(bias[c]) - Double(mean[c])) * factor + Double(beta[c])))
    }
    return (factors, shifts)
  }
}

extension TrainedConstants {
  /// The initial elements of a constant that is not trained.
  fileprivate func start(of name: String) -> Tensor? { fixed.first { $0.constant.name == name }?.constant.start }
}

extension Tensor {
  /// Whether rounding to the dtype changes no element by more than a thousandth, or what is negligible beside `epsilon`.
  fileprivate func fits(_ dtype: DType) -> Bool {
    guard dtype == .float16 else { return true }
    return zip(floats(), cast(to: dtype).floats()).allSatisfy { abs($0 - $1) <= 1e-3 * max(abs($0), 1e-4) }
  }
}
