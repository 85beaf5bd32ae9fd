// SPDX-License-Identifier: Apache-2.0
// The kinds of sources of a data set, and the options of each.

import DataFiles
import Evaluation
import Foundation

/// What a data set is made of.
package enum DatasetKind: Sendable, CaseIterable {
  case arrays, arrayFile, pictures, sounds, table, text, function

  /// The names of the options that apply, besides `batch_size`, `limit`, `shuffle` and `seed`, which apply to all.
  package var options: [String] {
    switch self {
    case .arrays: ["inputs", "labels", "classes", "scale"]
    case .arrayFile: ["inputs", "labels", "scale"]
    case .pictures:
      ["input", "labels", "classes", "resize", "image_size", "crop", "layout", "orient", "scale", "mean", "std", "transform"]
    case .sounds: ["input", "labels", "classes", "rate", "seconds", "stride", "pad", "mono", "transform"]
    case .table: ["input", "columns", "labels", "classes", "delimiter"]
    case .text: ["text", "tokenizer", "length", "stride", "pad", "input"]
    case .function: ["count", "classes"]
    }
  }

  /// The source in a sentence.
  package var name: String {
    switch self {
    case .arrays: "inputs"
    case .arrayFile: "arrays"
    case .pictures: "pictures"
    case .sounds: "sounds"
    case .table: "CSV"
    case .text: "text"
    case .function: "a function"
    }
  }

  static let common: Set<String> = ["batch_size", "limit", "shuffle", "seed"]

  /// The kind of a file or folder.
  ///
  /// - Throws: `DataFileError.cannotOpen`; `EvaluationError.notADataset`.
  init(path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DataFileError.cannotOpen(file: path, reason: "No such file or directory")
    }
    func hasExtension(_ extensions: String...) -> Bool { extensions.contains { path.lowercased().hasSuffix("." + $0) } }
    if isFolder.boolValue {
      switch try FileListing.kind(of: path) {
      case .arrays: self = .arrayFile
      case .pictures: self = .pictures
      case .sounds: self = .sounds
      case nil:
        throw EvaluationError.notADataset(
          path: path, reason: "it contains no .npy arrays, no pictures (png, jpg) and no sounds (wav, flac, ogg)")
      }
    } else if hasExtension("npz", "npy") {
      self = .arrayFile
    } else if hasExtension("csv", "tsv") {
      self = .table
    } else {
      throw EvaluationError.notADataset(path: path, reason: "expected .npz, .npy, .csv, .tsv or a folder")
    }
  }
}
