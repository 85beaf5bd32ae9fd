// SPDX-License-Identifier: Apache-2.0
// Runs a compiled regular expression on a text.

/// A backtracking matcher with a budget of steps, so that no pattern and text can occupy it without end.
struct PatternMatcher {
  /// A point to return to when a branch fails.
  private struct Point {
    enum Kind: UInt8 { case instruction, choice, shrink, grow, register }
    let kind: Kind
    let instruction: Int32
    /// The position; for a register its former value.
    var position: Int
    /// The remaining branches of a choice; the lowest position of a loop; the repetitions left of a lazy loop.
    var rest: UInt64
  }

  private let program: PatternProgram
  private let bytes: Bytes
  private var points: [Point] = []
  private var registers: [Int]
  private(set) var steps: Int
  private(set) var isExhausted = false

  /// - Parameter steps: the budget for all matches of the text.
  init(_ program: PatternProgram, _ bytes: Bytes, steps: Int) {
    self.program = program
    self.bytes = bytes
    self.steps = steps
    registers = [Int](repeating: -1, count: program.registers)
    points.reserveCapacity(32)
  }

  /// The end of the match at a position.
  mutating func match(at position: Int) -> Int? {
    points.removeAll(keepingCapacity: true)
    return run(0, position)
  }

  private mutating func run(_ start: Int, _ from: Int) -> Int? {
    let base = points.count
    var instruction = start
    var position = from
    let count = bytes.count
    while true {
      steps -= 1
      if steps < 0 {
        isExhausted = true
        return nil
      }
      var isMatch = true
      switch program.instructions[instruction] {
      case .byte(let byte):
        if position < count, bytes[position] == byte {
          position += 1
          instruction += 1
        } else {
          isMatch = false
        }
      case .set(let set):
        let end = one(set, position)
        if end > position {
          position = end
          instruction += 1
        } else {
          isMatch = false
        }
      case .setLoop(let set, let minimum, let maximum, let greed):
        if let end = loop(set, minimum, maximum, greed, instruction, position) {
          position = end
          instruction += 1
        } else {
          isMatch = false
        }
      case .choice(let choice):
        let mask = program.choices[choice].masks[position < count ? Int(bytes[position]) : 256]
        isMatch = branch(choice, mask, &instruction, position)
      case .split(let first, let second):
        points.append(Point(kind: .instruction, instruction: Int32(second), position: position, rest: 0))
        instruction = first
      case .jump(let target): instruction = target
      case .mark(let register):
        points.append(Point(kind: .register, instruction: Int32(register), position: registers[register], rest: 0))
        registers[register] = position
        instruction += 1
      case .progress(let register, let otherwise): instruction = registers[register] == position ? otherwise : instruction + 1
      case .look(let isNegative, let end):
        isMatch = (inner(instruction + 1, position) != nil) != isNegative
        instruction = end
      case .lookBehind(let isNegative, let branches, let end):
        isMatch = behind(branches, position) != isNegative
        instruction = end
      case .atomic(let end):
        if let after = inner(instruction + 1, position) {
          position = after
          instruction = end
        } else {
          isMatch = false
        }
      case .assertion(let assertion):
        isMatch = holds(assertion, position)
        instruction += 1
      case .accept: return position
      }
      if isExhausted { return nil }
      if !isMatch {
        guard backtrack(base, &instruction, &position) else { return nil }
      }
    }
  }

  /// Runs the instructions of a group to their end; its points to return to are dropped.
  private mutating func inner(_ start: Int, _ position: Int) -> Int? {
    let base = points.count
    let end = run(start, position)
    points.removeLast(points.count - base)
    return end
  }

  private mutating func behind(_ branches: [(length: Int, start: Int)], _ position: Int) -> Bool {
    for (length, start) in branches {
      var from = position
      var left = length
      while left > 0, from > 0 {
        from -= UTF8Text.decode(bytes, before: from).length
        left -= 1
      }
      if left == 0, inner(start, from) == position { return true }
    }
    return false
  }

