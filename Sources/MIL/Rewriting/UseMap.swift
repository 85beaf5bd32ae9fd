// SPDX-License-Identifier: Apache-2.0
// Use-def index: the producer and the uses of each value.

/// A use-def index of the values of one block and its nested blocks, built once.
///
/// It describes the block that it was built from; build it again after a change. Names that are bound in several
/// sibling blocks are not distinguished, in the file or here: their producers and uses are merged.
package struct UseMap: Sendable {
  /// One use of a value.
  package enum Use: Hashable, Sendable {
    /// An input of an operation.
    case input(Location, parameter: String)
    /// An output of a nested block of the operation.
    case blockOutput(Location, block: Int)
    /// An output of the outermost block.
    case result
  }

  private var producers: [String: Location] = [:]
  private var usesByName: [String: [Use]] = [:]
  /// Names of all values: function inputs, operation outputs, block inputs.
  package private(set) var names: Set<String> = []

  package init(_ function: Function) {
    self.init(function.block)
    names.formUnion(function.inputs.map(\.name))
  }

  package init(_ block: Block) {
    names.formUnion(block.inputs.map(\.name))
    block.forEachOperation { location, operation in
      for output in operation.outputs {
        producers[output.name] = location
        names.insert(output.name)
      }
      for argument in operation.inputs {
        for case .name(let name) in argument.bindings {
          usesByName[name, default: []].append(.input(location, parameter: argument.parameter))
        }
      }
      for (i, inner) in operation.blocks.enumerated() {
        names.formUnion(inner.inputs.map(\.name))
        for output in inner.outputs {
          usesByName[output, default: []].append(.blockOutput(location, block: i))
        }
      }
    }
    for output in block.outputs { usesByName[output, default: []].append(.result) }
  }

  /// The operation that produces the value; `nil` for inputs of the function or of a block.
  package func producer(of name: String) -> Location? { producers[name] }

  /// All uses, in program order; a value that an operation reads twice has two.
  package func uses(of name: String) -> [Use] { usesByName[name] ?? [] }

  /// The operations that read the value, each once, in program order.
  package func consumers(of name: String) -> [Location] {
    var found: [Location] = []
    for case .input(let location, _) in uses(of: name) where found.last != location {
      found.append(location)
    }
    return found
  }
}
