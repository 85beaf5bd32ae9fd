// SPDX-License-Identifier: Apache-2.0
// Writer of the text form of programs.

import Tensors

struct TextWriter {
  private(set) var text = ""
  private let detail: TextDetail
  private var indent = 0
  /// Tensors up to this size are written with all elements.
  private static let listedElements = 16

  init(_ detail: TextDetail) { self.detail = detail }

  // MARK: Structure

  mutating func write(_ program: Program) {
    if program.version != 1 || !program.attributes.isEmpty {
      text += "program(\(program.version))"
      write(program.attributes, always: false)
      text += "\n\n"
    }
    for (i, function) in program.functions.enumerated() {
      if i > 0 { text += "\n" }
      write(function)
    }
  }

  mutating func write(_ function: Function) {
    text += "func \(name(function.name))<\(name(function.opset))>"
    write(parameters: function.inputs)
    write(function.attributes, always: false)
    for (i, specialization) in function.specializations.enumerated() {
      // A first block of the function's own opset needs no `opset`; every other block names its opset.
      if i > 0 || specialization.opset != function.opset {
        text += " opset \(name(specialization.opset))"
      }
      text += " "
      write(body: specialization.block)
    }
    text += "\n"
  }

  private mutating func write(parameters: [NamedType]) {
    text += "("
    list(parameters) { writer, input in writer.text += "\(writer.name(input.name)): \(input.type)" }
    text += ")"
  }

  /// `{ operations } -> (outputs)`
  private mutating func write(body block: Block) {
    text += "{\n"
    indent += 1
    for operation in block.operations {
      text += String(repeating: "  ", count: indent)
      write(operation)
      text += "\n"
    }
    indent -= 1
    text += String(repeating: "  ", count: indent) + "} -> ("
    list(block.outputs) { writer, output in writer.text += writer.name(output) }
    text += ")"
    write(block.attributes, always: false)
  }

  mutating func write(_ operation: Operation) {
    list(operation.outputs) { writer, output in
      writer.text += "\(output.type) \(writer.name(output.name))"
    }
    if !operation.outputs.isEmpty { text += " = " }
    text += "\(name(operation.type))("
    list(operation.inputs) { writer, argument in
      writer.text += "\(writer.name(argument.parameter)) = "
      if argument.bindings.count == 1 {
        writer.write(argument.bindings[0])
      } else {
        writer.text += "("
        writer.list(argument.bindings) { $0.write($1) }
        writer.text += ")"
      }
    }
    text += ")"
    write(operation.attributes, always: true)
    for block in operation.blocks {
      text += " block"
      write(parameters: block.inputs)
      text += " "
      write(body: block)
    }
  }

  private mutating func write(_ attributes: [Attribute], always: Bool) {
    guard always || !attributes.isEmpty else { return }
    text += "["
    list(attributes) { writer, attribute in
      writer.text += "\(writer.name(attribute.name)) = "
      writer.write(attribute.value)
    }
    text += "]"
  }

  private mutating func write(_ binding: Binding) {
    switch binding {
    case .name(let value): text += name(value)
    case .constant(let constant): write(constant)
    }
  }

  private mutating func list<T>(_ items: [T], _ body: (inout TextWriter, T) -> Void) {
    for (i, item) in items.enumerated() {
      if i > 0 { text += ", " }
      body(&self, item)
    }
  }

  private func name(_ name: String) -> String {
    if TextSpelling.isIdentifier(name), !TextSpelling.reserved.contains(name) { return name }
    return "`" + escaped(name, quote: "`") + "`"
  }

  // MARK: Constants

  mutating func write(_ constant: Constant) {
    text += "\(constant.type)("
    switch constant.payload {
    case .tensor(let tensor): write(tensor, constant.placement)
    case .strings(let strings):
      if constant.type.tensorType?.isScalar == true, strings.count == 1 {
        text += quoted(strings[0])
      } else {
        bracketed(strings) { $0.text += $0.quoted($1) }
      }
    case .list(let values), .tuple(let values): bracketed(values) { $0.write($1) }
    case .dictionary(let entries):
      text += "{"
      list(entries) { writer, entry in
        writer.write(entry.key)
        writer.text += ": "
        writer.write(entry.value)
      }
      text += "}"
    }
    text += ")"
    if case .file(let file) = constant.placement { text += " @ \(quoted(file))" }
  }

