// SPDX-License-Identifier: Apache-2.0
// Models in several files: an index names the file of every tensor.

import Files
import Foundation
import TextFormats

enum ShardIndex {
  /// Reads `model.safetensors.index.json` or `pytorch_model.bin.index.json` with the files beside it.
  static func read(_ path: String) throws -> WeightFile {
    func fault(_ place: String, _ detail: String) -> WeightFileError { .malformed(file: path, place: place, detail: detail) }
    let index: JSONValue
    do {
      index = try JSONValue(text: MappedFile(path).withBytes { Array($0) })
    } catch let error as TextFormatError {
      throw fault("", error.description)
    }
    guard case .object(let members) = index, case .object(let map)? = members.first(where: { $0.name == "weight_map" })?.value else {
      throw fault("", "the field weight_map, from names to files, is missing")
    }
    var wanted: [String: Set<String>] = [:]
    var order: [String] = []
    for member in map {
      guard case .string(let file) = member.value else { throw fault("weight_map.\(member.name)", "expected the name of a file") }
      // A shard lies beside its index: a path that leads elsewhere is not followed.
      guard !file.isEmpty, !file.contains("/"), !file.contains("\\"), file != "..", !file.hasSuffix(".index.json") else {
        throw fault("weight_map.\(member.name)", "'\(file)' is no name of a file beside the index")
      }
      if wanted[file] == nil { order.append(file) }
      wanted[file, default: []].insert(member.name)
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let files = try order.map { name -> WeightFile in
      guard FileManager.default.fileExists(atPath: folder + name) else { throw WeightFileError.missingShard(index: path, file: name) }
      let file = try WeightFile(folder + name)
      if let missing = wanted[name]?.subtracting(file.names).sorted().first {
        throw fault("weight_map.\(missing)", "'\(name)' has no such tensor")
      }
      return file.keeping(wanted[name] ?? [])
    }
    return .joined(path: path, files, metadata: files.first?.metadata ?? [:])
  }
}
