// SPDX-License-Identifier: Apache-2.0
// Removes repetitions of elements that the operations after them broadcast anyway.

import MIL
import Tensors

enum BroadcastTiles {
  private static let broadcasting: Set<String> = [
    "add", "sub", "mul", "real_div", "maximum", "minimum", "pow", "floor_div", "mod", "equal", "not_equal", "greater", "greater_equal",
    "less", "less_equal", "logical_and", "logical_or", "logical_xor",
  ]

  static func run(_ function: inout Function) -> Bool {
    var changed = false
    // Removing some repetitions may leave another one as the only operand with the full shape, so each round looks again.
    while true {
      let renamed = removable(function)
      guard !renamed.isEmpty else { return changed }
      changed = true
      function.block.operations.removeAll { $0.type == "tile" && renamed[$0.outputs[0].name] != nil }
      for i in function.block.operations.indices {
        for j in function.block.operations[i].inputs.indices {
          function.block.operations[i].inputs[j].bindings = function.block.operations[i].inputs[j].bindings.map { binding in
            binding.name.flatMap { renamed[$0] }.map { .name($0) } ?? binding
          }
        }
      }
    }
  }

  /// Repetitions that nothing needs, with their operands; no two of them have a reader in common.
  private static func removable(_ function: Function) -> [String: String] {
    let m = Matcher(function)
    var renamed: [String: String] = [:]
    var taken: Set<Int> = []
    for (i, operation) in m.operations.enumerated() where operation.type == "tile" {
      let name = operation.outputs[0].name
      guard !m.isPinned(name), !taken.contains(i), let source = operation.operand("x"), let shape = m.type(source)?.tensorType?.shape,
        let repeats = m.constant(operation, "reps")?.integers(), repeats.count == shape.count,
        zip(shape, repeats).allSatisfy({ $0 == 1 || $1 == 1 })
      else { continue }
      let readers = m.readers(of: name)
      guard !readers.isEmpty, taken.isDisjoint(with: readers), readers.allSatisfy({ isBroadcast(name, shape, m.operations[$0], m) }) else {
        continue
      }
      renamed[name] = source
      taken.formUnion(readers)
    }
    return renamed
  }

  /// Whether the result of an operation has the same shape without the repetition.
  private static func isBroadcast(_ tile: String, _ shape: Shape, _ reader: Operation, _ m: Matcher) -> Bool {
    guard broadcasting.contains(reader.type), let result = reader.outputs[0].type.tensorType?.shape,
      let other = m.other(reader, than: tile),
      other.name != tile
    else { return false }
    let own: Shape?
    switch other {
    case .constant(let constant): own = constant.tensor?.shape
    case .name(let name): own = m.type(name)?.tensorType?.shape
    }
    return own?.broadcast(with: shape) == result
  }
}
