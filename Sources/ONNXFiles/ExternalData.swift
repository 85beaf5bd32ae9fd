// SPDX-License-Identifier: Apache-2.0
// Elements that are in a file beside the model.

import Files
import Platform

/// The bytes of one tensor in an external data file.
struct ExternalData {
  let bytes: UnsafeRawBufferPointer
  let file: MappedFile

  /// Maps the bytes.
  ///
  /// - Parameter entries: `location`, `offset`, `length`, as in the file.
  /// - Throws: `ONNXError` for a path that leaves the model's folder, and for bytes that are not in the file.
  init(_ entries: [String: String], tensor: String, model: ONNXModel, byteCount: Int) throws {
    guard let location = entries["location"], !location.isEmpty else {
      throw ONNXError.malformed(file: model.path, offset: nil, detail: "tensor '\(tensor)' is external, but has no location")
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.hasPrefix("/"), !location.utf8.contains(0), !location.contains("\\"),
      parts.allSatisfy({ $0 != ".." && !$0.isEmpty })
    else { throw ONNXError.unsafePath(tensor: tensor, location: location) }
    let folder = Self.folder(of: model.path)
    let path = folder + "/" + location
    guard let root = Self.resolved(folder) else { throw ONNXError.missingData(tensor: tensor, location: location, folder: folder) }
    guard let actual = Self.resolved(path) else { throw ONNXError.missingData(tensor: tensor, location: location, folder: folder) }
    guard actual.hasPrefix(root == "/" ? "/" : root + "/") else { throw ONNXError.unsafePath(tensor: tensor, location: location) }
    do {
      file = try model.externalFiles.file(actual)
    } catch {
      throw ONNXError.unreadable(tensor: tensor, detail: "\(error)")
    }
    func number(_ key: String) throws -> Int? {
      guard let text = entries[key] else { return nil }
      guard let value = Int(text), value >= 0 else {
        throw ONNXError.malformed(file: model.path, offset: nil, detail: "tensor '\(tensor)': \(key) is \"\(text)\"")
      }
      return value
    }
    let start = try number("offset") ?? 0
    let size = file.bytes.count
    let length = try number("length") ?? max(size - start, 0)
    guard length == byteCount else {
      throw ONNXError.malformed(
        file: model.path, offset: nil, detail: "tensor '\(tensor)' has \(length) bytes in '\(location)', expected \(byteCount)")
    }
    guard start <= size, length <= size - start else {
      throw ONNXError.malformed(
        file: model.path, offset: nil,
        detail: "tensor '\(tensor)' needs bytes \(start) to \(start)+\(length) of '\(location)', which has \(size)")
    }
    bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + length])
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The absolute path without links; `nil` if there is no such file.
  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// The mapped external files of a model, each mapped once.
///
/// Unchecked `Sendable`: a model is read by one thread.
package final class ExternalFiles: @unchecked Sendable {
  private var files: [String: MappedFile] = [:]

  func file(_ path: String) throws -> MappedFile {
    if let known = files[path] { return known }
    let file = try MappedFile(path)
    files[path] = file
    return file
  }
}
