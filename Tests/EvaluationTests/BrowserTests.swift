// SPDX-License-Identifier: Apache-2.0
// The layout of the page and the charts in a real browser. Skipped if Chromium is not installed.

import Evaluation
import Foundation
import Testing

/// A headless Chromium.
enum Browser {
  static let absence: Comment = "no chromium, chromium-browser or google-chrome in PATH"

  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return ["chromium", "chromium-browser", "google-chrome"].lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// The document of the page after running its scripts and `script`, which stores its answer as JSON in `answer`.
  static func answer<Answer: Decodable>(of page: String, _ script: String, as type: Answer.Type) throws -> Answer {
    try withTemporaryFolder { folder in
      let asking = page.replacing(
        "</body>",
        with: """
          <script>{ let answer; \(script)
          const place = document.body.appendChild(document.createElement("pre")); place.id = "answer";
          place.textContent = JSON.stringify(answer); }</script></body>
          """)
      try asking.write(toFile: folder + "/page.html", atomically: true, encoding: .utf8)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(path))
      process.arguments = [
        "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,900", "--user-data-dir=\(folder)/profile", "--dump-dom",
        "file://\(folder)/page.html",
      ]
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let start = try #require(text.firstRange(of: "<pre id=\"answer\">"), "the script ran")
      let end = try #require(text[start.upperBound...].firstRange(of: "</pre>"))
      let json = text[start.upperBound..<end.lowerBound].replacing("&lt;", with: "<").replacing("&gt;", with: ">")
        .replacing("&amp;", with: "&")
      return try JSONDecoder().decode(Answer.self, from: Data(json.utf8))
    }
  }

  /// A page that contains only a chart.
  static func page(of svg: String) -> String { "<!DOCTYPE html><html><body>\(svg)</body></html>" }
}

@Suite(.enabled(if: Browser.path != nil, Browser.absence))
struct BrowserTests {
  private static let hostile = "<img src=x onerror=alert(1)> & \"co\""

  private static func page() throws -> String {
    let rows = ComparisonTests.report.rows + [ComparisonTests.row(hostile, 5000, 0.95, snr: 2, group: "<b>")]
    return try ComparisonReport(
      rows: rows, samples: 10, environment: RunEnvironment([.init("processor", "<i>fast</i>")])
    ).toHTML(title: hostile, maxDrop: 0.005)
  }

  @Test func theTableSortsByAClick() throws {
    let script = """
      const column = n => [...document.querySelectorAll("tbody tr")].map(row => row.cells[n].textContent);
      const click = n => document.querySelectorAll("th")[n].click();
      click(1); const rising = column(1); click(1); const falling = column(1); click(0);
      answer = { rising, falling, names: column(0) };
      """
    struct Answer: Decodable { let rising, falling, names: [String] }
    let answer = try Browser.answer(of: Self.page(), script, as: Answer.self)
    #expect(answer.rising == ["5.0", "22.8", "32.7", "42.4", "83.1", "91.6", "319.4"])
    #expect(answer.falling == answer.rising.reversed())
    #expect(answer.names.first == Self.hostile && answer.names.last == "pal4 dim 2")
  }

  @Test func marksTellTheirValues() throws {
    let script = """
      const mark = [...document.querySelectorAll("svg *")].find(m => (m.getAttribute("aria-label") || "").startsWith("pal4\\n"));
      mark.dispatchEvent(new PointerEvent("pointermove", { clientX: 50, clientY: 60 }));
      const tip = document.getElementById("tip");
      answer = { text: tip.textContent, shown: getComputedStyle(tip).display,
        hot: [...document.querySelectorAll("tr.hot")].map(r => r.cells[0].textContent) };
      """
    struct Answer: Decodable { let text, shown: String, hot: [String] }
    let answer = try Browser.answer(of: Self.page(), script, as: Answer.self)
    #expect(answer.text.hasPrefix("pal4\nsize (kB): 42.368\naccuracy: 0.99240") && answer.shown == "block")
    #expect(answer.hot == ["pal4"])
  }

  @Test func hostileNamesStayText() throws {
    let script = """
      answer = { elements: document.querySelectorAll("img, b, i").length, heading: document.querySelector("h1").textContent };
      """
    struct Answer: Decodable { let elements: Int, heading: String }
    let answer = try Browser.answer(of: Self.page(), script, as: Answer.self)
    #expect(answer.elements == 0 && answer.heading == Self.hostile)
  }

  @Test func longNamesAreBrokenRatherThanThePageWidened() throws {
    let name = String(repeating: "a candidate whose name says it all; ", count: 6)
    let rows = ComparisonTests.report.rows + [ComparisonTests.row(name, 5000, 0.95, snr: 2, group: "g")]
    let page = try ComparisonReport(rows: rows, samples: 10, environment: RunEnvironment([])).toHTML(title: "t", maxDrop: 0.005)
    struct Answer: Decodable { let page, window: Int }
    let answer = try Browser.answer(
      of: page, "answer = { page: document.documentElement.scrollWidth, window: document.documentElement.clientWidth };", as: Answer.self)
    #expect(answer.page <= answer.window)
  }

  /// Points in one place, below zero, and with names longer than the picture.
  private static func crowded() throws -> Chart {
    let label = "palettize{ nbits = 4, granularity = \"per_grouped_channel\", group_size = 16, cluster_dim = 2, weight_threshold = 0 }"
    let places: [(x: Double, y: Double)] = [(1, -2), (1, -2), (1, -2), (4, -4000), (5, -5000), (6, -6000), (6, 0)]
    let rows = places.map { place in ChartRow(x: .number(place.x), y: .number(place.y), label: label) }
    return try Chart(.points, rows, x: .init("x"), y: .init("y"), title: "crowded")
  }

  private static func pictures() throws -> [(name: String, chart: Chart)] {
    [
      ("crowded", try crowded()),
      ("trade-off", try ComparisonTests.report.chart(maxDrop: 0.005)), ("points", ChartTests.chart), ("bars", try PictureTests.bars()),
      ("heat", try PictureTests.heat()),
      ("histogram", try Chart.histogram([.init("before", [0, 0.1, 0.3, 1]), .init("after", [0.25, 0.75])], axis: "w", title: "h")),
    ]
  }

  /// With the browser's own font, not with the widths the layout reckoned with.
  @Test func noTextCoversAnotherOrLeavesThePicture() throws {
    let script = """
      const svg = document.querySelector("svg"), frame = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
      const pad = 1, faults = [];
      texts.forEach(([a, p], i) => {
        if (p.left < frame.left - pad || p.right > frame.right + pad || p.top < frame.top - pad || p.bottom > frame.bottom + pad)
          faults.push(a + " leaves the picture");
        texts.slice(i + 1).forEach(([b, q]) => {
          if (p.left + pad < q.right && q.left + pad < p.right && p.top + 3 < q.bottom && q.top + 3 < p.bottom) faults.push(a + " / " + b);
        });
      });
      answer = { faults, count: texts.length };
      """
    struct Answer: Decodable { let faults: [String], count: Int }
    for (name, chart) in try Self.pictures() {
      let answer = try Browser.answer(of: Browser.page(of: SVGChart.draw(chart)), script, as: Answer.self)
      #expect(answer.faults.isEmpty, "\(name): \(answer.faults)")
      #expect(answer.count > 5)
    }
  }
}
