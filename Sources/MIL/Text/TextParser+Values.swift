// SPDX-License-Identifier: Apache-2.0
// Parser of types and constants in the text form of programs.

import Tensors

extension TextParser {
  // MARK: Types

  /// Whether a type starts at the current token.
  func isType() throws -> Bool {
    guard case .name(let word, quoted: false) = token.kind else { return false }
    return TextSpelling.typeWords.contains(word) || DType(name: word) != nil
  }

  mutating func type() throws -> ValueType {
    let start = token
    let word = try name()
    if let dtype = DType(name: word) { return .scalar(dtype) }
    guard TextSpelling.typeWords.contains(word) else {
      token = start
      throw fault("a type")
    }
    try require("<")
    let result: ValueType
    switch word {
    case "tensor":
      guard case .name(let element, _) = token.kind, let dtype = DType(name: element) else {
        throw fault("an element type")
      }
      try advance()
      try require(",")
      try require("[")
      result = .tensor(TensorType(dtype, try list(until: "]") { try $0.dimension() }))
    case "list":
      let element = try type()
      try require(",")
      result = .list(element, length: try dimension())
    case "tuple":
      let types = try list(until: ">") { try $0.type() }
      return .tuple(types)
    case "dict":
      let key = try type()
      try require(",")
      result = .dictionary(key: key, value: try type())
    default: result = .state(try type())
    }
    try require(">")
    return result
  }

  private mutating func dimension() throws -> Dimension {
    if try accept("?") { return .any }
    if try accept("...") { return .unknown(variadic: true) }
    guard case .number(let digits) = token.kind, let size = Int(digits), size >= 0 else {
      throw fault("an extent")
    }
    try advance()
    return .fixed(size)
  }

  // MARK: Constants

  /// A constant with its type, `fp16(1.5)`, or a literal: int32, fp32, bool, string, or a vector of these.
  mutating func constant() throws -> Constant {
    guard try isType() else { return try literal() }
    let type = try type()
    try require("(")
    var constant = Constant(type: type, payload: try payload(type))
    try require(")")
    if try accept("@") {
      guard case .string(let file) = token.kind else { throw fault("the name of a weight file") }
      try advance()
      constant.placement = .file(file)
    }
    return constant
  }

  private mutating func payload(_ type: ValueType) throws -> Constant.Payload {
    switch type {
    case .tensor(let tensor):
      guard let shape = tensor.shape, let count = shape.checkedElementCount else {
        throw fault("a constant of fixed shape")
      }
      return try elements(tensor.dtype, shape, count)
    case .list:
      try require("[")
      return .list(try list(until: "]") { try $0.constant() })
    case .tuple:
      try require("[")
      return .tuple(try list(until: "]") { try $0.constant() })
    case .dictionary:
      try require("{")
      return .dictionary(
        try list(until: "}") { parser in
          let key = try parser.constant()
          try parser.require(":")
          return KeyedConstant(key: key, value: try parser.constant())
        })
    case .state: throw fault("a constant, not a state")
    }
  }

  private mutating func elements(_ dtype: DType, _ shape: Shape, _ count: Int) throws
    -> Constant.Payload
  {
    if try acceptWord("hex") { return .tensor(try hexTensor(dtype, shape)) }
    let start = token
    var words: [TextToken] = []
    if try accept("[") {
      words = try list(until: "]") { parser in
        let token = parser.token
        try parser.advance()
        return token
      }
    } else {
      words = [token]
      try advance()
    }
    guard words.count == count else {
      token = start
      throw fault("\(count) elements rather than \(words.count)")
    }
    return try payload(dtype, shape, words)
  }

  private func payload(_ dtype: DType, _ shape: Shape, _ words: [TextToken]) throws
    -> Constant.Payload
  {
    guard dtype == .string else { return .tensor(try tensor(dtype, shape, words)) }
    return .strings(
      try words.map { word in
        guard case .string(let text) = word.kind else { throw fault("a string", at: word) }
        return text
      })
  }

  private func fault(_ expected: String, at other: TextToken) -> MILError {
    var parser = self
    parser.token = other
    return parser.fault(expected)
  }

  private func tensor(_ dtype: DType, _ shape: Shape, _ words: [TextToken]) throws -> Tensor {
    if dtype.isFloat {
      let bytes = try words.flatMap { word in try float(dtype, word).withBytes { Array($0) } }
      return bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
    }
    let values = try words.map { word -> Int in
      switch word.kind {
      case .name("true", _) where dtype == .bool: return 1
      case .name("false", _) where dtype == .bool: return 0
      case .number(let digits) where dtype == .uint64:
        if let value = UInt64(digits) { return Int(truncatingIfNeeded: value) }
      case .number(let digits) where dtype.isInteger:
        if let value = Int(digits), dtype.integerRange?.contains(value) == true { return value }
      default: break
      }
      throw fault("a value of type \(dtype.name)", at: word)
    }
    return Tensor(integers: values, dtype: dtype, shape: shape)
  }

  /// One float: decimal, `nan`, `inf`, or its bit pattern as `0x…`.
  private func float(_ dtype: DType, _ word: TextToken) throws -> Tensor {
    switch word.kind {
    case .number(let text) where text.hasPrefix("0x"):
      if let bits = UInt64(text.dropFirst(2), radix: 16), bits >> UInt64(dtype.bits - 1) <= 1 {
        return Tensor(bitPattern: bits, dtype: dtype)
      }
    case .number(let text), .name(let text, quoted: false):
      if let value = Tensor(floatText: text, dtype: dtype) { return value }
    default: break
    }
    throw fault("a value of type \(dtype.name)", at: word)
  }

  /// `"00ff…"`: the bytes of the elements.
  private mutating func hexTensor(_ dtype: DType, _ shape: Shape) throws -> Tensor {
    guard case .string(let text) = token.kind else { throw fault("hexadecimal digits in quotes") }
    let digits = Array(text.utf8)
    guard digits.count == 2 * dtype.byteCount(shape.elementCount) else {
      throw fault("\(2 * dtype.byteCount(shape.elementCount)) hexadecimal digits")
    }
    var bytes = [UInt8](repeating: 0, count: digits.count / 2)
    for (i, digit) in digits.enumerated() {
      guard let value = TextSpelling.hexValue(digit) else { throw fault("hexadecimal digits") }
      bytes[i / 2] |= value << (i % 2 == 0 ? 4 : 0)
    }
    try advance()
    return bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
  }

  private mutating func literal() throws -> Constant {
    guard try accept("[") else {
      let word = token
      try advance()
      return try literal([word], shape: [])
    }
    let words = try list(until: "]") { parser in
      let word = parser.token
      try parser.advance()
      return word
    }
    return try literal(words, shape: [words.count])
  }

  private func literal(_ words: [TextToken], shape: Shape) throws -> Constant {
    let dtype: DType
    switch words.first?.kind {
    case .string: dtype = .string
    case .name("true", quoted: false), .name("false", quoted: false): dtype = .bool
    case .number:
      dtype =
        words.contains { word in
          guard case .number(let digits) = word.kind else { return false }
          return Int(digits) == nil
        } ? .float32 : .int32
    default: throw fault("a constant", at: words.first ?? token)
    }
    return Constant(type: .tensor(dtype, shape), payload: try payload(dtype, shape, words))
  }
}
