// SPDX-License-Identifier: Apache-2.0
// Data sets from the columns of CSV files.

import Files
import Tensors
import TextFormats

/// Which columns of a table are inputs and labels.
package struct TableOptions: Sendable {
  /// The columns of an input.
  package enum Columns: Sendable, Equatable {
    /// A number for each sample.
    case one(String)
    /// A row of numbers for each sample.
    case several([String])
  }

  /// By input; `nil` takes all columns but the labels as one input.
  package var columns: [String: Columns]?
  /// The column of labels; `nil` for `labels`, `label` or `y`, if there is one of them.
  package var labels: String?
  package var classes: [String]?
  /// The byte between fields.
  package var delimiter: UInt8

  package init(columns: [String: Columns]? = nil, labels: String? = nil, classes: [String]? = nil, delimiter: UInt8 = 44) {
    self.columns = columns
    self.labels = labels
    self.classes = classes
    self.delimiter = delimiter
  }
}

extension Dataset {
  /// The rows of a CSV file whose first line has the names of columns. Inputs are float32, `[rows]` or `[rows, columns]`.
  ///
  /// - Parameter inputName: of the input of all columns.
  /// - Throws: `TextFormatError`, `FileError`; `EvaluationError` for missing columns, fields that are not numbers, and labels that are no
  ///   classes.
  package init(table path: String, _ table: TableOptions, inputName: String = "x", options: Options = Options()) throws {
    let records = try MappedFile(path).withBytes { try CSV.records(Array($0), delimiter: table.delimiter) }
    guard let names = records.first, records.count > 1 else {
      throw EvaluationError.notADataset(path: path, reason: "expected a line with the names of columns, and a line for each sample")
    }
    if let name = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw EvaluationError.notADataset(path: path, reason: "the column \"\(name)\" occurs twice in the first line")
    }
    let rows = records.dropFirst()
    func place(_ name: String) throws -> Int {
      guard let place = names.firstIndex(of: name) else { throw EvaluationError.noSuchColumn(file: path, name: name, present: names) }
      return place
    }
    func numbers(_ columns: [String]) throws -> [Float] {
      let places = try columns.map(place)
      return try rows.enumerated().flatMap { row, record in
        try places.map { place in
          guard let number = Float(record[place].filter { $0 != " " }) else {
            throw EvaluationError.notANumber(file: path, row: row + 1, column: names[place], field: record[place])
          }
          return number
        }
      }
    }
    if let given = table.labels { _ = try place(given) }
    let chosen = table.labels ?? ["labels", "label", "y"].first { names.contains($0) }
    let others = names.filter { $0 != chosen }
    guard !others.isEmpty else { throw EvaluationError.noInputs(source: path) }
    var inputs: [String: Tensor] = [:]
    for (input, columns) in (table.columns ?? [inputName: .several(others)]).sorted(by: { $0.key < $1.key }) {
      switch columns {
      case .one(let name): inputs[input] = Tensor(try numbers([name]))
      case .several(let list): inputs[input] = Tensor(try numbers(list), shape: [rows.count, list.count])
      }
    }
    guard let chosen else {
      guard table.classes == nil else {
        throw EvaluationError.unusedOption(name: "classes", source: path, advice: "labels = \"COLUMN\" names its labels")
      }
      try self.init(inputs: inputs, options: options)
      return
    }
    let column = try place(chosen)
    let labels = try Labels(texts: rows.map { $0[column] }, classes: table.classes)
    try self.init(
      inputs: inputs, labels: labels.tensor, classNames: labels.classNames, hasNamedLabels: labels.areNames, options: options)
  }
}
