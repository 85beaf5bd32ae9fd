// SPDX-License-Identifier: Apache-2.0
// A Lua value of any type, for code that must inspect it before conversion.
import CLuaShim
import Options

/// A Lua value: scalars by value, everything else by reference.
package enum LuaValue {
  case `nil`
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  /// A string with valid UTF-8.
  case string(String)
  /// A string that is not valid UTF-8.
  case bytes([UInt8])
  case table(LuaTable)
  case function(LuaClosure)
  /// An open box.
  case object(any LuaReturnable & AnyObject)
  /// A closed box, a coroutine, or foreign userdata.
  case other(LuaReference, type: String)
}

extension LuaValue: LuaConvertible {
  package static var luaType: LuaType { .any }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> LuaValue {
    try interpreter.reserve(4)
    return LuaValue(interpreter, at: index)
  }

  init(_ interpreter: Interpreter, at index: Int32) {
    let stack = interpreter.stack
    switch interpreter.kind(at: index) {
    case SHIM_BOOLEAN: self = .boolean(shim_to_boolean(stack, index))
    case SHIM_NUMBER:
      var integer: Int64 = 0
      var number = 0.0
      if shim_is_integer(stack, index), shim_to_integer(stack, index, &integer) {
        self = .integer(Int(integer))
      } else {
        _ = shim_to_number(stack, index, &number)
        self = .number(number)
      }
    case SHIM_STRING:
      if let text = interpreter.string(at: index) {
        self = .string(text)
      } else {
        self = .bytes(interpreter.bytes(at: index).map(Array.init) ?? [])
      }
    case SHIM_TABLE: self = .table(LuaTable(interpreter.reference(at: index)))
    case SHIM_FUNCTION: self = .function(LuaClosure(interpreter.reference(at: index)))
    case SHIM_NIL, SHIM_NONE: self = .nil
    default:
      if let object = interpreter.boxedObject(at: index) {
        self = .object(object)
      } else {
        self = .other(
          interpreter.reference(at: index), type: interpreter.typeName(at: index))
      }
    }
  }

  package func push(to interpreter: Interpreter) throws {
    let stack = interpreter.stack
    switch self {
    case .nil: shim_push_nil(stack)
    case .boolean(let value): shim_push_boolean(stack, value)
    case .integer(let value): shim_push_integer(stack, Int64(value))
    case .number(let value): shim_push_number(stack, value)
    case .string(let value): interpreter.push(string: value)
    case .bytes(let value): interpreter.push(bytes: value)
    case .table(let table): try interpreter.push(checked: table.reference)
    case .function(let closure): try interpreter.push(checked: closure.reference)
    case .object(let object): try object.push(to: interpreter)
    case .other(let reference, _): try interpreter.push(checked: reference)
    }
  }
}

extension LuaValue {
  /// Converts the value to a Swift type.
  ///
  /// Throws `LuaMismatch`.
  package func read<T: LuaConvertible>(as type: T.Type, in interpreter: Interpreter) throws -> T {
    try push(to: interpreter)
    defer { interpreter.pop() }
    return try T.read(interpreter, at: -1)
  }

  /// The text, if the value is a valid string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The number as an integer, if it is integral (4 or 4.0).
  package var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, integer or not.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The boolean.
  package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  /// The table.
  package var table: LuaTable? { if case .table(let table) = self { table } else { nil } }
  /// The function.
  package var function: LuaClosure? {
    if case .function(let function) = self { function } else { nil }
  }

  /// Whether the value is nil.
  package var isNil: Bool { if case .nil = self { true } else { false } }
}

extension Interpreter {
  func reference(at index: Int32) -> LuaReference {
    shim_push_copy(stack, index)
    return LuaReference(popping: self)
  }

  /// Pushes the value of a reference; throws an error if it belongs to a different or closed interpreter.
  func push(checked reference: LuaReference) throws {
    guard reference.interpreter === self else {
      throw LuaError(.internal, "a value of another Lua state was used")
    }
    push(reference)
  }
}
