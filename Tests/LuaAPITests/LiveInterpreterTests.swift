// SPDX-License-Identifier: Apache-2.0
// Compares the annotations and reference pages in the repository with a running interpreter.

import Foundation
import LuaAPI
import LuaHost
import Options
import REPL
import TestSupport
import Testing

struct LiveInterpreterTests {
  private static let root = URL(fileURLWithPath: Script.examples).deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// An ONNX file with one node, `y = Nope(x)`, for a `float[2]`.
  private static let unknownOperator: [UInt8] = [
    8, 8, 58, 54, 10, 15, 10, 1, 120, 18, 1, 121, 26, 1, 110, 34, 4, 78, 111, 112, 101, 18, 1, 103, 90, 15, 10, 1, 120, 18, 10, 10, 8, 8, 1,
    18,
    4, 10, 2, 8, 2, 98, 15, 10, 1, 121, 18, 10, 10, 8, 8, 1, 18, 4, 10, 2, 8, 2, 66, 2, 16, 13,
  ]

  private let file: AnnotationFile
  private let interpreter: Interpreter
  private let scratch = FileManager.default.temporaryDirectory.path + "/wane-live-\(UUID().uuidString)"

  init() throws {
    file = AnnotationFile(try Self.text("share/wane/wane.d.lua"))
    interpreter = try Interpreter()
    try LuaAPI.open(in: interpreter)
    _ = try Session(interpreter, console: Console(write: { _ in }, warn: { _ in }))
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    for (name, value) in [("examples", Script.examples), ("fixtures", Script.fixtures), ("scratch", scratch)] {
      try interpreter.globals.set(name, value)
    }
    try Data(Self.unknownOperator).write(to: URL(fileURLWithPath: scratch + "/nope.onnx"))
    try interpreter.run(
      Script.digits + """
        inputs = { image = wane.zeros{ 1, 1, 8, 8 } }
        small = model:palettize{ nbits = 4 }
        front, back = model:split{ parts = 2 }
        report = wane.compare({ small = small }, data, { baseline = model, latency = true })
        t = wane.random{ 2, 3 }
        tokenizer = wane.tokenizer(examples .. "/tokenizer.json")
        picture = wane.load_image(fixtures .. "/DataFiles/gray.png")
        zeros = wane.zeros{ 2 }
        trainer = wane.trainer(model, { lr = 1e-4 })
        epochs = trainer:prune():fit(data, { steps = 1 })
        few = wane.dataset{ inputs = { image = wane.random({ 8, 1, 8, 8 }, { seed = 1 }) } }
        statistics = model:calibrate(few, { collect = { "ranges", "second_moments", "histograms", "fisher" } })
        sensitivity = model:sensitivity(few, { candidates = { { "palettize", nbits = 4 } } })
        written = {}
        wane.nn.model(wane.nn.custom(function(graph, x)
          written = { graph = graph, value = x, named = graph:value "x", constant = graph:constant{ 1 }, weight = graph:weight({ 2 }) }
          return x * written.weight + written.constant
        end), { inputs = { x = { 2 } } })
        """)
  }

