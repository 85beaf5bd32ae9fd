// SPDX-License-Identifier: Apache-2.0
// Reads ONNX's protobuf messages. Unknown fields are skipped.

import Files
import Platform
import Wire

extension ONNXModel {
  /// Reads a model. Weights are memory-mapped.
  ///
  /// - Throws: `ONNXError` with the offset of the error; `FileError` for a file that cannot be read.
  package static func load(_ path: String) throws -> ONNXModel {
    let file: MappedFile
    do {
      file = try MappedFile(path)
    } catch let error as FileError {
      if case .failed(_, _, let code) = error, code == ENOENT { throw ONNXError.notFound(path) }
      throw error
    }
    do {
      return try file.withBytes { bytes in
        guard !bytes.isEmpty else { throw ONNXError.malformed(file: path, offset: nil, detail: "the file is empty") }
        var reader = WireReader(bytes)
        return try ONNXReader(file: file).model(&reader, path: path)
      }
    } catch let fault as WireFault {
      throw ONNXError.malformed(file: path, offset: fault.offset, detail: fault.detail)
    }
  }
}

/// Decodes messages of one file.
private struct ONNXReader {
  let file: MappedFile

  func model(_ reader: inout WireReader, path: String) throws -> ONNXModel {
    var model = ONNXModel(path: path)
    var hasGraph = false
    while let field = try reader.nextField() {
      switch field.number {
      case 1: model.irVersion = try reader.int(field)
      case 2: model.producer = try reader.text(field)
      case 3: model.producerVersion = try reader.text(field)
      case 7:
        model.graph = try reader.nested(field, graph)
        hasGraph = true
      case 8:
        let (domain, version) = try reader.nested(field, opset)
        model.opsets[domain] = version
      case 14:
        let (key, value) = try reader.nested(field, entry)
        model.metadata[key] = value
      case 25: model.functions.append(try reader.nested(field, function))
      default: try reader.skip(field)
      }
    }
    guard hasGraph else {
      throw ONNXError.malformed(file: path, offset: nil, detail: "this is not an ONNX model: it has no graph")
    }
    return model
  }

  private func opset(_ reader: inout WireReader) throws -> (String, Int) {
    var result = ("", 0)
    while let field = try reader.nextField() {
      switch field.number {
      case 1: result.0 = ONNXReader.standard(try reader.text(field))
      case 2: result.1 = try reader.int(field)
      default: try reader.skip(field)
      }
    }
    return result
  }

  private func entry(_ reader: inout WireReader) throws -> (String, String) {
    var result = ("", "")
    while let field = try reader.nextField() {
      switch field.number {
      case 1: result.0 = try reader.text(field)
      case 2: result.1 = try reader.text(field)
      default: try reader.skip(field)
      }
    }
    return result
  }

