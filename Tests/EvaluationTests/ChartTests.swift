// SPDX-License-Identifier: Apache-2.0
// Ticks by hand and as properties; charts as structure (SVG) and as golden text (terminal).

import Evaluation
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing
import TextLayout

@Suite struct ChartTests {
  @Test func linearTicks() {
    #expect(Ticks.linear(0...1, target: 5).map(\.label) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Ticks.linear(-1...1, target: 4).map(\.label) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(Ticks.linear(0.9874...0.9938, target: 4).map(\.label) == ["0.988", "0.990", "0.992"])
    #expect(Ticks.linear(3...320, target: 6).map(\.label) == ["100", "200", "300"])
    #expect(Ticks.linear(3.2e-6...3.4e-6, target: 2).map(\.label) == ["3.2e-6", "3.3e-6", "3.4e-6"])
    #expect(Ticks.linear(0...3e9, target: 3).map(\.label) == ["0", "1e9", "2e9", "3e9"])
  }

  @Test func logarithmicTicks() {
    #expect(Ticks.logarithmic(20...400, target: 6).map(\.label) == ["20", "50", "100", "200"])
    #expect(Ticks.logarithmic(20...200, target: 7).map(\.label) == ["20", "30", "50", "70", "100", "150", "200"])
    #expect(Ticks.logarithmic(0.5...2000, target: 5).map(\.label) == ["1", "10", "100", "1000"])
    #expect(Ticks.logarithmic(90...110, target: 4).map(\.label) == ["90", "95", "100", "105", "110"])
    #expect(Ticks.logarithmic(1e-9...1e9, target: 4).count <= 5)
  }

  @Test(arguments: 0..<60)
  func tickLaws(_ seed: UInt64) {
    var random = Numbers(seed)
    let low = random.next() * 100 - 50
    let range = low...low + pow(10, random.next() * 12 - 6)
    for target in 2...9 {
      let ticks = Ticks.linear(range, target: target)
      let values = ticks.map(\.value)
      #expect((2...2 * target + 1).contains(values.count), "\(range) \(target): \(values)")
      #expect(values == values.sorted() && Set(ticks.map(\.label)).count == ticks.count)
      let span = range.upperBound - range.lowerBound
      #expect(values.allSatisfy { $0 >= range.lowerBound - span * 1e-6 && $0 <= range.upperBound + span * 1e-6 })
    }
  }

  static let chart = Chart(
    title: "accuracy against size", x: .init("size", unit: "kB", scale: .log), y: .init("accuracy"),
    series: [
      .init(
        "palettized",
        points: [.init(x: 42.4, y: 0.9924, interval: 0.9905...0.9939, label: "pal4"), .init(x: 22.8, y: 0.9894, label: "dim 2")]),
      .init("quantized", points: [.init(x: 83.1, y: 0.9929, label: "int8 <&>")]),
      .init("pruned", points: [.init(x: 170.9, y: 0.9907, label: "mag50", isFaded: true)]),
      .init("front", style: .step, points: [.init(x: 22.8, y: 0.9894), .init(x: 42.4, y: 0.9924), .init(x: 83.1, y: 0.9929)]),
    ], baseline: .init(0.9928, label: "baseline"), tolerance: 0.9908...0.9928)

  /// Names and attributes of all elements.
  final class Elements: NSObject, XMLParserDelegate {
    var found: [(name: String, attributes: [String: String])] = []
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
    ) { found.append((name, attributes)) }

