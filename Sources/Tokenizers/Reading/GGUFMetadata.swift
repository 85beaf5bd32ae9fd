// SPDX-License-Identifier: Apache-2.0
// The metadata at the beginning of a GGUF file.

/// Keys and values of a GGUF file (versions 2 and 3). Only keys with a prefix are kept; tensors are not read.
struct GGUFMetadata {
  enum Value {
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case string([UInt8])
    case strings([[UInt8]])
    case numbers([Double])
    case bytes([UInt8])
  }

  private(set) var values: [String: Value] = [:]
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  /// - Throws: `TokenizerError.file` for bytes that are no GGUF file, or end early.
  init(_ bytes: UnsafeRawBufferPointer, prefix: String) throws(TokenizerError) {
    self.bytes = bytes
    guard bytes.count >= 24, bytes.prefix(4).elementsEqual("GGUF".utf8) else {
      throw .file("the file does not begin with GGUF")
    }
    at = 4
    let version = try number(UInt32.self)
    guard version == 2 || version == 3 else { throw .file("GGUF version \(version) is not supported; versions 2 and 3 are") }
    _ = try number(UInt64.self)
    let count = try number(UInt64.self)
    guard count <= UInt64(bytes.count / 12) else { throw fault("\(count) keys do not fit in the file") }
    for _ in 0..<Int(count) {
      let name = String(decoding: try string(), as: UTF8.self)
      let type = try number(UInt32.self)
      let value = try value(type, keeps: name.hasPrefix(prefix))
      if name.hasPrefix(prefix), let value { values[name] = value }
    }
  }

  private func fault(_ problem: String) -> TokenizerError { .file("the GGUF file is damaged at byte \(at): \(problem)") }

  private mutating func number<N: FixedWidthInteger>(_ type: N.Type) throws(TokenizerError) -> N {
    guard bytes.count - at >= MemoryLayout<N>.size else { throw fault("it ends early") }
    defer { at += MemoryLayout<N>.size }
    return N(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: N.self))
  }

  private mutating func string() throws(TokenizerError) -> [UInt8] {
    let count = try number(UInt64.self)
    guard count <= UInt64(bytes.count - at) else { throw fault("a string of \(count) bytes does not fit in the file") }
    defer { at += Int(count) }
    return Array(bytes[at..<(at + Int(count))])
  }

  private mutating func value(_ type: UInt32, keeps: Bool) throws(TokenizerError) -> Value? {
    switch type {
    case 0: return .integer(Int(try number(UInt8.self)))
    case 1: return .integer(Int(try number(Int8.self)))
    case 2: return .integer(Int(try number(UInt16.self)))
    case 3: return .integer(Int(try number(Int16.self)))
    case 4: return .integer(Int(try number(UInt32.self)))
    case 5: return .integer(Int(try number(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: try number(UInt32.self))))
    case 7: return .boolean(try number(UInt8.self) != 0)
    case 8: return .string(try string())
    case 9: return try array(keeps: keeps)
    case 10: return .integer(Int(truncatingIfNeeded: try number(UInt64.self)))
    case 11: return .integer(Int(try number(Int64.self)))
    case 12: return .number(Double(bitPattern: try number(UInt64.self)))
    default: throw fault("the type \(type) of a value is not known")
    }
  }

  private static let widths: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]

  private mutating func array(keeps: Bool) throws(TokenizerError) -> Value? {
    let type = try number(UInt32.self)
    let count = try number(UInt64.self)
    if type == 8 {
      guard count <= UInt64((bytes.count - at) / 8) else { throw fault("an array of \(count) strings does not fit in the file") }
      var strings: [[UInt8]] = []
      if keeps { strings.reserveCapacity(Int(count)) }
      for _ in 0..<Int(count) {
        let string = try string()
        if keeps { strings.append(string) }
      }
      return keeps ? .strings(strings) : nil
    }
    guard let width = Self.widths[type] else { throw fault("an array of the type \(type)") }
    guard count <= UInt64((bytes.count - at) / width) else { throw fault("an array of \(count) numbers does not fit in the file") }
    guard keeps else {
      at += Int(count) * width
      return nil
    }
    if width == 1 {
      defer { at += Int(count) }
      return .bytes(Array(bytes[at..<(at + Int(count))]))
    }
    var numbers: [Double] = []
    numbers.reserveCapacity(Int(count))
    for _ in 0..<Int(count) {
      switch try value(type, keeps: true) {
      case .integer(let value): numbers.append(Double(value))
      case .number(let value): numbers.append(value)
      default: numbers.append(0)
      }
    }
    return .numbers(numbers)
  }

  func integer(_ name: String) -> Int? { if case .integer(let value) = values[name] { value } else { nil } }

  func boolean(_ name: String) -> Bool? { if case .boolean(let value) = values[name] { value } else { nil } }

  func text(_ name: String) -> String? { if case .string(let value) = values[name] { String(decoding: value, as: UTF8.self) } else { nil } }

  func strings(_ name: String) -> [[UInt8]]? { if case .strings(let value) = values[name] { value } else { nil } }

  func numbers(_ name: String) -> [Double]? { if case .numbers(let value) = values[name] { value } else { nil } }

  func bytes(_ name: String) -> [UInt8]? { if case .bytes(let value) = values[name] { value } else { nil } }
}
