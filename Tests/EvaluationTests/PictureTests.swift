// SPDX-License-Identifier: Apache-2.0
// Bars, histograms and heat maps: numbers by hand, drawings as structure and as text.

import Evaluation
import Foundation
import Testing
import TextLayout

@Suite struct PictureTests {
  typealias Elements = ChartTests.Elements

  static func bars() throws -> Chart {
    try Chart(
      .bars,
      [
        ChartRow(x: .name("conv1"), y: .number(20), group: "palettized"), ChartRow(x: .name("a <b>"), y: .number(5), group: "pruned"),
        ChartRow(x: .name("conv1"), y: .number(40), group: "palettized"),
      ], x: .init(""), y: .init("SNR", unit: "dB"), title: "Bars")
  }

  @Test func barsAreAsLongAsTheirValues() throws {
    let elements = try #require(Elements.of(try SVGChart.draw(Self.bars())))
    // The background is 820 wide; legend boxes are 15.
    let widths = elements.filter { $0.name == "rect" }.compactMap { $0.attributes["width"].flatMap(Double.init) }.filter {
      $0 != 820 && $0 != 15
    }
    #expect(widths.count == 3)
    // In the order of the series: both palettized ones, then the pruned one; 20 : 40 : 5.
    #expect(abs(widths[1] / widths[0] - 2) < 0.01 && abs(widths[0] / widths[2] - 4) < 0.01)
  }