    static func of(_ text: String) -> [(name: String, attributes: [String: String])]? {
      let parser = XMLParser(data: Data(text.utf8))
      let elements = Elements()
      parser.delegate = elements
      return parser.parse() ? elements.found : nil
    }
  }

  @Test func svgStructure() throws {
    let text = try SVGChart.draw(Self.chart)
    let elements = try #require(Elements.of(text), "well-formed XML")
    // Marks: two discs, one square, one triangle; each series but the front once more in the legend.
    #expect(elements.filter { $0.name == "circle" }.count == 3)
    #expect(elements.filter { $0.name == "polygon" }.count == 4)
    #expect(elements.filter { $0.name == "polyline" }.count == 1)
    #expect(text.contains("int8 &lt;&amp;&gt;") && !text.contains("int8 <"))
    #expect(elements.filter { $0.attributes["stroke-dasharray"] != nil }.count == 1)
    // Smaller lies to the left, better lies above.
    let discs = elements.filter { $0.name == "circle" }.prefix(2).map {
      ($0.attributes["cx"].flatMap(Double.init) ?? 0, $0.attributes["cy"].flatMap(Double.init) ?? 0)
    }
    #expect(discs[0].0 > discs[1].0 && discs[0].1 < discs[1].1)
    for name in ["pal4", "dim 2", "mag50", "baseline", "palettized", "tolerance", "size (kB)"] {
      #expect(text.contains(">\(name)</text>"), "\(name)")
    }
    #expect(try SVGChart.draw(Self.chart) == text)
  }

  @Test func labelsNeverTouch() throws {
    var random = Numbers(5)
    let points = (0..<40).map { Chart.Point(x: random.next(), y: random.next(), label: "candidate \($0)") }
    let text = try SVGChart.draw(Chart(x: .init("x"), y: .init("y"), series: [.init("s", points: points)]))
    let boxes = try #require(Elements.of(text)).filter { $0.name == "text" && $0.attributes["font-size"] == "11.5" }.map { element in
      let anchor = element.attributes["text-anchor"]
      let left = (element.attributes["x"].flatMap(Double.init) ?? 0) - (anchor == "end" ? 60 : anchor == "middle" ? 30 : 0)
      return (x: left, y: element.attributes["y"].flatMap(Double.init) ?? 0)
    }
    #expect(boxes.count > 15, "most labels find a place")
    for (i, a) in boxes.enumerated() {
      // "candidate 0" at 11.5 pixels is at least 60 wide and 11 high.
      for b in boxes[(i + 1)...] { #expect(abs(a.x - b.x) >= 60 || abs(a.y - b.y) >= 11) }
    }
  }

  @Test func outsideTheFocus() throws {
    var chart = Self.chart
    chart.series[2].points[0].y = 0.5
    chart.focus = 0.98...2
    let text = try SVGChart.draw(chart)
    #expect(text.contains(">mag50 ↓ 0.5000</text>"))
    #expect(text.contains("accuracy: 0.50000"), "the tooltip keeps the true value")
    #expect(text.contains(">0.990</text>"), "the others are not squeezed together")
    #expect(try TextChart.draw(chart, width: 80).contains("mag50 ↓ 0.5000"))
  }

  @Test func hostileText() throws {
    let nasty = "\u{0}<&\"'>]]>\u{1B}\u{FFFF}"
    let chart = Chart(
      title: nasty, x: .init(nasty), y: .init(nasty),
      series: [.init(nasty, points: [.init(x: 1, y: 1, label: nasty)]), .init(nasty, points: [])])
    #expect(Elements.of(try SVGChart.draw(chart)) != nil)
    let text = try TextChart.draw(chart)
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
  }

  @Test func whatHasNoPlaceIsSaid() throws {
    let chart = Chart(
      x: .init("x", scale: .log), y: .init("y"),
      series: [.init("s", points: [.init(x: 1, y: 2), .init(x: 0, y: 2, label: "zero"), .init(x: 1, y: .infinity, label: "exact")])])
    #expect(try SVGChart.draw(chart).contains("not shown (no finite position on the axes): zero, exact"))
    #expect(try TextChart.draw(chart).contains("not shown (no finite position on the axes): zero, exact"))
    let empty = Chart(x: .init("x"), y: .init("y"), series: [.init("s", points: [.init(x: .nan, y: 1)])])
    #expect(failure { _ = try SVGChart.draw(empty) } == .nothingToDraw)
    #expect(failure { _ = try TextChart.draw(empty) } == .nothingToDraw)
    #expect(
      failure { _ = try TextChart.draw(chart, width: 5) } == .badOption(name: "size", value: "5×24", allowed: "30×12 cells and above"))
  }

  @Test func inTheTerminal() throws {
    #expect(try TextChart.draw(Self.chart, width: 70, height: 20) == Golden.unicode)
    #expect(try TextChart.draw(Self.chart, width: 60, height: 16, isASCII: true) == Golden.ascii)
    #expect(Golden.ascii.utf8.allSatisfy { $0 < 0x80 })
  }

  @Test(arguments: [(30, 12), (50, 16), (100, 30)], [false, true])
  func textKeepsItsWidth(_ size: (width: Int, height: Int), _ isASCII: Bool) throws {
    let lines = try TextChart.draw(Self.chart, width: size.width, height: size.height, isASCII: isASCII).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= size.width })
    #expect(lines.count <= max(size.height, 14), "a narrow chart's legend takes lines of its own")
  }
}

/// A few reproducible numbers in 0..<1 (a linear congruential generator).
struct Numbers {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }
}
