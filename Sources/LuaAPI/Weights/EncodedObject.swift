// SPDX-License-Identifier: Apache-2.0
// The Lua object for encoded weights, and the functions wane.encode that make them.

import Encodings
import LuaHost
import MIL
import Options
import Tensors
import WeightStorage

/// A weight in a compressed form.
final class EncodedObject: LuaBoxed {
  let weight: EncodedWeight

  init(_ weight: EncodedWeight) { self.weight = weight }

  static var luaName: String { "Encoded" }

  var luaExternalBytes: Int { weight.byteCount }

  static let luaClass = LuaClass(
    EncodedObject.self, "A weight in a compressed form: for model:with_weights, model:map_weights and techniques of one's own.",
    properties: [
      LuaProperty("scheme", "quantized, palettized, sparse, or a joint one") { (e: EncodedObject) in "\(e.weight.scheme)" },
      LuaProperty("shape", "extents of the weight") { (e: EncodedObject) in LuaList(e.weight.shape) },
      LuaProperty("dtype", "element type of the decoded weight") { (e: EncodedObject) in "\(e.weight.dtype)" },
      LuaProperty("count", "number of elements of the weight") { (e: EncodedObject) in e.weight.count },
      LuaProperty("bytes", "bytes of all stored parts: codes, tables, masks, scales, offsets") { (e: EncodedObject) in e.weight.byteCount },
      LuaProperty("bits", "stored bits per element, tables and scales included") { (e: EncodedObject) in e.weight.bitsPerWeight },
      LuaProperty("target", "the oldest system whose models can hold it, such as iOS16") { (e: EncodedObject) in
        "\(e.weight.oldestOpset)"
      },
      LuaProperty("stored", "its parts, as those of weight.stored") { (e: EncodedObject) in try StoredParts(e.weight) },
    ],
    methods: [
      LuaMethod(
        "decode", "The values that it stands for.", returns: "a Tensor",
        example: """
          local e = wane.encode.quantized{ codes = { { -8, 7 }, { 1, 0 } }, scale = { 0.5, 2 } }
          print(e.bytes, e:decode():at{ 0, 1 }, e:decode():at{ 1, 0 })  --> 10\t3.5\t2.0
          """
      ) { (e: EncodedObject) in TensorObject(try e.weight.decoded()) }
    ],
    behaviors: [
      .toString { (e: EncodedObject) in
        let bits = (e.weight.bitsPerWeight * 1000).rounded() / 1000
        return "\(e.weight.scheme) \(e.weight.dtype) \(e.weight.shape)  \(e.weight.byteCount) bytes, \(bits) bits an element"
      }
    ])
}

/// The stored parts of a weight as nested tables with a field `kind`.
struct StoredParts: LuaReturnable {
  private let fields: [String: any LuaReturnable]

  static var luaType: LuaType { .table }

  /// - Throws: `EncodingError` if the parts are inconsistent.
  init(_ weight: EncodedWeight) throws {
    switch try weight.current() {
    case .dense(let tensor): fields = ["kind": "dense", "values": TensorObject(tensor)]
    case .cast(let half): fields = ["kind": "cast", "values": TensorObject(half)]
    case .affine(let affine):
      let blockwise = try affine.blockwise()
      fields = try Self.quantized(.dense(blockwise.data), blockwise.scale, blockwise.offset)
    case .blockwise(let data, let scale, let offset): fields = try Self.quantized(data, scale, offset)
    case .palette(let indices, let lut, let axis):
      fields = try Self.palettized(TensorObject(indices), lut, axis)
    case .sparse(let values):
      fields = ["kind": "sparse", "mask": TensorObject(values.storedMask), "values": try Self.part(values)]
    }
  }

  private init(fields: [String: any LuaReturnable]) { self.fields = fields }

  func push(to interpreter: Interpreter) throws {
    let table = interpreter.newTable()
    for (name, value) in fields { try table.set(name, value) }
    try table.push(to: interpreter)
  }

  private static func part(_ weight: EncodedWeight) throws -> any LuaReturnable {
    if case .dense(let tensor) = weight { return TensorObject(tensor) }
    return try StoredParts(weight)
  }

  private static func part(_ values: EncodedValues) throws -> any LuaReturnable {
    switch values {
    case .plain(_, let nonzero): return TensorObject(nonzero)
    case .palette(let indices, let lut, let axis): return StoredParts(fields: try palettized(part(indices), lut, axis))
    case .blockwise(let codes, let scale, let offset):
      var fields: [String: any LuaReturnable] = ["kind": "quantized", "codes": try part(codes), "scale": TensorObject(scale)]
      if let offset { fields["offset"] = TensorObject(offset) }
      return StoredParts(fields: fields)
    }
  }

  private static func quantized(_ codes: EncodedWeight, _ scale: Tensor, _ offset: Tensor?) throws -> [String: any LuaReturnable] {
    var fields: [String: any LuaReturnable] = ["kind": "quantized", "codes": try part(codes), "scale": TensorObject(scale)]
    if let offset { fields["offset"] = TensorObject(offset) }
    return fields
  }

  private static func palettized(
    _ indices: any LuaReturnable, _ lut: EncodedWeight, _ axis: Int?
  ) throws -> [String: any LuaReturnable] {
    var fields: [String: any LuaReturnable] = ["kind": "palettized", "indices": indices, "lut": try part(lut)]
    if let axis { fields["vector_axis"] = axis }
    return fields
  }
}

extension EncodedValues {
  /// The mask as it is stored: of the weight's elements, or of the indices of vectors.
  fileprivate var storedMask: Tensor {
    switch self {
    case .plain(let mask, _): mask
    case .palette(let indices, _, _): indices.storedMask
    case .blockwise(let codes, _, _): codes.storedMask
    }
  }
}
