// SPDX-License-Identifier: Apache-2.0
// Creates data sets from files, arrays, texts and functions, and checks which options apply to each source.

import DataFiles
import Evaluation
import Files
import Tensors
import Tokenizers

package struct DatasetRequest {
  package enum Source {
    /// A file or folder.
    case path(String)
    /// An array for each input; `nil` is an error.
    case arrays([String: Tensor]?)
    /// Texts in windows of token ids.
    case text(TextContent)
    /// The sample with an index, counted from 0.
    case function((Int) throws -> Sample)
  }

  package enum TextContent {
    case file(String)
    case texts([[UInt8]])
  }

  package enum Labels {
    /// The name of an array or column; of a folder, `folders` or the path of a CSV file.
    case named(String)
    case own(Dataset.Labels)
  }

  package var source: Source
  /// The names of the options that were given. Those that do not apply to the source are errors.
  package var given: [String] = []
  package var batchSize = 32
  /// The maximum number of samples, applied after shuffling; `nil` for all.
  package var limit: Int?
  package var shuffles = false
  /// The seed for shuffling; `nil` for 0. It must be `nil` unless `shuffles` is set.
  package var seed: Int?

  package var labels: Labels?
  /// The names of classes, in the order that labels count them.
  package var classes: [String]?
  /// The name of the only input; `nil` for the usual name of the source.
  package var inputName: String?
  /// Of a file of arrays: the array of each input.
  package var arrays: [String: String]?
  /// A factor for arrays and pictures, which become float32.
  package var scale: Double?
  package var picture = PictureOptions()
  package var sound = SoundOptions()
  package var table = TableOptions()
  /// Of a table: the columns of the only input.
  package var columns: [String]?
  package var tokenizer: Tokenizer?
  /// Token ids in a window.
  package var length = 512
  /// The distance between windows, in token ids or seconds; `nil` for their length.
  package var stride: Double?
  /// Whether the last window is filled up; otherwise it is left out if it is shorter.
  package var pads = true
  /// Of a function: the number of samples.
  package var count: Int?
  /// Changes each picture or sound when it is read.
  package var transform: ((Tensor) throws -> Tensor)?

  package init(_ source: Source) { self.source = source }

  /// The data set.
  ///
  /// - Throws: `WorkflowError` for options that do not apply to the source, for missing arrays and for invalid contents of a
  ///   file; `DataFileError` for a file that cannot be read; `EvaluationError` for invalid arrays or labels.
  package func dataset() throws -> Dataset {
    guard shuffles || seed == nil else { throw WorkflowError.seedWithoutShuffle }
    do {
      let kind =
        switch source {
        case .path(let path): try DatasetKind(path: path)
        case .arrays: DatasetKind.arrays
        case .text: DatasetKind.text
        case .function: DatasetKind.function
        }
      try check(kind)
      return try made(kind)
    } catch let error as EvaluationError {
      if error == .cancelled { throw error }
      if case .unequalLengths = error, case .path = source, arrays == nil, labels == nil {
        throw WorkflowError.dataset(error, choosesArrays: true)
      }
      throw WorkflowError.dataset(error, choosesArrays: false)
    }
  }

  /// Throws an error for an option that does not apply.
  private func check(_ kind: DatasetKind) throws {
    let applicable = DatasetKind.common.union(kind.options)
    guard let stray = given.first(where: { !applicable.contains($0) }) else { return }
    let users = DatasetKind.allCases.filter { $0.options.contains(stray) }.map(\.name)
    let advice = "it is an option of \(users.joined(separator: " and "))"
    if case .path(let path) = source { throw EvaluationError.unusedOption(name: stray, source: "\(path) (\(kind.name))", advice: advice) }
    throw WorkflowError.unusedOption(option: stray, source: kind.name, users: users)
  }

  private func made(_ kind: DatasetKind) throws -> Dataset {
    let picks = Dataset.Options(batchSize: batchSize, limit: limit, shuffle: shuffles, seed: UInt64(bitPattern: Int64(seed ?? 0)))
    switch source {
    case .arrays(let inputs):
      guard let inputs else { throw WorkflowError.noSamples }
      let scaled = scale.map { scale in inputs.mapValues { $0.scaled(by: scale) } } ?? inputs
      let dataset = try Dataset(inputs: scaled, options: picks)
      guard case .own(let own)? = labels else {
        guard classes == nil else {
          throw EvaluationError.unusedOption(name: "classes", source: "a data set without labels", advice: "labels = … gives them")
        }
        return dataset
      }
      return try dataset.labeled(own)
    case .text(let content): return try windows(content, picks)
    case .function(let function):
      guard let count else { throw WorkflowError.noSampleCount }
      return try Dataset(
        FunctionSource(count: count, function), classNames: classes, hasNamedLabels: classes != nil, options: picks)
    case .path(let path):
      switch kind {
      case .pictures:
        var options = picture
        options.inputName = inputName ?? options.inputName
        options.scale = scale
        let listing = try listing(path, ImageFile.extensions, "pictures")
        return try changed(PictureSource(listing, options), listing, picks)
      case .sounds:
        var options = sound
        options.inputName = inputName ?? options.inputName
        (options.stride, options.pads) = (stride, pads)
        guard options.seconds != nil || !given.contains(where: { ["stride", "pad"].contains($0) }) else { throw WorkflowError.noSeconds }
        let listing = try listing(path, SoundFile.extensions, "sounds")
        return try changed(SoundSource(listing, options), listing, picks)
      case .table: return try rows(path, picks)
      default:
        var file = Dataset.FileOptions(arrays: arrays, scale: scale)
        switch labels {
        case .named(let name): file.labels = name
        case .own(let labels): file.ownLabels = labels
        case nil: break
        }
        return try Dataset(arraysAt: path, options: picks, from: file)
      }
    }
  }

  private func listing(_ path: String, _ extensions: [String], _ what: String) throws -> FileListing {
    let source: FileListing.LabelSource
    switch labels {
    case nil: source = .automatic
    case .own(let labels): source = .own(labels)
    case .named("folders"): source = .folders
    case .named(let name) where name.hasSuffix(".csv") || name.hasSuffix(".tsv"): source = .table(name)
    case .named(let name):
      throw EvaluationError.unusedOption(
        name: "labels", source: "\(path) (\(what))",
        advice: "labels = \"\(name)\" is neither \"folders\" nor a .csv file; one label for each of the \(what) is possible too")
    }
    return try FileListing(path, extensions: extensions, what: what, labels: source, classes: classes)
  }

  /// The data set of a folder, with the function that changes each sample.
  private func changed(_ source: any SampleSource, _ listing: FileListing, _ picks: Dataset.Options) throws -> Dataset {
    let dataset = try Dataset(
      source, classNames: listing.labels?.classNames, hasNamedLabels: listing.labels?.areNames ?? false, options: picks)
    guard let transform else { return dataset }
    return try dataset.mapping { sample, _ in Sample(inputs: try sample.inputs.mapValues(transform), labels: sample.labels) }
  }

  private func rows(_ path: String, _ picks: Dataset.Options) throws -> Dataset {
    var options = table
    options.classes = classes
    if path.lowercased().hasSuffix(".tsv"), !given.contains("delimiter") { options.delimiter = UInt8(ascii: "\t") }
    if case .named(let column)? = labels { options.labels = column }
    if let columns { options.columns = [inputName ?? "x": .several(columns)] }
    if inputName != nil, table.columns != nil { throw WorkflowError.inputOfColumns }
    let dataset = try Dataset(table: path, options, inputName: inputName ?? "x", options: picks)
    guard case .own(let own)? = labels else { return dataset }
    return try dataset.labeled(own)
  }

  private func windows(_ content: TextContent, _ picks: Dataset.Options) throws -> Dataset {
    guard let tokenizer else { throw WorkflowError.noTokenizer }
    let texts: [[UInt8]] =
      switch content {
      case .file(let path): [try MappedFile(path).withBytes { Array($0) }]
      case .texts(let texts): texts
      }
    let ids = try texts.map { try tokenizer.encode($0, truncation: nil).ids }
    let pad = tokenizer.roles["pad"] ?? tokenizer.roles["eos"] ?? 0
    let step = try stride.map { stride in
      guard let whole = Int(exactly: stride) else {
        throw EvaluationError.badOption(name: "stride", value: "\(stride)", allowed: "whole numbers, of token ids")
      }
      return whole
    }
    return try Dataset(
      windowsOf: ids,
      Dataset.WindowOptions(length: length, stride: step, pad: pads ? Int32(pad) : nil, inputName: inputName ?? "input_ids"),
      options: picks)
  }
}
