// SPDX-License-Identifier: Apache-2.0
// Data sets from `.npy` and `.npz` files and folders of `.npy` files.
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
    /// A factor for every element of the inputs, which become float32; `nil` leaves them as they are.
    package var scale: Double?

    package init(arrays: [String: String]? = nil, labels: String? = nil, ownLabels: Labels? = nil, scale: Double? = nil) {
      self.arrays = arrays
      self.labels = labels
      self.ownLabels = ownLabels
      self.scale = scale
    }
  }

  /// Reads a data set from a `.npz` file, a `.npy` file or a folder of `.npy` files.
  ///
  /// - Throws: `DataFileError` for an invalid file; `EvaluationError` for inconsistent files.
  package init(arraysAt path: String, options: Options = Options(), from file: FileOptions = FileOptions()) throws {
    if path.hasSuffix(".npz") {
      let archive = try NPZArchive(path)
      try self.init(names: archive.names, source: path, options: options, from: file) { try archive.array($0) }
    } else if path.hasSuffix(".npy") {
      try self.init(names: ["x"], source: path, options: options, from: file) { _ in try NPY.read(path) }
    } else {
      let entries = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      let arrays = entries.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
      // Other arrays in the folder (such as reference outputs) are not inputs.
      let prefixed = arrays.filter { $0.hasPrefix("in_") }
      var names: [String: String] = [:]
      for array in prefixed { names[String(array.dropFirst(3))] = array }
      if prefixed.isEmpty, arrays.contains("x") { names["x"] = "x" }
      var file = file
      file.arrays = file.arrays ?? names
      try self.init(names: arrays, source: path, options: options, from: file) { try NPY.read("\(path)/\($0).npy") }
    }
  }

  /// Creates a data set from arrays that `read` returns by name.
  private init(
    names: [String], source: String, options: Options, from file: FileOptions, read: (String) throws -> Tensor
  ) throws {
    let labels = file.labels ?? ["labels", "y"].first { names.contains($0) }
    var wanted: [String: String] = [:]
    for name in names where name != labels { wanted[name] = name }
    wanted = file.arrays ?? wanted
    guard !wanted.isEmpty else { throw EvaluationError.noInputs(source: source) }
    for name in wanted.values + [labels].compactMap({ $0 }) where !names.contains(name) {
      throw DataFileError.noSuchArray(file: source, name: name, present: names)
    }
    let inputs = try wanted.mapValues { name in
      let tensor = try read(name)
      return file.scale.map { tensor.scaled(by: $0) } ?? tensor
    }
    if let own = file.ownLabels {
      self = try Dataset(inputs: inputs, options: options).labeled(own)
    } else {
      try self.init(inputs: inputs, labels: labels.map(read), options: options)
    }
  }
}

extension Tensor {
  /// The elements times a factor, as float32.
  package func scaled(by factor: Double) -> Tensor { Tensor(floats().map { $0 * Float(factor) }, shape: shape) }
}
