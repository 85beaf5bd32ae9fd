// SPDX-License-Identifier: Apache-2.0
// Recognizes other files that are passed instead of an .mlpackage, for helpful error messages.

import Files
import Platform

enum ForeignModel {
  /// The error for a path that is not a package; `nil` for a folder that may be one.
  static func explanation(_ path: String) throws -> PackageError? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw PackageError.system("read", path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try file(path) }
    let isCompiled =
      path.hasSuffix(".mlmodelc") || path.hasSuffix(".mlmodelc/")
      || ["coremldata.bin", "model.mil"].contains { PackagePath.fileKind(path + "/" + $0) != nil }
    guard isCompiled, PackagePath.fileKind(path + "/" + Manifest.fileName) == nil else {
      return nil
    }
    return .notAPackage(
      path: path, what: "a compiled model (.mlmodelc)",
      advice: "name the .mlpackage that it was compiled from")
  }

  /// Extensions of files that another function reads, with it.
  private static let sources = [
    (".onnx", "an ONNX model", "wane.convert \"NAME\" makes an ML Program of it"),
    (".pt2", "a PyTorch program", "wane.convert \"NAME\" makes an ML Program of it"),
    (".npz", "an archive of arrays", "wane.load_npz reads it"), (".npy", "an array", "wane.load_npy reads it"),
  ]

  private static func file(_ path: String) throws -> PackageError {
    if let source = sources.first(where: { path.lowercased().hasSuffix($0.0) }) {
      return .notAPackage(path: path, what: source.1, advice: source.2.replacing("NAME", with: path))
    }
    guard path.hasSuffix(".mlmodel") else {
      return .notAPackage(
        path: path, what: "a file", advice: "an .mlpackage is a folder with a Manifest.json")
    }
    let kind = try MappedFile(path).withBytes { ModelKind.sniff($0) }
    let advice =
      kind == "mlProgram"
      ? "name the .mlpackage folder around it" : "Wane reads ML Programs only"
    return .notAPackage(
      path: path, what: kind.map { "an .mlmodel file of kind \($0)" } ?? "an .mlmodel file",
      advice: advice)
  }
}
