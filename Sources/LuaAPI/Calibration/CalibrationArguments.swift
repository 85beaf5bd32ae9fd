// SPDX-License-Identifier: Apache-2.0
// The options with which a compression step is calibrated.

import LuaHost
import Models
import Options
import Tensors
import Training

enum CalibrationArguments {
  static let declarations: [any LuaReadable] = [
    OptionDeclaration(
      "calibration", .union([.object(DatasetObject.luaName), .object(StatisticsObject.luaName)]),
      "the data that algorithms such as gptq run the model on, or what model:calibrate collected"),
    OptionDeclaration(
      "calibration_nsamples", .integer, "the most samples of the calibration data; by default all", allowed: .atLeast(1)),
    OptionDeclaration(
      "mask", .string, "the input of the calibration data that is 0 at positions that do not count, such as \"attention_mask\""),
    OptionDeclaration(
      "loss", .string, "skm and importance = \"fisher\": the loss of each sample; by default a random projection of the outputs",
      allowed: .strings(Losses.all.map { $0.name })),
    OptionDeclaration(
      "sequential", .boolean, "whether each weight sees the errors of the weights before it", default: "true"),
  ]

  static let names = declarations.map(\.declaration.name)

  /// The calibration of a call; `nil` without it.
  ///
  /// - Throws: `LuaError` for an option that has no effect.
  static func input(_ options: LuaOptions) throws -> CalibrationInput? {
    guard let value = options["calibration"], value.box != nil else {
      if let stray = names.first(where: options.given.contains) {
        throw LuaError(.usage, "\(stray) has no effect without calibration", hint: "calibration = a Dataset, or model:calibrate(data)")
      }
      return nil
    }
    if let statistics = value.object(StatisticsObject.self) {
      if let stray = names.dropFirst().first(where: options.given.contains) {
        throw LuaError(.usage, "\(stray) has no effect with statistics", hint: "model:calibrate(data, { … }) takes it")
      }
      return .statistics(statistics.statistics)
    }
    guard let data = value.object(DatasetObject.self) else { return nil }
    return .data(
      CalibrationData(
        data.dataset, samples: options["calibration_nsamples"]?.integer, mask: options["mask"]?.string, loss: options["loss"]?.string),
      isSequential: options["sequential"]?.boolean ?? true)
  }
}
