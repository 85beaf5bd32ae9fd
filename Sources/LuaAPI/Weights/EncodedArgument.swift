// SPDX-License-Identifier: Apache-2.0
// What Lua gives as a weight or as a part of one: a Tensor, numbers, an Encoded, or the tables of weight.stored.

import Encodings
import LuaHost
import Options
import Tensors
import WeightStorage

/// A weight, or a part of one: a Tensor, a nested table of numbers, an Encoded, or a table with `kind`.
struct EncodedArgument: LuaConvertible {
  let value: LuaValue

  static var luaType: LuaType { .union([.object(EncodedObject.luaName), .object(TensorObject.luaName), .table, .number]) }

  func push(to interpreter: Interpreter) throws { try value.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> EncodedArgument {
    let value = try LuaValue.read(interpreter, at: index)
    switch value {
    case .number, .integer, .table: return EncodedArgument(value: value)
    case .object where value.object(EncodedObject.self) != nil || value.object(TensorObject.self) != nil:
      return EncodedArgument(value: value)
    default: throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
  }

  /// The encoding.
  ///
  /// - Parameter place: the name of the value in errors.
  func weight(_ place: String) throws -> EncodedWeight {
    if let encoded = value.object(EncodedObject.self) { return encoded.weight }
    if let table = value.table, !table["kind"].isNil { return try EncodingFunctions.encoded(table, place) }
    return .dense(try tensor(place))
  }

  /// The value as numbers.
  func tensor(_ place: String) throws -> Tensor {
    do {
      // Exact, since codes may be 64-bit integers and scales doubles.
      if let object = value.object(TensorObject.self) { return object.tensor }
      guard let numbers = try NestedTable(value) else {
        throw LuaError(.usage, "\(place) must be a Tensor or a table of numbers")
      }
      return numbers.compact
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "\(place): \(mismatch.sentence)")
    }
  }
}

/// The functions of `wane.encode`.
enum EncodingFunctions {
  static let module = LuaModule(
    "encode", "Weights in the compressed forms that model files have, from their parts.", functions: functions)

  private enum Quantized {
    static let kind = LuaOption<String?>("kind", "of weight.stored", allowed: .oneOf("quantized"))
    static let codes = LuaOption<EncodedArgument>(required: "codes", "whole numbers; or an Encoded that decodes to them, or to floats")
    static let scale = LuaOption<EncodedArgument>(
      required: "scale", "one number; one for each index or block of axis; or a tensor with an axis for each of codes")
    static let offset = LuaOption<EncodedArgument?>("offset", "as scale: the code that stands for zero; by default 0")
    static let axis = LuaOption<Int?>("axis", "the axis along which scale and offset lie if they have one axis; by default 0")
    static let dtype = LuaOption<String?>(
      "dtype", "element type of the codes; by default that of codes, or the narrowest that holds them",
      allowed: .oneOf("int4", "uint4", "int8", "uint8"))
    static let table = LuaOptionTable("EncodeQuantizedOptions", [kind, codes, scale, offset, axis, dtype])
  }

  private enum Palettized {
    static let kind = LuaOption<String?>("kind", "of weight.stored", allowed: .oneOf("palettized"))
    static let indices = LuaOption<EncodedArgument>(required: "indices", "positions in the table, from 0, for each element or vector")
    static let lut = LuaOption<EncodedArgument>(
      required: "lut",
      "the table: entries; entries × vector size with vector_axis; with axis one of those for each group; or the form of files, the "
        + "number of tables along each axis, entries, vector size; or an Encoded (quantized)")
    static let vectorAxis = LuaOption<Int?>("vector_axis", "the axis along which the vectors of the table lie")
    static let axis = LuaOption<Int?>("axis", "the axis along which there are several tables")
    static let table = LuaOptionTable("EncodePalettizedOptions", [kind, indices, lut, vectorAxis, axis])
  }

  private enum Sparse {
    static let kind = LuaOption<String?>("kind", "of weight.stored", allowed: .oneOf("sparse"))
    static let mask = LuaOption<EncodedArgument?>("mask", "one where a value is stored; by default where values are not zero")
    static let values = LuaOption<EncodedArgument>(
      required: "values", "the stored values in order; or a Tensor or Encoded of the weight's shape")
    static let table = LuaOptionTable("EncodeSparseOptions", [kind, mask, values])
  }

  private enum Cast {
    static let kind = LuaOption<String?>("kind", "of weight.stored", allowed: .oneOf("cast"))
    static let values = LuaOption<EncodedArgument>(required: "values", "a float16 Tensor")
    static let table = LuaOptionTable("EncodeCastOptions", [kind, values])
  }

