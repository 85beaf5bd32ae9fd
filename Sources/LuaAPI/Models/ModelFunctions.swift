// SPDX-License-Identifier: Apache-2.0
// The function wane.load.

import Foundation
import LuaHost
import Models
import Operators
import Options
import Runtime

extension RuntimeOptions.Precision: LuaEnumeration {}

enum ModelFunctions {
  private enum Weights: String, LuaEnumeration {
    case auto, dense, packed

    var policy: WeightPolicy? {
      switch self {
      case .auto: nil
      case .dense: .dense
      case .packed: .packed
      }
    }
  }

  private enum LoadOptions {
    static let function = LuaOption<String?>("function", "the function of the package to run")
    static let precision = LuaOption(
      "precision", "float16 rounds after every operator, as on devices", default: RuntimeOptions.Precision.float32)
    static let weights = LuaOption(
      "weights",
      "how they are kept while running, which changes no result beyond the rounding of 32 bits: dense in 32 bits, packed as they "
        + "are stored, or auto: packed for a single row and from 512 MB on, with states from 32 MB on",
      default: Weights.auto)
    static let threads = LuaOption<Int?>("threads", "number of threads; by default one per core", allowed: .within(1...1024))
    static let cache = LuaOption<PathArgument?>(
      "cache",
      "a folder in which weights in the layouts of kernels are kept, so that the next process maps them instead of packing them again; "
        + "one file for each program, instruction set and version")
    static let table = LuaOptionTable("LoadOptions", [function, precision, weights, threads, cache])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "load", "Load an .mlpackage. Its weights are memory-mapped.", Arg("path", "the package"),
      .options(LoadOptions.table), returns: "a Model",
      example: "local model = wane.load(\"examples/digits_cnn.mlpackage\")"
    ) { (path: PathArgument, options: LuaOptions) in
      try Model(
        path: path.path,
        options: ModelOptions(
          function: options[LoadOptions.function],
          precision: options[LoadOptions.precision],
          weights: options[LoadOptions.weights].policy, threads: options[LoadOptions.threads],
          cache: try options[LoadOptions.cache].map { folder in
            try WeightCache(folder: folder.path, version: ProgramVersion.text) {
              FileHandle.standardError.write(Data("warning: \($0)\n".utf8))
            }
          }),
        isCancelled: { Interrupts.isPending })
    }
  ]
}
