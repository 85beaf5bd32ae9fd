// SPDX-License-Identifier: Apache-2.0
// The methods model:quantize_activations, model:equalize and model:correct_bias.

import Calibration
import Compression
import LuaHost
import MIL
import Models
import Options
import Tensors
import Workflows

/// How much of the range of activations moves into weights.
struct SmoothArgument: LuaConvertible {
  /// `nil` for a search.
  let alpha: Double?
  let isWanted: Bool

  static var luaType: LuaType { .union([.boolean, .string, .number, .table]) }

  func push(to interpreter: Interpreter) throws {
    try (isWanted ? alpha.map { LuaValue.number($0) } ?? .string("search") : .boolean(false)).push(to: interpreter)
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> SmoothArgument {
    let value = try LuaValue.read(interpreter, at: index)
    func alpha(_ value: LuaValue) throws(LuaMismatch) -> SmoothArgument {
      switch value {
      case .integer(let number) where (0...1).contains(number): SmoothArgument(alpha: Double(number), isWanted: true)
      case .number(let number) where (0...1).contains(number): SmoothArgument(alpha: number, isWanted: true)
      case .string("search"): SmoothArgument(alpha: nil, isWanted: true)
      default: throw LuaMismatch(expected: "alpha from 0 to 1, or \"search\"", found: interpreter.typeName(of: value))
      }
    }
    switch value {
    case .boolean(let flag): return SmoothArgument(alpha: nil, isWanted: flag)
    case .table(let table): return try alpha(table["alpha"])
    default: return try alpha(value)
    }
  }
}

extension Model {
  private enum ActivationArguments {
    static let mode = LuaOption<LinearQuantization.Mode>(
      "mode",
      "linear_symmetric: no zero point; values without negative elements use all codes of uint8. linear: from lowest to highest element",
      default: .symmetric)
    static let dtype = LuaOption<ActivationCodes>("dtype", "dtype of the codes", default: .int8)
    static let observer = LuaOption<ActivationObserver>(
      "observer",
      "how ranges are chosen: minmax, moving_average (over calls), percentile, mse (least squared error), entropy (least divergence)",
      default: .minmax)
    static let percentile = LuaOption<Double?>("percentile", "of the observer percentile; 99.999 by default", allowed: .within(50...100))
    static let smooth = LuaOption<SmoothArgument?>(
      "smooth", "SmoothQuant before: true or \"search\" finds alpha for each value; a number or { alpha = 0.85 } fixes it")
    static let weights = LuaOption<LuaValue?>(
      "weights", "options of quantize for the weights, by default { dtype = \"int8\" }; false leaves them as they are")
    static let types = LuaOption<[String: Bool]?>(
      "op_types", "whether operators of a type read codes; by default conv, linear, avg_pool, max_pool and, after a convolution, add do")
    static let names = LuaOption<[String: Bool]?>("op_names", "whether the operator of a name reads codes")
    static let table = LuaOptionTable(
      "QuantizeActivationsOptions",
      [mode, dtype, observer, percentile, smooth, weights, types, names]
        + CalibrationArguments.declarations.filter { ["calibration", "calibration_nsamples", "mask"].contains($0.declaration.name) })
  }

  private enum EqualizeArguments {
    static let calibration = LuaOption<StatisticsObject?>("calibration", "of model:calibrate")
    static let alpha = LuaOption<SmoothArgument?>("alpha", "from 0 to 1, or \"search\", the default")
    static let method = LuaOption<EqualizationMethod?>(
      "method",
      "smooth: SmoothQuant, from activations into linear layers, with calibration; cross_layer: between the weights of adjacent layers, "
        + "without data. By default smooth with calibration, else cross_layer")
    static let table = LuaOptionTable("EqualizeOptions", [calibration, alpha, method])
  }

  private enum CorrectionArguments {
    static let reference = LuaOption<Model?>("reference", "the model before compression")
    static let samples = LuaOption<Int?>("calibration_nsamples", "the most samples; by default all", allowed: .atLeast(1))
    static let mask = LuaOption<String?>("mask", "the input of the data that is 0 at positions that do not count")
    static let table = LuaOptionTable("CorrectBiasOptions", [reference, samples, mask])
  }

  static let activations: [LuaMethod] = [
    LuaMethod(
      "quantize_activations", "Store activations and weights as 8-bit integers, with ranges from calibration data (iOS17).",
      .options(ActivationArguments.table), .context, returns: "a Model",
      example: "local w8a8 = model:quantize_activations{ calibration = data, mode = \"linear\" }"
    ) { (m: Model, options: LuaOptions, context: LuaContext) in try quantized(m, options, context.interpreter) },
    LuaMethod(
      "equalize", "The same function with smaller ranges of activations, which move into the weights that multiply them.",
      .options(EqualizeArguments.table), .context, returns: "a Model",
      example: "local smooth = model:equalize{ calibration = model:calibrate(data) }"
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      let statistics = options[EqualizeArguments.calibration]?.statistics
      switch options[EqualizeArguments.method] ?? (statistics == nil ? .crossLayer : .smooth) {
      case .crossLayer:
        if let stray = ["calibration", "alpha"].first(where: options.given.contains) {
          throw LuaError(.usage, "equalize: \(stray) has no effect with cross_layer", hint: "method = \"smooth\"")
        }
        let made = try m.equalized()
        if made.pairs == 0 { context.interpreter.remark("equalize: no two layers are adjacent; the model stays as it is") }
        return made.model
      case .smooth:
        guard let statistics else {
          throw LuaError(.usage, "equalize: smooth needs calibration", hint: "model:equalize{ calibration = model:calibrate(data) }")
        }
        let made = try m.smoothed(statistics, alpha: options[EqualizeArguments.alpha]?.alpha)
        if made.alphas.isEmpty { context.interpreter.remark("equalize: no value gains; the model stays as it is") }
        return made.model
      }
    },
    LuaMethod(
      "correct_bias", "Add the mean error of each layer's outputs, which compressed weights cause, to its bias.", Arg("data", "a Dataset"),
      .options(CorrectionArguments.table), .context, returns: "a Model",
      example: "local better = model:quantize{}:correct_bias(data, { reference = model })"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      guard let reference = options[CorrectionArguments.reference] else {
        throw LuaError(.usage, "correct_bias: reference is missing", hint: "small:correct_bias(data, { reference = model })")
      }
      let data = CalibrationData(data.dataset, samples: options[CorrectionArguments.samples], mask: options[CorrectionArguments.mask])
      return try m.correctingBiases(data, reference: reference, isCancelled: { Interrupts.isPending }).model
    },
  ]