  private static let functions: [LuaFunction] = [
    LuaFunction(
      "quantized", "scale · (codes − offset): linear quantization to 4 or 8 bits, per tensor, channel or block.",
      .options(Quantized.table), returns: "an Encoded",
      example: """
        local e = wane.encode.quantized{ codes = { { -1, 1, 0, 1 } }, scale = 0.25, dtype = "int8" }
        print(e.scheme, e:decode():at{ 0, 1 })  --> quantized\t0.25
        """
    ) { (options: LuaOptions) in
      EncodedObject(try quantized(options, "codes"))
    },
    LuaFunction(
      "palettized", "lut[indices]: a lookup table of 2 to 256 values or vectors, one or several a weight.",
      .options(Palettized.table), returns: "an Encoded",
      example: """
        local e = wane.encode.palettized{ indices = { { 0, 2, 1, 2 } }, lut = { -1, 0, 1 } }
        print(e.bytes, e:decode():at{ 0, 1 })  --> 17\t1.0
        """
    ) { (options: LuaOptions) in
      EncodedObject(
        try EncodedWeight.palettized(
          indices: options[Palettized.indices].tensor("indices"), lut: lut(options[Palettized.lut], "lut"),
          vectorAxis: options[Palettized.vectorAxis], axis: options[Palettized.axis]))
    },
    LuaFunction(
      "sparse", "The values at the ones of a mask, and zero elsewhere; values may be compressed themselves.",
      .options(Sparse.table), returns: "an Encoded",
      example: """
        local e = wane.encode.sparse{ values = wane.tensor{ { 0, 3, 0, 0, 0, 0, 0, 4 } } }
        print(e.bytes, e.scheme)  --> 9\tsparse
        """
    ) { (options: LuaOptions) in EncodedObject(try sparse(options)) },
    LuaFunction(
      "cast", "16-bit floats that the model casts to 32 bits (`constexpr_cast`).", .options(Cast.table), returns: "an Encoded",
      example: "print(wane.encode.cast{ values = wane.zeros({ 4, 4 }, \"float16\") }.dtype)  --> float32"
    ) { (options: LuaOptions) in EncodedObject(try EncodedWeight.cast(values: options[Cast.values].tensor("values"))) },
  ]

  /// The encoding of a table of `weight.stored`.
  static func encoded(_ table: LuaTable, _ place: String) throws -> EncodedWeight {
    func options(_ declared: LuaOptionTable) throws -> LuaOptions { try LuaOptions.read(table, as: declared, for: place) }
    switch table["kind"].string {
    case "quantized": return try quantized(options(Quantized.table), "\(place).codes")
    case "palettized":
      let given = try options(Palettized.table)
      return try EncodedWeight.palettized(
        indices: given[Palettized.indices].tensor("\(place).indices"), lut: lut(given[Palettized.lut], "\(place).lut"),
        vectorAxis: given[Palettized.vectorAxis], axis: given[Palettized.axis])
    case "sparse": return try sparse(options(Sparse.table))
    case "cast": return try EncodedWeight.cast(values: options(Cast.table)[Cast.values].tensor("\(place).values"))
    case "dense": return try EncodedArgument(value: table["values"]).weight("\(place).values")
    default:
      throw LuaError(
        .usage, "\(place) has an unknown kind", hint: "kind is one of \"quantized\", \"palettized\", \"sparse\", \"cast\", \"dense\"")
    }
  }

  /// - Parameter isTable: whether it is the table of a palette, whose entries may be floats with a scale.
  private static func quantized(_ options: LuaOptions, _ place: String, isTable: Bool = false) throws -> EncodedWeight {
    try EncodedWeight.quantized(
      codes: options[Quantized.codes].weight(place), scale: options[Quantized.scale].tensor("scale"),
      offset: options[Quantized.offset]?.tensor("offset"), axis: options[Quantized.axis],
      dtype: options[Quantized.dtype].flatMap { DType(name: $0) },
      keepsFloats: isTable && options[Quantized.codes].value.object(TensorObject.self) != nil)
  }

  /// The table of a palette.
  private static func lut(_ argument: EncodedArgument, _ place: String) throws -> EncodedWeight {
    guard let table = argument.value.table, table["kind"].string == "quantized" else { return try argument.weight(place) }
    return try quantized(LuaOptions.read(table, as: Quantized.table, for: place), "\(place).codes", isTable: true)
  }

  private static func sparse(_ options: LuaOptions) throws -> EncodedWeight {
    let mask = try options[Sparse.mask]?.tensor("mask")
    let values = options[Sparse.values]
    if let encoded = values.value.object(EncodedObject.self) {
      guard let mask else {
        return try encoded.weight.masked(by: encoded.weight.decoded().nonzeroMask())
      }
      return try encoded.weight.masked(by: mask)
    }
    guard let table = values.value.table, !table["kind"].isNil else {
      return try EncodedWeight.sparse(mask: mask, values: values.tensor("values"))
    }
    guard let mask else {
      throw LuaError(.usage, "sparse: values in parts need the mask that they lie under", hint: "mask = stored.mask")
    }
    return try EncodedWeight.sparse(mask: mask, parts: parts(table, "values"))
  }

  /// The values of a sparse weight as the tables of `weight.stored` have them.
  private static func parts(_ table: LuaTable, _ place: String) throws -> SparseParts {
    switch table["kind"].string {
    case "palettized":
      let given = try LuaOptions.read(table, as: Palettized.table, for: place)
      return .palettized(
        try given[Palettized.indices].tensor("indices"), lut: try lut(given[Palettized.lut], "lut"),
        vectorAxis: given[Palettized.vectorAxis], axis: given[Palettized.axis])
    case "quantized":
      let given = try LuaOptions.read(table, as: Quantized.table, for: place)
      let codes = given[Quantized.codes]
      let inner: SparseParts
      if let table = codes.value.table, !table["kind"].isNil {
        inner = try parts(table, "codes")
      } else {
        inner = .values(try codes.tensor("codes"))
      }
      return .quantized(
        inner, scale: try given[Quantized.scale].tensor("scale"), offset: try given[Quantized.offset]?.tensor("offset"),
        axis: given[Quantized.axis], dtype: given[Quantized.dtype].flatMap { DType(name: $0) })
    default:
      throw LuaError(.usage, "sparse: \(place) must be values, or a table of kind \"quantized\" or \"palettized\"")
    }
  }
}
