// SPDX-License-Identifier: Apache-2.0
// Random inputs for benchmarks.

import DataFiles
import MIL
import ModelPackages
import Runtime
import Tensors

extension Model {
  /// A random input of the default shape for each input: normal numbers for floats, zeros for integers, gray for images.
  package func randomInputs(seed: UInt64 = 0) throws -> [String: ModelInput] {
    var generator = SplitMix64(seed: seed)
    var inputs: [String: ModelInput] = [:]
    for feature in interface.inputs {
      switch feature.kind {
      case .array(let array):
        let dtype = array.dtype ?? .float32
        let values = (0..<array.shape.elementCount).map { _ in dtype.isFloat ? Float(generator.normal()) : 0 }
        inputs[feature.name] = .tensor(Tensor(values, shape: array.shape).cast(to: dtype))
      case .image(let image):
        let format: Image.Format = image.colorSpace.channels == 1 ? .gray : .rgb
        let samples = [UInt8](repeating: 128, count: image.size.width * image.size.height * format.channels)
        inputs[feature.name] = .image(Image(width: image.size.width, height: image.size.height, format: format, samples: samples))
      default:
        throw RuntimeError.missingInput(feature.name, expected: feature.expectation)
      }
    }
    return inputs
  }

  /// The same model without prepared plans, for a different number of threads.
  package func fresh(threads: Int) throws -> Model {
    var options = options
    options.threads = threads
    return try Model(contents: contents, options: options, report: report, isCancelled: isCancelled)
  }

  /// The labels of a classifier, in the order of its probabilities.
  package var classLabels: [ClassLabel]? {
    function.flatMap { try? ClassLabel.labels(of: $0.block) } ?? nil
  }
}
