// SPDX-License-Identifier: Apache-2.0
// The Lua object for results of evaluations.

import Evaluation
import LuaHost
import TextLayout

/// The result of an evaluation, with a field for each metric.
final class ResultObject: LuaBoxed {
  let result: EvaluationResult

  init(_ result: EvaluationResult) { self.result = result }

  static var luaName: String { "Result" }

  static let luaClass = LuaClass(
    ResultObject.self, "What an evaluation measured.",
    properties: [
      LuaProperty("samples", "number of samples") { (r: ResultObject) in r.result.samples },
      LuaProperty("seconds", "time inside predictions") { (r: ResultObject) in r.result.seconds },
      LuaProperty("samples_per_second", "samples over seconds") { (r: ResultObject) in r.result.samplesPerSecond },
    ] + MetricProperties.all { (r: ResultObject) in r.result.metrics },
    behaviors: [
      .toString(in: DisplayFrame.self) { (r: ResultObject, frame: DisplayFrame) in
        r.result.table.text(in: frame, others: 1) + "\n" + r.result.run
      },
      .forms { (r: ResultObject) in ["text/html": r.result.table.html + "<p>\(r.result.run)</p>\n"] },
    ])
}

/// The properties of objects with measurements.
enum MetricProperties {
  /// `metrics`, `intervals`, and each metric by its name.
  static func all<Object: LuaBoxed>(
    _ measured: @escaping @Sendable (Object) -> [EvaluationResult.Entry]
  ) -> [LuaProperty] {
    let tables = [
      LuaProperty("metrics", "values by name") { (object: Object) in
        Dictionary(measured(object).compactMap { e in e.value.map { (e.name, $0.value) } }, uniquingKeysWith: { a, _ in a })
      },
      LuaProperty("intervals", "95 % intervals {low, high} by name, for proportions") { (object: Object) in
        Dictionary(
          measured(object).compactMap { e in e.value?.interval.map { (e.name, [$0.lowerBound, $0.upperBound]) } },
          uniquingKeysWith: { a, _ in a })
      },
    ]
    return tables
      + Metrics.all.map { metric in
        let name = metric.name
        if name == MetricDefinition.confusion.name {
          return LuaProperty(name, "the confusion matrix; nil when it was not measured") { (object: Object) in
            measured(object).first { $0.name == name }?.value?.confusion.map { ConfusionObject($0) }
          }
        }
        return LuaProperty(name, "\(metric.formula); nil when it was not measured") { (object: Object) in
          measured(object).first { $0.name == name }?.value?.value
        }
      }
  }
}