  /// "ai.onnx" is another name of the standard domain.
  private static func standard(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  private func graph(_ reader: inout WireReader) throws -> ONNXGraph {
    var graph = ONNXGraph()
    while let field = try reader.nextField() {
      switch field.number {
      case 1: graph.nodes.append(try reader.nested(field, node))
      case 2: graph.name = try reader.text(field)
      case 5: graph.initializers.append(try reader.nested(field, tensor))
      case 11: graph.inputs.append(try reader.nested(field, valueInfo))
      case 12: graph.outputs.append(try reader.nested(field, valueInfo))
      case 13: graph.valueInfo.append(try reader.nested(field, valueInfo))
      case 15: graph.initializers.append(try reader.nested(field, sparseTensor))
      default: try reader.skip(field)
      }
    }
    return graph
  }

  private func node(_ reader: inout WireReader) throws -> ONNXNode {
    var node = ONNXNode()
    while let field = try reader.nextField() {
      switch field.number {
      case 1: node.inputs.append(try reader.text(field))
      case 2: node.outputs.append(try reader.text(field))
      case 3: node.name = try reader.text(field)
      case 4: node.type = try reader.text(field)
      case 5:
        let (name, value) = try reader.nested(field, attribute)
        if let value { node.attributes[name] = value }
      case 7: node.domain = ONNXReader.standard(try reader.text(field))
      case 8: node.overload = try reader.text(field)
      case 9:
        let (key, value) = try reader.nested(field, entry)
        if key.hasSuffix("stack_trace") {
          node.sourceLine = value.split(separator: "\n").last { $0.contains("File \"") }.map { String($0.drop { $0 == " " }) }
        }
      default: try reader.skip(field)
      }
    }
    return node
  }

  private func attribute(_ reader: inout WireReader) throws -> (String, ONNXAttribute?) {
    var name = ""
    var type = 0
    var reference = ""
    var floats: [Float] = []
    var ints: [Int] = []
    var strings: [[UInt8]] = []
    var tensors: [ONNXTensor] = []
    var graphs: [ONNXGraph] = []
    var single: ONNXAttribute?
    while let field = try reader.nextField() {
      switch field.number {
      case 1: name = try reader.text(field)
      case 2:
        try reader.expect(.fixed32, field)
        single = .float(Float(bitPattern: try reader.fixed32()))
      case 3: single = .int(try reader.int(field))
      case 4: single = .string(try reader.bytes(field))
      case 5: single = .tensor(try reader.nested(field, tensor))
      case 6: single = .graph(try reader.nested(field, graph))
      case 7: try reader.floats(field) { floats.append($0) }
      case 8: try reader.repeatedVarints(field) { ints.append(Int(Int64(bitPattern: $0))) }
      case 9: strings.append(try reader.bytes(field))
      case 10: tensors.append(try reader.nested(field, tensor))
      case 11: graphs.append(try reader.nested(field, graph))
      case 20: type = try reader.int(field)
      case 21: reference = try reader.text(field)
      case 22: single = .tensor(try reader.nested(field, sparseTensor))
      default: try reader.skip(field)
      }
    }
    if !reference.isEmpty { return (name, .reference(reference)) }
    switch type {
    case 1: return (name, single ?? .float(0))
    case 2: return (name, single ?? .int(0))
    case 3: return (name, single ?? .string([]))
    case 6: return (name, .floats(floats))
    case 7: return (name, .ints(ints))
    case 8: return (name, .strings(strings))
    case 9: return (name, .tensors(tensors))
    case 10: return (name, .graphs(graphs))
    case 0:
      // Old files have no type: the field that is present determines it.
      if let single { return (name, single) }
      if !floats.isEmpty { return (name, .floats(floats)) }
      if !ints.isEmpty { return (name, .ints(ints)) }
      if !strings.isEmpty { return (name, .strings(strings)) }
      if !tensors.isEmpty { return (name, .tensors(tensors)) }
      return (name, graphs.isEmpty ? nil : .graphs(graphs))
    default: return (name, single ?? .other(type))
    }
  }

  // MARK: Types

  private func valueInfo(_ reader: inout WireReader) throws -> ONNXValueInfo {
    var info = ONNXValueInfo()
    while let field = try reader.nextField() {
      switch field.number {
      case 1: info.name = try reader.text(field)
      case 2: info.type = try reader.nested(field, type)
      default: try reader.skip(field)
      }
    }
    return info
  }

  private func type(_ reader: inout WireReader) throws -> ONNXType? {
    var type: ONNXType?
    while let field = try reader.nextField() {
      switch field.number {
      case 1: type = try reader.nested(field, tensorType)
      case 4: type = .sequence(try reader.nested(field, element))
      case 5: (type, _) = (.other("map"), try reader.skip(field))
      case 7: (type, _) = (.other("opaque"), try reader.skip(field))
      case 8: (type, _) = (.other("sparse tensor"), try reader.skip(field))
      case 9: type = .optional(try reader.nested(field, element))
      default: try reader.skip(field)
      }
    }
    return type
  }

  private func element(_ reader: inout WireReader) throws -> ONNXType? {
    var inner: ONNXType?
    while let field = try reader.nextField() {
      if field.number == 1 { inner = try reader.nested(field, type) } else { try reader.skip(field) }
    }
    return inner
  }

  private func tensorType(_ reader: inout WireReader) throws -> ONNXType {
    var element = ElementType.undefined
    var dimensions: [ONNXDimension]?
    while let field = try reader.nextField() {
      switch field.number {
      case 1: element = try elementType(&reader, field)
      case 2: dimensions = try reader.nested(field, shape)
      default: try reader.skip(field)
      }
    }
    return .tensor(element, dimensions)
  }

  private func shape(_ reader: inout WireReader) throws -> [ONNXDimension] {
    var dimensions: [ONNXDimension] = []
    while let field = try reader.nextField() {
      if field.number == 1 { dimensions.append(try reader.nested(field, dimension)) } else { try reader.skip(field) }
    }
    return dimensions
  }

  private func dimension(_ reader: inout WireReader) throws -> ONNXDimension {
    var dimension = ONNXDimension.unknown
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        let value = try reader.int(field)
        dimension = value >= 0 ? .fixed(value) : .unknown
      case 2:
        let text = try reader.text(field)
        dimension = text.isEmpty || text == "?" ? .unknown : .symbol(text)
      default: try reader.skip(field)
      }
    }
    return dimension
  }

  private func elementType(_ reader: inout WireReader, _ field: WireField) throws -> ElementType {
    let code = try reader.int(field)
    guard let type = ElementType(rawValue: code) else { throw reader.fault("\(code) is not a known element type") }
    return type
  }

  // MARK: Tensors

  private func tensor(_ reader: inout WireReader) throws -> ONNXTensor {
    var tensor = ONNXTensor()
    tensor.offset = reader.offset
    var external: [String: String] = [:]
    var isExternal = false
    while let field = try reader.nextField() {
      switch field.number {
      case 1: try reader.repeatedVarints(field) { tensor.dims.append(Int(Int64(bitPattern: $0))) }
      case 2: tensor.element = try elementType(&reader, field)
      case 3: throw reader.fault("a tensor in segments is not supported")
      case 4: try reader.floats(field) { tensor.floats.append($0) }
      case 5: try reader.repeatedVarints(field) { tensor.int32s.append(Int(Int32(truncatingIfNeeded: $0))) }
      case 6: tensor.strings.append(try reader.bytes(field))
      case 7: try reader.repeatedVarints(field) { tensor.int64s.append(Int(Int64(bitPattern: $0))) }
      case 8: tensor.name = try reader.text(field)
      case 9:
        try reader.expect(.lengthDelimited, field)
        tensor.raw = ONNXTensor.Bytes(bytes: try reader.rawBytes(), owner: file)
      case 10: try reader.doubles(field) { tensor.doubles.append($0) }
      case 11: try reader.repeatedVarints(field) { tensor.uint64s.append($0) }
      case 13:
        let (key, value) = try reader.nested(field, entry)
        external[key] = value
      case 14: isExternal = try reader.int(field) == 1
      default: try reader.skip(field)
      }
    }
    if isExternal { tensor.external = external }
    return tensor
  }

  private func sparseTensor(_ reader: inout WireReader) throws -> ONNXTensor {
    var values = ONNXTensor()
    var indices = ONNXTensor()
    var shape: [Int] = []
    while let field = try reader.nextField() {
      switch field.number {
      case 1: values = try reader.nested(field, tensor)
      case 2: indices = try reader.nested(field, tensor)
      case 3: try reader.repeatedVarints(field) { shape.append(Int(Int64(bitPattern: $0))) }
      default: try reader.skip(field)
      }
    }
    values.indices = ONNXTensor.SparseIndices(indices, shape: shape)
    return values
  }

  // MARK: Functions

  private func function(_ reader: inout WireReader) throws -> ONNXFunction {
    var function = ONNXFunction()
    while let field = try reader.nextField() {
      switch field.number {
      case 1: function.name = try reader.text(field)
      case 4: function.inputs.append(try reader.text(field))
      case 5: function.outputs.append(try reader.text(field))
      case 7: function.nodes.append(try reader.nested(field, node))
      case 9:
        let (domain, version) = try reader.nested(field, opset)
        function.opsets[domain] = version
      case 10: function.domain = ONNXReader.standard(try reader.text(field))
      case 11:
        let (name, value) = try reader.nested(field, attribute)
        if let value { function.defaults[name] = value }
      case 13: function.overload = try reader.text(field)
      default: try reader.skip(field)
      }
    }
    return function
  }
}

