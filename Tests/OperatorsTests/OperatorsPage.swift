// SPDX-License-Identifier: Apache-2.0
// Generates docs/operators.md from the catalog.

import MIL
import Operators
import Tensors

enum OperatorsPage {
  static var text: String {
    var lines = [
      "# Operators",
      "",
      "Written by `scripts/operators` from the catalogue in `Sources/Operators`; a test checks that it is current.",
      "",
      "\(Catalogue.all.count) operators of ML Programs, iOS15 to iOS18. *Since*: the first opset that has the operator. An input",
      "with `?` may be left out, one with `=` is then that value, one with `…` takes several values. Element types are for iOS15;",
      "`iOS17:` and the like say what later opsets add. Inputs with the same letter in brackets have the same element type.",
      "",
      "*Gradient*: whether training goes through the operator; if not, why.",
      "",
      "All floats are computed in 32 bits, 64-bit integers in 32; `precision = \"float16\"` rounds after every operator.",
    ]
    for family in Catalogue.families {
      lines += ["", "## \(family.name)", "", "| Operator | Since | Gradient | Inputs |", "|---|---|---|---|"]
      for op in family.operators.sorted(by: { $0.signature.name < $1.signature.name }) {
        lines.append("| `\(op.signature.name)` | \(op.signature.since) | \(gradient(op)) | \(inputs(op)) |")
      }
    }
    lines += ["", training]
    for family in Catalogue.trainingFamilies {
      lines += ["", "### \(family.name)", "", "| Operator | Inputs |", "|---|---|"]
      for op in family.operators.sorted(by: { $0.signature.name < $1.signature.name }) {
        lines.append("| `\(op.signature.name)` | \(inputs(op)) |")
      }
    }
    return (lines + ["", exceptions, conformance]).joined(separator: "\n")
  }

  private static func inputs(_ op: any Operator.Type) -> String {
    op.signature.parameters.map { describe($0, of: op.signature) }.joined(separator: "<br>")
  }

  private static func gradient(_ op: any Operator.Type) -> String {
    if case .none(let reason) = op.gradient { return "no: \(reason)" }
    return "yes"
  }

  private static let training = """
    ## In training only

    These are not operators of MIL. Programs have them while they are trained; they print, are verified and run like the others,
    but no package can be saved with them.
    """

  private static func describe(_ parameter: Parameter, of signature: Signature) -> String {
    var text = "`\(parameter.name)`"
    if parameter.isVariadic { text += "…" }
    switch parameter.presence {
    case .required: break
    case .optional: text += "?"
    case .defaultsTo(let value): text += " = \(describe(value))"
    }
    if parameter.since > signature.since { text += " (\(parameter.since))" }
    return text + " " + describe(parameter.domain, from: max(parameter.since, signature.since))
  }

  private static func describe(_ value: DefaultValue) -> String {
    switch value {
    case .bool(let v): "\(v)"
    case .int(let v): "\(v)"
    case .ints(let v): "\(v)"
    case .float(let v): "\(v)"
    case .string(let v): "\"\(v)\""
    }
  }

  private static func describe(_ domain: Domain, from first: Opset) -> String {
    guard domain.dtypes.count < DType.allCases.count else { return "any" }
    var words: [String] = []
    for opset in Opset.allCases where opset >= first {
      let added = domain.dtypes.filter { max($0.value, first) == opset }.keys.map(\.name).sorted()
      if !added.isEmpty { words.append((opset == first ? "" : "iOS\(opset.rawValue + 10): ") + added.joined(separator: " ")) }
    }
    let letter = domain.letter(in: .iOS18).map { " [\($0)]" } ?? ""
    return words.joined(separator: "; ") + letter
  }

  private static let exceptions = """
    ## Where Wane differs from Core ML

    | What | Why |
    |---|---|
    | `crop_resize` of a box outside of the image, `UNALIGN_CORNERS`, corners exchanged: padding, where Core ML gives the whole image | the documented formula gives points outside, which are padding |
    | `list_write`, `list_scatter` beyond the end of a list made with `dynamic_length = false`: the list grows | a file's types do not say whether a list may grow |
    | `validate_indices` with an index out of range: an error naming operator, index and extent | Core ML's own sentence names its engines |
    | `scatter*` without `validate_indices`, an index out of range: nothing is written there | documented as undefined |
    | `gather*` without `validate_indices`, an index out of range: the nearest valid one is read | documented as undefined |
    | `resize` of `int32` by `LINEAR`: refused | how Core ML rounds is not documented |
    | `random_*`: other numbers than Core ML's for the same seed | Apple's generators are not published; Wane's are seeded and reproducible |
    | `const` of `int64`, `uint64`, `float64`: computed as `int32`, `float32` | so does Core ML |

    Neural networks and pipelines are no ML Programs: their layers are not operators, and Wane does not load them.

    """
}
