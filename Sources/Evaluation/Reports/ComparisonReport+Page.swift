// SPDX-License-Identifier: Apache-2.0
// A comparison as a self-contained web page.

extension ComparisonReport {
  /// The report as a single HTML page: charts with tooltips, a table that is sorted by clicking its header, the
  /// recipe, interface and weights of each row, and the environment of the measurements. The page loads no external
  /// resources, and all external text is escaped.
  ///
  /// - Parameter maxDrop: also draws this tolerance, and names the smallest row within it.
  package func toHTML(title: String = "Comparison", maxDrop: Double? = nil) throws -> String {
    let recipes = rows.filter { !$0.recipe.isEmpty }.map { ($0.name, $0.recipe.joined(separator: "\n")) }
    let facts = environment.facts.map { ($0.name, $0.value) }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(SVGText.escaped(title))</title>
      <style>
      \(ReportPage.style)
      </style>
      </head>
      <body>
      <h1>\(SVGText.escaped(title))</h1>
      <p>\(SVGText.escaped(try summary(maxDrop)))</p>
      \(remark.map { "<p><strong>\(SVGText.escaped($0))</strong></p>\n" } ?? "")\
      \(try pictures(maxDrop))<div class="scroll">
      \(table.html)</div>
      \(list("Recipes", "recipes", recipes))\(models)\(list("Data", "data", data.map { ($0.name, $0.value) }))\
      \(list("Environment", "environment", facts))<script>
      \(ReportPage.script)
      </script>
      </body>
      </html>

      """
  }

  /// A heading and a list of names with their values; empty if there are none.
  private func list(_ heading: String, _ kind: String, _ entries: [(name: String, value: String)]) -> String {
    guard !entries.isEmpty else { return "" }
    let lines = entries.map { "<dt>\(SVGText.escaped($0.name))</dt><dd>\(SVGText.escaped($0.value))</dd>\n" }
    return "<h2>\(heading)</h2>\n<dl class=\"\(kind)\">\n\(lines.joined())</dl>\n"
  }

  /// The target, interface and weights of each row, initially collapsed.
  private var models: String {
    let described = rows.filter { !$0.description.isEmpty }
    guard !described.isEmpty else { return "" }
    return "<h2>Models</h2>\n" + described.map(section).joined()
  }

  private func section(_ row: Row) -> String {
    let facts = row.description.facts.map { "<dt>\(SVGText.escaped($0.name))</dt><dd>\(SVGText.escaped($0.value))</dd>\n" }.joined()
    let steps = row.description.steps.map {
      "<h3>\(SVGText.escaped($0.title))</h3>\n<div class=\"scroll\">\n\($0.weights.html)</div>\n"
    }.joined()
    return "<details class=\"model\">\n<summary>\(SVGText.escaped(row.name))</summary>\n<dl>\n\(facts)</dl>\n\(steps)</details>\n"
  }

  /// A summary, with the smallest row within the tolerance.
  private func summary(_ maxDrop: Double?) throws -> String {
    let counted = "\(rows.count) model\(rows.count == 1 ? "" : "s") on \(samples) sample\(samples == 1 ? "" : "s")."
    guard let maxDrop, let metric = mainMetric else { return counted }
    guard let best = try best(Limits(maxDrop: maxDrop)), !best.isBaseline else {
      return "\(counted) None smaller than the baseline loses at most \(maxDrop) of \(metric)."
    }
    let ratio = best.ratio.map { ", \(Quantity.significant($0, 3))× smaller than the baseline" } ?? ""
    return "\(counted) The smallest that loses at most \(maxDrop) of \(metric): \(best.name)\(ratio)."
  }

  /// The main metric against size, then latency; the other metrics are initially collapsed.
  private func pictures(_ maxDrop: Double?) throws -> String {
    func figure(_ y: String, _ maxDrop: Double? = nil) throws -> String? {
      do {
        return "<figure>\n\(try SVGChart.draw(chart(y: y, maxDrop: maxDrop), width: 900))</figure>\n"
      } catch EvaluationError.nothingToDraw {
        return nil
      }
    }
    guard let main = mainMetric else { return "" }
    var text = try figure(main, maxDrop) ?? "<p>No finite values to draw.</p>\n"
    let others = columns.filter { !["size", "ratio", main].contains($0) }
    for column in others {
      guard let figure = try figure(column) else { continue }
      text += "<details>\n<summary>\(SVGText.escaped(column)) against size</summary>\n\(figure)</details>\n"
    }
    return text
  }
}

/// The static parts of the page.
private enum ReportPage {
  static let style = """
    body { font: 14px/1.5 Helvetica, Arial, sans-serif; color: #24292f; max-width: 1080px; margin: 2em auto; padding: 0 1em; }
    h1 { font-size: 1.6em; margin-bottom: .2em; }
    h2 { font-size: 1.15em; margin-top: 2em; }
    h3 { font-size: 1em; font-weight: 600; overflow-wrap: anywhere; }
    figure { margin: 1em 0; }
    svg { display: block; max-width: 100%; height: auto; }
    summary { cursor: pointer; color: #0072b2; margin: .5em 0; }
    .scroll { overflow-x: auto; margin-top: 1.5em; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { padding: .35em .6em; border-bottom: 1px solid #e6e8eb; vertical-align: top; white-space: nowrap; }
    td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 12em; max-width: 24em; }
    th { cursor: pointer; border-bottom-color: #6e7781; user-select: none; }
    th[aria-sort=ascending]::after { content: " \\25B2"; }
    th[aria-sort=descending]::after { content: " \\25BC"; }
    .recipes dd { white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/1.6 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    tbody tr:hover, tbody tr.hot { background: #eef4fb; }
    dl { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: .2em 1.5em; }
    dt { color: #6e7781; overflow-wrap: anywhere; }
    dd { margin: 0; }
    #tip { position: fixed; pointer-events: none; background: #24292f; color: #fff; padding: .4em .7em; border-radius: 4px;
      font-size: 13px; white-space: pre; display: none; z-index: 1; }
    .hot-mark { stroke: #24292f; stroke-width: 2.5; }
    """

  /// Sorting, immediate tooltips, and highlighting of a mark together with its row.
  static let script = """
    "use strict";
    const rows = [...document.querySelector("tbody").rows];
    const key = text => { const n = /^[-+]?∞/.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : parseFloat(text);
      return isNaN(n) ? text : n; };
    const order = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : (typeof a === "number" ? -1 : 1);
    document.querySelectorAll("table").forEach(table => {
      const headers = [...table.querySelectorAll("th")], body = table.tBodies[0];
      headers.forEach((header, column) => header.addEventListener("click", () => {
        const rising = header.getAttribute("aria-sort") !== "ascending";
        headers.forEach(other => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const sorted = [...body.rows].sort((a, b) => order(key(a.cells[column].textContent), key(b.cells[column].textContent)));
        (rising ? sorted : sorted.reverse()).forEach(row => body.append(row));
      }));
    });
    const tip = document.body.appendChild(Object.assign(document.createElement("div"), { id: "tip" }));
    const marks = [...document.querySelectorAll("svg title")].filter(title => title.parentNode.nodeName !== "svg").map(title => {
      const mark = title.parentNode, text = title.textContent;
      title.remove();
      mark.setAttribute("aria-label", text);
      const name = text.split("\\n")[0], row = rows.find(row => [name, name + " (baseline)"].includes(row.cells[0].textContent));
      const light = on => { mark.classList.toggle("hot-mark", on); if (row) row.classList.toggle("hot", on); };
      mark.addEventListener("pointermove", event => {
        tip.textContent = text;
        tip.style.display = "block";
        tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
        tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
        light(true);
      });
      mark.addEventListener("pointerleave", () => { tip.style.display = "none"; light(false); });
      if (row) {
        row.addEventListener("pointerenter", () => mark.classList.add("hot-mark"));
        row.addEventListener("pointerleave", () => mark.classList.remove("hot-mark"));
      }
    });
    """
}
