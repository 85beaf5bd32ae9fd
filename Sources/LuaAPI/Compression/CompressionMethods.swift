// SPDX-License-Identifier: Apache-2.0
// model:quantize, model:palettize, model:prune, model:compress, model:decompress.

import Compression
import Evaluation
import LuaHost
import ModelPackages
import Models

extension Model {
  static let compressing: [LuaMethod] =
    [
      step("quantize", "Store weights as 8- or 4-bit integers with scales.", "model:quantize{ dtype = \"int8\" }"),
      step("palettize", "Store weights as indices into a small table of values.", "model:palettize{ nbits = 4 }"),
      step("prune", "Set small weights to zero and store the others.", "model:prune{ target_sparsity = 0.5 }"),
    ] + [
      LuaMethod(
        "compress", "Do several steps, one after the other.",
        Arg<[LuaTable]>("steps", "a sequence of { \"prune\", target_sparsity = 0.5 } and the like"), .context,
        returns: "a Model", example: "local small = model:compress{ { \"prune\", target_sparsity = 0.5 }, { \"palettize\", nbits = 4 } }"
      ) { (m: Model, steps: [LuaTable], context: LuaContext) in
        var model = m
        for (i, table) in steps.enumerated() {
          guard let name = table[1].string, Techniques.names.contains(name) else {
            throw LuaError(
              .usage, "compress: step \(i + 1) does not begin with a technique",
              hint: "write { \"\(Techniques.names[0])\", … }; techniques: \(Techniques.names.joined(separator: ", "))")
          }
          let value = try RecipeReader(context.interpreter).dictionary(table, leavingOut: 1)
          guard case .model(let next) = try model.compressed(name, value, nil, isDryRun: false, context.interpreter) else { continue }
          model = next
        }
        return model
      },
      LuaMethod("decompress", "Store every weight plainly again.", returns: "a Model") { (m: Model) in
        let result = try Compressor(isCancelled: { Interrupts.isPending }).decompress(m.contents.program)
        return try m.replaced(by: result, step: "decompress()")
      },
    ]

  /// Options that every step has beside its own.
  private static let common: [any LuaOptionDeclaration] = [
    LuaDynamicOption("op_types", .table, "options by type of operator; false leaves alone"),
    LuaDynamicOption("op_names", .table, "options by name of a weight or operator; false leaves alone"),
    LuaDynamicOption("op_patterns", .table, "a sequence of { Lua pattern, options }"),
    LuaDynamicOption("where", .function, "called with each weight; false leaves it alone"),
    LuaDynamicOption(
      "tied", .string, "a weight whose consumers want different things", default: "\"error\"", allowed: .oneOf("error", "first", "split")),
    LuaDynamicOption("joint", .boolean, "whether to compress what is compressed already (iOS18)", default: "true"),
    LuaDynamicOption("compatible", .boolean, "coremltools' choice where Wane's differs", default: "false"),
    LuaDynamicOption("dry_run", .boolean, "give the report, do not compress", default: "false"),
    LuaDynamicOption("config_type", .string, "coremltools' configuration class, for a recipe in its shape"),
    LuaDynamicOption("global_config", .table, "coremltools' global_config"),
    LuaDynamicOption("op_type_configs", .table, "coremltools' op_type_configs"),
    LuaDynamicOption("op_name_configs", .table, "coremltools' op_name_configs"),
  ]

  private static func step(_ name: String, _ doc: String, _ example: String) -> LuaMethod {
    let own: [any LuaOptionDeclaration] = Techniques.options(step: name).map { LuaDynamicOption($0) }
    let table = LuaOptionTable(name.prefix(1).uppercased() + name.dropFirst() + "Options", own + common)
    return LuaMethod(
      name, doc, .options(table), .context, returns: "a Model whose report says what was done; with dry_run the report alone",
      example: "local small = " + example
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      var fields = try RecipeReader(context.interpreter).dictionary(options, leavingOut: ["where", "dry_run"])
      let isDryRun = options["dry_run"]?.boolean ?? false
      fields = fields.filter { $0.value != .null }
      switch try m.compressed(name, .dictionary(fields), options["where"]?.function, isDryRun: isDryRun, context.interpreter) {
      case .model(let model): return LuaResults(model)
      case .report(let report): return LuaResults(ReportObject(report))
      }
    }
  }

  private enum Outcome {
    case model(Model)
    case report(CompressionReport)
  }

  private func compressed(
    _ step: String, _ value: RecipeValue, _ selector: LuaClosure?, isDryRun: Bool, _ interpreter: Interpreter
  ) throws -> Outcome {
    var recipe = try Recipe(step: step, value, compilePattern: LuaPatterns.compiler(interpreter))
    if let selector {
      // Called on the interpreter's thread only: compression runs there.
      nonisolated(unsafe) let selector = selector
      recipe.selector = { try selector.call(WeightObject($0), returning: Bool.self, role: "where function") }
    }
    let bar = Progress(step, unit: "weights")
    defer { bar.finish() }
    nonisolated(unsafe) let shown = bar
    let compressor = Compressor(
      isDryRun: isDryRun, isCancelled: { Interrupts.isPending }, progress: { shown.update($0.done, of: $0.total) })
    let result = try compressor.compress(contents.program, recipe)
    guard !isDryRun else { return .report(result.report) }
    return .model(try replaced(by: result, step: HistoryText.call(step, value)))
  }
}

extension LuaDynamicOption {
  /// A technique's option as an option of the method.
  fileprivate init(_ option: OptionDeclaration) {
    var allowed: Allowed?
    var type = LuaType.any
    switch option.kind {
    case .bool: type = .boolean
    case .integer(let range):
      type = .integer
      allowed = .range(
        lower: range.lowerBound == .min ? nil : Double(range.lowerBound), upper: range.upperBound == .max ? nil : Double(range.upperBound))
    case .number(let range):
      type = .number
      allowed = .range(lower: range.lowerBound.isFinite ? range.lowerBound : nil, upper: range.upperBound.isFinite ? range.upperBound : nil)
    case .choice(let values):
      let strings = values.compactMap { if case .string(let s) = $0 { s } else { nil } }
      let integers = values.compactMap { if case .integer(let i) = $0 { i } else { nil } }
      if !strings.isEmpty {
        type = .string
        allowed = .strings(strings)
      } else {
        type = .integer
        allowed = .integers(integers)
      }
    case .pair: type = .sequence(.integer)
    case .integerOrList: type = .union([.integer, .sequence(.integer)])
    case .function: type = .function
    }
    let text = option.defaultValue == .null ? nil : "\(option.defaultValue)"
    self.init(
      option.name, type, option.doc, default: text, allowed: allowed,
      aliases: ["nbits": ["n_bits", "bits"], "target_sparsity": ["sparsity"]][option.name] ?? [])
  }
}