  /// Calls of functions whose results are checked. A new function needs a row here, or an example in its declaration.
  private static let calls: [(path: String, code: String)] = [
    ("wane.load", "wane.load(examples .. '/digits_cnn.mlpackage')"),
    ("wane.options", "wane.options{ nbits = 4 }"),
    ("wane.clock", "wane.clock()"),
    ("wane.recipe", "wane.recipe(small)"),
    ("wane.diff", "wane.diff(model, small)"),
    ("wane.tensor", "wane.tensor{ 1, 2 }"),
    ("wane.zeros", "wane.zeros({ 2 }, 'int8')"),
    ("wane.random", "wane.random({ 2 }, { seed = 1 })"),
    ("wane.load_npy", "wane.load_npy(fixtures .. '/DataFiles/int8.npy')"),
    ("wane.save_npy", "wane.save_npy(scratch .. '/t.npy', t)"),
    ("wane.load_npz", "wane.load_npz(examples .. '/digits.npz')"),
    ("wane.save_safetensors", "wane.save_safetensors(scratch .. '/t.safetensors', { t = t })"),
    ("wane.save_npz", "wane.save_npz(scratch .. '/t.npz', { t = t })"),
    ("wane.load_image", "picture"), ("wane.save_image", "wane.save_image(scratch .. '/p.png', picture)"),
    ("wane.load_audio", "wane.load_audio(fixtures .. '/sources/tone.flac')"),
    ("wane.load_csv", "wane.load_csv(fixtures .. '/sources/iris.csv')"),
    ("wane.dataset", "data"),
    ("wane.compare", "report"),
    ("wane.tokenizer", "tokenizer"), ("Tokenizer:encode", "tokenizer:encode 'a'"), ("Tokenizer:encode", "tokenizer:encode{ 'a', 'b' }"),
    ("Tokenizer:encoding", "tokenizer:encoding 'a'"),
    ("Tokenizer:decode", "tokenizer:decode{ 1, 67 }"), ("Tokenizer:count", "tokenizer:count 'a'"),
    ("Tokenizer:token", "tokenizer:token(1)"),
    ("Tokenizer:id", "tokenizer:id '<s>'"), ("Tokenizer:vocabulary", "tokenizer:vocabulary()"),
    ("Model:predict", "model:predict(inputs)"),
    ("Model:text", "model:text()"),
    ("Model:check", "model:check{ tolerance = 0 }"),
    ("Model:flops", "model:flops()"),
    ("Model:memory_plan", "model:memory_plan()"),
    ("Model:quantize", "model:quantize()"),
    ("Model:quantize", "model:quantize{ dry_run = true }"),
    ("Model:palettize", "small"),
    ("Model:prune", "model:prune{ target_sparsity = 0.5 }"),
    ("Model:compress", "model:compress{ { 'quantize' } }"),
    ("Model:compress", "model:compress({ { 'quantize' } }, { dry_run = true })"),
    ("Model:decompress", "small:decompress()"),
    ("Model:retarget", "model:retarget 'iOS18'"),
    ("Model:evaluate", "model:evaluate(data, { baseline = small })"),
    ("Model:benchmark", "model:benchmark{ runs = 2, warmup = 0, profile = true }"),
    ("Model:save", "model:save(scratch .. '/m.mlpackage')"),
    ("Model:close", "model:quantize{}:close()"),
    ("Tensor:at", "t:at{ 0, 1 }"),
    ("Tensor:to_table", "t:to_table()"),
    ("Tensor:to_table", "t:sum() and wane.tensor{ shape = {}, data = { 1 } }:to_table()"),
    ("Tensor:reshape", "t:reshape{ 6 }"),
    ("Tensor:slice", "t:slice(0, 1)"),
    ("Tensor:argmax", "t:argmax()"),
    ("Tensor:min", "t:min()"), ("Tensor:max", "t:max()"), ("Tensor:sum", "t:sum()"), ("Tensor:mean", "t:mean()"),
    ("Tensor:min", "t:cast('int8'):min()"),
    ("Tensor:sum", "t:sum(0)"), ("Tensor:max", "t:max(0, { keepdims = true })"), ("Tensor:any", "t:any()"), ("Tensor:any", "t:any(0)"),
    ("Tensor:at", "t:at{ 0 }"), ("Tensor:at", "t:gt(1):at{ 0, 0 }"), ("Tensor:median", "t:median()"),
    ("Tensor:quantile", "t:quantile({ 0.5 }, 0)"),
    ("Tensor:split", "t:split(1)"), ("Tensor:matmul", "t:matmul(t:transpose())"), ("wane.einsum", "wane.einsum('ij->', t)"),
    ("wane.op.relu", "wane.op.relu{ x = t }"), ("wane.json.decode", "wane.json.decode '[1]'"), ("wane.csv.decode", "wane.csv.decode 'a,b'"),
    ("wane.glob", "wane.glob '/nowhere/*'"),
    ("Tensor:cast", "t:cast 'int8'"),
    ("Tensor:scale", "t:scale(2)"),
    ("Image:resize", "picture:resize(2, 2)"),
    ("Image:to_tensor", "picture:to_tensor()"),
    ("Weight:to_tensor", "model.weights[1]:to_tensor()"),
    ("Recipe:to_yaml", "wane.recipe(small):to_yaml()"),
    ("Dataset:batches", "data:batches(2)"), ("Dataset:to_npz", "data:take(2):to_npz(scratch .. '/d.npz')"),
    ("Trainer:report", "trainer:report()"),
    ("wane.resume", "(function() trainer:save_checkpoint(scratch .. '/c') return wane.resume(scratch .. '/c') end)()"),
    ("Graph:constant", "written.constant"), ("Graph:weight", "written.weight"), ("Graph:value", "written.named"),
    ("Model:concat", "front:concat(back)"),
    ("Report:plot", "report:plot{ file = scratch .. '/p.svg' }"),
    ("Report:pareto", "report:pareto()"),
    ("Report:best", "report:best()"),
    ("Report:best", "report:best{ max_drop = 1 }"),
    ("Report:print", "report:print{ all = true, sort = 'size' }"),
    ("CompressionReport:print", "small.report:print{ sort = 'bytes_after' }"),
    ("Report:to_csv", "report:to_csv(scratch .. '/r.csv')"),
    ("Report:to_json", "report:to_json(scratch .. '/r.json')"),
    ("Report:to_html", "report:to_html(scratch .. '/r.html')"),
    ("wane.load_statistics", "(function() statistics:save(scratch .. '/s.npz') return wane.load_statistics(scratch .. '/s.npz') end)()"),
    ("Statistics:merge", "statistics:merge(statistics)"),
    ("Sensitivity:to_csv", "sensitivity:to_csv(scratch .. '/s.csv')"),
    ("help", "help()"), ("who", "who()"), ("pp", "pp(1)"),
  ]

