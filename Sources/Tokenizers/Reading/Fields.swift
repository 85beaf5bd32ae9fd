// SPDX-License-Identifier: Apache-2.0
// Members of JSON objects with their types.

import TextFormats

/// An object of `tokenizer.json` with its path, for reading members of known types.
struct Fields {
  let path: String
  private let members: [String: JSONValue]

  /// - Throws: `TokenizerError.field` for a value that is no object.
  init(_ value: JSONValue, path: String) throws(TokenizerError) {
    guard case .object(let list) = value else { throw .field(path: path, problem: "expected an object, found \(Self.kind(value))") }
    self.path = path
    var members: [String: JSONValue] = [:]
    for member in list { members[member.name] = member.value }
    self.members = members
  }

  static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  private func wrong(_ name: String, _ expected: String) -> TokenizerError {
    .field(path: "\(path).\(name)", problem: "expected \(expected), found \(members[name].map(Self.kind) ?? "nothing")")
  }

  /// A member that is there and not null.
  subscript(_ name: String) -> JSONValue? {
    if case .null = members[name] { return nil }
    return members[name]
  }

  func required(_ name: String) throws(TokenizerError) -> JSONValue {
    guard let value = self[name] else { throw wrong(name, "a value") }
    return value
  }

  func string(_ name: String) throws(TokenizerError) -> String? {
    guard let value = self[name] else { return nil }
    guard case .string(let text) = value else { throw wrong(name, "a string") }
    return text
  }

  func requiredString(_ name: String) throws(TokenizerError) -> String {
    guard let text = try string(name) else { throw wrong(name, "a string") }
    return text
  }

  /// The bytes of a string; none for a missing one.
  func bytes(_ name: String) throws(TokenizerError) -> [UInt8] { try string(name).map { Array($0.utf8) } ?? [] }

  func boolean(_ name: String) throws(TokenizerError) -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .boolean(let flag) = value else { throw wrong(name, "a boolean") }
    return flag
  }

  func integer(_ name: String) throws(TokenizerError) -> Int? {
    guard let value = self[name] else { return nil }
    guard case .integer(let number) = value, number >= 0, number <= Int(Int32.max) else { throw wrong(name, "an integer from 0 on") }
    return number
  }

  func array(_ name: String) throws(TokenizerError) -> [JSONValue]? {
    guard let value = self[name] else { return nil }
    guard case .array(let items) = value else { throw wrong(name, "an array") }
    return items
  }

  func requiredArray(_ name: String) throws(TokenizerError) -> [JSONValue] {
    guard let items = try array(name) else { throw wrong(name, "an array") }
    return items
  }

  /// A string of one character.
  func character(_ name: String) throws(TokenizerError) -> UInt32 {
    let scalars = try requiredString(name).unicodeScalars
    guard scalars.count == 1, let scalar = scalars.first else { throw wrong(name, "a string of one character") }
    return scalar.value
  }

  /// A string that is one of the cases of an enumeration.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Choice.Type
  ) throws(TokenizerError) -> Choice? where Choice.RawValue == String {
    guard let text = try string(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let known = type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw .field(path: "\(path).\(name)", problem: "expected one of \(known), found \"\(text.prefix(40))\"")
    }
    return choice
  }

  /// The objects of an array.
  func objects(_ name: String) throws(TokenizerError) -> [Fields] {
    var out: [Fields] = []
    for (position, item) in try requiredArray(name).enumerated() { out.append(try Fields(item, path: "\(path).\(name)[\(position)]")) }
    return out
  }

  /// An object; `nil` for a missing one.
  func object(_ name: String) throws(TokenizerError) -> Fields? {
    guard let value = self[name] else { return nil }
    return try Fields(value, path: "\(path).\(name)")
  }
}
