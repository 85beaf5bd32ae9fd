// SPDX-License-Identifier: Apache-2.0
// Parses command line arguments according to the defaults that a script declares.

import LuaHost
import Options

/// The options of a script.
struct ScriptOptions {
  /// An option, whose type is that of its default.
  struct Option {
    let name: String
    let value: LuaValue
    let doc: String

    /// The command line form: `--batch-size`.
    var flag: String { "--" + name.map { $0 == "_" ? "-" : String($0) }.joined() }

    fileprivate var isFlag: Bool { value.boolean != nil }

    /// `--limit 2000`, `--[no-]verbose`.
    fileprivate var usage: String {
      switch value {
      case .boolean(let isSet): isSet ? "--no-\(flag.dropFirst(2))" : flag
      case .string(let text): "\(flag) \(text.isEmpty ? "TEXT" : text)"
      case .integer(let number): "\(flag) \(number)"
      case .number(let number): "\(flag) \(number)"
      default: flag
      }
    }
  }

  /// The result of parsing a command line.
  enum Outcome {
    case values([String: LuaValue], rest: [String])
    case help
  }

  /// An argument that cannot be parsed, with the error message.
  struct Fault: Error {
    let sentence: String
  }

  let options: [Option]

  /// The options in a table of defaults; `{ 2000, "most samples" }` is a default with its description.
  ///
  /// - Throws: `LuaError` for a default that is not a string, number or boolean.
  init(_ defaults: LuaTable, _ interpreter: Interpreter) throws {
    options = try defaults.pairs().map { key, value in
      guard let name = key.string else {
        throw LuaError(.usage, "options: defaults are named, such as options{ limit = 2000 }")
      }
      let isDescribed = value.table != nil
      let value = isDescribed ? value.table?[1] ?? .nil : value
      switch value {
      case .string, .integer, .number, .boolean: break
      default:
        throw LuaError(
          .usage, "options: the default of '\(name)' must be a string, number or boolean, got \(interpreter.typeName(of: value))",
          hint: "false for a flag, \"\" for a text")
      }
      return Option(name: name, value: value, doc: isDescribed ? defaults[name].table?[2].string ?? "" : "")
    }.sorted { $0.name < $1.name }
  }

  /// Parses command line arguments.
  ///
  /// - Throws: ``Fault``.
  func read(_ words: [String]) throws(Fault) -> Outcome {
    var values = Dictionary(options.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
    var rest: [String] = []
    var words = words[...]
    while let word = words.popFirst() {
      if word == "--" { return .values(values, rest: rest + words) }
      if word == "--help" || word == "-h" { return .help }
      guard word.hasPrefix("--") else {
        rest.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 1, let option = options.first(where: { $0.isFlag && "--no-" + $0.flag.dropFirst(2) == word }) {
        values[option.name] = .boolean(false)
        continue
      }
      guard let option = options.first(where: { $0.flag == parts[0] || "--" + $0.name == parts[0] }) else { throw unknown(parts[0]) }
      var text = parts.count == 2 ? parts[1] : nil
      if text == nil, !option.isFlag {
        guard let next = words.popFirst() else { throw Fault(sentence: "option '\(option.flag)' needs a value") }
        text = next
      }
      values[option.name] = try value(of: option, text)
    }
    return .values(values, rest: rest)
  }

  /// The text for `--help`.
  func usage(of script: String) -> String {
    let rows = options.map { ("  " + $0.usage, $0.doc) } + [("  --help", "show this")]
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    let lines = rows.map { $1.isEmpty ? $0 : $0 + String(repeating: " ", count: width - $0.count) + $1 }
    return "usage: wane \(script) [options]\n" + lines.joined(separator: "\n") + "\n"
  }

  private func unknown(_ flag: String) -> Fault {
    let known = options.map(\.flag)
    let hint = Suggestion.nearest(to: flag, among: known).map { "; did you mean '\($0)'?" } ?? ""
    return Fault(sentence: "unknown option '\(flag)'\(hint)")
  }

  private func value(of option: Option, _ text: String?) throws(Fault) -> LuaValue {
    guard let text else { return .boolean(true) }
    switch option.value {
    case .boolean:
      guard let flag = ["true": true, "false": false][text] else {
        throw Fault(sentence: "option '\(option.flag)' must be true or false, got '\(text)'")
      }
      return .boolean(flag)
    case .integer:
      guard let number = Int(text) else { throw Fault(sentence: "option '\(option.flag)' must be an integer, got '\(text)'") }
      return .integer(number)
    case .number:
      guard let number = Double(text) else { throw Fault(sentence: "option '\(option.flag)' must be a number, got '\(text)'") }
      return .number(number)
    default: return .string(text)
    }
  }
}