  /// Values of classes that no function returns directly.
  private static let values: [(type: String, code: String)] = [
    ("Batch", "data:batches(2)()"), ("Confusion", "model:evaluate(data, { metrics = 'confusion' }).confusion"),
    ("MetricBatch", "(function() local b model:evaluate(data, { metrics = function(_, batch) b = batch return 0 end }) return b end)()"),
    ("Error", "select(2, pcall(wane.load, 'nowhere'))"),
    ("Trainer", "trainer"), ("FitHistory", "epochs"), ("Epoch", "epochs[1]"), ("TrainingReport", "trainer:report()"),
    ("TrainingReportEntry", "trainer:report()[1]"), ("Layer", "wane.nn.relu()"), ("Graph", "written.graph"),
    ("Null", "wane.json.null"), ("Value", "written.value"), ("Row", "report[1]"), ("Weight", "model.weights[1]"),
    ("Weight", "small.weights.f1_weight"),
    ("WeightReader", "model.weights[1].readers[1]"),
    ("Encoded", "wane.encode.cast{ values = wane.zeros({ 4, 4 }, 'float16') }"),
    ("Technique", "wane.technique{ name = 'own', compress = function() end }"),
    ("WeightContext", "(function() local c model:quantize{ where = function(_, context) c = context return true end } return c end)()"),
    ("RewriteOperation", "(function() local o model:rewrite(function(operation) o = operation end) return o end)()"),
    ("ConversionReport", "wane.convert(examples .. '/digits_mlp.onnx', { dry_run = true })"),
    ("ConversionEntry", "wane.convert(examples .. '/digits_mlp.onnx', { dry_run = true })[1]"),
    (
      "ConvertedOperation",
      "(function() local o wane.convert(examples .. '/digits_mlp.onnx', { precision = function(op) o = op return true end }) return o end)()"
    ),
    ("UnsupportedOperator", "wane.convert(scratch .. '/nope.onnx', { dry_run = true }).unsupported[1]"),
    ("Statistics", "statistics"), ("ValueStatistics", "statistics.values.image"), ("Sensitivity", "sensitivity"),
    ("SensitivityRow", "sensitivity[1]"),
    (
      "SearchPoint",
      """
      (function()
        local found
        model:search(few, { budget = { size = 0.5 }, sensitivity = sensitivity, points = 0, on_step = function(p) found = p end })
        return found
      end)()
      """
    ),
    ("CompressionReport", "small.report"), ("DifferenceRow", "wane.diff(model, small)[1]"),
  ]

