// SPDX-License-Identifier: Apache-2.0
// The elements of `model.inputs` and `model.outputs`.

import LuaHost
import MIL
import ModelPackages
import Models
import Options

/// An input, output or state of a model.
struct FeatureRecord: LuaRecord {
  let feature: Feature
  /// A description of the feature.
  let expectation: String
  /// The extents that the program declares where the interface does not specify them.
  let declared: [Dimension]?

  static let luaName = "Feature"
  static let luaDoc = "An input, output or state of a model."
  static let luaFields: [LuaField<FeatureRecord>] = [
    LuaField("name", "its name") { $0.feature.name },
    LuaField("kind", "tensor, image, state, or another type of feature") { $0.kind },
    LuaField("dtype", "element type of a tensor") { $0.feature.array?.dtype.map { "\($0)" } },
    LuaField("shape", "extents; flexible ones are texts: \"1…32\", \"64 or 128\"") { $0.shape.map { LuaList($0) } },
    LuaField("shapes", "every shape of a tensor with enumerated ones, the default first") { $0.feature.array?.enumeratedShapes },
    LuaField("width", "pixels of an image; a flexible extent is a text") { $0.width },
    LuaField("height", "pixels of an image; a flexible extent is a text") { $0.height },
    LuaField("sizes", "every { width, height } of an image with enumerated ones, the default first") {
      $0.feature.image?.enumeratedSizes?.map { [$0.width, $0.height] }
    },
    LuaField("color", "grayscale, rgb, bgr of an image") { $0.feature.image.map { "\($0.colorSpace)" } },
    LuaField("optional", "whether it is optional") { $0.feature.isOptional },
    LuaField("description", "the description") { $0.feature.shortDescription },
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

  /// The extents; ranges and choices as text.
  private var shape: [ExtentValue]? {
    guard let array = feature.array else { return nil }
    if let declared { return declared.map { $0.size.map(ExtentValue.fixed) ?? .words("\($0)") } }
    switch array.flexibility {
    case .fixed: return array.shape.map(ExtentValue.fixed)
    case .enumerated:
      let shapes = array.enumeratedShapes ?? []
      // All enumerated shapes have the same rank.
      return array.shape.indices.map { axis in ExtentValue(choices: shapes.compactMap { axis < $0.count ? $0[axis] : nil }) }
    case .ranges(let ranges): return ranges.map { ExtentValue($0) }
    }
  }

  private var width: ExtentValue? {
    feature.image.map { image in
      if case .ranges(let widths, _) = image.flexibility { return ExtentValue(widths) }
      return ExtentValue(choices: (image.enumeratedSizes ?? [image.size]).map(\.width))
    }
  }

  private var height: ExtentValue? {
    feature.image.map { image in
      if case .ranges(_, let heights) = image.flexibility { return ExtentValue(heights) }
      return ExtentValue(choices: (image.enumeratedSizes ?? [image.size]).map(\.height))
    }
  }
}

/// An extent as a number, or a description of the possible extents.
enum ExtentValue: LuaReturnable {
  case fixed(Int)
  case words(String)

  init(_ range: SizeRange) {
    self = range.lower == range.upper ? .fixed(range.lower) : .words(range.words)
  }

  /// One of the given extents, the default first.
  init(choices: [Int]) {
    let different = Set(choices).sorted()
    self = different.count == 1 ? .fixed(different[0]) : .words(different.map(String.init).joined(separator: " or "))
  }

  static var luaType: LuaType { .union([.integer, .string]) }

  func push(to interpreter: Interpreter) throws {
    switch self {
    case .fixed(let extent): try LuaValue.integer(extent).push(to: interpreter)
    case .words(let words): try LuaValue.string(words).push(to: interpreter)
    }
  }
}
