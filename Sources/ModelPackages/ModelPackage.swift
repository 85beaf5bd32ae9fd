// SPDX-License-Identifier: Apache-2.0
// An .mlpackage as a value: the program, its interface, and other content of the package.

import Files
import MIL
import Platform

/// A Core ML package with an ML Program.
///
/// Loading decodes the program and memory-maps its weight files; weights are read on access. The value remains valid
/// if the package on disk is replaced or removed.
package struct ModelPackage: Sendable {
  /// The path that the package was loaded from; `nil` for a new one.
  package let path: String?
  package private(set) var program: Program
  package var interface: Interface
  /// 6 (iOS15) to 9 (iOS18), or newer.
  package var specificationVersion: Int
  let manifest: Manifest
  /// Unknown fields of the model file, preserved byte for byte.
  let otherFields: [UInt8]

  // MARK: Making

  /// Loads the package at `path`.
  ///
  /// - Throws: `PackageError` with the file and position of the error.
  package static func load(_ path: String) throws -> ModelPackage {
    do {
      return try ModelPackage(loading: path)
    } catch let error as FileError {
      throw PackageError(error)
    }
  }

  /// A new package for a program.
  ///
  /// - Parameter interface: the interface; by default, all inputs and outputs are arrays.
  /// - Throws: `PackageError.unwritable` if the program's inputs or outputs cannot be represented in an interface.
  package init(program: Program, interface: Interface? = nil) throws {
    path = nil
    self.program = program
    self.interface = try interface ?? Interface(describing: program)
    specificationVersion = ModelPackage.requiredVersion(program)
    if self.interface.listsFunctions { specificationVersion = max(specificationVersion, 9) }
    manifest = .standard
    otherFields = []
  }

  private init(loading path: String) throws {
    let manifest = try ModelPackage.readManifest(path)
    guard let root = manifest.root else {
      preconditionFailure("a manifest that was read has a root")
    }
    let manifestPath = path + "/" + Manifest.fileName
    let data = path + "/" + Manifest.dataFolder
    let modelPath = try PackagePath.resolve(root.path, in: data, neededBy: manifestPath)
    let model = try MappedFile(modelPath)
    let folder = PackagePath.folder(of: root.path)
    let weights = WeightFiles { name in
      let relative = try ModelPackage.itemPath(
        ofFile: name, modelFolder: folder, modelPath: modelPath)
      guard manifest.items.contains(where: { $0.holds(relative) }) else {
        throw PackageError.manifest(
          file: manifestPath, detail: "no item contains \"\(relative)\", which \(modelPath) refers to")
      }
      return try PackagePath.resolve(relative, in: data, neededBy: modelPath)
    }
    let document = try model.withBytes { try ModelDocument($0, file: modelPath, weights: weights) }
    self.path = path
    self.manifest = manifest
    program = document.program
    interface = document.interface
    specificationVersion = document.specificationVersion
    otherFields = document.otherFields
  }

  // MARK: Changing

  /// The package with a different program. The interface is adapted to changed inputs and outputs, and the
  /// specification version is raised if the program's opsets require it.
  ///
  /// - Throws: `PackageError.unwritable` if an input or output cannot be represented in an interface.
  package func withProgram(_ program: Program) throws -> ModelPackage {
    var changed = self
    changed.program = program
    changed.interface = try interface.adapted(to: program)
    changed.specificationVersion = max(specificationVersion, ModelPackage.requiredVersion(program))
    return changed
  }

  /// The user-defined metadata.
  package var userMetadata: [String: String] {
    get { interface.metadata?.userDefined ?? [:] }
    set {
      guard newValue != userMetadata else { return }
      var metadata = interface.metadata ?? Metadata()
      metadata.userDefined = newValue
      interface.metadata = metadata
    }
  }

  private static func requiredVersion(_ program: Program) -> Int {
    program.functions.compactMap { Opset(name: $0.opset)?.specificationVersion }.max()
      ?? Opset.iOS15.specificationVersion
  }

  // MARK: Names inside the package

  /// The path under `Data/` of a file that the program refers to as `@model_path/…`.
  static func itemPath(ofFile name: String, modelFolder: String, modelPath: String) throws -> String {
    let prefix = "@model_path/"
    guard name.hasPrefix(prefix), PackagePath.isContained(String(name.dropFirst(prefix.count)))
    else {
      throw PackageError.unsafePath(name, in: modelPath)
    }
    let inner = String(name.dropFirst(prefix.count))
    return modelFolder.isEmpty ? inner : modelFolder + "/" + inner
  }

  private static func readManifest(_ path: String) throws -> Manifest {
    guard access(path, F_OK) == 0 else { throw PackageError.notFound(path) }
    if let refusal = try ForeignModel.explanation(path) { throw refusal }
    let manifestPath = path + "/" + Manifest.fileName
    guard PackagePath.fileKind(manifestPath) != nil else {
      throw PackageError.notAPackage(
        path: path, what: "a folder without \(Manifest.fileName)",
        advice: "name the folder that ends in .mlpackage")
    }
    return try Manifest(
      json: try MappedFile(manifestPath).withBytes { Array($0) }, file: manifestPath)
  }
}