  /// The same for models that are not in the repository.
  private static let zooValues: [(type: String, code: String)] = [
    ("State", "accumulator:make_state()"),
    ("Tensor", "accumulator:make_state():read(accumulator.inputs[2].name)"),
    ("PrecisionCheck", "halves:check{ tolerance = 0 }"),
    ("PrecisionFault", "halves:check{ tolerance = 0 }.rows[1]"),
  ]

  @Test func theInterpreterHoldsWhatIsAnnotated() throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var conformance = Conformance(interpreter, file)
    for (path, code) in Self.calls {
      let function = try #require(file.functions[path], "\(path) is not annotated")
      let results = try interpreter.run("return " + code, chunkName: "=call")
      if let type = function.result {
        conformance.check(results.first ?? .nil, is: type, at: code)
      } else if results.first?.isNil == false {
        Issue.record("\(code) gives a value, which is not annotated")
      }
    }
    for (type, code) in Self.values {
      conformance.check(try interpreter.run("return " + code).first ?? .nil, is: type, at: code)
    }
    if let zoo = Zoo.folder {
      try interpreter.run(
        "accumulator = wane.load '\(zoo)/stateful_acc/stateful_acc_iOS18.mlpackage' halves = wane.load '\(zoo)/mnist_cnn/mnist_cnn_fp16_iOS16.mlpackage'"
      )
      for (type, code) in Self.zooValues {
        conformance.check(try interpreter.run("return " + code).first ?? .nil, is: type, at: code)
      }
    }
    for fault in conformance.faults { Issue.record("\(fault)") }

