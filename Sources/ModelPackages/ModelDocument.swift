// SPDX-License-Identifier: Apache-2.0
// The model file of a package (`model.mlmodel`): Model of Model.proto with an ML Program.

import MIL
import Wire

/// The content of a package's model file.
struct ModelDocument {
  private static let programField = 502

  var specificationVersion: Int
  var interface: Interface
  var program: Program
  /// All other fields, preserved byte for byte.
  var otherFields: [UInt8]

  /// Decodes a model file. Blobs are looked up in `weights`.
  ///
  /// - Throws: `PackageError` with `file`.
  init(_ bytes: UnsafeRawBufferPointer, file: String, weights: WeightFiles) throws {
    do {
      try self.init(bytes, weights: weights, file: file)
    } catch let fault as WireFault {
      throw PackageError.malformed(file: file, offset: fault.offset, detail: fault.detail)
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, weights: WeightFiles, file: String) throws {
    var reader = WireReader(bytes)
    var interface: Interface?
    var program: Program?
    var otherKind: Int?
    specificationVersion = 0
    otherFields = []
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.varint, field)
        specificationVersion = try reader.unsigned()
      case 2:
        try reader.expect(.lengthDelimited, field)
        guard interface == nil else { throw reader.fault("the model has two descriptions") }
        var inner = try reader.message()
        interface = try Interface(&inner)
      case Self.programField:
        try reader.expect(.lengthDelimited, field)
        guard program == nil else { throw reader.fault("the model has two programs") }
        var inner = try reader.message()
        program = try ProgramDecoder(weights: weights).program(&inner)
      default:
        // The model kinds are the fields numbered 200 and above.
        if field.number >= 200, field.type == .lengthDelimited { otherKind = field.number }
        try reader.keep(field, in: &otherFields)
      }
    }
    if let otherKind {
      throw PackageError.notAProgram(
        file: file, kind: ModelKind.names[otherKind] ?? "unknown (\(otherKind))")
    }
    guard let program else { throw reader.fault("the file does not contain a model") }
    guard !program.functions.isEmpty else { throw reader.fault("the program has no functions") }
    self.program = program
    self.interface = interface ?? Interface(functions: [FunctionInterface()])
  }

  init(specificationVersion: Int, interface: Interface, program: Program, otherFields: [UInt8]) {
    self.specificationVersion = specificationVersion
    self.interface = interface
    self.program = program
    self.otherFields = otherFields
  }

  /// Encodes the model file. Constants for weight files are placed in `weights`.
  func encoded(placing weights: WeightLayout) throws -> [UInt8] {
    var out = WireWriter(reservingCapacity: 1 << 16)
    if specificationVersion != 0 { out.int(1, specificationVersion) }
    out.message(2) { interface.write(to: &$0) }
    out.verbatim(otherFields)
    try out.message(Self.programField) {
      try ProgramEncoder(weights: weights).write(program, to: &$0)
    }
    return out.bytes
  }
}