  @Test func barsInTheTerminal() throws {
    // 40 cells: names 5, values 2, gaps 4 leave 29; 20 of 40 is 14.5 cells, 5 of 40 is 3.625.
    #expect(
      try TextChart.draw(Self.bars(), width: 40) == """
        Bars
               SNR (dB)
        conv1  ██████████████▌ 20
        a <b>  ███▋ 5
        conv1  █████████████████████████████ 40
        """)
    #expect(try TextChart.draw(Self.bars(), width: 40, isASCII: true).contains("a <b>  #### 5"))
  }

  @Test func barsBelowZeroGoToTheLeft() throws {
    let chart = try Chart(
      .bars, [ChartRow(x: .name("a"), y: .number(-10)), ChartRow(x: .name("b"), y: .number(10))], x: .init(""), y: .init("dB"), title: "")
    // 30 cells: name 1, value 3, gaps 4 leave 22; zero stands at 11.
    let lines = try TextChart.draw(chart, width: 30, isASCII: true).split(separator: "\n")
    #expect(lines[1] == "a  ########### -10" && lines[2] == "b             ########### 10")
    #expect(Elements.of(try SVGChart.draw(chart)) != nil)
  }

  @Test func longAndWideLabelsAreShownAsFarAsTheyFit() throws {
    let long = "palettize{ nbits = 4, granularity = \"per_grouped_channel\", group_size = 16 }"
    let chart = try Chart(
      .points,
      [
        ChartRow(x: .number(1), y: .number(1), label: long), ChartRow(x: .number(2), y: .number(2), label: "量子化"),
        ChartRow(x: .number(3), y: .number(1.5), label: "c"),
      ], x: .init("x"), y: .init("y"), title: "")
    for width in [40, 80, 200] {
      let text = try TextChart.draw(chart, width: width)
      #expect(text.contains("量子化") && text.contains("palettize"), "\(text)")
      for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= width, "\(text)") }
    }
    let svg = try SVGChart.draw(chart)
    #expect(svg.contains(">palettize{ nbits = 4") && svg.contains("…</text>"))
    #expect(svg.contains("group_size = 16 }"), "the tooltip has all of it")
  }

  @Test func histogramCountsByHand() throws {
    // Two bins over -1…1: before 3 and 1 values, after 2 and 2.
    let chart = try Chart.histogram(
      [.init("before", [-1, -0.9, -0.2, 1]), .init("after", [-0.5, -0.5, 0.5, 0.5])], bins: 2, axis: "w", title: "h")
    #expect(chart.series.map(\.style) == [.columns(width: 1), .columns(width: 1)])
    #expect(chart.series[0].points.map(\.y) == [1, 1.0 / 3])
    #expect(chart.series[0].points.map(\.label) == ["3 weights", "1 weights"])
    #expect(chart.series[1].points.map(\.y) == [1, 1])
    #expect(chart.rules == Chart.Rules([-0.5, 0.5], label: "the 2 values after"))
  }

  @Test func manyZerosAreLeftOut() throws {
    let chart = try Chart.histogram([.init("pruned", [0, 0, 0, 1, 2, 3, .nan])], bins: 3, axis: "w", title: "h")
    #expect(chart.series[0].name == "pruned, without its zeros (50.0 %)")
    // 1 lies in 1…2, 2 and 3 in 2…3.
    #expect(chart.series[0].points.map(\.y) == [0, 0.5, 1] && chart.rules == nil)
  }

  @Test func histogramsOfLittle() throws {
    #expect(failure { _ = try Chart.histogram([.init("x", [.nan])], axis: "w", title: "") } == .nothingToDraw)
    for values in [[Float(0)], [5], [0, 0, 0], [-1e30, 1e30]] {
      let chart = try Chart.histogram([.init("x", values)], axis: "w", title: "")
      #expect(Elements.of(try SVGChart.draw(chart)) != nil)
      #expect(try !TextChart.draw(chart).isEmpty)
    }
  }

  static func heat() throws -> Chart {
    let rows = [(4.0, 8.0, 30.0), (2, 8, 10), (2, 16, 20), (4, 16, .nan)].map {
      ChartRow(x: .number($0.0), y: .number($0.1), value: $0.2)
    }
    return try Chart(.heatmap, rows, x: .init("nbits"), y: .init("group"), color: .init("snr"), title: "")
  }

  @Test func heatMapsSortTheirAxes() throws {
    let chart = try Self.heat()
    #expect(chart.x.categories == ["2", "4"] && chart.y.categories == ["8", "16"])
    #expect(
      try TextChart.draw(chart, width: 40) == """
        snr
        group \\ nbits         2         4
        ─────────────────────────────────
        8              10.00 ░░  30.00 ██
        16             20.00 ▓▓    nan
        """)
    let text = try SVGChart.draw(chart)
    let elements = try #require(Elements.of(text))
    let fills = elements.filter { $0.name == "rect" }.compactMap { $0.attributes["fill"] }
    #expect(fills.contains("#3d2670") && fills.contains("#fde74c"), "the ends of the scale")
    #expect(text.contains("nbits: 4\ngroup: 8\nsnr: 30.000"))
  }

  @Test func linesJoinByRisingX() throws {
    let rows = [(3.0, 1.0, "b"), (1, 2, "b"), (2, 5, "a")].map { ChartRow(x: .number($0.0), y: .number($0.1), group: $0.2) }
    let chart = try Chart(.line, rows, x: .init("x"), y: .init("y"), title: "")
    #expect(chart.series.map(\.name) == ["b", "a"] && chart.series[0].points.map(\.x) == [1, 3])
    #expect(
      failure { _ = try Chart(.points, [ChartRow(x: .number(1), y: .name("q"))], x: .init("x"), y: .init("y"), title: "") }
        == .badOption(name: "y", value: "\"q\"", allowed: "numbers"))
  }

  @Test(arguments: ChartKind.allCases)
  func hostileNames(_ kind: ChartKind) throws {
    let nasty = "\u{0}</text><script>alert(1)</script>&\"'\u{1B}[31m\u{202E}"
    let long = String(repeating: "encoder.layer.", count: 40)
    let rows = [nasty, long, "日本語の名前"].enumerated().map {
      ChartRow(x: .name($0.element), y: .number(Double($0.offset)), value: 1, label: $0.element, group: $0.element)
    }
    let chart = try Chart(kind, rows, x: .init(nasty), y: .init(nasty), color: .init(nasty), title: nasty)
    let text = try SVGChart.draw(chart)
    #expect(Elements.of(text) != nil && !text.contains("<script"))
    let lines = try TextChart.draw(chart).split(separator: "\n")
    #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= 80 })
    #expect(lines.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }
}
