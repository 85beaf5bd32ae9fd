// SPDX-License-Identifier: Apache-2.0
// The catalogue against coremltools' own: names, inputs, element types, opset by opset; and its page in docs/.

import Foundation
import MIL
import Operators
import Tensors
import Testing

@Suite("Catalogue") struct CatalogueTests {
  /// `catalogue.txt` of Tests/Fixtures/catalogue, made by the script beside it.
  private static let lines: [CatalogueLine] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/catalogue/catalogue.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { CatalogueLine($0) }
  }()

  @Test func signaturesAreThoseOfCoremltools() {
    #expect(Self.lines.count > 180)
    var differences: Set<String> = []
    var seen: Set<String> = []
    for line in Self.lines {
      guard let op = Catalogue.find(named: line.name) else {
        differences.insert("\(line.name): missing")
        continue
      }
      let signature = op.signature
      if seen.insert(line.name).inserted, signature.since != line.opset {
        differences.insert("\(line.name): since \(signature.since), not \(line.opset)")
      }
      for input in line.inputs {
        guard let parameter = signature.parameter(input.name), parameter.since <= line.opset else {
          differences.insert("\(line.name) \(line.opset): no \(input.name)")
          continue
        }
        let isRequired = if case .required = parameter.presence { true } else { false }
        if isRequired == input.isOptional {
          differences.insert("\(line.name) \(line.opset): \(input.name) is \(isRequired ? "required" : "optional")")
        }
        let own = Set(parameter.domain.dtypes.filter { $0.value <= line.opset }.keys.map(\.name))
        if !input.types.isEmpty, own != input.types {
          let (more, less) = (own.subtracting(input.types).sorted(), input.types.subtracting(own).sorted())
          differences.insert("\(line.name) \(line.opset): \(input.name) +\(more) -\(less)")
        }
      }
    }
    #expect(differences.sorted() == Self.differences)
  }

  /// Where Wane's catalogue is another on purpose.
  private static let differences = [
    // Operators of neural networks and of the converter, which no ML Program can hold.
    "_const_symbolic: missing", "conv_quantized: missing",
    // What coremltools always writes and Core ML can do without.
    "avg_pool iOS15: pad_type is optional", "constexpr_lut_to_dense iOS16: shape is optional",
    "constexpr_sparse_to_dense iOS16: shape is optional", "l2_pool iOS15: pad_type is optional",
    "max_pool iOS15: pad_type is optional", "non_maximum_suppression iOS15: score_threshold is optional",
    // Sparse masks and values of programs that were compressed in two steps.
    #"constexpr_sparse_to_dense iOS16: nonzero_data +["int4", "uint4"] -[]"#,
    #"constexpr_sparse_to_dense iOS18: mask +["uint8"] -[]"#,
    // roi until iOS16, boxes from iOS17 on: required by the operator itself.
    "crop_resize iOS15: roi is optional", "crop_resize iOS16: roi is optional", "crop_resize iOS17: boxes is optional",
  ].sorted()

  /// `docs/operators.md` says what the catalogue says. With WANE_WRITE_DOCS set it is written, not checked: scripts/operators.
  @Test func thePageIsCurrent() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appendingPathComponent("docs/operators.md")
    if ProcessInfo.processInfo.environment["WANE_WRITE_DOCS"] != nil {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try OperatorsPage.text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == OperatorsPage.text, "run scripts/operators")
  }
}

/// One line of the fixture.
private struct CatalogueLine {
  let name: String
  let opset: Opset
  /// Inputs that are values; blocks, whose names start with an underscore, are left out.
  let inputs: [(name: String, isOptional: Bool, types: Set<String>)]

  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard words.count >= 2, let opset = Opset.allCases.first(where: { "\($0)" == words[1] }) else { return nil }
    name = String(words[0])
    self.opset = opset
    inputs = words.dropFirst(2).filter { !$0.hasPrefix("_") }.map { word in
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      let isOptional = parts[0].hasSuffix("?")
      return (String(isOptional ? parts[0].dropLast() : parts[0]), isOptional, Set(parts[1].split(separator: ",").map(String.init)))
    }
  }
}
