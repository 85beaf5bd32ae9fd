// SPDX-License-Identifier: Apache-2.0
// Writes small ONNX files for tests.

import Conversion
import Foundation
import MIL
import ModelPackages
import Runtime
import TestSupport
import Tensors
import Wire

/// A value of an attribute.
enum Attribute: Sendable {
  case int(Int)
  case ints([Int])
  case float(Float)
  case string(String)
  case graph(Graph)
}

/// A node.
struct OpNode: Sendable {
  var type: String
  var inputs: [String]
  var outputs: [String]
  var attributes: [(String, Attribute)] = []
  var domain = ""

  init(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [(String, Attribute)] = [], domain: String = "") {
    self.type = type
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.domain = domain
  }
}

/// The declaration of an input or output; an extent of -1 is the symbol `n`.
struct Declared: Sendable {
  var name: String
  var element: Int
  var shape: [Int]

  init(_ name: String, _ shape: [Int], element: Int = 1) {
    self.name = name
    self.element = element
    self.shape = shape
  }
}

/// A graph.
struct Graph: Sendable {
  var nodes: [OpNode] = []
  var inputs: [Declared] = []
  var outputs: [Declared] = []
  var initializers: [(String, Tensor)] = []

  private static let elements: [DType: Int] = [
    .float32: 1, .uint8: 2, .int8: 3, .int32: 6, .int64: 7, .bool: 9, .float16: 10, .float64: 11, .uint4: 21, .int4: 22,
  ]

  func write(_ w: inout WireWriter) {
    for node in nodes {
      w.message(1) { w in
        for name in node.inputs { w.string(1, name) }
        for name in node.outputs { w.string(2, name) }
        w.string(4, node.type)
        for (name, value) in node.attributes { w.message(5) { Self.write(name, value, &$0) } }
        w.nonEmptyString(7, node.domain)
      }
    }
    w.string(2, "graph")
    for (name, tensor) in initializers { w.message(5) { Self.write(name, tensor, &$0) } }
    for input in inputs { w.message(11) { Self.write(input, &$0) } }
    for output in outputs { w.message(12) { Self.write(output, &$0) } }
  }

  private static func write(_ name: String, _ value: Attribute, _ w: inout WireWriter) {
    w.string(1, name)
    switch value {
    case .int(let value):
      w.int(3, value)
      w.int(20, 2)
    case .ints(let values):
      for value in values { w.int(8, value) }
      w.int(20, 7)
    case .float(let value):
      w.fixed32(2, value.bitPattern)
      w.int(20, 1)
    case .string(let value):
      w.string(4, value)
      w.int(20, 3)
    case .graph(let graph):
      w.message(6) { graph.write(&$0) }
      w.int(20, 5)
    }
  }

  static func write(_ name: String, _ tensor: Tensor, _ w: inout WireWriter) {
    for extent in tensor.shape { w.int(1, extent) }
    w.int(2, elements[tensor.dtype] ?? 0)
    w.string(8, name)
    tensor.withBytes { w.rawBytes(9, $0) }
  }

  private static func write(_ value: Declared, _ w: inout WireWriter) {
    w.string(1, value.name)
    w.message(2) { w in
      w.message(1) { w in
        w.int(1, value.element)
        w.message(2) { w in
          for extent in value.shape {
            w.message(1) { w in
              if extent < 0 { w.string(2, "n") } else { w.int(1, extent) }
            }
          }
        }
      }
    }
  }
}

/// An ONNX model in memory, with shortcuts to convert and run it.
struct OpModel {
  var graph: Graph
  var opset = 17
  var irVersion = 8

  var bytes: [UInt8] {
    var w = WireWriter()
    w.int(1, irVersion)
    w.message(7) { graph.write(&$0) }
    w.message(8) { $0.int(2, opset) }
    w.message(8) {
      $0.string(1, "com.microsoft")
      $0.int(2, 1)
    }
    return w.bytes
  }

  /// One node with the inputs `x0`, `x1`, … of these tensors, of which some are initializers, and the output `y`.
  init(
    _ type: String, _ operands: [Tensor], constants: Set<Int> = [], _ attributes: [(String, Attribute)] = [], opset: Int = 17,
    outputs: Int = 1,
    domain: String = ""
  ) {
    graph = Graph()
    let names = operands.indices.map { "x\($0)" }
    let results = outputs == 1 ? ["y"] : (0..<outputs).map { "y\($0)" }
    graph.nodes = [OpNode(type, names, results, attributes, domain: domain)]
    for (i, tensor) in operands.enumerated() {
      if constants.contains(i) {
        graph.initializers.append(("x\(i)", tensor))
      } else {
        graph.inputs.append(
          Declared("x\(i)", tensor.shape, element: [.float32: 1, .int64: 7, .int32: 6, .bool: 9, .uint8: 2, .int8: 3][tensor.dtype] ?? 1))
      }
    }
    graph.outputs = results.map { Declared($0, []) }
    self.opset = opset
  }

  init(_ graph: Graph, opset: Int = 17) {
    self.graph = graph
    self.opset = opset
  }

  func convert(_ options: ConversionOptions = .single) throws -> (package: ModelPackage, report: ConversionReport) {
    let scratch = try Scratch()
    let path = scratch.file("model.onnx")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let (package, report) = try Converter.convert(onnx: path, options)
    guard let package else { throw Missing() }
    return (package, report)
  }

  struct Missing: Error {}

  /// The outputs by name.
  func run(_ inputs: [String: Tensor], _ options: ConversionOptions = .single) throws -> [String: Tensor] {
    let package = try convert(options).package
    let executor = try Executor(program: package.program)
    return try executor.run(inputs).compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } }
  }
}

extension ConversionOptions {
  /// Single precision for the newest system.
  static var single: ConversionOptions {
    var options = ConversionOptions()
    options.precision = .float32
    return options
  }

  static func target(_ target: Opset) -> ConversionOptions {
    var options = single
    options.target = target
    return options
  }
}

extension OpModel {
  /// Runs a model of one node; operands that are not initializers are fed.
  static func result(
    _ type: String, _ operands: [Tensor], constants: Set<Int> = [], _ attributes: [(String, Attribute)] = [], opset: Int = 17,
    options: ConversionOptions = .single, domain: String = ""
  ) throws -> Tensor {
    let model = OpModel(type, operands, constants: constants, attributes, opset: opset, domain: domain)
    var feeds: [String: Tensor] = [:]
    for (i, tensor) in operands.enumerated() where !constants.contains(i) {
      let value = tensor.dtype.isFloat || tensor.dtype == .bool ? tensor.cast(to: .float32) : tensor.cast(to: .int32)
      feeds["x\(i)"] = value.rank == 0 ? value.reshaped([1]) : value
    }
    guard let y = try model.run(feeds, options)["y"] else { throw OpModel.Missing() }
    return y
  }
}
