// SPDX-License-Identifier: Apache-2.0
// What `model.inputs` and `model.outputs` hold.

import LuaHost
import MIL
import ModelPackages
import Models

/// An input, output or state of a model.
struct FeatureRecord: LuaRecord {
  let feature: Feature
  /// What it is, in words.
  let expectation: String
  /// Extents that the program declares where the interface leaves them open.
  let declared: [Dimension]?

  static let luaName = "Feature"
  static let luaDoc = "An input, output or state of a model."
  static let luaFields: [LuaField<FeatureRecord>] = [
    LuaField("name", "its name") { $0.feature.name },
    LuaField("kind", "tensor, image, state, or what else Core ML knows") { $0.kind },
    LuaField("dtype", "element type of a tensor") { $0.feature.array?.dtype.map { "\($0)" } },
    LuaField("shape", "extents; a flexible one is its range in words") { $0.shape.map { LuaList($0) } },
    LuaField("width", "pixels of an image") { $0.feature.image?.size.width },
    LuaField("height", "pixels of an image") { $0.feature.image?.size.height },
    LuaField("color", "grayscale, rgb, bgr of an image") { $0.feature.image.map { "\($0.colorSpace)" } },
    LuaField("optional", "whether it may be left out") { $0.feature.isOptional },
    LuaField("description", "the author's words") { $0.feature.shortDescription },
  ]
  var luaText: String? { "\(feature.name): \(expectation)" }

  static func sequence(_ noun: String, _ model: Model, _ features: [Feature]) -> LuaKeyedSequence<FeatureRecord> {
    let records = features.map {
      FeatureRecord(feature: $0, expectation: model.expectation(of: $0), declared: model.declaredDimensions(of: $0))
    }
    return LuaKeyedSequence(
      of: noun, records.map { ($0.feature.name, $0) },
      text: { _ in records.compactMap(\.luaText).joined(separator: "\n") })
  }

  private var kind: String {
    switch feature.kind {
    case .array: "tensor"
    case .image: "image"
    case .state: "state"
    case .int64: "int64"
    case .double: "double"
    case .string: "string"
    case .dictionary: "dictionary"
    case .sequence: "sequence"
    case .unknown: "unknown"
    }
  }

  /// Extents; ranges and choices as text.
  private var shape: [LuaValue]? {
    guard let array = feature.array else { return nil }
    if let declared { return declared.map { $0.size.map { .integer($0) } ?? .string("\($0)") } }
    switch array.flexibility {
    case .fixed, .enumerated: return array.shape.map { .integer($0) }
    case .ranges(let ranges):
      return ranges.map { $0.lower == $0.upper ? .integer($0.lower) : .string("\($0.lower)…\($0.upper.map(String.init) ?? "")") }
    }
  }
}
