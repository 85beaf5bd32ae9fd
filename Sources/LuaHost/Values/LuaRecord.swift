// SPDX-License-Identifier: Apache-2.0
// Plain tables with declared fields.
import CLuaShim
import Options
import TextLayout

/// The declaration of a record, for help, completion and references.
package struct LuaRecordDeclaration: Sendable {
  /// A field.
  package struct Field: Sendable {
    package let name: String
    package let doc: String
    package let type: LuaType
  }

  package let name: String
  package let doc: String
  package let fields: [Field]
}

/// A declared field of the record `Record`, whose type is the result type of the closure.
package struct LuaField<Record>: Sendable {
  let description: LuaRecordDeclaration.Field
  let push: @Sendable (Record, Interpreter) throws -> Void

  package init<V: LuaReturnable>(
    _ name: String, _ doc: String, get: @escaping @Sendable (Record) throws -> V
  ) {
    description = .init(name: name, doc: doc, type: V.luaType)
    push = { record, interpreter in try get(record).push(to: interpreter) }
  }
}

/// A Swift value that is passed to scripts as a plain table with these fields.
///
/// Reading an undeclared field raises an error with a suggestion.
package protocol LuaRecord: LuaReturnable {
  static var luaName: String { get }
  static var luaDoc: String { get }
  static var luaFields: [LuaField<Self>] { get }
  /// The result of `tostring`; `nil` for a text made of the fields.
  var luaText: String? { get }
  /// The text that `print` and the prompt show, fitted to the screen.
  func luaText(in frame: DisplayFrame) -> String?
}

extension LuaRecord {
  package var luaText: String? { nil }
  package func luaText(in frame: DisplayFrame) -> String? { luaText }
  package static var luaType: LuaType { .object(luaName) }

  /// The declaration, for a module's list of records.
  package static var declaration: LuaRecordDeclaration {
    LuaRecordDeclaration(name: luaName, doc: luaDoc, fields: luaFields.map(\.description))
  }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.reserve(16)
    let fields = Self.luaFields
    let stack = interpreter.stack
    shim_new_table(stack, 0, Int32(clamping: fields.count + 1))
    for field in fields {
      try field.push(self, interpreter)
      shim_raw_set_field(stack, -2, field.description.name)
    }
    let text: ((DisplayFrame) -> String)? =
      luaText(in: .whole) == nil ? nil : { frame in luaText(in: frame) ?? Self.luaName }
    interpreter.pushRecordMetatable(Self.luaName, members: fields.map(\.description.name), text: text)
    shim_set_metatable(stack, -2)
  }
}

extension Interpreter {
  /// The field of a metatable that marks records whose text consists of their fields.
  package static let fieldsMark = "__fields"

  /// Pushes the metatable that all records with the name share, whose `__tostring` writes the fields; with `text`, a new one with
  /// that function as `__tostring`.
  fileprivate func pushRecordMetatable(_ name: String, members: [String], text: ((DisplayFrame) -> String)?) {
    if text == nil, let known = classes.recordMetatables[name] { return shim_push_ref(stack, known) }
    shim_new_table(stack, 0, 4)
    pushStrictIndex(of: name, members: members)
    shim_raw_set_field(stack, -2, "__index")
    push(string: name)
    shim_raw_set_field(stack, -2, "__name")
    push(
      NativeFunction(self, name: "tostring", isMethod: false) { context in
        let interpreter = context.interpreter
        if let text {
          interpreter.push(string: text(interpreter.frame))
        } else {
          let fields = try context.value(1).table.map { try RecordText(interpreter: interpreter).text(name, members, of: $0) }
          interpreter.push(string: fields ?? name)
        }
        return 1
      })
    shim_raw_set_field(stack, -2, "__tostring")
    guard text == nil else { return }
    shim_push_boolean(stack, true)
    shim_raw_set_field(stack, -2, Self.fieldsMark)
    shim_push_copy(stack, -1)
    classes.recordMetatables[name] = shim_ref(stack)
  }
}
