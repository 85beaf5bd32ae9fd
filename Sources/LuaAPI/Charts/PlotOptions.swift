// SPDX-License-Identifier: Apache-2.0
// What every plot function offers: where the picture goes, and its headline.

import Evaluation
import Files
import LuaHost

enum PlotOptions {
  private static let file = LuaOption<PathArgument?>("file", "an .svg to write; shown at once when left out")
  private static let title = LuaOption<String?>("title", "headline")
  private static let ascii = LuaOption("ascii", "no characters beyond ASCII in the terminal", default: false)

  /// The options of one plot function: its own, then these.
  static func table(_ name: String, _ own: [any LuaOptionDeclaration]) -> LuaOptionTable {
    LuaOptionTable(name, own + [file, title, ascii])
  }

  /// Writes the chart to the file that was named, or shows it: as text in a terminal, as a picture in a notebook.
  ///
  /// - Throws: `LuaError` for a file that is no `.svg`, `EvaluationError.nothingToDraw`, `FileError`.
  static func deliver(_ chart: Chart, _ options: LuaOptions, of function: String, _ interpreter: Interpreter) throws {
    var chart = chart
    if let title = options[title] { chart.title = title }
    guard let path = options[file]?.path else {
      return interpreter.present(try presentation(chart, isASCII: options[ascii]))
    }
    guard path.hasSuffix(".svg") else {
      throw LuaError(.usage, "\(function): file must end in .svg, got \"\(path)\"", hint: "leave it out to see it at once")
    }
    guard options["ascii"] == nil else {
      throw LuaError(.usage, "\(function): ascii is not used with a file", hint: "it is about drawings in the terminal")
    }
    try FileReplacement.replace(path, with: SVGChart.draw(chart))
  }

  private static func presentation(_ chart: Chart, isASCII: Bool) throws -> LuaPresentation {
    LuaPresentation(
      text: try TextChart.draw(chart, isASCII: isASCII), forms: ["image/svg+xml": try SVGChart.draw(chart)])
  }
}
