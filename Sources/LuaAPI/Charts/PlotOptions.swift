// SPDX-License-Identifier: Apache-2.0
// The common options of plot functions: output file and title.

import Evaluation
import Files
import LuaHost
import TextLayout

enum PlotOptions {
  private static let file = LuaOption<PathArgument?>("file", "an .svg file to write; by default the chart is displayed")
  private static let title = LuaOption<String?>("title", "headline")
  private static let ascii = LuaOption("ascii", "use only ASCII characters in the terminal", default: false)

  /// The options of a plot function: its own, followed by the common ones.
  static func table(_ name: String, _ own: [any LuaReadable]) -> LuaOptionTable {
    LuaOptionTable(name, own + [file, title, ascii])
  }

  /// Whether the chart is displayed instead of written to a file.
  static func isShown(_ options: LuaOptions) -> Bool { options[file] == nil }

  /// The default number of bars in a file.
  private static let usualBars = 40

  /// The number of bars: the option, or the number of lines that the screen has below the headings.
  static func bars(_ options: LuaOptions, _ interpreter: Interpreter) -> Int {
    guard options[file] == nil, let lines = interpreter.screen().lines else { return usualBars }
    return max(5, lines - 3)
  }

  /// Writes the chart to the given file, or displays it: as text in a terminal, as an image in a notebook.
  ///
  /// - Throws: `LuaError` for a file without the extension `.svg`, `EvaluationError.nothingToDraw`, `FileError`.
  static func deliver(_ chart: Chart, _ options: LuaOptions, of function: String, _ interpreter: Interpreter) throws {
    var chart = chart
    if let title = options[title] { chart.title = title }
    guard let path = options[file]?.path else {
      return interpreter.present(try presentation(chart, isASCII: options[ascii], interpreter.screen()))
    }
    guard path.hasSuffix(".svg") else {
      throw LuaError(.usage, "\(function): file must end in .svg, got \"\(path)\"", hint: "leave it out to see it at once")
    }
    guard options["ascii"] == nil else {
      throw LuaError(.usage, "\(function): ascii is not used with a file", hint: "it applies to charts in the terminal")
    }
    try FileReplacement.replace(path, with: SVGChart.draw(chart))
  }

  /// The chart at the width of the screen, and not higher than the screen.
  private static func presentation(_ chart: Chart, isASCII: Bool, _ screen: DisplayFrame) throws -> LuaPresentation {
    let columns = max(30, screen.columns ?? DisplayFrame.usualColumns)
    let rows = min(max(12, screen.lines ?? DisplayFrame.usualRows), max(DisplayFrame.usualRows, columns / 4))
    return LuaPresentation(
      text: try TextChart.draw(chart, width: columns, height: rows, isASCII: isASCII), forms: ["image/svg+xml": try SVGChart.draw(chart)])
  }
}
