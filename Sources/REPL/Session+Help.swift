// SPDX-License-Identifier: Apache-2.0
// `help(x)`, `help "name"` and `?x`.

import LuaHost

extension Session {
  /// `?x`: help on the declared thing of that name, else on the value of the expression.
  func showHelp(_ topic: String) throws {
    let help = HelpReader(interpreter)
    if topic.isEmpty { return console.write(help.overview) }
    if let text = help.text(named: topic) { return console.write(text) }
    guard let chunk = try? interpreter.load("return " + topic, chunkName: "=help"),
      let value = try chunk.call().first, !value.isNil
    else { throw HelpReader.unknown(topic) }
    console.write(try help.text(of: value))
  }
}

/// Turns the declarations of an interpreter into help for a person.
struct HelpReader {
  private let interpreter: Interpreter
  private var catalogue: LuaCatalogue { interpreter.catalogue }

  init(_ interpreter: Interpreter) {
    self.interpreter = interpreter
  }

  static func unknown(_ topic: String) -> LuaError {
    LuaError(.notFound, "no help on '\(topic)'", hint: "help() lists what there is")
  }

  /// Everything there is, a line each.
  var overview: String {
    let functions = catalogue.globals.map { (signature($0), $0.doc) }
    let members = catalogue.allModules.flatMap { path, module in
      module.functions.map { (path + "." + signature($0), $0.doc) }
    }
    let classes = catalogue.classes.map { ($0.name, $0.doc) }
    let rows = functions + members + classes
    let width = min(36, rows.map(\.0.count).max() ?? 0)
    return rows.map { $0.0.padded(to: width) + "  " + $0.1 + "\n" }.joined()
      + "\n?name or help \"name\" tells more; Tab completes; Ctrl-R searches earlier input.\n"
  }

  /// - Returns: `nil` when nothing of that name, plain or dotted, is declared.
  func text(named name: String) -> String? {
    var texts: [String] = []
    for function in catalogue.globals where function.name == name {
      texts.append(text(of: function, named: name))
    }
    for (path, module) in catalogue.allModules {
      if path == name { texts.append(text(of: module, path: path)) }
      for function in module.functions
      where [function.name, path + "." + function.name].contains(name) {
        texts.append(text(of: function, named: path + "." + function.name))
      }
    }
    for declaration in catalogue.classes {
      if declaration.name == name { texts.append(text(of: declaration)) }
      for method in declaration.methods {
        let path = declaration.name + ":" + method.name
        if [method.name, path, declaration.name + "." + method.name].contains(name) {
          texts.append(text(of: method, named: path))
        }
      }
    }
    return texts.isEmpty ? nil : texts.joined(separator: "\n")
  }

  /// Help on a value: its declaration if it is a declared function, module or object.
  func text(of value: LuaValue) throws -> String {
    switch value {
    case .object(let object): return text(of: type(of: object).luaClass)
    case .function(let function):
      let identity = function.reference.identity
      for declared in catalogue.globals
      where interpreter.globals[declared.name].function?.reference.identity == identity {
        return text(of: declared, named: declared.name)
      }
      for (path, module) in catalogue.allModules {
        guard let table = table(at: path) else { continue }
        for declared in module.functions
        where table[declared.name].function?.reference.identity == identity {
          return text(of: declared, named: path + "." + declared.name)
        }
      }
      return "a function without documentation\n"
    case .table(let value):
      for (path, module) in catalogue.allModules
      where table(at: path)?.reference.identity == value.reference.identity {
        return text(of: module, path: path)
      }
      return "a table\n"
    default: return "a value of type \(interpreter.typeName(of: value))\n"
    }
  }

  private func table(at path: String) -> LuaTable? {
    path.split(separator: ".").reduce(interpreter.globals) { $0?[String($1)].table }
  }

  private func signature(_ function: LuaFunction) -> String {
    function.name + "(" + function.arguments.map(\.name).joined(separator: ", ") + ")"
  }

  private func text(of function: LuaFunction, named path: String) -> String {
    let parameters = function.arguments.map(\.name).joined(separator: ", ")
    var text = "\(path)(\(parameters))\n\(function.doc)\n"
    for argument in function.arguments {
      text += "  " + row(argument.name, argument.type, argument.doc, argument.defaultText) + "\n"
      for option in argument.options?.options ?? [] {
        text += "    " + row(option.name, option.type, option.doc, option.defaultText) + "\n"
      }
    }
    if !function.returns.isEmpty { text += "returns \(function.returns)\n" }
    if let example = function.example {
      text += "example\n" + example.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
    return text
  }

  private func row(_ name: String, _ type: LuaType, _ doc: String, _ defaultText: String?) -> String
  {
    "\(name): \(type)" + (defaultText.map { " = \($0)" } ?? "") + "  \(doc)"
  }

  private func text(of module: LuaModule, path: String) -> String {
    "\(path): \(module.doc)\n"
      + module.functions.map { "  \(signature($0))  \($0.doc)\n" }.joined()
      + module.constants.map { "  \($0.name): \($0.type)  \($0.doc)\n" }.joined()
      + module.modules.map { "  \($0.name)  \($0.doc)\n" }.joined()
  }

  private func text(of declaration: LuaClass) -> String {
    "\(declaration.name): \(declaration.doc)\n"
      + declaration.properties.map { "  .\($0.name): \($0.type)  \($0.doc)\n" }.joined()
      + declaration.methods.map { "  :\(signature($0))  \($0.doc)\n" }.joined()
  }
}
