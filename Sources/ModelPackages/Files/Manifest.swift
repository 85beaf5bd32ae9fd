// SPDX-License-Identifier: Apache-2.0
// Manifest.json, which lists the items of a package and specifies which of them is the model.

import Tensors
import TextFormats

/// An item of a package: a file or folder under `Data/`.
struct ManifestItem: Equatable {
  var identifier: String
  var author: String
  var name: String
  var path: String
  var description: String

  /// Whether the item is the file, or a folder that contains it.
  func holds(_ file: String) -> Bool { file == path || file.hasPrefix(path + "/") }
}

/// The manifest of a package.
struct Manifest: Equatable {
  static let fileName = "Manifest.json"
  /// The folder that items' paths are relative to.
  static let dataFolder = "Data"
  static let coreMLAuthor = "com.apple.CoreML"

  var items: [ManifestItem]
  var rootIdentifier: String

  /// The items that coremltools writes for a program. The identifiers are fixed, so that equal programs produce equal
  /// packages.
  static let standard = Manifest(
    items: [
      ManifestItem(
        identifier: "2f0dd9a5-4f6b-4d3c-9c55-6b5d8e0a51c1", author: coreMLAuthor,
        name: "model.mlmodel",
        path: "com.apple.CoreML/model.mlmodel", description: "CoreML Model Specification"),
      ManifestItem(
        identifier: "b7c1f3de-8a42-4e07-a0f2-3d9c64e7b20f", author: coreMLAuthor, name: "weights",
        path: "com.apple.CoreML/weights", description: "CoreML Model Weights"),
    ],
    rootIdentifier: "2f0dd9a5-4f6b-4d3c-9c55-6b5d8e0a51c1")

  /// The item that is the model. The reader checks that it exists.
  var root: ManifestItem? { items.first { $0.identifier == rootIdentifier } }

  /// Whether this item is the folder of weight files.
  static func isWeights(_ item: ManifestItem) -> Bool {
    item.name == "weights" && item.author == coreMLAuthor
  }

  // MARK: Reading

  /// - Throws: `PackageError` with the name of `file`.
  init(json: [UInt8], file: String) throws {
    let document: JSONValue
    do {
      document = try JSONValue(text: json)
    } catch {
      throw PackageError.manifest(file: file, detail: "\(error)")
    }
    func bad(_ detail: String) -> PackageError { .manifest(file: file, detail: detail) }
    guard let version = document["fileFormatVersion"]?.string else {
      throw bad("there is no fileFormatVersion")
    }
    guard version.split(separator: ".").first == "1" else {
      throw bad("its format is version \(version); Wane reads version 1")
    }
    guard let root = document["rootModelIdentifier"]?.string else {
      throw bad("there is no rootModelIdentifier")
    }
    guard case .object(let entries)? = document["itemInfoEntries"] else {
      throw bad("there are no itemInfoEntries")
    }
    items = []
    var paths: Set<String> = []
    for entry in entries {
      let (identifier, entry) = (entry.name, entry.value)
      guard let path = entry["path"]?.string else { throw bad("item \(identifier) has no path") }
      guard PackagePath.isContained(path) else { throw PackageError.unsafePath(path, in: file) }
      guard paths.insert(path).inserted else { throw bad("two items have the path \"\(path)\"") }
      items.append(
        ManifestItem(
          identifier: identifier, author: entry["author"]?.string ?? "",
          name: entry["name"]?.string ?? "",
          path: path, description: entry["description"]?.string ?? ""))
    }
    for path in paths.sorted() {
      // An item inside another item would be copied twice.
      if let outer = PackagePath.ancestors(of: path).first(where: paths.contains) {
        throw bad("the item \"\(path)\" lies inside the item \"\(outer)\"")
      }
    }
    rootIdentifier = root
    guard self.root != nil else {
      throw bad("rootModelIdentifier \"\(root)\" names none of its items")
    }
  }

  init(items: [ManifestItem], rootIdentifier: String) {
    self.items = items
    self.rootIdentifier = rootIdentifier
  }

  // MARK: Writing

  /// Adds an item for a weight file, unless an item already contains the file.
  mutating func list(weightFile file: String) {
    guard !items.contains(where: { $0.holds(file) }) else { return }
    // As in coremltools, a folder of weights is a single item. A weight file elsewhere is an item of its own.
    let folder = PackagePath.folder(of: file)
    let isFolder =
      PackagePath.lastName(of: folder) == "weights"
      && !items.contains { $0.path.hasPrefix(folder + "/") }
    let path = isFolder ? folder : file
    // The identifier is derived from the path, so that equal programs produce equal packages.
    var hash = FNV1a()
    hash.combine(path)
    var random = SplitMix64(seed: hash.value)
    let digits = [random.next(), random.next()].map { bits in
      String(repeating: "0", count: 16 - String(bits, radix: 16).count) + String(bits, radix: 16)
    }.joined()
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map {
      Array(digits)[$0].map(String.init).joined()
    }
    items.append(
      ManifestItem(
        identifier: groups.joined(separator: "-"), author: Manifest.coreMLAuthor,
        name: PackagePath.lastName(of: path),
        path: path, description: "CoreML Model Weights"))
  }

  /// The manifest in the layout of coremltools: indented by four spaces, with sorted keys.
  var json: [UInt8] {
    let entries = items.sorted { $0.identifier < $1.identifier }.map { item in
      JSONValue.Member(
        item.identifier,
        .object([
          .init("author", .string(item.author)), .init("description", .string(item.description)), .init("name", .string(item.name)),
          .init("path", .string(item.path)),
        ]))
    }
    let document = JSONValue.object([
      .init("fileFormatVersion", .string("1.0.0")), .init("itemInfoEntries", .object(entries)),
      .init("rootModelIdentifier", .string(rootIdentifier)),
    ])
    return Array((document.text(indent: 4) + "\n").utf8)
  }
}

/// The 64-bit FNV-1a hash, which, unlike Swift's hash, is the same in every process.
private struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func combine(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
}
