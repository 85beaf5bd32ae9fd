// SPDX-License-Identifier: Apache-2.0

import DataFiles
import Foundation
import ModelPackages
import Runtime
import Tensors
import TestSupport
import Testing

/// Compares real models with the outputs of torch and ONNX Runtime.
@Suite struct ZooTests {
  /// All inputs and outputs in the zoo whose shapes the package supports.
  ///
  /// Packages with image inputs or class labels are covered by the tests of Evaluation.
  @Test(.enabled(if: Zoo.isPresent, "\(Zoo.absence)"), arguments: Zoo.packages(compressed: false))
  func outputsAgree(_ path: String) throws {
    let package = try ModelPackage.load(path)
    let interface = try #require(package.interface.function())
    guard interface.inputs.allSatisfy({ $0.array != nil }), package.interface.functions.allSatisfy(\.predictedFeatureName.isEmpty) else {
      return
    }
    let folder = (path as NSString).deletingLastPathComponent + "/io"
    let executor = try Executor(program: package.program)
    let tolerance = isHalf(path) ? 2e-2 : 1e-4
    func array(_ path: String) throws -> Tensor? { FileManager.default.fileExists(atPath: path) ? try NPY.read(path) : nil }
    var compared = 0
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
      let io = folder + "/" + name
      var inputs: [String: Tensor] = [:]
      for feature in interface.inputs { inputs[feature.name] = try array("\(io)/in_\(feature.name).npy") }
      guard inputs.count == interface.inputs.count,
        interface.inputs.allSatisfy({ f in f.array?.accepts(inputs[f.name]?.shape ?? []) == true })
      else { continue }
      let outputs = try executor.run(inputs).tensors
      for (output, tensor) in outputs {
        // If there is only one output, its name in the file may differ from that in the program.
        let lone = outputs.count == 1 ? try array("\(io)/out_out.npy") : nil
        guard let reference = try array("\(io)/out_\(output).npy") ?? lone else { continue }
        compared += 1
        #expect(distance(tensor, reference) < tolerance, "\(path) \(name) \(output)")
      }
    }
    let file = (path as NSString).lastPathComponent
    #expect(compared > 0 || Self.withoutReference.contains(file), "nothing to compare \(file) with")
  }

  /// Packages for which the zoo has no outputs with supported shapes.
  private static let withoutReference: Set<String> = ["stateful_acc_iOS18.mlpackage"]

  private func isHalf(_ path: String) -> Bool {
    let name = (path as NSString).lastPathComponent
    return ["fp16", "float16", "w8a8", "crepe", "basic"].contains { name.contains($0) }
  }
}
