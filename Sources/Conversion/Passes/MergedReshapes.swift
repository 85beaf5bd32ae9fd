// SPDX-License-Identifier: Apache-2.0
// Changes of a shape that follow each other become one, or none.

import MIL
import Tensors

enum MergedReshapes {
  private static let reshaping: Set<String> = ["reshape", "squeeze", "expand_dims"]

  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var removed: Set<Int> = []
    var renamed: [String: String] = [:]
    for (i, last) in m.operations.enumerated() where reshaping.contains(last.type) {
      // Only the last one of a row has a reader of another kind.
      if let (_, next) = m.onlyReader(last.outputs[0].name), reshaping.contains(next.type) { continue }
      guard let type = last.outputs[0].type.tensorType, let shape = type.shape, !shape.isEmpty else { continue }
      var before: [Int] = []
      var source = last.operand("x")
      while let name = source, let (index, operation) = reshape(name, m), m.onlyReader(name) != nil {
        before.append(index)
        source = operation.operand("x")
      }
      guard let source else { continue }
      let isSame = m.type(source)?.tensorType?.shape == shape && !m.isPinned(last.outputs[0].name)
      guard isSame || !before.isEmpty else { continue }
      removed.formUnion(before)
      if isSame {
        removed.insert(i)
        renamed[last.outputs[0].name] = source
      } else {
        function.block.operations[i] = .replacing(last, "reshape", [Argument("x", source), Argument("shape", .int32s(shape))])
      }
    }
    guard !removed.isEmpty else { return false }
    var operations = function.block.operations.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    for i in operations.indices {
      for j in operations[i].inputs.indices {
        operations[i].inputs[j].bindings = operations[i].inputs[j].bindings.map { binding in
          guard var name = binding.name, renamed[name] != nil else { return binding }
          while let next = renamed[name] { name = next }
          return .name(name)
        }
      }
    }
    function.block.operations = operations
    return true
  }

  private static func reshape(_ name: String, _ m: Matcher) -> (index: Int, operation: Operation)? {
    reshaping.lazy.compactMap { m.maker(name, $0) }.first
  }
}
