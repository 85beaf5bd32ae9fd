// SPDX-License-Identifier: Apache-2.0
// `help(x)`, `help "name"` and `?x`.

import LuaHost
import TextLayout

extension Session {
  /// `?x`: help on the variable with the name, else on the declaration with the name, else on the value of the
  /// expression.
  func showHelp(_ topic: String) throws {
    let help = HelpReader(interpreter, tour: tour, width: console.width())
    func write(_ text: String, of topic: String) { console.write(HelpReader.cut(text, of: topic, to: console.frame)) }
    if topic.isEmpty { return console.write(help.overview(in: console.frame)) }
    if let declared = interpreter.declared(byExpression: topic) {
      return write(help.text(of: declared), of: declared.path)
    }
    let value = topic.isLuaName ? interpreter.variable(named: topic) : .nil
    if !value.isNil {
      let others = interpreter.declared(by: value) == nil || !value.isFunctionOrTable ? interpreter.catalog.declared(named: topic) : []
      let pointer = others.isEmpty ? "" : "\nhelp \"\(topic)\" tells of \(others.map(\.path).joined(separator: ", "))\n"
      return write(try help.text(of: value) + pointer, of: interpreter.declared(by: value)?.path ?? topic)
    }
    do {
      write(try help.text(named: topic), of: topic)
    } catch let unknown as LuaError where unknown.kind == .notFound {
      // Help on an expression does not depend on whether evaluating it succeeds.
      guard let chunk = try? scope.load("return " + topic, chunkName: Self.chunkName),
        let value = try? chunk.call().first, !value.isNil
      else { throw unknown }
      write(try help.text(of: value), of: interpreter.declared(by: value)?.path ?? interpreter.typeName(of: value))
    }
  }
}

extension LuaValue {
  fileprivate var isFunctionOrTable: Bool { function != nil || table != nil }
}

/// Help from the declarations of an interpreter, and on its values.
struct HelpReader {
  private let interpreter: Interpreter
  private let help: HelpText
  /// The start of the overview.
  private let tour: String

  init(_ interpreter: Interpreter, tour: String, width: Int) {
    self.interpreter = interpreter
    self.tour = tour
    help = HelpText(interpreter.catalog, width: width)
  }

  /// All declarations, one per line, and how to get more help; only the names if the lines do not fit.
  func overview(in frame: DisplayFrame) -> String {
    let ending = """

      ?name or help "name" tells more; Tab completes; Ctrl-R searches earlier input;
      a trailing ; shows nothing; _ is the last value; !command runs in the shell.

      """
    let start = tour.isEmpty ? "" : tour + "\n"
    let whole = start + help.overview + ending
    return frame.lines.map { whole.count(where: \.isNewline) > $0 } ?? false ? start + help.names + ending : whole
  }

  /// The help text, truncated to fit the screen.
  static func cut(_ text: String, of topic: String, to frame: DisplayFrame) -> String {
    let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
    let cut = ScreenText.cut(body, to: frame, remedy: "help(\"\(topic)\", { all = true }) shows them")
    return cut == body ? text : cut + "\n"
  }

  /// - Throws: `LuaError` of kind `notFound`, with the nearest name.
  func text(named name: String) throws -> String {
    try help.text(named: name)
  }

  func text(of declared: Declared) -> String { help.text(of: declared) }

  /// Help on a value: its declaration, if it is a declared function or module or an object of a declared class; else
  /// its type.
  ///
  /// - Throws: any error from a `__tostring` metamethod.
  func text(of value: LuaValue) throws -> String {
    if let declared = interpreter.declared(by: value) { return help.text(of: declared) }
    let type = interpreter.typeName(of: value)
    switch value {
    case .function(let function):
      let known = StandardLibrary.entry(of: function, in: interpreter)
      return known?.help ?? "a function of a script; its author may have written comments\n"
    case .table(let table): return "a table of \(table.count) elements\n"
    case .nil: return "nil: the value of a name that nothing was assigned to\n"
    default: return "\(try interpreter.describe(value)) (\(type))\n"
    }
  }
}
