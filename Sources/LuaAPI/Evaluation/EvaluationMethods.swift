// SPDX-License-Identifier: Apache-2.0
// model:evaluate and model:benchmark.

import Evaluation
import LuaHost
import Models
import Runtime
import Tensors

extension Model {
  private enum EvaluateOptions {
    static let metrics = MetricList.option
    static let baseline = LuaOption<Model?>("baseline", "the model whose outputs are compared with")
    static let output = LuaOption<String?>("output", "which output is compared, where there are several")
    static let batchSize = LuaOption<Int?>("batch_size", "samples a batch; the dataset's own when left out", allowed: .atLeast(1))
    static let onBatch = LuaOption<LuaClosure?>("on_batch", "called after each batch with the samples done and in all")
    static let table = LuaOptionTable("EvaluateOptions", [metrics, baseline, output, batchSize, onBatch])
  }

  private enum BenchmarkOptions {
    static let runs = LuaOption("runs", "timed predictions", default: 50, allowed: .atLeast(1))
    static let warmup = LuaOption("warmup", "predictions before", default: 5, allowed: .atLeast(0))
    static let inputs = LuaOption<[String: InputArgument]?>("inputs", "what to predict; random numbers when left out")
    static let threads = LuaOption<Int?>("threads", "threads to use; the present number when left out", allowed: .within(1...1024))
    static let profile = LuaOption("profile", "also time every operator", default: false)
    static let table = LuaOptionTable("BenchmarkOptions", [runs, warmup, inputs, threads, profile])
  }

  static let evaluating: [LuaMethod] = [
    LuaMethod(
      "evaluate", "Run it on a dataset and measure.", Arg("data", "a Dataset"), .options(EvaluateOptions.table), .context,
      returns: "a Result: a field for each metric", example: "print(model:evaluate(data).accuracy)"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      let baseline = options[EvaluateOptions.baseline]
      let metrics = try MetricReader.metrics(
        options[EvaluateOptions.metrics], data.dataset, hasBaseline: baseline != nil, context.interpreter)
      let bar = Progress("evaluate", unit: "samples")
      defer { bar.finish() }
      let evaluator = Evaluator(
        metrics: metrics, options: MetricOptions(output: options[EvaluateOptions.output]),
        batchSize: options[EvaluateOptions.batchSize],
        onBatch: { step in
          bar.update(step.done, of: step.total)
          if let callback = options[EvaluateOptions.onBatch] {
            bar.clear()
            try callback.call(step.done, step.total)
          }
        }, isCancelled: { Interrupts.isPending })
      return ResultObject(try evaluator.evaluate(m, on: data.dataset, baseline: baseline))
    },
    LuaMethod(
      "benchmark", "Measure how long a prediction takes.", .options(BenchmarkOptions.table),
      returns: "median, p90, min and mean in seconds; with profile = true also rows of operators",
      example: "print(model:benchmark{ runs = 100 })"
    ) { (m: Model, options: LuaOptions) in
      let inputs = try options[BenchmarkOptions.inputs]?.mapValues(\.input) ?? m.randomInputs()
      let state = try m.makeState()
      // Prepared anew when the number of threads differs: primitives are split when they are made.
      let model = try options[BenchmarkOptions.threads].map { try m.fresh(threads: $0) } ?? m
      let bar = Progress("benchmark", unit: "runs")
      defer { bar.finish() }
      let runs = options[BenchmarkOptions.runs]
      let warmup = options[BenchmarkOptions.warmup]
      var done = 0
      let latency = try Latency.interleaved(
        runs: runs, warmup: warmup,
        [
          {
            _ = try model.predict(inputs, state: state)
            done += 1
            bar.update(done, of: runs + warmup)
          }
        ], isCancelled: { Interrupts.isPending })[0]
      let profile = options[BenchmarkOptions.profile] ? try model.profile(inputs, state: state, runs: min(runs, 20)) : nil
      return BenchmarkRecord(latency: latency, resident: ResidentMemory.bytes, profile: profile)
    },
  ]
}
<<<<<<< HEAD

