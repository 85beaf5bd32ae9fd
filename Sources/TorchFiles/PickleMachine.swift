// SPDX-License-Identifier: Apache-2.0
// Reads pickles of tensors without calling anything.

import Files
import Tensors

/// A machine for pickles that builds values only: of the functions that a pickle may name, those that PyTorch uses for
/// tensors are understood, and every other name is an error.
struct PickleMachine {
  /// A value. Containers are positions in the machine, so that hostile nesting needs no recursion.
  enum Value: Sendable {
    case none, mark
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case global(String)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case storage(Storage)
    case tensor(TorchTensor)
  }

  struct Storage: Sendable {
    let type: String
    let bytes: FileBytes
  }

  private(set) var sequences: [[Value]] = []
  private(set) var dictionaries: [[(key: Value, value: Value)]] = []
  private var stack: [Value] = []
  private var memo: [Int: Value] = [:]
  private let code: FileBytes
  private var at = 0
  private let file: String
  private let place: String
  /// The bytes of a storage by its key.
  private let storage: (String) throws -> FileBytes

  init(_ code: FileBytes, file: String, place: String, storage: @escaping (String) throws -> FileBytes) {
    self.code = code
    self.file = file
    self.place = place
    self.storage = storage
  }

  private func fault(_ detail: String) -> TorchFileError { .malformed(file: file, place: "\(place), byte \(at)", detail: detail) }

  private static let functions: Set<String> = [
    "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state", "torch.Size", "torch.device",
  ]

  private static let storages: [String: String] = [
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16", "ByteStorage": "uint8",
    "CharStorage": "int8", "ShortStorage": "int16", "IntStorage": "int32", "LongStorage": "int64", "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
  ]

  private static func isKnown(_ name: String) -> Bool {
    if functions.contains(name) || name == "torch.storage.UntypedStorage" { return true }
    guard name.hasPrefix("torch.") else { return false }
    let inner = String(name.dropFirst(6))
    return storages[inner] != nil || TorchTensor.dtypes[inner] != nil || inner.hasPrefix("float8_") || inner.hasPrefix("complex")
  }

  // MARK: Stack

  private mutating func pop() throws -> Value {
    guard let value = stack.popLast() else { throw fault("the stack is empty") }
    if case .mark = value { throw fault("a mark stands where a value is expected") }
    return value
  }

