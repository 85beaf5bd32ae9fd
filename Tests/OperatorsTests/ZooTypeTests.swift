// SPDX-License-Identifier: Apache-2.0
// Compares the types in real programs, as written by coremltools, with inferred types.

import MIL
import ModelPackages
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Types of the zoo", .enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence))) struct ZooTypeTests {
  @Test(arguments: Zoo.packages())
  func declaredTypesAccept(path: String) throws {
    try ModelPackage.load(path).program.checkTypes()
  }

  /// The types inferred from the declared inputs equal the declared types, or are more specific.
  @Test(arguments: Zoo.packages())
  func inferenceAgrees(path: String) throws {
    let program = try ModelPackage.load(path).program
    let inferred = try program.inferringTypes()
    try inferred.checkTypes()
    for (before, after) in try pairs(program.functions, inferred.functions) {
      for (a, b) in try pairs(before.block.operations, after.block.operations) {
        // Some operations have no output.
        #expect(a.outputs.count == b.outputs.count, "\(a.type)")
        for (x, y) in zip(a.outputs, b.outputs) {
          guard let declared = x.type.tensorType, let found = y.type.tensorType else {
            #expect(x.type == y.type, "\(a.type) '\(x.name)'")
            continue
          }
          #expect(declared.accepts(found))
          #expect(
            declared.dimensions.count { $0.size == nil } >= found.dimensions.count { $0.size == nil },
            "\(a.type) '\(x.name)' is declared \(declared), inferred \(found)")
        }
      }
    }
  }

  /// With a batch size of three, all known extents are inferred.
  @Test func batchPropagates() throws {
    var open = 0
    for path in Zoo.packages(compressed: false) where path.contains("batch") {
      let program = try ModelPackage.load(path).program
      guard let function = program.functions.first, let input = function.inputs.first, var type = input.type.tensorType else { continue }
      guard type.dimensions.first?.size == nil else { continue }
      open += 1
      type.dimensions[0] = .fixed(3)
      let inferred = try program.inferringTypes([input.name: .tensor(type)])
      for operation in inferred.functions[0].block.operations {
        for output in operation.outputs {
          #expect(
            output.type.tensorType?.shape != nil || output.type.tensorType == nil, "\(operation.type) '\(output.name)' is \(output.type)")
        }
      }
    }
    #expect(open > 0, "no package has an open batch")
  }
}
