// SPDX-License-Identifier: Apache-2.0
// A file of packed weights, which the next process maps instead of packing them again.

import CKernels
import Files
import Kernels
import Platform
import Synchronization
import Tensors

/// Packed weights of a program in one file. Layout, in 64-bit little-endian words: "WANEPACK", the number of entries, the size of the file;
/// for each entry the two halves of its identity and of the digest of its bytes, its offset and its length in bytes; then the entries,
/// aligned to 64 bytes.
///
/// A file that cannot be read as such is ignored and replaced; so is an entry whose bytes have another digest.
package final class PackedWeightFile: PackedWeightStore {
  /// Packed weights, with the digest that the file tells of those that have not been read yet.
  private struct Entry {
    let storage: TensorStorage
    var unchecked: ContentDigest?
  }

  private struct State {
    var kept: [ContentDigest: Entry] = [:]
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
  private static let entryWords = 6

  /// - Parameters:
  ///   - path: of the file, which need not exist.
  ///   - warn: told why a file could not be written.
  package init(_ path: String, warn: @escaping @Sendable (String) -> Void) {
    self.path = path
    self.warn = warn
    var state = State()
    if let file = try? MappedFile(path), let entries = Self.entries(file) {
      for entry in entries where state.kept[entry.identity] == nil {
        let storage = TensorStorage(borrowing: UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]), owner: file)
        state.order.append(entry.identity)
        state.kept[entry.identity] = Entry(storage: storage, unchecked: entry.content)
      }
    }
    self.state = Mutex(state)
  }

  /// `nil` if the file is not whole.
  private static func entries(_ file: MappedFile) -> [(identity: ContentDigest, content: ContentDigest, range: Range<Int>)]? {
    let bytes = file.bytes
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    guard bytes.count >= 8 * headerWords, word(0) == magic, word(2) == UInt64(bytes.count),
      let count = Int(exactly: word(1)), count <= (bytes.count / 8 - headerWords) / entryWords
    else { return nil }
    var entries: [(identity: ContentDigest, content: ContentDigest, range: Range<Int>)] = []
    for entry in 0..<count {
      let at = headerWords + entry * entryWords
      guard let offset = Int(exactly: word(at + 4)), let length = Int(exactly: word(at + 5)), offset % 64 == 0, length >= 0,
        offset >= 0, offset <= bytes.count, length <= bytes.count - offset
      else { return nil }
      func digest(_ index: Int) -> ContentDigest { ContentDigest(low: word(index), high: word(index + 1)) }
      entries.append((digest(at), digest(at + 2), offset..<offset + length))
    }
    return entries
  }

  package func storage(_ identity: ContentDigest) -> TensorStorage? {
    state.withLock { state in
      guard let entry = state.kept[identity] else { return nil }
      guard let wanted = entry.unchecked else { return entry.storage }
      guard ContentDigest(entry.storage) == wanted else {
        state.kept[identity] = nil
        state.order.removeAll { $0 == identity }
        return nil
      }
      state.kept[identity]?.unchecked = nil
      return entry.storage
    }
  }

  package func add(_ storage: TensorStorage, as identity: ContentDigest) {
    state.withLock { state in
      guard state.kept.updateValue(Entry(storage: storage), forKey: identity) == nil else { return }
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
        try write(state.order.compactMap { identity in state.kept[identity].map { (identity, $0) } })
      } catch {
        warn("packed weights are not kept: \(error)")
      }
    }
  }

  private func write(_ entries: [(identity: ContentDigest, entry: Entry)]) throws {
    let padding = [UInt8](repeating: 0, count: 64)
    var offset = (8 * (Self.headerWords + Self.entryWords * entries.count)).alignedToLine
    let first = offset
    var words: [UInt64] = []
    for (identity, entry) in entries {
      let (storage, content) = (entry.storage, entry.unchecked ?? ContentDigest(entry.storage))
      words += [identity.low, identity.high, content.low, content.high, UInt64(offset), UInt64(storage.byteCount)]
      offset = (offset + storage.byteCount).alignedToLine
    }
    words = ([Self.magic, UInt64(entries.count), UInt64(offset)] + words).map(\.littleEndian)
    try words.withUnsafeBytes { words in
      try padding.withUnsafeBytes { padding in
        var pieces = [words, UnsafeRawBufferPointer(rebasing: padding[..<(first - words.count)])]
        for storage in entries.map(\.entry.storage) {
          pieces.append(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
          pieces.append(UnsafeRawBufferPointer(rebasing: padding[..<(storage.byteCount.alignedToLine - storage.byteCount)]))
        }
        try FileReplacement.replace(path, with: pieces)
      }
    }
  }
}

extension ContentDigest {
  fileprivate init(_ storage: TensorStorage) { self.init(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)) }
}