    // All annotations were checked.
    let optionTables = Set(interpreter.catalog.functions.compactMap(\.function.options?.name))
    let unseen = Set(file.fields.keys).subtracting(conformance.seen).subtracting(optionTables).filter { !$0.hasSuffix("Step") }
      .subtracting(Zoo.folder == nil ? ["State", "PrecisionFault"] : [])
    #expect(unseen == [], "classes of which this test has no value")
    let called = Set(Self.calls.map(\.path))
    // The functions of wane.op are declared from the operators' signatures.
    for (path, function) in interpreter.catalog.functions
    where function.example == nil && !called.contains(path) && !path.hasPrefix("wane.op.") {
      // Those of states are called where a model of the zoo has some.
      #expect(path == "Model:make_state" || path.hasPrefix("State:"), "\(path) is never called: give it a row or an example")
    }
  }

  @Test func everythingTheInterpreterHoldsIsAnnotated() throws {
    // The names that are available to scripts in addition to those of standard Lua.
    let bare = try Interpreter()
    let plain = Set(try bare.globals.pairs().compactMap(\.key.string))
    let ours = Set(try interpreter.globals.pairs().compactMap(\.key.string)).subtracting(plain).subtracting([
      "examples", "fixtures", "scratch", "model", "data", "inputs", "small", "report", "t", "picture", "zeros",
      "trainer", "epochs", "written", "few", "statistics", "sensitivity", "tokenizer", "front", "back", "middle",
    ])
    let annotated = Set(file.functions.keys.filter { !$0.contains(".") && !$0.contains(":") }).union(file.modules)
    #expect(ours == annotated.filter { !$0.contains(".") })

    for module in file.modules {
      let keys = try interpreter.run("return \(module)").first?.table?.pairs().compactMap(\.key.string) ?? []
      let names = (file.functions.keys + file.modules).filter { $0.hasPrefix(module + ".") }
        .map { String($0.dropFirst(module.count + 1)) }.filter { !$0.contains(".") }
      let constants = interpreter.catalog.allModules.first { $0.path == module }?.module.constants.map(\.name) ?? []
      #expect(Set(keys) == Set(names + constants), "\(module)")
    }

    // The methods in metatables, which are not visible to scripts.
    for value in ["model", "t", "picture", "data", "report", "small.report", "model.weights[1]", "wane.recipe(small)"] {
      let object = try #require(try interpreter.run("return " + value).first)
      let methods = try interpreter.load(
        "local _, methods = debug.getupvalue(debug.getmetatable(...).__index, 2) return methods", chunkName: "=methods"
      ).call(object).first?.table
      let name = interpreter.typeName(of: object)
      let names = file.functions.keys.filter { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1)) }
      #expect(Set(try #require(methods).pairs().compactMap(\.key.string)) == Set(names), "\(name)")
      let properties = try #require(interpreter.catalog.objectClass(named: name)).properties.map(\.name)
      #expect(Set(file.fields[name, default: [:]].keys.filter { $0 != "[integer]" }) == Set(properties), "\(name)")
    }
  }

  @Test func parametersAndOptionsAreThoseThatAreChecked() throws {
    for (path, function) in interpreter.catalog.functions {
      let annotated = try #require(file.functions[path], "\(path)")
      let declared = function.arguments.map {
        ($0.isVariadic ? "..." : LuaLexer.keywords.contains($0.name) ? $0.name + "_" : $0.name, $0.isOptional)
      }
      #expect(annotated.parameters.map(\.name) == declared.map(\.0), "\(path)")
      for (given, wanted) in zip(annotated.parameters, declared) where given.name != "..." {
        #expect(given.isOptional == wanted.1, "\(path): \(given.name)")
      }
      guard let options = function.options else { continue }
      let fields = try #require(file.fields[options.name], "\(options.name)")
      #expect(Set(fields.keys) == Set(options.options.map(\.name)), "\(options.name)")
      for option in options.options {
        #expect(fields[option.name]?.hasSuffix("?") == !option.isRequired, "\(options.name).\(option.name)")
        for choice in option.choices { #expect(fields[option.name]?.contains("\"\(choice)\"") == true, "\(option.name): \(choice)") }
      }
    }
  }

  /// Undeclared options are errors and declared options are accepted, for every table of options.
  @Test func undeclaredOptionsAreRefusedEverywhere() throws {
    var (tried, wanted) = (0, 0)
    for (path, code) in Self.calls {
      let function = try #require(interpreter.catalog.functions.first { $0.path == path }?.function, "\(path)")
      guard function.options != nil else { continue }
      wanted += 1
      let position = function.arguments.firstIndex { $0.options != nil } ?? 0
      let method = path.split(separator: ":").count == 2
      let target = method ? String(code.prefix { $0 != ":" }) + ":" + function.name : path
      guard let receiver = method ? try? interpreter.run("return " + code.prefix { $0 != ":" }).first : LuaValue.nil,
        method == !receiver.isNil
      else { continue }
      let fill = function.arguments.prefix(position).map { argument in
        [
          "inputs": "inputs", "data": "data", "candidates": "{ small = small }", "steps": "{ { 'quantize' } }", "shape": "{ 2 }",
          "axes": "0", "axis": "0", "q": "0.5", "next": "back", "tensors": "{ t = t }",
        ][
          argument.name] ?? "'x'"
      }
      let call = "return pcall(function() return \(target)(\((fill + ["{ surely_no_option = 1 }"]).joined(separator: ", "))) end)"
      let results = try interpreter.run(call)
      #expect(results.first?.boolean == false, "\(call)")
      let sentence = try interpreter.describe(results.dropFirst().first ?? .nil)
      #expect(sentence.contains("unknown option 'surely_no_option'"), "\(call): \(sentence)")
      tried += 1
    }
    #expect(tried == wanted && wanted > 10, "\(tried) of \(wanted) functions were tried")
  }

  @Test func theReferenceNamesEverything() throws {
    let folder = Self.root.appendingPathComponent("docs/reference").path
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder)
    let text = try pages.map { try Self.text("docs/reference/" + $0) }.joined()
    for path in file.functions.keys { #expect(text.contains("## `\(path)("), "\(path)") }
    for (name, fields) in file.fields {
      for field in fields.keys where !field.hasPrefix("[") { #expect(text.contains("| `\(field)` |"), "\(name).\(field)") }
    }
    // All names on the page exist.
    for line in text.split(separator: "\n") where line.hasPrefix("## `") {
      let path = String(line.dropFirst(4).prefix { $0 != "(" && $0 != "`" })
      #expect(file.functions[path] != nil, "\(path)")
    }
  }
}
