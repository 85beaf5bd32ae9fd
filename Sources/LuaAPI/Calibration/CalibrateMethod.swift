// SPDX-License-Identifier: Apache-2.0
// The method model:calibrate and the function wane.load_statistics.

import Evaluation
import LuaHost
import Models
import Options
import Training
import Workflows

extension Model {
  private enum CalibrateOptions {
    static let samples = LuaOption<Int?>("calibration_nsamples", "the most samples; by default all", allowed: .atLeast(1))
    static let mask = LuaOption<String?>(
      "mask", "the input of the data that is 0 at positions that do not count, such as \"attention_mask\"")
    static let collect = LuaOption<[String]?>(
      "collect",
      "a list of: ranges (of every value), second_moments (of what weights multiply; also called hessian), histograms (of every value), "
        + "fisher (squared gradients of the weights); by default ranges and second_moments",
      allowed: .strings(CollectedKind.allCases.map(\.rawValue) + ["hessian"]))
    static let loss = LuaOption<String?>(
      "loss", "fisher: the loss of each sample; by default a random projection of the outputs",
      allowed: .strings(Losses.all.map { $0.name }))
    static let output = LuaOption<String?>("output", "fisher: the output that the loss is computed from; by default all")
    static let seed = LuaOption("seed", "fisher: seed of the random projections", default: 0)
    static let table = LuaOptionTable("CalibrateOptions", [samples, mask, collect, loss, output, seed])
  }

  static let calibrating: [LuaMethod] = [
    LuaMethod(
      "calibrate", "Run the model on data and collect statistics, for algorithms such as gptq.", Arg("data", "a Dataset"),
      .options(CalibrateOptions.table), .context, returns: "Statistics", example: "local statistics = model:calibrate(data)"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      let kinds = try collected(options[CalibrateOptions.collect])
      if !kinds.contains(.fisher), let stray = ["loss", "output", "seed"].first(where: options.given.contains) {
        throw LuaError(.usage, "calibrate: \(stray) has no effect without collect = { \"fisher\" }")
      }
      let data = CalibrationData(
        data.dataset, samples: options[CalibrateOptions.samples], mask: options[CalibrateOptions.mask],
        loss: options[CalibrateOptions.loss], output: options[CalibrateOptions.output],
        seed: UInt64(bitPattern: Int64(options[CalibrateOptions.seed])))
      var statistics = try m.calibrated(data, collecting: kinds, isCancelled: { Interrupts.isPending })
      if kinds.contains(.fisher) {
        let bar = Progress("gradients", unit: "samples")
        defer { bar.finish() }
        statistics.squaredGradients = try SquaredGradientRun(m, data, isCancelled: { Interrupts.isPending }).sums {
          bar.update($0, of: $1)
        }
      }
      return StatisticsObject(statistics)
    }
  ]

  private static func collected(_ names: [String]?) throws -> Set<CollectedKind> {
    guard let names else { return [.ranges, .secondMoments] }
    guard !names.isEmpty else { throw LuaError(.usage, "calibrate: collect is empty", hint: "leave it out for ranges and second_moments") }
    return Set(
      try names.map { name in
        if name == "hessian" { return .secondMoments }
        guard let kind = CollectedKind(rawValue: name) else {
          let known = CollectedKind.allCases.map(\.rawValue) + ["hessian"]
          throw LuaError(
            .usage, "calibrate: collect has '\(name)', expected \(known.joined(separator: ", "))",
            hint: Suggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" })
        }
        return kind
      })
  }
}

enum StatisticsFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "load_statistics", "Read statistics that statistics:save wrote. They fit the model that they were collected from, and no other.",
      Arg("path", "an .npz file"), returns: "Statistics"
    ) { (path: PathArgument) in StatisticsObject(try ModelStatistics(path: path.path)) }
  ]
}
