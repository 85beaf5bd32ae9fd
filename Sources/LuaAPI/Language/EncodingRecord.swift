// SPDX-License-Identifier: Apache-2.0
// Encodings as Lua tables.

import LuaHost
import Options
import Tensors
import Tokenizers

/// What models are given for texts.
struct EncodingRecord: LuaRecord {
  /// One text, texts of different lengths, or texts that were padded to the same length.
  enum Form { case one, lists, tensors }

  let encodings: [Encoding]
  let form: Form

  static let luaName = "Encoding"
  static let luaDoc = "Ids with what models take beside them."
  static let luaFields: [LuaField<EncodingRecord>] = [
    LuaField("ids", "the ids") { record in record.part { $0.ids.map { Int($0) } } },
    LuaField("type_ids", "0 for the first sequence, 1 for the second") { record in record.part { $0.typeIDs.map { Int($0) } } },
    LuaField("attention_mask", "1 for tokens, 0 for padding") { record in record.part { $0.attentionMask.map { Int($0) } } },
    LuaField("special_mask", "1 for tokens of the template and padding") { record in record.part { $0.specialMask.map { Int($0) } } },
  ]

  /// A part of the encodings in their form.
  func part(_ get: (Encoding) -> [Int]) -> EncodingPart { EncodingPart(rows: encodings.map(get), form: form) }
}

/// A part of encodings: a sequence, sequences, or an int32 Tensor.
struct EncodingPart: LuaReturnable {
  let rows: [[Int]]
  let form: EncodingRecord.Form

  static var luaType: LuaType { .union([.sequence(.integer), .sequence(.sequence(.integer)), .object("Tensor")]) }

  func push(to interpreter: Interpreter) throws {
    let width = rows.first?.count ?? 0
    switch form {
    case .one: try (rows.first ?? []).push(to: interpreter)
    case .lists: try rows.push(to: interpreter)
    case .tensors where rows.allSatisfy { $0.count == width }:
      try TensorObject(Tensor(rows.joined().map { Int32($0) }, shape: [rows.count, width])).push(to: interpreter)
    case .tensors:
      let longest = rows.map(\.count).max() ?? 0
      throw LuaError(.usage, "encode: a text has \(longest) ids, more than the length that is padded to", hint: "max = … cuts longer texts")
    }
  }
}
