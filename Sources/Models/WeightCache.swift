// SPDX-License-Identifier: Apache-2.0
// The folder in which packed weights are kept for the next process.

import Evaluation
import Files
import Foundation
import MIL
import Operators
import Runtime
import Tensors

/// A folder of packed weights, one file for each program, instruction set and version.
package struct WeightCache: Sendable, Hashable {
  private let folder: String
  private let version: String
  private let warn: @Sendable (String) -> Void

  /// Creates the folder.
  ///
  /// - Parameters:
  ///   - version: of this program, whose layouts of weights may differ from those of others.
  ///   - warn: told why a file could not be written.
  /// - Throws: `FileError` when the folder cannot be created.
  package init(folder: String, version: String, warn: @escaping @Sendable (String) -> Void) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
      throw FileError.failed(.create, path: folder, code: Int32(clamping: cause.map { ($0 as NSError).code } ?? Int(EIO)))
    }
    (self.folder, self.version, self.warn) = (folder, version, warn)
  }

  package static func == (a: WeightCache, b: WeightCache) -> Bool { (a.folder, a.version) == (b.folder, b.version) }
  package func hash(into hasher: inout Hasher) { hasher.combine(folder) }

  /// The file for a program. Its entries have digests of whole weights, so a name that two programs share only makes its file larger.
  func file(for program: Program) -> PackedWeightFile {
    var hash = ContentHash()
    for function in program.functions { hash.add(function.block, most: 256) }
    hash.add(Array(version.utf8))
    let name = "\(hash.text)-\(PackedWeightFile.processor).weights"
    return PackedWeightFile(folder + "/" + name, warn: warn)
  }
}
