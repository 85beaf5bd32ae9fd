// SPDX-License-Identifier: Apache-2.0
// Creates data sets from files or arrays, and checks which options apply to each source.

import Evaluation
import Files
import Tensors
import Tokenizers

package struct DatasetRequest {
  package enum Source {
    /// A file or folder, with the array for each input and the labels; `nil` for those that the conventions determine.
    case file(String, arrays: [String: String]?, labels: FileLabels?)
    /// An array for each input, and labels. `inputs` of `nil` is an error, `labels` of `nil` means no labels.
    case arrays([String: Tensor]?, labels: Dataset.Labels?)
    /// Texts in windows of token ids.
    case text(Text)
  }

  /// Texts and how they are divided.
  package struct Text {
    package enum Content {
      case file(String)
      case texts([[UInt8]])
    }

    package var content: Content
    package var tokenizer: Tokenizer
    package var length = 512
    /// The distance between windows; `nil` for the length.
    package var stride: Int?
    /// Whether the last window of a text is filled up; otherwise it is left out if it is shorter.
    package var pads = true
    package var inputName = "input_ids"

    package init(_ content: Content, tokenizer: Tokenizer) {
      self.content = content
      self.tokenizer = tokenizer
    }
  }

  /// The labels for the samples of a file.
  package enum FileLabels {
    /// The name of an array of the file.
    case array(String)
    case own(Dataset.Labels)
  }

  package var source: Source
  package var batchSize = 32
  /// The maximum number of samples, applied after shuffling; `nil` for all.
  package var limit: Int?
  package var shuffles = false
  /// The seed for shuffling; `nil` for 0. It must be `nil` unless `shuffles` is set.
  package var seed: Int?
  /// A factor for every element of the inputs, which are converted to 32-bit floats; `nil` leaves them unchanged.
  package var scale: Double?
  /// The width and height in pixels to which the images of a folder are resized; `nil` requires that all have the same size.
  package var imageSize: [Int]?

  package init(_ source: Source) { self.source = source }

  /// The data set.
  ///
  /// - Throws: `WorkflowError` for options that do not apply to the source, for missing arrays and for invalid contents of a
  ///   file; `DataFileError` for a file that cannot be read; `EvaluationError` for invalid arrays or labels.
  package func dataset() throws -> Dataset {
    guard shuffles || seed == nil else { throw WorkflowError.seedWithoutShuffle }
    let picks = Dataset.Options(batchSize: batchSize, limit: limit, shuffle: shuffles, seed: UInt64(bitPattern: Int64(seed ?? 0)))
    let dataset =
      switch source {
      case .file(let path, let arrays, let labels): try read(path, arrays, labels, picks)
      case .arrays(let inputs, let labels): try collect(inputs, labels, picks)
      case .text(let text): try windows(text, picks)
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

  private func windows(_ text: Text, _ picks: Dataset.Options) throws -> Dataset {
    guard imageSize == nil, scale == nil else { throw WorkflowError.unusedOfText(option: imageSize != nil ? "image_size" : "scale") }
    let texts: [[UInt8]] =
      switch text.content {
      case .file(let path): [try MappedFile(path).withBytes { Array($0) }]
      case .texts(let texts): texts
      }
    let ids = try texts.map { try text.tokenizer.encode($0, truncation: nil).ids }
    let pad = text.tokenizer.roles["pad"] ?? text.tokenizer.roles["eos"] ?? 0
    return try Dataset(
      windowsOf: ids,
      Dataset.WindowOptions(length: text.length, stride: text.stride, pad: text.pads ? Int32(pad) : nil, inputName: text.inputName),
      options: picks)
  }

  private func collect(_ inputs: [String: Tensor]?, _ labels: Dataset.Labels?, _ picks: Dataset.Options) throws -> Dataset {
    guard let inputs else { throw WorkflowError.noSamples }
    guard imageSize == nil else { throw WorkflowError.imageSizeOfArrays }
    let dataset = try Dataset(inputs: inputs, options: picks)
    return try labels.map(dataset.labeled) ?? dataset
  }
}
