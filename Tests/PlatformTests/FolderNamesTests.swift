// SPDX-License-Identifier: Apache-2.0
// Names in folders, also of an entry at the end of accessible memory.

import Foundation
import Platform
import Testing

@Suite struct FolderNamesTests {
  @Test func namesOfAFolder() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wane-names-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = ["a", ".hidden", "two words", "é", String(repeating: "n", count: 255)]
    for name in names { try Data().write(to: folder.appendingPathComponent(name)) }
    #expect(folderNames(folder.path).sorted() == names.sorted())
    #expect(folderNames(folder.appendingPathComponent("absent").path) == [])
  }

  /// `readdir` returns entries that are shorter than `dirent`; the last one may end where the stream's buffer ends.
  @Test func anEntryMayBeShorterThanItsDeclaration() throws {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let memory = try #require(
      mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).flatMap { $0 == MAP_FAILED ? nil : $0 })
    defer { munmap(memory, 2 * page) }
    try #require(mprotect(memory + page, page, PROT_NONE) == 0)
    let offset = try #require(MemoryLayout<dirent>.offset(of: \.d_name))
    let name = Array("weight.bin".utf8) + [0]
    // The entry's length is a multiple of eight, as readdir makes it.
    let length = (offset + name.count + 7) / 8 * 8
    let entry = memory + (page - length)
    (entry + offset).copyMemory(from: name, byteCount: name.count)
    #expect(entryName(UnsafePointer(entry.assumingMemoryBound(to: dirent.self))) == "weight.bin")
  }
}
