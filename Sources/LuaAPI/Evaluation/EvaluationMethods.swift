// SPDX-License-Identifier: Apache-2.0
// The methods model:evaluate and model:benchmark.

import Evaluation
import LuaHost
import Models
import Options
import Platform
import Runtime
import Tensors

extension Model {
  private enum EvaluateOptions {
    static let metrics = MetricList.option
    static let baseline = LuaOption<Model?>(
      "baseline", "the model to compare outputs with; its outputs are cached as long as the model and the data exist")
    static let output = LuaOption<String?>("output", "the output to compare, if there are several")
    static let batchSize = LuaOption<Int?>("batch_size", "samples per batch; by default that of the dataset", allowed: .atLeast(1))
    static let onBatch = LuaOption<LuaClosure?>("on_batch", "called after each batch with the number of finished samples and the total")
    static let table = LuaOptionTable("EvaluateOptions", [metrics, baseline, output, batchSize, onBatch])
  }

  private enum BenchmarkOptions {
    static let runs = LuaOption("runs", "timed predictions", default: 50, allowed: .atLeast(1))
    static let warmup = LuaOption("warmup", "predictions before", default: 5, allowed: .atLeast(0))
    static let inputs = LuaOption<[String: InputArgument]?>("inputs", "the inputs; by default random numbers")
    static let threads = LuaOption<Int?>("threads", "number of threads; by default the current number", allowed: .within(1...1024))
    static let profile = LuaOption("profile", "also time every operator", default: false)
    static let table = LuaOptionTable("BenchmarkOptions", [runs, warmup, inputs, threads, profile])
  }

  static let evaluating: [LuaMethod] = [
    LuaMethod(
      "evaluate", "Evaluate the model on a dataset.", Arg("data", "a Dataset"), .options(EvaluateOptions.table), .context,
      returns: "a Result: a field for each metric", example: "print(model:evaluate(data).accuracy)"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
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
        }, isCancelled: { Interrupts.isPending }, remark: { context.interpreter.remark($0) })
      return ResultObject(try evaluator.evaluate(m, on: data.dataset, baseline: baseline))
    },
    LuaMethod(
      "benchmark", "Measure the latency of predictions.", .options(BenchmarkOptions.table), .context,
      returns: "median, p90, min and mean in seconds; with profile = true also profile, rows of operators",
      example: "print(model:benchmark{ runs = 100 })"
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      let inputs = try options[BenchmarkOptions.inputs]?.mapValues(\.input) ?? m.randomInputs()
      let state = try m.makeState()
      // Prepared again if the number of threads differs, since primitives divide their work when they are created.
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
