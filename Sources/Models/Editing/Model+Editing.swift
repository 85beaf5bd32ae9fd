// SPDX-License-Identifier: Apache-2.0
// Models with edited programs: rewritten, cut, renamed, with fixed shapes.

import Conversion
import MIL
import ModelPackages
import Operators
import ProgramEdits
import Runtime
import Tensors

extension Model {
  /// The model with an edited program, which is verified.
  ///
  /// - Parameters:
  ///   - words: the text of the edit for the history.
  ///   - adapting: changes the interface before it is compared with the program: names, kinds of features.
  func edited(_ program: Program, words: String, adapting: (inout Interface) throws -> Void = { _ in }) throws -> Model {
    try program.verify()
    try program.checkTypes()
    var package = contents
    try adapting(&package.interface)
    package = try package.withProgram(program)
    for index in package.interface.functions.indices { package.interface.functions[index].dropMissingClassifier() }
    return try replaced(byPackage: package, words: words)
  }

  // MARK: Rewriting

  /// The model with other operations in place of those for which the body emits some, in all functions.
  ///
  /// - Parameter body: receives the name of the function, the operation, and an emitter; see `FunctionRewrite`.
  package func rewriting(_ body: (String, Operation, Emitter) throws -> [TypedValue]?) throws -> Model {
    var program = contents.program
    var count = 0
    for index in program.functions.indices {
      let name = program.functions[index].name
      let result = try FunctionRewrite.apply(to: program.functions[index]) { try body(name, $0, $1) }
      program.functions[index] = result.function
      count += result.replaced
    }
    guard count > 0 else { return self }
    return try edited(program, words: "rewrite(function) -- \(count) operation\(count == 1 ? "" : "s")")
  }

  /// Runs both models on the same inputs and compares their outputs.
  ///
  /// - Parameter tolerance: the largest permitted difference, relative to the largest magnitude of an output.
  /// - Throws: `ProgramEditError.changedOutput` for an output that differs by more.
  package func check(_ other: Model, on inputs: [String: ModelInput], tolerance: Double) throws {
    let before = try predict(inputs, state: makeState())
    let after = try other.predict(inputs, state: other.makeState())
    for name in before.keys.sorted() {
      guard case .tensor(let a)? = before[name] else { continue }
      guard case .tensor(let b)? = after[name], a.shape == b.shape else {
        throw ProgramEditError.changedOutput(name: name, difference: .infinity, tolerance: tolerance)
      }
      let difference = a.relativeDifference(to: b)
      guard difference <= tolerance else { throw ProgramEditError.changedOutput(name: name, difference: difference, tolerance: tolerance) }
    }
  }

  // MARK: Cutting

  /// The part of the model that computes the given values.
  ///
  /// - Parameter inputs: names of values that are given to it; `nil` for the model's inputs that the outputs depend on.
  package func extracting(outputs: [String], inputs: [String]? = nil) throws -> Model {
    guard let function else { return self }
    let words = "extract{ outputs = {\(Self.list(outputs))}" + (inputs.map { ", inputs = {\(Self.list($0))}" } ?? "") + " }"
    return try alone(function.extracting(outputs: outputs, inputs: inputs), words: words)
  }

  /// The model with a single function.
  func alone(_ function: Function, words: String) throws -> Model {
    var program = contents.program
    program.functions = [function]
    return try edited(program, words: words) { interface in
      interface.functions.removeAll { $0.name != function.name }
      interface.defaultFunctionName = function.name
    }
  }

  /// The parts of the model before and after a value, or several parts with about equal bytes of weights.
  package func split(at value: String?, parts: Int?) throws -> [Model] {
    guard let function else { return [self] }
    guard (value == nil) != (parts == nil) else {
      throw ProgramEditError.cut(problem: "give either at, the name of a value, or parts, a number")
    }
    let cut = try value.map { [try function.prefix(computing: $0)] } ?? function.prefixes(parts ?? 2)
    return try function.split(at: cut).enumerated().map { number, part in
      try alone(part, words: "split -- part \(number + 1) of \(cut.count + 1)")
    }
  }

