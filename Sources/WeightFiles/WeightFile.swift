// SPDX-License-Identifier: Apache-2.0
// Named tensors of a file, whatever its format.

import Files
import Tensors
import TorchFiles

/// The tensors of a file by name. Elements are read when they are asked for.
package struct WeightFile: Sendable {
  package let path: String
  /// Names in the order of the file.
  package let names: [String]
  /// Free text about the file, by key.
  package let metadata: [String: String]
  private let readers: [String: @Sendable () throws -> Tensor]
  private let shapes: [String: Shape]

  init(
    path: String, names: [String], metadata: [String: String] = [:], shapes: [String: Shape],
    readers: [String: @Sendable () throws -> Tensor]
  ) {
    self.path = path
    self.names = names
    self.metadata = metadata
    self.shapes = shapes
    self.readers = readers
  }

  /// Reads a file, whose format follows from its name.
  ///
  /// - Throws: `WeightFileError`, `TorchFileError`, `FileError`.
  package init(_ path: String) throws {
    if path.hasSuffix(".safetensors") {
      self = try Safetensors.read(path)
    } else if path.hasSuffix(".index.json") {
      self = try ShardIndex.read(path)
    } else if path.hasSuffix(".gguf") {
      self = try GGUF.read(path)
    } else if [".pt", ".pth", ".bin", ".ckpt"].contains(where: { path.hasSuffix($0) }) {
      let dictionary = try StateDictionary(path: path)
      self.init(
        path: path, names: dictionary.names, shapes: dictionary.tensors.mapValues(\.sizes),
        readers: dictionary.tensors.reduce(into: [:]) { readers, item in
          let (name, tensor) = item
          readers[name] = { try tensor.tensor(file: path, name: name) }
        })
    } else {
      throw WeightFileError.unknownFormat(path)
    }
  }

  /// The tensor with a name; `nil` if there is none.
  package func tensor(_ name: String) throws -> Tensor? { try readers[name]?() }

  package func shape(_ name: String) -> Shape? { shapes[name] }

  /// Several files as one.
  static func joined(path: String, _ files: [WeightFile], metadata: [String: String]) -> WeightFile {
    WeightFile(
      path: path, names: files.flatMap(\.names), metadata: metadata,
      shapes: files.reduce(into: [:]) { $0.merge($1.shapes) { first, _ in first } },
      readers: files.reduce(into: [:]) { $0.merge($1.readers) { first, _ in first } })
  }

  /// The tensors of some names only.
  func keeping(_ wanted: Set<String>) -> WeightFile {
    WeightFile(
      path: path, names: names.filter(wanted.contains), metadata: metadata, shapes: shapes.filter { wanted.contains($0.key) },
      readers: readers.filter { wanted.contains($0.key) })
  }
}
