// SPDX-License-Identifier: Apache-2.0
// Lists of tensors of one type.
//
// At run time a list is one tensor with its elements along the first axis. `list_write` and `list_scatter` return a
// modified list, in place if the old one has no other readers; an index beyond the end extends the list with zeros.
// This applies to every list: only `make_list` specifies whether its list may grow, the types in a file do not.

import Kernels
import MIL
import Tensors

/// A new list of zeros.
enum MakeList: MovementOperator {
  static let signature = Signature(
    "make_list",
    [
      Parameter("init_length", .int32, .defaultsTo(.int(1))), Parameter("dynamic_length", .bool, .defaultsTo(.bool(true))),
      Parameter("elem_shape", .only(.int32, .string), variadic: true), Parameter("dtype", .string, .defaultsTo(.string("fp32"))),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let name = try call.known(call.string("dtype"), "dtype")
    guard let dtype = DType(name: name), [.bool, .float16, .float32, .int32].contains(dtype) else {
      throw call.error("dtype is \"\(name)\", expected bool, fp16, fp32 or int32")
    }
    // A string names an extent that is only known at run time.
    let extents = try call.list("elem_shape").map { operand -> Dimension in
      let constant = try call.known(operand.constant, "elem_shape")
      if constant.string != nil { return .any }
      guard let extent = constant.tensor?.integers(), extent.count == 1, extent[0] >= 0 else {
        throw call.error("elem_shape must hold integers of at least 0, or strings for unknown extents")
      }
      return .fixed(extent[0])
    }
    guard case .tensor(let element) = try call.result(dtype, extents) else { return [] }
    let isDynamic = try call.known(call.bool("dynamic_length"), "dynamic_length")
    let length = try call.integer("init_length")
    if let length, length < 0 { throw call.error("init_length is \(length), expected at least 0") }
    return [.list(.tensor(element), length: isDynamic ? .any : length.map { .fixed($0) } ?? .any)]
  }

  /// An unknown extent is 0 until an element is written.
  static func kept(_ call: Call) throws -> [TensorType] {
    guard case .list(.tensor(let element), _)? = try infer(call).first else { return [] }
    let length = try call.integer("init_length").map { Dimension.fixed($0) } ?? .any
    let known = element.dimensions.map { $0.size == nil ? Dimension.fixed(0) : $0 }
    return [try call.result(element.dtype, [length] + known).kept].compactMap { $0 }
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (y, bytes) = (request.output, request.output.byteCount)
    return Kernel("fill") { y.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
  }
}

/// The number of elements.
enum ListLength: MovementOperator {
  static let signature = Signature("list_length", [Parameter("ls", .everything)])
  static func infer(_ call: Call) throws -> [ValueType] {
    _ = try Lists.type(call)
    return [.scalar(.int32)]
  }
  static func fold(_ call: Call) throws -> [Tensor]? {
    try Lists.type(call).length.size.map { [Tensor(integers: [$0], dtype: .int32, shape: [])] }
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (length, y) = (try request.input("ls").shape[0], request.output.int32s())
    return Kernel("constant") { y[0] = Int32(length) }
  }
}

/// The list with `value` at `index`.
enum ListWrite: MovementOperator {
  static let signature = Signature(
    "list_write", [Parameter("ls", .everything), Parameter("index", .int32), Parameter("value", .numberOrBool)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let list = try Lists.type(call)
    try Lists.checkFits(call, list.element, try call.type("value"))
    return [.list(.tensor(list.element), length: list.length)]
  }
  static var inPlace: Bool { true }
  static var overwrites: String? { "ls" }
  static func kept(_ call: Call) throws -> [TensorType] {
    [try Lists.written(call, at: "index", element: try call.type("value").dimensions)]
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel { try Lists.writing(request, at: "index") }
}

/// The element at `index`.
enum ListRead: MovementOperator {
  static let signature = Signature("list_read", [Parameter("ls", .everything), Parameter("index", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try Lists.type(call).element)] }
  static func kernel(_ request: KernelRequest) throws -> Kernel { try Lists.reading(request, at: "index") }
}

/// The elements at `indices`, stacked.
enum ListGather: MovementOperator {
  static let signature = Signature("list_gather", [Parameter("ls", .everything), Parameter("indices", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let element = try Lists.type(call).element
    return [try call.result(element.dtype, [try Lists.count(call, "indices")] + element.dimensions)]
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel { try Lists.reading(request, at: "indices") }
}

/// The list with the rows of `value` at `indices`.
enum ListScatter: MovementOperator {
  static let signature = Signature(
    "list_scatter", [Parameter("ls", .everything), Parameter("indices", .int32), Parameter("value", .numberOrBool)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let list = try Lists.type(call)
    let value = try call.type("value")
    guard let rows = value.dimensions.first, rows.agrees(with: try Lists.count(call, "indices")) else {
      throw call.error("value is \(value), expected a row for each of \(try call.type("indices"))")
    }
    try Lists.checkFits(call, list.element, TensorType(value.dtype, Array(value.dimensions.dropFirst())))
    return [.list(.tensor(list.element), length: list.length)]
  }
  static var inPlace: Bool { true }
  static var overwrites: String? { "ls" }
  static func kept(_ call: Call) throws -> [TensorType] {
    [try Lists.written(call, at: "indices", element: Array(try call.type("value").dimensions.dropFirst()))]
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel { try Lists.writing(request, at: "indices") }
}

enum Lists {
  fileprivate static func type(_ call: Call) throws -> (element: TensorType, length: Dimension) {
    guard case .list(.tensor(let element), let length) = try call.operand("ls").type else {
      throw call.error("ls must be a list of tensors, found \(try call.operand("ls").type)")
    }
    return (element, length)
  }

  fileprivate static func checkFits(_ call: Call, _ element: TensorType, _ value: TensorType) throws {
    guard element.accepts(value) || element.dimensions.contains(.fixed(0)) else {
      throw call.error("value is \(value), but the list holds \(element)")
    }
  }

  /// The tensor of a list after a write, extended to the largest index if necessary.
  fileprivate static func written(_ call: Call, at parameter: String, element: [Dimension]) throws -> TensorType {
    guard let list = try call.tensor("ls").map({ TensorType($0.dtype, $0.shape) }) ?? call.operand("ls").type.kept,
      let length = list.dimensions.first
    else { throw call.error("ls must be a list of tensors") }
    guard let indices = call.tensor(parameter)?.integers(), let n = length.size else {
      return TensorType(list.dtype, [.any] + element)
    }
    if let negative = indices.first(where: { $0 < 0 }) { throw call.error("index \(negative) is negative, expected at least 0") }
    let grown = max(n, (indices.max() ?? -1) + 1)
    return try call.result(list.dtype, [.fixed(grown)] + element).kept ?? list
  }

  /// Reads elements of the list at indices.
  fileprivate static func reading(_ request: KernelRequest, at parameter: String) throws -> Kernel {
    let (call, ls, y) = (request.call, try request.input("ls"), request.output)
    let indices = try Indexing.list(request, parameter, policy: .validated)
    let (length, row) = (ls.shape[0], ls.byteCount / max(ls.shape[0], 1))
    return Kernel("copy") {
      try Indexing.named(call) { () throws(IndexFault) in
        for i in 0..<indices.count {
          let from = ls.pointer + (try indices.index(i, extent: length)) * row
          (y.pointer + i * row).copyMemory(from: from, byteCount: row)
        }
      }
    }
  }

  /// Writes the rows of `value` to the list at the indices.
  fileprivate static func writing(_ request: KernelRequest, at parameter: String) throws -> Kernel {
    let (call, ls, value, y) = (request.call, try request.input("ls"), try request.input("value"), request.output)
    let indices = try Indexing.list(request, parameter, policy: .validated)
    let (length, row, bytes) = (y.shape[0], y.byteCount / max(y.shape[0], 1), y.byteCount)
    // Elements with unknown extents have no content.
    let old = ls.shape.dropFirst() == y.shape.dropFirst() ? ls.byteCount : 0
    return Kernel(ls.pointer == y.pointer ? "copy:in-place" : "copy") {
      if ls.pointer != y.pointer {
        if old > 0 { y.pointer.copyMemory(from: ls.pointer, byteCount: old) }
        (y.pointer + old).initializeMemory(as: UInt8.self, repeating: 0, count: bytes - old)
      }
      try Indexing.named(call) { () throws(IndexFault) in
        for i in 0..<indices.count {
          let to = y.pointer + (try indices.index(i, extent: length)) * row
          to.copyMemory(from: value.pointer + i * row, byteCount: row)
        }
      }
    }
  }

  fileprivate static func count(_ call: Call, _ parameter: String) throws -> Dimension {
    let type = try call.type(parameter)
    guard type.rank == 1 else { throw call.error("\(parameter) has rank \(type.rank), expected 1") }
    return type.dimensions[0]
  }

  static let operators: [any Operator.Type] = [
    MakeList.self, ListLength.self, ListWrite.self, ListRead.self, ListGather.self, ListScatter.self,
  ]
}

extension MakeList { static let gradient = Gradient.lists }
extension ListLength { static let gradient = Gradient.integers }
extension ListWrite { static let gradient = Gradient.lists }
extension ListRead { static let gradient = Gradient.lists }
extension ListGather { static let gradient = Gradient.lists }
extension ListScatter { static let gradient = Gradient.lists }

extension Gradient {
  fileprivate static let lists = Gradient.none("lists are not differentiable")
}