  /// This model followed by another, which reads outputs of this one by name.
  ///
  /// - Parameter kept: outputs of this model that stay outputs although the other reads them.
  package func followed(by next: Model, keeping kept: Set<String> = []) throws -> Model {
    guard let first = function, let second = next.function else { return self }
    let joined = try first.followed(by: second, keeping: kept)
    var program = contents.program
    program.functions = [joined]
    let kept = next.interface
    return try edited(program.raised(to: next.opset), words: "concat(\(next.contents.path.map { "\"\($0)\"" } ?? "model"))") { interface in
      interface.functions.removeAll { $0.name != joined.name }
      interface.defaultFunctionName = joined.name
      guard let index = interface.functions.indices.first else { return }
      interface.functions[index].inputs += kept.inputs.filter { feature in interface.functions[index].input(named: feature.name) == nil }
      interface.functions[index].outputs += kept.outputs.filter { feature in interface.functions[index].output(named: feature.name) == nil }
      interface.functions[index].states += kept.states
      if !kept.predictedFeatureName.isEmpty {
        interface.functions[index].predictedFeatureName = kept.predictedFeatureName
        interface.functions[index].predictedProbabilitiesName = kept.predictedProbabilitiesName
      }
    }
  }

  // MARK: The same program, otherwise written

  /// The passes of ``optimized(_:)`` in their order.
  package static let optimizingPasses = ProgramFusions.all + ProgramPasses.all

  /// The model after passes that change no result by more than rounding.
  ///
  /// - Parameter passes: the names of the passes; `nil` for all.
  package func optimized(_ passes: [String]? = nil) throws -> Model {
    var program = contents.program
    for index in program.functions.indices {
      program.functions[index] = try program.functions[index].optimized(passes, passes: Self.optimizingPasses)
    }
    guard program != contents.program else { return self }
    return try edited(program, words: "optimize{}")
  }

  /// The model with values under other names; inputs and outputs take their names in the interface along.
  package func renamed(_ names: [String: String]) throws -> Model {
    let program = try contents.program.renaming(names)
    let words = names.sorted { $0.key < $1.key }.map { "\(Self.key($0.key)) = \"\($0.value)\"" }.joined(separator: ", ")
    return try edited(program, words: "rename{ \(words) }") { interface in
      for index in interface.functions.indices { interface.functions[index].rename(names) }
    }
  }

  /// The model for inputs of fixed shapes.
  package func materialized(_ shapes: [String: Shape]) throws -> Model {
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let feature = interface.input(named: name) else { continue }
      guard let array = feature.array else {
        throw ProgramEditError.interface(name: name, problem: "it is \(feature.expectation), whose size with_interface sets")
      }
      guard array.accepts(shape) else {
        throw ProgramEditError.interface(name: name, problem: "the shape \(shape) is not one of \(array.shapeDescription)")
      }
    }
    let words = shapes.sorted { $0.key < $1.key }.map { "\(Self.key($0.key)) = {\($0.value.map(String.init).joined(separator: ", "))}" }
    guard let fixed = try function?.materialized(shapes) else { return self }
    var program = contents.program
    for index in program.functions.indices where program.functions[index].name == fixed.name { program.functions[index] = fixed }
    let types = fixed.valueTypes
    return try edited(program, words: "materialize{ \(words.joined(separator: ", ")) }") { interface in
      for index in interface.functions.indices where interface.functions[index].name == fixed.name {
        interface.functions[index].fixOutputShapes(types)
      }
    }
  }

  /// The model with other metadata.
  package func withMetadata(_ fields: [String: String]) throws -> Model {
    var package = contents
    var metadata = package.interface.metadata ?? Metadata()
    for (name, text) in fields {
      switch name {
      case "author": metadata.author = text
      case "license": metadata.license = text
      case "version": metadata.version = text
      case "description": metadata.shortDescription = text
      default: metadata.userDefined[name] = text.isEmpty ? nil : text
      }
    }
    package.interface.metadata = metadata
    return try replaced(byPackage: package, words: nil)
  }

  private static func list(_ names: [String]) -> String { " " + names.map { "\"\($0)\"" }.joined(separator: ", ") + " " }

  private static func key(_ name: String) -> String {
    let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && name.first?.isNumber == false
    return isName ? name : "[\"\(name)\"]"
  }
}

extension Tensor {
  /// The largest difference of an element, relative to this tensor's largest magnitude; infinite if one is not a number
  /// where the other is.
  fileprivate func relativeDifference(to other: Tensor) -> Double {
    let (a, b) = (doubles(), other.doubles())
    var (peak, difference) = (0.0, 0.0)
    for (x, y) in zip(a, b) where x != y && !(x.isNaN && y.isNaN) {
      guard x.isFinite, y.isFinite else { return .infinity }
      difference = max(difference, (x - y).magnitude)
    }
    for x in a where x.isFinite { peak = max(peak, x.magnitude) }
    return difference == 0 ? 0 : difference / max(peak, .leastNormalMagnitude)
  }
}

extension FunctionInterface {
  /// Forgets the classifier's outputs if the function does not return them.
  mutating func dropMissingClassifier() {
    guard !predictedFeatureName.isEmpty, output(named: predictedFeatureName) == nil else { return }
    predictedFeatureName = ""
    predictedProbabilitiesName = ""
  }

  /// Writes down the shapes of outputs that the program knows.
  fileprivate mutating func fixOutputShapes(_ types: [String: ValueType]) {
    for index in outputs.indices {
      guard case .array(var array) = outputs[index].kind, let shape = types[outputs[index].name]?.tensorType?.shape else { continue }
      array.shape = shape
      array.flexibility = .fixed
      outputs[index].kind = .array(array)
    }
  }

  fileprivate mutating func rename(_ names: [String: String]) {
    for index in inputs.indices { inputs[index].name = names[inputs[index].name] ?? inputs[index].name }
    for index in outputs.indices { outputs[index].name = names[outputs[index].name] ?? outputs[index].name }
    for index in states.indices { states[index].name = names[states[index].name] ?? states[index].name }
    predictedFeatureName = names[predictedFeatureName] ?? predictedFeatureName
    predictedProbabilitiesName = names[predictedProbabilitiesName] ?? predictedProbabilitiesName
  }
}
