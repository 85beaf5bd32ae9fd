// SPDX-License-Identifier: Apache-2.0
// The choice of tokens: each option on literal cases.

import Sampling
import Testing

@Suite struct SamplerTests {
  private func options(_ change: (inout SamplingOptions) -> Void) -> SamplingOptions {
    var options = SamplingOptions()
    options.temperature = 1
    change(&options)
    return options
  }

  private func tokens(_ logits: [Float], _ change: (inout SamplingOptions) -> Void) -> [Int] {
    Sampler.candidates(logits, options(change)).map(\.token)
  }

  @Test func greedyTakesTheFirstOfTheLargest() {
    var sampler = Sampler()
    #expect(sampler.next([1, 3, 3, 2]) == 1)
    #expect(sampler.next([.nan, -1, .nan]) == 1)
    #expect(sampler.next([-.infinity, .nan]) == nil)
    #expect(sampler.next([]) == nil)
    #expect(sampler.next([0, .infinity]) == 1)
  }

  @Test func topK() {
    #expect(tokens([1, 4, 2, 3]) { $0.topK = 2 } == [1, 3])
    #expect(tokens([1, 2, 2, 2]) { $0.topK = 2 } == [1, 2])
    #expect(Set(tokens([1, 4, 2, 3]) { $0.topK = 9 }) == [0, 1, 2, 3])
  }

  @Test func topP() {
    // Probabilities 0.5, 0.25, 0.125, 0.125.
    let logits: [Float] = [2, 1, 0, 0].map { $0 * 0.6931472 }
    #expect(tokens(logits) { $0.topP = 0.4 } == [0])
    #expect(tokens(logits) { $0.topP = 0.6 } == [0, 1])
    #expect(tokens(logits) { $0.topP = 0.8 } == [0, 1, 2])
    #expect(tokens(logits) { $0.topP = 0.99 } == [0, 1, 2, 3])
  }

  @Test func minP() {
    let logits: [Float] = [2, 1, 0, 0].map { $0 * 0.6931472 }
    #expect(tokens(logits) { $0.minP = 0.3 } == [0, 1])
    #expect(tokens(logits) { $0.minP = 0.2 } == [0, 1, 2, 3])
    #expect(tokens(logits) { $0.minP = 1 } == [0])
  }

  @Test func temperature() {
    let half = Sampler.candidates([0, 0.6931472], options { $0.temperature = 0.5 })
    let weights = half.sorted { $0.token < $1.token }.map(\.weight)
    #expect(abs(weights[0] - 0.25) < 1e-6 && weights[1] == 1)
  }

  @Test func sharesFollowProbabilities() {
    var sampler = Sampler(options { $0.seed = 7 })
    let logits: [Float] = [2, 1, 0, -.infinity].map { $0 * 0.6931472 }
    var counts = [0, 0, 0, 0]
    for _ in 0..<7000 { if let token = sampler.next(logits) { counts[token] += 1 } }
    #expect(counts[3] == 0)
    #expect(abs(counts[0] - 4000) < 150 && abs(counts[1] - 2000) < 150 && abs(counts[2] - 1000) < 120)
  }

  @Test func seedsReproduce() {
    func draw(_ seed: UInt64) -> [Int?] {
      var sampler = Sampler(options { $0.seed = seed })
      return (0..<50).map { _ in sampler.next([0, 1, 2, 1, 0]) }
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
  }

  @Test func repetitionPenalty() {
    var options = SamplingOptions()
    options.repetitionPenalty = 2
    var sampler = Sampler(options, prompt: [0])
    // 3 / 2 < 2; then 2 / 2 < 1.5.
    #expect(sampler.next([3, 2, -1]) == 1)
    #expect(sampler.next([3, 2, -1]) == 0)
    // Negative logits move away from zero: -1 · 2 < -1.5.
    var other = Sampler(options, prompt: [0])
    #expect(other.next([-1, -1.5]) == 1)
  }

  @Test func frequencyAndPresence() {
    var options = SamplingOptions()
    options.frequencyPenalty = 0.4
    var sampler = Sampler(options, prompt: [0, 0, 0])
    #expect((0..<4).map { _ in sampler.next([1, 0.5]) } == [0, 0, 1, 0])
    options.frequencyPenalty = 0
    options.presencePenalty = 0.6
    sampler = Sampler(options)
    #expect((0..<3).map { _ in sampler.next([1, 0.5]) } == [0, 1, 0])
  }
}

@Suite struct StopWordsTests {
  private func run(_ words: [String], _ parts: [String]) -> (text: [String], isFound: Bool) {
    var stop = StopWords(words)
    var out = parts.map { String(decoding: stop.add(Array($0.utf8)), as: UTF8.self) }
    out.append(String(decoding: stop.finish(), as: UTF8.self))
    return (out, stop.isFound)
  }

  @Test func endsBeforeTheFirstWord() {
    let found = run(["END", "\n\n"], ["abc E", "N", "D def"])
    #expect(found.text == ["abc ", "", "", ""] && found.isFound)
  }

  @Test func releasesWhatIsNoWord() {
    let none = run(["END"], ["EN", "ENX", "E"])
    #expect(none.text == ["", "ENENX", "", "E"] && !none.isFound)
  }

  @Test func holdsPartsOfCharacters() {
    var stop = StopWords([])
    let bytes = Array("é€😀".utf8)
    #expect(stop.add([bytes[0]]) == [])
    #expect(stop.add([bytes[1], bytes[2]]) == Array(bytes[0..<2]))
    #expect(stop.add(Array(bytes[3..<8])) == Array(bytes[2..<5]))
    #expect(stop.add([bytes[8]]) == Array(bytes[5..<9]))
    #expect(stop.finish() == [])
  }
}
