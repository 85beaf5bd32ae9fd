// SPDX-License-Identifier: Apache-2.0
// Reads a tokenizer of any format.

import Files

extension Tokenizer {
  /// Reads a `tokenizer.json`, `vocab.txt` or GGUF file, which are told apart by their contents, or the one in a folder.
  ///
  /// - Parameter lowercases: for `vocab.txt`, whether texts are lowercased; by default unless a token has an uppercase letter.
  /// - Throws: `FileError` for files that cannot be read, and the errors of the formats.
  package static func load(_ path: String, lowercases: Bool? = nil) throws -> Tokenizer {
    let file = try file(path)
    return try file.withBytes { bytes in
      if bytes.prefix(4).elementsEqual("GGUF".utf8) {
        guard lowercases == nil else { throw TokenizerError.options("lowercase is for vocab.txt only; a GGUF file says it itself") }
        return try Tokenizer(gguf: bytes)
      }
      let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
      if first == UInt8(ascii: "{") {
        guard lowercases == nil else { throw TokenizerError.options("lowercase is for vocab.txt only; tokenizer.json says it itself") }
        return try Tokenizer(json: Array(bytes), configuration: configuration(beside: file.path))
      }
      if bytes.contains(0) {
        throw TokenizerError.file(
          "\(file.path) is none of tokenizer.json, vocab.txt and GGUF; a tokenizer.model of SentencePiece is read after conversion to tokenizer.json"
        )
      }
      return try Tokenizer(vocabularyText: Array(bytes), lowercases: lowercases)
    }
  }

  /// The `tokenizer_config.json` in the folder of a file, if there is one.
  private static func configuration(beside path: String) throws -> [UInt8]? {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    return try existing(folder + "tokenizer_config.json").map { file in file.withBytes { Array($0) } }
  }

  private static func file(_ path: String) throws -> MappedFile {
    let failure: FileError
    do throws(FileError) { return try MappedFile(path) } catch { failure = error }
    guard case .notRegular(_, _, .folder) = failure else { throw failure }
    if let file = try existing(path + "/tokenizer.json") ?? existing(path + "/vocab.txt") { return file }
    throw TokenizerError.file("the folder \(path) has neither tokenizer.json nor vocab.txt")
  }

  /// A file; `nil` if there is none.
  private static func existing(_ path: String) throws -> MappedFile? {
    let failure: FileError
    do throws(FileError) { return try MappedFile(path) } catch { failure = error }
    if case .failed(.open, _, _) = failure { return nil }
    throw failure
  }
}
