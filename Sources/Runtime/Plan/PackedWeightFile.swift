// SPDX-License-Identifier: Apache-2.0
// A file of packed weights, which the next process maps instead of packing them again.

import CKernels
import Files
import Kernels
import Platform
import Synchronization
import Tensors

/// Packed weights of a program in one file. Layout, in 64-bit little-endian words: "WANEPACK", the number of entries, the size of the file;
/// for each entry the two halves of its digest, its offset and its length in bytes; then the entries, aligned to 64 bytes.
///
/// A file that cannot be read as such is ignored and replaced.
package final class PackedWeightFile: PackedWeightStore {
  private struct State {
    var kept: [ContentDigest: TensorStorage] = [:]
    /// In the order in which they were added.
    var order: [ContentDigest] = []
    var isComplete = true
  }

  package let path: String
  private let state: Mutex<State>
  private let warn: @Sendable (String) -> Void

  /// What the choice of a layout depends on.
  package static var processor: String { "\(Processor.architecture)-\(ck_isa())" }

  private static let magic = UInt64(littleEndian: 0x4B43_4150_454E_4157)
  private static let headerWords = 3
  private static let entryWords = 4

  /// - Parameters:
  ///   - path: of the file, which need not exist.
  ///   - warn: told why a file could not be written.
  package init(_ path: String, warn: @escaping @Sendable (String) -> Void) {
    self.path = path
    self.warn = warn
    var state = State()
    if let file = try? MappedFile(path), let entries = Self.entries(file) {
      for (digest, range) in entries where state.kept[digest] == nil {
        state.order.append(digest)
        state.kept[digest] = TensorStorage(borrowing: UnsafeRawBufferPointer(rebasing: file.bytes[range]), owner: file)
      }
    }
    self.state = Mutex(state)
  }

  /// `nil` if the file is not whole.
  private static func entries(_ file: MappedFile) -> [(ContentDigest, Range<Int>)]? {
    let bytes = file.bytes
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    guard bytes.count >= 8 * headerWords, word(0) == magic, word(2) == UInt64(bytes.count),
      let count = Int(exactly: word(1)), count <= (bytes.count / 8 - headerWords) / entryWords
    else { return nil }
    var entries: [(ContentDigest, Range<Int>)] = []
    for entry in 0..<count {
      let at = headerWords + entry * entryWords
      guard let offset = Int(exactly: word(at + 2)), let length = Int(exactly: word(at + 3)), offset % 64 == 0, length >= 0,
        offset >= 0, offset <= bytes.count, length <= bytes.count - offset
      else { return nil }
      entries.append((ContentDigest(low: word(at), high: word(at + 1)), offset..<offset + length))
    }
    return entries
  }

  package func storage(_ identity: ContentDigest) -> TensorStorage? { state.withLock { $0.kept[identity] } }

  package func add(_ storage: TensorStorage, as identity: ContentDigest) {
    state.withLock { state in
      guard state.kept.updateValue(storage, forKey: identity) == nil else { return }
      state.order.append(identity)
      state.isComplete = false
    }
  }

  /// Writes the file if weights were added since it was read or written.
  package func save() {
    state.withLock { state in
      guard !state.isComplete else { return }
      // One attempt for the same weights: a full disk stays full.
      state.isComplete = true
      do {
        try write(state.order.compactMap { digest in state.kept[digest].map { (digest, $0) } })
      } catch {
        warn("packed weights are not kept: \(error)")
      }
    }
  }

  private func write(_ entries: [(digest: ContentDigest, storage: TensorStorage)]) throws {
    let padding = [UInt8](repeating: 0, count: 64)
    var offset = (8 * (Self.headerWords + Self.entryWords * entries.count)).alignedToLine
    let first = offset
    var words: [UInt64] = []
    for (digest, storage) in entries {
      words += [digest.low, digest.high, UInt64(offset), UInt64(storage.byteCount)]
      offset = (offset + storage.byteCount).alignedToLine
    }
    words = ([Self.magic, UInt64(entries.count), UInt64(offset)] + words).map(\.littleEndian)
    try words.withUnsafeBytes { words in
      try padding.withUnsafeBytes { padding in
        var pieces = [words, UnsafeRawBufferPointer(rebasing: padding[..<(first - words.count)])]
        for (_, storage) in entries {
          pieces.append(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
          pieces.append(UnsafeRawBufferPointer(rebasing: padding[..<(storage.byteCount.alignedToLine - storage.byteCount)]))
        }
        try FileReplacement.replace(path, with: pieces)
      }
    }
  }
}
