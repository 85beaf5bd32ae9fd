// SPDX-License-Identifier: Apache-2.0
// The list of a program's weights, whether compressed or not.

import Encodings
import MIL
import Tensors
import WeightArithmetic
import WeightStorage

/// A logical weight.
package struct WeightEntry: Sendable {
  /// The name, which compression does not change.
  package let name: String
  /// The program's name of the value.
  package let valueName: String
  /// The function that holds it.
  package let function: String
  /// Operator type, operation name and parameter of the first operator that reads the weight; empty if there is none.
  package let opType: String
  package let opName: String
  package let parameter: String
  package let shape: Shape
  package let dtype: DType
  /// Number of elements.
  package let count: Int
  /// The size in bytes of all stored parts.
  package let bytes: Int
  package let scheme: EncodingScheme
  /// Stored bits per element.
  package let bits: Double
  /// All operators that read the weight: those in its own function first, then those in other functions that share
  /// its bytes.
  package let readers: [Reader]
  /// The stored form.
  package let weight: EncodedWeight

  /// An operator that reads a weight, and its function.
  package struct Reader: Sendable, Equatable {
    package let opType: String
    package let opName: String
    package let parameter: String
    package let function: String
  }

  /// An entry for each weight site of a program.
  static func entries(_ sites: [WeightSite], of program: Program) -> [WeightEntry] {
    func function(_ site: WeightSite) -> String { program.functions[site.function].name }
    let sharing = Dictionary(grouping: sites) { $0.weight.storedBytes }
    return sites.map { site in
      let others = (sharing[site.weight.storedBytes] ?? []).filter { $0.function != site.function }
      let readers = ([site] + others).flatMap { site in
        site.consumers.map {
          Reader(opType: $0.operatorType, opName: $0.operatorName, parameter: $0.parameter, function: function(site))
        }
      }
      return WeightEntry(site, function: function(site), readers: readers)
    }
  }

  private init(_ site: WeightSite, function: String, readers: [Reader]) {
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
    self.readers = readers
    weight = site.weight
  }

  /// Statistics of the elements; computing them decodes the weight.
  package struct Statistics: Sendable, Equatable {
    /// Fraction of elements that are zero, as coremltools counts: of magnitude up to 1e-12.
    package let sparsity: Double
    package let uniqueValues: Int
    package let min: Double
    package let max: Double
  }

  /// - Throws: `WeightStorageError` if the stored parts of the weight are inconsistent.
  package func statistics() throws(WeightStorageError) -> Statistics {
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
  /// All logical weights in program order.
  ///
  /// - Parameters:
  ///   - table: the weights of each operator type.
  ///   - techniques: the techniques whose suffixes are removed from names of weights.
  /// - Throws: `WeightStorageError` with the name of a weight whose stored parts are inconsistent.
  package func weights(_ table: WeightTable, _ techniques: Techniques = .standard) throws(WeightStorageError) -> [WeightEntry] {
    let program = namingInlineTensors()
    return WeightEntry.entries(try program.weightSites(table, suffixes: techniques.suffixes), of: program)
  }
}
