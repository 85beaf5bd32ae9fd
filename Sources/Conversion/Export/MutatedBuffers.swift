// SPDX-License-Identifier: Apache-2.0
// Finds the buffers that a module changes.

import TorchFiles

/// The buffers of an exported program whose content changes.
struct MutatedBuffers {
  /// The graph's inputs whose content changes.
  let inputs: Set<String>
  /// The value with the new content, where the signature names it.
  private let finals: [String: String]

  init(_ program: ExportedProgram) {
    var byBuffer: [String: String] = [:]
    for input in program.inputs { if case .buffer(let name) = input.kind { byBuffer[name] = input.name } }
    var finals: [String: String] = [:]
    for output in program.outputs {
      if case .bufferMutation(let buffer) = output.kind, let input = byBuffer[buffer], let value = output.value.names.first {
        finals[input] = value
      }
    }
    self.finals = finals
    // Which memory every tensor belongs to, as far as names of operators tell.
    var owner: [String: String] = [:]
    for input in program.inputs { if case .buffer = input.kind { owner[input.name] = input.name } }
    var changed = Set(finals.keys)
    for node in program.graph.nodes {
      guard let first = node.inputs.first, case .tensor(let name) = first.value, let buffer = owner[name] else { continue }
      let operatorName = OperatorName(node.target)
      if operatorName.functional != nil {
        changed.insert(buffer)
        for output in node.outputNames { owner[output] = buffer }
      } else if ATenRules.views[operatorName.base] != nil {
        for output in node.outputNames { owner[output] = buffer }
      }
    }
    inputs = changed
  }

  /// The value with the buffer's content after a prediction.
  func final(_ input: String) -> String { finals[input] ?? input }
}
