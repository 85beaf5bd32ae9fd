// SPDX-License-Identifier: Apache-2.0
// Reads the JSON form of exported programs.

import Foundation
import TextFormats

/// A JSON value with its path for messages.
struct JSONNode {
  let value: JSONValue
  let path: String
  let file: String

  func fault(_ detail: String) -> TorchFileError { .malformed(file: file, place: path, detail: detail) }

  /// A member; `nil` if it is missing or null.
  subscript(_ name: String) -> JSONNode? {
    guard case .object(let members) = value, let member = members.first(where: { $0.name == name }), member.value != .null else {
      return nil
    }
    return JSONNode(value: member.value, path: "\(path).\(name)", file: file)
  }

  func required(_ name: String) throws -> JSONNode {
    guard let node = self[name] else { throw fault("the field \(name) is missing") }
    return node
  }

  func array() throws -> [JSONNode] {
    guard case .array(let items) = value else { throw fault("expected a list") }
    return items.enumerated().map { JSONNode(value: $1, path: "\(path)[\($0)]", file: file) }
  }

  func members() throws -> [(name: String, node: JSONNode)] {
    guard case .object(let members) = value else { throw fault("expected an object") }
    return members.map { ($0.name, JSONNode(value: $0.value, path: "\(path).\($0.name)", file: file)) }
  }

  func string() throws -> String {
    guard case .string(let text) = value else { throw fault("expected a string") }
    return text
  }

  func int() throws -> Int {
    switch value {
    case .integer(let number): return number
    case .number(let number): return Int(exactly: number) ?? (number > 0 ? .max : .min)
    default: throw fault("expected an integer")
    }
  }

  func double() throws -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .string("NaN"): return .nan
    default: throw fault("expected a number")
    }
  }

  func bool() throws -> Bool {
    guard case .boolean(let flag) = value else { throw fault("expected true or false") }
    return flag
  }

  /// The only member of an object that says by its name what it is.
  func tagged() throws -> (tag: String, node: JSONNode) {
    guard case .object(let members) = value, let member = members.first(where: { $0.value != .null }) ?? members.first else {
      throw fault("expected an object with one field")
    }
    return (member.name, JSONNode(value: member.value, path: "\(path).\(member.name)", file: file))
  }

  // MARK: Arguments

  private static let deepest = 32

  func argument(depth: Int = 0) throws -> ExportArgument {
    guard depth < Self.deepest else { throw fault("arguments are nested too deeply") }
    let (tag, node) = try tagged()
    func list(_ item: (JSONNode) throws -> ExportArgument) throws -> ExportArgument { .list(try node.array().map(item)) }
    switch tag {
    case "as_none": return .none
    case "as_tensor": return .tensor(try node.required("name").string())
    case "as_tensors": return .tensors(try node.array().map { try $0.required("name").string() })
    case "as_optional_tensor": return try node.argument(depth: depth + 1)
    case "as_optional_tensors":
      return .optionalTensors(try node.array().map { if case .tensor(let name) = try $0.argument(depth: depth + 1) { name } else { nil } })
    case "as_int": return .int(try node.int())
    case "as_float": return .float(try node.double())
    case "as_bool": return .bool(try node.bool())
    case "as_string": return .string(try node.string())
    case "as_ints": return try list { .int(try $0.int()) }
    case "as_floats": return try list { .float(try $0.double()) }
    case "as_bools": return try list { .bool(try $0.bool()) }
    case "as_strings": return try list { .string(try $0.string()) }
    case "as_int_lists": return try list { .list(try $0.array().map { .int(try $0.int()) }) }
    case "as_float_lists": return try list { .list(try $0.array().map { .float(try $0.double()) }) }
    case "as_sym_int", "as_sym_float", "as_sym_bool": return try node.symbolic()
    case "as_sym_ints", "as_sym_floats", "as_sym_bools": return try list { try $0.symbolic() }
    case "as_scalar_type": return .scalarType(try node.int())
    case "as_memory_format": return .memoryFormat(try node.int())
    case "as_graph": return .graph(try node.required("graph").graph(depth: depth + 1))
    case "as_device", "as_layout": return .irrelevant
    case "as_nested_tensors": return try list { .tensors(try $0.array().map { try $0.required("name").string() }) }
    default: return .other(tag)
    }
  }

  private func symbolic() throws -> ExportArgument {
    let (tag, node) = try tagged()
    switch tag {
    case "as_name": return .symbol(try node.string())
    case "as_int": return .int(try node.int())
    case "as_float": return .float(try node.double())
    case "as_bool": return .bool(try node.bool())
    default: throw fault("expected a name or a number, found \(tag)")
    }
  }

  // MARK: Graphs

  func graph(depth: Int = 0) throws -> ExportGraph {
    guard depth < Self.deepest else { throw fault("graphs are nested too deeply") }
    var graph = ExportGraph()
    graph.inputs = try required("inputs").array().map { try $0.argument(depth: depth) }
    graph.outputs = try required("outputs").array().map { try $0.argument(depth: depth) }
    graph.nodes = try required("nodes").array().map { node in
      let inputs = try node.required("inputs").array().map { input in
        (name: try input["name"]?.string() ?? "", value: try input.required("arg").argument(depth: depth))
      }
      return ExportNode(
        target: try node.required("target").string(), inputs: inputs,
        outputs: try node.required("outputs").array().map { try $0.argument(depth: depth) },
        sourceLine: try node["metadata"]?["stack_trace"].flatMap { Self.place(try $0.string()) })
    }
    for (name, type) in try required("tensor_values").members() { graph.tensors[name] = try type.tensorType() }
    return graph
  }

  /// The innermost location in a stack trace: `net.py:18`.
  private static func place(_ trace: String) -> String? {
    guard
      let line = trace.split(separator: "\n").last(where: {
        $0.contains("File \"") && $0.contains(", line ") && !$0.contains("<eval_with_key>")
      }),
      let start = line.range(of: "File \""), let end = line[start.upperBound...].firstIndex(of: "\""),
      let number = line.range(of: ", line ")
    else { return nil }
    let file = line[start.upperBound..<end].split(separator: "/").last ?? ""
    return "\(file):\(line[number.upperBound...].prefix { $0.isNumber })"
  }

  func tensorType() throws -> ExportTensorType {
    let strides = try self["strides"]?.array().map { try $0.extent() } ?? []
    let known = strides.compactMap { if case .fixed(let stride) = $0 { stride } else { nil } }
    return ExportTensorType(
      dtype: try required("dtype").int(), sizes: try required("sizes").array().map { try $0.extent() },
      strides: known.count == strides.count ? known : nil)
  }

  func extent() throws -> ExportExtent {
    let (tag, node) = try tagged()
    switch tag {
    case "as_int": return .fixed(try node.int())
    case "as_expr":
      let text = try node.required("expr_str").string()
      // Before torch 2.8, a hint is a plain number.
      let hint = try node["hint"].map { hint in if let inner = hint["as_int"] { try inner.int() } else { try hint.int() } }
      return .symbolic(Self.symbol(text) ?? text, hint: hint)
    default: throw fault("expected a size, found \(tag)")
    }
  }

  /// The name of a single symbol: `Symbol('s77', positive=True, integer=True)`, or the bare name of older files.
  private static func symbol(_ text: String) -> String? {
    guard text.hasPrefix("Symbol('"), let end = text.dropFirst(8).firstIndex(of: "'") else { return nil }
    // An expression has more than one call.
    guard text.filter({ $0 == "(" }).count == 1 else { return nil }
    return String(text.dropFirst(8)[..<end])
  }
}
