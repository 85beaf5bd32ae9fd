// SPDX-License-Identifier: Apache-2.0
// A model with several functions, made of models with one each.

import MIL
import ModelPackages
import Operators
import Options
import ProgramEdits
import Tensors
import WeightStorage

extension Model {
  /// A model with a function for each of the given models, named as given.
  ///
  /// Constants that are equal are stored once. The metadata are those of the default function's model.
  ///
  /// - Parameter name: the function that runs by default.
  /// - Throws: `ProgramEditError` for names that are no names of functions.
  package static func functions(_ models: [(name: String, model: Model)], default name: String) throws -> Model {
    guard let main = models.first(where: { $0.name == name })?.model else {
      throw ProgramEditError.unknown(what: "function", name: name, known: models.map(\.name))
    }
    // Core ML describes several functions from iOS18 on.
    let opset = max(.iOS18, models.map { $0.model.opset }.max() ?? .iOS18)
    var program = main.contents.program
    program.functions = []
    var interfaces: [FunctionInterface] = []
    for (name, model) in models {
      let raised = try model.retargeted(to: opset)
      guard var function = raised.function, var interface = raised.contents.interface.function(named: raised.interface.name) else {
        continue
      }
      function.name = name
      interface.name = name
      program.functions.append(function)
      interfaces.append(interface)
    }
    program = program.sharingEqualConstants()
    try program.verify()
    let words = "multifunction{ \(models.map(\.name).joined(separator: ", ")) }"
    var package = main.contents
    package.interface.functions = interfaces
    package.interface.defaultFunctionName = name
    package.interface.listsFunctions = true
    package = try package.withProgram(program)
    package.specificationVersion = max(package.specificationVersion, 9)
    var options = main.options
    options.function = nil
    package.record(words)
    return try Model(contents: package, options: options, isCancelled: main.isCancelled)
  }
}
