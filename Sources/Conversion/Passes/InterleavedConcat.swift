// SPDX-License-Identifier: Apache-2.0
// A concatenation whose channels are shuffled afterwards becomes one that interleaves them.

import MIL
import Tensors

enum InterleavedConcat {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var removed: Set<Int> = []
    var replaced: [Int: Operation] = [:]
    for (i, concat) in m.operations.enumerated() where concat.type == "concat" {
      guard let (split, swap, merge) = shuffle(concat, m), let values = concat.bindings("values") else { continue }
      replaced[merge.index] = .replacing(
        merge.operation, "concat",
        [Argument("values", values), Argument("axis", .int32(1)), Argument("interleave", .bool(true))])
      removed.formUnion([i, split, swap])
    }
    guard !replaced.isEmpty else { return false }
    function.block.operations = m.operations.enumerated().compactMap {
      removed.contains($0.offset) ? nil : replaced[$0.offset] ?? $0.element
    }
    return true
  }

  /// The operations that exchange parts and channels after a concatenation: reshape, transpose, reshape.
  private static func shuffle(
    _ concat: Operation, _ m: Matcher
  ) -> (split: Int, swap: Int, merge: (index: Int, operation: Operation))? {
    guard m.number(concat, "axis") == 1, m.number(concat, "interleave") ?? 0 == 0, let values = concat.bindings("values"), values.count > 1,
      let shape = concat.outputs[0].type.tensorType?.shape, shape.count == 4
    else { return nil }
    let parts = values.compactMap { value in value.name.flatMap { m.type($0)?.tensorType?.shape } }
    guard parts.count == values.count, Set(parts).count == 1, shape[1] % values.count == 0,
      let (split, first) = m.onlyReader(concat.outputs[0].name), first.type == "reshape",
      let apart = first.outputs[0].type.tensorType?.shape,
      apart.count >= 4, Array(apart[..<3]) == [shape[0], values.count, shape[1] / values.count],
      let (swap, second) = m.onlyReader(first.outputs[0].name), second.type == "transpose",
      m.constant(second, "perm")?.integers() == [0, 2, 1] + Array(3..<apart.count),
      let merge = m.onlyReader(second.outputs[0].name), merge.operation.type == "reshape",
      merge.operation.outputs[0].type.tensorType?.shape == shape
    else { return nil }
    return (split, swap, merge)
  }
}
