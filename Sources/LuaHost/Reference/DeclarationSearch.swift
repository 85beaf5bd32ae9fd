// SPDX-License-Identifier: Apache-2.0
// Full-text search in declarations: in names, values of options, and descriptions.

import Options

/// A declaration that contains the search word.
struct LuaMatch {
  /// The path of the declaration: `Model:quantize`, `granularity of Model:quantize`.
  let path: String
  let doc: String
  /// The rank, lower is better: an equal name or value, then a name that contains the word, then a description that
  /// contains it.
  let rank: Int
}

extension LuaCatalog {
  /// All declarations whose name, values or description contain the word, in order of rank.
  func matches(of word: String) -> [LuaMatch] {
    let word = word.trimmingBlanks.lowercased()
    guard word.count >= 2, word.first?.isLetter == true else { return [] }
    var found: [LuaMatch] = []
    func look(_ path: String, _ name: String, _ doc: String, values: [String] = []) {
      if values.contains(where: { $0.lowercased() == word }) {
        found.append(LuaMatch(path: path, doc: "\"\(word)\" is one of its values; " + doc, rank: 0))
      } else if name.lowercased() == word {
        found.append(LuaMatch(path: path, doc: doc, rank: 0))
      } else if name.lowercased().contains(word) {
        found.append(LuaMatch(path: path, doc: doc, rank: 1))
      } else if (doc + " " + values.joined(separator: " ")).lowercased().contains(word) {
        found.append(LuaMatch(path: path, doc: doc, rank: 2))
      }
    }
    for topic in topics {
      look(topic.name, topic.name, topic.doc)
      for row in topic.rows { look("\(row.name) of \(topic.name)", row.name, row.doc) }
    }
    for (path, function) in functions {
      look(path, function.name, function.doc + " " + function.returns)
      for argument in function.arguments where argument.options == nil {
        let values: [String] = if case .strings(let names)? = argument.allowed { names } else { [] }
        look("\(argument.name) of \(path)", argument.name, argument.doc, values: values)
      }
    }
    // An option that several functions share is listed once.
    var options: [(OptionDeclaration, [String])] = []
    for (path, function) in functions {
      for option in function.options?.options ?? [] {
        if let same = options.firstIndex(where: { $0.0.name == option.name && $0.0.doc == option.doc && $0.0.choices == option.choices }) {
          options[same].1.append(path)
        } else {
          options.append((option, [path]))
        }
      }
    }
    for (option, paths) in options {
      let more = paths.count > 1 ? " and \(paths.count - 1) more" : ""
      look("\(option.name) of \(paths[0])", option.name, option.doc + more, values: option.choices)
    }
    for (path, module) in allModules { look(path, module.name, module.doc) }
    for owner in classes {
      look(owner.name, owner.name, owner.doc)
      for property in owner.properties { look("\(owner.name).\(property.name)", property.name, property.doc) }
    }
    for record in records {
      look(record.name, record.name, record.doc)
      for field in record.fields { look("\(record.name).\(field.name)", field.name, field.doc) }
    }
    return found.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
