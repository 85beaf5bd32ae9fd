// SPDX-License-Identifier: Apache-2.0
// Saves a package atomically, so that a failure never leaves a partial package.

import Files
import Foundation
import MIL

extension ModelPackage {
  /// Writes the package to `path`, which ends in `.mlpackage`.
  ///
  /// Everything is written and flushed to a hidden folder next to `path`, which then replaces `path` atomically.
  /// A package may be saved over the one that it was loaded from: its mapped weights stay valid.
  ///
  /// - Throws: `PackageError`; an existing package is then unchanged.
  package func save(to path: String, overwrite: Bool = false) throws {
    let target = try SaveTarget(path, overwrite: overwrite)
    do {
      try target.replace { folder in try write(into: folder) }
    } catch let error as FileError {
      throw PackageError(error)
    }
  }

  /// Training-only operators have no representation in the file format.
  private func checkOperations() throws {
    for function in program.functions {
      try function.block.forEachOperation { _, operation in
        guard operation.isTrainingOnly else { return }
        throw PackageError.unwritable(
          "function '\(function.name)' is written for training: its operation \(operation.type) '\(operation.name)' is not one of "
            + "MIL. Save the original function with the trained weights")
      }
    }
  }

  private func write(into folder: String) throws {
    try checkOperations()
    guard let root = manifest.root else {
      throw PackageError.unwritable("the package has no model item")
    }
    let data = folder + "/" + Manifest.dataFolder
    let weights = WeightLayout()
    let document = ModelDocument(
      specificationVersion: specificationVersion, interface: interface, program: program,
      otherFields: otherFields)
    let model = try document.encoded(placing: weights)
    try writeFile(data + "/" + root.path) { try $0.write(model) }

    var listed = manifest
    var weightFiles: [String] = []
    for name in weights.names {
      let relative = try Self.itemPath(
        ofFile: name, modelFolder: PackagePath.folder(of: root.path),
        modelPath: data + "/" + root.path)
      try writeFile(data + "/" + relative) { try weights.write(name, to: $0) }
      listed.list(weightFile: relative)
      weightFiles.append(relative)
    }
    for item in listed.items
    where item.identifier != manifest.rootIdentifier && !weightFiles.contains(item.path) {
      if Manifest.isWeights(item) || weightFiles.contains(where: item.holds) {
        try makeFolder(data + "/" + item.path)
      } else {
        try copyItem(item.path, to: data)
      }
    }
    try writeFile(folder + "/" + Manifest.fileName) { try $0.write(listed.json) }
    try synchronizeTree(folder)
  }

  /// Copies an item other than model and weights from the loaded package.
  private func copyItem(_ item: String, to data: String) throws {
    guard let path else { return }
    let from = path + "/" + Manifest.dataFolder
    let source = try PackagePath.resolve(item, in: from, neededBy: path + "/" + Manifest.fileName)
    guard PackagePath.fileKind(source) == S_IFDIR else {
      return try MappedFile(source).withBytes { bytes in
        try writeFile(data + "/" + item) { try $0.write(bytes) }
      }
    }
    try makeFolder(data + "/" + item)
    for name in try contents(source) { try copyItem(item + "/" + name, to: data) }
  }

  private func writeFile(_ path: String, _ body: (FileWriter) throws -> Void) throws {
    try makeFolder(PackagePath.folder(of: path))
    let file = try FileWriter(creating: path)
    try body(file)
    try file.close()
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw PackageError.system("create", path: path, code: errno)
    }
  }

  private func contents(_ folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw PackageError.system("list", path: folder, code: errno)
    }
  }

  /// Flushes the directory entries of a folder and its subfolders to disk.
  private func synchronizeTree(_ folder: String) throws {
    for name in try contents(folder) where PackagePath.fileKind(folder + "/" + name) == S_IFDIR {
      try synchronizeTree(folder + "/" + name)
    }
    try synchronizeFolder(folder)
  }
}