  private mutating func popToMark() throws -> [Value] {
    guard let mark = stack.lastIndex(where: { if case .mark = $0 { true } else { false } }) else { throw fault("there is no mark") }
    let values = Array(stack[(mark + 1)...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func make(_ values: [Value]) -> Int {
    sequences.append(values)
    return sequences.count - 1
  }

  private mutating func makeDictionary() -> Value {
    dictionaries.append([])
    return .dictionary(dictionaries.count - 1)
  }

  private mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= code.count - at else { throw fault("\(count) bytes are missing") }
    defer { at += count }
    return UnsafeRawBufferPointer(rebasing: code.bytes[at..<at + count])
  }

  private mutating func integer(_ size: Int) throws -> Int {
    let start = at
    _ = try bytes(size)
    return code.integer(start, size)
  }

  private mutating func line() throws -> String {
    guard let end = code.bytes[at...].firstIndex(of: 10) else { throw fault("a line has no end") }
    defer { at = end + 1 }
    return String(decoding: code.bytes[at..<end], as: UTF8.self)
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> Value { .string(String(decoding: bytes, as: UTF8.self)) }

  // MARK: Running

  /// Runs the pickle and returns its value.
  ///
  /// - Throws: `TorchFileError`: malformed for damaged bytes, unsupported for a name that is no part of a tensor.
  mutating func run() throws -> Value {
    defer { withExtendedLifetime(code.owner) {} }
    while true {
      let opcode = UInt8(try integer(1))
      switch opcode {
      case 0x80: _ = try integer(1)
      case 0x95: _ = try integer(8)
      case UInt8(ascii: "."):
        let result = try pop()
        guard stack.isEmpty else { throw fault("the pickle ends with \(stack.count) values too many") }
        return result
      case UInt8(ascii: "("): stack.append(.mark)
      case UInt8(ascii: "N"): stack.append(.none)
      case 0x88: stack.append(.bool(true))
      case 0x89: stack.append(.bool(false))
      case UInt8(ascii: "K"): stack.append(.int(try integer(1)))
      case UInt8(ascii: "M"): stack.append(.int(try integer(2)))
      case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try integer(4)))))
      case 0x8A: stack.append(try long(try integer(1)))
      case UInt8(ascii: "G"): stack.append(.float(Double(bitPattern: try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })))
      case UInt8(ascii: "X"): stack.append(text(try bytes(try integer(4))))
      case 0x8C: stack.append(text(try bytes(try integer(1))))
      case 0x8D: stack.append(text(try bytes(try integer(8))))
      case UInt8(ascii: "B"): stack.append(text(try bytes(try integer(4))))
      case UInt8(ascii: "C"): stack.append(text(try bytes(try integer(1))))
      case UInt8(ascii: ")"): stack.append(.tuple(make([])))
      case UInt8(ascii: "]"): stack.append(.list(make([])))
      case UInt8(ascii: "}"): stack.append(makeDictionary())
      case UInt8(ascii: "t"): stack.append(.tuple(make(try popToMark())))
      case 0x85, 0x86, 0x87:
        var values: [Value] = []
        for _ in 0..<(opcode - 0x84) { values.insert(try pop(), at: 0) }
        stack.append(.tuple(make(values)))
      case UInt8(ascii: "a"):
        let value = try pop()
        try append([value])
      case UInt8(ascii: "e"): try append(try popToMark())
      case UInt8(ascii: "s"):
        let value = try pop()
        try set([try pop(), value])
      case UInt8(ascii: "u"): try set(try popToMark())
      case UInt8(ascii: "q"): memo[try integer(1)] = try top()
      case UInt8(ascii: "r"): memo[try integer(4)] = try top()
      case 0x94: memo[memo.count] = try top()
      case UInt8(ascii: "h"): try recall(try integer(1))
      case UInt8(ascii: "j"): try recall(try integer(4))
      case UInt8(ascii: "c"):
        let module = try line()
        try global(module, try line())
      case 0x93:
        guard case .string(let name) = try pop(), case .string(let module) = try pop() else { throw fault("a global without a name") }
        try global(module, name)
      case UInt8(ascii: "Q"): stack.append(.storage(try persistent(try pop())))
      case UInt8(ascii: "R"):
        let arguments = try pop()
        guard case .tuple(let index) = arguments, case .global(let name) = try pop() else {
          throw fault("a call of something that is no function")
        }
        stack.append(try result(name, sequences[index]))
      case UInt8(ascii: "b"):
        _ = try pop()
        // The attributes of a dictionary, such as the versions of its modules, are not needed.
        guard case .dictionary = try top() else { throw fault("a state of something that is no dictionary") }
      default:
        throw TorchFileError.malformed(
          file: file, place: "\(place), byte \(at - 1)",
          detail: "the pickle has the operation \(Self.hex(opcode)), which tensors do not need")
      }
    }
  }

  private static func hex(_ byte: UInt8) -> String { "0x" + String(byte, radix: 16) }

  private func top() throws -> Value {
    guard let value = stack.last else { throw fault("the stack is empty") }
    return value
  }

  private mutating func recall(_ index: Int) throws {
    guard let value = memo[index] else { throw fault("the memo has no entry \(index)") }
    stack.append(value)
  }

  private mutating func long(_ count: Int) throws -> Value {
    let digits = try bytes(count)
    guard count <= 8 else { throw fault("an integer of \(count) bytes") }
    var value: UInt64 = digits.last.map { $0 & 0x80 != 0 } == true ? .max : 0
    for byte in digits.reversed() { value = value << 8 | UInt64(byte) }
    return .int(Int(Int64(bitPattern: value)))
  }

  private mutating func append(_ values: [Value]) throws {
    guard case .list(let index) = try top() else { throw fault("an element is appended to something that is no list") }
    sequences[index] += values
  }

  private mutating func set(_ values: [Value]) throws {
    guard case .dictionary(let index) = try top(), values.count % 2 == 0 else {
      throw fault("an element of something that is no dictionary")
    }
    for i in stride(from: 0, to: values.count, by: 2) { dictionaries[index].append((values[i], values[i + 1])) }
  }

  private mutating func global(_ module: String, _ name: String) throws {
    let full = "\(module).\(name)"
    guard Self.isKnown(full) else {
      throw TorchFileError.unsupported(
        file: file,
        detail: "\(place), byte \(at): the pickle names \(full), which is no part of a dictionary of tensors, so it is not read",
        hint: "save the weights alone: torch.save(model.state_dict(), path)")
    }
    stack.append(.global(full))
  }

  // MARK: Tensors

  private func persistent(_ id: Value) throws -> Storage {
    guard case .tuple(let index) = id else { throw fault("a storage without a description") }
    let parts = sequences[index]
    guard parts.count >= 5, case .string("storage") = parts[0], case .global(let type) = parts[1], case .string(let key) = parts[2],
      case .int(let count) = parts[4]
    else { throw fault("a storage without a description") }
    let inner = String(type.dropFirst("torch.".count))
    let name = Self.storages[inner] ?? (type == "torch.storage.UntypedStorage" ? "bytes" : "")
    guard !name.isEmpty else { throw fault("a storage of type \(type)") }
    let bytes = try storage(key)
    let width = name == "bytes" ? 1 : name == "complex64" ? 8 : name == "complex128" ? 16 : (TorchTensor.dtypes[name]?.bits ?? 8) / 8
    guard count >= 0, count <= bytes.count / width else {
      throw fault("storage \(key) has \(bytes.count) bytes, expected \(count) of \(name)")
    }
    return Storage(type: name, bytes: bytes)
  }

  private func integers(_ value: Value) throws -> [Int] {
    guard case .tuple(let index) = value else { throw fault("sizes that are no tuple") }
    return try sequences[index].map {
      guard case .int(let number) = $0 else { throw fault("a size that is no integer") }
      return number
    }
  }

  private mutating func result(_ name: String, _ arguments: [Value]) throws -> Value {
    switch name {
    case "collections.OrderedDict":
      let made = makeDictionary()
      guard case .dictionary(let index) = made else { return made }
      if let first = arguments.first {
        guard case .list(let pairs) = first else { throw fault("a dictionary made of something that is no list") }
        for pair in sequences[pairs] {
          guard case .tuple(let items) = pair, sequences[items].count == 2 else {
            throw fault("a dictionary made of something that is no pairs")
          }
          dictionaries[index].append((sequences[items][0], sequences[items][1]))
        }
      }
      return made
    case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .int(let offset) = arguments[1] else {
        throw fault("a tensor without a storage")
      }
      var type = storage.type
      if name.hasSuffix("v3") {
        guard arguments.count >= 7, case .global(let given) = arguments[6], given.hasPrefix("torch.") else {
          throw fault("a tensor without a type")
        }
        type = String(given.dropFirst(6))
      } else if type == "bytes" {
        type = "uint8"
      }
      return .tensor(
        TorchTensor(
          type: type, sizes: try integers(arguments[2]), strides: try integers(arguments[3]), offset: offset, isParameter: false,
          storage: storage.bytes))
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      guard let first = arguments.first, case .tensor(let tensor) = first else { throw fault("a parameter without a tensor") }
      return .tensor(tensor.asParameter())
    case "torch.Size":
      guard let first = arguments.first else { return .tuple(make([])) }
      switch first {
      case .tuple, .list: return first
      default: throw fault("a size that is no tuple")
      }
    case "torch.device": return .string("device")
    default: throw fault("a call of \(name)")
    }
  }
}
