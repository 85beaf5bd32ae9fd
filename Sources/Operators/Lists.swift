// SPDX-License-Identifier: Apache-2.0
// Lists of tensors of one type.
//
// The runtime keeps a list as a value: an array of tensors. `list_write` and `list_scatter` give a changed list (in place
// where nobody else holds it); writing at an index beyond the end lengthens a list of dynamic length by zeros.

import MIL
import Tensors

/// A new list of zeros.
enum MakeList: RuntimeOperator {
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
    // A string names an extent that is found only when the program runs.
    let extents = try call.list("elem_shape").map { operand -> Dimension in
      let constant = try call.known(operand.constant, "elem_shape")
      if constant.string != nil { return .any }
      guard let extent = constant.tensor?.integers(), extent.count == 1, extent[0] >= 0 else {
        throw call.error("elem_shape must be extents, or strings for unknown ones")
      }
      return .fixed(extent[0])
    }
    guard case .tensor(let element) = try call.result(dtype, extents) else { return [] }
    let isDynamic = try call.known(call.bool("dynamic_length"), "dynamic_length")
    let length = try call.integer("init_length")
    if let length, length < 0 { throw call.error("init_length is \(length)") }
    return [.list(.tensor(element), length: isDynamic ? .any : length.map { .fixed($0) } ?? .any)]
  }
}

/// The number of elements.
enum ListLength: RuntimeOperator {
  static let signature = Signature("list_length", [Parameter("ls", .everything)])
  static func infer(_ call: Call) throws -> [ValueType] {
    _ = try Lists.type(call)
    return [.scalar(.int32)]
  }
  static func fold(_ call: Call) throws -> [Tensor]? {
    try Lists.type(call).length.size.map { [Tensor(integers: [$0], dtype: .int32, shape: [])] }
  }
}

/// The list with `value` at `index`.
enum ListWrite: RuntimeOperator {
  static let signature = Signature(
    "list_write", [Parameter("ls", .everything), Parameter("index", .int32), Parameter("value", .numberOrBool)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let list = try Lists.type(call)
    try Lists.checkFits(call, list.element, try call.type("value"))
    return [.list(.tensor(list.element), length: list.length)]
  }
}

/// The element at `index`.
enum ListRead: RuntimeOperator {
  static let signature = Signature("list_read", [Parameter("ls", .everything), Parameter("index", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try Lists.type(call).element)] }
}

/// The elements at `indices`, stacked.
enum ListGather: RuntimeOperator {
  static let signature = Signature("list_gather", [Parameter("ls", .everything), Parameter("indices", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let element = try Lists.type(call).element
    return [try call.result(element.dtype, [try Lists.count(call, "indices")] + element.dimensions)]
  }
}

/// The list with the rows of `value` at `indices`.
enum ListScatter: RuntimeOperator {
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
}

enum Lists {
  fileprivate static func type(_ call: Call) throws -> (element: TensorType, length: Dimension) {
    guard case .list(.tensor(let element), let length) = try call.operand("ls").type else {
      throw call.error("ls must be a list of tensors, found \(try call.operand("ls").type)")
    }
    return (element, length)
  }

  fileprivate static func checkFits(_ call: Call, _ element: TensorType, _ value: TensorType) throws {
    guard element.accepts(value) else { throw call.error("value is \(value), but the list holds \(element)") }
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
