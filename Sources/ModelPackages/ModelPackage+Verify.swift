// SPDX-License-Identifier: Apache-2.0
// Consistency of a package: of the program, and of its interface with the program.

import MIL

extension ModelPackage {
  /// Checks that every name in the program is bound once and before its use, and that every function, input, output and
  /// state of the interface exists in the program. Operator semantics are checked when a plan is built.
  ///
  /// - Throws: `PackageError.inconsistent`.
  package func verify() throws {
    let file = path ?? "the package"
    do {
      try program.verify()
    } catch let error as MILError {
      throw PackageError.inconsistent(file: file, detail: error.description)
    }
    for described in interface.functions {
      guard let function = program.function(named: described.name) else {
        throw PackageError.inconsistent(
          file: file,
          detail: "the description lists a function \"\(described.name)\", the program has "
            + program.functions.map { "\"\($0.name)\"" }.joined(separator: ", "))
      }
      let inputs = function.inputs.map(\.name)
      try Self.check(described.inputs, "input", among: inputs, file)
      try Self.check(described.states, "state", among: inputs, file)
      try Self.check(described.outputs, "output", among: function.block.outputs, file)
    }
  }

  private static func check(_ features: [Feature], _ role: String, among names: [String], _ file: String) throws {
    guard let stray = features.first(where: { !names.contains($0.name) }) else { return }
    throw PackageError.inconsistent(
      file: file,
      detail: "the description lists \(role) \"\(stray.name)\", the program has "
        + names.map { "\"\($0)\"" }.joined(separator: ", "))
  }
}
