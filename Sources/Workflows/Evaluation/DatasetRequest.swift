// SPDX-License-Identifier: Apache-2.0
// A data set as it is asked for: from a file or from arrays, and which options such a source uses.

import Evaluation
import Tensors

package struct DatasetRequest {
  package enum Source {
    /// A file or folder: the array for each input where their names do not say it, and labels.
    case file(String, arrays: [String: String]?, labels: FileLabels?)
    /// Arrays, with labels; `nil` when nobody gave any.
    case arrays([String: Tensor]?, labels: Dataset.Labels?)
  }

  /// Labels of the samples of a file.
  package enum FileLabels {
    /// One of the file's arrays.
    case array(String)
    case own(Dataset.Labels)
  }

  package var source: Source
  package var batchSize = 32
  /// Most samples to take.
  package var limit: Int?
  package var shuffles = false
  /// Of the random order.
  package var seed: Int?
  /// Multiplies every input.
  package var scale: Double?
  /// To which pictures of a folder are resized: width and height.
  package var imageSize: [Int]?

  package init(_ source: Source) { self.source = source }

  /// The samples.
  ///
  /// - Throws: `WorkflowError` for options that such a source does not use and for what is wrong among the arrays of a file,
  ///   `DataFileError`, `EvaluationError`.
  package func dataset() throws -> Dataset {
    guard shuffles || seed == nil else { throw WorkflowError.seedWithoutShuffle }
    let picks = Dataset.Options(batchSize: batchSize, limit: limit, shuffle: shuffles, seed: UInt64(bitPattern: Int64(seed ?? 0)))
    let dataset =
      switch source {
      case .file(let path, let arrays, let labels): try read(path, arrays, labels, picks)
      case .arrays(let inputs, let labels): try collect(inputs, labels, picks)
      }
    guard let scale else { return dataset }
    return dataset.mappingInputs { t in Tensor(t.floats().map { $0 * Float(scale) }, shape: t.shape) }
  }

  private func read(_ path: String, _ arrays: [String: String]?, _ labels: FileLabels?, _ picks: Dataset.Options) throws -> Dataset {
    var file = Dataset.FileOptions(arrays: arrays)
    switch labels {
    case .array(let name): file.labels = name
    case .own(let labels): file.ownLabels = labels
    case nil: break
    }
    if let size = imageSize {
      guard size.count == 2, size.allSatisfy({ $0 > 0 }) else { throw WorkflowError.imageSize }
      file.images.size = (size[0], size[1])
    }
    do {
      return try Dataset(path: path, options: picks, from: file)
    } catch let error as EvaluationError {
      if case .unequalLengths = error, arrays == nil { throw WorkflowError.dataset(error, choosesArrays: true) }
      throw WorkflowError.dataset(error, choosesArrays: false)
    }
  }

  private func collect(_ inputs: [String: Tensor]?, _ labels: Dataset.Labels?, _ picks: Dataset.Options) throws -> Dataset {
    guard let inputs else { throw WorkflowError.noSamples }
    guard imageSize == nil else { throw WorkflowError.imageSizeOfArrays }
    let dataset = try Dataset(inputs: inputs, options: picks)
    return try labels.map(dataset.labeled) ?? dataset
  }
}
