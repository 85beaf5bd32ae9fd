// SPDX-License-Identifier: Apache-2.0
// Comma-separated values (RFC 4180).

/// Tables as text: records on lines, fields between delimiters, quotes around fields that contain either.
package enum CSV {
  /// The records of a text. Lines end with LF or CRLF; quoted fields may contain line ends, and quotes written twice. Empty lines
  /// are skipped.
  ///
  /// - Throws: `TextFormatError` for text that is not UTF-8, a quoted field without an end, text after a closing quote, and records of
  ///   different lengths.
  package static func records(_ bytes: [UInt8], delimiter: UInt8 = UInt8(ascii: ",")) throws(TextFormatError) -> [[String]] {
    let quote = UInt8(ascii: "\"")
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var records: [[String]] = []
    var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    func fault(_ problem: String, _ offset: Int) -> TextFormatError { TextFormatError("CSV", bytes, at: offset, problem) }
    func isEnd(_ at: Int) -> Bool {
      at >= bytes.count || bytes[at] == lf || bytes[at] == cr && (at + 1 >= bytes.count || bytes[at + 1] == lf)
    }
    while at < bytes.count {
      let start = at
      var record: [String] = []
      while true {
        var field: [UInt8] = []
        let fieldStart = at
        if at < bytes.count, bytes[at] == quote {
          at += 1
          while true {
            guard at < bytes.count else { throw fault("a quoted field has no end", fieldStart) }
            if bytes[at] != quote {
              field.append(bytes[at])
              at += 1
            } else if at + 1 < bytes.count, bytes[at + 1] == quote {
              field.append(quote)
              at += 2
            } else {
              at += 1
              break
            }
          }
          guard isEnd(at) || bytes[at] == delimiter else {
            throw fault("expected a delimiter or the end of the line after a quoted field", at)
          }
        } else {
          while !isEnd(at), bytes[at] != delimiter {
            if bytes[at] == quote { throw fault("a quote within a field; the whole field must be quoted, with its quotes doubled", at) }
            field.append(bytes[at])
            at += 1
          }
        }
        guard let text = String(validating: field, as: UTF8.self) else { throw fault("the field is not valid UTF-8", fieldStart) }
        record.append(text)
        guard !isEnd(at) else { break }
        at += 1
      }
      let isEmpty = at == start
      if at < bytes.count, bytes[at] == cr { at += 1 }
      if at < bytes.count, bytes[at] == lf { at += 1 }
      if isEmpty { continue }
      if let first = records.first, first.count != record.count {
        throw fault("\(record.count) field\(record.count == 1 ? "" : "s"), but the first line has \(first.count)", start)
      }
      records.append(record)
    }
    return records
  }

  /// The text of records, each on a line that ends with LF. Fields with delimiters, quotes, line ends, or spaces at an end are quoted.
  package static func text(_ records: [[String]], delimiter: Character = ",") -> String {
    func field(_ text: String, isOnly: Bool) -> String {
      let special = text.unicodeScalars.contains { $0 == "\"" || $0 == "\n" || $0 == "\r" || Character($0) == delimiter }
      guard special || text.first == " " || text.last == " " || isOnly && text.isEmpty else { return text }
      var out = "\""
      for scalar in text.unicodeScalars {
        out.unicodeScalars.append(scalar)
        if scalar == "\"" { out += "\"" }
      }
      return out + "\""
    }
    return records.map { record in
      record.map { field($0, isOnly: record.count == 1) }.joined(separator: String(delimiter)) + "\n"
    }.joined()
  }
}
