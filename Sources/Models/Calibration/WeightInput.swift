// SPDX-License-Identifier: Apache-2.0
// Which value a weight multiplies, and how its vectors lie in it.

import Calibration
import Encodings
import MIL
import Tensors
import WeightStorage

/// The value that a weight multiplies.
struct WeightInput: Hashable {
  let value: String
  let view: View

  enum View: Hashable {
    /// Along an axis, counted from the end.
    case axis(fromEnd: Int)
    case convolution(ConvolutionWindow)
  }

  /// A text that is the same in every run of the same program.
  var key: String {
    switch view {
    case .axis(1): value
    case .axis(let fromEnd): "\(value) axis -\(fromEnd)"
    case .convolution(let window): "\(value) \(window.key)"
    }
  }

  /// The view of a value of this shape.
  func view(of shape: Shape) -> InputView {
    switch view {
    case .axis(let fromEnd): .axis(fromEnd: fromEnd)
    case .convolution(let window): .windows(window.unfolding(shape))
    }
  }
}

/// The parameters of a convolution that determine its windows.
struct ConvolutionWindow: Hashable {
  let groups: Int
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let padType: String
  let pad: [Int]

  var key: String {
    let padding = padType == "custom" ? "pad \(pad)" : padType
    return "window \(kernel) strides \(strides) dilations \(dilations) \(padding) groups \(groups)"
  }

  /// The windows over an input of this shape, `[samples, channels, *spatial]`.
  func unfolding(_ shape: Shape) -> Unfolding {
    var (begin, end) = ([Int](repeating: 0, count: kernel.count), [Int](repeating: 0, count: kernel.count))
    for i in kernel.indices {
      switch padType {
      case "custom" where pad.count == 2 * kernel.count: (begin[i], end[i]) = (pad[2 * i], pad[2 * i + 1])
      case "same", "same_lower":
        let extent = shape[i + 2]
        let reach = dilations[i] * (kernel[i] - 1) + 1
        let total = max(((extent + strides[i] - 1) / strides[i] - 1) * strides[i] + reach - extent, 0)
        (begin[i], end[i]) = padType == "same" ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
      default: break
      }
    }
    return Unfolding(groups: groups, kernel: kernel, strides: strides, dilations: dilations, padBegin: begin, padEnd: end)
  }
}

/// Finds the inputs of weights in a function.
struct WeightInputs {
  private let constants: [String: Constant]
  private let positions: [String: Int]
  private let run: StagedRun
  private let function: Int

  /// - Parameter function: the index of the function in its program.
  init(_ block: Block, function: Int, _ run: StagedRun) {
    self.function = function
    self.run = run
    var constants: [String: Constant] = [:]
    for operation in block.operations {
      if let value = operation.constantValue, let name = operation.outputs.first?.name { constants[name] = value }
    }
    self.constants = constants
    positions = run.definitions
  }

  /// The input of a weight at one of its consumers, with the consumer's position; or the reason why there is none.
  func input(_ site: WeightSite, _ consumer: Consumer) -> (position: Int, found: Result<WeightInput, MissingInput>)? {
    guard site.function == function, site.path.isEmpty, let position = positions[consumer.outputName] else { return nil }
    return (position, input(run.computed[position], site, consumer))
  }

  private func input(_ operation: MIL.Operation, _ site: WeightSite, _ consumer: Consumer) -> Result<WeightInput, MissingInput> {
    func value(_ parameter: String) -> String? { operation.bindings(parameter)?.first?.name }
    let rank = site.weight.shape.count
    switch (consumer.traits.layer, consumer.parameter) {
    case (.linear, "weight"):
      if let x = value("x") { return computed(x, .axis(fromEnd: 1)) }
    case (.product, "y"):
      guard rank == 2 else { return .failure(MissingInput("\(operation.type) with several matrices")) }
      if let x = value("x") { return computed(x, .axis(fromEnd: flag(operation, "transpose_x") ? 2 : 1)) }
    case (.product, "x"):
      guard rank == 2 else { return .failure(MissingInput("\(operation.type) with several matrices")) }
      if let y = value("y") { return computed(y, .axis(fromEnd: flag(operation, "transpose_y") ? 1 : 2)) }
    case (.convolution, "weight"):
      let spatial = rank - 2
      guard let x = value("x"), spatial >= 1 else { break }
      let ones = [Int](repeating: 1, count: spatial)
      let window = ConvolutionWindow(
        groups: consumer.groups, kernel: Array(site.weight.shape.dropFirst(2)), strides: integers(operation, "strides") ?? ones,
        dilations: integers(operation, "dilations") ?? ones, padType: constant(operation, "pad_type")?.string ?? "valid",
        pad: integers(operation, "pad") ?? [])
      return computed(x, .convolution(window))
    default: break
    }
    return .failure(MissingInput("\(operation.type) (\(consumer.parameter)) is no product with a vector of inputs"))
  }

  private func computed(_ value: String, _ view: WeightInput.View) -> Result<WeightInput, MissingInput> {
    positions[value] == nil ? .failure(MissingInput("its input is a constant")) : .success(WeightInput(value: value, view: view))
  }

  private func constant(_ operation: MIL.Operation, _ parameter: String) -> Constant? {
    switch operation.bindings(parameter)?.first {
    case .constant(let constant): constant
    case .name(let name): constants[name]
    case nil: nil
    }
  }

  private func integers(_ operation: MIL.Operation, _ parameter: String) -> [Int]? {
    constant(operation, parameter)?.tensor?.integers()
  }

  private func flag(_ operation: MIL.Operation, _ parameter: String) -> Bool { integers(operation, parameter)?.first == 1 }
}

/// Why a weight has no statistics.
struct MissingInput: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