/// What `metrics =` may be: a name, a function, or a table of them.
struct MetricList: LuaConvertible {
  static let option = LuaOption<MetricList?>(
    "metrics", "names, or functions(outputs, batch) that return a number", allowed: .strings(Metrics.all.map(\.name)))

  private let value: LuaValue

  static var luaType: LuaType { .union([.string, .function, .table]) }

  func push(to interpreter: Interpreter) throws { try value.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> MetricList {
    let value = try LuaValue.read(interpreter, at: index)
    switch value {
    case .string, .function, .table: return MetricList(value: value)
    default: throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
  }

  /// Keys and values of the table; a single metric is its first.
  func entries() throws -> [(key: LuaValue, value: LuaValue)] {
    try value.table?.pairs() ?? [(.integer(1), value)]
  }
}

/// Metrics as scripts name them.
enum MetricReader {
  /// The metrics of a table of names and functions, or the usual ones when there is none.
  static func metrics(
    _ list: MetricList?, _ data: Dataset, hasBaseline: Bool, _ interpreter: Interpreter
  ) throws -> [MetricDefinition] {
    guard let list else { return Metrics.defaults(labels: data.labels, hasBaseline: hasBaseline) }
    var metrics: [MetricDefinition] = []
    for (key, value) in try list.entries().sorted(by: { order($0.key) < order($1.key) }) {
      switch value {
      case .string(let name): metrics.append(try Metrics.named(name))
      case .function(let function): metrics.append(custom(key.string ?? "metric\(key.integer ?? 1)", function))
      default:
        throw LuaError(
          .usage, "metrics: a name or a function expected, got \(interpreter.typeName(of: value))",
          hint: "names: \(Metrics.all.map(\.name).joined(separator: ", "))")
      }
    }
    return metrics
  }

  /// Positions first, then names.
  private static func order(_ key: LuaValue) -> (Int, String) { (key.integer ?? Int.max, key.string ?? "") }

  private static func custom(_ name: String, _ function: LuaClosure) -> MetricDefinition {
    MetricDefinition.custom(name: name) { batch in
      let record = MetricBatchRecord(batch: batch)
      return try function.call(
        batch.outputs.mapValues { TensorObject($0) }, record, returning: Double.self, role: "metric '\(name)'")
    }
  }
}

/// What a script's metric is given beside the outputs.
struct MetricBatchRecord: LuaRecord {
  let batch: MetricBatch

  static let luaName = "MetricBatch"
  static let luaDoc = "A batch as a metric sees it."
  static let luaFields: [LuaField<MetricBatchRecord>] = [
    LuaField("labels", "their labels") { $0.batch.labels.map { TensorObject($0) } },
    LuaField("reference", "the baseline's outputs by name") { $0.batch.reference?.mapValues { TensorObject($0) } },
    LuaField("count", "number of samples") { $0.batch.count },
  ]
}

/// The outcome of an evaluation: a field for each metric.
final class ResultObject: LuaBoxed {
  let result: EvaluationResult

  init(_ result: EvaluationResult) { self.result = result }

  static var luaName: String { "Result" }

  static let luaClass = LuaClass(
    ResultObject.self, "What an evaluation measured.",
    properties: [
      LuaProperty("samples", "number of samples") { (r: ResultObject) in r.result.samples },
      LuaProperty("seconds", "time inside predictions") { (r: ResultObject) in r.result.seconds },
      LuaProperty("samples_per_second", "samples over seconds") { (r: ResultObject) in r.result.samplesPerSecond },
      LuaProperty("metrics", "values by name") { (r: ResultObject) in
        Dictionary(r.result.metrics.compactMap { e in e.value.map { (e.name, $0.value) } }, uniquingKeysWith: { a, _ in a })
      },
      LuaProperty("intervals", "95 % intervals {low, high} by name, for proportions") { (r: ResultObject) in
        Dictionary(
          r.result.metrics.compactMap { e in e.value?.interval.map { (e.name, [$0.lowerBound, $0.upperBound]) } },
          uniquingKeysWith: { a, _ in a })
      },
    ] + Metrics.all.map { property($0.name, $0.formula) },
    behaviors: [.toString { (r: ResultObject) in r.result.description }])

  private static func property(_ name: String, _ formula: String) -> LuaProperty {
    LuaProperty(name, "\(formula); nil when it was not measured") { (r: ResultObject) in r.result[name]?.value }
  }
}

/// How long predictions take.
struct BenchmarkRecord: LuaRecord {
  let latency: LatencyResult
  let resident: Int?
  let profile: [ProfileRow]?

  static let luaName = "Benchmark"
  static let luaDoc = "How long predictions take, in seconds."
  static let luaFields: [LuaField<BenchmarkRecord>] = [
    LuaField("median", "half of the runs are at least this fast") { $0.latency.median },
    LuaField("p90", "nine runs of ten are at least this fast") { $0.latency.p90 },
    LuaField("min", "the fastest run") { $0.latency.min },
    LuaField("mean", "the mean of the runs") { $0.latency.mean },
    LuaField("runs", "number of runs") { $0.latency.runs },
    LuaField("resident", "bytes of memory that the process holds after the runs") { $0.resident },
    LuaField("profile", "rows of operators, the slowest first; nil without profile = true") { $0.profile.map(ProfileRecord.rows) },
  ]
  var luaText: String? {
    ([latency.description] + (resident.map { ["resident memory \(Quantity.fixed(Double($0) / 1e6, 0)) MB"] } ?? [])
      + (profile.map { [ProfileRecord.table($0)] } ?? [])).joined(separator: "\n")
  }
}

/// One operator of a profile.
struct ProfileRecord: LuaRecord {
  let row: ProfileRow
  /// Of the time of all operators.
  let share: Double

  static func rows(_ profile: [ProfileRow]) -> [ProfileRecord] {
    let total = profile.reduce(0) { $0 + $1.seconds }
    return profile.map { ProfileRecord(row: $0, share: total > 0 ? $0.seconds / total : 0) }
  }

  static let luaName = "ProfileRow"
  static let luaDoc = "The time of one operator."
  static let luaFields: [LuaField<ProfileRecord>] = [
    LuaField("operation", "the operator, or what the plan put in") { $0.row.operation },
    LuaField("name", "the value it computes") { $0.row.name },
    LuaField("kernel", "which loop or primitive ran") { $0.row.kernel },
    LuaField("seconds", "mean over the runs") { $0.row.seconds / Double(max($0.row.runs, 1)) },
    LuaField("share", "of the time of all operators, 0 to 1") { $0.share },
    LuaField("flops", "floating-point operations of one run; 0 for what only moves data") { $0.row.flops },
    LuaField("gflops", "billions of them a second") { $0.row.gigaflops },
    LuaField("bytes", "bytes read and written in one run, as 32-bit numbers") { $0.row.bytes },
  ]

  /// The slowest rows as an aligned table.
  static func table(_ rows: [ProfileRow], limit: Int = 20) -> String {
    var table = Table(columns: [
      Table.Column("operator", .left), Table.Column("value", .left), Table.Column("kernel", .left), Table.Column("time", unit: "µs"),
      Table.Column("share", unit: "%"), Table.Column("speed", unit: "GFLOP/s"), Table.Column("moved", unit: "kB"),
    ])
    for record in Self.rows(rows).prefix(limit) {
      let row = record.row
      table.append([
        row.operation, row.name, row.kernel, Quantity.fixed(row.seconds / Double(max(row.runs, 1)) * 1e6, 1),
        Quantity.fixed(record.share * 100, 1), row.flops > 0 ? Quantity.fixed(row.gigaflops, 1) : "",
        Quantity.fixed(Double(row.bytes) / 1000, 1),
      ])
    }
    let rest = rows.count - min(rows.count, limit)
    return table.text() + (rest > 0 ? "\n… and \(rest) more" : "")
  }
}
=======
>>>>>>> main
