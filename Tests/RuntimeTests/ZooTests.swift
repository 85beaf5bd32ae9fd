// SPDX-License-Identifier: Apache-2.0

import DataFiles
import Foundation
import ModelPackages
import Runtime
import Tensors
import TestSupport
import Testing

/// Real models against the outputs of torch and ONNX Runtime.
@Suite struct ZooTests {
  /// Every input and output that the zoo has beside a package, where the package takes that shape.
  @Test(.enabled(if: Zoo.isPresent, "\(Zoo.absence)"), arguments: Zoo.packages(compressed: false))
  func outputsAgree(_ path: String) throws {
    let package = try ModelPackage.load(path)
    guard let interface = package.interface.function(), interface.inputs.allSatisfy({ $0.array != nil }),
      package.interface.functions.allSatisfy(\.predictedFeatureName.isEmpty)
    else { return }
    let folder = (path as NSString).deletingLastPathComponent + "/io"
    let executor = try Executor(program: package.program)
    let tolerance = isHalf(path) ? 2e-2 : 1e-4
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
      let io = folder + "/" + name
      var inputs: [String: Tensor] = [:]
      for feature in interface.inputs { inputs[feature.name] = try? NPY.read("\(io)/in_\(feature.name).npy") }
      guard inputs.count == interface.inputs.count,
        interface.inputs.allSatisfy({ f in f.array?.accepts(inputs[f.name]?.shape ?? []) == true })
      else { continue }
      let outputs = try executor.run(inputs).tensors
      for (output, tensor) in outputs {
        guard let reference = try? NPY.read("\(io)/out_\(output).npy") else { continue }
        #expect(distance(tensor, reference) < tolerance, "\(path) \(name) \(output)")
      }
    }
  }

  private func isHalf(_ path: String) -> Bool {
    let name = (path as NSString).lastPathComponent
    return ["fp16", "float16", "w8a8", "crepe", "basic"].contains { name.contains($0) }
  }
}