  private static func quantized(_ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Model {
    try interpreter.checkTaken()
    guard let calibration = try CalibrationArguments.input(options) else {
      throw LuaError(.usage, "quantize_activations: calibration is missing", hint: "model:quantize_activations{ calibration = data }")
    }
    guard model.opset >= .iOS17 else {
      throw ModelError.needsOpset(feature: "quantized activations", needs: .iOS17, has: model.opset)
    }
    var wanted = ActivationOptions()
    wanted.isSymmetric = options[ActivationArguments.mode] == .symmetric
    wanted.codeType = options[ActivationArguments.dtype] == .int8 ? .int8 : .uint8
    wanted.observer = options[ActivationArguments.observer]
    if let percentile = options[ActivationArguments.percentile] {
      guard wanted.observer == .percentile else {
        throw LuaError(.usage, "quantize_activations: percentile has no effect without observer = \"percentile\"")
      }
      wanted.percentile = percentile
    }
    wanted.types = options[ActivationArguments.types] ?? [:]
    wanted.names = options[ActivationArguments.names] ?? [:]
    try check(wanted, model)
    let observed = try self.observed(model, calibration, wanted, options)
    let quantized = try observed.model.quantizingActivations(wanted, observed.ranges).model
    return try withWeights(quantized, options, interpreter)
  }

  /// Throws an error for operators that do not exist or read no codes.
  private static func check(_ wanted: ActivationOptions, _ model: Model) throws {
    let types = ActivationOptions.possibleTypes
    for name in wanted.types.keys.sorted() where !types.contains(name) {
      throw LuaError(
        .usage, "quantize_activations: op_types.\(name) is no operator whose activations can be codes",
        hint: "there are \(types.joined(separator: ", "))")
    }
    let names = model.operationNames
    for name in wanted.names.keys.sorted() where !names.contains(name) {
      throw LuaError(
        .notFound, "quantize_activations: op_names.\(name) is no operator of the model",
        hint: Suggestion.nearest(to: name, among: names).map { "did you mean '\($0)'?" })
    }
  }

  /// The model, smoothed if wanted, and the ranges of its values.
  private static func observed(
    _ model: Model, _ calibration: CalibrationInput, _ wanted: ActivationOptions, _ options: LuaOptions
  ) throws -> (model: Model, ranges: [String: ValueRange]) {
    let kinds: Set<CollectedKind> = wanted.observer.needsHistogram ? [.ranges, .histograms] : [.ranges]
    let smooth = options[ActivationArguments.smooth].flatMap { $0.isWanted ? $0 : nil }
    switch calibration {
    case .statistics(let statistics):
      guard smooth == nil else {
        throw LuaError(
          .usage, "quantize_activations: smooth changes ranges, so that it needs data instead of statistics", hint: "calibration = data")
      }
      guard statistics.modelDigest == model.digest else { throw ModelError.wrongStatistics }
      guard !statistics.values.isEmpty else { throw ModelError.notCollected(what: "ranges", collect: "ranges") }
      if wanted.observer.needsHistogram, !statistics.hasHistograms {
        throw ModelError.notCollected(what: "histograms", collect: "histograms")
      }
      return (model, statistics.ranges)
    case .data(let data, _):
      var model = model
      if let smooth {
        let statistics = try model.calibrated(data, collecting: [.secondMoments], isCancelled: { Interrupts.isPending })
        model = try model.smoothed(statistics, alpha: smooth.alpha).model
      }
      return (model, try model.calibrated(data, collecting: kinds, isCancelled: { Interrupts.isPending }).ranges)
    }
  }

  private static func withWeights(_ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Model {
    var fields: OptionValue = .dictionary(["dtype": .string("int8")])
    var selector: PlannedStep.Selector?
    switch options[ActivationArguments.weights] {
    case nil, .nil?: break
    case .boolean(false)?: return model
    case .table(let table)?:
      fields = try RecipeReader(interpreter).dictionary(table, leavingOut: 0)
      selector = table["where"].function.map(WeightObject.selector)
    case let other?:
      throw LuaError(
        .usage, "quantize_activations: weights is a \(interpreter.typeName(of: other)), expected options of quantize or false")
    }
    return try PlannedStep(.compress(technique: "quantize", fields), selector: selector).applied(to: model, CompressionClient(interpreter))
  }
}

/// How ranges are moved between layers.
enum EqualizationMethod: String, LuaEnumeration {
  case crossLayer = "cross_layer"
  case smooth
}

/// The dtypes of codes of activations.
enum ActivationCodes: String, LuaEnumeration { case int8, uint8 }

extension ActivationObserver: LuaEnumeration {}
extension LinearQuantization.Mode: LuaEnumeration {}
