// SPDX-License-Identifier: Apache-2.0
// Stores activations as 8-bit codes: quantize and dequantize in front of the operators that read them.

import Calibration
import MIL
import ModelPackages
import Operators
import Tensors
import WeightStorage

/// A value that is stored as codes.
package struct QuantizedActivation: Sendable, Equatable {
  package let value: String
  package let low: Float
  package let high: Float
  package let grid: ActivationGrid
}

extension Model {
  /// The model whose convolutions, linear layers, poolings and additions read 8-bit codes.
  ///
  /// Each value gets one pair of `quantize` and `dequantize`, which only those operators read: an edge between two of them
  /// is codes, which the Neural Engine computes with directly.
  ///
  /// - Parameter ranges: of the model's values on calibration data.
  /// - Throws: `ModelError.needsOpset` before iOS17; `ModelError.nothingToQuantize`.
  package func quantizingActivations(
    _ options: ActivationOptions, _ ranges: [String: ValueRange]
  ) throws -> (model: Model, activations: [QuantizedActivation]) {
    guard opset >= .iOS17 else { throw ModelError.needsOpset(feature: "quantized activations", needs: .iOS17, has: opset) }
    var program = contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == interface.name }) else {
      throw ModelError.cannotCalibrate(reason: "it has no function \(interface.name)")
    }
    let function = program.functions[index]
    let sites = ActivationSites(function, options)
    let shared = sites.ranges(ranges)
    var names = FreshNames(function)
    var types: [String: TensorType] = [:]
    for value in function.inputs + function.block.operations.flatMap(\.outputs) {
      if let type = value.type.tensorType { types[value.name] = type }
    }
    var pairs: [String: (operations: [Operation], result: String)] = [:]
    var activations: [QuantizedActivation] = []
    for site in sites.sites {
      guard let type = types[site.value], let range = shared[site.root], range.count > 0 else { continue }
      func grid(_ low: Float, _ high: Float) -> ActivationGrid {
        ActivationGrid(low: low, high: high, isSymmetric: options.isSymmetric, codeType: options.codeType, dtype: type.dtype)
      }
      let (low, high) = options.observer.range(range, percentile: options.percentile, grid)
      guard low.isFinite, high.isFinite else { throw ModelError.cannotCalibrate(reason: "the value '\(site.value)' is not finite") }
      let found = grid(low, high).canonical
      pairs[site.value] = Self.pair(site.value, type, found, &names)
      activations.append(QuantizedActivation(value: site.value, low: low, high: high, grid: found))
    }
    guard !pairs.isEmpty else { throw ModelError.nothingToQuantize }
    var operations = function.inputs.flatMap { pairs[$0.name]?.operations ?? [] }
    for (position, operation) in function.block.operations.enumerated() {
      var operation = operation
      for parameter in sites.readers[position] ?? [] {
        guard let at = operation.inputs.firstIndex(where: { $0.parameter == parameter }),
          let name = operation.inputs[at].bindings.first?.name, let pair = pairs[name]
        else { continue }
        operation.inputs[at] = Argument(parameter, pair.result)
      }
      operations.append(operation)
      for output in operation.outputs { operations += pairs[output.name]?.operations ?? [] }
    }
    program.functions[index].block.operations = operations
    let words = "quantize_activations{ \(options.words) } -- \(activations.count) values"
    return (try edited(program, words: words), activations)
  }

  /// The names of the function's operations.
  package var operationNames: [String] { function?.block.operations.filter { !$0.isStored }.map(\.name) ?? [] }

  private static func pair(
    _ value: String, _ type: TensorType, _ grid: ActivationGrid, _ names: inout FreshNames
  ) -> (operations: [Operation], result: String) {
    let (quantized, restored) = (names.take("\(value)_quantized"), names.take("\(value)_dequantized"))
    let scale = Constant(Tensor(scalar: grid.scale).cast(to: type.dtype))
    let zero =
      grid.zeroPoint == 0
      ? [] : [Argument("zero_point", Constant(Tensor(integers: [grid.zeroPoint], dtype: grid.codeType, shape: [])))]
    let quantize = Operation(
      type: "quantize",
      inputs: [Argument("input", value), Argument("scale", scale)] + zero
        + [Argument("output_dtype", Constant(grid.codeType.name))],
      outputs: [NamedType(quantized, .tensor(TensorType(grid.codeType, type.dimensions)))],
      attributes: [Attribute("name", Constant(quantized))])
    let dequantize = Operation(
      type: "dequantize", inputs: [Argument("input", quantized), Argument("scale", scale)] + zero,
      outputs: [NamedType(restored, .tensor(type))], attributes: [Attribute("name", Constant(restored))])
    return ([quantize, dequantize], restored)
  }
}

extension ActivationGrid {
  /// The same codes without a zero point where one of the two dtypes needs none.
  fileprivate var canonical: ActivationGrid {
    switch (codeType, zeroPoint) {
    case (.int8, -128): ActivationGrid(scale: scale, zeroPoint: 0, codeType: .uint8)
    case (.uint8, 128): ActivationGrid(scale: scale, zeroPoint: 0, codeType: .int8)
    default: self
    }
  }
}

extension ActivationOptions {
  fileprivate var words: String {
    var parts = ["mode = \"\(isSymmetric ? "linear_symmetric" : "linear")\"", "dtype = \"\(codeType.name)\""]
    parts.append("observer = \"\(observer.rawValue)\"")
    if observer == .percentile { parts.append("percentile = \(percentile)") }
    return parts.joined(separator: ", ")
  }
}
