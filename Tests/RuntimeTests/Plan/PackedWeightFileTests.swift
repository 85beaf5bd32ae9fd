// SPDX-License-Identifier: Apache-2.0
// Packed weights that outlive a process: what is read back, and files that are damaged, in the way, or cannot be written.

import Foundation
import Kernels
import Runtime
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Packed weight files") struct PackedWeightFileTests {
  private func storage(_ bytes: [UInt8]) -> TensorStorage {
    let storage = TensorStorage(byteCount: bytes.count)
    storage.base.copyMemory(from: bytes, byteCount: bytes.count)
    return storage
  }

  private func bytes(_ storage: TensorStorage?) -> [UInt8]? {
    storage.map { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.byteCount)) }
  }

  private let first = ContentDigest(low: 1, high: 2)
  private let second = ContentDigest(low: 1, high: 3)

  @Test func keepsWhatWasAdded() throws {
    let scratch = try Scratch()
    let folder = scratch.path
    let path = folder + "/a.weights"
    let file = PackedWeightFile(path) { Issue.record("\($0)") }
    #expect(file.storage(first) == nil)
    file.save()
    #expect(!FileManager.default.fileExists(atPath: path))
    file.add(storage([1, 2, 3]), as: first)
    file.save()
    file.add(storage((0..<200).map { UInt8($0) }), as: second)
    file.add(storage([9]), as: first)
    file.save()
    let next = PackedWeightFile(path) { Issue.record("\($0)") }
    #expect(bytes(next.storage(second)) == (0..<200).map { UInt8($0) })
    #expect(next.storage(first).map { UInt(bitPattern: $0.base) % 64 } == 0)
    // Added to what the file has.
    let third = ContentDigest(low: 7, high: 7)
    next.add(storage([4]), as: third)
    next.save()
    let last = PackedWeightFile(path) { Issue.record("\($0)") }
    #expect(bytes(last.storage(third)) == [4] && last.storage(second)?.byteCount == 200)
  }

  @Test func damagedFilesAreReplaced() throws {
    let scratch = try Scratch()
    let folder = scratch.path
    let path = folder + "/a.weights"
    let file = PackedWeightFile(path) { Issue.record("\($0)") }
    file.add(storage(Array(repeating: 5, count: 100)), as: first)
    file.save()
    let whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    for length in 0..<whole.count {
      try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
      #expect(PackedWeightFile(path) { Issue.record("\($0)") }.storage(first) == nil)
    }
    // A damaged byte of the header, of an entry's row or of its data: what is returned is what was added, or nothing.
    for at in whole.indices {
      var damaged = whole
      damaged[at] ^= 0xFF
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let found = bytes(PackedWeightFile(path) { Issue.record("\($0)") }.storage(first))
      #expect(found == nil || found == Array(repeating: 5, count: 100), "byte \(at)")
    }
    let again = PackedWeightFile(path) { Issue.record("\($0)") }
    again.add(storage([1]), as: second)
    again.save()
    #expect(bytes(PackedWeightFile(path) { Issue.record("\($0)") }.storage(second)) == [1])
  }

  @Test func aFolderInTheWayIsOneWarning() throws {
    let scratch = try Scratch()
    let folder = scratch.path
    let warnings = Mutex<[String]>([])
    let file = PackedWeightFile(folder) { text in warnings.withLock { $0.append(text) } }
    file.add(storage([1]), as: first)
    file.save()
    file.save()
    #expect(warnings.withLock { $0.count } == 1)
    #expect(bytes(file.storage(first)) == [1])
  }
}
