// SPDX-License-Identifier: Apache-2.0
// Values that a program keeps between predictions.

import MIL
import ONNXFiles
import Operators
import Tensors

/// The states of a converted program.
struct ProgramStates {
  private let builder: Builder
  /// The states with the types of their content.
  private(set) var types: [NamedType] = []
  private var entries: [(name: String, shape: Shape, state: Value, update: String)] = []

  init(_ builder: Builder) { self.builder = builder }

  /// Declares a state and returns its content at the start of a prediction.
  ///
  /// - Parameters:
  ///   - name: the name in the source.
  ///   - own: the name in the program, which is reserved.
  ///   - update: the source's value with the content for the next prediction.
  mutating func read(
    _ name: String, as own: String, shape: Shape, _ element: ElementType, _ category: ElementCategory, update: String
  ) throws -> Value {
    let isScalar = shape.isEmpty
    // Core ML's states hold 16-bit floats, and arrays with at least one axis.
    let content = TensorType(.float16, (isScalar ? [1] : shape).map { .fixed($0) })
    types.append(NamedType(own, .state(.tensor(content))))
    if element != .float16 { builder.note(name, "the state holds 16-bit floats, instead of \(element)") }
    let state = Value(operand: Operand(name: own, type: .state(.tensor(content))))
    entries.append((name, shape, state, update))
    let value = try builder.converted(builder.cast(builder.emit("read_state", ["input": state]), .float32), to: category)
    return try (isScalar ? builder.reshape(value, []) : value).typed(element)
  }

  /// Makes an input of the source a state.
  ///
  /// - Throws: `ConversionError.option` if it is no array of floats with fixed extents, and before iOS18.
  mutating func read(_ input: ProgramInput, update: String) throws -> Value {
    func refused(_ reason: String) -> ConversionError { .option("input '\(input.source)' cannot be a state: \(reason)") }
    guard builder.opset >= .iOS18 else { throw refused("states need target = \"iOS18\"") }
    guard input.element.isFloat else { throw refused("it holds \(input.element), and states hold 16-bit floats") }
    guard input.image == nil else { throw refused("it is an image") }
    if let axis = input.shape.firstIndex(where: { $0.fixed == nil }) {
      throw refused("the extent of axis \(axis) must be fixed: give it in dims or inputs")
    }
    let shape = input.isScalar ? [] : input.shape.map(\.preferred)
    return try read(input.source, as: input.name, shape: shape, input.element, .float, update: update)
  }

  /// Writes the new contents at the end of a prediction.
  ///
  /// - Throws: `ConversionError.option` if the shape of a content changes.
  func update(_ current: (String) throws -> Value) throws {
    for entry in entries {
      let value = try current(entry.update)
      guard value.items == nil, value.mayHave(entry.shape) else {
        throw ConversionError.option(
          "the state '\(entry.name)' has the shape \(entry.shape), but its next content '\(entry.update)' has \(value.dims.map { $0 ?? -1 }): "
            + "a state is updated in place, so export the model with a cache of fixed size, or use states = false")
      }
      let half = try builder.cast(builder.converted(value, to: .float), .float16)
      _ = try builder.emit("coreml_update_state", ["state": entry.state, "value": half.rank == 0 ? builder.expandDims(half, [0]) : half])
    }
  }
}
