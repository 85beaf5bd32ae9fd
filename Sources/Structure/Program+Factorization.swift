// SPDX-License-Identifier: Apache-2.0
// Linear layers and convolutions of a program as several thinner ones.

import Algebra
import Encodings
import MIL
import Operators
import ProgramEdits
import Tensors
import WeightStorage

/// What became of a weight.
package struct FactorizedWeight: Sendable {
  package let site: WeightSite
  /// `rank 12 of 64`, or why it was left alone.
  package let words: String
  /// Elements of the factors; `nil` if it was left alone.
  package let count: Int?
  package let snrDB: Double?
}

extension Program {
  /// The program with factors in place of the weights of `linear` and of convolutions with one group. Interfaces and the names of
  /// other values stay.
  ///
  /// - Parameters:
  ///   - moments: the second moments [inputs, inputs] of what a weight multiplies, by the weight's name; `nil` to weight all
  ///     elements alike.
  ///   - chooses: whether a weight may be factorized.
  /// - Returns: the program, and an entry for each weight.
  /// - Throws: `AlgebraError`, `OperatorError`, any error of `chooses`.
  package func factorized(
    _ size: FactorSize, moments: (WeightSite) throws -> Tensor?, chooses: (WeightSite) throws -> Bool,
    isCancelled: () -> Bool = { false }
  ) throws -> (program: Program, weights: [FactorizedWeight]) {
    var named = namingInlineTensors()
    let sites = try named.weightSites(Catalog.weightTable)
    var weights: [FactorizedWeight] = []
    var layers: [[String]: (FactorizedLayer, base: String)] = [:]
    for site in sites {
      if isCancelled() { throw AlgebraError.interrupted }
      func leave(_ words: String) { weights.append(FactorizedWeight(site: site, words: words, count: nil, snrDB: nil)) }
      if let reason = site.reasonAgainstFactors {
        leave(reason)
        continue
      }
      guard try chooses(site) else {
        leave("not chosen")
        continue
      }
      guard case .dense(let tensor) = site.weight, !site.isDecoded else {
        leave("it is stored compressed; model:decompress() stores it plainly")
        continue
      }
      guard let layer = try FactorizedLayer.make(tensor, size, moments: site.isPointwise ? moments(site) : nil) else {
        leave("the factors would not have fewer elements")
        continue
      }
      weights.append(FactorizedWeight(site: site, words: layer.words, count: layer.count, snrDB: layer.snrDB))
      layers[[named.functions[site.function].name, site.consumers[0].outputName]] = (layer, site.name)
    }
    guard !layers.isEmpty else { return (self, weights) }
    for index in named.functions.indices {
      let function = named.functions[index].name
      named.functions[index] = try FunctionRewrite.apply(to: named.functions[index]) { operation, emitter in
        guard let output = operation.outputs.first?.name, let found = layers[[function, output]] else { return nil }
        return [try found.0.emit(operation, named: found.base, emitter)]
      }.function
    }
    return (named, weights)
  }
}

extension WeightSite {
  /// Whether the weight is a matrix: that of `linear`, or a kernel of one position.
  package var isPointwise: Bool { weight.shape.dropFirst(2).allSatisfy { $0 == 1 } }

  /// Why the weight cannot become factors; `nil` if it can.
  package var reasonAgainstFactors: String? {
    guard consumers.count == 1, !isBlockOutput else { return "several operators read it" }
    let reader = consumers[0]
    guard ["linear", "conv"].contains(reader.operatorType), reader.parameter == "weight" else {
      return "only weights of linear and conv become factors"
    }
    return reader.groups == 1 ? nil : "the convolution has \(reader.groups) groups"
  }
}
