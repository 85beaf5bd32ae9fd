// SPDX-License-Identifier: Apache-2.0
// The compiled form of a regular expression.

/// Instructions of a backtracking matcher.
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    /// One ASCII character.
    case byte(UInt8)
    /// One code point of a set.
    case set(Int)
    /// Repetitions of one code point of a set.
    case setLoop(Int, minimum: Int, maximum: Int, PatternNode.Greed)
    /// The first branch that matches; branches that cannot begin with the next byte are not tried.
    case choice(Int)
    /// Goes on at the first position, and at the second one if that fails.
    case split(Int, Int)
    case jump(Int)
    /// Remembers the position in a register; a later `progress` jumps if it is still the same.
    case mark(Int)
    case progress(Int, otherwise: Int)
    /// Runs the instructions that follow up to their `accept`, then goes on after them.
    case look(isNegative: Bool, end: Int)
    /// Likewise, starting a number of code points before the position.
    case lookBehind(isNegative: Bool, [(length: Int, start: Int)], end: Int)
    case atomic(end: Int)
    case assertion(PatternNode.Assertion)
    case accept
  }

  /// The branches of a choice: their instructions, and for each byte a mask of those that can begin with it. Mask 256 is for the end
  /// of the text.
  struct Choice: Sendable {
    var targets: [Int]
    var masks: [UInt64]
  }

  private(set) var instructions: [Instruction] = []
  private(set) var sets: [CodePointFlags] = []
  /// The ASCII members of each set.
  private(set) var ascii: [ByteSet] = []
  private(set) var choices: [Choice] = []
  private(set) var registers = 0
  let firstBytes: ByteSet
  private var known: [Int: [(CodePointSet, Int)]] = [:]
  private let pattern: String

  /// - Throws: `TokenizerError.pattern` for a pattern that becomes too large.
  init(_ node: PatternNode, pattern: String) throws(TokenizerError) {
    self.pattern = pattern
    firstBytes = node.firstBytes
    try emit(node)
    instructions.append(.accept)
    known = [:]
  }

  private mutating func index(_ set: CodePointSet) -> Int {
    if let found = known[set.ranges.count]?.first(where: { $0.0 == set }) { return found.1 }
    var bytes = ByteSet()
    for range in set.ranges where range.lowerBound < 0x80 {
      for point in range.lowerBound...min(range.upperBound, 0x7F) { bytes.insert(UInt8(point)) }
    }
    sets.append(CodePointFlags(set))
    ascii.append(bytes)
    known[set.ranges.count, default: []].append((set, sets.count - 1))
    return sets.count - 1
  }

  private mutating func emit(_ node: PatternNode) throws(TokenizerError) {
    guard instructions.count < 20_000 else { throw .pattern(pattern, problem: "the pattern is too large", position: 0) }
    switch node {
    case .empty: break
    case .set(let set):
      if let point = set.single, point < 0x80 {
        instructions.append(.byte(UInt8(point)))
      } else {
        instructions.append(.set(index(set)))
      }
    case .sequence(let parts): for part in parts { try emit(part) }
    case .alternatives(let parts): try emit(choice: parts)
    case .loop(let part, let minimum, let maximum, let greed): try emit(loop: part, minimum, maximum, greed)
    case .look(let part, let isAhead, let isNegative): try emit(look: part, isAhead, isNegative)
    case .atomic(let part):
      let start = instructions.count
      instructions.append(.accept)
      try emit(part)
      instructions.append(.accept)
      instructions[start] = .atomic(end: instructions.count)
    case .assertion(let assertion): instructions.append(.assertion(assertion))
    }
  }

  private mutating func emit(choice parts: [PatternNode]) throws(TokenizerError) {
    guard parts.count <= 64 else {
      // Long lists are a choice between the first 63 and the others.
      return try emit(choice: Array(parts[..<63]) + [.alternatives(Array(parts[63...]))])
    }
    let position = choices.count
    choices.append(Choice(targets: [], masks: []))
    instructions.append(.choice(position))
    var targets: [Int] = []
    var jumps: [Int] = []
    for part in parts {
      targets.append(instructions.count)
      try emit(part)
      jumps.append(instructions.count)
      instructions.append(.accept)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
    var masks = [UInt64](repeating: 0, count: 257)
    for (branch, part) in parts.enumerated() {
      let first = part.firstBytes
      for byte in 0..<256 where first.contains(UInt8(byte)) { masks[byte] |= 1 << UInt64(branch) }
      if part.isNullable { masks[256] |= 1 << UInt64(branch) }
    }
    choices[position] = Choice(targets: targets, masks: masks)
  }

  private mutating func emit(
    loop part: PatternNode, _ minimum: Int, _ maximum: Int?, _ greed: PatternNode.Greed
  ) throws(TokenizerError) {
    if case .set(let set) = part {
      instructions.append(.setLoop(index(set), minimum: minimum, maximum: maximum ?? .max, greed))
      return
    }
    if greed == .possessive { return try emit(.atomic(.loop(part, minimum: minimum, maximum: maximum, .greedy))) }
    for _ in 0..<minimum { try emit(part) }
    let isGreedy = greed == .greedy
    func split(_ body: Int, _ exit: Int) -> Instruction { isGreedy ? .split(body, exit) : .split(exit, body) }
    if let maximum {
      var splits: [Int] = []
      for _ in minimum..<max(minimum, maximum) {
        splits.append(instructions.count)
        instructions.append(.accept)
        try emit(part)
      }
      for position in splits { instructions[position] = split(position + 1, instructions.count) }
      return
    }
    let start = instructions.count
    instructions.append(.accept)
    if part.isNullable {
      let register = registers
      registers += 1
      instructions.append(.mark(register))
      try emit(part)
      instructions.append(.progress(register, otherwise: instructions.count + 2))
      instructions.append(.jump(start))
    } else {
      try emit(part)
      instructions.append(.jump(start))
    }
    instructions[start] = split(start + 1, instructions.count)
  }

  private mutating func emit(look part: PatternNode, _ isAhead: Bool, _ isNegative: Bool) throws(TokenizerError) {
    let position = instructions.count
    instructions.append(.accept)
    guard !isAhead else {
      try emit(part)
      instructions.append(.accept)
      instructions[position] = .look(isNegative: isNegative, end: instructions.count)
      return
    }
    let branches = if case .alternatives(let branches) = part { branches } else { [part] }
    var starts: [(length: Int, start: Int)] = []
    for branch in branches {
      starts.append((branch.fixedLength ?? 0, instructions.count))
      try emit(branch)
      instructions.append(.accept)
    }
    instructions[position] = .lookBehind(isNegative: isNegative, starts, end: instructions.count)
  }
}
