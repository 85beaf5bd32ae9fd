// SPDX-License-Identifier: Apache-2.0
// Reads the sets of characters in brackets.

extension PatternParser {
  /// The set of a bracket after its opening: ranges, escapes, nested brackets, classes of POSIX, intersections with `&&`.
  mutating func bracket(_ options: Options) throws(TokenizerError) -> CodePointSet {
    let isNegated = take("^")
    var result: CodePointSet?
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    func combined() -> CodePointSet {
      let part = CodePointSet(ranges: ranges)
      return result.map { $0.intersection(part) } ?? part
    }
    while true {
      guard next != nil else { throw fault("a bracket without an end") }
      if next == 0x5D, !isFirst {
        at += 1
        break
      }
      isFirst = false
      if take("&&") {
        result = combined()
        ranges = []
        continue
      }
      let set = try bracketItem(options)
      guard let low = set.single, isNext("-"), !isNext("-]"), !isNext("-&&"), at + 1 < scalars.count else {
        ranges += set.ranges
        continue
      }
      at += 1
      let upper = try bracketItem(options)
      guard let high = upper.single else {
        ranges += set.ranges + [0x2D...0x2D] + upper.ranges
        continue
      }
      guard low <= high else { throw fault("a range whose end is before its start") }
      ranges.append(low...high)
    }
    var set = combined()
    if options.ignoresCase { set = set.ignoringCase }
    return isNegated ? set.inverted : set
  }

  private mutating func bracketItem(_ options: Options) throws(TokenizerError) -> CodePointSet {
    if take("[:") {
      let isNegated = take("^")
      var name = ""
      while let point = next, point != 0x3A, let scalar = Unicode.Scalar(point) {
        name.unicodeScalars.append(scalar)
        at += 1
      }
      guard take(":]") else { throw fault("a class of POSIX without an end") }
      guard let set = PatternProperties.posix(name) else { throw fault("the class \"\(name)\" is not known") }
      return isNegated ? set.inverted : set
    }
    if take("[") {
      nesting += 1
      defer { nesting -= 1 }
      guard nesting < 100 else { throw fault("more than 100 brackets within each other") }
      return try bracket(options)
    }
    if take("\\") {
      if take("b") { return CodePointSet(ranges: [8...8]) }
      return try escapedSet()
    }
    guard let point = next else { throw fault("a bracket without an end") }
    at += 1
    return CodePointSet(ranges: [point...point])
  }
}