  private mutating func write(_ tensor: Tensor, _ placement: Constant.Placement) {
    if tensor.rank == 0 {
      text += elements(tensor)[0]
    } else if tensor.count <= TextWriter.listedElements, detail == .full || placement == .immediate {
      bracketed(elements(tensor)) { $0.text += $1 }
    } else if detail == .full {
      text += "hex \""
      text += tensor.withBytes(TextWriter.hex)
      text += "\""
    } else {
      text += "\(tensor.byteCount) bytes"
    }
  }

  /// The elements, each written so that it reads back with the same bits.
  private func elements(_ tensor: Tensor) -> [String] {
    guard tensor.dtype.isFloat else {
      if tensor.dtype == .bool { return tensor.integers().map { $0 == 0 ? "false" : "true" } }
      if tensor.dtype == .uint64 {
        return tensor.withElements(of: UInt64.self) { $0.map { "\($0)" } }
      }
      return tensor.integers().map { "\($0)" }
    }
    let bits = tensor.bitPatterns()
    return zip(bits, tensor.doubles()).map { bits, value in
      let decimal = tensor.dtype == .float64 ? "\(value)" : "\(Float(value))"
      // NaNs have many bit patterns, so they are written as bits.
      return !value.isNaN
        && Tensor(floatText: decimal, dtype: tensor.dtype)?.bitPatterns() == [bits]
        ? decimal : "0x" + String(bits, radix: 16)
    }
  }

  private mutating func bracketed<T>(_ items: [T], _ body: (inout TextWriter, T) -> Void) {
    text += "["
    list(items, body)
    text += "]"
  }

  private func quoted(_ string: String) -> String { "\"" + escaped(string, quote: "\"") + "\"" }

  private func escaped(_ string: String, quote: Unicode.Scalar) -> String {
    var out = String.UnicodeScalarView()
    for scalar in string.unicodeScalars {
      switch scalar {
      case quote, "\\": out.append(contentsOf: ["\\", scalar])
      case "\n": out.append(contentsOf: ["\\", "n"])
      case "\t": out.append(contentsOf: ["\\", "t"])
      case "\r": out.append(contentsOf: ["\\", "r"])
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  private static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: 2 * bytes.count) { digits in
      for (i, byte) in bytes.enumerated() {
        digits[2 * i] = TextSpelling.hexDigit(byte >> 4)
        digits[2 * i + 1] = TextSpelling.hexDigit(byte & 15)
      }
      return 2 * bytes.count
    }
  }
}

extension Tensor {
  /// The bit patterns of the elements; the type has whole-byte elements.
  func bitPatterns() -> [UInt64] {
    let width = dtype.bits / 8
    return withBytes { bytes in
      (0..<count).map { i in
        (0..<width).reduce(0) { $0 | UInt64(bytes[i * width + $1]) << UInt64(8 * $1) }
      }
    }
  }

  /// One float of that type parsed from decimal text, as a tensor of rank 0; `nil` for other text, and for the 8-bit
  /// floats, for which there is no conversion.
  init?(floatText: String, dtype: DType) {
    switch dtype {
    case .float64:
      guard let value = Double(floatText) else { return nil }
      self.init(scalar: value)
    case .float32, .float16, .bfloat16:
      guard let value = Float(floatText) else { return nil }
      self = Tensor(scalar: value).cast(to: dtype)
    default: return nil
    }
  }

  /// One element with that bit pattern, as a tensor of rank 0, for types of whole-byte elements.
  init(bitPattern: UInt64, dtype: DType) {
    let bytes = withUnsafeBytes(of: bitPattern.littleEndian) { Array($0.prefix(dtype.bits / 8)) }
    self = bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: [], bytes: $0) }
  }
}
