// SPDX-License-Identifier: Apache-2.0
// What the conversions of all kinds of graphs share: the report, names for values, refusals, cancellation.

import MIL
import Operators

/// A node as reports and errors name it.
struct NodeIdentity {
  /// The operator, as errors list it.
  let name: String
  /// The operator, as the entries of the report list it.
  let shown: String
  let domain: String
  let version: Int?
  /// The node's own name, from which names in the program are derived.
  let label: String
  let sourceLine: String?
}

/// Converts nodes one after the other, and collects those that cannot be converted.
class NodeConverter {
  let builder: Builder
  private(set) var report = ConversionReport()
  /// The number of nodes that were not examined, since a refused node makes what they read.
  private(set) var skipped = 0
  /// Names for values of the program, by their temporary names, in the order in which they were found.
  private(set) var preferred: [(value: String, name: String)] = []
  private var named: Set<String> = []
  private var entryIndex: [String: Int] = [:]
  private let isCancelled: () -> Bool
  private(set) var visited = 0
  /// The names of the program's inputs.
  var inputNames: Set<String> = []
  /// Whether inputs that are indices are taken to be nonnegative.
  var trustsInputs = true

  init(builder: Builder, isCancelled: @escaping () -> Bool) {
    self.builder = builder
    self.isCancelled = isCancelled
  }

  /// Counts a node.
  ///
  /// - Throws: `ConversionCancelled`.
  func visit() throws {
    visited += 1
    if visited % 64 == 0, isCancelled() { throw ConversionCancelled() }
  }

  /// Converts a node. If it is refused, that is recorded, and `abandon` marks its results as missing.
  ///
  /// - Throws: `ConversionError`, `ConversionCancelled`.
  func convert(_ node: NodeIdentity, abandon: () -> Void, _ lower: () throws -> Void) throws {
    let outer = builder.prefix
    builder.prefix = ProgramNames.sanitized(node.label)
    defer { builder.prefix = outer }
    let start = builder.operations.count
    do {
      try lower()
      record(node, from: start)
    } catch let refusal as Refusal {
      abandon()
      refuse(node, refusal.reason)
    } catch is MissingValue {
      abandon()
      skipped += 1
    } catch is NestedRefusal {
      abandon()
    }
  }

  /// Proposes a name for a value of the outermost block; the first proposal for a value counts.
  func prefer(_ value: Value, _ name: String) {
    guard builder.blockDepth == 0, value.items == nil, let own = try? value.operand().name, named.insert(own).inserted else { return }
    preferred.append((own, name))
  }

  /// Whether indices are taken to be nonnegative: those that the caller of the model gives.
  func trusts(_ indices: Value) -> Bool {
    guard trustsInputs, let name = try? indices.operand().name else { return false }
    return inputNames.contains(name)
  }

  private func record(_ node: NodeIdentity, from start: Int) {
    if entryIndex[node.shown] == nil {
      entryIndex[node.shown] = report.entries.count
      report.entries.append(ConversionEntry(source: node.shown, count: 0, results: [:]))
    }
    guard let index = entryIndex[node.shown] else { return }
    report.entries[index].count += 1
    for operation in builder.operations.dropFirst(start) { report.entries[index].results[operation.type, default: 0] += 1 }
  }

  private func refuse(_ node: NodeIdentity, _ reason: String) {
    let place = node.sourceLine.map { "\(node.label) (\($0))" } ?? node.label
    let same = report.unsupported.firstIndex { $0.name == node.name && $0.domain == node.domain && $0.reason == reason }
    if let same {
      report.unsupported[same].nodes.append(place)
    } else {
      report.unsupported.append(
        UnsupportedOperator(name: node.name, domain: node.domain, version: node.version, reason: reason, nodes: [place]))
    }
  }
}

/// A node reads a value that a refused node would have made.
struct MissingValue: Error {}

/// A node within a nested graph was refused; it has been recorded.
struct NestedRefusal: Error {}

/// The conversion was interrupted.
package struct ConversionCancelled: Error {
  package init() {}
}
