// SPDX-License-Identifier: Apache-2.0
// The methods model:evaluate and model:benchmark.

import Evaluation
import LuaHost
import Models
import Options
import Workflows

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

  private enum BenchmarkArguments {
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
      "benchmark", "Measure how long a prediction takes.", .options(BenchmarkArguments.table), .context,
      returns: "median, p90, min and mean in seconds; with profile = true also profile, rows of operators",
      example: "print(model:benchmark{ runs = 100 })"
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      var timing = BenchmarkOptions()
      timing.runs = options[BenchmarkArguments.runs]
      timing.warmup = options[BenchmarkArguments.warmup]
      timing.inputs = options[BenchmarkArguments.inputs]?.mapValues(\.input)
      timing.threads = options[BenchmarkArguments.threads]
      timing.profiles = options[BenchmarkArguments.profile]
      let bar = Progress("benchmark", unit: "runs")
      defer { bar.finish() }
      return BenchmarkRecord(
        benchmark: try m.benchmark(timing, isCancelled: { Interrupts.isPending }, progress: { bar.update($0, of: $1) }))
    },
  ]
}
