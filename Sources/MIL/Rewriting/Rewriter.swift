// SPDX-License-Identifier: Apache-2.0
// Rewriting of a function: changes are collected, then applied in one pass.

/// Collects changes to a function and returns the changed function.
///
/// Locations and names refer to the function that the rewriter was created with, regardless of changes requested
/// since, so changes can be collected during a traversal. `rewritten()` is linear in the size of the function.
package struct Rewriter: Sendable {
  private struct Edit: Sendable {
    var before: [Operation] = []
    /// The replacement of the operation; `nil` keeps it.
    var replacement: [Operation]?
    var after: [Operation] = []
  }

  package let function: Function
  /// Producers and uses of the values of the original function.
  package let uses: UseMap
  private var edits: [Location: Edit] = [:]
  private var renamed: [String: String] = [:]
  private var names: FreshNames

  package init(_ function: Function) {
    self.function = function
    uses = UseMap(function)
    names = FreshNames(avoiding: uses.names)
  }

  package subscript(location: Location) -> Operation { function.block[location] }

  /// A name derived from `base` that no value has and that was not returned before.
  package mutating func freshName(_ base: String) -> String { names.take(base) }

  // MARK: Changes

  package mutating func insert(_ operations: [Operation], before location: Location) {
    edits[location, default: Edit()].before += operations
  }

  package mutating func insert(_ operations: [Operation], after location: Location) {
    edits[location, default: Edit()].after += operations
  }

  /// Replaces an operation; its nested blocks, and changes within them, are dropped.
  ///
  /// To keep the names of a function's outputs, the last replacement must bind the old name.
  package mutating func replace(_ location: Location, with operations: [Operation]) {
    edits[location, default: Edit()].replacement = operations
  }

  package mutating func remove(_ location: Location) { replace(location, with: []) }

  /// Redirects every reference to `name` in operations and blocks of the original function to `other`.
  /// Inserted operations keep their references, so one may wrap the value whose uses it takes over.
  ///
  /// - Precondition: the replacements form no cycle.
  package mutating func replaceUses(of name: String, with other: String) { renamed[name] = other }

  // MARK: Result

  /// The function with all changes applied.
  package func rewritten() -> Function {
    var result = function
    result.block = rewrite(function.block) { Location($0) }
    return result
  }

  private func rewrite(_ block: Block, _ location: (Int) -> Location) -> Block {
    var result = block
    result.outputs = block.outputs.map(current)
    result.operations = []
    result.operations.reserveCapacity(block.operations.count)
    for (i, operation) in block.operations.enumerated() {
      let here = location(i)
      let edit = edits[here]
      if let edit { result.operations += edit.before }
      if let replacement = edit?.replacement {
        result.operations += replacement
      } else {
        result.operations.append(rewrite(operation, here))
      }
      if let edit { result.operations += edit.after }
    }
    return result
  }

  private func rewrite(_ operation: Operation, _ location: Location) -> Operation {
    guard !renamed.isEmpty || !operation.blocks.isEmpty else { return operation }
    var result = operation
    for i in result.inputs.indices {
      for j in result.inputs[i].bindings.indices {
        guard case .name(let name) = result.inputs[i].bindings[j], renamed[name] != nil else {
          continue
        }
        result.inputs[i].bindings[j] = .name(current(name))
      }
    }
    for (b, block) in operation.blocks.enumerated() {
      result.blocks[b] = rewrite(block) { location.inner(block: b, operation: $0) }
    }
    return result
  }

  private func current(_ name: String) -> String {
    var name = name
    var steps = 0
    while let next = renamed[name] {
      precondition(steps <= renamed.count, "the replacement of \(name) is a cycle")
      name = next
      steps += 1
    }
    return name
  }
}
