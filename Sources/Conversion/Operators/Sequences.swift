// SPDX-License-Identifier: Apache-2.0
// Sequences and optional values, which are resolved at conversion.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Sequences {
  static let rules: [Rule] = [
    .one("SequenceConstruct") { n in Value(items: try n.all()) },
    .one("SequenceEmpty") { _ in Value(items: []) },
    .one("SequenceAt") { n in
      let items = try n.items()
      return items[try n.position(1, of: items.count, default: -1)]
    },
    .one("SequenceInsert") { n in
      var items = try n.items()
      let place = n.has(2) ? try n.position(2, of: items.count + 1, default: items.count) : items.count
      items.insert(try n.x(1), at: place)
      return Value(items: items)
    },
    .one("SequenceErase") { n in
      var items = try n.items()
      items.remove(at: try n.position(1, of: items.count, default: items.count - 1))
      return Value(items: items)
    },
    .one("SequenceLength") { n in Value(constant: Tensor(integers: [try n.items().count], dtype: .int32, shape: []), element: .int64) },
    .one("ConcatFromSequence") { n in
      let items = try n.items()
      guard let first = items.first else { throw Refusal("an empty sequence is joined") }
      let isNew = try n.flag("new_axis")
      let axis = try n.int("axis", 0)
      let counted = axis < 0 ? axis + first.rank + (isNew ? 1 : 0) : axis
      return isNew ? try n.b.stack(items, axis: counted) : try n.b.concat(items, axis: counted)
    },
    .one("SplitToSequence") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", 0))
      let extent = try x.extent(axis)
      guard extent <= 1 << 16 else { throw Refusal("a sequence of \(extent) elements") }
      var sizes = Array(repeating: 1, count: extent)
      if n.has(1), let given = try n.constantInts(1, "the sizes") {
        if try n.x(1).rank == 0, let size = given.first, size > 0 {
          sizes = stride(from: 0, to: extent, by: size).map { Swift.min(size, extent - $0) }
        } else {
          sizes = given
        }
      }
      guard sizes.allSatisfy({ $0 > 0 }), sizes.reduce(0, +) == extent else { throw Refusal("parts of sizes \(sizes) of \(extent)") }
      let parts = try n.b.split(x, sizes, axis: axis)
      let keeps = try n.has(1) || n.flag("keepdims", true)
      return Value(items: try parts.map { try keeps ? $0 : n.b.squeeze($0, [axis]) }.map { $0.typed(x.element) })
    },
    .one("SequenceMap") { n in
      let items = try n.items()
      var results: [Value] = []
      let body = try n.graph("body")
      for i in items.indices {
        let inputs = try n.inputs.map { input -> Value in
          guard let input else { throw Refusal("an operand is missing") }
          guard let list = input.items else { return input }
          guard list.indices.contains(i) else { throw Refusal("sequences of different lengths") }
          return list[i]
        }
        guard let result = try n.converter.inline(body, inputs: inputs, in: n.scope).first else { throw Refusal("the body has no result") }
        results.append(result)
      }
      return Value(items: results)
    },
    .one("Optional") { n in
      guard let value = n.optional(0) else { throw Refusal("an absent value") }
      return value
    },
    .one("OptionalGetElement") { n in
      guard let value = n.optional(0) else { throw Refusal("an absent value is used") }
      return value
    },
    .one("OptionalHasElement") { n in Value(constant: Tensor(scalar: n.has(0)), element: .bool) },
  ]
}

extension Node {
  fileprivate func items() throws -> [Value] {
    guard let items = optional(0)?.items else { throw Refusal("operand 1 is not a sequence that is known at conversion") }
    return items
  }

  fileprivate func position(_ index: Int, of count: Int, default fallback: Int) throws -> Int {
    let given = try has(index) ? constantInts(index, "the position")?.first ?? fallback : fallback
    let counted = given < 0 ? given + count : given
    guard (0..<count).contains(counted) else { throw Refusal("position \(given) in a sequence of \(count)") }
    return counted
  }
}
