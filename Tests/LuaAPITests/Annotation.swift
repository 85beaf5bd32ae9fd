// SPDX-License-Identifier: Apache-2.0
// Parses the editor annotations, and checks whether values conform to them.

import LuaHost

/// A parsed definition file.
struct AnnotationFile {
  struct Function {
    var parameters: [(name: String, type: String, isOptional: Bool)] = []
    var result: String?
  }

  /// Fields by class; an optional field's type ends in `?`.
  private(set) var fields: [String: [String: String]] = [:]
  /// Functions by path: `wane.load`, `Model:quantize`, `help`.
  private(set) var functions: [String: Function] = [:]
  /// Tables that are assigned, which are modules.
  private(set) var modules: [String] = []

  init(_ text: String) {
    var owner: String?
    var pending = Function()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let rest = line.after("---@class ") {
        // A class may inherit from another: `PruneStep: PruneOptions`.
        owner = String(rest.prefix { $0 != ":" })
        fields[owner ?? ""] = [:]
      } else if let rest = line.after("---@field "), let owner {
        let (name, type) = Self.nameAndType(rest)
        fields[owner]?[name] = type
      } else if let rest = line.after("---@param ") {
        let (name, type) = Self.nameAndType(rest)
        let isOptional = rest.dropFirst(name.count).first == "?"
        pending.parameters.append((name, type, isOptional))
      } else if let rest = line.after("---@return ") {
        pending.result = String(Self.type(at: rest))
      } else if let rest = line.after("function ") {
        functions[String(rest.prefix { $0 != "(" })] = pending
        pending = Function()
      } else if line.hasSuffix(" = {}"), !line.hasPrefix("local "), !line.hasPrefix("---") {
        modules.append(String(line.dropLast(5)))
      }
    }
  }

  /// `name? type doc`; the optional marker becomes part of the type.
  private static func nameAndType(_ text: Substring) -> (String, String) {
    let name = text.prefix { $0 != " " }
    let type = String(Self.type(at: text.dropFirst(name.count + 1)))
    return name.hasSuffix("?") ? (String(name.dropLast()), "(\(type))?") : (String(name), type)
  }

  /// The type at the start of the text, up to a space outside of brackets and quotation marks.
  private static func type(at text: Substring) -> Substring {
    var depth = 0
    var isQuoted = false
    var previous: Character = " "
    for index in text.indices {
      let character = text[index]
      if character == "\"" { isQuoted.toggle() }
      if "(<{".contains(character) { depth += 1 }
      if ")>}".contains(character) { depth -= 1 }
      if character == " ", depth == 0, !isQuoted, previous != ":" { return text[..<index] }
      previous = character
    }
    return text
  }
}

extension Substring {
  fileprivate func after(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}

/// Checks whether values, including nested ones, have the annotated types.
struct Conformance {
  let interpreter: Interpreter
  let file: AnnotationFile
  /// Classes for which a value was found.
  private(set) var seen: Set<String> = []
  private(set) var faults: [String] = []

  init(_ interpreter: Interpreter, _ file: AnnotationFile) {
    self.interpreter = interpreter
    self.file = file
  }

  private static let elementsLookedAt = 6

  mutating func check(_ value: LuaValue, is type: String, at place: String) {
    if !conforms(value, type, place) {
      faults.append("\(place) is annotated \(type) and holds \(shown(value))")
    }
  }

  private func shown(_ value: LuaValue) -> String {
    "\(interpreter.typeName(of: value)) \((try? interpreter.describe(value)) ?? "")".prefix(100).description
  }

  private mutating func conforms(_ value: LuaValue, _ type: String, _ place: String) -> Bool {
    let alternatives = type.split(atTopLevel: "|")
    if alternatives.count > 1 {
      // An error in a union's alternative that does not apply to the value is ignored.
      let attempts = alternatives.compactMap { alternative in
        var attempt = self
        return attempt.conforms(value, alternative, place) ? attempt : nil
      }
      guard let best = attempts.min(by: { $0.faults.count < $1.faults.count }) else { return false }
      self = best
      return true
    }
    if type.hasSuffix("?") { return value.isNil || conforms(value, String(type.dropLast()), place) }
    if type.hasSuffix("[]") { return sequence(value, of: String(type.dropLast(2)), place) }
    if type.hasPrefix("("), type.hasSuffix(")") { return conforms(value, String(type.dropFirst().dropLast()), place) }
    if type.hasPrefix("table<") {
      let parts = String(type.dropFirst(6).dropLast()).split(atTopLevel: ",")
      guard parts.count == 2 else { return false }
      return dictionary(value, key: parts[0], element: parts[1], place)
    }
    if type.hasPrefix("fun(") { return value.function != nil }
    if type.hasPrefix("\"") { return value.string == String(type.dropFirst().dropLast()) }
    if let number = Int(type) { return value.integer == number }
    switch type {
    case "any": return true
    case "nil": return value.isNil
    case "boolean": return value.boolean != nil
    case "integer":
      guard case .integer = value else { return false }
      return true
    case "number": return value.number != nil
    case "string": return value.string != nil
    case "table": return value.table != nil
    case "function": return value.function != nil
    default: return object(value, type, place)
    }
  }

  private mutating func sequence(_ value: LuaValue, of type: String, _ place: String) -> Bool {
    guard let table = value.table else { return false }
    for index in 0..<min(table.count, Self.elementsLookedAt) {
      check(table[index + 1], is: type, at: "\(place)[\(index + 1)]")
    }
    return true
  }

  private mutating func dictionary(_ value: LuaValue, key: String, element: String, _ place: String) -> Bool {
    guard let table = value.table, let pairs = try? table.pairs() else { return false }
    for pair in pairs.prefix(Self.elementsLookedAt) {
      check(pair.key, is: key, at: "a key of \(place)")
      check(pair.value, is: element, at: "\(place)[\(shown(pair.key))]")
    }
    return true
  }

  /// Checks an object or record. The members are checked for the first object of each class.
  private mutating func object(_ value: LuaValue, _ name: String, _ place: String) -> Bool {
    guard let fields = file.fields[name], interpreter.typeName(of: value) == name else { return false }
    guard seen.insert(name).inserted else { return true }
    for (field, type) in fields.sorted(by: { $0.key < $1.key }) {
      let isElement = field == "[integer]"
      let access = "local x = ... return x" + (isElement ? "[1]" : ".\(field)")
      do {
        let found = try interpreter.load(access, chunkName: "=field").call(value).first ?? .nil
        check(found, is: isElement ? "(\(type))?" : type, at: "\(name).\(field)")
      } catch {
        faults.append("\(name).\(field) is annotated, but reading it fails: \(error)")
      }
    }
    if let table = value.table {
      for key in ((try? table.pairs()) ?? []).compactMap(\.key.string) where fields[key] == nil {
        faults.append("\(name).\(key) is held, but not annotated")
      }
    }
    return true
  }
}

extension String {
  /// The parts between separators outside of brackets and quotation marks.
  fileprivate func split(atTopLevel separator: Character) -> [String] {
    var parts = [""]
    var depth = 0
    var isQuoted = false
    for character in self {
      if character == "\"" { isQuoted.toggle() }
      if "(<{".contains(character) { depth += 1 }
      if ")>}".contains(character) { depth -= 1 }
      if character == separator, depth == 0, !isQuoted {
        parts.append("")
      } else if !(character == " " && parts[parts.count - 1].isEmpty) {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }
}
