// SPDX-License-Identifier: Apache-2.0
// The sample files of a folder, with their labels.

import DataFiles
import Files
import Foundation
import Tensors
import TextFormats

/// The files of a folder that hold samples.
package struct FileListing: Sendable {
  /// What a folder holds.
  package enum Kind: Sendable, Equatable {
    case arrays, pictures, sounds
  }

  /// Where labels come from.
  package enum LabelSource: Sendable {
    /// The names of subfolders, if there are subfolders with samples.
    case automatic
    case folders
    /// A CSV file with a file name and a label on each line, which is also the list of the samples.
    case table(String)
    /// One for each file, sorted by name.
    case own(Dataset.Labels)
  }

  package let folder: String
  /// Paths within the folder.
  package let files: [String]
  package let labels: Dataset.Labels?

  package func path(_ index: Int) -> String { "\(folder)/\(files[index])" }

  /// What the files of a folder or of its subfolders are; `nil` for a folder without samples.
  ///
  /// - Throws: `EvaluationError.notADataset` for files of several kinds.
  package static func kind(of folder: String) throws -> Kind? {
    func kinds(_ names: [String]) -> Set<Kind> {
      var found: Set<Kind> = []
      for name in names {
        if name.hasSuffix(".npy") { found.insert(.arrays) }
        if isFile(name, ImageFile.extensions) { found.insert(.pictures) }
        if isFile(name, SoundFile.extensions) { found.insert(.sounds) }
      }
      return found
    }
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder)
    var found = kinds(entries)
    if found.contains(.arrays) { return .arrays }
    if found.isEmpty {
      for entry in entries.sorted() where !entry.hasPrefix(".") {
        found.formUnion(kinds((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(entry)")) ?? []).subtracting([.arrays]))
        if !found.isEmpty { break }
      }
    }
    guard found.count <= 1 else {
      throw EvaluationError.notADataset(path: folder, reason: "it contains both pictures and sounds")
    }
    return found.first
  }

  /// Finds the files.
  ///
  /// Classes are the names of the subfolders, sorted by code point, or those given; files are sorted by class, then name.
  ///
  /// - Parameters:
  ///   - extensions: of the files, in lower case.
  ///   - what: the plural of what they hold, for errors.
  ///   - classes: the names of the classes that labels count from 0; `nil` for those that occur.
  /// - Throws: `EvaluationError`, `FileError` and `TextFormatError`.
  package init(_ folder: String, extensions: [String], what: String, labels source: LabelSource, classes: [String]?) throws {
    self.folder = folder
    if case .table(let table) = source {
      (files, labels) = try Self.table(table, folder, extensions, classes)
      return
    }
    let entries = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let alone = entries.filter { Self.isFile($0, extensions) }
    var (inFolders, names): ([String], [String]) = ([], [])
    for entry in entries where !entry.hasPrefix(".") && !Self.isFile(entry, extensions) {
      guard let content = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(entry)") else { continue }
      let inside = content.filter { Self.isFile($0, extensions) }.sorted()
      inFolders += inside.map { "\(entry)/\($0)" }
      names += [String](repeating: entry, count: inside.count)
    }
    guard inFolders.isEmpty || alone.isEmpty else {
      throw EvaluationError.notADataset(path: folder, reason: "it contains \(what) both in class folders and outside of them")
    }
    files = inFolders + alone
    guard !files.isEmpty else { throw EvaluationError.notADataset(path: folder, reason: "it contains no \(what)") }
    func unused(_ name: String, _ advice: String) -> EvaluationError {
      .unusedOption(name: name, source: "\(folder), a folder of \(what),", advice: advice)
    }
    switch source {
    case .own(let own):
      guard inFolders.isEmpty else { throw unused("labels", "its subfolders are the classes") }
      guard own.tensor.shape.first == files.count else {
        throw EvaluationError.unequalLengths(first: what, count: files.count, other: "labels", otherCount: own.tensor.shape.first ?? 0)
      }
      labels = own
    case .folders where inFolders.isEmpty:
      throw EvaluationError.notADataset(path: folder, reason: "labels = \"folders\", but there are no subfolders with \(what)")
    default:
      guard !inFolders.isEmpty else {
        guard classes == nil else { throw unused("classes", "it has no subfolders; labels = … gives its labels") }
        labels = nil
        return
      }
      // Names of folders that are not those of a model's classes are positions.
      let found = try classes.map { try Dataset.Labels(names: names, classes: $0) } ?? Dataset.Labels(names: names)
      labels = Dataset.Labels(found.tensor, classNames: found.classNames, areNames: classes != nil)
    }
  }

  static func isFile(_ name: String, _ extensions: [String]) -> Bool {
    let lower = name.lowercased()
    return !name.hasPrefix(".") && extensions.contains { lower.hasSuffix("." + $0) }
  }

  /// Reads the samples that a CSV file lists. Names may lack the extension; a first line whose name is no file is a header.
  private static func table(
    _ given: String, _ folder: String, _ extensions: [String], _ classes: [String]?
  ) throws -> ([String], Dataset.Labels) {
    let inside = "\(folder)/\(given)"
    let path = !given.hasPrefix("/") && FileManager.default.fileExists(atPath: inside) ? inside : given
    var records = try MappedFile(path).withBytes { try CSV.records(Array($0), delimiter: path.hasSuffix(".tsv") ? 9 : 44) }
    func fault(_ reason: String) -> EvaluationError { .notADataset(path: path, reason: reason) }
    guard let width = records.first?.count, width >= 2 else { throw fault("expected a file name and a label on each line") }
    func find(_ name: String) -> String? {
      guard !name.isEmpty, !name.split(separator: "/").contains("..") else { return nil }
      for candidate in [name] + extensions.map({ "\(name).\($0)" }) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: "\(folder)/\(candidate)", isDirectory: &isFolder), !isFolder.boolValue else {
          continue
        }
        return candidate
      }
      return nil
    }
    if find(records[0][0]) == nil { records.removeFirst() }
    guard !records.isEmpty else { throw fault("it names no file of \(folder)") }
    let files = try records.map { record in
      guard let file = find(record[0]) else { throw fault("there is no file \(record[0]) in \(folder)") }
      return file
    }
    if width == 2 { return (files, try Dataset.Labels(texts: records.map { $0[1] }, classes: classes)) }
    guard classes == nil else { throw fault("classes are of one column of labels, and it has \(width - 1)") }
    let numbers = try records.enumerated().flatMap { row, record in
      try record.dropFirst().enumerated().map { column, field in
        guard let number = Float(field) else {
          throw EvaluationError.notANumber(file: path, row: row + 1, column: "\(column + 2)", field: field)
        }
        return number
      }
    }
    return (files, Dataset.Labels(Tensor(numbers, shape: [files.count, width - 1])))
  }

  /// Adds the names of files, their sizes, their first and last 4096 bytes, and a text on how they are read.
  func add(_ indices: [Int], _ reading: String, to hash: inout ContentHash) throws {
    hash.add(Array(reading.utf8))
    for index in indices {
      let file = try MappedFile(path(index))
      hash.add(Array("\(files[index]) \(file.bytes.count)".utf8))
      hash.add(UnsafeRawBufferPointer(rebasing: file.bytes.prefix(4096)))
      hash.add(UnsafeRawBufferPointer(rebasing: file.bytes.suffix(4096)))
    }
  }
}