  /// The position after a code point of a set, or the position itself.
  @inline(__always)
  private func one(_ set: Int, _ position: Int) -> Int {
    guard position < bytes.count else { return position }
    let byte = bytes[position]
    if byte < 0x80 { return program.ascii[set].contains(byte) ? position + 1 : position }
    let (point, length) = UTF8Text.decode(bytes, at: position)
    return program.sets[set][point] ? position + length : position
  }

  private mutating func loop(
    _ set: Int, _ minimum: Int, _ maximum: Int, _ greed: PatternNode.Greed, _ instruction: Int, _ start: Int
  ) -> Int? {
    var position = start
    var count = 0
    let wanted = greed == .lazy ? minimum : maximum
    var lowest = minimum == 0 ? start : -1
    while count < wanted {
      let next = one(set, position)
      if next == position { break }
      position = next
      count += 1
      if count == minimum { lowest = position }
    }
    guard count >= minimum else { return nil }
    steps -= count >> 3
    switch greed {
    case .possessive: break
    case .greedy:
      if position > lowest {
        points.append(Point(kind: .shrink, instruction: Int32(instruction), position: position, rest: UInt64(lowest)))
      }
    case .lazy:
      if maximum > minimum {
        let left = maximum == .max ? UInt64.max : UInt64(maximum - minimum)
        points.append(Point(kind: .grow, instruction: Int32(instruction), position: position, rest: left))
      }
    }
    return position
  }

  /// Goes on with the lowest branch of a mask.
  @inline(__always)
  private mutating func branch(_ choice: Int, _ mask: UInt64, _ instruction: inout Int, _ position: Int) -> Bool {
    guard mask != 0 else { return false }
    let rest = mask & (mask - 1)
    if rest != 0 { points.append(Point(kind: .choice, instruction: Int32(choice), position: position, rest: rest)) }
    instruction = program.choices[choice].targets[mask.trailingZeroBitCount]
    return true
  }

  private mutating func backtrack(_ base: Int, _ instruction: inout Int, _ position: inout Int) -> Bool {
    while points.count > base, let point = points.popLast() {
      switch point.kind {
      case .register: registers[Int(point.instruction)] = point.position
      case .instruction:
        instruction = Int(point.instruction)
        position = point.position
        return true
      case .choice:
        position = point.position
        return branch(Int(point.instruction), point.rest, &instruction, position)
      case .shrink:
        let shorter = point.position - UTF8Text.decode(bytes, before: point.position).length
        if shorter > Int(point.rest) {
          points.append(Point(kind: .shrink, instruction: point.instruction, position: shorter, rest: point.rest))
        }
        instruction = Int(point.instruction) + 1
        position = shorter
        return true
      case .grow:
        guard case .setLoop(let set, _, _, _) = program.instructions[Int(point.instruction)] else { return false }
        let longer = one(set, point.position)
        guard longer > point.position else { continue }
        if point.rest > 1 {
          let left = point.rest == .max ? .max : point.rest - 1
          points.append(Point(kind: .grow, instruction: point.instruction, position: longer, rest: left))
        }
        instruction = Int(point.instruction) + 1
        position = longer
        return true
      }
    }
    return false
  }

  private func isWord(_ point: UInt32) -> Bool { Pattern.wordFlags[point] }

  private func holds(_ assertion: PatternNode.Assertion, _ position: Int) -> Bool {
    let newline = UInt8(ascii: "\n")
    switch assertion {
    case .textStart: return position == 0
    case .textEnd: return position == bytes.count
    case .lastLineEnd: return position == bytes.count || position == bytes.count - 1 && bytes[position] == newline
    case .lineStart: return position == 0 || position < bytes.count && bytes[position - 1] == newline
    case .lineEnd: return position == bytes.count || bytes[position] == newline
    case .wordBoundary, .noWordBoundary:
      let before = position > 0 && isWord(UTF8Text.decode(bytes, before: position).point)
      let after = position < bytes.count && isWord(UTF8Text.decode(bytes, at: position).point)
      return (before != after) == (assertion == .wordBoundary)
    }
  }
}
