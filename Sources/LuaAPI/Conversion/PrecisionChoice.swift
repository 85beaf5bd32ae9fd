// SPDX-License-Identifier: Apache-2.0
// The precision of a converted program: one for all operations, or a function that decides.

import Conversion
import LuaHost
import MIL
import Options

/// A value of the option `precision`.
struct PrecisionChoice: LuaConvertible, Sendable, CustomStringConvertible {
  private enum Name: String, LuaEnumeration {
    case float16, float32
  }

  private enum Kind {
    case name(Name)
    case function(LuaClosure)
  }

  // A function is called on the interpreter's thread only.
  private nonisolated(unsafe) let kind: Kind

  static let float16 = PrecisionChoice(kind: .name(.float16))

  private init(kind: Kind) { self.kind = kind }

  static var luaType: LuaType { .union([Name.luaType, .function]) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> PrecisionChoice {
    if case .function(let function) = try LuaValue.read(interpreter, at: index) { return PrecisionChoice(kind: .function(function)) }
    return PrecisionChoice(kind: .name(try Name.read(interpreter, at: index)))
  }

  func push(to interpreter: Interpreter) throws {
    switch kind {
    case .name(let name): name.push(to: interpreter)
    case .function(let function): try LuaValue.function(function).push(to: interpreter)
    }
  }

  /// The default, as the documentation shows it.
  var description: String {
    if case .name(let name) = kind { "\"\(name.rawValue)\"" } else { "a function" }
  }

  var isSingle: Bool { if case .name(.float32) = kind { true } else { false } }

  var option: ConversionOptions.Precision {
    switch kind {
    case .name(.float16): return .float16
    case .name(.float32): return .float32
    case .function(let function):
      nonisolated(unsafe) let closure = function
      return .chosen { operation in
        let results = try closure.call(CandidateRecord(operation: operation))
        guard case .boolean(let isHalf)? = results.first else {
          throw LuaError(.usage, "convert: the function precision must return true for float16 or false for float32")
        }
        return isHalf
      }
    }
  }
}

/// An operation whose precision a function decides.
struct CandidateRecord: LuaRecord {
  let operation: Operation

  static let luaName = "ConvertedOperation"
  static let luaDoc = "An operation that the function precision of wane.convert decides about."
  static let luaFields: [LuaField<CandidateRecord>] = [
    LuaField("type", "its operator, such as conv") { $0.operation.type },
    LuaField("name", "the name of its first value") { $0.operation.outputs.first?.name ?? "" },
    LuaField("inputs", "the name bound to each parameter; a sequence of names for concat and the like; numbers are left out") { record in
      Dictionary(
        record.operation.inputs.map { ($0.parameter, $0.bindings.compactMap(\.name)) }.filter { !$0.1.isEmpty }
          .map { ($0.0, NameOrNames(names: $0.1)) }, uniquingKeysWith: { first, _ in first })
    },
  ]
}