extension WireReader {
  fileprivate mutating func int(_ field: WireField) throws -> Int {
    try expect(.varint, field)
    return try int()
  }

  fileprivate mutating func text(_ field: WireField) throws -> String {
    try expect(.lengthDelimited, field)
    return try string()
  }

  fileprivate mutating func bytes(_ field: WireField) throws -> [UInt8] {
    try expect(.lengthDelimited, field)
    return Array(try rawBytes())
  }

  fileprivate mutating func nested<T>(_ field: WireField, _ decode: (inout WireReader) throws -> T) throws -> T {
    try expect(.lengthDelimited, field)
    var inner = try message()
    return try decode(&inner)
  }

  /// The values of a repeated float field, packed or not.
  fileprivate mutating func floats(_ field: WireField, _ body: (Float) -> Void) throws {
    if field.type == .fixed32 {
      body(Float(bitPattern: try fixed32()))
    } else {
      try expect(.lengthDelimited, field)
      var packed = try message()
      while packed.remaining > 0 { body(Float(bitPattern: try packed.fixed32())) }
    }
  }

  /// The values of a repeated double field, packed or not.
  fileprivate mutating func doubles(_ field: WireField, _ body: (Double) -> Void) throws {
    if field.type == .fixed64 {
      body(Double(bitPattern: try fixed64()))
    } else {
      try expect(.lengthDelimited, field)
      var packed = try message()
      while packed.remaining > 0 { body(Double(bitPattern: try packed.fixed64())) }
    }
  }
}
