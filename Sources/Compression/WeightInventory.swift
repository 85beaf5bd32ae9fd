// SPDX-License-Identifier: Apache-2.0
// The weights of a program as a person sees them: one entry for each, compressed or not.

import Encodings
import MIL
import Tensors

/// One logical weight.
package struct WeightEntry: Sendable {
  /// The same before and after compression.
  package let name: String
  /// The program's name of the value.
  package let valueName: String
  /// The function that holds it.
  package let function: String
  /// Type, name and parameter of the first operator that reads it; empty when none does.
  package let opType: String
  package let opName: String
  package let parameter: String
  package let shape: Shape
  package let dtype: DType
  /// Number of elements.
  package let count: Int
  /// Bytes of all that is stored for it.
  package let bytes: Int
  package let scheme: EncodingScheme
  /// Stored bits per element.
  package let bits: Double
  package let consumers: [Consumer]
  /// How it is stored.
  package let weight: EncodedWeight

  package init(_ site: WeightSite, function: String) {
    name = site.name
    valueName = site.valueName
    self.function = function
    opType = site.consumers.first?.operatorType ?? ""
    opName = site.consumers.first?.operatorName ?? ""
    parameter = site.consumers.first?.parameter ?? ""
    shape = site.weight.shape
    dtype = site.weight.dtype
    count = site.weight.count
    bytes = site.weight.byteCount
    scheme = site.weight.scheme
    bits = site.weight.bitsPerWeight
    consumers = site.consumers
    weight = site.weight
  }

  /// What its elements say; this decodes the weight.
  package struct Statistics: Sendable, Equatable {
    /// Fraction of elements that are zero, as coremltools counts: of magnitude up to 1e-12.
    package let sparsity: Double
    package let uniqueValues: Int
    package let min: Double
    package let max: Double
  }

  /// - Throws: `CompressionError` when its stored parts do not fit.
  package func statistics() throws(CompressionError) -> Statistics {
    let tensor: Tensor
    do { tensor = try weight.decoded() } catch { throw .encoding(weight: name, error) }
    let values = tensor.floats()
    let numbers = values.filter { !$0.isNaN }
    let distinct = DistinctValues(numbers, precision: tensor.dtype == .float16 ? .half : .single)
      .values.count
    let zeros = values.reduce(0) { $0 + (abs($1) <= 1e-12 ? 1 : 0) }
    return Statistics(
      sparsity: Double(zeros) / Double(Swift.max(values.count, 1)),
      uniqueValues: distinct + (numbers.count < values.count ? 1 : 0),
      min: Double(numbers.min() ?? .nan), max: Double(numbers.max() ?? .nan))
  }
}

extension Program {
  /// All logical weights, in the order of the program.
  ///
  /// - Parameter table: the weights of the operators that read them.
  /// - Throws: `CompressionError` naming a weight whose stored parts do not fit.
  package func weights(_ table: WeightTable) throws(CompressionError) -> [WeightEntry] {
    let program = namingInlineTensors()
    return try program.weightSites(table).map {
      WeightEntry($0, function: program.functions[$0.function].name)
    }
  }
}
