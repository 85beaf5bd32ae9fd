// SPDX-License-Identifier: Apache-2.0
// Descriptions of the differences between two programs.

import MIL

extension Program {
  /// The differences to another program, outermost first, at most `limit` of them; empty when they are equal.
  package func differences(from other: Program, limit: Int = 20) -> [String] {
    var found: [String] = []
    func compare<T: Equatable>(_ what: String, _ a: T, _ b: T, _ show: (T) -> String) {
      if a != b, found.count < limit { found.append("\(what): \(show(a)) against \(show(b))") }
    }
    func compare(_ place: String, _ a: Operation, _ b: Operation) {
      guard a != b else { return }
      compare("\(place): type", a.type, b.type) { $0 }
      compare("\(place): outputs", a.outputs, b.outputs) { "\($0.map { "\($0.type) \($0.name)" })" }
      compare("\(place): parameters", a.inputs.map(\.parameter), b.inputs.map(\.parameter)) {
        "\($0)"
      }
      for (x, y) in zip(a.inputs, b.inputs) where x.parameter == y.parameter {
        compare("\(place): input \(x.parameter)", x.bindings, y.bindings) { "\($0.map(brief))" }
      }
      compare("\(place): attributes", a.attributes.map(\.name), b.attributes.map(\.name)) {
        "\($0)"
      }
      for (x, y) in zip(a.attributes, b.attributes) where x.name == y.name {
        compare("\(place): attribute \(x.name)", x.value, y.value, brief)
      }
      compare("\(place): unknown fields", a.unknownFields, b.unknownFields) { "\($0.count) bytes" }
      compare("\(place): blocks", a.blocks.count, b.blocks.count) { "\($0)" }
      for (i, (x, y)) in zip(a.blocks, b.blocks).enumerated() {
        compare("\(place), block \(i)", x, y)
      }
    }
    func compare(_ place: String, _ a: Block, _ b: Block) {
      compare("\(place): inputs", a.inputs, b.inputs) { "\($0.map { "\($0.type) \($0.name)" })" }
      compare("\(place): outputs", a.outputs, b.outputs) { "\($0)" }
      compare("\(place): operations", a.operations.count, b.operations.count) { "\($0)" }
      for (x, y) in zip(a.operations, b.operations) { compare("\(place), \(x.name)", x, y) }
    }
    guard self != other else { return [] }
    compare("version", version, other.version) { "\($0)" }
    compare("functions", functions.map(\.name), other.functions.map(\.name)) { "\($0)" }
    for (a, b) in zip(functions, other.functions) where a.name == b.name {
      compare("\(a.name): inputs", a.inputs, b.inputs) { "\($0.map { "\($0.type) \($0.name)" })" }
      compare("\(a.name): opset", a.opset, b.opset) { $0 }
      compare("\(a.name): blocks", a.specializations.map(\.opset), b.specializations.map(\.opset)) {
        "\($0)"
      }
      for (x, y) in zip(a.specializations, b.specializations) { compare(a.name, x.block, y.block) }
    }
    if found.isEmpty {
      found.append("attributes, documentation or unknown fields outside operations")
    }
    return found
  }
}

private func brief(_ binding: Binding) -> String {
  switch binding {
  case .name(let name): name
  case .constant(let constant): brief(constant)
  }
}

private func brief(_ constant: Constant) -> String {
  switch constant.payload {
  case .tensor(let tensor): "\(tensor) \(constant.placement)"
  case .strings(let strings): "\(strings)"
  default: "\(constant.type)"
  }
}
