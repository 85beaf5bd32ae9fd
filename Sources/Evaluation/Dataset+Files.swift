// SPDX-License-Identifier: Apache-2.0
// Data sets from `.npy` and `.npz` files and folders of arrays.
//
// Conventions: in an archive or folder, the array `labels` (or `y`, if there is no `labels`) contains the labels and
// is not an input. A folder contains `in_NAME.npy` for each input, or a single `x.npy`. A `.npy` file contains a
// single input called `x`.

import DataFiles
import Foundation
import Tensors

extension Dataset {
  /// The arrays to read from a file whose names do not follow the conventions.
  package struct FileOptions: Sendable {
    /// Input name → name of the array in the file; `nil` reads all arrays except labels.
    package var arrays: [String: String]?
    /// The name of the label array; `nil` follows the convention.
    package var labels: String?
    /// Labels from another source, one for each sample of the file.
    package var ownLabels: Labels?
    /// How images are converted to a tensor, for a folder of images.
    package var images: ImageOptions

    package init(
      arrays: [String: String]? = nil, labels: String? = nil, ownLabels: Labels? = nil, images: ImageOptions = ImageOptions()
    ) {
      self.arrays = arrays
      self.labels = labels
      self.ownLabels = ownLabels
      self.images = images
    }
  }

  /// Reads a data set from a `.npz` file, a `.npy` file, a folder of arrays, or a folder of images with one subfolder
  /// per class.
  ///
  /// - Throws: `DataFileError` for an invalid file; `EvaluationError` for inconsistent files and for options that do
  ///   not apply to the source.
  package init(path: String, options: Options = Options(), from file: FileOptions = FileOptions()) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DataFileError.cannotOpen(file: path, reason: "No such file or directory")
    }
    if isFolder.boolValue {
      try self.init(folder: path, options: options, from: file)
    } else if path.hasSuffix(".npz") {
      let archive = try NPZArchive(path)
      try self.init(names: archive.names, source: path, options: options, from: file) { try archive.array($0) }
    } else if path.hasSuffix(".npy") {
      try self.init(names: ["x"], source: path, options: options, from: file) { _ in try NPY.read(path) }
    } else {
      throw EvaluationError.notADataset(path: path, reason: "expected .npz, .npy or a folder")
    }
  }

  private init(folder: String, options: Options, from file: FileOptions) throws {
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let arrays = entries.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
    if arrays.isEmpty {
      try self.init(pictures: folder, entries: entries, options: options, from: file)
      return
    }
    // Other arrays in the folder (such as reference outputs) are not inputs.
    let prefixed = arrays.filter { $0.hasPrefix("in_") }
    var names: [String: String] = [:]
    for array in prefixed { names[String(array.dropFirst(3))] = array }
    if prefixed.isEmpty, arrays.contains("x") { names["x"] = "x" }
    var file = file
    file.arrays = file.arrays ?? names
    try self.init(names: arrays, source: folder, options: options, from: file) { try NPY.read("\(folder)/\($0).npy") }
  }

  private init(pictures folder: String, entries: [String], options: Options, from file: FileOptions) throws {
    func unused(_ name: String, _ advice: String) -> EvaluationError {
      .unusedOption(name: name, source: "\(folder), a folder of images,", advice: advice)
    }
    guard file.arrays == nil else {
      throw unused("inputs", "its images are a single input, which matches a model's only input regardless of its name")
    }
    guard file.labels == nil else { throw unused("labels", "give one label for each image, or a subfolder for each class") }
    let pictures = try Self.pictures(in: folder, entries: entries, file.images)
    guard pictures.labels == nil || file.ownLabels == nil else { throw unused("labels", "its subfolders are the classes") }
    let dataset = try Dataset(
      inputs: [file.images.inputName: pictures.tensor], labels: pictures.labels, classNames: pictures.classes, options: options)
    self = try file.ownLabels.map(dataset.labeled) ?? dataset
  }

  /// Creates a data set from arrays that `read` returns by name.
  private init(
    names: [String], source: String, options: Options, from file: FileOptions, read: (String) throws -> Tensor
  ) throws {
    guard file.images.size == nil else {
      throw EvaluationError.unusedOption(name: "image_size", source: source, advice: "it resizes the images of a folder")
    }
    let labels = file.labels ?? ["labels", "y"].first { names.contains($0) }
    var wanted: [String: String] = [:]
    for name in names where name != labels { wanted[name] = name }
    wanted = file.arrays ?? wanted
    guard !wanted.isEmpty else { throw EvaluationError.noInputs(source: source) }
    for name in wanted.values + [labels].compactMap({ $0 }) where !names.contains(name) {
      throw DataFileError.noSuchArray(file: source, name: name, present: names)
    }
    let inputs = try wanted.mapValues(read)
    if let own = file.ownLabels {
      self = try Dataset(inputs: inputs, options: options).labeled(own)
    } else {
      try self.init(inputs: inputs, labels: labels.map(read), options: options)
    }
  }
}
