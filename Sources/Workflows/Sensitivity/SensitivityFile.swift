// SPDX-License-Identifier: Apache-2.0
// The file of a sensitivity run: rows that are known, as JSON, so that an interrupted run goes on.

import Evaluation
import Files
import Foundation
import TextFormats

/// A file of rows, bound to the model, the data, the metric and the method.
struct SensitivityFile {
  let path: String
  private let identity: [String: String]
  private let names: [String]

  init(path: String, of sensitivity: Sensitivity, data: Dataset) throws {
    self.path = path
    identity = try [
      "model": sensitivity.modelDigest, "data": data.digest, "metric": sensitivity.metric, "method": sensitivity.method.rawValue,
    ]
    names = sensitivity.candidates.map(\.name)
  }

  /// Takes the rows of the file that belong to a candidate of the run.
  ///
  /// - Throws: `FileError`, `TextFormatError`; `WorkflowError.otherSensitivity` for a file of another run.
  func restore(_ result: inout Sensitivity) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let bytes = try MappedFile(path).withBytes { [UInt8]($0) }
    guard case .object(let members) = try JSONValue(text: bytes) else { throw WorkflowError.otherSensitivity(path: path, what: "its form") }
    let fields = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
    for (name, value) in identity.sorted(by: { $0.key < $1.key }) where fields[name] != .string(value) {
      throw WorkflowError.otherSensitivity(path: path, what: "the \(name)")
    }
    guard case .array(let rows)? = fields["rows"] else { throw WorkflowError.otherSensitivity(path: path, what: "its form") }
    var known: [[String]: (error: Double?, score: Double?)] = [:]
    for case .object(let members) in rows {
      let row = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
      guard case .string(let weight)? = row["weight"], case .string(let candidate)? = row["candidate"] else { continue }
      known[[weight, candidate]] = (row["error"]?.double, row["score"]?.double)
    }
    for i in result.rows.indices {
      guard let found = known[[result.rows[i].weight, names[result.rows[i].candidate]]] else { continue }
      (result.rows[i].error, result.rows[i].score) = found
    }
  }

  /// Replaces the file by all rows that are known.
  func save(_ result: Sensitivity) throws {
    let rows = result.rows.filter { $0.error?.isFinite == true }.map { row -> JSONValue in
      var members: [JSONValue.Member] = [
        .init("weight", .string(row.weight)), .init("candidate", .string(names[row.candidate])), .init("bytes", .integer(row.bytes)),
        .init("error", .number(row.error ?? 0)),
      ]
      if let score = row.score, score.isFinite { members.append(.init("score", .number(score))) }
      return .object(members)
    }
    let head = identity.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
    try FileReplacement.replace(path, with: JSONValue.object(head + [.init("rows", .array(rows))]).text(indent: 1) + "\n")
  }
}

extension JSONValue {
  fileprivate var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
