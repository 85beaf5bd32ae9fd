// SPDX-License-Identifier: Apache-2.0
// Parser of the Python dictionary literal in a `.npy` header, which has exactly three known keys.

import Tensors

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, parsed by recursive descent.
struct NPYDictionary {
  private(set) var descr = ""
  private(set) var isFortranOrder = false
  private(set) var shape: Shape = []

  private let bytes: Slice<UnsafeRawBufferPointer>
  private let file: String
  private var at: Int

  init(_ bytes: Slice<UnsafeRawBufferPointer>, file: String) throws {
    self.bytes = bytes
    self.file = file
    at = bytes.startIndex
    try parse()
  }

  private func damaged(_ problem: String) -> DataFileError {
    .damaged(file: file, offset: at, problem: "in the .npy header, " + problem)
  }

  private mutating func parse() throws {
    var seen: Set<String> = []
    try expect("{")
    while peek() != "}" {
      let key = try string()
      guard seen.insert(key).inserted else { throw damaged("'\(key)' occurs twice") }
      try expect(":")
      switch key {
      case "descr": descr = try elementType()
      case "fortran_order": isFortranOrder = try boolean()
      case "shape": shape = try tuple()
      default: throw damaged("unknown key '\(key)'")
      }
      guard peek() == "," else { break }
      try expect(",")
    }
    try expect("}")
    guard peek() == nil else { throw damaged("bytes after the dictionary") }
    for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) { throw damaged("'\(key)' is missing") }
  }

  /// Skips white space and returns the next character without consuming it.
  private mutating func peek() -> Character? {
    while at < bytes.endIndex, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
    return at < bytes.endIndex ? Character(UnicodeScalar(bytes[at])) : nil
  }

  private mutating func expect(_ wanted: Character) throws {
    guard peek() == wanted else { throw damaged("expected '\(wanted)'") }
    at += 1
  }

  private mutating func string() throws -> String {
    guard let quote = peek(), quote == "'" || quote == "\"" else { throw damaged("expected a string") }
    let start = at + 1
    guard let end = bytes[start...].firstIndex(of: quote.asciiValue ?? 0) else { throw damaged("a string without end") }
    at = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func elementType() throws -> String {
    if peek() == "[" {
      throw DataFileError.unsupported(
        file: file, what: "an array of records", advice: "save each field as an array of its own")
    }
    return try string()
  }

  private mutating func boolean() throws -> Bool {
    _ = peek()
    for (word, value) in [("True", true), ("False", false)] where bytes[at...].starts(with: word.utf8) {
      at += word.utf8.count
      return value
    }
    throw damaged("expected True or False")
  }

  private mutating func tuple() throws -> Shape {
    var extents: Shape = []
    try expect("(")
    while peek() != ")" {
      // A header with more axes than NumPy's own limit was not written by NumPy.
      guard extents.count < 64 else { throw damaged("more than 64 axes") }
      extents.append(try integer())
      guard peek() == "," else { break }
      try expect(",")
    }
    try expect(")")
    return extents
  }

  private mutating func integer() throws -> Int {
    _ = peek()
    let digits = bytes[at...].prefix { (0x30...0x39).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else { throw damaged("expected an extent") }
    at = digits.endIndex
    // Python 2 wrote long integers as 3L.
    if at < bytes.endIndex, bytes[at] == UInt8(ascii: "L") { at += 1 }
    return value
  }
}
