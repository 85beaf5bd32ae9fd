// SPDX-License-Identifier: Apache-2.0
// Converts descriptions from and to protobuf: ModelDescription, FunctionDescription, Metadata of Model.proto.

import Wire

extension Interface {
  /// Field numbers of the features in a model's description, which differ from those in a function's.
  fileprivate struct Numbers {
    var input: Int
    var output: Int
    var state: Int
    var predictedFeature: Int
    var predictedProbabilities: Int

    static let model = Numbers(
      input: 1, output: 10, state: 13, predictedFeature: 11, predictedProbabilities: 12)
    static let function = Numbers(
      input: 2, output: 3, state: 6, predictedFeature: 4, predictedProbabilities: 5)
  }

  init(_ reader: inout WireReader) throws {
    self.init(functions: [], defaultFunctionName: "")
    var main = FunctionInterface()
    while let field = try reader.nextField() {
      if try main.read(field, from: &reader, .model) { continue }
      switch (field.number, field.type) {
      case (20, .lengthDelimited):
        var inner = try reader.message()
        functions.append(try FunctionInterface(&inner))
      case (21, .lengthDelimited): defaultFunctionName = try reader.string()
      case (100, .lengthDelimited):
        var inner = try reader.message()
        metadata = try Metadata(&inner)
      default: try reader.keep(field, in: &unknownFields)
      }
    }
    listsFunctions = !functions.isEmpty
    if functions.isEmpty {
      functions = [main]
      if defaultFunctionName.isEmpty { defaultFunctionName = main.name }
    } else if main != FunctionInterface() {
      throw reader.fault("the description has both functions and features of its own, expected one of them")
    }
  }

  func write(to out: inout WireWriter) {
    if listsFunctions {
      for function in functions {
        out.message(20) {
          $0.nonEmptyString(1, function.name)
          function.write(.function, to: &$0)
        }
      }
      out.nonEmptyString(21, defaultFunctionName)
    } else {
      functions.first?.write(.model, to: &out)
      if defaultFunctionName != functions.first?.name {
        out.nonEmptyString(21, defaultFunctionName)
      }
    }
    if let metadata { out.message(100) { metadata.write(to: &$0) } }
    out.verbatim(unknownFields)
  }
}

extension FunctionInterface {
  fileprivate init(_ reader: inout WireReader) throws {
    self.init(name: "")
    while let field = try reader.nextField() {
      if try read(field, from: &reader, .function) { continue }
      if field.number == 1 {
        try reader.expect(.lengthDelimited, field)
        name = try reader.string()
      } else {
        try reader.keep(field, in: &unknownFields)
      }
    }
  }

  /// Reads the field if it is one that models and functions share.
  fileprivate mutating func read(
    _ field: WireField, from reader: inout WireReader, _ numbers: Interface.Numbers
  ) throws -> Bool {
    guard field.type == .lengthDelimited else { return false }
    switch field.number {
    case numbers.input:
      var inner = try reader.message()
      inputs.append(try Feature(&inner))
    case numbers.output:
      var inner = try reader.message()
      outputs.append(try Feature(&inner))
    case numbers.state:
      var inner = try reader.message()
      states.append(try Feature(&inner))
    case numbers.predictedFeature: predictedFeatureName = try reader.string()
    case numbers.predictedProbabilities: predictedProbabilitiesName = try reader.string()
    default: return false
    }
    return true
  }

  fileprivate func write(_ numbers: Interface.Numbers, to out: inout WireWriter) {
    for feature in inputs { out.message(numbers.input) { feature.write(to: &$0) } }
    for feature in outputs { out.message(numbers.output) { feature.write(to: &$0) } }
    out.nonEmptyString(numbers.predictedFeature, predictedFeatureName)
    out.nonEmptyString(numbers.predictedProbabilities, predictedProbabilitiesName)
    for feature in states { out.message(numbers.state) { feature.write(to: &$0) } }
    out.verbatim(unknownFields)
  }
}

extension Metadata {
  fileprivate init(_ reader: inout WireReader) throws {
    self.init()
    while let field = try reader.nextField() {
      switch (field.number, field.type) {
      case (1, .lengthDelimited): shortDescription = try reader.string()
      case (2, .lengthDelimited): version = try reader.string()
      case (3, .lengthDelimited): author = try reader.string()
      case (4, .lengthDelimited): license = try reader.string()
      case (100, .lengthDelimited):
        var inner = try reader.message()
        var key = ""
        var value = ""
        while let part = try inner.nextField() {
          guard part.number == 1 || part.number == 2 else {
            throw inner.refuse(part, in: "UserDefinedEntry")
          }
          try inner.expect(.lengthDelimited, part)
          if part.number == 1 { key = try inner.string() } else { value = try inner.string() }
        }
        userDefined[key] = value
      default: try reader.keep(field, in: &unknownFields)
      }
    }
  }

  fileprivate func write(to out: inout WireWriter) {
    out.nonEmptyString(1, shortDescription)
    out.nonEmptyString(2, version)
    out.nonEmptyString(3, author)
    out.nonEmptyString(4, license)
    for (key, value) in userDefined.sorted(by: { $0.key < $1.key }) {
      out.message(100) {
        $0.nonEmptyString(1, key)
        $0.nonEmptyString(2, value)
      }
    }
    out.verbatim(unknownFields)
  }
}
