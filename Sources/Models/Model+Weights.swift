// SPDX-License-Identifier: Apache-2.0
// A model with other weights: given by name, or by a function of each weight.

import Compression
import Encodings
import MIL
import ModelPackages
import Operators
import Options
import Tensors
import WeightStorage

extension Model {
  /// All weights: those of the model's function first, so that names shared with other functions refer to them.
  package func weightEntries() throws -> [WeightEntry] {
    let all = try contents.program.weights(Catalog.weightTable)
    return all.filter { $0.function == interface.name } + all.filter { $0.function != interface.name }
  }

  /// The model with other weights.
  ///
  /// A weight that functions share under the same name is replaced in all of them.
  ///
  /// - Parameter weights: the new weight by name, with the shape of the old one or of its rows. Numbers are rounded to the
  ///   element type of the old one.
  /// - Throws: `CompressionError` or `WeightStorageError` with the name of a weight that does not exist, or does not fit.
  package func withWeights(_ weights: [String: EncodedWeight]) throws -> Model {
    let entries = try weightEntries()
    var chosen: [WeightEntry] = []
    for name in weights.keys.sorted() {
      guard let first = entries.first(where: { $0.name == name }) else {
        throw CompressionError.noWeight(name: name, known: entries.map(\.name))
      }
      chosen += entries.filter { entry in
        entry.name == name && (entry.function == first.function || entry.weight.storedBytes == first.weight.storedBytes)
      }
    }
    let places = Set(chosen.map { [$0.function, $0.valueName] })
    let names = weights.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    return try withWeights(words: "with_weights{ \(names) }") { entry, _ in
      places.contains([entry.function, entry.valueName]) ? weights[entry.name] : nil
    }
  }

  /// Constants of floats that are no weights, such as biases.
  package func plainConstants() throws -> [(name: String, shape: Shape)] {
    let known = Set(try weightEntries().map(\.valueName))
    var seen: Set<String> = []
    var found: [(name: String, shape: Shape)] = []
    for operation in contents.program.functions.flatMap(\.block.operations) {
      guard let tensor = operation.constantValue?.tensor, tensor.dtype.isFloat, tensor.rank > 0, let name = operation.outputs.first?.name,
        !known.contains(name), seen.insert(name).inserted
      else { continue }
      found.append((name, tensor.shape))
    }
    return found
  }

  /// The names of constants that are parameters of layers: biases, and scales and statistics of norms.
  package var layerConstants: Set<String> {
    let parameters: Set<String> = ["bias", "beta", "gamma", "mean", "variance"]
    var names: Set<String> = []
    for function in contents.program.functions {
      function.block.forEachOperation { _, operation in
        for argument in operation.inputs where parameters.contains(argument.parameter) {
          names.formUnion(argument.bindings.compactMap(\.name))
        }
      }
    }
    return names
  }

  /// The model with other elements in constants, in all functions. Elements are rounded to the constant's type.
  ///
  /// - Parameters:
  ///   - constants: the elements by name, in the shape of the constant.
  ///   - words: the text of the step for the history.
  package func withConstants(_ constants: [String: Tensor], words: String) throws -> Model {
    var program = contents.program
    for f in program.functions.indices {
      for i in program.functions[f].block.operations.indices {
        let operation = program.functions[f].block.operations[i]
        guard let old = operation.constantValue?.tensor, let name = operation.outputs.first?.name, let new = constants[name],
          new.shape == old.shape
        else { continue }
        let value = Constant(new.cast(to: old.dtype), opset: program.opset)
        program.functions[f].block.operations[i] = .const(name, value)
      }
    }
    return try changed(program, words: words)
  }

  /// The model with the weights that a function chooses; `nil` keeps a weight.
  ///
  /// - Parameter words: the text of the step for the history.
  package func withWeights(
    words: String, progress: @escaping @Sendable (CompressionProgress) -> Void = { _ in },
    _ choose: (WeightEntry, WeightContext) throws -> EncodedWeight?
  ) throws -> Model {
    nonisolated(unsafe) let isCancelled = isCancelled
    let compressor = Compressor(Catalog.weightTable, isCancelled: { isCancelled() }, progress: progress)
    let result = try compressor.substituting(contents.program, choose)
    return try changed(result.program, report: result.report, words: words)
  }
}
